#!/usr/bin/env bash
# Without a grant: the user's own engine, where the host gives user namespaces to users. dave has a
# subordinate range, erin has none; who is granted anything gets the launcher's engine instead.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"

echo "erin:x:1004:1004::/home/erin:/bin/bash" >>/etc/passwd
echo "erin:x:1004:lab" >>/etc/group
install -d -m 0700 -o 1004 -g 1004 /home/erin
own=/home/dave/.local/state/berth
engines() {
	pgrep -xc berth-engine
}
no_engine() {
	! pgrep -x berth-engine >/dev/null
}
stop_all() {
	pkill -KILL -x berth-engine
	wait_for 5 no_engine
}
# maps USER: uid_map and gid_map of a job of USER's
maps() {
	as "$1" berth run -q host cat /proc/self/uid_map /proc/self/gid_map | tr -s ' ' | sed 's/^ //'
}

# --- with a range
run as dave berth run host sh -c 'id -u; echo $((1 + 1)); exit 7'
is "$rc:$out" $'7:0\n2' "no grant: a job runs all the same"
like "$err" '^berth: no grant: dave \(uid 1003\); a rootless engine starts, with the user.s subordinate ids$' \
    "and it is said, why and with which ids"
run as dave berth run host true
is "$rc:$err" "0:" "said once"
is "$(engines)" 1 "by one engine"
is "$(maps dave)" $'0 1003 1\n1 296608 65536\n0 1003 1\n1 296608 65536' "the maps are those that a grant gives"
run as dave berth run -u 1000:1000 host sh -c 'id -u; id -g'
is "$rc:$out" $'0:1000\n1000' "-u 1000"
mkdir /home/dave/d
chown dave:dave /home/dave/d
run as dave berth run -v /home/dave/d:/d host sh -c 'echo x >/d/f; chown 1:1 /d/f; echo y >/d/g'
is "$rc:$(stat -c %u:%g /home/dave/d/g /home/dave/d/f | tr '\n' ' ')" "0:1003:1003 296608:296608 " \
    "what a job writes is the user's, or of the user's range"
is "$(stat -c '%u %a' "$own" "$own/run" "$own/run/engine.sock" "$own/run/lock" "$own/jobs" | tr '\n' ' ')" \
    "1003 700 1003 700 1003 600 1003 600 1003 700 " "its files are the user's and closed to others"
is "$(find /run/berth /var/lib/berth -user dave 2>/dev/null)" "" "nothing of it stands where root's engines live"
stop_all

# --- with one id
run as erin berth run host sh -c 'id -u; ls -ld /dev/pts /tmp | cut -c1-10; echo >/tmp/x; exit 3'
is "$rc:$out" $'3:0\ndrwxr-xr-x\ndrwxrwxrwt' "one id: a job runs"
like "$err" 'with one id, for /etc/subuid and /etc/subgid have no range' "and it is said"
is "$(maps erin)" $'0 1004 1\n0 1004 1' "one id: the map"
run as erin berth run -u 1000 host id
is "$rc" 125 "one id: -u 1000"
like "$err" 'its number is not among the ids' "is told"
stop_all
done_testing
