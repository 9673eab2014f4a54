#!/usr/bin/env bash
# A04 (CVE-2025-32462, -32463: what a caller names took part in the policy): no argument, variable or
# directory of the caller alters which file is policy.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace
launcher_world

# Policy that would grant all, wherever a program might be talked into looking for it.
fake=/home/alice/fake
mkdir -p "$fake/etc" "$fake/berth"
allow alice
for place in "$fake/etc" "$fake" /home/alice/.config; do
	mkdir -p "$place"
	cp -r /etc/berth "$place/"
done
cp /etc/berth/allow/uid-1000.conf "$fake/x.conf"
rm "$ALLOW/uid-1000.conf"
chown -R alice: /home/alice
engine_says R

opens_of() {
	early_opens <(of_launcher /run/arena/trace) | sed 's|^//|/|'
}

early_trace /run/arena/trace alice "$LAUNCHER" start
is "$rc" 77 "A04 without any of it: refused"
baseline=$(opens_of)
baseline_err=$err
is "$baseline" "/dev/null
/dev/null
/proc/self/exe
/
/etc
/etc/berth
/etc/berth/berth.conf
/etc/berth/allow
/etc/berth/allow/uid-1000.conf
/etc/berth/allow
/etc/berth/allow/gid-1000.conf
/etc/berth/allow
/etc/berth/allow/gid-1000.conf
/etc/berth/allow
/etc/berth/allow/gid-2000.conf
/
/var
/var/lib
/var/lib/berth
/var/lib/berth/audit-rate" "A04 the files that it opens, all of them"

# same NAME CMD...
same() {
	local name=$1
	shift
	early_trace /run/arena/trace alice "$@"
	is "$rc:$err" "77:$baseline_err" "A04 $name: refused with the same words"
	is "$(opens_of)" "$baseline" "A04 $name: the same files"
}
for variable in "BERTH_CONFIG=$fake/berth.conf" "BERTH_ETC=$fake/etc/berth" "BERTH_PREFIX=$fake" \
    "HOME=$fake" "XDG_CONFIG_HOME=$fake" "XDG_CONFIG_DIRS=$fake" "XDG_RUNTIME_DIR=$fake" \
    "CHROOT=$fake" "SYSCONFDIR=$fake/etc" "SUDO_UID=1001" "PKEXEC_UID=1001" "PWD=$fake" \
    "BERTH_HOST=unix:$fake/x" "CDPATH=$fake"; do
	same "${variable%%=*}" env "$variable" "$LAUNCHER" start
done
same "a working directory with etc/berth" sh -c "cd $fake && exec $LAUNCHER start"
same "a relative call" sh -c 'cd /usr/local/libexec/berth && exec ./berth-launcher start'
same "a removed working directory" sh -c "mkdir $fake/gone && cd $fake/gone && rmdir $fake/gone && exec $LAUNCHER start"
same "another umask" sh -c "umask 0 && exec $LAUNCHER start"

for word in "--config=$fake/x.conf" -R "-C" "--root=$fake" "--chroot=$fake" "-h"; do
	refuses 64 '^berth: usage' "A04 $word alone" as alice "$LAUNCHER" "$word"
	refuses 64 '^berth: usage' "A04 $word before start" as alice "$LAUNCHER" "$word" start
	refuses 64 '^berth: usage' "A04 $word behind start" as alice "$LAUNCHER" start "$word"
done

# The control: the same files, where they count, do grant.
cp "$fake/x.conf" "$ALLOW/uid-1000.conf"
early_trace /run/arena/trace alice "$LAUNCHER" start
is "$rc" 0 "A04 control: in /etc/berth the same file grants"
done_testing
