#!/usr/bin/env bash
# C20: device nodes, made by the job or brought by the image or a mounted directory.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
jobs_world security.confined

make_image /home/alice/image
mkdir -p /home/alice/image/nodes /home/alice/bound
can=yes
for dir in /home/alice/image/nodes /home/alice/bound; do
	mknod -m 666 $dir/null c 1 3 && mknod -m 666 $dir/zero c 1 5 && mknod -m 666 $dir/mem c 1 1 &&
		mknod -m 666 $dir/disk b 254 0 || can=no
	chown -R alice:alice $dir
done
is "$can" yes "C20 control: the host's root makes nodes"
nodes='null zero mem disk'

# On a file system without nodev they open: /home of the arena is one.
run as alice "$TESTBIN/probe" open /home/alice/bound/null /home/alice/bound/zero
is "$(grep -c ' ok$' <<<"$out"):$(grep -c ' E' <<<"$out")" 4:0 "C20 control: outside, alice opens them"

run as alice "$TESTBIN/probe" nodes /home/alice
is "$(grep -c EPERM <<<"$out")" 6 "C20 control: outside, alice makes none"
run job "${PROBE[@]}" -v /home/alice/bound:/b --tmpfs /scratch host \
    /t/probe nodes / /tmp /dev /dev/shm /run /b /scratch /root
is "$(wc -l <<<"$out")" 48 "C20 a job tries 48 times"
unlike "$out" ' (ok|EEXIST)' "C20 and makes none"
is "$(grep -vc EPERM <<<"$out")" 0 "C20 always for want of the right"
run job "${USR[@]}" "${PROBE[@]}" /home/alice/image /t/probe nodes / /tmp /dev /nodes
is "$(grep -c EPERM <<<"$out")" 24 "C20 nor in an image"
run job -u 1000 "${PROBE[@]}" host /t/probe nodes /tmp /dev/shm
is "$(grep -c EPERM <<<"$out")" 12 "C20 nor as another user"

files=
for node in $nodes; do
	files="$files /nodes/$node /b/$node"
done
for user in 0 1000; do
	# shellcheck disable=SC2086
	run job -u $user "${USR[@]}" "${PROBE[@]}" -v /home/alice/bound:/b /home/alice/image /t/probe open $files
	is "$(grep -c 'EACCES' <<<"$out"):$(wc -l <<<"$out")" "16:16" "C20 -u $user: none of the image's and the directory's opens"
done
run job "${USR[@]}" "${PROBE[@]}" -v /home/alice/bound:/nodes/x /home/alice/image \
    sh -c 'cp -a /nodes/null /tmp/n 2>&1; ln /nodes/zero /nodes/z; mv /nodes/mem /nodes/m; chmod 777 /nodes/m
	/t/probe open /nodes/z /nodes/m /tmp/n'
is "$(grep -cE '^(read|write) .* E' <<<"$out"):$(grep -cE '^(read|write) ' <<<"$out")" 6:6 "C20 nor after it was copied, linked or moved"
run job -v /home/alice/bound/null:/n -v /home/alice/bound/zero:/dev/mine "${PROBE[@]}" host /t/probe open /n /dev/mine
is "$(grep -c EACCES <<<"$out")" 4 "C20 nor mounted as a file"

# The mounts of a job: which are not nodev?
mounts() {
	awk '$6 !~ /(^|,)nodev(,|$)/ { print $5 }' | tr '\n' ' '
}
flags=(-v "/home/alice/bound:/b" -v /usr:/x:ro -v /:/h --tmpfs /scratch --here)
run job host cat /proc/self/mountinfo
is "$(mounts <<<"$out")" "/dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/pts " \
    "C20 host: all but the verified devices and /dev/pts is nodev"
run job "${flags[@]}" host cat /proc/self/mountinfo
is "$(mounts <<<"$out")" "/dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/pts " \
    "C20 with mounts, of the whole host too: the same"
run job "${USR[@]}" /home/alice/image cat /proc/self/mountinfo
is "$(mounts <<<"$out")" "/dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/pts " \
    "C20 an image: the same"
run job -v /:/h "${PROBE[@]}" host sh -c '/t/probe open /h/dev/null /h/dev/zero /h/dev/fuse /h/dev/tty'
is "$(grep -c EACCES <<<"$out")" 8 "C20 the host's own /dev, mounted with -v: nothing opens"
run job host sh -c 'ls -A /dev; stat -c "%t:%T" /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty'
is "$(tr '\n' ' ' <<<"$out")" "core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero 1:3 1:5 1:7 1:8 1:9 5:0 " \
    "C20 golden: what is in /dev"
run job "${PROBE[@]}" host /t/probe open /dev/null /dev/zero /dev/random /dev/urandom
is "$(grep -c ' ok$' <<<"$out"):$(grep -c ' E' <<<"$out")" 8:0 "C20 control: those open"
ok "C20 nothing is left of the jobs" jobs_are_gone
done_testing
