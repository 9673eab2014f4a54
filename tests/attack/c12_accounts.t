#!/usr/bin/env bash
# C12 (CVE-2024-9676, CVE-2016-3697, CVE-2026-47262): the user of a job is looked up in the image's own
# passwd and group, which are whatever the image's author made of them. Each look-up ends at once, in
# little memory, inside the root, with the numbers that the files say or with a refusal.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
jobs_world security.confined
JOB_SECONDS=60
image=/home/alice/image
make_image $image
# What the host has, and no image.
mkdir /srv/host
printf 'spy:x:4242:4242::/spy:/bin/sh\n' >/srv/host/passwd
printf 'spies:x:4242:spy,root\n' >/srv/host/group
cat /srv/host/passwd >>/etc/passwd
cat /srv/host/group >>/etc/group

# plant FILE KIND: the image's passwd or group becomes that; text on standard input for "text"
plant() {
	local file=$image/etc/$1 name=$1
	rm -rf "$file"
	case $2 in
	text) cat >"$file" ;;
	missing) ;;
	fifo) mkfifo -m 666 "$file" ;;
	zero) ln -s /dev/zero "$file" ;;
	tty) ln -s /dev/tty "$file" ;;
	ptmx) ln -s /dev/ptmx "$file" ;;
	stdin) ln -s /proc/self/fd/0 "$file" ;;
	root) ln -s "/proc/1/root/srv/host/$name" "$file" ;;
	host) ln -s "/srv/host/$name" "$file" ;;
	up) ln -s "../../../../../../../../srv/host/$name" "$file" ;;
	own) ln -s "/etc/$name" "$file" ;;
	loop) ln -s "$name" "$file" ;;
	directory) mkdir "$file" ;;
	socket) /usr/bin/python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$file" ;;
	device) mknod -m 666 "$file" c 1 5 ;;
	huge) truncate -s 1G "$file" ;;
	esac
}

# who USER: "uid gid groups" of the job's command, or what berth says
who() {
	run job "${USR[@]}" -u "$1" $image \
	    sh -c 'echo $(id -u) $(id -g) $(sed -n "s/^Groups:[\t ]*//p" /proc/self/status)' </dev/null
	[ "$rc" -eq 0 ] || out="$rc $(head -n 2 <<<"$err" | tr '\n' ' ')"
}

good() {
	printf 'root:x:0:0::/root:/bin/sh\napp:x:7:70::/:/bin/sh\n' | plant passwd text
	printf 'root:x:0:\nextra:x:500:other,app\nweb:x:600:root\n' | plant group text
}
good
for row in 'root|0 0 0 600' '0|0 0 0 600' 'app|7 70 70 500' '7|7 70 70 500' 'app:web|7 600 600' \
    'app:5|7 5 5' ':web|0 600 600' '7:5|7 5 5' '9|9 0 0'; do
	who "${row%%|*}"
	is "$out" "${row#*|}" "C12 control: good files: -u ${row%%|*}"
done

# Each kind of thing in the place of each file.
for kind in fifo zero tty ptmx stdin root loop directory socket device huge; do
	for file in passwd group; do
		good
		plant $file $kind
		for user in app 7; do
			who $user
			like "$out" "^125 berth: the image's /etc/$file cannot be read" "C12 $file is $kind: -u $user is refused"
		done
		who 7:5
		is "$out" "7 5 5" "C12 $file is $kind: two numbers need no file"
		run job "${USR[@]}" $image id -u
		is "$rc:$out" 0:0 "C12 $file is $kind: nor does who asks for nobody"
	done
done
for kind in missing host up own; do
	good
	plant passwd $kind
	who app
	[ $kind = own ] || like "$out" '^125 berth: the image has no user app' "C12 passwd is $kind: no user"
	who spy
	unlike "$out" 4242 "C12 passwd is $kind: nor one of the host's"
	good
	plant group $kind
	who app
	[ $kind = own ] || is "$out" "7 70 70" "C12 group is $kind: no group"
	who app:spies
	unlike "$out" 4242 "C12 group is $kind: nor one of the host's"
done
# The same links, to what the image has there.
mkdir -p $image/srv/host
echo 'spy:x:43:43::/:/bin/sh' >$image/srv/host/passwd
echo 'spies:x:44:spy' >$image/srv/host/group
for kind in host up; do
	plant passwd $kind
	plant group $kind
	who spy
	is "$out" "43 43 43 44" "C12 links ($kind) lead into the image"
done
rm -r $image/srv

# What a name or a number is.
printf '%s\n' '0:x:10:10::/:' '1000:x:0:0::/:' 'app:x:7:7::/:' 'app:x:0:0::/:' 'wrap:x:4294967296:7::/:' \
    'minus:x:-1:7::/:' 'empty:x::7::/:' 'hex:x:0x0:7::/:' 'gid:x:7:4294967296::/:' '4294967296:x:5:5::/:' \
    'short:x:0' | plant passwd text
printf '%s\n' 'wrap:x:4294967296:app' 'web:x:8:' 'web:x:0:' '9:x:0:' | plant group text
for row in '0|0 0 0' '1000|1000 0 0' 'app|7 7 7' 'app:web|7 8 8' 'app:9|7 9 9'; do
	who "${row%%|*}"
	is "$out" "${row#*|}" "C12 odd names: -u ${row%%|*}"
done
for user in wrap minus empty hex gid 7:wrap; do
	who $user
	like "$out" '^125 berth: [a-z]+ cannot be looked up in the image .*no valid number' "C12 no number in its line: -u $user is refused"
done
for user in 4294967296 4294967295 00 7:4294967296; do
	who $user
	like "$out" '^125 berth: [0-9]+ is not the number of a user or group' "C12 no number: -u $user is refused"
done
for user in -1 +0 short nobody; do
	who $user
	like "$out" '^(125|64) berth: ' "C12 a name that is not there: -u $user is refused"
done
printf 'app\0:x:0:0::/:\nx:y\0\napp:x:7\0:0::/:\n' | plant passwd text
who app
like "$out" '^125 .*no valid number' "C12 a NUL in a number is none"
{
	head -c 5000000 /dev/zero | tr '\0' x
	printf ':x:0:0::/:\napp:x:7:7::/:\n'
} | plant passwd text
printf 'web:x:8:app' | plant group text
who app
is "$out" "7 7 7 8" "C12 a line of 5 MB before the user's"

# A group with a million members; what the look-up needs is seen where it is done.
{
	printf 'many:x:900:'
	seq -f 'user%07.0f' -s , 1000000 | tr '\n' ,
	printf 'app\n'
} >/run/arena/group
plant group text </run/arena/group
who app
is "$out" "7 7 7 900" "C12 the last of 1,000,001 members"
start_job /run/arena/out "${USR[@]}" -u app $image sh -c 'echo ready; sleep 1000'
ok "C12 a job with such a user runs" wait_for 20 grep -q ready /run/arena/out
most=$(grep -lsx berth-job /proc/[0-9]*/comm | sed 's/comm$/status/' | xargs sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' | sort -n | tail -n 1)
ok "C12 the look-up was done in at most 16 MiB ($most KiB)" test "$most" -le 16384
kill "$client"
wait_job
for count in 127 128; do
	seq 1001 $((1000 + count)) | sed 's/.*/g&:x:&:app/' | plant group text
	who app
	if [ $count = 127 ]; then
		is "$(wc -w <<<"$out")" 130 "C12 a user in 128 groups"
	else
		like "$out" '^125 berth: app is in too many groups' "C12 in more: refused"
	fi
done

# Another user who renames things of their own all the time keeps nobody from theirs, although the kernel cannot
# tell then where ".." leads (openat2(2), EAGAIN).
good
as alice mkdir -p image/deep/er/and/more
mv $image/etc $image/deep/er/and/more/etc
ln -s ../../../../../deep/er/../er/and/../and/more/../more/etc $image/etc
as bob mkdir a b
exchangers=()
for _ in 1 2; do
	setpriv --reuid=bob --regid=bob --clear-groups "$TESTBIN/exchange" /home/bob/a /home/bob/b &
	exchangers+=($!)
done
said=
for _ in {1..30}; do
	who app
	[ "$out" = "7 70 70 500" ] || said=$out
	run job "${USR[@]}" -v /home/alice:/etc/x $image true
	[ "$rc" = 0 ] || said="$rc $err"
done
is "$said" "" "C12 by many links, while somebody else renames all the time"
is "$(kill -0 "${exchangers[@]}" && echo both)" both "C12 control: they have done so"
kill "${exchangers[@]}"
wait "${exchangers[@]}" 2>/dev/null
rm $image/etc
mv $image/deep/er/and/more/etc $image/etc

# A process that enters looks into the files as they are then; whoever it waits for is not the supervisor.
good
as alice berth run -d -q --name j "${USR[@]}" $image sleep 1000 >/dev/null
enters() {
	run as alice timeout -k 5 60 berth exec "$@"
}
enters -u app j id -G
is "$out" "70 500" "C12 control: a process that enters as a user of the image"
for kind in 'mkfifo /etc/passwd' 'ln -s /dev/zero /etc/passwd' 'ln -s /dev/ptmx /etc/passwd' 'ln -s /proc/self/fd/0 /etc/passwd' \
    'mkdir /etc/passwd' 'truncate -s 1G /etc/passwd'; do
	enters j sh -c "rm -rf /etc/passwd; $kind"
	enters -u app j id
	like "$rc $err" "^125 berth: the image's /etc/passwd cannot be read" "C12 meanwhile $kind: refused"
	enters -u 7:7 j id -u
	is "$rc $out" "0 7" "C12 meanwhile $kind: two numbers need no file"
done
enters j sh -c 'rm -rf /etc/passwd; echo app:x:7:70::/:/bin/sh >/etc/passwd; mkfifo /etc/other'
as alice berth exec -d j sh -c 'while mv /etc/passwd /etc/x && mv /etc/other /etc/passwd && mv /etc/x /etc/other; do :; done'
as alice timeout 100 python3 "$TOP/tests/attack/starts.py" 40 exec -u app j id -u >/run/arena/out
is "$(wc -l </run/arena/out)" 40 "C12 control: so many have entered, or tried"
is "$(cut -f 2,3 /run/arena/out | tr '\t' ' ' | grep -vcE '^(0 7|125 )$')" 0 "C12 a file that is exchanged: its user, or a refusal"
as alice berth rm -f j >/dev/null
ok "C12 nothing is left" jobs_are_gone
done_testing
