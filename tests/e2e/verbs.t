#!/usr/bin/env bash
# What the verbs about jobs make of an engine's answers: tables, times, filters, exit statuses, JSON, and
# answers of any shape. The engine is one that answers what is written here.
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"
arena_enter "$@"
needs jq python3
version=$(as alice berth version)
version=${version#berth }
dir=/home/alice/fake
install -d -o alice -g alice -m 700 $dir $dir/job $dir/proc
as alice /usr/bin/python3 "$TOP/tests/e2e/fake_engine.py" $dir/sock $dir/script "$version" &
wait_for 10 test -S $dir/sock

# script JQ: what is answered from now on, made of $now (milliseconds)
script() {
	jq -n --argjson now "$(date +%s%3N)" "$1" >$dir/new && mv $dir/new $dir/script
	rm -f $dir/script.calls
}
b() {
	run as alice timeout 200 berth --host unix:$dir/sock "$@"
}
calls() {
	cat $dir/script.calls 2>/dev/null
}

# --- ps
job='def job(o): {id: "c0ffee000001", name: "web", image: "host", command: ["sh", "-c", "sleep 100; echo done"],
    created: ($now - 3600500), started: ($now - 300500), finished: 0, state: "running", status: 0, reason: "", why: "",
    restarts: 0, stopped: false, detached: true, kept: true, tty: false, interactive: false, once: false,
    labels: {tier: "front"}, restart: "no", restart_max: 0, stop_signal: 15} + o;
    def list: [job({}), job({id: "c0ffee000002", name: "db", state: "restarting", status: 1, finished: ($now - 5400), created: ($now - 86400500 * 3)}),
    job({id: "beef00000003", name: "beef00000003", command: ["true"], state: "exited", finished: ($now - 7200500), labels: {}, created: ($now - 90500)}),
    job({id: "beef00000004", name: "new", state: "created", started: 0, created: $now}),
    job({id: "0bad00000005", name: "old", image: "/srv/a b", state: "exited", status: 137, finished: ($now - 86400500 * 400), created: ($now - 86400500 * 800)})];
    def answer(l): [l[] | {parameters: {job: .}, continues: true}] + [{parameters: {}}];'
script "$job {List: answer(list)}"
b ps -a
is "$rc:$err" "0:" "ps -a"
# Seconds may have passed: those of the youngest are not compared.
is "$(sed -E 's/[0-9]+ seconds ago|Less than a second ago|1 second ago/SOON/; s/ +$//; s/   +/ | /g' <<<"$out")" \
    'ID | IMAGE | COMMAND | CREATED | STATUS | NAMES
c0ffee000001 | host | "sh -c sleep 100; ..." | About an hour ago | Up 5 minutes | web
c0ffee000002 | host | "sh -c sleep 100; ..." | 3 days ago | Restarting (1) SOON | db
beef00000003 | host | "true" | About a minute ago | Exited (0) 2 hours ago | beef00000003
beef00000004 | host | "sh -c sleep 100; ..." | SOON | Created | new
0bad00000005 | /srv/a b | "sh -c sleep 100; ..." | 2 years ago | Exited (137) 13 months ago | old' "ps -a: docker's columns and words"
is "$(calls)" 'List {"all": true}' "one call"
b ps
is "$rc:$(tail -n +2 <<<"$out" | cut -c 1-12 | tr '\n' ' ')" "0:c0ffee000001 c0ffee000002 " "ps: those that are not over"
like "$(calls)" '"all": false' "and only those are asked for"
b ps --no-trunc
like "$out" '"sh -c sleep 100; echo done" ' "--no-trunc"
# ids WORDS...: the ids that ps -q prints
ids() {
	b ps -q "$@"
	tr '\n' ' ' <<<"$out"
}
is "$(ids -a)" "c0ffee000001 c0ffee000002 beef00000003 beef00000004 0bad00000005 " "-aq: ids only"
is "$(ids -l)" "c0ffee000001 " "-l: the youngest"
is "$(ids -n 3)" "c0ffee000001 c0ffee000002 beef00000003 " "-n 3"
is "$(ids --last=9 --filter name=^new)" "beef00000004 " "--last counts what the filters leave"
is "$(ids --filter name=w)" "c0ffee000001 " "--filter name=, of those that run"
is "$(ids -a -f name=w)" "c0ffee000001 beef00000004 " "-a -f name="
is "$(ids -f status=exited)" "beef00000003 0bad00000005 " "status= shows jobs that are over"
is "$(ids -f exited=137)" "0bad00000005 " "exited="
is "$(ids -a -f label=tier=front -f id=c0)" "c0ffee000001 c0ffee000002 " "label= and id="
is "$(ids -a -f before=beef00000003 -f since=0bad)" "c0ffee000001 c0ffee000002 " "before= and since="
for words in "ps x" "ps -f colour=red" "ps -f name" "ps -f status=up" "ps -n x" "ps -n 0" "ps --bogus" "logs" "logs a b" "inspect" \
    "wait" "stop" "stop -t x a" "stop -t -1 a" "kill" "kill -s NO a" "kill -s 0 a" "rm" "start" "restart" "top" "top a b" "logs --tail x a" \
    "logs --since x a" "logs --until yesterday a" "system" "system x" "system df x" "system prune -f --filter x=1" \
    "system prune -f --filter until=never"; do
	# shellcheck disable=SC2086
	b $words
	is "$rc:$out" "64:" "berth $words: wrong usage"
done
b ps -f before=nobody
is "$rc:${err%%$'\n'*}" "1:berth: no such job: nobody" "a job that a filter does not find"
b --format=json ps -a
is "$rc:$(jq -c '[.[] | .name]' <<<"$out")" '0:["web","db","beef00000003","new","old"]' "ps as JSON: an array"
is "$(jq -c '.[0] | keys' <<<"$out")" "$(sed -n '/^type Job (/,/^)/s/^\t\([a-z_]*\):.*/\1/p' "$TOP/config/io.berth.Engine.varlink" | sort | jq -Rnc '[inputs]')" \
    "with the members of the interface's Job"
script "$job {List: answer([])}"
b ps
is "$rc:$out" "0:ID   IMAGE   COMMAND   CREATED   STATUS   NAMES" "no jobs: a table without rows"
b --format=json ps
is "$rc:$(jq -c . <<<"$out")" "0:[]" "in JSON, an empty array"

# --- completion asks the engine
script "$job {List: answer(list)}"
# offers WORDS...: what the last of them could become
offers() {
	# It gives up when no answer comes within two seconds.
	for _ in 1 2 3 4 5; do
		run as_env alice BERTH_HOST=unix:$dir/sock -- berth __complete "$@"
		[ "$rc" -eq 142 ] || break
	done
	sed '$d' <<<"$out" | cut -f1 | tr '\n' ' '
}
is "$(offers stop '')" "web db beef00000003 new old " "completion: the names of jobs"
is "$(offers rm web ne)" "new " "of each operand"
is "$(offers logs -f c0)" "c0ffee000001 c0ffee000002 " "ids for who types one"
like "$(offers stop w >/dev/null && tail -n 2 <<<"$out")" $'^web\tUp 5 minutes\n:none 0$' "with what they do"
script "$job"' {List: answer([job({name: "a\u001bb"}), job({name: "x y"}), job({name: "ok", state: "\u001b"})])}'
is "$(offers stop '')" "ok " "completion: no name of other letters"
unlike "$(as_env alice BERTH_HOST=unix:$dir/sock -- berth __complete stop '')" $'\e' "and no other byte"

pkill -STOP -f fake_engine.py
run as_env alice BERTH_HOST=unix:$dir/sock -- timeout 100 berth __complete stop ''
is "$rc:$out" "142:" "who types waits for no engine that hangs"
pkill -CONT -f fake_engine.py

# Answers of any shape, and bytes that a terminal would obey.
script "$job"' {List: answer([job({name: "\u001b]0;x\u0007", image: "a\nb", command: ["\u009b2J", "c\\x41"], state: "\u202e"}),
    {}, {id: 7, name: [], command: {}, state: null, created: -5, status: "x", labels: []}])}'
b ps -a
is "$rc:$(wc -l <<<"$out")" "0:4" "each job a line"
is "$(LC_ALL=C tr -d '\n -~' <<<"$out")" "" "of printable characters"
like "$out" '\\x1b\]0;x\\x07' "the others are escaped"
b ps -aq
isnt "$out" "" "ids are told, too"
is "$rc:$(LC_ALL=C tr -d '\n -~' <<<"$out")" 0: "of printable characters"
b --format=json ps -a
is "$rc:$(LC_ALL=C tr -d '\n -~' <<<"$out")" "0:" "and JSON"
for answer in '[{parameters: {job: 5}}]' '[{parameters: {}}]' '[{}]'; do
	script "{List: $answer}"
	b ps -a
	is "$rc:$out" "0:ID   IMAGE   COMMAND   CREATED   STATUS   NAMES" "List answers $answer: nothing"
done
script '{List: [{close: 1}]}'
b ps
is "$rc:${err%%$'\n'*}" "69:berth: the engine ended before it answered" "an engine that hangs up"
script '{List: [{error: "io.berth.Engine.Failed", parameters: {code: 71, what: "no", why: "\u001b", todo: ""}}]}'
b ps
is "$rc:$out:$err" '71::berth: no
  \x1b' "an error of the engine's"

# --- one thing to each of several jobs
script '{StopJob: [{parameters: {}}], Kill: [{parameters: {}}], Remove: [{parameters: {}}], StartJob: [{parameters: {id: "x", name: "y"}}],
    Wait: [{parameters: {status: 7, reason: "exited", why: ""}}]}'
for verb in stop start restart kill rm logs top stats wait inspect; do
	b $verb "a b"
	like "$rc:$err" '^1:berth: no such job: a b' "$verb of what no job can be called"
done
b stop web c0f a.b
is "$rc:$out:$err" $'0:web\nc0f\na.b:' "stop: each is named when it is done"
is "$(calls | sort)" 'StopJob {"job": "a.b", "seconds": 10}
StopJob {"job": "c0f", "seconds": 10}
StopJob {"job": "web", "seconds": 10}' "names go to the engine as they were typed"
b stop -t 0 web
like "$(calls)" '"seconds": 0}$' "-t 0"
b stop --time=300 web
like "$(calls)" '"seconds": 300}$' "--time"
rm -f $dir/script.calls
b kill a
b kill -s HUP a
b kill --signal=sigterm a
b kill -s 34 a
is "$rc:$out:$(calls | tr '\n' ' ')" '0:a:Kill {"job": "a", "signal": 9} Kill {"job": "a", "signal": 1} Kill {"job": "a", "signal": 15} Kill {"job": "a", "signal": 34} ' \
    "kill: SIGKILL, a name, a name in another way, a number"
rm -f $dir/script.calls
b rm a
b rm -f b c
is "$rc:$out:$(calls | tr '\n' ' ')" $'0:b\nc:Remove {"force": false, "job": "a"} Remove {"force": true, "job": "b"} Remove {"force": true, "job": "c"} ' "rm, and rm -f"
rm -f $dir/script.calls
b start a b
is "$rc:$out:$(calls | tr '\n' ' ')" $'0:a\nb:StartJob {"job": "a"} StartJob {"job": "b"} ' "start"
rm -f $dir/script.calls
b restart -t 3 a
is "$rc:$out:$(calls | tr '\n' ' ')" '0:a:Inspect {"job": "a"} StopJob {"job": "a", "seconds": 3} StartJob {"job": "a"} ' \
    "restart: a look whether it can be started again, stop, then start"
cp $dir/script $dir/kept
script '{StartJob: [{continues: true, parameters: {event: "map", source: "/x", uid: 1, gid: 1, namespace: 0, directory: 1, reply: 2}},
    {parameters: {id: "x", name: "y"}}]}'
b start a
like "$rc:$err" '^69:.*malformed.*does not have' "start: a mount is asked for, without the descriptors"
mv $dir/kept $dir/script
b wait a b
is "$rc:$out:$err" $'0:7\n7:' "wait prints the statuses and exits with 0"
b --format=json wait a
is "$rc:$(jq -c . <<<"$out")" '0:[{"job":"a","status":7,"reason":"exited","why":""}]' "wait as JSON"
b --format=json stop a b
is "$rc:$(jq -c . <<<"$out")" '0:[{"job":"a"},{"job":"b"}]' "stop as JSON"
b stop $'\xff'
is "$rc:${err%%$'\n'*}" '1:berth: no such job: \xff' "a name that is no text"

no='[{error: "io.berth.Engine.NoSuchJob", parameters: {job: "gone"}}]'
script "{StopJob: $no, Kill: $no, Remove: $no, StartJob: $no, Wait: $no, Inspect: $no, Open: $no}"
for verb in stop kill rm start restart wait logs "logs -f" top "stats --no-stream"; do
	# shellcheck disable=SC2086
	b $verb gone
	is "$rc:$out:$err" "1::berth: no such job: gone
  none has this name, or an id that begins so
  berth ps -a  shows them" "$verb: a job that is not there"
	# shellcheck disable=SC2086
	b --format=json $verb gone
	is "$rc:$(jq -r .reason <<<"$err")" "1:no_such_job" "$verb: its reason in JSON"
done
b --format=json rm -f gone
is "$rc:$(jq -c . <<<"$out"):$err" '0:[{"job":"gone"}]:' "rm -f: that is no error"
b stop gone away
is "$rc:$out:$(grep -c 'no such job' <<<"$err")" "1::2" "each error is told, and the exit status is 1"
b inspect gone
is "$rc:$(jq -c . <<<"$out"):${err%%$'\n'*}" "1:[]:berth: no such job: gone" "inspect: an empty array, and the error"
script '{Remove: [{error: "io.berth.Engine.Running", parameters: {job: "web"}}],
    Kill: [{error: "io.berth.Engine.NotRunning", parameters: {job: "web", state: "exited"}}],
    StopJob: [{error: "io.berth.Engine.AmbiguousJob", parameters: {job: "c0", jobs: []}}],
    StartJob: [{error: "io.berth.Engine.Refused", parameters: {reason: "not_granted", what: "refused: x", why: "", todo: "", file: "", line: 0}}]}'
b rm web
is "$rc:$err" "1:berth: the job is running: web
  end it, and remove it:  berth rm -f" "rm of one that runs says how to"
b kill web
is "$rc:$(sed -n 2p <<<"$err")" "1:  its state: exited" "kill of one that is over"
b stop c0
is "$rc:${err%%$'\n'*}" "1:berth: ambiguous: c0" "more than one"
b start web
is "$rc:$err" "77:berth: refused: x" "start is decided anew, and refused"
script '{Wait: [{close: 1}], StartJob: [{close: 1}]}'
b wait web
is "$rc:$(calls | wc -l)" "69:5" "an answer that got lost is asked for again, not for ever"
b start web
is "$rc:$(calls | grep -c StartJob)" "69:1" "what must not be done twice is not"

# --- inspect
script "$job {Inspect: [{parameters: {job: job({}), config: {image: {kind: \"host\"}, args: [\"sh\"]}}}]}"
b inspect web
is "$rc:$(jq -c '.[] | [.name, .config.args, .cut]' <<<"$out")" '0:["web",["sh"],false]' "inspect: the job's members, config and cut"
script "$job {Inspect: [{parameters: {job: job({}), cut: true}}]}"
b --format=json inspect a b
is "$rc:$(jq -c '[.[] | [.config, .cut]]' <<<"$out")" '0:[[null,true],[null,true]]' "without a config it is null"
script '{Inspect: [{parameters: {}}]}'
b inspect web
is "$rc:${err%%$'\n'*}" "69:berth: the engine's answer is malformed" "inspect: an answer without a job"

# --- top and stats, of a procfs that is none
install -d -o alice -m 700 $dir/proc/{1,7,8}
cat >$dir/proc/1/stat <<<"1 (berth-job) S 0 1 1 0 -1 0 0 0 0 0 10 0 500 0 20 0 1 0 5 6 7 8"
cat >$dir/proc/7/stat <<<"7 (sh) S 1 7 7 34816 7 0 0 0 0 0 6000 6000 0 0 20 0 3 0 5 6 7 8"
cat >$dir/proc/8/stat <<<$'8 (x) \e[m(y) R 7 8 8 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99999999 6 7 8'
printf 'Uid:\t1000\t0\nRssAnon:\t   2048 kB\nRssShmem:\t 0 kB\n' >$dir/proc/7/status
printf 'Uid:\t100032\t0\nRssAnon:\t   1024 kB\nRssShmem:\t 0 kB\n' >$dir/proc/8/status
printf 'sh\0-c\0\e]0;title\a\0' >$dir/proc/7/cmdline
: >$dir/proc/8/cmdline
printf 'read_bytes: 1500\nwrite_bytes: 2000000\n' >$dir/proc/7/io
printf '         0       1000          1\n         1     100000      65535\n' >$dir/proc/1/uid_map
mkdir $dir/proc/1/net
printf 'a|b\n lo: 9 0 0 0 0 0 0 0 9 0\neth0: 1000 0 0 0 0 0 0 0 2000 0\n' >$dir/proc/1/net/dev
script "$job {List: answer(list), Open: [{open: \"$dir/proc\"}], Inspect: [{parameters: {job: job({})}}]}"
b top web
is "$rc:$(sed -E 's/   +/ | /g; s/\| [0-9]+ \| ([0-9]{2}:[0-9]{2}|[A-Z][a-z]{2}[0-9]{2}) \|/| C | WHEN |/' <<<"$out")" "0:UID | PID | PPID | C | STIME | TTY | TIME | CMD
root | 7 | 1 | C | WHEN | pts/0 | 00:02:00 | sh -c \\x1b]0;title\\x07
33 | 8 | 7 | C | WHEN | ? | 00:00:00 | [x) \\x1b[m(y]" "top: ps's columns, ids as in the job, titles escaped"
like "$(calls)" '^Open \{"job": "web", "what": "processes"\}$' "top asks for the processes"
b --format=json top web
is "$rc:$(jq -c '[.[] | [.uid, .pid, .ppid, .tty, .time, .command]]' <<<"$out")" \
    '0:[[0,7,1,"pts/0",120,["sh","-c","\u001b]0;title\u0007"]],[33,8,7,null,0,["x) \u001b[m(y"]]]' "top as JSON"
is "$(jq -c '.[0] | keys' <<<"$out")" '["command","cpu","name","pid","ppid","started","time","tty","uid"]' "its members"
b stats --no-stream web
is "$rc:$(sed -E 's/   +/ | /g; s/[0-9.]+[GMT]iB \| [0-9.]+%/TOTAL | P%/' <<<"$out")" "0:ID | NAME | CPU % | MEM USAGE / LIMIT | MEM % | NET I/O | BLOCK I/O | PIDS
c0ffee000001 | web | 0.00% | 3MiB / TOTAL | P% | 1kB / 2kB | 1.5kB / 2MB | 4" "stats: docker's columns"
b --format=json stats --no-stream
is "$rc:$(jq -c '[.[] | [.name, .running, .memory, .received, .sent, .read, .written, .pids]] | .[0]' <<<"$out")" \
    '0:["web",true,3145728,1000,2000,1500,2000000,4]' "stats as JSON"
is "$(jq -c '.[0] | keys' <<<"$out")" '["cpu","id","limit","memory","name","pids","read","received","running","sent","written"]' "its members"
as alice timeout 200 berth --host unix:$dir/sock --format=json stats db >/run/arena/stats 2>/dev/null &
stats=$!
lines() {
	[ "$(wc -l </run/arena/stats)" -ge 2 ]
}
ok "stats goes on" wait_for 20 lines
pkill -u alice -x berth
wait $stats
is "$(head -n1 /run/arena/stats | jq -c '[.[] | .name]')" '["db"]' "a line of JSON each second"
cat >$dir/terminal.py <<'EOF2'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
data = b""
while data.count(b"PIDS") < 2:
    data += os.read(fd, 4096)
os.kill(pid, 15)
print(data.count(b"\x1b[H\x1b[J"))
EOF2
run as_env alice TERM=xterm -- timeout 100 python3 $dir/terminal.py berth --host unix:$dir/sock stats db
is "$rc:$out" "0:2" "on a terminal each table takes the place of the one before"
script "$job {List: answer(list), Open: [{parameters: {fd: 3}}], Inspect: [{parameters: {job: job({})}}]}"
b stats --no-stream old
like "$rc:$(tail -n1 <<<"$out" | sed -E 's/   +/ | /g')" '^0:0bad00000005 \| old \| -- \| -- / -- \| -- ' "one of which nothing is known"
b top web
is "$rc:${err%%$'\n'*}" "69:berth: the engine's answer has no descriptor" "an answer without the descriptor that it names"

# --- logs
t=2026-11-26T12:00:0
cat >$dir/job/log.1 <<EOF2
${t}0.000000000Z stdout F one
${t}1.000000000Z stderr P oh
EOF2
cat >$dir/job/log <<EOF2
${t}2.000000000Z stderr F  no
rubbish
${t}3.500000000Z stdout F three
EOF2
script "$job {Open: [{open: \"$dir/job\"}], Inspect: [{parameters: {job: job({state: \"exited\"})}}], Wait: [{wait: \"$dir/over\", parameters: {status: 0}}]}"
b logs web
is "$rc:$out:$err" $'0:one\nthree:oh no' "logs: the two streams"
b logs -t web
is "$out:$err" "${t}0.000000000Z one
${t}3.500000000Z three:${t}1.000000000Z oh no" "-t: each line with its time"
b logs --tail 1 web
is "$out:$err" "three:" "--tail 1"
b logs -n 2 web
is "$out:$err" "three:oh no" "-n 2: a line in two records is one"
b logs --tail all --since "${t}2Z" web
is "$out:$err" "three: no" "--since"
b logs --until "${t}0" web
is "$out:$err" "one:" "--until, in UTC"
b logs --since 1m web
is "$rc:$out:$err" "0::" "--since a while ago"
b --format=json logs -n 1 web
is "$(jq -c . <<<"$out")" "{\"time\":\"${t}3.500000000Z\",\"stream\":\"stdout\",\"text\":\"three\\n\",\"whole\":true}" "as JSON, an object a record"
as alice timeout 200 berth --host unix:$dir/sock logs -f --tail 1 web >/run/arena/follow &
follow=$!
ok "-f: what is there" wait_for 10 grep -q three /run/arena/follow
echo "${t}4.000000000Z stdout F four" >>$dir/job/log
ok "-f: what comes" wait_for 10 grep -q four /run/arena/follow
mv $dir/job/log $dir/job/log.1
echo "${t}5.000000000Z stdout F five" >>$dir/job/log
ok "-f: in the next file" wait_for 10 grep -q five /run/arena/follow
echo "${t}6.000000000Z stdout F six" >>$dir/job/log
touch $dir/over
rc=0
wait $follow || rc=$?
is "$rc:$(tr '\n' ' ' </run/arena/follow)" "0:three four five six " "-f ends when the job does, with all that it wrote"
b logs -f --until 0s web
is "$rc" 0 "-f --until of the past ends"

# --- system
script '{Usage: [{parameters: {jobs: 3, running: 1, size: 3000000, reclaimable: 1500000, volumes: {volumes: 2, used: 1, size: 4000000, reclaimable: 1000000}}}], Prune: [{parameters: {removed: ["beef00000003"], size: 1500000}}]}'
b system df
is "$rc:$(sed -E 's/   +/ | /g' <<<"$out")" "0:TYPE | TOTAL | ACTIVE | SIZE | RECLAIMABLE
Jobs | 3 | 1 | 3MB | 1.5MB (50%)
Local Volumes | 2 | 1 | 4MB | 1MB (25%)" "system df"
b --format=json system df
is "$rc:$(jq -c . <<<"$out")" '0:{"jobs":3,"running":1,"size":3000000,"reclaimable":1500000,"volumes":{"volumes":2,"used":1,"size":4000000,"reclaimable":1000000}}' "as JSON"
rm -f $dir/script.calls
b system prune
is "$rc:$out:$err:$(calls)" "1::berth: nothing was removed
  nobody said yes
  the same with -f  does not ask:" "system prune asks, and nobody is there"
b system prune -f
is "$rc:$out" "0:Deleted Jobs:
beef00000003

Total reclaimed space: 1.5MB" "system prune -f"
b --format=json system prune --force --filter label=a --filter label=b=c --filter until=24h
is "$rc:$(jq -c . <<<"$out")" '0:{"removed":["beef00000003"],"size":1500000}' "as JSON"
is "$(calls | tail -n1)" 'Prune {"filter": {"labels": ["a", "b=c"], "until": 86400}}' "the filters"

# --- no engine, and nothing kept: nothing is started for it
for words in ps "ps -a" "system df"; do
	# shellcheck disable=SC2086
	run as alice berth $words
	is "$rc:$err:$(wc -l <<<"$out")" "0::$([ "$words" = "system df" ] && echo 3 || echo 1)" "berth $words without an engine"
done
for words in "stop x" "logs x" "start x" "rm x" "wait x" "inspect x"; do
	# shellcheck disable=SC2086
	run as alice berth $words
	is "$rc:${err%%$'\n'*}" "1:berth: no such job: x" "berth $words without an engine"
done
run as alice berth system prune -f
is "$rc:$out" "0:Total reclaimed space: 0B" "berth system prune without an engine"
run root berth ps
is "$rc:$(wc -l <<<"$out")" "0:1" "root has no jobs"
is "$(engine_pid alice)" "" "no engine was started"
kill %1
done_testing
