#!/usr/bin/env bash
# A09: whatever umask the caller has, an administrator's or a user's, each path that is made has the
# mode and the owner that it is to have.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"

# Everything that is made: by the administrator's tool, a start without and with a state root, a job
# that runs and what is left of it.
made() {
	find /etc/berth /run/berth /var/lib/berth /home/alice/state /home/bob/state /sys/fs/cgroup/berth \
	    -printf '%y %m %U:%G %p\n' 2>/dev/null |
		grep -vE ' /sys/fs/cgroup/.*/[a-z]+\.[a-z_.]+$' |
		sed -E 's|/(jobs)/[0-9a-f]+|/\1/ID|; s|(/sys.*/)[0-9]+\.[0-9]+|\1START|' | sort -u
}
# The same world again and again.
afresh() {
	local user
	for user in alice bob; do
		as $user berth daemon stop --force >/dev/null 2>&1
	done
	wait_for 5 sh -c '! pgrep -x berth-engine'
	find /sys/fs/cgroup/berth -depth -type d -exec rmdir {} + 2>/dev/null
	rm -rf /run/berth /home/alice/state /home/bob/state /etc/berth /var/lib/berth/*
}
# What there is under umask $1: after grants, while a job runs, after it.
all_with() {
	afresh
	umask "$1"
	root "$ADMIN" grant alice security.confined --root=/home/alice/state >/dev/null
	root "$ADMIN" grant bob security.confined network.host >/dev/null
	root "$ADMIN" revoke bob network.host >/dev/null
	granted=$(made)
	as bob berth run -q host true
	start_job /run/arena/out host sh -c 'umask; mkdir /tmp/d; : >/tmp/d/f; stat -c %a /tmp/d /tmp/d/f; echo up; exec sleep 1000'
	umask 022
	wait_for 10 grep -q up /run/arena/out
	# its record is written a moment later
	wait_for 10 compgen -G '/home/alice/state/jobs/*/blob'
	running=$(made)
	said=$(cat /run/arena/out)
	kill -TERM "$client"
	wait_job
	jobs_are_gone
	over=$(made)
}

all_with 022
is "$said" $'0022\n755\n644\nup' "A09 a job's umask is 022"
is "$granted" 'd 700 1000:1000 /home/alice/state
d 755 0:0 /etc/berth
d 755 0:0 /etc/berth/allow
d 755 0:0 /var/lib/berth
f 600 0:0 /etc/berth/.lock
f 600 0:0 /var/lib/berth/audit-rate
f 644 0:0 /etc/berth/allow/uid-1000.conf
f 644 0:0 /etc/berth/allow/uid-1001.conf
f 644 0:0 /etc/berth/berth.conf
f 644 0:0 /etc/berth/ids' "A09 what a grant makes"
is "$(grep -v ' /home/' <<<"$running" | comm -13 <(echo "$granted") - | grep -v /sys/)" 'd 711 0:0 /run/berth/1000
d 711 0:0 /run/berth/1001
d 755 0:0 /run/berth
f 600 0:0 /run/berth/1000/lock
f 600 0:0 /run/berth/1001/lock
s 600 1000:1000 /run/berth/1000/engine.sock
s 600 1001:1001 /run/berth/1001/engine.sock' "A09 what a start makes"
[ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] || is "$(grep /sys/ <<<"$running")" 'd 700 0:0 /sys/fs/cgroup/berth
d 700 0:0 /sys/fs/cgroup/berth/1000
d 700 0:0 /sys/fs/cgroup/berth/1000/START
d 700 0:0 /sys/fs/cgroup/berth/1001
d 700 0:0 /sys/fs/cgroup/berth/1001/START
d 700 0:0 /sys/fs/cgroup/berth/launcher' "A09 and its cgroups"
is "$(grep -E ' /home/alice/state(/jobs(/ID)?)?$' <<<"$running")" 'd 700 1000:1000 /home/alice/state
d 700 1000:1000 /home/alice/state/jobs
d 700 1000:1000 /home/alice/state/jobs/ID' "A09 the user's state is closed to others"
is "$(grep ' /home/' <<<"$running" | grep -v ' 1000:1000 ')" "" "A09 and all of it is theirs"
is "$(comm -23 <(grep -v /jobs/ID <<<"$running") <(echo "$over"))" "" "A09 what stays has the same modes"
is "$(awk '$1 != "l" && $2 ~ /([2367]|[2367].)$/ && $4 !~ /state\/host\// { print }' <<<"$running")" "" "A09 others can write none of it"
usual=$granted/$running/$over
for mask in 000 777 077 002; do
	all_with $mask
	is "$said" $'0022\n755\n644\nup' "A09 umask $mask: a job's is 022"
	is "$granted/$running/$over" "$usual" "A09 umask $mask: every path is as it is with 022"
done
umask 000
: >/tmp/wide
umask 777
: >/tmp/closed
umask 022
is "$(stat -c %a /tmp/wide /tmp/closed | tr '\n' ' ')" "666 0 " "A09 control: other programs' paths are not"
ok "A09 nothing is left of the jobs" jobs_are_gone

# The installation, whatever root's umask.
installed() {
	find "$1" -printf '%y %m %U:%G %P\n' | sort
}
for mask in 022 000 077; do
	mkdir -m 755 "/tmp/dest.$mask"
	(umask "$mask" && BUILD=$BUILD DESTDIR=/tmp/dest.$mask sh "$TOP/config/install.sh" install >/dev/null)
done
like "$(installed /tmp/dest.022)" '755 0:0 usr/local/libexec/berth/berth-launcher' "A09 installed: without the setuid bit"
is "$(installed /tmp/dest.000)" "$(installed /tmp/dest.022)" "A09 installed under umask 000: the same modes"
is "$(installed /tmp/dest.077)" "$(installed /tmp/dest.022)" "A09 installed under umask 077: the same modes"
done_testing
