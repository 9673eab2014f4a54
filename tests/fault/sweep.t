#!/usr/bin/env bash
# What a job left is removed in the end, also when the one who was about to do it was killed, or when it
# came while the engine was not to look again yet.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
jobs_world security.confined

# leave NAME FILES: what a supervisor that was killed leaves, with so many files in it
leave() {
	# shellcheck disable=SC2016
	as alice sh -c 'mkdir "$1" && cd "$1" && seq "$2" | xargs touch' - "$STATE/jobs/$1" "$2"
}
gone() {
	[ ! -e "$STATE/jobs/$1" ]
}
kill_sweeper() {
	pkill -KILL -x berth-sweep
}

leave aaaaaaaaaaaa 20000
wait_for 10 kill_sweeper &
killer=$!
run job host true
is "$rc" 0 "a job ends beside what another one left"
ok "the one who removes that is killed" wait $killer
ok "before it was done" test -e "$STATE/jobs/aaaaaaaaaaaa"
ok "and nobody calls berth: it is removed" wait_for 10 gone aaaaaaaaaaaa

# With so many jobs a look takes so long that the next one is not to be made soon.
kept=$(as alice berth run -d host true)
as alice berth wait "$kept" >/dev/null
for ((i = 0; i < 1000; i++)); do
	printf -v copy 'b%011x' "$i"
	cp -a "$STATE/jobs/${kept:0:12}" "$STATE/jobs/$copy"
done
run job host true
leave cccccccccccc 1
run job host true
is "$rc" 0 "a job ends just behind another one"
ok "what was left is removed" wait_for 10 gone cccccccccccc
ok "and jobs that are kept are there" test -e "$STATE/jobs/$copy"
done_testing
