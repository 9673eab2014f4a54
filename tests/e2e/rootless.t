#!/usr/bin/env bash
# Without a grant: the user's own engine, where the host gives user namespaces to users. dave has a
# subordinate range, erin has none; who is granted anything gets the launcher's engine instead.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"

echo "erin:x:1004:1004::/home/erin:/bin/bash" >>/etc/passwd
echo "erin:x:1004:" >>/etc/group
install -d -m 0700 -o 1004 -g 1004 /home/erin
own=/home/dave/.local/state/berth
# What an engine has just forked is called as it is for a moment.
engines() {
	ps -eo pid=,ppid=,comm= | awk '$3 == "berth-engine" { of[$1] = $2 } END { for (pid in of) n += !(of[pid] in of); print n + 0 }'
}
one_engine() {
	[ "$(engines)" -eq 1 ]
}
no_engine() {
	! pgrep -x 'berth-engine|berth-init|berth-job' >/dev/null
}
stop_all() {
	pkill -KILL -x berth-engine
	wait_for 5 no_engine
}
# maps USER: uid_map and gid_map of a job of USER's
maps() {
	as "$1" berth run -q host cat /proc/self/uid_map /proc/self/gid_map | tr -s ' ' | sed 's/^ //'
}
mode() {
	as "$1" berth --format=json daemon state | jq -r .mode
}

# --- a host, or a quota, that gives no session keyring
run "$TESTBIN/inject" 1003 keyctl child 1 EPERM /usr/bin/env -i HOME=/home/dave /usr/local/bin/berth run -q host echo up
like "$err" 'inject: child 1 1 -1' "the engine asks for a session keyring of its own, and gets none"
is "$rc:$out" "0:up" "and serves all the same"
stop_all

# --- with a range
run as dave berth run host sh -c 'id -u; echo $((1 + 1)); exit 7'
is "$rc:$out" $'7:0\n2' "no grant: a job runs all the same"
like "$err" '^berth: no grant: dave \(uid 1003\); a rootless engine starts, with the user.s subordinate ids$' \
    "and it is said, why and with which ids"
run as dave berth run host true
is "$rc:$err" "0:" "said once"
is "$(engines)" 1 "by one engine"
range=$'0 1003 1\n1 296608 65536\n0 1003 1\n1 296608 65536'
is "$(maps dave)" "$range" "the maps are those that a grant gives"
run as dave berth run -u 1000:1000 host sh -c 'id -u; id -g; id -G'
is "$rc:$out" $'0:1000\n1000\n1000' "-u 1000"
mkdir /home/dave/d
chown dave:dave /home/dave/d
run as dave berth run -v /home/dave/d:/d host sh -c 'echo x >/d/f; chown 1:1 /d/f; echo y >/d/g'
is "$rc:$(stat -c %u:%g /home/dave/d/g /home/dave/d/f | tr '\n' ' ')" "0:1003:1003 296608:296608 " \
    "what a job writes is the user's, or of the user's range"
run as dave berth run host sh -c 'id -un 1003; cat /proc/sys/user/max_user_namespaces; unshare -U true || echo no'
is "$rc:$out" $'0:dave\n0\nno' "the account is in the image host; namespaces cannot be nested"
run as dave berth run --device /dev/null:/x host true
isnt "$rc" 0 "what is not there without a grant either"
is "$(stat -c '%u %a' "$own" "$own/run" "$own/run/engine.sock" "$own/run/lock" "$own/jobs" | tr '\n' ' ')" \
    "1003 700 1003 700 1003 600 1003 600 1003 700 " "its files are the user's and closed to others"
is "$(find /run/berth /var/lib/berth -user dave 2>/dev/null)" "" "nothing of it stands where root's engines live"
is "$(log_text | grep -c berth)" 0 "and root's log has no word of it"

# --- what it says of itself
like "$(as dave berth info)" 'mode +rootless' "info says so"
like "$(as dave berth info)" 'subuid +296608:65536' "info: with which ids"
run as dave berth --format=json info
is "$(jq -c '[.allowed, .reason, .mode, .root, .subuid.start, .subgid.count, .engine, .closed]' <<<"$out")" \
    '[false,"no_grant","rootless","/home/dave/.local/state/berth",296608,65536,true,null]' "info in JSON"
is "$(mode dave)" rootless "daemon state, too"
like "$(as dave berth daemon state)" 'mode +rootless' "for people as well"
is "$(as dave berth --format=json daemon state | jq -c '[.root, .entitlements, .timeout]')" \
    '["/home/dave/.local/state/berth",["security.confined","network.host","mount=*","image=*"],600]' \
    "with its root, what it allows and when it leaves"
run as dave berth explain -- run -v /home/dave:/h --network host host id
is "$rc:$(grep -c "allow *the user's own rights" <<<"$out")" "0:4" "explain: by the user's own rights"
run as dave berth explain --format=json -- run --cap-add SYS_ADMIN host id
is "$rc:$(jq -r .allowed <<<"$out")" "77:false" "explain: what nobody has"
is "$(as dave berth grants 2>&1)" "berth: nothing is granted to this user" "grants: none"

# --- the process that stays has nothing of the call that started it
stop_all
as_env dave TOKEN=hush-hush -- berth run -q --name canary-word host true
init=$(pgrep -u dave -x berth-init)
like "$init $(pgrep -P "$init" -x berth-engine)" '^[0-9]+ [0-9]+$' "an init and its engine stay"
for pid in $init $(pgrep -P "$init" -x berth-engine); do
	is "$(tr '\0' '\n' <"/proc/$pid/cmdline" | grep -c 'canary-word'):$(grep -c hush-hush "/proc/$pid/environ")" "0:0" \
	    "$(cat "/proc/$pid/comm"): neither words nor environment of the first call"
	is "$(readlink "/proc/$pid/cwd"):$(ps -o sid= -p "$pid" | tr -d ' '):$(ps -o tty= -p "$pid")" \
	    "$([ "$pid" = "$init" ] && echo / || echo "$own"):$init:?" \
	    "$(cat "/proc/$pid/comm"): no directory, session or terminal of the caller's"
	is "$(as dave cat "/proc/$pid/environ" 2>&1 | grep -c denied)" 1 "$(cat "/proc/$pid/comm"): and cannot be traced"
done
is "$(find "/proc/$init/fd" -type l)" "" "its init holds no descriptor"
as dave bash -c 'trap "" TERM HUP; cd /tmp; exec berth daemon stop'
wait_for 5 no_engine
run as dave bash -c 'trap "" TERM HUP CHLD; ulimit -c 0; umask 777; exec berth run -q host sh -c "umask; kill -TERM \$\$; echo no"'
is "$rc:$out" "143:0022" "signals and umask of the caller are not those of jobs"

# --- one id
stop_all
one=$'0 1004 1\n0 1004 1'
run as erin berth run host sh -c 'id -u; ls -ld /dev/pts /tmp | cut -c1-10; echo >/tmp/x; exit 3'
is "$rc:$out" $'3:0\ndrwxr-xr-x\ndrwxrwxrwt' "one id: a job runs"
like "$err" 'a rootless engine starts, with one id, for /etc/subuid and /etc/subgid have no range' "and it is said"
is "$(maps erin)" "$one" "one id: the map"
like "$(as erin berth info)" 'subuid +none, one id only' "one id: info"
run as erin berth run -u 1000 host id
is "$rc" 125 "one id: -u 1000"
like "$err" 'its number is not among the ids that you have' "is told"
run as erin berth run -u 0:5 host id
is "$rc" 125 "one id: -u 0:5"
mkdir /home/erin/d
chown erin:erin /home/erin/d
run as erin berth run -v /home/erin/d:/d host sh -c 'echo y >/d/g && rm -rf /d/none'
is "$rc:$(stat -c %u:%g /home/erin/d/g)" "0:1004:1004" "one id: what a job writes is the user's"
stop_all

run as_env erin SLURM_JOB_ID=1 -- berth run -q host echo ok
is "$rc:$out" "0:ok" "a batch job without a grant: the same engine"
run as erin berth --format=json run --once host true
is "$rc:$(jq -r .reason <<<"$err")" "125:no_grant" "--once wants a grant"
like "$(as erin berth daemon logs)" 'rootless engine started' "daemon logs"
run as erin berth daemon reset --force
is "$rc:$(find /home/erin/.local/state/berth -mindepth 1 -maxdepth 1 ! -name "engine.log*" -printf %f)" "0:run" "daemon reset"
run as erin berth run -q host echo ok
is "$rc:$out" "0:ok" "and on it goes"
stop_all

# --- with a range, but not the way to it
mkdir -p /srv/bin/{up,work}
mount -t overlay -o lowerdir=/usr/bin,upperdir=/srv/bin/up,workdir=/srv/bin/work overlay /usr/bin
rm /usr/bin/newuidmap /usr/bin/newgidmap
run as dave berth run host cat /proc/self/uid_map
like "$rc:$err" '^0:berth: no grant.*with one id, for newuidmap and newgidmap \(package uidmap\) are not installed$' "no newuidmap: one id"
is "$(maps dave)" $'0 1003 1\n0 1003 1' "no newuidmap: the map"
umount -l /usr/bin
stop_all
run as dave setpriv --no-new-privs berth run host true
like "$rc:$err" '^0:berth: no grant.*with one id, for newuidmap or newgidmap refused' "no_new_privs: newuidmap cannot, one id"
stop_all
cp /etc/subgid /run/arena/subgid
sed -i '/^dave:/d' /etc/subgid
run as dave berth run host cat /proc/self/uid_map /proc/self/gid_map
is "$rc:$(tr -s ' ' <<<"$out" | sed 's/^ //')" $'0:0 1003 1\n1 296608 65536\n0 1003 1' "a range of uids alone is used"
stop_all
# Lines that newuidmap would take for somebody's, and that are nobody's: A24 in small.
for line in "dave:0:65536" "dave:1003:10" "dave:1:1000" "dave:4294967295:1" "dave:-1:5" "dav:296608:65536" \
    "1003 :296608:1" "dave:296608:65536:1" "$(head -c 5000 /dev/zero | tr '\0' d):1:1" $'dave\t:5:5' ; do
	printf '%s\n' "$line" | tee /etc/subuid >/etc/subgid
	is "$(maps dave)" $'0 1003 1\n0 1003 1' "/etc/subuid: ${line:0:20} gives no range"
	stop_all
done
printf 'dave:0:5\n1003:300000:1000\n' | tee /etc/subuid >/etc/subgid
is "$(maps dave)" $'0 1003 1\n1 300000 1000\n0 1003 1\n1 300000 1000' "/etc/subuid: by number, after a bad line"
stop_all
rm /etc/subuid
mkfifo /etc/subuid
run as dave timeout 100 berth run -q host true
is "$rc" 0 "/etc/subuid: a FIFO is not waited for"
rm /etc/subuid
stop_all
printf 'dave:296608:65536\n' | tee /etc/subuid >/etc/subgid

# --- twenty clients and no engine
# They begin at the same moment: each waits for a lock that is let go when all of them are there.
race() {
	local n failed='' pids=()
	exec 9>/run/arena/gate
	flock -x 9
	for n in {1..20}; do
		as dave flock -s /run/arena/gate berth run -q host sh -c "exit $n" >/dev/null 2>&1 9>&- &
		pids+=($!)
	done
	wait_for 5 all_wait
	exec 9>&-
	for n in {1..20}; do
		rc=0
		wait "${pids[n - 1]}" || rc=$?
		[ $rc -eq "$n" ] || failed="$failed $n($rc)"
	done
	is "$failed" "" "$1"
	ok "$1: one engine" wait_for 5 one_init
}
one_init() {
	[ "$(pgrep -xc berth-init)" -eq 1 ]
}
all_wait() {
	[ "$(pgrep -xc flock)" -eq 20 ]
}
for round in 1 2 3 4 5; do
	race "twenty clients at once, round $round: each has its job"
	stop_all
done
as dave berth run -q host true
kill -KILL "$(engine_pid dave)"
race "twenty more, as the engine is killed"

# --- its life
job_of_daves() {
	: >/run/arena/out
	(cd /home/dave && exec setpriv --reuid=dave --regid=dave --init-groups --inh-caps=-all \
	    env -i HOME=/home/dave /usr/local/bin/berth run -q "$@") >/run/arena/out 2>&1 &
	client=$!
	wait_for 5 grep -q up /run/arena/out
}
job_of_daves host sh -c 'echo up; sleep 300'
first=$(engine_pid dave)
kill -KILL "$first"
# Without a launcher the jobs are in the pid namespace of their engine's init, which lives on.
run as dave berth run -q host echo next
is "$rc:$out" "0:next" "the engine is killed: the next call works"
isnt "$(engine_pid dave)" "$first" "by another engine"
ok "the job goes on" kill -0 "$client"
kill "$client"
wait_job
is "$rc" 143 "until it is asked to end"
no_job_of_daves() {
	[ -z "$(ls -A "$own/jobs")" ]
}
ok "nothing is left of its jobs" wait_for 10 no_job_of_daves
run as dave berth daemon stop
ok "daemon stop" wait_for 5 no_engine
run as dave berth daemon state
is "$rc:$out" "69:engine       not running" "daemon state without an engine"
chmod 0 "$own/run/lock"
run as dave berth run -q host true
is "$rc" 125 "a lock that cannot be opened"
like "$err" "cannot open $own/run/lock" "is named"
rm "$own/run/lock"
mkdir "$own/run/engine.sock.new" && chown dave "$own/run/engine.sock.new"
run as dave berth run -q host true
is "$rc:$(wc -l <<<"$err")" "125:2" "a directory where the socket is to be made"
rmdir "$own/run/engine.sock.new"
run as dave bash -c 'ulimit -u 1; exec berth run -q host true'
is "$rc" 125 "no process is left to the user"
like "$err" 'cannot make a process for the engine' "that is what is said"
# Whatever step of the start it dies at, the next one works.
for n in 1 2 3 4 5 6 7 8; do
	as dave timeout -s KILL "0.00$n" berth run -q host true >/dev/null 2>&1
done
run as dave berth run -q host echo ok
is "$rc:$out" "0:ok" "clients that are killed while they start it: the next call works"
ok "and there is one engine" wait_for 5 one_engine
stop_all

# --- where it lives
elsewhere() {
	local name=$1 regex=$2
	run as_env dave XDG_STATE_HOME=/home/dave/s -- timeout 100 berth run -q host echo ok
	is "$rc:$out" "125:" "a state root $name: no job"
	like "$err" "$regex" "a state root $name: says why"
	ok "a state root $name: no engine" wait_for 5 no_engine
}
dir=/home/dave/s/berth
install -d -o dave -g dave /home/dave/s
mkdir -p /srv/{low,up,work} $dir
mount -t overlay -o lowerdir=/srv/low,upperdir=/srv/up,workdir=/srv/work overlay $dir
chown dave $dir
elsewhere "on an overlay" "the state directory $dir cannot be used.*cannot carry an overlay.*XDG_STATE_HOME="
umount $dir
chown alice $dir
elsewhere "of somebody else's" "$dir.*cannot be used"
chown dave $dir
chmod 777 $dir
elsewhere "that others can write" "the state directory $dir cannot be used.*others can write.*chmod 700 $dir"
rm -rf $dir
ln -s /home/dave $dir
elsewhere "that is a link" "the directory $dir cannot be used"
rm $dir
mount -t tmpfs -o ro tmpfs /home/dave/s
elsewhere "on a read-only file system" "the directory $dir cannot be used.*Read-only"
umount /home/dave/s
rm -rf /home/dave/s
run as_env dave HOME= -- berth run -q host true
is "$rc:$(find $own/run -name engine.sock)" "0:$own/run/engine.sock" "without HOME: the home of /etc/passwd"
stop_all
run as_env dave HOME=/nonexistent -- berth run -q host true
like "$rc:$err" '^125:.*/nonexistent/.local.*cannot be used' "a home that is not there: is named"
run as_env dave XDG_STATE_HOME=relative -- berth run -q host true
is "$rc:$(find $own/run -name engine.sock)" "0:$own/run/engine.sock" "a relative XDG_STATE_HOME is ignored"
stop_all

# --- a grant comes, and goes
run as dave berth run -q host true
start_job_pid=$(engine_pid dave)
job_of_daves host sh -c 'echo up; sleep 1; echo done; exit 9'
grant dave security.confined >/dev/null
run as dave berth run host cat /proc/self/uid_map
is "$rc" 0 "a grant comes: the next call has it"
is "$(mode dave)" shared "from the launcher's engine"
wait_job
is "$rc:$(tail -n1 /run/arena/out)" "9:done" "the job of the rootless engine goes on to its end"
gone() {
	[ ! -d "/proc/$start_job_pid" ]
}
ok "then that engine leaves" wait_for 10 gone
run as dave berth run --network host host true
is "$rc" 125 "what is not granted is refused, whatever a rootless engine would allow"
is "$(as dave berth --format=json info | jq -c '[.allowed, .mode]')" '[true,"shared"]' "info: shared"
revoke dave >/dev/null
run as dave berth run host true
is "$rc" 0 "it is revoked: the user's own engine again"
like "$err" '^berth: (the grant was revoked|no grant): dave \(uid 1003\); a rootless engine starts' "said"
run as dave berth run host true
is "$rc:$err" "0:" "once"
is "$(mode dave)" rootless "rootless again"
stop_all

# --- a grant that is there, but gives nothing: never rootless
refused() {
	local name=$1 regex=$2
	run as dave berth run host true
	like "$rc:$err" "^125:.*$regex" "$name: refused"
	is "$(engines)" 0 "$name: and no engine"
}
file=/etc/berth/allow/uid-1003.conf
grant dave security.confined >/dev/null
cp -p $file /run/arena/grant
echo 'until = 2001-01-01T00:00Z' >>$file
refused "an expired grant" 'has ended'
is "$(as dave berth --format=json info | jq -c '[.reason, .mode]')" '["expired",null]' "an expired grant: info"
cp -p /run/arena/grant $file
echo 'nonsense = yes' >>$file
refused "a malformed grant" "$file:[0-9]+"
cp -p /run/arena/grant $file
sed -i 's/^entitlements = .*/entitlements = network.host/' $file
refused "a grant of something else" 'security.confined is not granted'
rm $file
printf '[grant]\ngid = 1003\nexcept-uid = 1003\nentitlements = security.confined\nsubids = auto\n' >/etc/berth/allow/gid-1003.conf
refused "a user who is excluded" 'excluded'
rm /etc/berth/allow/gid-1003.conf
mv /etc/berth/berth.conf /etc/berth/away
refused "no berth.conf" 'berth.conf'
mv /etc/berth/away /etc/berth/berth.conf
chmod 700 /etc/berth
refused "a policy that cannot be read" ''
chmod 755 /etc/berth
grant dave security.confined >/dev/null
chmod u-s "$LAUNCHER"
refused "a grant, and a launcher without its bit" 'no setuid bit'
chmod u+s "$LAUNCHER"
rm $file

# --- berth is not installed whole
mv /etc/berth /etc/berth.away
mv "$LAUNCHER" "$LAUNCHER.away"
run as dave berth run -q host echo ok
is "$rc:$out" "0:ok" "no /etc/berth and no launcher: they are not needed"
stop_all
run "$TESTBIN/no_userns" 1003 /usr/local/bin/berth run host true
like "$rc:$err" '^125:berth: refused: dave \(uid 1003\) has no grant' "no launcher, no user namespaces: what is missing is a grant"
mv "$LAUNCHER.away" "$LAUNCHER"
mv /etc/berth.away /etc/berth
mv "$ENGINE" "$ENGINE.away"
run as dave berth run host true
like "$rc:$err" "^125:berth: cannot run $ENGINE" "no engine: is named"
mv "$ENGINE.away" "$ENGINE"

# --- the host does not allow it
closed=("$TESTBIN/no_userns" 1003 /usr/local/bin/berth)
run "${closed[@]}" run host true
is "$rc" 125 "user namespaces are closed: 125"
is "$err" "berth: refused: dave (uid 1003) has no grant on this host
  and user namespaces are closed to users here: user.max_user_namespaces is 0, or that many are in use
  an administrator can allow it:  sudo berth grant dave security.confined" "which switch, and what would help"
run "${closed[@]}" daemon start
is "$rc" 77 "daemon start: 77"
run "${closed[@]}" --format=json daemon start
is "$(jq -r .reason <<<"$err")" no_grant "daemon start, JSON: no_grant"
run "${closed[@]}" --format=json run host true
is "$(jq -r .reason <<<"$err")" no_grant "JSON: no_grant"
run "${closed[@]}" --format=json info
is "$rc:$(jq -c '[.allowed, .reason, .mode, .closed]' <<<"$out")" \
    '0:[false,"no_grant",null,"user namespaces are closed to users here: user.max_user_namespaces is 0, or that many are in use"]' "info says why"
is "$(engines)" 0 "and nothing was started"
run as dave unshare -U --map-user=1003 berth run host true
is "$rc" 125 "inside of somebody's user namespace"
like "$err" 'it is inside a user namespace' "is told"
run berth run host true
like "$rc:$err" '^125:.*root does not run jobs' "root runs no jobs, without a grant either"
is "$(find /root -name berth)" "" "nor has a state directory"
done_testing
