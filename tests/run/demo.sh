#!/bin/sh
# The administrator's and the user's first minute, on this host; the last step of `make demo`, which
# has built and installed. Safe to repeat. Shows each command that it runs.
set -eu
PATH=${PREFIX:-/usr/local}/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
# A user may have no right to be where this was started.
cd /

show() {
	printf '\n# %s\n' "$*"
	"$@"
}

# The user behind sudo; without one, an account for this.
user=${SUDO_USER:-root}
if [ "$user" = root ]; then
	user=berth-demo
	if ! id -u "$user" >/dev/null 2>&1; then
		echo "There is no ordinary user behind this command: one is made, $user."
		show useradd --create-home --shell /bin/sh --comment 'berth demonstration' "$user"
	else
		echo "The ordinary user of this demonstration is $user."
	fi
fi
uid=$(id -u "$user")
home=$(getent passwd "$user" | cut -d: -f6)

# Can the file system below directory $1 carry the writable layer of a job? Tried, out of sight.
carries_overlay() {
	probe=$(mktemp -d "$1/.berth-probe.XXXXXX" 2>/dev/null) || return 1
	mkdir "$probe/lower" "$probe/upper" "$probe/work" "$probe/root"
	result=0
	unshare --mount --propagation private -- mount -t overlay -o \
	    "userxattr,lowerdir=$probe/lower,upperdir=$probe/upper,workdir=$probe/work" \
	    berth-probe "$probe/root" 2>/dev/null || result=1
	rm -rf "$probe"
	return "$result"
}

root=$home/.local/state/berth
if ! { [ -d "$home" ] && carries_overlay "$home"; }; then
	root=/var/lib/berth/$uid
	echo "The file system of $home cannot carry an overlay: the state goes to $root."
fi

[ "$root" = "/var/lib/berth/$uid" ] || [ -d "${root%/*}" ] ||
	show runuser -u "$user" -- mkdir -p "${root%/*}"
show berth daemon start "--root=$root" "--allow-user=$user" --entitlements=security.confined
show runuser -u "$user" -- berth run host -- id
show runuser -u "$user" -- berth daemon state

cat <<TXT

The last two commands ran as $user, who is uid $uid on this host and needed no sudo: from now on
that user's "berth run" starts all that it needs by itself. In the container it is root of a user
namespace of its own, and of nothing else. To take it back:  sudo berth revoke $user
TXT
