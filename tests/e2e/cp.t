#!/usr/bin/env bash
# berth cp: files out of jobs and into them, of jobs that run and of jobs that are over. Where things go
# and what becomes of each kind of file is in archive.t; here is that it is the job's root that they come
# from and go to, whose they are then, and what is said.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
jobs_world security.confined
H=/home/alice

cp_job() {
	run as alice timeout -k 5 "$JOB_SECONDS" berth cp "$@"
}

in_job() {
	as alice timeout -k 5 "$JOB_SECONDS" berth exec "$@"
}

shape() {
	(cd "$1" && find . -mindepth 1 -printf '%P%y\n' | LC_ALL=C sort | tr '\n' ' ')
}

make_image $H/image
mkdir -p $H/image/data/old
echo image >$H/image/data/file
echo old >$H/image/data/old/f
chown -hR alice:alice $H/image
mkdir $H/vol
chown alice:alice $H/vol
as alice mkfifo hold
as alice sh -c 'mkdir -p src/sub; echo one >src/a; echo two >src/sub/b; ln -s a src/l; ln -s /etc/passwd src/abs; chmod 640 src/a; touch -d @1000000000 src/a'

image=("${USR[@]}" -v "$H/vol:/vol" --name lives "$H/image")
as alice berth run -d "${image[@]}" sh -c 'mkdir -p /tmp/out/sub && echo made >/tmp/out/f && ln -s /etc/passwd /tmp/out/l && chmod 4711 /tmp/out/f && mkfifo /tmp/out/p && chmod 777 /tmp/out/sub /tmp/out/p &&
	echo root >/root/r && { chown 7:8 /root/r 2>/dev/null || :; } && : >/tmp/ready && exec sleep 1000' >/dev/null
ok "a job runs" wait_for 10 as alice berth exec lives test -e /tmp/ready

# --- out of it -------------------------------------------------------------------------------------------
cp_job lives:/tmp/out .
is "$rc:$err" "0:berth: copied lives:/tmp/out to ." "a directory out of a job that runs"
is "$(shape $H/out)" 'ff ll pp subd ' "is here"
is "$(stat -c '%U:%G %a' $H/out/f) $(readlink $H/out/l)" 'alice:alice 711 /etc/passwd' "the caller's, without its set-user-id bit; a link is a link"
is "$(stat -c %a $H/out/sub $H/out/p | tr '\n' ' ')" '755 755 ' "and without the bits of the caller's umask"
run as alice sh -c 'umask 077; exec berth cp -q lives:/tmp/out private'
is "$rc $(stat -c %a $H/private $H/private/f $H/private/sub $H/private/p | tr '\n' ' ')" '0 700 700 700 700 ' "whichever that is"
cp_job -q lives:tmp/out/f copied
is "$rc:$err:$(cat $H/copied)" "0::made" "a relative path begins at the root; -q says nothing"
cp_job lives:/tmp/out/. $H/new
is "$rc $(shape $H/new)" '0 ff ll pp subd ' "the contents of a directory, into a new one"
cp_job lives:/root/r r
is "$rc $(stat -c %U $H/r)" '0 alice' "a file of another user of the job"
cp_job lives:/tmp/out/l .
is "$rc $(readlink $H/l)" '0 /etc/passwd' "a link without -L"
cp_job -L lives:/tmp/out/l .
is "$rc $(cat $H/l)" "0 root:x:0:0::/root:/bin/sh" "with -L the file of the job that it leads to, in the place of a link here"
rm $H/l
cp_job lives:/usr/bin/env .
is "$rc $(cmp $H/env /usr/bin/env && stat -c %a $H/env)" '0 755' "what is bound into the job"
run as alice sh -c 'berth cp lives:/tmp/out - | tar -tv | sort -k6'
like "$out" $'0/0 .* out/\n.*0/0 .* out/f\n.* out/l -> /etc/passwd\n.* out/sub/$' "- is a tar on standard output, with the job's numbers"
run as alice sh -c 'berth cp lives:/root/r - | tar -tv --numeric-owner'
like "$out" '^-rw-r--r-- 7/8 ' "also of another user"
run as alice sh -c 'berth cp lives:/usr - | head -c 1000 >/dev/null; echo ended'
is "$out" ended "who reads no further ends it"

# --- into it -----------------------------------------------------------------------------------------------
cp_job src lives:/data
is "$rc:$err" "0:berth: copied src to lives:/data" "a directory into a job"
is "$(in_job lives sh -c 'cd /data/src && stat -c "%n %u:%g %a" a sub/b l abs; stat -c %Y a; cat a sub/b')" \
    $'a 0:0 640\nsub/b 0:0 644\nl 0:0 777\nabs 0:0 777\n1000000000\none\ntwo' "it is the root's of the job there"
cp_job src/. lives:/data/old/
is "$rc $(in_job lives sh -c 'cd /data/old && echo *')" '0 a abs f l sub' "its contents, into a directory that is there"
cp_job src/a lives:/data/file
is "$rc $(in_job lives cat /data/file) $(cat $H/image/data/file)" '0 one image' "a file in the place of another; the image stays as it is"
cp_job src/a lives:/vol/a
is "$rc $(cat $H/vol/a) $(stat -c %U $H/vol/a)" '0 one alice' "into a directory of the host's that the job has"
cp_job src/a lives:/tmp/new/
is "$rc $err" $'1 berth: cannot copy to new\n  there is no such directory' "into a directory that is not there"
cp_job src/a lives:/no/such
is "$rc $err" $'1 berth: cannot copy to /no/such\n  No such file or directory' "or in one"
cp_job src lives:/data/file
is "$rc $err" $'1 berth: cannot copy to file\n  a directory cannot take the place of a file' "a directory onto a file"
cp_job src/a lives:/usr/bin/a
is "$rc $err" $'1 berth: a: Read-only file system\nberth: not everything was copied\n  what was left out, or changed, is named above' "where the job may not write either"
chmod 4755 $H/src/sub/b
cp_job -a src/sub lives:/data
is "$rc $(in_job lives stat -c '%u:%g %a' /data/sub/b)" '0 1000:1000 4755' "-a: with its owner's number, and set-id bits"
# Numbers that nobody mapped are the root's, and then without them.
tar -c --owner=100000 --group=5 -C $H src >$H/odd.tar
run as alice sh -c 'berth cp -a - lives:/tmp/out <odd.tar'
is "$rc $(in_job lives stat -c '%u:%g %a' /tmp/out/src/sub/b)" '0 0:5 755' "-a: an owner that is not mapped"
run as alice sh -c 'tar -cz src | berth cp - lives:/tmp/out'
is "$rc $(in_job lives stat -c '%u:%g' /tmp/out/src/sub/b)" '0 0:0' "- is a tar on standard input, maybe compressed: the root's without -a"
run as alice sh -c 'tar -c src | berth cp - lives:/tmp/none'
is "$rc $err" $'1 berth: cannot copy to none\n  it must be a directory' "which needs a directory"
run as alice sh -c 'echo no tar | berth cp - lives:/tmp/out'
is "$rc $err" $'1 berth: the archive cannot be read\n  it is no tar' "and a tar"
cp_job /usr/bin/env lives:/usr/../tmp/env
is "$rc $(in_job lives stat -c %a /tmp/env)" '0 755' "a file that is not the caller's"

# --- through it, from job to job -------------------------------------------------------------------------------
run as alice sh -c 'berth cp lives:/root/r - | berth cp -a - lives:/tmp/out'
is "$rc $(in_job lives stat -c '%u:%g' /tmp/out/r)" '0 7:8' "from job to job through a pipe, with -a as it was"

# --- a job that is over -----------------------------------------------------------------------------------------
as alice berth run --rm=false --name over "${USR[@]}" $H/image sh -c 'echo kept >/data/kept; chown 5 /data/kept 2>/dev/null; rm -f /data/file; mkdir -p /data/d' >/dev/null
cp_job over:/data .
is "$rc $(shape $H/data)" '0 dd keptf old/ff oldd ' "out of a job that is over: what it made and did not remove"
is "$(stat -c %U $H/data/kept)" alice "and that is the caller's"
cp_job src over:/data/d
is "$rc" 0 "into it"
cp_job over:/data/d/src/sub/b again
is "$rc $(cat $H/again)" '0 two' "and out of it again"
# mounted PID: how many of the jobs' roots are mounted where it lives
mounted() {
	grep -c "^overlay $STATE/jobs/" "/proc/$1/mounts"
}
none_is_mounted() {
	[ "$(mounted "$(engine_pid alice)")" = 0 ]
}
ok "nothing is mounted for it afterwards" wait_for 10 none_is_mounted
as alice berth start over >/dev/null
is "$(as alice berth wait over; cp_job over:/data/d/src/sub/b once; cat $H/once)" $'0\ntwo' "what was copied into it is there when it runs again"
as alice berth run --rm=false --name host-over host -- sh -c 'echo kept >/root/kept' >/dev/null
cp_job host-over:/root/kept k
is "$rc $(cat $H/k)" '0 kept' "the same with the host as its image"
cp_job host-over:/usr/bin/env env2
is "$rc $(cmp $H/env2 /usr/bin/env)" '0 ' "whose own files are there"

# At the moment of its end what looked after it has its lock still.
said=
for i in {1..10}; do
	as alice berth run -d --name ends$i host -- sh -c 'echo $0 >/root/f' $i >/dev/null
	run as alice sh -c "berth wait ends$i >/dev/null; berth cp -q ends$i:/root/f - | tar -xO"
	[ "$rc:$out$err" = "0:$i" ] || said="$said $i:$rc:$out:$err"
done
is "$said" "" "and of one that has just ended"
(as alice berth cp -q - over:/data/d <$H/hold; echo $? >/tmp/held) &
exec 9>$H/hold
is_copied() {
	local copier
	copier=$(pgrep -x berth-archive) && [ "$(mounted "$copier")" = 1 ]
}
ok "while something is copied it is mounted, for who copies" wait_for 10 is_copied
ok "and for nobody else" none_is_mounted
for verb in rm start "rm -f"; do
	# shellcheck disable=SC2086
	run as alice timeout "$JOB_SECONDS" berth $verb over
	is "$rc:$err" $'69:berth: job over is in use\n  something is being copied from it or to it\n  try again when that is done' "berth $verb of a job that is over says what keeps it"
done
cp_job -q over:/data/kept second
is "$rc:$(tail -n 3 <<<"$err")" $'69:berth: job over is in use\n  something is being copied from it or to it\n  try again when that is done' "so does another copy, if it has to wait for long"
run as alice timeout "$JOB_SECONDS" berth stop over
is "$rc:$err" "0:" "to stop it there is nothing to wait for"
# More copies than other things may be done at once.
for i in {1..33}; do
	as alice berth cp -q - lives:/tmp <$H/hold 9>&- &
done
are_copied() {
	[ "$(pgrep -cx berth-archive)" -eq 34 ]
}
ok "many copies" wait_for 20 are_copied
run as alice timeout "$JOB_SECONDS" berth system df
is "$rc:$err" "0:" "they keep nobody from anything else"
exec 9>&-
wait
is "$(cat /tmp/held)" 0 "nor is the copy harmed"
cp_job over:/data/kept late
is "$rc" 0 "and the job is there"

# --- what is said ------------------------------------------------------------------------------------------------
cp_job nobody:/x .
is "$rc ${err%%$'\n'*}" '1 berth: no such job: nobody' "no such job"
cp_job lives:/nothing .
is "$rc $err" $'1 berth: cannot copy /nothing\n  No such file or directory' "no such file"
cp_job src/none lives:/tmp
is "$rc $err" $'1 berth: cannot copy src/none\n  No such file or directory' "nor here"
cp_job lives:/proc/1/environ .
is "$rc ${err#*$'\n'}" $'1   it is the kernel\'s: read it in the job' "a file of the kernel's"
cp_job src also
is "$rc ${err%%$'\n'*}" '64 berth: cp: neither path is in a job' "neither in a job"
cp_job lives:/x over:/y
is "$rc ${err%%$'\n'*}" '64 berth: cp: both paths are in jobs' "both in jobs"
cp_job lives:/x
is "$rc" 64 "one path"
cp_job '' lives:/x
is "$rc ${err%%$'\n'*}" '64 berth: cp: a path is empty' "an empty one"
as alice touch 'a:b'
cp_job ./a:b lives:/tmp/colon
is "$rc $(in_job lives ls /tmp/colon)" '0 /tmp/colon' "a path here that has a colon"
in_job lives sh -c 'cd /tmp && mkdir odd && mknod odd/f p && printf x >"odd/$(printf "\033[2J")" && python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"odd/s\")"'
cp_job lives:/tmp/odd .
is "$rc $err" $'1 berth: odd/s: it is a socket\nberth: not everything was copied\n  what was left out, or changed, is named above' "what is left out is named, and makes it fail"
is "$(shape $H/odd | od -An -c | tr -d ' \n')" '033[2Jffp' "the rest is there"
in_job lives sh -c 'cd /tmp && mkdir esc && python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"esc/\\33[2J\\\\x\")"'
cp_job lives:/tmp/esc .
is "${err%%$'\n'*}" 'berth: esc/\x1b[2J\x5cx: it is a socket' "a name that would do something to a terminal"
cp_job --format=json lives:/tmp/esc .
is "$(jq -rs 'map(.warning // .what) | join(" | ")' <<<"$out$err")" 'esc/\x1b[2J\x5cx: it is a socket | not everything was copied' "as JSON"
run as alice python3 -c 'import pty, sys; sys.exit(pty.spawn(["berth", "cp", "lives:/tmp/out", "-"]) >> 8)'
like "$rc $out" '^64 berth: cp: an archive is not written to a terminal' "no archive goes to a terminal"
is "$(as alice berth __complete cp li | cut -f1 | tr '\n' ' ')" 'lives: :files 0 ' "for the shell: jobs, with a colon, and files"
is "$(as alice berth __complete cp lives:/x li | cut -f1 | tr '\n' ' ')" 'lives: :files 0 ' "at both places"
cp_job --help
like "$out" 'JOB:PATH' "help"

# --- the whole root ------------------------------------------------------------------------------------------------
mkdir -p $H/bare/data
cp "$TESTBIN/pause" $H/bare/pause
echo f >$H/bare/data/f
chown -R alice:alice $H/bare
as alice berth run -d --name bare $H/bare /pause >/dev/null
cp_job bare:/ whole
is "$rc $(shape $H/whole)" '0 data/ff datad devd pausef procd rund sysd tmpd ' \
    "the whole root: /proc, /sys and /dev are empty"

# --- who goes away -------------------------------------------------------------------------------------------------
no_copier() {
	! pgrep -x 'berth-archive|berth-copy'
}
wait_for 10 no_copier
as alice timeout 200 sh -c 'exec berth cp - lives:/tmp/out <hold' 2>/dev/null &
client=$!
exec 9>$H/hold
ok "a copy that waits for its tar" wait_for 10 pgrep -x berth-archive
pid=$(pgrep -x berth-archive)
# It gives them up, and opens what it needs, before it reads.
rights() {
	grep -E '^(Cap|NoNewPrivs|Seccomp:)' "/proc/$pid/status" | tr -s '\t\n' ' '
}
descriptors() {
	find "/proc/$pid/fd" -printf '%l\n' | sed 's/\[[0-9]*\]//' | sort -u | tr '\n' ' '
}
confined='CapInh: 0000000000000000 CapPrm: 000000008000001b CapEff: 000000008000001b CapBnd: 000000008000001b CapAmb: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 '
opened=' / /dev/null /home/alice/hold /tmp /tmp/out pipe: '
reads() {
	[ "$(rights):$(descriptors)" = "$confined:$opened" ]
}
wait_for 10 reads
is "$(rights)" "$confined" "has five capabilities, in no set more, and a filter"
is "$(descriptors)" "$opened" "no descriptor but the tar, its messages, and directories of the job"
isnt "$(stat -L -c %d:%i "/proc/$pid/fd/3")" "$(stat -c %d:%i /)" "whose root is its own"
pkill -KILL -x -u alice berth
wait "$client" 2>/dev/null
ok "ends when its client does" wait_for 10 no_copier
exec 9>&-
as alice timeout 200 sh -c 'exec berth cp - lives:/tmp/out <hold' 2>/tmp/said &
client=$!
exec 9>$H/hold
ok "another one" wait_for 10 pgrep -x berth-archive
pkill -KILL -x berth-copy
rc=0
wait "$client" || rc=$?
is "$rc $(head -n1 /tmp/said)" '69 berth: the engine ended before the copy did' "whose child of the engine is killed: it says so"
ok "and nothing of it stays" wait_for 10 no_copier
exec 9>&-
as alice berth exec lives sh -c 'echo still' >/tmp/still
is "$(cat /tmp/still)" still "and the job goes on"
done_testing
