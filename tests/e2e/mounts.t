#!/usr/bin/env bash
# -v and --here: what is mounted, how, and what may be: grants by path, whole components.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
# As systemd has it: what is mounted on the host later shows in the engine, never the other way.
mount --make-rshared /
jobs_world security.confined
canary_plant
points() {
	awk '{ print $5, $9 }' /proc/self/mountinfo
}
host_points=$(points)

mkdir -p /home/alice/data/sub /srv/scratch/a /srv/scratch2/a
echo content >/home/alice/data/file
ln -s data /home/alice/link
ln -s link /home/alice/link2
ln -s /home/alice/data/file /home/alice/filelink
ln -s nowhere /home/alice/dangling
ln -s loop /home/alice/loop
chown -hR alice:alice /home/alice /srv/scratch /srv/scratch2

# --- how
gives content "-v" -v /home/alice/data:/d host cat /d/file
run job -v /home/alice/data:/d host sh -c 'echo new >/d/new; mkdir /d/dir; chown 5:5 /d/dir'
is "$rc:$(stat -c '%u:%g' /home/alice/data/new /home/alice/data/dir | tr '\n' ' ')" "0:1000:1000 100004:100004 " \
    "-v is read-write; on the host the files are the user's, or of granted ids"
gives content "-v :rw" -v /home/alice/data:/d:rw host sh -c 'touch /d/rw && cat /d/file'
run job -v /home/alice/data:/d:ro host sh -c 'echo x >>/d/file || echo x >/d/x; cat /d/file'
is "$out:$(cat /home/alice/data/file)" "content:content" "-v :ro"
like "$err" 'Read-only' "-v :ro: says why"
gives "ro,nosuid,nodev,relatime" "-v :ro: nosuid and nodev as well" -v /home/alice/data:/d:ro host awk '$5 == "/d" { print $6 }' /proc/self/mountinfo
gives content "-v: a relative source" -v ./data:/d host cat /d/file
gives content "-v: a relative source with .." -v data/../data:/d host cat /d/file
run sh -c 'cd /home/alice/data && exec setpriv --reuid 1000 --regid 1000 --clear-groups env -i /usr/local/bin/berth run -v .:/d host cat /d/file'
is "$rc:$out" "0:content" "-v .:/d"
gives content "-v: a linked source" -v /home/alice/link:/d host cat /d/file
gives content "-v: a link to a link" -v /home/alice/link2/sub/..:/d host cat /d/file
gives content "-v: a file" -v /home/alice/data/file:/f host cat /f
gives content "-v: a linked file, over one that is there" -v /home/alice/filelink:/etc/passwd:ro host cat /etc/passwd
gives "content content" "-v: parents before children, in any order" -v /home/alice/data:/d/sub -v /home/alice/data:/d host \
    sh -c 'echo $(cat /d/file /d/sub/file)'
gives content "-v: a target in directories that are not there" -v /home/alice/data:/a/b/c host cat /a/b/c/file
gives content "-v: a target with superfluous slashes" -v /home/alice/data://d//x/./ host cat /d/x/file
mount -t tmpfs inner /home/alice/data/sub
echo inner >/home/alice/data/sub/x
gives inner "-v: with what is mounted below" -v /home/alice/data:/d host cat /d/sub/x
run job -v /home/alice/data:/d:ro host sh -c 'echo x >/d/sub/x'
like "$err" 'Read-only' "-v :ro: read-only all the way down"
umount /home/alice/data/sub
gives "5" "-v: several" -v /home/alice/data:/1 -v /home/alice/data:/2 -v /home/alice/data:/3 -v /home/alice/data:/4 -v /home/alice/data:/5 host \
    sh -c 'cat /1/file /2/file /3/file /4/file /5/file | wc -l'
gives content "-v: a target with a comma, a quote, a backslash, a blank" -v '/home/alice/data:/d, "x\y' host \
    cat '/d, "x\y/file'
mkdir "/home/alice/a,b=\"c\\d e" && echo odd >"/home/alice/a,b=\"c\\d e/file"
gives odd "-v: a source with a comma, a quote, a backslash, a blank" -v "/home/alice/a,b=\"c\\d e:/d" host cat /d/file
make_image "/home/alice/i,m=a\\g:e"
echo here >"/home/alice/i,m=a\\g:e/etc/mark"
gives here "an image with such a name, and a colon" "${USR[@]}" "/home/alice/i,m=a\\g:e" cat /etc/mark
printf 'x' >"/home/alice/$(printf 'latin\xff')"
fails 'not UTF-8' "-v: a source that is not UTF-8" -v "/home/alice/$(printf 'latin\xff'):/x" host true

# --- how not
fails 'cannot mount /nosuch' "-v: a source that is not there" -v /nosuch:/d host true
like "$err" 'mkdir -p /nosuch' "-v: and what to do"
fails 'cannot mount' "-v: a dangling link" -v /home/alice/dangling:/d host true
fails 'cannot mount' "-v: a link to itself" -v /home/alice/loop:/d host true
fails 'cannot mount' "-v: what the user cannot reach" -v /home/bob/canary:/d host true
fails 'cannot mount' "-v: root's home" -v /root/canary:/d host true
fails $'two mounts have one target: /d\n  /home/alice/data, and volume kept\n  give one of them another target' "two at one place" -v ./data:/d -v kept:/d host true
fails $'two mounts have one target: /d\n' "however it is written" --tmpfs /d/ -v ./data://d/. host true
fails 'a tmpfs, and secret k' "of any kind" --mount type=tmpfs,dst=/d --secret id=k,src=data/file,dst=/d/ host true
fails 'secret k, and secret l' "two secrets" --secret id=k,src=data/file --secret id=l,src=data/file,dst=/run/secrets/./k host true
fails 'two mounts have one target: /home/alice' "--here is one, too" --here --tmpfs /home/alice host true
fails 'DST is not an absolute path' "-v: a relative target" -v /home/alice/data:d host true
fails 'absolute path without' "-v: a target with .." -v /home/alice/data:/d/.. host true
fails 'nothing can be mounted on /' "-v on /" -v /home/alice/data:/ host true
fails 'option z is not available' "-v: an unknown option" -v /home/alice/data:/d:z host true
fails 'berth: ' "-v: an empty source" -v :/d host true
fails 'is not a directory' "-v: a directory on a file" -v /home/alice/data:/etc/passwd host true
fails 'is not a file' "-v: a file on a directory" -v /home/alice/data/file:/etc host true
fails "nothing can be mounted on /proc" "-v on /proc" -v /home/alice/data:/proc host true
flags=()
for n in {1..64}; do
	flags+=(-v "/home/alice/data:/m$n")
done
gives 64 "64 mounts" "${flags[@]}" host sh -c 'cat /m*/file | wc -l'
fails 'too many' "65 mounts" "${flags[@]}" --tmpfs /more host true
canary_is_untouched "$out$err" "nobody else's files were read"
run job -v /srv:/x -v /home:/y host sh -c 'cat /x/canary/root /x/canary/bob /y/bob/canary; ls /y/bob'
canary_is_untouched "$out$err" "nor through directories that hold them"

# --- --here
run sh -c 'cd /home/alice/data && exec setpriv --reuid 1000 --regid 1000 --clear-groups env -i /usr/local/bin/berth run --here host sh -c "pwd; echo x >made; ls file"'
is "$rc:$out:$(stat -c %u /home/alice/data/made)" $'0:/home/alice/data\nfile:1000' "--here: read-write, at its own path, and works in it"
run sh -c 'cd /home/alice/link && exec setpriv --reuid 1000 --regid 1000 --clear-groups env -i /usr/local/bin/berth run --here -w /tmp host pwd'
is "$rc:$out" "0:/tmp" "--here with -w"
run sh -c 'mkdir /tmp/gone && cd /tmp/gone && rmdir /tmp/gone && exec setpriv --reuid 1000 --regid 1000 --clear-groups env -i /usr/local/bin/berth run --here host pwd'
is "$rc:$out" "125:" "--here in a directory that is gone"
run sh -c 'cd / && exec setpriv --reuid 1000 --regid 1000 --clear-groups env -i /usr/local/bin/berth run --here host pwd'
is "$rc:$out" "125:" "--here in /"

# --- a directory that holds the state directory, as a home does by default
run job --read-only -v /home/alice:/h host sh -c 'for d in /h/state/jobs/*; do touch $d/root/x && echo wrote; done; echo tried'
is "$out" tried "-v of a home: --read-only cannot be got round through the state directory"
run job -v /home/alice:/h host awk '$5 ~ "^/h/state/" && $5 !~ "^/h/state/(run|jobs)$" { print $5 }' /proc/self/mountinfo
is "$rc:$out" 0: "-v of a home: the job's own root is not mounted there once more"

# --- what vanishes
gives "" "writes to the root vanish" host sh -c 'echo x >/etc/x; rm /etc/passwd; mkdir -p /opt/a/b; echo x >/home/x'
gives "root" "the next job sees none of it" host sh -c 'ls /etc/x /opt/a /home/x 2>/dev/null; cut -d: -f1 /etc/passwd | head -n1'
is "$(find "$STATE/host" \( -name x -o -path '*/opt/*' \) -print)" "" "nor does the state directory"
gives "" "what is made on the way to a target, too" -v /home/alice/data:/srv/x/y host true
gives "" "and is not there afterwards" host ls /srv
job host sh -c 'd=/root; i=0; while [ $i -lt 600 ]; do d=$d/d; mkdir $d; i=$((i+1)); done; chmod 0 /root; mkdir -m 0 /var/0'
ok "nothing remains, however deep and closed it is" jobs_are_gone
is "$(find "$STATE/jobs" -mindepth 1)" "" "the directory of jobs is empty"

is "$(points)" "$host_points" "no mount of an engine's or a job's shows on the host"

# --- grants by path
alone() {
	revoke alice "mount=*" >/dev/null 2>&1
	grant alice "$@" >/dev/null
}
alone "mount=/srv/scratch" "mount=/home/alice/data:ro"
gives "" "mount=/srv/scratch: the directory" -v /srv/scratch:/d host touch /d/x
gives "" "and what is below" -v /srv/scratch/a:/d host touch /d/x
gives "" "and read-only" -v /srv/scratch/a:/d:ro host true
for source in /srv/scratch2 /srv/scratch2/a /srv/scratch/../scratch2 /srv/scratch/a/../../scratch2/a / /home /home/alice; do
	fails "refused: mount=.* is not granted to alice" "mount=/srv/scratch does not grant $source" -v "$source:/d" host true
done
ln -s /srv/scratch2 /srv/scratch/out
ln -s /srv/scratch /home/alice/in
fails 'refused: mount=/srv/scratch2 is not granted' "a link that leads out of it counts as where it leads" -v /srv/scratch/out:/d host true
gives "" "a link that leads into it, too" -v /home/alice/in/a:/d host true
gives content "mount=...:ro, read-only" -v /home/alice/data:/d:ro host cat /d/file
fails 'refused: mount=/home/alice/data is not granted' "mount=...:ro, read-write" -v /home/alice/data:/d host true
fails 'refused: mount=/home/alice/data/file is not granted' "mount=...:ro: a file below it, read-write" -v /home/alice/data/file:/d host true
like "$err" 'sudo berth grant alice mount=/home/alice/data/file$' "and the last line can be pasted"
run sh -c 'cd /srv/scratch2 && exec setpriv --reuid 1000 --regid 1000 --clear-groups env -i /usr/local/bin/berth run --here host pwd'
is "$rc:$out" "125:" "--here asks for the directory as -v does"
# The name is judged, and then what is mounted is what was judged: a rename in between gains nothing.
mkdir /srv/scratch/swap /srv/scratch2/secret
echo secret >/srv/scratch2/secret/file
ln -s /srv/scratch2/secret /srv/scratch/swap.link
chown -hR alice:alice /srv/scratch /srv/scratch2
as alice "$TESTBIN/exchange" /srv/scratch/swap /srv/scratch/swap.link &
seen=0 directory=0 link=0
for ((i = 0; i < 60 || (i < 1200 && (directory == 0 || link == 0)); i++)); do
	run job -v /srv/scratch/swap:/d host ls -A /d
	[[ $out != *file* ]] || seen=$((seen + 1))
	if [ "$rc:$out" = 0: ]; then directory=$((directory + 1)); else link=$((link + 1)); fi
done
kill %1
wait
ok "control: the directory was met, and the link ($directory, $link)" test "$directory" -gt 0 -a "$link" -gt 0
is "$seen" 0 "a name that changes between the question and the mount leads nowhere else"

# --- grants of images
make_image /home/alice/image
make_image /srv/scratch/image
revoke alice "image=*" >/dev/null
fails 'refused: image=host is not granted' "without image=, no image" host true
grant alice image=/srv/scratch/image mount=/usr:ro >/dev/null
run job "${USR[@]}" /srv/scratch/image true
is "$rc$err" 0 "image=DIRECTORY grants that one"
fails 'refused: image=/home/alice/image is not granted' "and no other" "${USR[@]}" /home/alice/image true
fails 'refused: image=host is not granted' "nor host" host true
ln -s /home/alice/image /srv/scratch/image2
fails 'refused: image=/home/alice/image' "a link counts as where it leads" "${USR[@]}" /srv/scratch/image2 true
grant alice 'image=host' >/dev/null
gives ok "image=host" host echo ok
ok "nothing is left of all these jobs" jobs_are_gone
done_testing
