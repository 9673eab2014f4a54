#!/usr/bin/env bash
# --secret: a file of the caller's that a job has in its memory. Whose it is, where, for which processes and
# how long; what cannot be one; what a client of its own kind may send.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs python3 jq
jobs_world security.confined mount=*
# shellcheck source=tests/e2e/kept.sh
. "${BASH_SOURCE[0]%/*}/kept.sh"
token=token-$RANDOM$RANDOM$RANDOM
printf %s $token >/home/alice/key
head -c 524288 /dev/urandom >/home/alice/large
head -c 524289 /dev/urandom >/home/alice/larger
touch /home/alice/empty
mkfifo /home/alice/fifo
ln -s key /home/alice/link
mkdir /home/alice/d /home/alice/e
touch /home/alice/e/there
echo bob >/home/bob/key
chmod 600 /home/alice/key /home/bob/key
chown -hR alice:alice /home/alice
chown bob:bob /home/bob/key

# --- where, whose, how
gives "$token" "--secret" --secret id=k,src=key host cat /run/secrets/k
gives "400 0:0 ${#token} k" "it is the job's root's" --secret id=k,src=/home/alice/key host sh -c 'cd /run/secrets; stat -c "%a %u:%g %s %n" *'
gives "400 33:44 $token" "with -u it is that user's" -u 33:44 --secret id=k,src=key host sh -c 'echo $(stat -c "%a %u:%g" /run/secrets/k) $(cat /run/secrets/k)'
run job --secret id=k,src=key,uid=5,gid=6 -u 33:44 host sh -c 'stat -c "%a %u:%g" /run/secrets/k; cat /run/secrets/k'
is "$out" "400 5:6" "it can be another's"
like "$rc:$err" '^1:.*Permission denied' "who alone can read it"
gives "440 5:6 $token" "and the group's that is given" --secret id=k,src=key,uid=5,gid=6,mode=0440 -u 33:6 host sh -c 'echo $(stat -c "%a %u:%g" /run/secrets/k) $(cat /run/secrets/k)'
gives "$token" "or everybody's" --secret id=k,src=key,mode=444 -u 33:44 host cat /run/secrets/k
gives "$token" "a target" --secret id=k,src=key,target=/etc/app//x/./key host cat /etc/app/x/key
gives "$token" "a target that is there" --secret id=k,src=key,dst=/etc/passwd host cat /etc/passwd
gives "ro,nosuid,nodev,noexec,relatime tmpfs /" "how it is mounted" --secret id=k,src=key host \
    awk '$5 == "/run/secrets/k" { print $6, $9, substr($4, 1, 1) }' /proc/self/mountinfo
run job --secret id=k,src=key --secret id=l,src=link --secret id=m,src=key,target=/m host sh -c 'cd /run/secrets; cat k; echo; cat l; echo; cat /m; echo; ls; ls -A /tmp /run'
is "$(tr '\n' ' ' <<<"$out")" "$token $token $token k l /run: secrets  /tmp: " "several"
run job --secret id=k,src=key host sh -c 'cd /run/secrets; echo x >k; echo x >>k; rm -f k; mv k x; chmod 777 k; chown 1 k; ln k x; umount k; mount -o remount,rw,bind k; cat k; echo; stat -c "%a %u" k'
is "$out" "$token"$'\n'"400 0" "nobody changes it"
gives "$(sha256sum </home/alice/large)" "512 KiB" --secret id=k,src=large host sh -c 'sha256sum </run/secrets/k'
gives "0" "an empty one" --secret id=k,src=empty host stat -c %s /run/secrets/k
gives "$token" "with --read-only" --read-only --secret id=k,src=key host cat /run/secrets/k
gives "$token" "in a tmpfs of its own" --tmpfs /run:mode=755 --tmpfs /x --secret id=k,src=key,target=/x/y host cat /x/y
gives "$token" "in a directory that is mounted, at a file that is there" -v ./e:/e --secret id=k,src=key,target=/e/there host cat /e/there
make_image /home/alice/image
printf 'root:x:0:0::/root:/bin/sh\napp:x:77:78::/:/bin/sh\n' >/home/alice/image/etc/passwd
gives "77:78 $token" "a user of the image's by name" "${USR[@]}" -u app --secret id=k,src=key ./image sh -c 'echo $(stat -c %u:%g /run/secrets/k) $(cat /run/secrets/k)'
fails 'the image has no user nosuch' "a user that is not there" "${USR[@]}" -u nosuch --secret id=k,src=key ./image true
is "$(find /home/alice/image -name k -o -name secrets)" "" "nothing of it is in the image"

# --- what cannot be one
fails 'secret k: cannot open nothing' "what is not there" --secret id=k,src=nothing host true
fails 'secret k: fifo is no regular file' "a FIFO" --secret id=k,src=fifo host true
fails 'secret k: d is no regular file' "a directory" --secret id=k,src=d host true
fails 'is no regular file' "a device" --secret id=k,src=/dev/zero host true
fails 'secret k: cannot read larger.*a secret has at most 512 KiB' "one byte more" --secret id=k,src=larger host true
fails 'secret k: cannot open /home/bob/key' "what is another's" --secret id=k,src=/home/bob/key host true
fails 'secret k is given twice' "two of a name" --secret id=k,src=key --secret id=k,src=key host true
fails 'cannot be the name of a secret' "a name that is none" --secret id=../k,src=key host true
fails 'src= is missing.*it is id=NAME,src=FILE' "no file" --secret id=k host true
fails 'gid= belong together' "half an owner" --secret id=k,src=key,uid=1 host true
fails 'mode=0600 is not possible' "one that can be written" --secret id=k,src=key,mode=0600 host true
fails 'nothing can be mounted on /proc/k' "below /proc" --secret id=k,src=key,target=/proc/k host true
fails 'cannot be at /d/new in the job.*would have to be made on the host' "in a directory of the host's, where nothing is" \
    -v ./d:/d --secret id=k,src=key,target=/d/new host true
fails 'cannot be at /usr in the job.*is a directory' "at a directory" --secret id=k,src=key,target=/usr host true
fails 'cannot belong to 2000000:1.*not among the ids' "an owner that the job has not" --secret id=k,src=key,uid=2000000,gid=1 host true
is "$(ls -A /home/alice/d)" "" "nothing was made on the host"

# --- for how long
run as alice berth run -d --name j --secret id=k,src=key --restart on-failure:1 host sh -c 'cat /run/secrets/k; sleep 0.3; exit 3'
is "$rc$err" 0 "a job that is started again by its policy"
rm /home/alice/key
is "$(as alice berth wait j)" 3 "it has run"
ok "twice" wait_for 20 eval '[ "$(as alice berth logs j)" = "$token$token" ]'
wait_for 10 has_state j exited
for verb in start restart; do
	run as alice berth $verb j
	like "$rc:$err" "^1:berth: job j cannot be started again" "berth $verb: refused"
	like "$err" 'secrets, which are not kept' "berth $verb: it says why"
done
is "$(inspected j .config.mounts)" '[{"type":"secret","target":"/run/secrets/k","source":"k","readonly":true,"mode":256}]' \
    "inspect has its name and its place"
run as alice berth cp j:/run/secrets/k -
is "$rc:$out" "1:" "when it is over it cannot be copied"
as alice berth rm j >/dev/null
printf %s $token >/home/alice/key
chown alice /home/alice/key
as alice berth run -d --name j --secret id=k,src=key --restart always -u 5:5 host sleep 1000 >/dev/null
run as alice berth exec j cat /run/secrets/k
is "$rc:$out" "0:$token" "exec sees it"
run as alice berth exec -u 6:6 j cat /run/secrets/k
is "$rc:$out" "1:" "but not as another user"
run as alice berth cp j:/run/secrets/k /home/alice/copied
is "$rc:$(cat /home/alice/copied)" "0:$token" "cp takes it out of a job that runs"
run as alice berth cp /home/alice/copied j:/run/secrets/k
like "$rc:$err" '^1:.*something is mounted there' "and puts nothing in its place"
run as alice berth restart -t 0 j
like "$rc:$err" '^1:berth: job j cannot be started again, and goes on' "restart of a job that runs: refused"
is "$(as alice berth exec j cat /run/secrets/k)" "$token" "and it runs"
kill -KILL "$(supervisor "$(readlink "$STATE/names/j")")"
why() {
	on Inspect j
	[ "$(member job.reason)" = failed ] && member job.why | grep -q 'cannot be started again'
}
ok "whose supervisor was killed: it is not started again by its policy, and its record says why" wait_for 20 why
as alice berth rm j >/dev/null

# --- what a client of its own kind sends
mounts() {
	printf '{"mounts":[{"type":"secret","source":"k","target":"/run/secrets/k"%s}]}' "$1"
}
run varlink alice run "$(mounts ',"is":"sealed"')" cat /run/secrets/k
like "$out" '(^|'$'\n'')xxxxxxx' "a sealed memfd"
for kind in path directory file device pipe socket open growing shrinking writable large; do
	run varlink alice run "$(mounts ",\"is\":\"$kind\"")" true
	like "$out" '^\{"error": "io.berth.Engine.Failed", .*secret k cannot be given.*did not come as a sealed memfd' "$kind: refused, and why"
	unlike "$out" started "$kind: nothing runs"
done
for more in '' ',"fd":-1' ',"fd":9' ',"is":"sealed","mode":256,"options":"size=1"' ',"is":"sealed","mode":128' ',"is":"sealed","mode":0' \
    ',"is":"sealed","uid":1' ',"is":"sealed","labels":{"a":"b"}' ',"is":"sealed","source":"../x"' ',"is":"sealed","target":"/"' ',"is":"sealed","content":"x"'; do
	run varlink alice run "$(mounts "$more")" true
	like "$out" 'org.varlink.service.InvalidParameter|io.berth.Engine.Failed' "a secret with $more: refused"
	unlike "$out" started "a secret with $more: nothing runs"
done
ok "nothing is left of the jobs" jobs_are_gone

# --- an engine for one call; and one id alone
as alice berth daemon stop --force >/dev/null
grant alice --engine=any >/dev/null
gives "$token" "--once" --once --secret id=k,src=key host cat /run/secrets/k
gives "400 1000:1000 $token" "--userns=keep-id: it is the user's" --userns=keep-id --secret id=k,src=key host \
    sh -c 'echo $(stat -c "%a %u:%g" /run/secrets/k) $(cat /run/secrets/k)'
gives "400 5:5 $token" "--uidmap: it is that of -u" --uidmap 0:100000:10 --uidmap 50:1000:1 --gidmap 0:100000:10 --gidmap 50:1000:1 -u 5:5 \
    --secret id=k,src=key host sh -c 'echo $(stat -c "%a %u:%g" /run/secrets/k) $(cat /run/secrets/k)'
fails 'cannot belong to 11:0.*not among the ids' "--uidmap: another owner is none" --uidmap 0:100000:10 --uidmap 50:1000:1 --gidmap 0:100000:10 \
    --gidmap 50:1000:1 --secret id=k,src=key,uid=11,gid=0 host true
revoke alice >/dev/null
sed -i '/^alice:/d' /etc/subuid /etc/subgid
run job --secret id=k,src=key host sh -c 'stat -c "%a %u" /run/secrets/k; cat /run/secrets/k'
is "$rc:$(tail -n2 <<<"$out" | tr '\n' ' ')" "0:400 0 $token " "without a grant, with one id"
fails 'cannot belong to 5:5.*0 alone' "which another owner is not among" --secret id=k,src=key,uid=5,gid=5 host true
done_testing
