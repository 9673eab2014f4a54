#!/usr/bin/env bash
# A31 (CVE-2022-24769, CVE-2022-29162, CVE-2022-27649): whoever starts the launcher, or berth, with
# inheritable or ambient capabilities, or with securebits that keep the kernel from taking capabilities
# away with root's ids, hands none of them on: not to the launcher's processes, not to the watcher, the
# init or the engine, not to a job.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs setpriv strace
cp "$ENGINE" /run/arena/engine
launcher_world
allow alice "until = 2099-01-01T00:00:00Z" "engine = any"

alice=(--reuid=alice --regid=alice --init-groups)
caps='-all,+net_raw,+sys_admin,+setuid,+dac_override'
# Root in a container has not all of them.
permitted=$((16#$(awk '$1 == "CapPrm:" { print $2 }' /proc/self/status)))
all=-all
for bit in {0..40}; do
	[ $((permitted >> bit & 1)) -eq 0 ] || all=$all,+cap_$bit
done
declare -A parents=(
	["an inheritable set"]="--inh-caps=$caps"
	["an inheritable and an ambient set"]="--inh-caps=$caps --ambient-caps=$caps"
	["all that root has inheritable"]="--inh-caps=$all"
	["no_setuid_fixup"]="--inh-caps=$caps --securebits=+no_setuid_fixup"
	["no_setuid_fixup, locked"]="--inh-caps=$caps --securebits=+no_setuid_fixup,+no_setuid_fixup_locked"
)
# sets PID...: its capability sets that are not empty
sets() {
	local pid
	for pid; do
		awk -v pid="$pid" '$1 == "Name:" { name = $2 } $1 ~ /^Cap(Inh|Amb):$/ && $2 !~ /^0+$/ { print pid, name, $0 }' \
		    "/proc/$pid/status" 2>/dev/null
	done
}
# of_host: those of our processes that have capabilities on the host
of_host() {
	local pid
	for pid in $(ours); do
		[ "$(readlink "/proc/$pid/ns/user")" != "$(readlink /proc/self/ns/user)" ] ||
			grep -HE '^Cap(Prm|Eff):.*[1-9a-f]' "/proc/$pid/status"
	done
}
with() {
	# shellcheck disable=SC2086  # words
	env -i PATH=/usr/local/bin:/usr/bin:/bin setpriv ${parents[$1]} "${alice[@]}" "${@:2}"
}
for parent in "${!parents[@]}"; do
	run with "$parent" /usr/bin/grep -E '^Cap(Inh|Amb)' /proc/self/status
	like "$out" 'CapInh:.*[1-9a-f]' "A31 control: with $parent another program has it"
	[[ $parent != *ambient* ]] ||
		like "$out" 'CapAmb:.*[1-9a-f]' "A31 control: with $parent another program has both"

	run with "$parent" "$LAUNCHER" start
	is "$rc$err" 0 "A31 with $parent: a start is a start"
	mapfile -t pids < <(ours)
	is "${#pids[@]}" 3 "A31 with $parent: watcher, init and engine"
	is "$(sets "${pids[@]}")" "" "A31 with $parent: none of them has an inheritable or ambient capability"
	is "$(of_host)" "" "A31 with $parent: none has one on the host"
	stop_engines

	# shellcheck disable=SC2086
	run timeout 60 "$TESTBIN/once_exec" -o 1000 pair setpriv ${parents[$parent]} "${alice[@]}" "$LAUNCHER" once
	is "$(head -n 1 <<<"$out")" "status 0" "A31 with $parent: an engine for one call"
	wait_for 5 none_of_ours
	stop_engines

	# The launcher itself: each set that it asks for has an empty inheritable part, and before the
	# first one it has done nothing.
	engine_says R
	# shellcheck disable=SC2086
	strace -f -qq -o /run/arena/trace setpriv ${parents[$parent]} "${alice[@]}" "$LAUNCHER" start \
	    </dev/null >/dev/null 2>&1
	of_launcher /run/arena/trace >/run/arena/launcher
	isnt "$(grep -c ' capset(' /run/arena/launcher)" 0 "A31 with $parent: under a tracer"
	is "$(grep ' capset(' /run/arena/launcher | grep -v 'inheritable=0}')" "" "A31 with $parent: every set that it asks for is without"
	awk '/ capset\(/ { exit } { print }' /run/arena/launcher >/run/arena/before
	is "$(early_effects /run/arena/before)" "" "A31 with $parent: nothing is done before the first one"
	engine_stays
	stop_engines
done

# Bits that take root's capabilities away: the launcher says that it lacks them, and is nothing.
noprv_snapshot /run/arena/before
for bits in +noroot +noroot,+noroot_locked; do
	run setpriv --securebits=$bits "${alice[@]}" "$LAUNCHER" start
	like "$rc $err" '^71 berth: the launcher lacks capabilities that root has' "A31 with $bits: refused"
	run setpriv --securebits=$bits --inh-caps=$all "${alice[@]}" "$LAUNCHER" start
	like "$rc $err" '^71 berth: the launcher ' "A31 with $bits and all inheritable: refused"
done
noprv_is_same /run/arena/before "NOPRIV A31 nothing is left of it"

# berth and a job: what its caller has is not the job's.
install -m 0711 /run/arena/engine "$ENGINE"
rm "$ALLOW/uid-1000.conf"
grant alice security.confined --engine=any >/dev/null
for parent in "${!parents[@]}"; do
	for how in "" --once; do
		for user in 0 1000; do
			# shellcheck disable=SC2086
			run with "$parent" timeout 60 /usr/local/bin/berth run -q $how -u $user host \
			    sed -nE 's/^Cap(Inh|Amb):\t*//p' /proc/self/status
			is "$rc:$(sort -u <<<"$out")" "0:0000000000000000" "A31 with $parent: a job ${how:-of the engine} as $user has none"
		done
	done
	engine=$(engine_pid alice)
	is "${engine:+up} $(sets "$engine")" "up " "A31 with $parent: nor has the engine"
	as alice berth -q daemon stop >/dev/null
	wait_for 5 none_of_ours
done
done_testing
