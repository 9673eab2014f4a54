#!/usr/bin/env bash
# C04 (CVE-2024-21626): where the command starts, or what it is, named by way of a descriptor that was left
# open, or of a process that stands elsewhere. It starts inside the job's root or not at all.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3
jobs_world security.confined
canary_plant
numbers=12
[ -z "${BERTH_LONG-}" ] || numbers=1024
image=/home/alice/image
make_image $image
# The same by links of the image's: its paths are not asked whether they look good.
for number in $(seq 0 $((numbers - 1))); do
	ln -s "/proc/self/fd/$number" $image/data/fd$number
	ln -s "/proc/self/fd/$number/../../.." $image/data/up$number
	ln -s "/proc/1/fd/$number" $image/data/init$number
done
chown -hR alice:alice $image/data
on_host=$({
	canary_ids
	find /home/alice /srv /etc -maxdepth 2 -type d -printf '%D:%i\n'
	stat -c %d:%i / /proc /sys /run /run/berth /home "$STATE" "$STATE/jobs" /usr/local/libexec/berth "$ENGINE" /proc/1
} 2>/dev/null | cut -d ' ' -f 1 | sort -u)
look='stat -c "at %d:%i" . .. ../.. ../../.. "$(pwd -P)"; ls -d srv/canary ../srv/canary ../../srv/canary ../../../srv/canary 2>/dev/null; echo in $(pwd -P)'

# What /proc/self/exe is until then, and may be: the engine, which has no work there.
engine_says='^berth: berth-engine was not started by berth-launcher'

# judged NAME FILE: no line of it came from outside of a job's root
judged() {
	is "$(wc -l <"$2"):$(awk -F '\t' '!($2 == 0 && $3 ~ / in \/[^ ]*$/) && !($2 >= 125 && $2 <= 127 && $3 == "" && $4 ~ /^berth: /) &&
	    !($2 == 64 && $3 == "" && $4 ~ /'"$engine_says"'/)' "$2" | head -n 5)" "$asked:" \
	    "$1: it starts in a place with a name, or does not"
	is "$(grep -o 'at [0-9:]*' "$2" | cut -d ' ' -f 2 | sort -u | comm -12 - <(printf '%s\n' "$on_host"))" "" "$1: none of the host's"
	canary_is_untouched "$(cat "$2")" "$1: the canaries are untouched"
}
starts() {
	asked=$1
	as alice timeout $((250 + numbers)) python3 "$TOP/tests/attack/starts.py" "$@" >/run/arena/starts
}

for dir in '/proc/self/fd/{}' '/proc/1/fd/{}' '/data/fd{}' '/data/up{}' '/data/init{}' '/proc/{}' '/proc/{}/cwd' '/proc/{}/root' '/dev/fd/{}'; do
	starts $numbers run -q "${USR[@]}" -w "$dir" $image sh -c "$look"
	judged "C04 -w $dir" /run/arena/starts
done
for dir in /proc/self/cwd /proc/self/root /proc/thread-self/cwd /proc/self/task; do
	starts 1 run -q "${USR[@]}" -w "$dir" $image sh -c "$look"
	judged "C04 -w $dir" /run/arena/starts
done
starts 1 run -q "${USR[@]}" -w /data $image sh -c "$look"
like "$(cat /run/arena/starts)" '^0.0.*in /data' "C04 control: where it may start it says so"

# What is no path of a job's at all is refused by the engine too.
for dir in /proc/self/cwd/../.. /data/../../.. . .. data '' /data//x; do
	run varlink alice run "{\"workdir\": \"$dir\"}" pwd
	like "$out" '"error": "(io.berth.Engine.(Failed|Refused)|org.varlink.service.InvalidParameter)"' "C04 the working directory '$dir': refused"
	unlike "$out" started "C04 the working directory '$dir': before anything runs"
done

# A stream that is a directory would be such a descriptor.
cat >/run/arena/as_stream.py <<'P'
import os, sys
os.dup2(os.open("/home/alice", os.O_RDONLY), int(sys.argv[1]))
os.execvp("berth", ["berth", "run", "-q", "-w", "/proc/self/fd/" + sys.argv[1], "host", "ls"])
P
for stream in 0 1 2; do
	run as alice python3 /run/arena/as_stream.py $stream
	is "$rc" 125 "C04 a directory as stream $stream: refused"
	unlike "$out$err" image "C04 a directory as stream $stream: nothing was listed"
done

# The command itself: by a descriptor, below one, beside a process.
for command in '/proc/self/fd/{}' '/proc/self/fd/{}/bin/sh' '/proc/self/fd/{}/../bin/sh' '/proc/self/fd/{}/../../bin/sh' '/proc/1/fd/{}' \
    '/proc/1/fd/{}/../../../bin/sh' '/data/fd{}' '/data/up{}/bin/sh' '/proc/{}/exe' '/proc/{}/root/bin/sh'; do
	starts $numbers run -q "${USR[@]}" $image "$command" -c "$look"
	judged "C04 the command $command" /run/arena/starts
done
for command in /proc/self/exe /proc/1/exe /proc/1/root/bin/sh /proc/self/cwd/bin/sh; do
	starts 1 run -q "${USR[@]}" $image "$command" -c "$look"
	judged "C04 the command $command" /run/arena/starts
done
# So for processes that enter a job that runs.
as alice berth run -d -q --name j "${USR[@]}" $image sleep 1000 >/dev/null
for dir in '/proc/self/fd/{}' '/proc/1/fd/{}' '/data/fd{}' '/data/up{}' '/data/init{}' '/proc/{}/cwd' '/proc/{}/root'; do
	starts $numbers exec -w "$dir" j sh -c "$look"
	judged "C04 exec -w $dir" /run/arena/starts
done
for command in '/proc/self/fd/{}' '/proc/self/fd/{}/bin/sh' '/proc/self/fd/{}/../../bin/sh' '/proc/1/fd/{}/../../../bin/sh' '/data/up{}/bin/sh'; do
	starts $numbers exec j "$command" -c "$look"
	judged "C04 exec of $command" /run/arena/starts
done
starts 1 exec -w /data j sh -c "$look"
like "$(cat /run/arena/starts)" '^0.0.*in /data' "C04 control: where it may start it says so, in exec"
as alice berth rm -f j >/dev/null
ok "C04 nothing is left of the jobs" jobs_are_gone
done_testing
