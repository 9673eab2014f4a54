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
like "$out" 'devices: unknown' "and says what"
printf 'bojb\1\0\0\0\1\0\0\0\0\0\0\0true' >"$STATE/jobs/$one/blob"
on StartJob one
error Failed "a command that ends too early"
like "$out" 'the blob is too short' "and says so"
rm "$STATE/jobs/$one/blob"
ln -s /etc/passwd "$STATE/jobs/$one/blob"
on StartJob one
error Failed "a command that is a link"
like "$out" 'were changed' "and says that it was changed"
is "$(state one)" exited "it is as it was"
rm -r "$STATE/jobs/abcdef000001/u"
# Where an overlay could have it: no directory that the job's own is in.
install -D -o alice -g alice /dev/null /home/alice/led/file
chown alice:alice /home/alice/led
ln -s /home/alice/led "$STATE/jobs/abcdef000001/u"
sed -i -e 's/"network":"host"/"network":"none"/' -e 's/"name":"[^"]*",//' "$STATE/jobs/abcdef000001/request"
on StartJob abcdef000001
error Failed "what it wrote is a link"
like "$out" 'Not a directory' "and says that it is no directory"
call Prune '{"filter":{"labels":["x=1"]}}'
like "$(member removed)" "$one" "Prune: with a label"
call Prune '{"filter":{"until":3600}}'
is "$(member removed)" '[]' "nothing that is old enough"
call Prune '{}'
is "$(ls "$STATE/jobs")" "" "all"
is "$(ls -A /home/alice/led)" file "what a link led to is there"

# --- what it was given, which is opened again
make_image /home/alice/image
install -d -o alice -g alice /home/alice/h /home/alice/other
echo first >/home/alice/h/x
grant alice security.confined mount=/home/alice/h mount=/usr image=/home/alice/image >/dev/null
run as alice berth run -q -d --name given -v /home/alice/h:/h:ro "${USR[@]}" /home/alice/image sh -c 'cat /h/x; echo more >/w'
is "$rc" 0 "a job with a directory and an image of the user's"
ok "it is over" wait_for 10 has_state given exited
echo second >/home/alice/h/x
on StartJob given
ok "StartJob: it is over once more" wait_for 10 has_state given exited
on Inspect given
is "$(member job.status)" 0 "and has had both"
is "$(cut -d' ' -f4- <"$STATE/jobs/$(member job.id)/log" | tr '\n' ' ')" "first second " "the directory as it is now"
rm -r /home/alice/h
ln -s other /home/alice/h
chown -h alice:alice /home/alice/h
echo third >/home/alice/other/x
on StartJob given
like "$out" '"error": ' "what has become a link is not followed"
unlike "$out" '"id"' "and nothing is started"
is "$(cut -d' ' -f4- <"$STATE/jobs/$(readlink "$STATE/names/given")/log" | tr '\n' ' ')" "first second " "nor was anything run"
rm /home/alice/h
install -d -o alice -g alice /home/alice/h
grant alice security.confined mount=/usr image=/home/alice/image >/dev/null
revoke alice >/dev/null
grant alice security.confined mount=/usr image=/home/alice/image >/dev/null
as alice berth daemon start >/dev/null
on StartJob given
error Refused "nor is a directory mounted that is not granted any more"
like "$out" 'mount=/home/alice/h' "and it says which"

# --- what was allowed, when the policy has become another one under a job that runs
as alice berth daemon stop --force >/dev/null
grant alice security.confined image=host mount=/home/alice/h >/dev/null
run as alice berth run -q -d --name open -v /home/alice/h:/h host sleep 100
is "$rc$err" 0 "a job that runs"
run varlink alice --socket "$SOCKET" exec '{"job":"open"}' echo entered
is "$(grep -cx entered <<<"$out")" 1 "control: it can be entered"
sed -i 's| mount=[^ ]*||g' /etc/berth/allow/uid-1000.conf
run varlink alice --socket "$SOCKET" exec '{"job":"open"}' echo entered
error Refused "Exec decides anew: what the job has is not granted any more"
is "$(grep -cx entered <<<"$out")" 0 "and nothing was run"
done_testing
