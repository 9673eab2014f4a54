#!/usr/bin/env bash
# A14, A15, A28: links, FIFOs and files in directories that all may write to, on a kernel which guards them
# (fs.protected_*) and on one that does not: berth leans on none of these switches.
. "${BASH_SOURCE[0]%/*}/../../attack/launcher.sh"
arena_enter "$@"
guarded=$(cat /proc/sys/fs/protected_hardlinks)
launcher_world
allow alice
# On the launcher's file system, open to all, as /var/tmp can be.
shared=/usr/local/shared
mkdir -m 1777 $shared

run as alice ln "$LAUNCHER" $shared/berth-launcher
is "$rc" "$guarded" "A14 control: a user links to root's file, or not"
# --- a name of the launcher's beside an engine of the attacker's
if [ -e $shared/berth-launcher ]; then
	is "$(stat -c %h "$LAUNCHER")" 2 "A14 control: it is another name of the launcher, setuid bit and all"
	as alice sh -c "printf '#!/bin/sh\nid >/tmp/mine\n' >$shared/berth-engine && chmod 755 $shared/berth-engine"
	run as alice $shared/berth-launcher start
	case $rc in
	0) is "$(readlink "/proc/$(engine_pid alice)/exe")" "$ENGINE" "A14 by that name it starts the engine that is installed" ;;
	*) ok "A14 by that name it starts nothing ($err)" nothing_started ;;
	esac
	ok "A14 and not the one beside it" test ! -e /tmp/mine
	stop_engines
	# A15: what an upgrade does to the old one takes the bit from every name.
	install -m 0755 "$BUILD/berth-launcher" /run/arena/keep
	BUILD=$BUILD sh "$TOP/config/install.sh" install >/dev/null
	ok "A15 after an upgrade the old name has no setuid bit" test ! -u $shared/berth-launcher
	isnt "$(stat -c %i $shared/berth-launcher)" "$(stat -c %i "$LAUNCHER")" "A15 control: it is the old file"
	run as alice $shared/berth-launcher start
	isnt "$rc" 0 "A15 and starts nothing"
	install -m 0711 "$TESTBIN/dummy_engine" "$ENGINE"
	chmod 4755 "$LAUNCHER"
	rm -f $shared/berth-*
fi
# A link by name is no other file.
as alice ln -s "$LAUNCHER" $shared/berth-launcher
as alice sh -c "printf '#!/bin/sh\nid >/tmp/mine\n' >$shared/berth-engine && chmod 755 $shared/berth-engine"
run as alice $shared/berth-launcher start
is "$rc" 0 "A14 through a symbolic link it starts"
is "$(readlink "/proc/$(engine_pid alice)/exe")" "$ENGINE" "A14 the engine that is installed"
ok "A14 not the one beside the link" test ! -e /tmp/mine
stop_engines
rm -f $shared/*

# --- links to policy
run as alice ln /etc/berth/allow/uid-1000.conf /etc/berth/allow/uid-1001.conf
isnt "$rc" 0 "A18 nobody but root links in /etc/berth/allow"
ln /etc/berth/allow/uid-1000.conf /etc/berth/allow/uid-1001.conf
refuses 78 '/etc/berth/allow/uid-1001.conf' "A18 a grant with two names is none" as bob "$LAUNCHER" start
rm /etc/berth/allow/uid-1001.conf

# --- what another user planted where root or alice will write
# carol has been there before, in directories that are open to all and sticky.
rm $ALLOW/uid-1000.conf
grant alice security.confined >/dev/null
BUILD=$BUILD sh "$TOP/config/install.sh" install >/dev/null
chmod 4755 "$LAUNCHER"
canary_plant
for name in berth berth-1000 berth-engine engine.log engine.sock jobs 1000; do
	for dir in /tmp /var/tmp /dev/shm; do
		as carol ln -s /srv/canary/root $dir/$name
	done
done
as carol mkfifo -m 666 /tmp/state
as carol touch /var/tmp/state
run as alice berth run host -- sh -c 'echo ok'
is "$rc:$out" "0:ok" "A28 a job runs over what carol planted"
mkdir -m 1777 /srv/open
for what in symlink fifo file; do
	case $what in
	symlink) as carol ln -s /srv/canary/bob /srv/open/state ;;
	fifo) as carol mkfifo -m 666 /srv/open/state ;;
	file) as carol sh -c 'umask 0; echo x >/srv/open/state' ;;
	esac
	as alice berth daemon stop >/dev/null 2>&1
	sed -i 's|^root = .*|root = /srv/open/state|' /etc/berth/allow/uid-1000.conf
	run as alice timeout 60 berth daemon start
	is "$rc" 71 "A28 a $what of carol's in the place of the state directory is refused"
	rm -f /srv/open/state
done
canary_is_untouched "$out$err" "A28 and no canary was touched"
done_testing
