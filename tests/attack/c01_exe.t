#!/usr/bin/env bash
# C01 (CVE-2019-5736): a runtime's own program is written through /proc/PID/exe. A job looks at all
# processes that it can see, and through a second procfs at all others, over and over, while jobs are
# started whose command is the runtime's program by another name, and others beside it. No program of
# berth can be opened for writing in any moment, nor could if it were not running.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3
jobs_world security.confined
starts=30
[ -z "${BERTH_LONG-}" ] || starts=1000
image=/home/alice/image
make_image $image
printf '#!/proc/self/exe\n' >$image/script
printf '#!/proc/1/exe\n' >$image/script1
chmod 755 $image/script*
ln -s /proc/self/exe $image/link
chown -hR alice:alice $image
install -D -m 755 -o alice "$TOP/tests/attack/a14_write_exe.py" /home/alice/w/w.py
chown alice /home/alice/w
programs=("$ENGINE" "$LAUNCHER" "$ADMIN" /usr/local/bin/berth)
sums() {
	sha256sum "${programs[@]}"
	stat -c '%n %a %u %i %Y %Z' "${programs[@]}"
}
before=$(sums)

# looks FILE: a job that looks, until /home/alice/w/stop is there
looks() {
	rm -f /home/alice/w/stop
	start_job "$1" -v /home/alice/w:/w -v /proc:/x "${USR[@]}" --name looks $image \
	    sh -c 'cp /bin/sleep /tmp/own; /tmp/own 600 & while :; do /script; /link; done </dev/null >/dev/null 2>&1 & exec python3 /w/w.py --until /w/stop /proc /x'
	wait_for 20 grep -q looking "$1"
}
stops() {
	touch /home/alice/w/stop
	wait_job
}

looks /run/arena/out
for command in /script /script1 /link /proc/self/exe /bin/true; do
	ok "C01 $starts jobs with the command $command meanwhile" \
	    as alice timeout $((250 + starts)) python3 "$TOP/tests/attack/starts.py" $starts run -q "${USR[@]}" $image $command
	is "$(wc -l <<<"$out")" "$starts" "C01 as many were started ($command)"
	is "$(grep -c hung <<<"$out")" 0 "C01 none of them hung ($command)"
done
for command in /script /link /proc/self/exe /bin/true; do
	ok "C01 $starts processes that enter it meanwhile, $command" \
	    as alice timeout $((250 + starts)) python3 "$TOP/tests/attack/starts.py" $starts exec looks $command
	is "$(wc -l <<<"$out") $(grep -c hung <<<"$out")" "$starts 0" "C01 as many have, and none hung ($command)"
done
stops
is "$rc" 0 "C01 the job that looked did so to its end"
like "$(cat /run/arena/out)" 'tried [0-9]{3,} busy' "C01 control: it got as far as to programs of its own"
is "$(grep -vE '^(looking|tried)' /run/arena/out)" "" "C01 no other program could be written"
is "$(sums)" "$before" "C01 all programs of berth are as they were"

# The same with an engine that everybody can read and write: then it is seen.
chmod 777 "$ENGINE"
for _ in {1..10}; do
	looks /run/arena/out
	as alice python3 "$TOP/tests/attack/starts.py" 3 run -q "${USR[@]}" $image /script >/dev/null
	stops
	[[ ! $(cat /run/arena/out) =~ ,\ running|exe\ again ]] || break
done
chmod 711 "$ENGINE"
like "$(cat /run/arena/out)" ', running|exe again' "C01 control: a program that can be written is found"
ok "C01 nothing is left of the jobs" jobs_are_gone
done_testing
