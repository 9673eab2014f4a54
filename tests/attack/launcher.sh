# shellcheck shell=bash
# What the tests of the launcher share. Sourced by them:  . "${BASH_SOURCE[0]%/*}/launcher.sh"
# They run in an arena, with tests/attack/dummy_engine.c in the place of the engine and policy files
# that are written by hand: what they find is the launcher's alone, and they are fast.
#
#   allow USER [LINE...]      /etc/berth/allow/uid-N.conf grants security.confined; LINEs are added
#   engine_says TEXT          the dummy engine writes TEXT (printf %b) to its ready pipe and ends
#   engine_stays              it is ready and stays (the default)
#   stop_engines              ends all that the launcher has started, and waits for that
#   started USER              is an engine of that user up? (status)
#   nothing_started           no engine, runtime directory or cgroup of a user is there (status)
#   refuses CODE REGEX NAME CMD...   a test: CMD ends with CODE, three or fewer lines on stderr that
#                             match, nothing on stdout, and nothing was started
#   of_launcher FILE          what a trace has behind the launcher's execve
# shellcheck source=tests/lib/arena.sh
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"

ALLOW=/etc/berth/allow
# For run: the launcher's messages go to no file.
tap_piped=yes

launcher_world() {
	install -m 0711 "$TESTBIN/dummy_engine" "$ENGINE"
	chmod 4755 "$LAUNCHER"
	umask 022
}

allow() {
	local uid sub file
	uid=$(id -u "$1")
	sub=$((100000 + 65536 * (uid - 1000)))
	file=$ALLOW/uid-$uid.conf
	shift
	{
		printf '[grant]\nuid = %s\nroot = /home/state\n' "$uid"
		printf 'entitlements = security.confined\n'
		printf 'subuid = %s:65536\nsubgid = %s:65536\n' "$sub" "$sub"
		printf 'owner-id = %s\nwatch-id = %s\n' "$((2147480000 + 2 * uid))" "$((2147480001 + 2 * uid))"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$file"
}

engine_says() {
	printf '%b' "$1" >/etc/berth/engine-says
}

engine_stays() {
	rm -f /etc/berth/engine-says
}

# The pids of what the launcher started and of launchers that are not gone yet.
ours() {
	find /proc -maxdepth 2 -name exe -printf '%P %l\n' 2>/dev/null |
		awk -F'[/ ]' -v a="$LAUNCHER" -v b="$ENGINE" \
		    '{ p = $1; sub(/^[^ ]* /, "") } index($0, a) == 1 || index($0, b) == 1 { print p }'
}

none_of_ours() {
	[ -z "$(ours)" ]
}

stop_engines() {
	local -a pids
	mapfile -t pids < <(ours)
	if [ ${#pids[@]} -gt 0 ]; then
		kill -KILL "${pids[@]}" 2>/dev/null
		wait_for 5 none_of_ours
	fi
	# Who is ours is gone before the last of its namespace is.
	wait_for 10 no_cgroups
	rm -rf /run/berth
}

no_cgroups() {
	rmdir /sys/fs/cgroup/berth/*/* /sys/fs/cgroup/berth/* /sys/fs/cgroup/berth 2>/dev/null
	[ ! -e /sys/fs/cgroup/berth ]
}

started() {
	engine_pid "$1" >/dev/null
}

nothing_started() {
	none_of_ours && [ ! -e /run/berth ] && [ ! -e /sys/fs/cgroup/berth ]
}

of_launcher() {
	awk 'on; /execve\("[^"]*berth-launcher"/ { on = 1 }' "$1"
}

refuses() {
	local code=$1 regex=$2 name=$3
	shift 3
	run "$@"
	complained "$code" "$regex" "$name" nothing_started || {
		diag "left behind: $(ours | tr '\n' ' ') $(ls -d /run/berth /sys/fs/cgroup/berth 2>/dev/null)"
		stop_engines
	}
}
