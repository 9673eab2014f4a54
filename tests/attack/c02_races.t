#!/usr/bin/env bash
# C02, C05 (CVE-2021-30465, CVE-2018-15664, CVE-2024-45310): two jobs share a directory. In one somebody
# exchanges a directory in it with a link to somewhere else, as fast as it goes, while the other is
# started again and again with a mount on that very name, or on a name below it that does not exist.
# What is mounted ends in the job's own root or the job is refused; no name of the host is seen in a
# job, and nothing is made on the host.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3
jobs_world security.confined
canary_plant
starts=25
[ -z "${BERTH_LONG-}" ] || starts=2000

shared=/home/alice/shared
as alice mkdir -p shared/target source victim
as alice sh -c 'echo mine >source/mark; echo theirs >victim/mark; echo a file >one; chmod 644 one'
on_host=$({
	canary_ids
	stat -c %d:%i / /srv /srv/canary /home /home/alice /home/alice/victim /etc /etc/passwd /root
} | cut -d ' ' -f 1 | sort -u)
# What the second job sees of itself: where the source is mounted, and what is at each place that the
# other aims at.
look='awk "\$4 ~ /\/(source|one)\$/ { print \"mount\", \$5 }" /proc/self/mountinfo
stat -Lc "id %d:%i" / /.. /shared /shared/.. /shared/target /shared/target/.. /shared/target/mark \
    /shared/target/srv /shared/target/srv/canary /shared/target/home/alice /shared/target/etc/passwd 2>/dev/null
cat /shared/target/srv/canary/* /shared/target/mark /shared/link/mark 2>/dev/null; true'

engine=$(engine_pid alice)
mounts() {
	sort /proc/self/mountinfo "/proc/$engine/mountinfo"
}
before=$(mounts)

# racer TO: the first job: "target" is a directory and a link to TO by turns
racer() {
	rm -rf "$shared/target" "$shared/link"
	as alice sh -c 'mkdir shared/target; echo shared >shared/target/mark; ln -s "$1" shared/link' sh "$1"
	start_job /run/arena/racer -v $shared:/shared -v "$TESTBIN:/t:ro" host \
	    sh -c 'echo ready; exec /t/exchange /shared/target /shared/link'
	wait_for 20 grep -q ready /run/arena/racer
}

count() {
	awk -F '\t' "$1" /run/arena/race | wc -l
}
# not_met CONDITION...: of how many there was none so far
not_met() {
	local condition n=0
	for condition; do
		[ "$(count "$condition")" -gt 0 ] || n=$((n + 1))
	done
	echo "$n"
}
# race NAME TO MOUNT [CONDITION...]: the second job is started with MOUNT meanwhile, until each CONDITION is
# that of one of them; results in /run/arena/race
race() {
	local name=$1 seen turns
	racer "$2"
	: >/run/arena/race
	for ((turns = 0; turns < 1 || (turns < 20 && $(not_met "${@:4}") > 0); turns++)); do
		as alice timeout $((250 + starts)) python3 "$TOP/tests/attack/starts.py" "$starts" run -q -v $shared:/shared -v "$3" host sh -c "$look" >>/run/arena/race
	done
	is "$(wc -l </run/arena/race)" "$((turns * starts))" "$name: $((turns * starts)) starts"
	kill -0 "$client" && kill "$client"
	wait_job
	is "$(awk -F '\t' '$2 != 0 && !($2 == 125 && $4 ~ /^berth: nothing can be mounted on \/shared\/target/)' /run/arena/race)" "" \
	    "$name: each runs, or is refused for what it is"
	is "$(awk -F '\t' '$2 == 0 && $3 !~ /(^| )mount \//' /run/arena/race)" "" "$name: in each that runs, what was mounted is in its root"
	seen=$(grep -o 'id [0-9:]*' /run/arena/race | cut -d ' ' -f 2 | sort -u | comm -12 - <(printf '%s\n' "$on_host"))
	is "$seen" "" "$name: nothing of the host is seen in any"
	is "$(grep -c theirs /run/arena/race)" 0 "$name: nor read"
	canary_is_untouched "$(cat /run/arena/race)" "$name: the canaries are untouched"
	is "$(cd /home/alice && find victim/* shared/* ! -name mark ! -path shared/target ! -path shared/link | head)" "" "$name: nothing is made on the host"
	is "$(ls $shared | tr '\n' ' ')" "link target " "$name: nor removed"
}

directory='$2 == 0 && $3 ~ /mount \/shared\/target /' link='$2 != 0 || $3 !~ /mount \/shared\/target /'
for to in / /home/alice/victim ../../../../../home/alice/victim /srv/canary /proc/1/root; do
	race "C02 target and $to" "$to" /home/alice/source:/shared/target "$directory" "$link"
	isnt "$(count "$directory")" 0 "C02 target and $to: control: the directory was met"
	isnt "$(count "$link")" 0 "C02 target and $to: control: so was the link"
done
# Even where no one races: the root of a job is never covered.
make_image /home/alice/image
as alice sh -c 'ln -s / image/top; ln -s ../.. image/data/up'
for target in /top /data/up /top/top; do
	run job "${USR[@]}" -v /home/alice/source:$target /home/alice/image true
	like "$rc$err" '^125.*a symlink leads to the root of the job' "C02 -v to $target, which is the root: refused"
done
# In /tmp, which is the job's own, a name can be made; in the shared directory it cannot.
made='$2 == 0 && $3 ~ /mount \/tmp\//'
for mount in source:/shared/target/new one:/shared/target/file source:/shared/target/new/er; do
	race "C05 ${mount#*:} in the directory or in /tmp" /tmp /home/alice/$mount "$made" '$2 != 0'
	isnt "$(count "$made")" 0 "C05 ${mount#*:}: control: it was made in /tmp"
	isnt "$(count '$2 != 0')" 0 "C05 ${mount#*:}: control: the directory was met"
done
race "C05 /shared/target/new in the directory or outside" /home/alice/victim /home/alice/source:/shared/target/new
is "$(mounts)" "$before" "C02 the mounts of the host and the engine are as they were"
ok "C02 nothing is left of the jobs" jobs_are_gone
done_testing
