#!/usr/bin/env bash
# shellcheck shell=bash
# The arena: a private world in which a test may be root, install berth, make users, mount, kill,
# and after which the host is as it was. A test uses it like this:
#
#   #!/usr/bin/env bash
#   . "${BASH_SOURCE[0]%/*}/../lib/arena.sh"     (brings tap.sh and oracle.sh)
#   arena_enter "$@"                             (everything below runs inside)
#   grant alice security.confined
#   run as alice berth run host -- id
#   is "$rc" 0 "a granted user runs a job"
#   done_testing
#
# By hand:  sudo tests/lib/arena.sh [COMMAND...]    runs it inside (default: a shell), with the
# programs of $BUILD (default: build/) installed. Tests run the same way: `prove -v tests/e2e/x.t`.
#
# INSIDE there are
#   own namespaces    mount, pid (pid 1 is a shell that reaps), ipc, uts, cgroup. The network is
#                     the host's, and so are sysctls: a test that changes either puts it back, or
#                     makes a namespace of its own for it.
#   plain tmpfs       /home /root /tmp /var/tmp /run /var/lib/berth: an overlay works on them; /home is
#                     ext4 where the kernel mounts no tmpfs with other ids
#   overlays          /etc /usr/local /var/lib: what is written there is gone afterwards
#   /srv/canary       see oracle.sh
#   /dev              own: null zero full random urandom tty fuse, own devpts, shm, and /dev/log,
#                     whose datagrams end in $ARENA_LOG, a line each
#   /sys/fs/cgroup    cgroup2 whose root is a fresh cgroup; the test itself is in /test
#   users             alice(1000) bob(1001) carol(1002) dave(1003), each with a group of the same
#                     number, a home, and 65536 subordinate ids from 100000 + 65536 * (uid - 1000);
#                     group lab(2000) with alice and bob. Nobody is granted anything.
#   berth             installed under /usr/local by config/install.sh, nothing granted: the
#                     launcher is not setuid yet
#   $TOP $BUILD       the source tree and the build directory, read-only, wherever they really are,
#                     even below /tmp or /home. Nothing else that is below those is to be seen.
#   $TESTBIN          programs built from tests/*/*.c that are no units: tests/attack/x.c is
#                     $TESTBIN/x, linked statically, executable by every user
#   $LAUNCHER $ENGINE $ADMIN  the installed helper programs
# What runs at the end of the test is killed, engines and jobs included.
#
# FUNCTIONS
#   as USER CMD...         as that user, in that home, with a login's environment and nothing more
#   as_env USER VAR=X... -- CMD...   the same with more environment
#   root CMD...            as root with root's clean environment
#   grant USER ENT...      berth-admin grant with the state root /home/USER/state
#   revoke USER [ENT...]
#   start_engine USER ENT...   the administrator's first command: berth daemon start
#   engine_pid USER        pid of the user's engine, or nothing and status 1
#   wait_for SECONDS CMD...    until CMD succeeds; status 1 when it does not in six times the time
#                     that it may take on a quiet machine
#   asleep PID             does sleep(1) of that pid sleep? It has executed, and opens nothing more (status)
#   follow PID ARGS...     strace(1) of a process that runs, in the background; it is attached then, its pid is
#                          $tracer, the trace grows in /run/arena/trace. unfollow ends it
#   log_text               what was sent to /dev/log so far
#   needs PROGRAM...       skips the test file when one is missing
# Knobs (environment): ARENA_INSTALL=no installs nothing; ARENA_WRITABLE=yes makes $TOP and $BUILD
# writable; ARENA_TOP=DIR takes another source tree. BERTH_LONG, FAULT_SEED and RACE_ROUNDS reach the
# tests that know them.

arena_lib=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)
# shellcheck source=tests/lib/tap.sh
. "$arena_lib/tap.sh"
# shellcheck source=tests/lib/oracle.sh
. "$arena_lib/oracle.sh"

LAUNCHER=/usr/local/libexec/berth/berth-launcher
ENGINE=/usr/local/libexec/berth/berth-engine
ADMIN=/usr/local/libexec/berth/berth-admin
ARENA_LOG=/run/arena/log
export LAUNCHER ENGINE ADMIN ARENA_LOG

# Runs this test once more, inside. Outside it does not return.
arena_enter() {
	[ -z "${ARENA_INSIDE-}" ] || return 0
	[ "$(id -u)" -eq 0 ] || skip_all "needs root (sudo make check)"
	exec unshare --mount --propagation private -- \
	    bash "$arena_lib/arena_world.sh" host "$(realpath "$0")" "$@"
}

as() {
	local user=$1
	shift
	as_env "$user" -- "$@"
}

as_env() {
	local user=$1 home
	local -a more=()
	shift
	while [ "$1" != -- ]; do
		more+=("$1")
		shift
	done
	shift
	home=/home/$user
	(cd "$home" && exec setpriv --reuid="$user" --regid="$user" --init-groups --inh-caps=-all \
	    env -i HOME="$home" USER="$user" LOGNAME="$user" SHELL=/bin/sh \
	    PATH=/usr/local/bin:/usr/bin:/bin "${more[@]}" "$@")
}

root() {
	env -i HOME=/root USER=root LOGNAME=root SHELL=/bin/sh \
	    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

grant() {
	local user=$1
	shift
	root "$ADMIN" grant "$user" "$@" --root="/home/$user/state"
}

revoke() {
	root "$ADMIN" revoke "$@"
}

start_engine() {
	local user=$1 list
	shift
	list=$(IFS=, && printf '%s' "$*")
	root berth daemon start --root="/home/$user/state" --allow-user="$user" \
	    --entitlements="$list"
}

# What an engine has just forked is called as it is for a moment: that is none.
engine_pid() {
	cat /proc/[0-9]*/status 2>/dev/null | awk -v uid="$(id -u "$1")" '
	    $1 == "Name:" { name = $2 }
	    $1 == "Pid:" { pid = $2 }
	    $1 == "PPid:" { parent = $2 }
	    $1 == "Uid:" && $2 == uid && name == "berth-engine" { engines[pid] = parent }
	    END {
		for (pid in engines)
			if (!(engines[pid] in engines)) {
				print pid
				exit 0
			}
		exit 1
	    }'
}

wait_for() {
	local end=$((SECONDS + 6 * $1 + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}

follow() {
	local pid=$1
	shift
	: >/run/arena/trace
	: >/run/arena/strace
	strace -o /run/arena/trace "$@" -p "$pid" 2>/run/arena/strace &
	tracer=$!
	wait_for 10 grep -q attached /run/arena/strace
}

unfollow() {
	kill "$tracer"
	wait "$tracer" 2>/dev/null
}

log_text() {
	local _
	# The receiver has its own pace: it answers when it has taken all that was sent.
	echo >"$ARENA_LOG.ask"
	read -r -t 60 _ <"$ARENA_LOG.done"
	cat "$ARENA_LOG"
}

# In clock_nanosleep(2), whose number each architecture has of its own.
asleep() {
	[[ $(cut -d ' ' -f 1 "/proc/$1/syscall" 2>/dev/null) =~ ^(230|115)$ ]]
}

needs() {
	local program
	for program; do
		command -v "$program" >/dev/null || skip_all "$program is not installed"
	done
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	set -u
	[ "$(id -u)" -eq 0 ] || {
		echo "arena.sh: needs root" >&2
		exit 77
	}
	[ $# -gt 0 ] || set -- bash -i
	exec unshare --mount --propagation private -- bash "$arena_lib/arena_world.sh" host "$@"
fi
