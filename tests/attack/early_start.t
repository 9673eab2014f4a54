#!/usr/bin/env bash
# EARLY and the launcher's invariants 3 and 9: no side effect before the decision; from the decision
# on its own system calls are a short list; and after a successful start no process of berth has
# root's uid or a capability of the host.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace
launcher_world
allow alice
engine_says R
golden=$TOP/tests/attack/golden/launcher_calls

early_trace /run/arena/trace alice "$LAUNCHER" start
is "$rc$err" 0 "EARLY a start under a tracer"
# A procfs of its own is the first deed after the decision.
before=/run/arena/before after=/run/arena/after
awk -v b=$before -v a=$after '/ fsopen\(/ { on = 1 } { print >(on ? a : b) }' /run/arena/trace
isnt "$(wc -l <$before)" 0 "EARLY there is a part before the first deed"
is "$(early_effects $before)" "" "EARLY before the decision nothing has any effect"
like "$(early_effects $after)" 'mkdirat.*clone3.*execveat' "EARLY control: after it there are effects, and they are seen"
sets=$(grep -oE ' (set[a-z]+\(|prlimit64\(0, [A-Z_]+, \{)' $before)
like "$sets" 'setitimer\(.*prlimit64\(|prlimit64\(.*setitimer\(' "EARLY control: what it sets is seen"
is "$(grep -vE ' (setresuid|setresgid|setitimer)\(| prlimit64\(0, RLIMIT_CORE, \{' <<<"$sets")" "" \
    "EARLY nothing but its own ids and its timer is set, and that it leaves no core"
is "$(early_opens $before | grep -vE '^(/|//etc|/etc|/etc/berth(/.*)?|/proc/self/(exe|uid_map)|/dev/null)$')" "" \
    "EARLY it has opened what it judges, and nothing else"

# Until the engine is executed, what the engine does is its own matter.
engine=$(sed -n 's/^\([0-9]*\) *execveat(.*/\1/p' $after | head -n1)
calls=$(awk -v engine="$engine" '
	{ pid = $1 }
	pid == engine && gone { next }
	{ sub(/^[0-9]+ +(<\.\.\. )?/, ""); if (match($0, /^[a-z0-9_]+/)) print substr($0, 1, RLENGTH) }
	pid == engine && /^execveat/ { gone = 1 }' $after | sort -u)
is "$(comm -23 <(echo "$calls") <(grep -v '^#' "$golden"))" "" "EARLY from the decision on it makes no call that is not on the golden list"
if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
	is "$(comm -13 <(echo "$calls") <(grep -v '^#' "$golden"))" "" "EARLY and the list has none that it does not make"
fi
ok "EARLY and these are at most 60" test "$(grep -vc '^#' "$golden")" -le 60
stop_engines

for verb in refused busy; do
	if [ $verb = refused ]; then
		early_trace /run/arena/trace bob "$LAUNCHER" start
		is "$rc" 77 "EARLY bob is refused"
	else
		engine_stays
		run as alice "$LAUNCHER" start
		early_trace /run/arena/trace carol "$LAUNCHER" start
		is "$rc" 77 "EARLY carol is refused while alice's engine runs"
	fi
	early_is_clean /run/arena/trace "EARLY a refusal has no effect ($verb)"
	is "$(early_opens /run/arena/trace | grep -E '/run|cgroup|/home|libexec|passwd|/tmp|locale|nsswitch|localtime')" "" \
	    "EARLY nor does it look at anything but policy ($verb)"
done

# alice's engine is up.
no_privilege() {
	local pid
	for pid in $(ours); do
		awk -v pid="$pid" '
			$1 == "Name:" { name = $2 }
			# The init is nobody: the owner of the namespace.
			{ wanted = $1 == "Uid:" && name == "berth-launcher" ? 2147482000 : 1000 }
			$1 == "Uid:" || $1 == "Gid:" { for (i = 2; i <= 5; i++) if ($i != wanted) print pid, name, $0 }
			$1 == "CapInh:" || $1 == "CapAmb:" { if ($2 !~ /^0+$/) print pid, name, $0 }' "/proc/$pid/status"
		# Capabilities of a process count in its own user namespace, and that is not the host's.
		if grep -qE '^Cap(Prm|Eff):.*[1-9a-f]' "/proc/$pid/status" &&
			[ "$(readlink "/proc/$pid/ns/user")" = "$(readlink /proc/self/ns/user)" ]; then
			echo "$pid has capabilities of the host"
		fi
		grep -qE '^ +[0-9]+ +0 ' "/proc/$pid/uid_map" && [ "$(readlink "/proc/$pid/ns/user")" != \
			"$(readlink /proc/self/ns/user)" ] && echo "$pid maps the host's root"
	done
}
is "$(ours | wc -l)" 2 "invariant: an engine and its init are all that is there"
is "$(no_privilege)" "" "invariant: neither has root's ids or a capability of the host"
is "$(stat -c '%U %a' /sys/fs/cgroup/berth /sys/fs/cgroup/berth/1000 2>/dev/null | sort -u | cut -d' ' -f1 | sort -u)" \
    "$([ ! -d /sys/fs/cgroup/berth ] || echo root)" "invariant: no cgroup is the user's"
is "$(find /sys/fs/cgroup/berth -user 1000 2>/dev/null)" "" "invariant: nor a file in one"
isnt "$(ps -o sid= -p "$(engine_pid alice)" | tr -d ' ')" "$(ps -o sid= -p $$ | tr -d ' ')" \
    "invariant: the engine has a session of its own"
is "$(ps -o tty= -p "$(engine_pid alice)")" "?" "invariant: and no terminal"
is "$(readlink "/proc/$(engine_pid alice)/cwd")" / "invariant: it is in /"
is "$(awk '$1 == "Umask:" { print $2 }' "/proc/$(engine_pid alice)/status")" 0077 "invariant: its umask is 077"
is "$(awk '$1 ~ /^Sig(Blk|Ign|Cgt):/ { print $2 }' "/proc/$(engine_pid alice)/status" | sort -u)" 0000000000000000 \
    "invariant: no signal is ignored or blocked in it"
for namespace in user mnt pid cgroup; do
	isnt "$(readlink "/proc/$(engine_pid alice)/ns/$namespace")" "$(readlink "/proc/self/ns/$namespace")" \
	    "invariant: its $namespace namespace is its own"
done
for namespace in net ipc uts; do
	is "$(readlink "/proc/$(engine_pid alice)/ns/$namespace")" "$(readlink "/proc/1/ns/$namespace")" \
	    "invariant: its $namespace namespace is the host's"
done

# A second start finds the lock taken and changes nothing.
noprv_snapshot /run/arena/before
run as alice "$LAUNCHER" start
is "$rc" 69 "a second start: busy"
like "$err" '^berth: an engine of this user is running or starting' "and says so"
noprv_is_same /run/arena/before "NOPRIV a second start changes nothing"

# The lock is the engine's: with it the lock goes.
kill -KILL "$(engine_pid alice)"
wait_for 5 none_of_ours
run as alice "$LAUNCHER" start
is "$rc$err" 0 "an engine that died is replaced"
done_testing
