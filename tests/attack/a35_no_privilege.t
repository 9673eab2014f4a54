#!/usr/bin/env bash
# A35: started so that the kernel does not make it root, or where it must not work, the launcher says
# which it is, in one clear message, and has done nothing.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace setpriv unshare chroot
launcher_world
allow alice
engine_says R
cannot='^berth: the launcher cannot work as it was started'

# clean NAME CMD...: the launcher's part of a run without privilege changes nothing. There must be a
# program in front of it: strace -u does itself what a setuid bit asks for, and asks no kernel.
clean() {
	local name=$1
	shift
	early_trace /run/arena/whole alice "$@"
	of_launcher /run/arena/whole >/run/arena/trace
	like "$rc:$(grep -cE ' exit_group\(7[18]\)' /run/arena/trace)" '^7[18]:1$' "A35 $name: control: it was seen to refuse"
	early_is_clean /run/arena/trace "A35 $name: EARLY"
}

noprv_snapshot /run/arena/before
refuses 71 "$cannot.*no_new_privs" "A35 no_new_privs" as alice setpriv --no-new-privs "$LAUNCHER" start
clean no_new_privs setpriv --no-new-privs "$LAUNCHER" start

if as alice unshare --user --map-root-user true 2>/dev/null; then
	refuses 71 "$cannot.*inside a user namespace" "A35 in a user namespace, as its root" \
	    as alice unshare --user --map-root-user "$LAUNCHER" start
	refuses 71 "$cannot.*inside a user namespace" "A35 in a user namespace, as nobody" \
	    as alice unshare --user "$LAUNCHER" start
	refuses 71 "$cannot.*inside a user namespace" "A35 in a user namespace, as oneself" \
	    as alice unshare --user --map-current-user "$LAUNCHER" start
	clean "user namespace" unshare --user --map-root-user "$LAUNCHER" start
	# A procfs with another map in it, which the user can mount there, helps nobody.
	refuses 71 '^berth: ' "A35 in a user namespace with a false uid_map" as alice unshare --user \
	    --map-root-user --mount sh -c 'printf "         0          0 4294967295\n" >/tmp/map &&
		mount --bind /tmp/map /proc/self/uid_map; exec "$0" start' "$LAUNCHER"
	rm -f /tmp/map
else
	skip "A35 in a user namespace" "this host closes user namespaces to users"
fi

refuses 71 "$cannot.*traced" "A35 traced by its user" as alice strace -qq -o /dev/null "$LAUNCHER" start

chmod 0755 "$LAUNCHER"
refuses 78 "$cannot.*no setuid bit" "A35 the setuid bit is missing" as alice "$LAUNCHER" start
clean "no setuid bit" env "$LAUNCHER" start
chmod 4755 "$LAUNCHER"

mount --bind "${LAUNCHER%/*}" "${LAUNCHER%/*}"
mount -o remount,bind,nosuid "${LAUNCHER%/*}"
refuses 78 "$cannot.*nosuid" "A35 its file system is nosuid" as alice "$LAUNCHER" start
clean nosuid env "$LAUNCHER" start
umount "${LAUNCHER%/*}"
noprv_is_same /run/arena/before "A35 NOPRIV"

# Root's chroot. To see where pid 1 is the launcher needs a procfs, so there is no EARLY; and where
# the new root is a mount of the same directory, the kernel is the one that refuses.
root_dir=/run/arena/root
mkdir "$root_dir"
mount -t tmpfs -o mode=755 arena "$root_dir"
for dir in usr etc proc sys dev home var; do
	mkdir "$root_dir/$dir"
	mount --rbind "/$dir" "$root_dir/$dir"
done
for dir in bin lib lib64; do
	ln -s "usr/$dir" "$root_dir/$dir"
done
mkdir "$root_dir/run"
refuses 71 '^berth: the launcher does not work inside a chroot or container' "A35 in a chroot" \
    chroot --userspec=alice:alice "$root_dir" "$LAUNCHER" start
refuses 71 '^berth: the launcher does not work inside a chroot or container' \
    "A35 in a chroot with a mount namespace of its own" \
    unshare --mount --propagation private chroot --userspec=alice:alice "$root_dir" "$LAUNCHER" start
umount -l "$root_dir"
mount --rbind / "$root_dir"
run chroot --userspec=alice:alice "$root_dir" "$LAUNCHER" start
like "$rc $err" '^71 berth: cannot make a user namespace.*is this a chroot' "A35 in a chroot to the same directory"
ok "A35 in a chroot to the same directory: nothing runs" wait_for 5 none_of_ours
stop_engines
umount -l "$root_dir"

# The bounding set of a container's root.
refuses 71 'lacks capabilities that root has.*0x200000' "A35 root without CAP_SYS_ADMIN" \
    setpriv --reuid=alice --regid=alice --clear-groups --bounding-set=-sys_admin "$LAUNCHER" start
refuses 71 'lacks capabilities that root has' "A35 root without capabilities" \
    setpriv --reuid=alice --regid=alice --clear-groups --bounding-set=-all "$LAUNCHER" start

run as alice "$LAUNCHER" start
is "$rc$err" 0 "A35 control: without any of it, it works"
done_testing
