#!/usr/bin/env bash
# Volumes of jobs with a map of their own: what is in the state directory is the user's, what is in the volume
# has the owners that the job sees, by its map; and a job without one works with it, and removes it.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
jobs_world security.confined
root "$ADMIN" grant alice --engine=any >/dev/null
VOLUMES=$STATE/volumes
make_image /home/alice/image
echo one >/home/alice/image/data/one
chown -hR alice:alice /home/alice/image

run job --userns=keep-id "${USR[@]}" -v new:/data /home/alice/image sh -c 'id -u; stat -c "%u:%g %n" /data /data/one; echo x >/data/mine'
is "$rc:$(xargs <<<"$out")" "0:1000 1000:1000 /data 1000:1000 /data/one" "a new one: the user's files in the image are the job's user's"
is "$(stat -c '%u:%g %a' "$VOLUMES" "$VOLUMES/new" "$VOLUMES/new/volume.json" | xargs)" "1000:1000 700 1000:1000 700 1000:1000 600" \
    "what the engine has there is the user's"
is "$(stat -c '%u:%g' "$VOLUMES/new/data" "$VOLUMES/new/data/mine" | xargs)" "1000:1000 1000:1000" "what the job's user wrote as well"
run job -v new:/data host sh -c 'stat -c "%u:%g %n" /data/one /data/mine; rm /data/mine'
is "$rc:$(xargs <<<"$out")" "0:0:0 /data/one 0:0 /data/mine" "without a map they are the root's"
run job --userns=keep-id -u 0:0 -v empty:/data host sh -c 'echo x >/data/file; stat -c "%u:%g" /data /data/file'
is "$rc:$(xargs <<<"$out"):$(stat -c %u:%g "$VOLUMES/empty/data/file")" "0:0:0 0:0:100000:100000" "its root's are the range's"
is "$(stat -c '%u' "$VOLUMES/empty" "$VOLUMES/empty/volume.json" | xargs)" "1000 1000" "and not what the engine has"
run job --userns=keep-id -u 0:0 -v /anon host sh -c 'echo x >/anon/file; stat -c "%u:%g" /anon /anon/file'
is "$rc:$(xargs <<<"$out")" "0:0:0 0:0" "one without a name is the job's root's"
run as alice berth volume prune -af
is "$rc:$(ls -A "$VOLUMES")" "0:" "the user's engine removes them all"
run job --once -v call:/d host sh -c 'echo x >/d/file'
is "$rc:$(cat "$VOLUMES/call/data/file")" "0:x" "of an engine for one call"
ok "nothing else is left" jobs_are_gone
done_testing
