#!/usr/bin/env bash
# berth ps and inspect, of real jobs: what is shown, by which names and filters, with an engine and
# without one.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs jq
jobs_world security.confined
# ids WORDS...: the names of the jobs that ps prints with these flags
names() {
	b --format=json ps "$@"
	jq -r '.[].name' <<<"$out" | tr '\n' ' '
}

b ps
is "$rc:$out:$err" "0:ID   IMAGE   COMMAND   CREATED   STATUS   NAMES:" "no jobs"
b run -d --name web --label tier=front --label x host sh -c 'echo up; exec sleep 1000'
web=$out
like "$rc:$web" '^0:[0-9a-f]{12}$' "one that runs"
b ps
is "$rc:$(wc -l <<<"$out")" "0:2" "a line for it"
like "$(tail -n1 <<<"$out")" "^$web   host    \"sh -c echo up; ex\.\.\.\"   (Less than a second|[0-9]+ seconds?) ago   Up (Less than a second|[0-9]+ seconds?|About a minute)   web\$" \
    "id, image, command, times and name"
b ps -q
is "$out" "$web" "-q"
b ps --no-trunc
like "$out" '"sh -c echo up; exec sleep 1000"' "--no-trunc"
b run -d host sh -c 'exit 3'
three=$out
b wait "$three"
b run -d --name killed host sh -c 'kill -9 $$'
b wait killed
is "$(names)" "web " "ps: those that run"
is "$(names -a)" "killed $three web " "-a: all, the youngest first; one without a name has its id"
b ps -a
like "$out" "Exited \(3\) (Less than a second|[0-9]+ seconds?) ago +$three" "with their exit statuses"
like "$out" 'Exited \(137\) .* killed' "of a signal, too"
is "$(names -l)" "killed " "-l"
is "$(names -n 2)" "killed $three " "-n"
is "$(names -a --filter label=tier=front)" "web " "--filter label"
is "$(names --filter exited=3)" "$three " "--filter exited"
is "$(names -a --filter before="$three")" "web " "--filter before"
is "$(names -a --filter since=web --filter status=exited)" "killed $three " "--filter since and status"
is "$(names -a --filter id="${three:0:11}")" "$three " "--filter id"
start_job /run/arena/out --name front host sh -c 'echo up; sleep 1000'
wait_for 10 grep -q up /run/arena/out
is "$(names)" "front web " "a job in the foreground is one, too"
kill "$client"
wait_job
front_gone() {
	[ "$(names -a)" = "killed $three web " ]
}
ok "and goes when it ends" wait_for 10 front_gone
b --format=json ps -a
is "$(jq -c '.[] | select(.name == "web") | [.id, .image, .command, .state, .status, .reason, .restarts, .detached, .kept, .labels.tier, .labels.x, .restart]' <<<"$out")" \
    "[\"$web\",\"host\",[\"sh\",\"-c\",\"echo up; exec sleep 1000\"],\"running\",0,\"\",0,true,true,\"front\",\"\",\"no\"]" "as JSON"
is "$(jq -c '.[] | select(.name == "web") | (.created > 0 and .started >= .created and .finished == 0)' <<<"$out")" true "with times"
is "$(jq -c --arg id "$three" '.[] | select(.id == $id) | (.finished >= .started and .reason == "exited")' <<<"$out")" true "those of an end, too"

# --- inspect
b inspect web "${three:0:11}"
is "$rc:$(jq -c '[.[].id]' <<<"$out")" "0:[\"$web\",\"$three\"]" "inspect by name and by the beginning of an id"
is "$(jq -c '.[0].config.args' <<<"$out")" '["sh","-c","echo up; exec sleep 1000"]' "with what run was told"
b inspect web nobody
is "$rc:$(jq -c length <<<"$out"):${err%%$'\n'*}" "1:1:berth: no such job: nobody" "one that is there, one that is not"

# --- completion
run as alice berth __complete stop ""
is "$(sed '$d' <<<"$out" | cut -f1 | tr "\n" " ")" "killed $three web " "completion offers them"

# --- names that mislead
b run -d --name "${web:0:4}" host sleep 1000
b --format=json inspect "${web:0:4}"
is "$(jq -r '.[0].name' <<<"$out")" "${web:0:4}" "a whole name comes before the beginning of an id"
run as bob berth ps -a
is "$rc:$(wc -l <<<"$out")" "0:1" "another user has no part in it"

# --- an engine that is gone
as alice berth rm -f "${web:0:4}" >/dev/null
kill -KILL "$(engine_pid alice)"
wait_for 10 no_engine
is "$(names -a)" "killed $three web " "ps starts an engine where jobs are kept: it has them all"
b ps -q
is "$out" "$web" "and knows the one that runs on"
b rm -f web "$three" killed
is "$rc:$out" "0:web
$three
killed" "all are removed"
as alice berth daemon stop
b ps -a
is "$rc:$(wc -l <<<"$out")" "0:1" "then there are none"
is "$(engine_pid alice)" "" "and no engine is started for that"
done_testing
