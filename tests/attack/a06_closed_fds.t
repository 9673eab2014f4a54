#!/usr/bin/env bash
# A06: started without standard descriptors, a file that the launcher opens must not become one of
# them and get its messages. Setuid runs (which glibc repairs) and real root's (which it does not).
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace
launcher_world
allow alice
engine_says R

# closed "0 2" WHO VERB: the trace in /run/arena/trace, the status in $rc
closed() {
	local fds=$1 who=$2 fd redirect=
	for fd in $fds; do
		redirect="$redirect $fd>&-"
	done
	rc=0
	# A pipe: the launcher says nothing to a file.
	{
		strace -f -qq -y -u "$who" -o /run/arena/whole \
		    bash -c "exec $LAUNCHER $3 $redirect" </dev/null >&9 2>&9 9>&-
	} 9> >(exec cat >/run/arena/text) || rc=$?
	wait $!
	awk '/execve\("[^"]*berth-launcher"/ { on = 1 } on' /run/arena/whole >/run/arena/trace
}

# Descriptors below 3 that an open made, with the file, but for /dev/null and glibc's /dev/full.
low_opens() {
	sed -nE 's/^[0-9]+ +(open|openat|openat2|socket|memfd_create|fsopen|fsmount|pipe2)\(.*\) += ([0-2]<.*)$/\1 \2/p' \
	    /run/arena/trace | grep -vE '<(/dev/null|/dev/full)(<[^>]*>)?>$'
}
# Messages of ours that went anywhere but to descriptor 2.
stray_text() {
	grep -E ' (write|pwrite64|writev)\(.*"(berth: |  )' /run/arena/trace | grep -vE ' write\(2<'
}
state() {
	sha256sum /etc/berth/berth.conf "$ALLOW"/*
	stat -c %s /var/lib/berth/audit-rate
}
run as bob "$LAUNCHER" start
before=$(state)

for fds in 0 1 2 "0 1" "0 2" "1 2" "0 1 2"; do
	for who in alice bob root; do
		case $who in
		alice) want=0 ;;
		*) want=77 ;;
		esac
		closed "$fds" "$who" start
		is "$rc" "$want" "A06 $who without $fds: status"
		is "$(grep -cE '^[0-9]+ +execve(at)?\(' /run/arena/trace)" "$((want == 0 ? 2 : 1))" "A06 $who without $fds: it ran"
		is "$(low_opens)" "" "A06 $who without $fds: no file of its own is 0, 1 or 2"
		[ "$want" = 0 ] || [[ $fds == *2* ]] || like "$(grep -cE ' write\(2<.*"berth: ' /run/arena/trace):$(cat /run/arena/text)" \
		    '^1:berth: ' "A06 $who without $fds: control: it said something"
		is "$(stray_text)" "" "A06 $who without $fds: no message went elsewhere"
		stop_engines
	done
	closed "$fds" root stop
	is "$rc$(low_opens)$(stray_text)" 64 "A06 root without $fds, and wrong words"
done
is "$(state)" "$before" "A06 no file got a message"
closed 2 root start
like "$(grep -E 'open[a-z0-9]*\(.*/dev/null' /run/arena/trace)" '= 2</dev/null' \
    "A06 control: the descriptor was really missing"

# The engine's are /dev/null whatever the launcher's were.
engine_stays
run as alice bash -c "exec $LAUNCHER start 0>&- 1>&-"
is "$(readlink "/proc/$(engine_pid alice)/fd/"{0,1,2} | sort -u)" /dev/null "A06 the engine's 0 to 2 are /dev/null"
done_testing
