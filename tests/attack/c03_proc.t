#!/usr/bin/env bash
# C03 (CVE-2019-16884, CVE-2019-19921, CVE-2023-27561, CVE-2025-52881): the image's /proc or /sys is
# something else, so that what is written to /proc by the one who builds the job goes elsewhere.
# A job sees a fresh procfs and sysfs of its own, whatever the image has in their place.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
jobs_world security.confined

victim=/home/alice/victim
mkdir -p $victim/self/attr $victim/sys/kernel
echo planted >$victim/self/attr/exec
chown -hR alice:alice $victim
before=$(tree $victim)

# plant KIND PATH: something that is no empty directory, at PATH of the image
plant() {
	rm -rf "$2"
	case $1 in
	absolute) ln -s $victim "$2" ;;
	relative) ln -s ../../../../../..$victim "$2" ;;
	inside) ln -s /data "$2" ;;
	sys) ln -s /sys "$2" ;;
	loop) ln -s "$(basename "$2")" "$2" ;;
	dangling) ln -s /nowhere/at/all "$2" ;;
	file) echo planted >"$2" ;;
	fifo) mkfifo "$2" ;;
	missing) ;;
	full)
		mkdir -p "$2/self/attr" "$2/1/attr" "$2/sys/kernel" "$2/class"
		echo planted | tee "$2/self/attr/exec" "$2/self/attr/current" "$2/sys/kernel/core_pattern" \
		    "$2/1/oom_score_adj" "$2/uptime" >/dev/null
		;;
	links)
		mkdir -p "$2/sys/kernel"
		ln -s $victim "$2/self"
		ln -s $victim/self/attr/exec "$2/sys/kernel/core_pattern"
		ln -s $victim "$2/class"
		;;
	esac
	chown -hR alice:alice "${2%/*}"
}

make_image /home/alice/image
for name in proc sys; do
	for kind in absolute relative inside sys loop dangling file fifo missing full links; do
		plant $kind /home/alice/image/$name
		image=$(tree /home/alice/image)
		run job "${USR[@]}" /home/alice/image sh -c '
			stat -f -c %T /proc /sys
			[ "$(readlink /proc/self)" = $$ ] || [ -d /proc/$$ ] && echo own
			cat /proc/self/attr/exec /proc/1/oom_score_adj 2>&1 | grep -c planted
			ls /sys/class >/dev/null && echo class'
		is "$rc:$(tr '\n' ' ' <<<"$out")" "0:proc sysfs own 0 class " "C03 /$name is $kind: a job has its own"
		is "$(tree $victim)" "$before" "C03 /$name is $kind: the directory behind is as it was"
		is "$(tree /home/alice/image)" "$image" "C03 /$name is $kind: so is the image"
	done
	plant missing /home/alice/image/$name
done

# What is mounted for the user never lands in /proc or /sys, by whatever name.
make_image /home/alice/two
ln -s /proc/self /home/alice/two/self
ln -s /proc /home/alice/two/p
ln -s ../../sys /home/alice/two/s
ln -s /proc/self/attr/exec /home/alice/two/exec
chown -hR alice:alice /home/alice/two
for target in /proc /proc/self /proc/sys/kernel/core_pattern /sys /sys/class /p /p/self /p/new /self \
    /self/attr /s /s/class /s/new /exec; do
	source=$victim
	[[ $target != */exec && $target != *core_pattern ]] || source=$victim/self/attr/exec
	run job "${USR[@]}" -v "$source:$target" /home/alice/two true
	is "$rc$out" 125 "C03 -v to $target: refused"
	like "$err" '^berth: nothing can be mounted on ' "C03 -v to $target: says so"
	run job "${USR[@]}" --tmpfs "$target" /home/alice/two true
	is "$rc$out" 125 "C03 --tmpfs on $target: refused"
done
is "$(tree $victim)" "$before" "C03 nothing was made or changed there"

# /proc of the image is a directory and a link by turns while jobs start.
make_image /home/alice/turns
ln -s $victim /home/alice/turns/proc.link
ln -s $victim /home/alice/turns/sys.link
chown -hR alice:alice /home/alice/turns
as alice "$TESTBIN/exchange" turns/proc turns/proc.link &
as alice "$TESTBIN/exchange" turns/sys turns/sys.link &
odd=0 ran=0
for _ in {1..40}; do
	run job "${USR[@]}" /home/alice/turns sh -c 'stat -f -c %T /proc /sys; ls -d /proc/1'
	case $rc:$(tr '\n' ' ' <<<"$out") in
	"0:proc sysfs /proc/1 ") ran=$((ran + 1)) ;;
	125:) ;;
	*)
		odd=$((odd + 1))
		tap_show_run
		;;
	esac
done
is "$(pgrep -cx exchange)" 2 "C03 control: both have changed all the time"
kill %1 %2
wait
isnt "$ran" 0 "C03 control: jobs ran meanwhile ($ran)"
is "$odd" 0 "C03 an image that changes while jobs start: its own /proc, or no job"
is "$(tree $victim)" "$before" "C03 and the directory behind is as it was"
ok "C03 nothing is left of the jobs" jobs_are_gone
done_testing
