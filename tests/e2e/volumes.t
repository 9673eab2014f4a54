#!/usr/bin/env bash
# Volumes: what jobs write there stays, a new one has what the image has, and no job's is removed.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs strace
jobs_world security.confined
VOLUMES=$STATE/volumes

volume() {
	as alice berth volume "$@"
}
json() {
	python3 -c 'import json, sys
value = json.load(sys.stdin)
print(eval(sys.argv[1], {"v": value}))' "$1"
}

# --- none yet
run volume ls
is "$rc:$out" "0:DRIVER   VOLUME NAME" "ls: nothing"
run volume ls --format=json
is "$rc:$(json v <<<"$out")" "0:[]" "ls --format=json: nothing"
run volume rm none
is "$rc" 1 "rm: there is none"
like "$err" 'no such volume: none' "rm: and it says so"
run volume rm -f none
is "$rc:$out" "0:none" "rm -f: that is no error"
run volume inspect none
is "$rc:$(json v <<<"$out")" "1:[]" "inspect: there is none"
not_ok "nothing was made by looking" test -e "$VOLUMES"

run volume list
like "$rc:$err" $'^64:berth: unknown command: volume list\n  it is used as: berth volume ls\|' "another word of docker's: what there is"
run volume inspect --format '{{.Mountpoint}}' x
like "$rc:$err" '^64:.*not text or json.*there are no templates: json has all of it' "a template of docker's"
run volume create ''
like "$rc:$err" '^64:berth: "" cannot be the name of a volume' "an empty name can be seen"

# --- by name
gives "" "-v NAME:DST" -v data:/d host sh -c 'echo kept >/d/file'
gives kept "what was written stays" -v data:/d host cat /d/file
gives kept "--mount type=volume" --mount type=volume,src=data,dst=/d host cat /d/file
gives kept "--mount: a volume without the word" --mount source=data,target=/d host cat /d/file
run job -v data:/d:ro host sh -c 'cat /d/file; echo x >/d/new'
is "$out" kept ":ro is read"
like "$err" 'Read-only' ":ro is not written"
gives "755 0:0 rw,nosuid,nodev" "its root is the job's, its mount nosuid and nodev" -v data:/d host \
    sh -c 'echo $(stat -c "%a %u:%g" /d) $(awk "\$5 == \"/d\" { sub(/,relatime/, \"\", \$6); print \$6 }" /proc/self/mountinfo)'
gives "kept kept" "the same one twice" -v data:/a -v data:/b:ro host sh -c 'echo $(cat /a/file /b/file)'
gives "kept" "in a job without a network, as another user" -u 5:5 -v data:/d host cat /d/file
run job -v data:/d host sh -c 'chown 5:6 /d/file; chmod 4755 /d/file; mkdir -m 700 /d/dir; chown 7 /d/dir'
is "$rc:$(stat -c '%u:%g %a' "$VOLUMES/data/data/file")" "0:100004:100005 4755" "owners are of the granted range"
gives "5:6 4755" "and the next job sees them as it does its own" -v data:/d host stat -c '%u:%g %a' /d/file
run job -v '../x:/d' host true
like "$rc:$err" '^125:.*cannot mount ../x' "a name with a slash is a path"
for name in -x .x _x 'a b' 'a,b' $'a\nb' "$(printf 'x%.0s' {1..129})"; do
	run job -v "$name:/d" host true
	like "$rc:$err" '^125:.*cannot be the name of a volume' "no name of a volume: ${name:0:9}"
done

# --- what the image has there
image=/home/alice/image
make_image "$image"
mkdir -p "$image/data/sub/deep" "$image/data/mode"
echo one >"$image/data/one"
ln -s one "$image/data/link"
ln -s data "$image/dlink"
ln -s /etc/shadow "$image/data/outside"
mkfifo -m 620 "$image/data/fifo"
echo suid >"$image/data/suid"
echo names >"$image/data/names"
ln "$image/data/names" "$image/data/sub/deep/names"
echo sub >"$image/data/sub/deep/file"
chown -hR alice:alice "$image"
chown 100004:100006 "$image/data/one"
chmod 4751 "$image/data/suid"
chmod 1751 "$image/data/mode"
chmod 2750 "$image/data"
touch -d 2001-02-03 "$image/data/one" "$image/data/sub" "$image/data/fifo"
touch -h -d 2001-02-03 "$image/data/link"
(cd "$image/data" && setfattr -n user.mine -v yes one && truncate -s 1M big && chown alice:alice big)
shape() {
	(cd "$1" && find . -printf '%P %y %m %U:%G %Ts %l\n' , -type f -links 2 -printf '%P two names\n' | sed 's/\([0-9]\)\.[0-9]* /\1 /' | sort && getfattr -n user.mine one 2>/dev/null)
}
gives one "a new one has what the image has there" "${USR[@]}" -v new:/data "$image" cat /data/one
is "$(shape "$VOLUMES/new/data")" "$(shape "$image/data")" "with modes, owners, times, links and attributes"
ok "and its contents" cmp "$image/data/big" "$VOLUMES/new/data/big"
run job "${USR[@]}" -v new:/data "$image" sh -c 'rm -r /data/*'
gives "" "once it was there it is as it was left" "${USR[@]}" -v new:/data "$image" ls /data
gives "" "nocopy" "${USR[@]}" -v empty:/data:nocopy "$image" ls /data
gives "" "--mount volume-nocopy" "${USR[@]}" --mount src=empty2,dst=/data,volume-nocopy "$image" ls /data
gives one "a link of the image leads there" "${USR[@]}" -v linked:/dlink "$image" cat /data/one
gives "" "what is mounted there is not the image's: the host's /usr" -v host:/usr/share/doc host ls /usr/share/doc
gives "" "a place that the image does not have" "${USR[@]}" -v place:/not/there "$image" ls /not/there
deep=$image/deep
for ((i = 0; i < 140; i++)); do
	deep=$deep/d
done
mkdir -p "$deep" && chown -R alice:alice "$image/deep"
run job "${USR[@]}" -v deep:/deep "$image" true
like "$rc:$err" '^125:.*cannot be copied into the volume.*deeper than 128' "too deep to be copied"
not_ok "and there is no such volume then" test -e "$VOLUMES/deep"
run as alice berth volume create deep
run job "${USR[@]}" -v deep:/deep "$image" true
like "$rc:$err" '^125:.*cannot be copied into the volume.*deeper than 128' "nor into one that was created"
not_ok "and of the copy nothing stays" test -e "$VOLUMES/deep/.data"
run as alice berth volume rm deep
is "$(find "$VOLUMES" -mindepth 1 -maxdepth 1 -name '.*')" "" "nor the beginning of one"
run job "${USR[@]}" -v file:/data/one "$image" true
like "$rc:$err" '^125:.*what is there is not a directory' "a file is no place for a volume"

# --- ls, inspect
volume rm host place linked empty empty2 >/dev/null
run job --mount src=labelled,dst=/d,volume-label=a=b,volume-label=c host true
run volume ls
is "$out" "DRIVER   VOLUME NAME
local    data
local    labelled
local    new" "ls"
run volume ls -q
is "$out" "data
labelled
new" "ls -q"
is "$(volume ls --format=json | json '[x["name"] for x in v]')" "['data', 'labelled', 'new']" "ls --format=json"
is "$(volume ls -q --filter name=a --filter name=zz | xargs)" "data labelled" "ls --filter name="
is "$(volume ls -q --filter label=a)" labelled "ls --filter label=NAME"
is "$(volume ls -q -f label=a=b -f label=c)" labelled "ls -f label=NAME=VALUE"
is "$(volume ls -q -f label=a=x)" "" "ls -f label= of another value"
run volume ls --filter driver=x
like "$rc:$err" '^64:.*no such filter' "ls: an unknown filter"
is "$(volume inspect labelled data | json '[(x["name"], x["labels"], x["used"], x["jobs"], x["path"], x["size"] >= 0) for x in v]')" \
    "[('labelled', {'a': 'b', 'c': ''}, False, [], '$VOLUMES/labelled/data', True), ('data', {}, False, [], '$VOLUMES/data/data', True)]" "inspect"
ok "inspect: made just now" test "$(volume inspect labelled | json 'v[0]["created"] // 1000')" -ge "$(($(date +%s) - 600))"
run volume inspect labelled none
is "$rc:$(json 'len(v)' <<<"$out")" "1:1" "inspect: one of them is not there"

is "$(as alice berth __complete volume rm la | cut -f1 | xargs)" "labelled :none 0" "for the shell: volumes"
is "$(as alice berth __complete run -v da | cut -f1 | xargs)" "data: :dirs 0" "and with a colon, beside directories"
is "$(as alice berth __complete volume ls --filter dangling= | cut -f1 | xargs)" "dangling=true dangling=false :none 9" "filters"

# --- in use
as alice berth run -q -d --name keeper -v data:/d -v /anon host sh -c 'echo x >/anon/x; exec sleep 1000' >/run/arena/id
id=$(cat /run/arena/id)
wait_for 10 test -s "$STATE/jobs/$id/v/1/x"
is "$(volume inspect data | json '(v[0]["used"], v[0]["jobs"])')" "(True, ['keeper'])" "inspect: who uses it"
is "$(volume ls -q -f dangling=true | xargs):$(volume ls -q -f dangling=false)" "labelled new:data" "ls --filter dangling="
run volume rm data
like "$rc:$err" '^1:.*in use: data.*named by keeper' "rm: not while a job has it"
run volume rm -f data
is "$rc" 1 "rm -f: nor with force while that runs"
start_job /run/arena/out -v new:/n host sh -c 'echo up; exec sleep 1000'
wait_for 10 grep -q up /run/arena/out
run volume rm -f new
like "$rc:$err" '^1:.*in use: new' "rm: nor of a job in the foreground"
run volume prune -a -f
is "$rc:$(head -n2 <<<"$out" | xargs)" "0:Deleted Volumes: labelled" "prune -a: only what no job has"
kill -KILL "$client"
wait_job
rm_new() {
	volume rm new
}
ok "rm: when it is over" wait_for 10 rm_new
run as alice berth run -q -v last:/l host sh -c 'mkdir /many && cd /many && seq 20000 | xargs touch'
is "$rc:$err" "0:" "a job that leaves many files, which are removed behind its end"
run volume rm last
is "$rc:$out:$err" "0:last:" "rm: as soon as the status of the one who had it is known"
as alice berth stop -t 1 keeper >/dev/null
run volume rm data
is "$rc" 1 "rm: not while one that is over names it"
run volume prune -af
is "$rc:$out" "0:Total reclaimed space: 0B" "prune -a: nor then"
like "$(as alice berth system df | xargs)" 'Local Volumes 1 1 .* 0B \(0%\)' "system df has them"

# --- without a name: it goes with its job
ok "one without a name is kept with the job" test -e "$STATE/jobs/$id/v/1/x"
is "$(volume ls -q | xargs)" data "and is none of the volumes"
as alice berth start keeper >/dev/null
run as alice berth exec keeper cat /anon/x
is "$rc:$out" "0:x" "it is the same when the job is started again"
as alice berth rm -f keeper >/dev/null
gone() {
	! [ -e "$STATE/jobs/$id" ]
}
ok "and goes with it" wait_for 10 gone
gives "one" "a new one has what the image has there, too" "${USR[@]}" -v /data "$image" cat /data/one
gives "" "of a job that is not kept nothing stays" -v /anon host touch /anon/x
ok "nothing" jobs_are_gone
as alice berth run -q -d --name over -v data:/d host true >/dev/null
as alice berth wait over >/dev/null
run volume rm -f data
is "$rc:$out" "0:data" "rm -f: what only a job names that is over"
not_ok "it is gone" test -e "$VOLUMES/data"
as alice berth start over >/dev/null
ok "and there is a new one when that is started again" test -d "$VOLUMES/data/data"
as alice berth rm -f over >/dev/null

run volume rm -f $'a\033b'
is "$rc:$out" '0:a\x1bb' "rm -f: a word that is an attack on the terminal"

# --- prune
run as bob berth volume prune -af --format=json
is "$(json '(v["removed"], v["size"], v["unknown"])' <<<"$out")" "([], 0, False)" "prune --format=json without an engine"
run volume prune
like "$rc:$err" '^1:.*nothing was removed.*nobody said yes.*-f  does not ask' "prune asks, and nobody is there"
run volume prune -f
is "$rc:$out" "0:Total reclaimed space: 0B" "prune: what has a name stays"
like "$err" 'berth volume prune -a' "prune: and that is said"
run job -v data:/d host sh -c 'head -c 1000000 /dev/urandom >/d/file'
run job --mount src=l,dst=/d,volume-label=x=y host true
run volume prune -a -f --filter label=x=y
is "$rc:$(xargs <<<"$out")" "0:Deleted Volumes: l Total reclaimed space: 0B" "prune --filter label="
run volume prune -a -f --format=json
is "$(json '(v["removed"], v["size"] > 900000)' <<<"$out")" "(['data'], True)" "prune --format=json"
is "$(ls -A "$VOLUMES")" "" "nothing is left"
as alice berth daemon reset --force >/dev/null
not_ok "reset removes them, too" test -e "$VOLUMES"

# --- restarts, and what is killed
as alice berth run -q -d --name again --restart on-failure:2 -v count:/d host sh -c 'echo x >>/d/runs; exit 1' >/dev/null
run as alice timeout 200 berth wait again
ended() {
	[ "$(as alice berth inspect again | json 'v[0]["state"]')" = exited ]
}
ok "a job that is started again by its policy ends" wait_for 60 ended
is "$(wc -l <"$VOLUMES/count/data/runs")" 3 "its volume is the same each time"
as alice berth rm again >/dev/null
start_job /run/arena/out -v count:/d host sh -c 'echo up; exec sleep 1000'
wait_for 10 grep -q up /run/arena/out
kill -KILL "$(engine_pid alice)"
wait_for 10 sh -c '! pgrep -x berth-engine >/dev/null'
run volume rm -f count
like "$rc:$err" '^1:.*in use: count' "an engine is killed: its job goes on, and has its volume"
kill -KILL "$client"
wait_job
many=/home/alice/many
make_image "$many"
as alice bash -c "cd $many/data && mkdir {1..20} && for d in */; do (cd \$d && touch {1..100}); done"
for ((i = 0; i < 3; i++)); do
	start_job /run/arena/out "${USR[@]}" -v many:/data "$many" true
	wait_for 10 sh -c "ls -A $VOLUMES | grep -q -e new- -e many"
	pkill -KILL -x berth-job
	wait_job
	[ ! -e "$VOLUMES/many" ] || is "$(find "$VOLUMES/many/data" -type f | wc -l)" 2000 "killed while it is filled: there is none, or a whole one"
	[ -e "$VOLUMES/many" ] || pass "killed while it is filled: there is none, or a whole one"
	wait_for 10 volume rm -f many >/dev/null
done
gives 2000 "the next job has all of it" "${USR[@]}" -v many:/data "$many" sh -c 'find /data -type f | wc -l'
swept() {
	volume prune -f >/dev/null && [ -z "$(find "$VOLUMES" -mindepth 1 -maxdepth 1 -name '.*')" ]
}
ok "and what was begun goes" wait_for 10 swept
as alice berth volume rm count many >/dev/null
# A job that is kept, removed while it is filled, beside one that does not end. Whoever was ready for a job
# before somebody looked on is used first.
as alice berth run -q -d --name other host sleep 1000 >/dev/null
as alice bash -c "mkdir $image/half && for i in {1..60}; do echo \$i >$image/half/\$i; done"
follow "$(engine_pid alice)" -f -e trace=copy_file_range -e inject=copy_file_range:delay_enter=500000
job host true
start_berth /run/arena/out run -q -d --name half "${USR[@]}" -v half:/half "$image" true
begun() {
	[ -n "$(find "$VOLUMES" -mindepth 1 -maxdepth 1 -name '.*')" ]
}
ok "a job is about to fill its volume" wait_for 20 begun
run as alice berth rm -f half
is "$rc:$out" "0:half" "it is removed"
wait_job
one_job() {
	[ "$(pgrep -cx berth-job)" -eq 1 ]
}
wait_for 20 one_job
unfollow
not_begun() {
	! begun
}
ok "and what was begun goes, while another one runs" wait_for 20 not_begun
is "$(as alice berth inspect other | json 'v[0]["state"]')" running "which does so still"
as alice berth rm -f other >/dev/null

# --- at once
for ((i = 0; i < 8; i++)); do
	job "${USR[@]}" -v race:/data "$image" sh -c "[ \"\$(cat /data/one /data/sub/deep/file | xargs)\" = 'one sub' ] && touch /data/was$i" >/run/arena/race$i 2>&1 &
done
wait
is "$(cd "$VOLUMES/race/data" && echo was*)" "was0 was1 was2 was3 was4 was5 was6 was7" "eight make it at once: all see it whole, and it is one"
is "$(ls -A "$VOLUMES")" race "and nothing else is left"
done_testing
