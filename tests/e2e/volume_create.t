#!/usr/bin/env bash
# berth volume create: a volume before its first job, which fills it as it would a new one.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs jq
jobs_world security.confined
VOLUMES=$STATE/volumes

volume() {
	as alice berth volume "$@"
}
image=/home/alice/image
make_image "$image"
mkdir -p "$image/data/sub"
echo one >"$image/data/one"
echo deep >"$image/data/sub/file"
chown -hR alice:alice "$image"

# --- made
not_ok "there is nothing of the engine yet" test -e "$VOLUMES"
run volume create data
is "$rc:$out:$err" "0:data:" "create NAME prints it"
is "$(volume ls -q)" data "it is there"
is "$(volume inspect data | jq -c '.[0] | [.name, .labels, .used, .jobs, .path, .size]')" \
    "[\"data\",{},false,[],\"$VOLUMES/data/data\",0]" "with what is known of it"
is "$(stat -c '%U %a' "$VOLUMES/data/data" "$VOLUMES" | xargs)" "alice 755 alice 700" "where others do not come"
run volume create --label a=b --label c labelled
is "$rc:$out" "0:labelled" "--label"
is "$(volume ls -q --filter label=a=b --filter label=c)" labelled "it has them"
run volume create
is "$rc" 0 "without a name"
like "$out" '^[0-9a-f]{64}$' "it has one of its own"
is "$(volume ls -q | grep -cx "$out")" 1 "which is that of a volume"
volume rm "$out" >/dev/null
run volume create --format=json made
is "$rc:$(jq -c . <<<"$out")" '0:{"name":"made","created":true}' "--format=json"
run volume create -d local --driver=local local
is "$rc:$out" "0:local" "--driver=local is what there is"

# --- there already
job -v data:/d host sh -c 'echo kept >/d/file'
run volume create data
is "$rc:$out:$err" "0:data:berth: volume data was there already" "again: that is no error, and it is said"
gives kept "and it is as it was" -v data:/d host cat /d/file
run volume create --label x=y labelled
like "$rc:$out:$err" '^0:labelled:.*was there already: it keeps the labels that it has' "with other labels, too"
is "$(volume inspect labelled | jq -c '.[0].labels')" '{"a":"b","c":""}' "which it does not get"
run volume create --format=json made
is "$(jq -c . <<<"$out")" '{"name":"made","created":false}' "--format=json tells"

# --- not made
for name in -- .x _x 'a b' a/b /a $'a\nb' "$(printf 'x%.0s' {1..129})"; do
	[ "$name" != -- ] || name=-x
	run volume create -- "$name"
	like "$rc:$err" '^64:.*cannot be the name of a volume' "no name of a volume: ${name:0:9}"
done
run volume create a b
is "$rc:$out" "64:" "two names"
run volume create --label =x y
like "$rc:$err" '^64:.*a label has no name' "a label without a name"
run volume create --driver nfs y
like "$rc:$err" '^64:.*--driver=nfs is not available' "another driver"
run volume create -o type=tmpfs --opt device=tmpfs y
like "$rc:$err" $'^64:.*--opt=type=tmpfs is not available.*\n.*--tmpfs DST' "options of a driver, and what to do"
is "$(volume ls -q | xargs)" "data labelled local made" "and nothing was made"
run as bob berth volume create theirs
is "$rc:$out" "0:theirs" "without a grant it is one of a rootless engine"

# --- the first job
volume create first second third fourth >/dev/null 2>&1
for name in first second third fourth; do
	volume create $name >/dev/null
done
gives "one deep" "the first job finds what the image has there" "${USR[@]}" -v first:/data "$image" \
    sh -c 'cat /data/one /data/sub/file | xargs; rm /data/one'
gives "sub" "the next one what that left" "${USR[@]}" -v first:/data "$image" ls /data
gives "" "nocopy: an empty one" "${USR[@]}" -v second:/data:nocopy "$image" ls /data
gives "" "which it is from then on" "${USR[@]}" -v second:/data "$image" ls /data
as alice sh -c "echo mine >$VOLUMES/third/data/mine"
gives "mine" "what its user put there stays as it is" "${USR[@]}" -v third:/data "$image" ls /data
is "$(cd "$VOLUMES" && find first second third -maxdepth 1 -mindepth 1 | sort | xargs)" \
    "first/data first/volume.json second/data second/volume.json third/data third/volume.json" \
    "and nothing else is left"
for ((i = 0; i < 6; i++)); do
	job "${USR[@]}" -v fourth:/data "$image" sh -c "[ \"\$(cat /data/one /data/sub/file | xargs)\" = 'one deep' ] && touch /data/was$i" >/run/arena/race$i 2>&1 &
done
wait
is "$(cd "$VOLUMES/fourth/data" && echo was*)" "was0 was1 was2 was3 was4 was5" "six at once: all see it whole, and it is one"
# Whoever fills it has it locked, for as long as that takes.
volume create slow >/dev/null
exec {filling}<"$VOLUMES/slow"
flock -x "$filling"
start_job /run/arena/asked "${USR[@]}" -v slow:/data "$image" true
sleep 1
kill -KILL "$client"
wait_job
ok "while it is filled for another job one is over when who asked for it has gone" jobs_are_gone
start_job /run/arena/second "${USR[@]}" -v slow:/data "$image" cat /data/one
sleep 4
ok "and one waits, however long that takes" kill -0 "$client"
flock -u "$filling"
wait_job
is "$rc:$(cat /run/arena/second)" "0:one" "and runs with it"
flock -x "$filling"
run job -v slow:/data host true
like "$rc:$err" '^125:.*volume slow cannot be used.*somebody has a lock on it' "nobody is waited for who locks it later"
exec {filling}<&-
cat >/home/alice/volume.job <<'END'
[job]
image = ./image
command = ls /kept
[mount kept]
type = volume
path = /kept
volume = made
END
run job "${USR[@]}" -f volume.job
like "$rc:$err" '^125:.*volume made cannot be used for /kept' "a job file that did not make it does not get it"
gives "" "unless its user gives it" "${USR[@]}" -f volume.job --param kept=made

# --- what somebody began and left
as alice mkdir -p "$VOLUMES/.new-0123/data"
swept() {
	job host true
	[ ! -e "$VOLUMES/.new-0123" ]
}
ok "it goes when jobs come and go" wait_for 20 swept

# --- what cannot be looked at
run as alice berth system df --format=json
is "$rc:$(jq '.volumes.unknown' <<<"$out")" "0:false" "system df: all of it is known"
mv "$VOLUMES" "$VOLUMES.away" && ln -s "$VOLUMES.away" "$VOLUMES"
run as alice berth system df
like "$rc:$err" '^0:.*not all volumes.* can be looked at' "system df says it when it is not"
rm "$VOLUMES" && mv "$VOLUMES.away" "$VOLUMES"

# --- and away again
run volume prune -af
like "$(xargs <<<"$out")" '^Deleted Volumes: .*labelled' "prune -a"
is "$(ls -A "$VOLUMES")" "" "nothing is left"
run volume create data
is "$rc:$out" "0:data" "and once more"
done_testing
