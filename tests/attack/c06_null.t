#!/usr/bin/env bash
# C06 (CVE-2025-31133, CVE-2025-52565): the image's /dev/null or /dev/pts/N leads to a file of the
# host, and the mask or the console that is bound over or from it makes that file writable.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
jobs_world security.confined

victim=/home/alice/victim
mkdir $victim
echo precious >$victim/file
chown -R alice:alice $victim
before=$(tree $victim)
pattern=$(cat /proc/sys/kernel/core_pattern)
device() {
	stat -L -c %t:%T:%F "$1"
}

make_image /home/alice/image
# plant KIND PATH
plant() {
	rm -rf "$2"
	mkdir -p "${2%/*}"
	case $1 in
	core_pattern) ln -s /proc/sys/kernel/core_pattern "$2" ;;
	outside) ln -s $victim/file "$2" ;;
	relative) ln -s ../../../../../..$victim/file "$2" ;;
	kcore) ln -s /proc/kcore "$2" ;;
	hardlink) ln $victim/file "$2" ;;
	directory) mkdir "$2" ;;
	fifo) mkfifo "$2" ;;
	file) echo planted >"$2" ;;
	esac
	chown -hR alice:alice /home/alice/image/dev
}

for name in null zero tty ptmx pts/0 console; do
	for kind in core_pattern outside relative kcore hardlink directory fifo file; do
		plant $kind /home/alice/image/dev/$name
		links=$(tree $victim)
		run job "${USR[@]}" /home/alice/image sh -c '
			for f in /dev/null /dev/zero /proc/keys /proc/timer_list; do stat -c %t:%T $f; done
			[ -e /dev/pts/0 ] && echo pts; [ -e /dev/console ] && echo console
			for f in /dev/null /dev/pts/0 /dev/tty /proc/keys; do echo overwritten >$f; done
			echo "|/tmp/x" >/proc/sys/kernel/core_pattern
			cat /proc/sys/kernel/core_pattern' 2>/dev/null
		is "$(tr '\n' ' ' <<<"$out")" "1:3 1:5 1:3 1:3 $pattern " \
		    "C06 /dev/$name is $kind: devices and masks are the host's, no terminal is there"
		is "$(tree $victim)" "$links" "C06 /dev/$name is $kind: the file behind is as it was"
		rm -rf "/home/alice/image/dev/${name%%/*}"
	done
done
is "$(tree $victim)" "$before" "C06 the victim is as it was"
is "$(cat /proc/sys/kernel/core_pattern)" "$pattern" "C06 so is core_pattern"
ok "C06 control: root outside may write it" sh -c 'echo "$1" >/proc/sys/kernel/core_pattern' - "$pattern"
run job host sh -c 'echo "|/x" >/proc/sys/kernel/core_pattern'
like "$err" 'Read-only file system' "C06 in a job it is read-only"

# What the host itself shows as a device is judged: here /dev/full is another one, and a file.
is "$(device /dev/full)" "1:7:character special file" "C06 /dev/full is what it should be"
run job host stat -c %t:%T /dev/full
is "$rc:$out" "0:1:7" "C06 and so it is in a job"
mv /dev/full /dev/full.real
mknod -m 666 /dev/full c 1 5 2>/dev/null || { : >/dev/full && mount --bind /dev/zero /dev/full; }
run job host true
is "$rc" 125 "C06 the host's /dev/full is another device: no job"
like "$err" "^berth: the job's /dev cannot be made" "C06 and that is said"
umount /dev/full 2>/dev/null
rm -f /dev/full
echo text >/dev/full
run job host true
is "$rc" 125 "C06 the host's /dev/full is a file: no job"
rm -f /dev/full
ln -s full.real /dev/full
run job host true
is "$rc" 125 "C06 the host's /dev/full is a link: no job"
rm -f /dev/full
mv /dev/full.real /dev/full
ok "C06 with the right one jobs run again" job host true
ok "C06 nothing is left of the jobs" jobs_are_gone
done_testing
