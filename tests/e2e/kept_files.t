#!/usr/bin/env bash
# Jobs on disk that their user has changed: records, requests, names, links in all places. Nothing is
# believed that is not checked, and what is started again is decided anew.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs python3 pgrep
jobs_world security.confined
# shellcheck source=tests/e2e/kept.sh
. "${BASH_SOURCE[0]%/*}/kept.sh"

# --- what the user put there
start one ',"labels":{"x":"1"}' true
one=$id
start two '' true
two=$id
ok "two jobs are over" wait_for 10 has_state two exited
wait_for 10 has_state one exited
copy() {
	cp -a "$STATE/jobs/$one" "$STATE/jobs/$1"
	sed -i "s/$one/$1/; s/\"name\":\"one\"/\"name\":\"$1\"/" "$STATE/jobs/$1/state.json"
}
copy abcdef000001
copy abcdef000002
on Inspect abcdef0000
error AmbiguousJob "a beginning of two ids"
is "$(member jobs | tr -d '[],"' | tr ' ' '\n' | sort | tr '\n' ' ')" "abcdef000001 abcdef000002 " "both are told"
on Inspect abcdef000002
is "$(member job.id)" abcdef000002 "a whole id is none"
ln -s abcdef000001 "$STATE/names/abcdef000002"
on Inspect abcdef000002
is "$(member job.id)" abcdef000002 "a link in the name of another job is none"
ln -s "../../../etc" "$STATE/names/etc"
ln -s abcdef000009 "$STATE/names/stale"
mkdir "$STATE/names/dir"
for word in etc stale dir; do
	on Inspect $word
	error NoSuchJob "a name that leads nowhere: $word"
done
start stale '' true
like "$out" started "a stale name is free"
start dir '' true
error Failed "one that is a directory is not"
rmdir "$STATE/names/dir"
rm "$STATE/names/etc"
echo '{' >"$STATE/jobs/$two/state.json"
on Inspect "$two"
is "$(member job.state) $(member job.reason)" "exited failed" "a record that is none: the job is seen"
like "$(member job.why)" 'cannot be read' "and why"
on StartJob "$two"
error Failed "it cannot be started"
rm "$STATE/jobs/$two/state.json"
mkfifo "$STATE/jobs/$two/state.json"
on Remove "$two"
is "$out" '{"parameters": {}}' "but removed"
sed -i 's/"network":"none"/"network":"host"/' "$STATE/jobs/abcdef000001/request"
on StartJob abcdef000001
error Refused "StartJob decides anew: what the request asks for now is not granted"
like "$out" 'network.host' "and says what"
sed -i 's/^{/{"devices":[],/' "$STATE/jobs/abcdef000002/request"
on StartJob abcdef000002
error Failed "a request that nobody can make"
printf 'bojb\1\0\0\0\1\0\0\0\0\0\0\0true' >"$STATE/jobs/$one/blob"
on StartJob one
error Failed "a command that ends too early"
rm "$STATE/jobs/$one/blob"
ln -s /etc/passwd "$STATE/jobs/$one/blob"
on StartJob one
error Failed "a command that is a link"
is "$(state one)" exited "it is as it was"
rm -r "$STATE/jobs/abcdef000001/u"
ln -s /home/alice "$STATE/jobs/abcdef000001/u"
sed -i 's/"network":"host"/"network":"none"/' "$STATE/jobs/abcdef000001/request"
on StartJob abcdef000001
error Failed "what it wrote is a link"
call Prune '{"filter":{"labels":["x=1"]}}'
like "$(member removed)" "$one" "Prune: with a label"
call Prune '{"filter":{"until":3600}}'
is "$(member removed)" '[]' "nothing that is old enough"
call Prune '{}'
is "$(ls "$STATE/jobs")" "" "all"
ok "what a link led to is there" test -d "$STATE/names"
done_testing
