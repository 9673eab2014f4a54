#!/usr/bin/env bash
# B14: what the host forbids on a file system (ro, nodev, nosuid, noexec, what lies beneath a mount)
# stays forbidden on the mapped mount of a directory in it, whoever attaches it: an engine that was taken
# over, the user in namespaces of their own, a job that got it by a flag or a job file. And a mount
# namespace that is not the engine's is refused: the control shows what a mount made there would be worth.
. "${BASH_SOURCE[0]%/*}/mapped.sh"
arena_enter "$@"
umask 022
call=$TESTBIN/mount_call
all_flags="ro nosuid nodev noexec"

# host_mount DIR FLAGS: a mount of the host with a directory of alice's, in which there are a device
# node of hers, as on a disk that she has made, and a setuid program.
host_mount() {
	local dir=$1
	mappable_mount "$dir"
	mkdir "$dir/d"
	mknod "$dir/d/node" c 1 3
	cp /bin/true "$dir/d/program"
	chown -R alice:alice "$dir/d"
	chmod 4755 "$dir/d/program"
	chmod 666 "$dir/d/node"
	[ -z "$2" ] || mount -o "remount,bind,$2" "$dir"
}
mappable_mount /home/alice/m
mount --make-shared /home/alice/m
for flag in $all_flags; do
	host_mount "/home/alice/m/$flag" "$flag"
done
host_mount /home/alice/m/all ro,nosuid,nodev,noexec
host_mount /home/alice/m/plain ""
# Beneath a mount there is something.
host_mount /home/alice/m/over ""
mkdir /home/alice/m/over/d/secret
touch /home/alice/m/over/d/secret/beneath
chown -R alice:alice /home/alice/m/over/d/secret
mount -t tmpfs -o mode=0777 none /home/alice/m/over/d/secret
jobs_world security.confined idmap.mount 'mount=*'
# A mount that came after the engine; what is forbidden must be so from the first moment to get there.
host_mount /home/late nosuid,nodev,noexec
mkdir /home/alice/m/late
mount --bind /home/late /home/alice/m/late

engine=$(engine_pid alice)
isnt "$engine" "" "B14 an engine runs"

# attacked NAME HOW [FLAGS]: what became of a mapped /home/alice/m/NAME/d
attacked() {
	run "$call" -a "$2" "$engine" "/home/alice/m/$1/d" "$LAUNCHER" mount 101 102
}
verdict() {
	sed -n "s/^$1 //p" <<<"$out"
}
stays() {
	is "$(verdict "detached $1") $(verdict "attached $1") $(verdict "cloned $1")" "EPERM EPERM EPERM" "$2: $1 cannot be cleared"
}

for how in engine user; do
	for name in $all_flags all late; do
		attacked "$name" "$how"
		is "$rc:$(verdict status):$(verdict mount)" "0:0:yes" "B14 $name, $how: the directory is mapped"
		case $name in
		all) flags=$all_flags ;;
		late) flags="nosuid nodev noexec" ;;
		*) flags=$name ;;
		esac
		for flag in $flags; do
			stays "$flag" "B14 $name, $how"
		done
		stays all "B14 $name, $how"
		is "$(verdict remount) $(verdict 'attached idmap')" "EPERM EINVAL" "B14 $name, $how: nor by a remount; the map stays"
		[[ " $flags " != *" nodev "* ]] || is "$(verdict node)" EACCES "B14 $name, $how: alice's device does not open"
		[[ " $flags " != *" noexec "* ]] || isnt "$(verdict exec)" ok "B14 $name, $how: nor runs her program"
		[[ " $flags " != *" ro "* ]] || is "$(verdict create)" EROFS "B14 $name, $how: nor is anything written"
		like "$(verdict flags)" '^r[ow],nosuid,nodev' "B14 $name, $how: nosuid and nodev are set"
	done
	# The control: made outside, all of it can be had, and the device is the host's.
	run "$call" -h -m 100100 -a "$how" "$engine" /home/alice/m/all/d
	is "$(verdict 'detached all') $(verdict remount) $(verdict node) $(verdict exec)" "ok ok ok ok" \
	    "B14 control, $how: a mount made in the host's namespace is stripped, and its device opens"
	run "$call" -h -m 100100 -a "$how" "$engine" /home/alice/m/over/d
	is "$(verdict beneath)" ok "B14 control, $how: and what lies beneath a mount is seen"
done

# --- in a job --------------------------------------------------------------------------------------
look='awk "\$5 == \"/d\" { print \$6 }" /proc/self/mountinfo; stat -c %u:%g /d
	(: </d/node) 2>/dev/null && echo opens; /d/program 2>/dev/null && echo runs; (: >/d/new) 2>/dev/null && echo writes
	/t/probe mounts /d | awk "! / (EPERM|EINVAL)\$/; END { print \"tried\", (NR > 10) }"'
cat >/home/alice/job.job <<'F'
[job]
image = host
user = 101:102
[directory d]
path = /d
writable = yes
uid = 101
gid = 102
[directory t]
path = /t
F
# in_job NAME WORDS...: what a job finds of the mapped directory; $all: what its flags leave
in_job() {
	local what=$1
	shift
	run job -u 101:102 "$@" sh -c "$look"
	is "$rc:$err" 0: "B14 $what: the job runs"
	unlike "$out" 'opens' "B14 $what: alice's device does not open"
	case $name in
	noexec | all) unlike "$out" 'runs' "B14 $what: nor runs her program" ;;
	*) like "$out" 'runs' "B14 $what: control: her program runs" ;;
	esac
	case $name in
	ro | all) unlike "$out" 'writes' "B14 $what: nor is anything written" ;;
	*) like "$out" 'writes' "B14 $what: control: a file can be written" ;;
	esac
	like "$(head -n1 <<<"$out")" "$flags" "B14 $what: every flag is there"
	is "$(sed -n 2p <<<"$out"):$(grep -vcE '^(rw|ro),|^101:102$|^runs$|^writes$|^tried 1$' <<<"$out"):$(tail -n 1 <<<"$out")" "101:102:0:tried 1" \
	    "B14 $what: it is the job's, who can neither undo, cover nor move it"
}
for name in $all_flags all; do
	case $name in
	all) flags='^ro,nosuid,nodev,noexec' ;;
	ro) flags='^ro,nosuid,nodev' ;;
	noexec) flags='^rw,nosuid,nodev,noexec' ;;
	*) flags='^rw,nosuid,nodev' ;;
	esac
	in_job "-v, $name" "${PROBE[@]}" -v "/home/alice/m/$name/d:/d:uid=101,gid=102" host
	in_job "a job file, $name" -f /home/alice/job.job --param "d=/home/alice/m/$name/d" --param "t=$TESTBIN" --
done
run job "${PROBE[@]}" -v /home/alice/m/over/d:/d:uid=101,gid=102 host true
isnt "$rc" 0 "B14 -v: a directory with a mount beneath it is refused"
like "$err" 'has mounts beneath it' "B14 -v: and the launcher says why"
grant alice --engine=any >/dev/null
in_job "--once, $name" --once "${PROBE[@]}" -v "/home/alice/m/$name/d:/d:uid=101,gid=102" host
run job "${PROBE[@]}" -v /home/alice/m/over/d:/d:uid=101,gid=102 host sh -c 'stat -c %u:%g /d; ls -A /d/secret'
is "$rc:$out" "0:101:102" "B14 -v: a directory with a mount beneath it, in a namespace of its own: the mount stays over what it hides"

# refused CODE REGEX NAME ARGS...: neither a mount nor a success
refused() {
	local code=$1 regex=$2 name=$3
	shift 3
	run "$call" "$@" "$LAUNCHER" mount 101 102
	is "$(verdict status):$(verdict mount)" "$code:no" "$name"
	like "$err" "$regex" "$name: it says why"
}
refused 69 'has mounts beneath it' "B14 a directory with a mount beneath it" "$engine" /home/alice/m/over/d
refused 77 'is not the caller.s own' "B14 the mount itself is another's" "$engine" /home/alice/m/over/d/secret
refused 69 'is not of that mount namespace' "B14 a directory opened in the host's namespace" -o 1 "$engine" /home/alice/m/all/d
not_its='mount namespace is not one of this user.s engine'
refused 77 "$not_its" "B14 the host's mount namespace" -n /proc/1/ns/mnt -o 1 "$engine" /home/alice/m/all/d
refused 77 "$not_its" "B14 the host's, with a directory of the engine's" -n /proc/1/ns/mnt "$engine" /home/alice/m/all/d

# In namespaces of her own, and of bob's engine.
mkfifo /run/arena/hold
as alice unshare --user --map-root-user --mount sh -c 'echo $$; exec cat' </run/arena/hold >/run/arena/own &
exec 9>/run/arena/hold
wait_for 10 grep -q . /run/arena/own
own=$(cat /run/arena/own)
refused 77 "$not_its" "B14 a namespace that alice has made herself" "$own" /home/alice/m/all/d
exec 9>&-
grant bob security.confined idmap.mount >/dev/null
as bob berth daemon start >/dev/null
refused 77 "$not_its" "B14 bob's engine" "$(engine_pid bob)" /home/alice/m/all/d

# Linux 6.15 copies what fsmount(2) has made too, of which no mount namespace is the origin. It is of a user
# namespace of alice's, so nothing is locked, and there is nothing to be had: no file of anybody else's, no
# device, and what the job's id writes lies in there.
if linux_6 15; then
	for how in engine user; do
		run "$call" -4 own -a $how "$engine" /home/alice "$LAUNCHER" mount 101 102
		is "$(verdict status):$(verdict mount):$(verdict 'detached nodev')$(verdict 'detached nosuid')$(verdict attach)" "0:yes:okokok" \
		    "B14 a mount of alice's own making, $how: mapped, and nothing is locked"
		is "$(verdict create) $(verdict mknod)" "EOVERFLOW EOVERFLOW" "B14 a mount of alice's own making, $how: nobody makes a device there"
	done
	run "$call" -4 own -a files "$engine" /home/alice "$LAUNCHER" mount 101 102
	is "$(verdict owner) $(verdict made) $(verdict 'give away') $(verdict device)" "101:102 ok EOVERFLOW EPERM" \
	    "B14 a mount of alice's own making: 101 writes there, gives nothing away, makes no device"
else
	refused 69 'is not of that mount namespace' "B14 a mount of alice's own making" -4 own "$engine" /home/alice
fi

# Whose the files are: of what id 101 of the engine writes, all is alice's on the disk.
run "$call" -a files "$engine" /home/alice/m/plain/d "$LAUNCHER" mount 101 102
is "$(verdict status) $(verdict 'owner')" "0 101:102" "B14 the directory belongs to 101:102 of the engine"
is "$(verdict made) $(verdict 'give away') $(verdict device)" "ok EOVERFLOW EPERM" "B14 101 writes there, gives nothing away, makes no device"
is "$(stat -c %u:%g /home/alice/m/plain/d/made)" 1000:1000 "B14 and what it wrote is alice's"
is "$(stat -c %u:%g /home/alice/m/plain/d)" 1000:1000 "B14 the directory is what it was"
done_testing
