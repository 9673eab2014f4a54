#!/usr/bin/env bash
# berth top, stats and system, of real jobs.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs jq
jobs_world security.confined
b run -d --name busy host sh -c 'sleep 1000 & while :; do :; done'
b run -d --name idle -u 65534 -t host sleep 1000
has_sleep() {
	as alice berth top "$1" | grep -q 'sleep 1000'
}
ok "top: the processes are there" wait_for 10 has_sleep busy
ok "of another user, too" wait_for 10 has_sleep idle
b top busy
is "$rc:$(head -n1 <<<"$out" | tr -s ' ')" "0:UID PID PPID C STIME TTY TIME CMD" "ps's columns"
is "$(tail -n +2 <<<"$out" | wc -l)" 2 "a line for each but berth's own"
like "$out" $'\nroot +[0-9]+ +[0-9]+ +[0-9]+ +[0-9:]+ +\\? +00:[0-9:]+ +sleep 1000' "with the job's ids"
b --format=json top idle
is "$(jq -c '.[] | [.uid, .tty, .command]' <<<"$out")" '[65534,"pts/0",["sleep","1000"]]' "as JSON, with its terminal"
title=$'\e]0;x\a'
b run -d --name odd host bash -c "exec -a '$title' sleep 1000"
odd_title() {
	as alice berth top odd | grep -qF '\x1b]0;x\x07'
}
ok "a process's title is escaped" wait_for 10 odd_title
run as alice berth top odd
is "$rc:$(LC_ALL=C tr -d '\n -~' <<<"$out")" 0: "all of it"

# --- stats
b stats --no-stream busy idle
is "$rc:$err" "0:" "stats"
like "$(head -n1 <<<"$out" | sed -E 's/   +/|/g')" '^ID\|NAME\|CPU %\|MEM USAGE / LIMIT\|MEM %\|NET I/O\|BLOCK I/O\|PIDS$' "docker's columns"
b --format=json stats --no-stream
is "$(jq -c '[.[] | .name] | sort' <<<"$out")" '["busy","idle","odd"]' "all that run"
is "$(jq -c '.[] | select(.name == "busy") | [.cpu > 1, .memory > 100000, .pids, .received, .sent, .running]' <<<"$out")" \
    '[true,true,2,0,0,true]' "one that is busy"
is "$(jq -c '.[] | select(.name == "idle") | [.cpu < 50, .pids]' <<<"$out")" '[true,1]' "one that is not"
as alice timeout 200 berth --format=json stats >/run/arena/stats 2>/dev/null &
stats=$!
lines() {
	[ "$(wc -l </run/arena/stats)" -ge "$1" ]
}
ok "a line each second" wait_for 20 lines 2
b rm -f odd
less() {
	[ "$(tail -n1 /run/arena/stats | jq -c '[.[] | .name] | sort' 2>/dev/null)" = '["busy","idle"]' ]
}
ok "one that ends is no part of it any more" wait_for 20 less
pkill -u alice -x berth
wait $stats
b stop -t 0 idle
b stats --no-stream idle
like "$rc:$(tail -n1 <<<"$out" | sed -E 's/   +/|/g')" '^0:[0-9a-f]{12}\|idle\|--\|' "one that does not run"
b top idle
is "$rc:${err%%$'\n'*}" "1:berth: not running: idle" "top of it"

# --- system
b run -d --name big host sh -c 'head -c 3000000 /dev/zero >/tmp/x; head -c 3000000 /dev/zero >/root/x'
b wait big
b --format=json system df
df=$out
is "$rc:$(jq -c '[.jobs, .running, .size >= .reclaimable, .reclaimable > 2900000]' <<<"$df")" '0:[3,1,true,true]' "system df"
b system df
like "$(sed -n 2p <<<"$out" | sed -E 's/   +/|/g')" '^Jobs\|3\|1\|[0-9.]+[kMG]B\|[0-9.]+[kMG]B \([0-9]+%\)$' "as a table"
b system prune
is "$rc:$out" "1:" "system prune asks"
b system prune -f --filter until=1h
is "$rc:$out" "0:Total reclaimed space: 0B" "--filter until"
b system prune -f --filter label=none
is "$rc:$out" "0:Total reclaimed space: 0B" "--filter label"
b system prune -f
like "$rc:$out" $'^0:Deleted Jobs:\n[0-9a-f]{12}\n[0-9a-f]{12}\n\nTotal reclaimed space: [0-9.]+MB$' "system prune -f"
b ps -aq
is "$(wc -l <<<"$out")" 1 "what runs stays"
b rm -f busy
done_testing
