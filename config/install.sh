#!/bin/sh
# Installs or removes berth. Called by `make install` and `make uninstall`.
#   BUILD=DIR [PREFIX=/usr/local] [DESTDIR=] config/install.sh install
#   [PREFIX=/usr/local] [DESTDIR=] [REVOKE=1] config/install.sh uninstall
# PREFIX must be the one that berth was built with. What is in /etc/berth is never replaced.
set -eu

config=$(cd "$(dirname "$0")" && pwd -P)
prefix=${PREFIX:-/usr/local}
dest=${DESTDIR:-}
bin=$dest$prefix/bin
libexec=$dest$prefix/libexec/berth
share=$dest$prefix/share
etc=$dest/etc/berth
var=$dest/var/lib/berth
# fish looks for what others bring in its own prefix only, which is /usr, and always in /etc.
fish=$dest/etc/fish/completions
[ "$prefix" != /usr ] || fish=$share/fish/vendor_completions.d

# A package is built by anybody; what is installed for use is root's.
if [ "$(id -u)" -eq 0 ]; then
	own_root() { chown root:root "$@"; }
else
	own_root() { :; }
fi

directory() {
	[ -d "$1" ] || {
		install -d -m 0755 "$1"
		own_root "$1"
	}
}

# put SOURCE TARGET MODE: by rename, so that a program that runs, or a reader, never meets half a
# file, and so that a write can never reach an inode that someone else has a link to.
put() {
	rm -f "$2.new"
	cp "$1" "$2.new"
	own_root "$2.new"
	chmod "$3" "$2.new"
	mv -f "$2.new" "$2"
}

is_setuid_root() {
	[ -f "$1" ] && [ ! -L "$1" ] && [ "$(stat -c %u "$1")" -eq 0 ] && [ -u "$1" ]
}

# No name of it, a user's hard link for one, keeps root's rights.
retire() {
	if is_setuid_root "$1"; then
		chmod 0755 "$1"
	fi
}

# `make install` never makes the launcher setuid: the first grant does. When the one that it
# replaces is setuid root, grants exist, and the new one takes that over, in this order:
#   1. the new one lies there, whole, without the bit, under its temporary name, in a directory that
#      only root writes to;
#   2. the old inode loses the bit: a user's hard link to it, or a process that is about to execute
#      it, must not keep an old bug alive with root's rights;
#   3. the new one gets the bit, and
#   4. takes the old one's place by rename.
# Between 2 and 4 a call meets a launcher without the bit; berth tries once more. An interruption
# leaves it like that: nobody gets in until the next grant or `berth daemon start` by the
# administrator sets it again. It never leaves two with it; and what it left between 3 and 4, under the
# temporary name, the next installation or removal treats as an old one.
put_launcher() {
	retire "$2.new"
	rm -f "$2.new"
	cp "$1" "$2.new"
	own_root "$2.new"
	chmod 0755 "$2.new"
	if is_setuid_root "$2"; then
		chmod 0755 "$2"
		chmod 4755 "$2.new"
	fi
	mv -f "$2.new" "$2"
}

install_all() {
	directory "$bin"
	directory "$libexec"
	put "$BUILD/berth" "$bin/berth" 0755
	put_launcher "$BUILD/berth-launcher" "$libexec/berth-launcher"
	# Execute only: a program that cannot be read cannot be traced by what runs in its namespace.
	put "$BUILD/berth-engine" "$libexec/berth-engine" 0711
	put "$BUILD/berth-archive" "$libexec/berth-archive" 0711
	put "$BUILD/berth-admin" "$libexec/berth-admin" 0755

	for page in "$config"/man/*.[1-8]; do
		[ -f "$page" ] || continue
		directory "$share/man/man${page##*.}"
		put "$page" "$share/man/man${page##*.}/${page##*/}" 0644
	done
	put_if_there "$config/io.berth.Engine.varlink" "$share/berth/io.berth.Engine.varlink"
	put_if_there "$config/completions/berth.bash" "$share/bash-completion/completions/berth"
	put_if_there "$config/completions/_berth" "$share/zsh/site-functions/_berth"
	put_if_there "$config/completions/berth.fish" "$fish/berth.fish"

	directory "$etc"
	directory "$etc/allow"
	[ -e "$etc/berth.conf" ] || put_if_there "$config/berth.conf" "$etc/berth.conf"
	directory "$var"
	if [ ! -e "$var/audit-rate" ]; then
		: >"$var/audit-rate"
		chmod 0600 "$var/audit-rate"
		own_root "$var/audit-rate"
	fi
	# Whole, and without holes: the launcher only rewrites a place in it, and a full disk must not hide refusals.
	dd if=/dev/zero of="$var/audit-rate" bs=16384 count=1 conv=notrunc 2>/dev/null
}

put_if_there() {
	[ -f "$1" ] || return 0
	directory "${2%/*}"
	put "$1" "$2" 0644
}

# What is left of a grant that was revoked says so and grants nothing (berth-allow(5)).
is_tombstone() {
	grep -q '^revoked *=' "$1" && ! grep -q '^entitlements *=' "$1"
}

grants() {
	for file in "$etc"/allow/*.conf; do
		[ -e "$file" ] || continue
		is_tombstone "$file" || printf '%s\n' "${file##*/}"
	done
}

# With REVOKE=1 nobody is to be told any more. Whose the ids were stays in /etc/berth/ids.
forget_revoked() {
	for file in "$etc"/allow/*.conf; do
		[ -e "$file" ] || continue
		! is_tombstone "$file" || rm -f "$file"
	done
}

# uid-1000.conf: revoke takes the number; gid-2000.conf: @2000.
revoke_all() {
	grants | while IFS= read -r file; do
		number=${file#?id-}
		number=${number%.conf}
		case $file in
		gid-*) number=@$number ;;
		esac
		"$libexec/berth-admin" revoke "$number" </dev/null
	done
}

uninstall_all() {
	if [ -z "$dest" ] && [ "${REVOKE:-}" = 1 ]; then
		[ -z "$(grants)" ] || revoke_all
		forget_revoked
	fi
	if [ -n "$(grants)" ]; then
		{
			echo "berth: not uninstalled: there are grants"
			echo "  $(grants | wc -l) in $etc/allow, and what runs on them would lose its way to end"
			echo "  revoke them first:  sudo make uninstall REVOKE=1"
		} >&2
		exit 77
	fi
	for program in "$bin/berth" "$libexec/berth-launcher" "$libexec/berth-engine" \
	    "$libexec/berth-archive" "$libexec/berth-admin"; do
		retire "$program"
		retire "$program.new"
		rm -f "$program" "$program.new"
	done
	for page in "$config"/man/*.[1-8]; do
		rm -f "$share/man/man${page##*.}/${page##*/}"
	done
	rm -f "$share/berth/io.berth.Engine.varlink" "$share/bash-completion/completions/berth" \
	    "$share/zsh/site-functions/_berth" "$fish/berth.fish"
	rm -f "$var/audit-rate"
	for empty in "$libexec" "$share/berth" "$etc/allow" "$var" "$fish" "${fish%/*}"; do
		rmdir "$empty" 2>/dev/null || :
	done
	# /etc/berth stays: berth.conf is the administrator's, and ids remembers which ranges were given
	# once, because setuid files of a range can outlive its grant.
}

case ${1-} in
install) install_all ;;
uninstall) uninstall_all ;;
*)
	echo "usage: install.sh install|uninstall" >&2
	exit 64
	;;
esac
