#!/usr/bin/env bash
# C28 (CVE-2021-3602, CVE-2020-14370): what stands in the environment of who calls berth stays there: not in
# a job, a log, the state directory, an answer or a command line. What is given to a job is in the job, in
# the file that keeps it for the next start, and in what its owner is shown; not where others look.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3 script
mine=mine-$RANDOM$RANDOM given=given-$RANDOM$RANDOM passed=passed-$RANDOM$RANDOM filed=filed-$RANDOM$RANDOM
# Names that runtimes, shells, libraries and berth itself look at, and one that nobody knows.
names=(SECRET AWS_SECRET_ACCESS_KEY DOCKER_CONFIG DOCKER_HOST REGISTRY_AUTH HTTP_PROXY https_proxy NO_PROXY SSH_AUTH_SOCK
    XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS LD_LIBRARY_PATH PYTHONPATH PS1 MAIL EDITOR LANG LC_ALL TZ TMPDIR HOSTNAME
    USER LOGNAME OLDPWD container BERTH_CONFIG BERTH_X NOTIFY_SOCKET LISTEN_FDS)
env=()
for name in "${names[@]}"; do
	env+=("$name=$mine")
done
with() {
	as_env alice "${env[@]}" PASSED=$passed -- timeout -k 5 $JOB_SECONDS "$@"
}
# Where secrets are found by accident: programs' words and variables, files of berth's, the system's log.
# where TOKEN: the places outside of jobs that have it
where() {
	local pid
	for pid in /proc/[0-9]*; do
		case $(cat "$pid/comm" 2>/dev/null) in
		berth*)
			! grep -qsa -e "$1" "$pid/cmdline" || echo "words of $(cat "$pid/comm")"
			[ "$(cat "$pid/comm")" = berth ] || ! grep -qsa -e "$1" "$pid/environ" || echo "variables of $(cat "$pid/comm")"
			;;
		esac
	done
	grep -rlsa -e "$1" "$STATE" /run/berth /var/lib/berth /etc/berth /tmp /home/alice 2>/dev/null | sed 's|/[0-9a-f]\{12\}/|/ID/|' | sort -u
	! log_text | grep -q -e "$1" || echo "the system's log"
}
grant alice security.confined --engine=any >/dev/null

# The call that starts the engine is the one that has them all.
run with berth run -q -e GIVEN=$given -e PASSED -e SECRETS -e ABSENT host env
like "$out" "GIVEN=$given" "C28 control: a job has what it is given"
like "$out" "PASSED=$passed" "C28 control: and what is passed on by name"
is "$(grep -c "$mine" <<<"$out")" 0 "C28 a job has nothing else of its caller's variables"
is "$(cut -d = -f 1 <<<"$out" | sort | tr '\n' ' ')" "GIVEN HOME HOSTNAME PASSED PATH " "C28 all that it has"
run with berth run -q --once host env
is "$(grep -c "$mine" <<<"$out"):$(cut -d = -f 1 <<<"$out" | sort | tr '\n' ' ')" "0:HOME HOSTNAME PATH " "C28 --once: the same"
run with script -qec "berth run -q -t host env" /dev/null
is "$(tr -d '\r' <<<"$out" | cut -d = -f 1 | sort | tr '\n' ' ')" "HOME HOSTNAME PATH TERM " "C28 a terminal: one more, which has no secret"
is "$(where "$mine")" "" "C28 they are nowhere else"
is "$(where "$passed")$(where "$given")" "" "C28 what a job had that is over is nowhere"

# While jobs run that live, and processes in them.
echo "FILED=$filed" >/run/arena/env
chmod 644 /run/arena/env
with berth run -d --name j -e GIVEN=$given -e PASSED --env-file /run/arena/env --label l=v host sleep 1000 >/dev/null
start_job /run/arena/out -e GIVEN=$given --env=LONG=$given -eSHORT=$given host sh -c 'echo up; sleep 1000'
ok "C28 a job in the foreground runs" wait_for 20 grep -q up /run/arena/out
with berth exec -d -e "LATER=$given" j sleep 1000
as alice berth exec -e GIVEN=$given j sh -c 'echo up; sleep 1000' >/run/arena/more 2>&1 &
ok "C28 a process that entered runs" wait_for 20 grep -q up /run/arena/more
is "$(pgrep -c -u alice -x berth)" 2 "C28 control: two calls of berth wait"
like "$(tr '\0' ' ' <"/proc/$client/cmdline")" '^berth run -q -e GIVEN=\*+ --env=LONG=\*+ -eSHORT=\*+ host sh -c' \
    "C28 in their words the values are no more"
for token in "$given" "$passed" "$filed"; do
	is "$(where "$token")" "$STATE/jobs/ID/blob" "C28 what a job that runs was given: in the file that keeps it, and no other"
done
is "$(stat -c '%a %U' "$STATE" "$STATE/jobs" "$STATE"/jobs/*/blob | sort -u | tr '\n' ' ')" "600 alice 700 alice " "C28 which is its owner's alone"
is "$(where "$mine")" "" "C28 nothing of the caller's is anywhere"
with berth exec j env >/run/arena/entered
is "$(grep -c "$mine" /run/arena/entered):$(cut -d = -f 1 /run/arena/entered | sort | tr '\n' ' ')" "0:FILED GIVEN HOME HOSTNAME PASSED PATH " \
    "C28 nor in a process that enters"

# What is shown: the owner sees what the job was given, as inspect is for; the lists and logs show nothing.
run with berth inspect j
like "$out" "GIVEN=$given" "C28 control: inspect shows what a job was given"
unlike "$out$err" "$mine" "C28 inspect: nothing of its caller's"
for verb in 'ps -a' 'ps -a --no-trunc' 'logs j' 'top j' 'stats --no-stream' 'system df' 'daemon state' 'daemon logs' info; do
	# shellcheck disable=SC2086
	run with berth $verb
	is "$rc:$(grep -cE "$mine|$given|$passed|$filed" <<<"$out$err")" 0:0 "C28 berth $verb: no value"
done
run with berth run -e GIVEN=$given -e =x host true
like "$rc:$err" '^125:berth: ' "C28 control: a variable without a name is an error"
unlike "$out$err" "$given" "C28 nor does an error show one"

# What is given as a secret is in the job's files alone: not where the other things are, nor in the memory of
# berth's own processes, which the owner's root could look into.
mkdir /srv/keys
secret=secret-$RANDOM$RANDOM$RANDOM
printf %s $secret >/srv/keys/key
chown -R alice:alice /srv/keys
chmod 700 /srv/keys
# in_memory PID...: the pids of those whose memory has the secret, or cannot be read
in_memory() {
	python3 - "$secret" "$@" <<'P'
import sys
token = sys.argv[1].encode()
for pid in sys.argv[2:]:
    try:
        maps, mem = open(f"/proc/{pid}/maps"), open(f"/proc/{pid}/mem", "rb", 0)
        parts = [line.split()[0].split("-") for line in maps if " r" in line]
    except (FileNotFoundError, ProcessLookupError):
        continue
    except OSError as error:
        print(pid, error)
        continue
    for begin, end in parts:
        try:
            mem.seek(int(begin, 16))
            if token in mem.read(int(end, 16) - int(begin, 16)):
                print(pid)
                break
        except (OSError, ValueError, OverflowError):
            pass
P
}
with berth run -d --name s --restart always --secret id=key,src=/srv/keys/key host sh -c 'read -r X </run/secrets/key; sleep 1000 & wait' >/dev/null
given_client=$client
start_job /run/arena/out3 --secret id=key,src=/srv/keys/key,target=/etc/app/key,mode=0444 -u 5:5 host sh -c 'cat /etc/app/key; echo up; sleep 1000'
second=$client
ok "C28 a job in the foreground has its secret" wait_for 20 grep -q "${secret}up" /run/arena/out3
is "$(with berth exec s cat /run/secrets/key)" "$secret" "C28 control: a process that enters has it"
with berth exec s env >/run/arena/entered
unlike "$(cat /run/arena/entered)" "$secret" "C28 a secret is in no variable"
like "$(tr '\0' ' ' <"/proc/$second/cmdline")" 'src=/srv/keys/key' "C28 control: in the words is the name of its file"
is "$(where "$secret")" "" "C28 a secret is in no words, variables, files and logs"
is "$(grep -lsaf /srv/keys/key /proc/[0-9]*/environ /proc/[0-9]*/cmdline)" "" "C28 nor in those of any other process"
inits=$(pgrep -x berth-job)
is "$(wc -w <<<"$inits")" 4 "C28 control: four jobs are looked after"
has_read() {
	# shellcheck disable=SC2046
	[ -n "$(in_memory $(pgrep -x sh))" ]
}
ok "C28 control: the shell that has read it has it in its memory" wait_for 10 has_read
# shellcheck disable=SC2046,SC2086
is "$(in_memory $inits $(engine_pid alice) $second $(pgrep -x berth-spare))" "" "C28 no process of berth's has it there"
is "$(find "$STATE" -size +0 -type f -newer /srv/keys/key -exec grep -la "$secret" {} +)" "" "C28 no file of the state directory has it"
like "$(cat "$STATE"/jobs/*/request)" '"source":"key"' "C28 control: the requests on disk have its name"
for verb in 'inspect s' 'ps -a --no-trunc' 'logs s' 'top s' 'system df' 'daemon state' 'daemon logs' info; do
	# shellcheck disable=SC2086
	run with berth $verb
	is "$rc:$(grep -c "$secret" <<<"$out$err")" 0:0 "C28 berth $verb: no secret"
done
run with berth explain -- run --secret id=key,src=/srv/keys/key host true
is "$rc:$(grep -c "$secret" <<<"$out$err")" 0:0 "C28 explain shows none"
run with berth run --secret id=key,src=/srv/keys/key,mode=0777 host true
like "$rc:$err" '^125:.*mode=0777' "C28 control: an error"
unlike "$out$err" "$secret" "C28 nor does an error show one"
holds() {
	find "/proc/$1/fd" -lname '*berth-secret*'
}
kill -STOP "$(engine_pid alice)"
start_job /run/arena/out4 --secret id=key,src=/srv/keys/key host true
somebody_holds() {
	[ -n "$(holds "$client")" ]
}
ok "C28 control: the caller holds one while the engine has not answered" wait_for 10 somebody_holds
kill -CONT "$(engine_pid alice)"
wait_job
is "$rc" 0 "C28 control: and the job has run"
none_holds() {
	local pid
	for pid; do
		[ -z "$(holds "$pid")" ] || return 1
	done
}
ok "C28 the engine holds none" wait_for 10 none_holds "$(engine_pid alice)"
# The job may say something before its caller is told that it has started.
ok "C28 nor does the caller, when the job has it" wait_for 10 none_holds "$second"
# shellcheck disable=SC2086
ok "C28 nor do the processes that look after jobs" wait_for 10 none_holds $inits
kill "$second"
wait "$second" 2>/dev/null
client=$given_client
as alice berth rm -f s >/dev/null

# Another user sees none of it.
seen=$(as bob sh -c 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; ls -lR /home/alice /run/berth; berth ps -a' 2>/dev/null | tr '\0' '\n')
like "$seen" 'berth' "C28 control: but of others something"
unlike "$seen" "$mine|$given|$passed|$filed" "C28 another user sees none of them"
kill "$client"
wait_job
as alice berth rm -f j >/dev/null
is "$(where "$given")$(where "$passed")$(where "$filed")$(where "$mine")" "" "C28 and when the jobs are gone they are nowhere"
ok "C28 nothing is left of the jobs" jobs_are_gone
done_testing
