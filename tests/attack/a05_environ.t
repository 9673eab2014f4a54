#!/usr/bin/env bash
# A05 (CVE-2023-4911, CVE-2025-4802, CVE-2014-9680, CVE-2026-53614: variables that a setuid program's
# libraries honour): nothing that they name is opened, and none reaches the engine.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace
launcher_world
allow alice

trap_dir=/tmp/trap
mkdir -p $trap_dir/2
mkfifo $trap_dir/fifo
cp "$TESTBIN/dummy_engine" $trap_dir/evil.so
chmod -R a+rwX $trap_dir
names=(GCONV_PATH GETCONF_DIR GLIBC_TUNABLES HOSTALIASES LD_AUDIT LD_BIND_NOT LD_BIND_NOW LD_DEBUG
	LD_DEBUG_OUTPUT LD_DYNAMIC_WEAK LD_HWCAP_MASK LD_LIBRARY_PATH LD_ORIGIN_PATH LD_PRELOAD
	LD_PROFILE LD_PROFILE_OUTPUT LD_SHOW_AUXV LD_USE_LOAD_BIAS LOCALDOMAIN LOCPATH MALLOC_TRACE
	NIS_PATH NLSPATH RESOLV_HOST_CONF RES_OPTIONS TMPDIR TZDIR TZ MALLOC_CHECK_ MALLOC_PERTURB_
	MALLOC_ARENA_MAX LANG LANGUAGE LC_ALL LC_CTYPE LC_MESSAGES CHARSET OUTPUT_CHARSET IFS PATH ENV
	BASH_ENV SHELLOPTS PS4 PYTHONPATH PYTHONHOME PERL5LIB PERL5OPT NODE_OPTIONS RUBYLIB
	LIBMOUNT_FORCE_MOUNT2 LIBMOUNT_FSTAB LIBMOUNT_MTAB BLKID_FILE LISTEN_FDS LISTEN_PID NOTIFY_SOCKET
	DBUS_SESSION_BUS_ADDRESS DBUS_SYSTEM_BUS_ADDRESS SYSTEMD_LOG_TARGET SYSTEMD_LOG_LEVEL
	XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_DATA_DIRS HOME ASAN_OPTIONS UBSAN_OPTIONS GCOV_PREFIX)
trapped=()
for name in "${names[@]}"; do
	case $name in
	LD_PRELOAD | LD_AUDIT | BASH_ENV | ENV | PYTHONSTARTUP) trapped+=("$name=$trap_dir/evil.so") ;;
	TZ | NOTIFY_SOCKET | MALLOC_TRACE) trapped+=("$name=$trap_dir/fifo") ;;
	GLIBC_TUNABLES) trapped+=("$name=glibc.malloc.check=1:glibc.malloc.check=glibc.malloc.check=$trap_dir") ;;
	*) trapped+=("$name=$trap_dir") ;;
	esac
done
is "$((${#names[@]} >= 60))" 1 "A05 at least 60 variables (${#names[@]})"

# strace is a program that they would lead astray as well: it sets them for its child alone.
given=()
for name in "${trapped[@]}"; do
	given+=(-E "$name")
done
# traced CMD...: its trace in /run/arena/trace
traced() {
	rc=0
	strace -f -qq -u alice -o /run/arena/trace "${given[@]}" "$@" </dev/null >/run/arena/out 2>&1 || rc=$?
}
named_in_trace() {
	grep -v '^[0-9]* *execve(' /run/arena/trace | grep "$trap_dir"
}
strace -f -qq -u alice -o /run/arena/trace -E LD_LIBRARY_PATH=$trap_dir -E TZ=:$trap_dir/2 /bin/date >/dev/null 2>&1
isnt "$(named_in_trace)" "" "A05 control: another program does follow them"

engine_says R
traced "$LAUNCHER" start
is "$rc:$(cat /run/arena/out)" "0:" "A05 with all of them a start is a start"
is "$(named_in_trace)" "" "A05 nothing is opened there, or named"
is "$(grep execveat /run/arena/trace | grep -c '\["berth-engine"\], 0x[0-9a-f]* /\* 0 vars \*/')" 1 \
    "A05 the engine is executed with no variable at all"
stop_engines

traced "$LAUNCHER" stop
is "$rc" 64 "A05 with all of them a mistake is a mistake"
is "$(named_in_trace)" "" "A05 and nothing is opened either"

engine_stays
run as_env alice "${trapped[@]}" -- "$LAUNCHER" start
is "$rc$err" 0 "A05 a start without a tracer"
is "$(tr '\0' '\n' <"/proc/$(engine_pid alice)/environ" | wc -c)" 0 "A05 the engine's environment is empty"
is "$(tr '\0' ' ' <"/proc/$(engine_pid alice)/cmdline")" "berth-engine " "A05 and its name is all that it is told"
stop_engines

# strange KIND NAME: an environment that no shell makes
strange() {
	run as alice "$TESTBIN/odd_exec" environ "$1" "$LAUNCHER" start
	is "$rc$err" 0 "A05 $2: a start is a start"
	is "$(wc -c <"/proc/$(engine_pid alice)/environ")" 0 "A05 $2: nothing of it is passed on"
	stop_engines
}
strange twice "PATH twice"
strange bare "entries without a name or '='"
strange many "20000 entries"
run as_env alice "GLIBC_TUNABLES=$(printf 'a=%.0s' {1..2048})" -- "$LAUNCHER" start
is "$rc$err" 0 "A05 GLIBC_TUNABLES=a=a=a... (CVE-2023-4911)"
stop_engines
run as_env alice "GLIBC_TUNABLES=glibc.malloc.mxfast=glibc.malloc.mxfast=A" "Z=$(printf '%08192x' 0)" -- "$LAUNCHER" start
is "$rc$err" 0 "A05 GLIBC_TUNABLES=name=name=value (CVE-2023-4911)"
stop_engines
is "$(find $trap_dir -newer $trap_dir/evil.so -type f)" "" "A05 no file was written there"
done_testing
