#!/usr/bin/env bash
# C07 (CVE-2026-41579, CVE-2026-47766) and what C08 says of files that are written into a root: the
# image's /dev, /etc, /run and so on lead out of it, to a place where the runtime then makes and
# removes things. Replaced inside or refused; nothing outside is touched; nothing hangs.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
jobs_world security.confined network.host
canary_plant

victim=/home/alice/victim
mkdir -p $victim/pts $victim/shm
for name in ptmx null resolv.conf hosts hostname passwd group; do
	echo "precious $name" >$victim/$name
done
ln -s /home/alice/victim/null $victim/stdin
chown -hR alice:alice $victim
before=$(tree $victim)

# plant KIND PATH
plant() {
	rm -rf "$2"
	mkdir -p "${2%/*}"
	case $1 in
	absolute) ln -s $victim "$2" ;;
	relative) ln -s "../../../../../..$victim" "$2" ;;
	canary) ln -s /srv/canary "$2" ;;
	self) ln -s "$(basename "$2")" "$2" ;;
	loop)
		ln -s "$(basename "$2").b" "$2"
		ln -s "$(basename "$2")" "$2.b"
		;;
	dangling) ln -s /nowhere/at/all "$2" ;;
	up) ln -s ../.. "$2" ;;
	magic) ln -s /proc/self/fd/0 "$2" ;;
	file) echo planted >"$2" ;;
	fifo) mkfifo -m 666 "$2" ;;
	bound) ln -s /v "$2" ;;
	full)
		mkdir -p "$2/pts" "$2/shm" "$2/null"
		mkfifo "$2/ptmx" "$2/passwd" "$2/resolv.conf"
		;;
	esac
	chown -hR alice:alice /home/alice/image
}

show='
for d in /dev/null /dev/urandom; do stat -c %t:%T $d; done
stat -f -c %T /proc /sys /dev/pts /dev/shm /tmp /run
readlink /dev/fd; echo hello | cat /dev/fd/0
: >/tmp/x && : >/run/x && : >/dev/shm/x && echo writable'
want='1:3 1:9 proc sysfs devpts tmpfs tmpfs tmpfs /proc/self/fd hello writable '

for name in dev dev/pts dev/shm dev/fd etc run tmp proc sys; do
	for kind in absolute relative canary self loop dangling up magic file fifo bound full; do
		rm -rf /home/alice/image
		make_image /home/alice/image
		plant $kind /home/alice/image/$name
		image=$(tree /home/alice/image)
		run job "${USR[@]}" -v $victim:/v /home/alice/image sh -c "$show"
		is "$rc:$(tr '\n' ' ' <<<"$out")" "0:$want" "C07 /$name is $kind: replaced inside"
		is "$(tree $victim)" "$before" "C07 /$name is $kind: the directory behind is as it was"
		is "$(tree /home/alice/image)" "$image" "C07 /$name is $kind: so is the image"
		[ "$name" = etc ] || continue
		# With the host's network two files are put into /etc; -u NAME reads two others of it.
		run job "${USR[@]}" -v $victim:/v --network host -u 7:7 /home/alice/image true
		is "$rc$out$err" 0 "C07 /$name is $kind: a job with the host's network"
		run job "${USR[@]}" -v $victim:/v -u nosuch /home/alice/image true
		# What is there and cannot be opened is another thing than what is not there.
		case $kind in
		self | loop | magic | full) said="the image's /etc/passwd cannot be read" ;;
		*) said="the image has no user nosuch" ;;
		esac
		is "$rc:${err%%$'\n'*}" "125:berth: $said" "C07 /$name is $kind: a user by name"
		is "$(tree $victim)" "$before" "C07 /$name is $kind: the directory behind is still as it was"
	done
done
canary_is_untouched "$out$err" "C07 nobody else's files were touched"

# A mount point that has to be made is made in the job's own file systems only.
rm -rf /home/alice/image
make_image /home/alice/image
ln -s /v /home/alice/image/w
ln -s /v/none /home/alice/image/n
mkdir /home/alice/other
chown -hR alice:alice /home/alice/image /home/alice/other
for target in /v/new /v/new/deep /w/new /n /n/deep; do
	run job "${USR[@]}" -v $victim:/v -v /home/alice/other:$target /home/alice/image true
	is "$rc" 125 "C07 a mount point in a mounted directory, $target: refused"
	run job "${USR[@]}" -v $victim:/v --tmpfs $target /home/alice/image true
	is "$rc" 125 "C07 the same for a tmpfs"
done
is "$(tree $victim)" "$before" "C07 none was made"
run job "${USR[@]}" -v $victim:/v -v /home/alice/other:/v/pts -v $victim/hosts:/v/null /home/alice/image \
    sh -c 'ls -A /v/pts; cat /v/null; stat -c %F /mnt/a/b /mnt/c' 2>/dev/null
is "$out" "precious hosts" "C07 control: on what is there it can be mounted"
run job "${USR[@]}" -v /home/alice/other:/data/a/b -v $victim/hosts:/data/c/d /home/alice/image \
    stat -c %F /data/a/b /data/c/d
is "$out" "$(printf 'directory\nregular file')" "C07 control: in the job's own root it is made"
is "$(tree $victim)" "$before" "C07 and the directory is as it was"
ok "C07 nothing is left of the jobs" jobs_are_gone
done_testing
