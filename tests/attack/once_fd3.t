#!/usr/bin/env bash
# The one descriptor that the launcher takes from its caller, for the verb "once": whatever else than a
# connected stream socket of the caller's own stands there is refused before anything is opened, and no
# file system is asked about it. Rows A06, A07 and EARLY for this verb.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace
launcher_world
allow alice "engine = any"
exec_once=$TESTBIN/once_exec
no_request='^berth: descriptor 3 is not a connected stream socket of the caller'

# The tool prints the launcher's status on stdout, where a refusal of the launcher's own has nothing.
refused() {
	local code=$1 regex=$2 name=$3
	shift 3
	run timeout 60 "$exec_once" "$@"
	if [ "$rc" -eq "$code" ] && [[ $err =~ $regex ]] && [ "$(head -n1 <<<"$out")" = "status $code" ] &&
		nothing_started; then
		pass "$name"
	else
		fail "$name"
		diag "wanted status $code and a match of: $regex"
		tap_show_run
		stop_engines
	fi
}

noprv_snapshot /run/arena/before
for kind in closed file write dir opath pipe fuse fusefile listening unconnected dgram seqpacket tcp udp netlink \
	memfd self; do
	refused 64 "$no_request" "descriptor 3: $kind" -u 1000 "$kind" "$LAUNCHER" once
done
refused 64 "$no_request" "descriptor 3: a pair that another user made" -u 1000 -o 1001 pair "$LAUNCHER" once
refused 64 "$no_request" "descriptor 3: a pair that root made" -u 1000 -o 0 pair "$LAUNCHER" once
refused 64 "$no_request" "descriptor 3: alice's pair with bob" -u 1001 -o 1000 pair "$LAUNCHER" once
# A socket in 4 is no request.
refused 64 "$no_request" "descriptor 3 closed, more behind it" -u 1000 -m 5 closed "$LAUNCHER" once
refused 77 'refused: no engine for uid 1001 \(no_grant\)' "a good descriptor is no grant" \
    -u 1001 pair "$LAUNCHER" once
refused 77 'refused: no engine for uid 0 \(root\)' "nor for root" pair "$LAUNCHER" once
rm -f /tmp/written
wait_for 5 sh -c '! pgrep once_exec'
noprv_is_same /run/arena/before "NOPRIV whatever descriptor 3 is"

# The launcher's own part of a trace: from its execve on, its process and what that makes.
launcher_part() {
	awk '/execve\("[^"]*berth-launcher"/ { on = $1 } on && $1 == on' "$1"
}
early_trace /run/arena/whole alice "$exec_once" file "$LAUNCHER" once
launcher_part /run/arena/whole >/run/arena/trace
is "$rc:$(grep -c ' exit_group(64)' /run/arena/trace):$(early_effects /run/arena/trace)$(early_opens /run/arena/trace | grep -vx /dev/null)" 64:1: \
    "EARLY a wrong descriptor: nothing was opened, nothing was done"
is "$(grep -cE '^[0-9]+ +(f?stat[a-z0-9]*|newfstatat|fcntl|read|ioctl|lseek)\(3<' /run/arena/trace)" 0 \
    "EARLY and its file system was not asked"
early_trace /run/arena/whole bob "$exec_once" pair "$LAUNCHER" once
launcher_part /run/arena/whole >/run/arena/trace
is "$rc:$(grep -c ' exit_group(77)' /run/arena/trace):$(early_effects /run/arena/trace)" 77:1: "EARLY a refusal has no effect"
like "$(early_opens /run/arena/trace)" 'allow/uid-1001\.conf' "EARLY control: it has judged"
is "$(early_opens /run/arena/trace | grep -vE '^(/|/dev/null|//etc|/etc|/etc/berth(/.*)?|/proc/self/exe|//?var(/.*)?)$')" "" \
    "EARLY it has opened what it judges, and nothing else"

# From the decision on: the calls of the shared engine's start, and no others.
engine_says R
early_trace /run/arena/whole alice "$exec_once" pair "$LAUNCHER" once
is "$rc" 0 "EARLY an engine for one call under a tracer"
parent=$(awk '/execve\("[^"]*berth-launcher"/ { print $1; exit }' /run/arena/whole)
engine=$(sed -n 's/^\([0-9]*\) *execveat(.*/\1/p' /run/arena/whole | head -n1)
calls=$(awk -v engine="$engine" -v launcher="$parent" '
	$1 == launcher && / fsopen\(/ { on = 1 }
	$1 < launcher { next }
	$1 == engine && gone { next }
	on { pid = $1; sub(/^[0-9]+ +(<\.\.\. )?/, ""); if (match($0, /^[a-z0-9_]+/)) print substr($0, 1, RLENGTH)
		if (pid == engine && /^execveat/) gone = 1 }' /run/arena/whole | sort -u)
isnt "$calls" "" "EARLY there is a part after the decision"
is "$(comm -23 <(echo "$calls") <({ grep -v '^#' "$TOP/tests/attack/golden/launcher_calls"; printf 'getppid\npidfd_open\n'; } | sort))" "" \
    "EARLY from the decision on it makes no call that is not on the golden list"
is "$(grep -E ' (bind|listen|flock|setns|mkdirat|renameat)\(' <(awk -v e="$engine" '$1 != e' /run/arena/whole))" "" \
    "once: no lock, no runtime directory, no namespace of pid 1, no listening socket"
stop_engines

# What an engine for one call is: a child of who called, in their cgroup, with nothing of theirs but
# the socket.
engine_stays
hold() {
	: >/run/arena/said # of the one before: not its status is waited for
	mkfifo /run/arena/hold
	"$exec_once" -w "$@" </run/arena/hold >/run/arena/said 2>&1 &
	holder=$!
	exec 9>/run/arena/hold
	wait_for 10 grep -q '^status' /run/arena/said
}
unhold() {
	exec 9>&-
	wait "$holder"
	rm -f /run/arena/hold
}
hold -u 1000 -m 40 pair "$LAUNCHER" once
is "$(head -n1 /run/arena/said)" "status 0" "once: an engine is started"
init=$(ps -o ppid= -p "$(engine_pid alice)" | tr -d ' ')
is "$(ps -o ppid= -p "$init" | tr -d ' ')" "$holder" "once: its init is a child of who called the launcher"
is "$(sed -n 's/^child //p' /run/arena/said)" "$init" "once: who can wait for it"
is "$(cat "/proc/$(engine_pid alice)/cgroup")" "$(cat "/proc/$holder/cgroup")" "once: it is in the caller's cgroup"
is "$(ps -o sid= -p "$init" | tr -d ' ')" "$init" "once: in a session of its own"
for namespace in net ipc uts; do
	is "$(readlink "/proc/$init/ns/$namespace")" "$(readlink "/proc/$holder/ns/$namespace")" \
	    "once: its $namespace namespace is the caller's"
done
open_files() {
	local fd
	for fd in "/proc/$1/fd"/*; do
		printf '%s %s\n' "${fd##*/}" "$(readlink "$fd" | sed 's/\([a-z]\):\[[0-9].*/\1:/')"
	done | sort -n
}
is "$(open_files "$(engine_pid alice)")" '0 /dev/null
1 /dev/null
2 /dev/null
3 socket:
4 /dev/null
5 /etc/berth
6 /memfd:berth-facts (deleted)' "A07 an engine's descriptors: none of forty others"
its_own='1 anon_inode:[pidfd]
2 anon_inode:[signalfd]'
# The engine may be ready a moment before its init has closed the last one.
init_is_clean() {
	[ "$(open_files "$init")" = "$its_own" ]
}
wait_for 10 init_is_clean
is "$(open_files "$init")" "$its_own" "A07 its init's: its caller's end, its children's"
is "$(ls -d /run/berth /sys/fs/cgroup/berth 2>/dev/null)" "" "once: no runtime directory and no cgroup"
is "$(awk '$1 ~ /^Cap(Inh|Prm|Eff|Bnd|Amb):/ { print $2 }' "/proc/$init/status" | sort -u)" \
    0000000000000000 "once: its init has no capability"
like "$(log_text)" 'allow uid=1000 verb=once rule=/etc/berth/allow/uid-1000.conf:4' "once: the log says which verb"
unhold
ok "once: when who called ends, all of it ends" wait_for 5 none_of_ours

# A06 for this verb: descriptors 0 to 2 closed, 3 good.
for fds in 0 2 "0 1 2"; do
	redirect=
	for fd in $fds; do
		redirect="$redirect $fd>&-"
	done
	hold -u 1000 pair sh -c "exec $LAUNCHER once $redirect"
	is "$(head -n1 /run/arena/said)" "status 0" "A06 without $fds: it starts"
	is "$(readlink "/proc/$(engine_pid alice)/fd/"{0,1,2} | sort -u)" /dev/null "A06 without $fds: 0 to 2 are /dev/null"
	is "$(readlink "/proc/$(engine_pid alice)/fd/3" | sed 's/:.*//')" socket "A06 without $fds: 3 is the request"
	unhold
	wait_for 5 none_of_ours
done

# B10 for this verb: killed at any of the steps that change something, it leaves nothing that runs, and
# the next call works. Without a root it makes the state directory as well. Its init is no child of
# the launcher's, so that it counts as one of the tracer's other children.
if [ "$(uname -m)" = x86_64 ]; then
	sed -i '/^root/d' "$ALLOW/uid-1000.conf"
	killed() {
		rm -rf /var/lib/berth/1000
		run timeout 60 "$exec_once" -u 0 -o 1000 pair "$TESTBIN/inject" 1000 "$@" "$LAUNCHER" once
	}
	for call in mkdirat fchmodat fchownat clone3 write mount unshare execveat; do
		killed "$call" program 0 none
		list=$(grep '^inject: ' <<<"$err")
		isnt "$list" "" "B10 $call is called"
		stop_engines
		while read -r _ who n _; do
			killed "$call" "$who" "$n" kill
			isnt "$rc" 0 "B10 killed at $call of $who, $n: it fails"
			ok "B10 killed at $call of $who, $n: nothing runs" wait_for 5 none_of_ours
			stop_engines
			run timeout 60 "$exec_once" -u 1000 pair "$LAUNCHER" once
			is "$rc:$(stat -c '%U %a' /var/lib/berth/1000)" "0:alice 700" \
			    "B10 killed at $call of $who, $n: the next call works and repairs all"
			wait_for 5 none_of_ours
		done <<<"$list"
	done
	rm -rf /var/lib/berth/1000
	allow alice "engine = any"
else
	skip "B10 for once" "inject.c knows the registers of x86_64 only"
fi

# A35 and "engine =" for this verb.
refused 71 'no_new_privs' "A35 no_new_privs" -u 1000 pair setpriv --no-new-privs "$LAUNCHER" once
engine_says R
allow alice
refused 77 'uid 1000 \(engine\)' "engine = shared, which is the default, is no engine for one call" \
    -u 1000 pair "$LAUNCHER" once
allow alice "engine = once"
refuses 77 'uid 1000 \(engine\)' "and engine = once is no shared one" as alice "$LAUNCHER" start

# A caller in a mount namespace of their own has a view of the policy of their own: whatever they
# manage to hide, they have less.
allow alice "engine = any"
# shellcheck disable=SC2016  # for the shell inside
hide='mount -t tmpfs -o mode=755 none /etc/berth && mkdir /etc/berth/allow &&
	cp /run/arena/berth.conf /etc/berth/ && exec "$@"'
cp /etc/berth/berth.conf /run/arena/
run unshare --mount sh -c "$hide" sh "$exec_once" -u 1000 pair "$LAUNCHER" once
like "$out $err" 'status 77.*uid 1000 \(no_grant\)' "whoever hides a grant has none"
run unshare --mount sh -c "${hide/cp/true}" sh "$exec_once" -u 1000 pair "$LAUNCHER" once
like "$out $err" 'status 78.*berth.conf is missing' "whoever hides all of it has nothing"
ok "and nothing was started" nothing_started
done_testing
