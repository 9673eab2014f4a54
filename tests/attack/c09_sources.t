#!/usr/bin/env bash
# C09 (CVE-2024-1753, CVE-2024-9675, CVE-2024-11218, CVE-2024-23651): what is given to a job as a directory,
# by -v, by --mount and as the parameter of a job file, is a link out of the allowed tree, a magic link, a
# file, a FIFO, has an odd name, is somebody else's, or becomes another one between the check and the mount.
# The verdict is about the very directory that is mounted, with the rights of the caller.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3
starts=20
[ -z "${BERTH_LONG-}" ] || starts=2000
canary_plant
home=/home/alice
tree=$home/allowed
as alice mkdir -p "$tree/sub" "$tree/target" outside/sub
as alice sh -c 'echo allowed >allowed/mark; echo sub >allowed/sub/mark; echo target >allowed/target/mark
	echo outside >outside/mark; echo outside >outside/sub/mark
	ln -s sub allowed/in; ln -s ../outside allowed/out; ln -s /home/alice/outside allowed/away; ln -s in allowed/twice
	ln -s loop allowed/loop; ln -s /home/bob allowed/bob; ln -s . allowed/here; ln -s /home/alice/allowed way
	mkfifo allowed/fifo; printf "[job]\nimage = host\n[directory d]\npath = /d\nwritable = yes\n" >d.job'
jobs_world security.confined "mount=$tree"

# verdict NAME SOURCE WANTED [WANTED-OF-PARAMETER]: "=TEXT": the job starts and the mark in it is TEXT; else a
# regex of the message. The parameter of a job file is an absolute path to a directory: as a path from the
# home directory it is written out.
look='cat /d/mark 2>/dev/null || ls -d /d'
judge() {
	local name=$1 wanted=$2
	if [ "${wanted#=}" != "$wanted" ]; then
		is "$rc:$out" "0:${wanted#=}" "$name"
	elif [ "$rc" -eq 125 ] && [ -z "$out" ] && [[ $err =~ $wanted ]]; then
		pass "$name"
	else
		fail "$name"
		diag "wanted 125 and a match of $wanted"
		tap_show_run
	fi
}
verdict() {
	local name=$1 source=$2 wanted=$3
	if [[ $source != *:* ]]; then
		run job -v "$source:/d" host sh -c "$look"
		judge "C09 $name: -v" "$wanted"
	fi
	run job --mount "type=bind,\"source=${source//\"/\"\"}\",target=/d" host sh -c "$look"
	judge "C09 $name: --mount" "$wanted"
	[ "${source#/}" != "$source" ] || source=$home/$source
	run job -f d.job --param "d=$source" -- sh -c "$look"
	judge "C09 $name: --param" "${4-$wanted}"
}
verdict "a directory" "$tree/sub" =sub
verdict "the tree itself" "$tree" =allowed
verdict "a link in the tree" "$tree/in" =sub
verdict "a link to a link" "$tree/twice" =sub
verdict "a link to the tree" "$home/way/sub" =sub
verdict "a relative link out of it" "$tree/out" "refused: mount=$home/outside is not granted"
verdict "an absolute link out of it" "$tree/away/sub" "refused: mount=$home/outside/sub is not granted"
verdict "a link to somebody else's" "$tree/bob" "refused: mount=/home/bob is not granted|cannot mount|cannot open"
verdict "a link to itself" "$tree/loop" "Too many levels of symbolic links"
verdict ".. that stays" "$tree/sub/../sub" =sub "name it without '..'"
verdict ".. that leaves" "$tree/sub/../../outside" "refused: mount=$home/outside is not granted" "name it without '..'"
verdict ".. behind a link" "$tree/here/../outside" "refused: mount=$home/outside is not granted" "name it without '..'"
verdict "a neighbour with a longer name" "${tree}2" "No such file|refused"
verdict "the directory above" "$home" "refused: mount=$home is not granted"
verdict "a magic link: the root" "/proc/self/root$home/outside" "refused: mount=$home/outside is not granted"
verdict "a magic link: another's" "/proc/1/root" "cannot|Permission denied"
verdict "a magic link: a namespace" /proc/self/ns/mnt "cannot|No such file|not a directory"
verdict "procfs" /proc "refused: mount=/proc is not granted"
verdict "a file" "$tree/mark" =/d "not a directory|no directory"
verdict "a FIFO" "$tree/fifo" =/d "not a directory|no directory"
verdict "a device" /dev/null "refused: mount=/dev/null is not granted" "not a directory|no directory|refused"
for name in 'a:b' 'a,b' 'a\b' 'a"b' $'a\nb' 'a b ' 'upperdir=x,lowerdir=y:z' '%s' $'a\tb'; do
	as alice mkdir "$tree/$name"
	echo odd >"$tree/$name/mark"
	verdict "the name ${name@Q}" "$tree/$name" =odd
done
latin=$tree/$(printf 'latin\xff')
as alice mkdir "$latin"
verdict "a name that is not UTF-8" "$latin" "not UTF-8"
printf -v long '/.%.0s' {1..2100}
verdict "4,200 bytes that are a short path" "$tree$long" =allowed
as alice bash -c 'mkdir allowed/deep && cd allowed/deep || exit
	for i in {1..17}; do mkdir "$1" && cd "$1" || exit; done; echo deep >mark' bash "$(printf 'n%.0s' {1..250})"
run as alice bash -c 'cd allowed/deep && for i in {1..17}; do cd "$1" || exit; done; exec berth run -q -v .:/d host true' bash "$(printf 'n%.0s' {1..250})"
like "$rc:$err" '^125:.*cannot mount .*File name too long' "C09 a directory whose path has more than 4,096 bytes"
printf -v name 'n%.0s' {1..255}
as alice mkdir -p "$tree/$name/$name"
echo deep >"$tree/$name/$name/mark"
verdict "components of 255 bytes" "$tree/$name/$name" =deep
verdict "a component of 256 bytes" "$tree/n$name" "File name too long"

# --- somebody else's
verdict "what the user cannot reach" /home/bob/canary/x "Permission denied|cannot"
as alice mkdir -m 000 "$tree/closed"
verdict "the user's own without any permission" "$tree/closed" =/d
install -d -o bob -g bob -m 700 "$tree/sub/bobs"
mount -t tmpfs -o mode=700,uid=1001,gid=1001 bobs "$tree/sub/bobs"
cp /home/bob/canary "$tree/sub/bobs/token" 2>/dev/null || cp -r /home/bob/canary "$tree/sub/bobs/token"
run job -v "$tree/sub:/d" host sh -c 'cat /d/mark; stat -c %U /d/bobs; cat /d/bobs/token; ls /d/bobs; : >/d/bobs/new'
is "$out" "sub
nobody" "C09 a mount of somebody else's in it: the job sees that it is there"
like "$err" 'Permission denied.*Permission denied.*Permission denied' "C09 and comes no further"
canary_is_untouched "$out$err" "C09 a mount of somebody else's"
run job --mount "type=bind,src=$tree/sub/bobs,dst=/d" host ls /d
like "$rc:$err" '^(2|125):.*(Permission denied|cannot)' "C09 nor as the source"
umount "$tree/sub/bobs"

# --- it becomes another one: the name, or a component above it, is a directory and a link out by turns
as alice sh -c 'cd allowed && mkdir -p swap/way/target && echo target >swap/way/target/mark && mkdir -p ../outside/target &&
	echo outside >../outside/target/mark && ln -s /home/alice/outside swap/other && ln -s /home/alice/outside/target swap/link'
race() {
	local name=$1 one=$2 two=$3 source=$4 turns
	setpriv --reuid=alice --regid=alice --init-groups "$TESTBIN/exchange" "$one" "$two" &
	racer=$!
	: >/run/arena/race
	for ((turns = 0; turns < 1 || (turns < 20 && $(grep -c 'refused: mount=' /run/arena/race) == 0); turns++)); do
		as alice timeout $((250 + starts)) python3 "$TOP/tests/attack/starts.py" "$starts" run -q -v "$source:/d" host cat /d/mark >>/run/arena/race
	done
	kill "$racer"
	wait "$racer" 2>/dev/null
	is "$(wc -l </run/arena/race)" "$((turns * starts))" "C09 $name: $((turns * starts)) starts"
	is "$(awk -F '\t' '!($2 == 0 && $3 ~ /^target/) && !($2 == 125 && $3 == "")' /run/arena/race)" "" "C09 $name: the one in the tree is mounted, or nothing"
	is "$(grep -c outside$'\t' /run/arena/race)" 0 "C09 $name: the other one is never seen"
	isnt "$(grep -c 'refused: mount=' /run/arena/race)" 0 "C09 $name: control: the link was met"
}
race "the name" "$tree/target" "$tree/swap/link" "$tree/target"
race "a component" "$tree/swap/way" "$tree/swap/other" "$tree/swap/way/target"

# --- where everything is allowed
grant alice 'mount=*'
verdict "procfs, allowed" /proc =/d
as alice sleep 1000 &
sleeper=$!
wait_for 10 sh -c 'pgrep -u alice -x sleep >/run/arena/pid'
run job -v /proc:/d host sh -c "ls /d/$(cat /run/arena/pid)/root/ /d/$(cat /run/arena/pid)/cwd/ /d/1/root/; echo x >/d/sys/kernel/core_pattern; echo x >/d/sys/vm/overcommit_memory"
is "$out" "" "C09 the host's procfs leads a job nowhere"
is "$(grep -c 'Permission denied' <<<"$err")" 5 "C09 and takes nothing"
kill "$sleeper"
canary_is_untouched "$out$err" "C09 the canaries"
ok "C09 nothing is left" jobs_are_gone
done_testing
