#!/usr/bin/env bash
# Maps of a job's own: --userns=keep-id, --uidmap, --gidmap. The user has the number in the job that was asked
# for, what is the user's on the host is that one's there, and the job's own files are its root's. The
# engine acts as the user all the same: nothing in the state root is anybody else's, and whoever is served
# is the user. What cannot be is refused with its reason, before anything is started.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs python3
grant alice security.confined 'mount=*' --engine=any >/dev/null
install -d -o alice -g alice /home/alice/data
echo mine >/home/alice/data/old
chown alice:alice /home/alice/data/old
chmod 600 /home/alice/data/old

# refuses REGEX NAME FLAGS...: three lines or fewer, and nothing has run
refuses() {
	local regex=$1 name=$2
	shift 2
	run job "$@" -v /home/alice/data:/d host touch /d/ran
	complained 125 "$regex" "$name" test ! -e /home/alice/data/ran
	rm -f /home/alice/data/ran
}
everything() {
	find "$STATE" ! -uid 1000 -printf '%P %U\n'
}

# --- keep-id ---------------------------------------------------------------------------------------
gives 'uid=1000(alice) gid=1000(alice) groups=1000(alice)' "keep-id: the user's own number" --userns=keep-id host id
is "$(everything)" "" "keep-id: all that is left in the state root is the user's"
gives '1000 1000 mine' "keep-id: the user's files are that number's, and can be read" \
    --userns=keep-id -v /home/alice/data:/d host sh -c 'echo $(stat -c "%u %g" /d/old) $(cat /d/old); echo >/d/new'
is "$(stat -c '%U:%G' /home/alice/data/new)" alice:alice "keep-id: and new ones are the user's on the host"
gives '0 0 0 0 0 0 0 0 1000' "keep-id: the job's own directories are its root's, but for its home" \
    --userns=keep-id host sh -c 'echo $(stat -c %u / /etc /etc/passwd /tmp /run /dev /dev/shm /root /home)'
run job --userns=keep-id host sh -c 'touch /etc/x /usr/x /x 2>/dev/null; touch /home/x /tmp/x && grep -h Cap /proc/self/status'
is "$rc:$(tr -d '\n\t ' <<<"$out")" \
    "0:CapInh:0000000000000000CapPrm:0000000000000000CapEff:0000000000000000CapBnd:00000000a80425fbCapAmb:0000000000000000" \
    "keep-id: such a user has no capability"
gives '101 102 101 102' "keep-id:uid=,gid=" --userns=keep-id:uid=101,gid=102 -v /home/alice/data:/d host sh -c \
    'rm /d/new; echo >/d/new; echo $(id -u) $(id -g) $(stat -c "%u %g" /d/new)'
is "$(stat -c '%U:%G' /home/alice/data/new)" alice:alice "keep-id:uid=,gid=: on the host it is the user's"
gives '70000 0' "keep-id:uid= beyond the range" --userns=keep-id:uid=70000,gid=0 host sh -c 'echo $(id -u) $(id -g)'
gives '0' "keep-id:uid=0: the usual map" --userns=keep-id:uid=0,gid=0 host id -u
gives '0 100000 1 1' "keep-id and --user=0: root of the job is no user of the host's" --userns=keep-id -u 0 host sh -c \
    'touch /x; chown 7:8 /x; chown 1000 /etc/passwd; echo $(id -u) $(head -n1 /proc/self/uid_map | tr -s " " | cut -d" " -f3) $(grep -c "CapEff.*a80425fb" /proc/self/status) $(id -G | wc -w)'
run job --userns=keep-id -u 0 -v /home/alice/data:/d host sh -c 'touch /d/roots; chown 5:5 /d/roots /d/old; chown 0:0 /d/new'
is "$(stat -c %u:%g /home/alice/data/roots /home/alice/data/old /home/alice/data/new | tr '\n' ' ')" \
    "100005:100005 100005:100005 100000:100000 " "keep-id and --user=0: what it gives away is of the granted range"
gives '1000 5' "keep-id: its terminal" --userns=keep-id -t host sh -c 'stat -c "%u %g" /dev/pts/0 | tr -d "\r\n"'
run job --userns=keep-id --keep-groups host id -G
like "$rc:$out" '^0:1000( |$)' "keep-id and --keep-groups"
make_image /home/alice/image
gives '1000 0 1000' "keep-id: a directory image, whose files are the user's" --userns=keep-id "${USR[@]}" /home/alice/image \
    sh -c 'echo $(id -u) $(stat -c %u / /etc)'
is "$(find /home/alice/image ! -user alice)" "" "and stay so"

# --- while it runs ---------------------------------------------------------------------------------
start_job /run/arena/out --name kept --userns=keep-id -v /home/alice/data:/d host sh -c 'touch /d/up; while [ ! -e /d/end ]; do sleep 0.1; done'
wait_for 20 test -e /home/alice/data/up
id=$(find "$STATE/jobs" -mindepth 1 -maxdepth 1 -type d -printf '%P\n' | grep -E '^[0-9a-f]{12}$')
who() {
	awk '$1 == "Uid:" || $1 == "Gid:" { print $2, $3, $4, $5 }' "$1"/status
}
processes() {
	local comm
	for comm in /proc/[0-9]*/comm; do
		! grep -qxE 'berth-(engine|job)' "$comm" 2>/dev/null || who "${comm%/comm}"
	done | sort -u
}
is "$(processes)" "1000 1000 1000 1000" "engine and supervisor are the user, whatever their number"
is "$(find "$STATE/jobs/$id" -maxdepth 1 ! -uid 1000 -printf '%P %U:%G\n')" "u 100000:100000" \
    "the job's root is its 0's, all else in its directory the user's"
run as alice berth exec kept id
is "$rc:$out" '0:uid=1000(alice) gid=1000(alice) groups=1000(alice)' "berth exec: the same user"
run as alice berth exec -u 0 kept sh -c 'id -u; cat /proc/self/uid_map'
like "$rc:$out" '^0:0.*1000 +1000 +1' "berth exec -u 0: in the same namespace"
# knock SECONDS CMD...: what a connection to the job's socket becomes in that time when nothing is said
knock() {
	local seconds=$1
	shift
	"$@" /usr/bin/python3 -c 'import socket, sys
sock = socket.socket(socket.AF_UNIX)
sock.settimeout(int(sys.argv[2]))
sock.connect(sys.argv[1])
try:
    print("closed" if sock.recv(1) == b"" else "talks")
except TimeoutError:
    print("waits")
except ConnectionError:
    print("closed")' "$STATE/jobs/$id/ctl" "$seconds"
}
is "$(knock 60 root) $(knock 1 as alice)" "closed waits" "E02 at the job's socket root is not served, the user is"
touch /home/alice/data/end
wait_job
is "$rc" 0 "it ends"
ok "and nothing is left of it" jobs_are_gone
rm /home/alice/data/{end,up}
is "$(everything)" "" "nothing of anybody else's is left in the state root"

# A process of the job that is the user has the supervisor's number, and nothing else of it.
for user in 1000 0; do
	run job --userns=keep-id -u $user "${PROBE[@]}" host sh -c '/t/probe processes 300; kill -KILL 1; kill -STOP 1
	    for f in environ mem root/etc/passwd fd/3 cwd/.; do test ! -r /proc/1/$f || echo "had $f"; done; echo end'
	is "$rc:$(grep -v '^seen [23]$' <<<"$out")" "0:end" "C32 user $user of a job with a map gets nothing of its supervisor"
done

# --- left behind -----------------------------------------------------------------------------------
# Its init is killed, and with it all that would have removed the job's directory.
start_job /run/arena/out --userns=keep-id -u 0 -v /home/alice/data:/d host \
    sh -c 'mkdir -p /z/y; chown -R 70:70 /z; chmod 700 /z; touch /d/up; sleep 300'
wait_for 20 test -e /home/alice/data/up
pkill -KILL -x berth-launcher
wait_job
wait_for 10 sh -c '! pgrep -x berth-job'
isnt "$(find "$STATE/jobs" -mindepth 1 -maxdepth 1)" "" "control: a job that was killed has left something"
run job --uidmap 0:1000:1 --gidmap 0:1000:1 host true
is "$rc" 0 "an engine that has one id alone goes by"
run job host true
ok "and one with all of them takes it away" jobs_are_gone
as alice berth daemon stop -q >/dev/null 2>&1
rm -f /home/alice/data/up

# --- maps in words ---------------------------------------------------------------------------------
gives '0 1000 1' "--uidmap, one line" --uidmap 0:1000:1 host sh -c 'echo $(cat /proc/self/uid_map)'
gives '0 1000 1 1 100000 65536' "and its groups are as always" --uidmap 0:1000:1 host sh -c 'echo $(cat /proc/self/gid_map)'
gives '0 165535 1 20 100000 10 40 1000 1 | 0 1000 1 7 100005 1' "--uidmap and --gidmap, several lines" --uidmap 0:165535:1 \
    --uidmap=20:100000:10,40:1000:1 --gidmap 0:1000:1 --gidmap 7:100005:1 host \
    sh -c 'echo $(cat /proc/self/uid_map) "|" $(cat /proc/self/gid_map)'
gives '40 40' "as a user in it" --uidmap 0:165535:1,40:1000:1 -u 40:0 -v /home/alice/data:/d host \
    sh -c 'rm -f /d/new; echo >/d/new; echo $(id -u) $(stat -c %u /d/new)'
is "$(stat -c '%U' /home/alice/data/new)" alice "who is the user on the host"
run job --uidmap 0:1000:1 -u 5 host true
is "$rc" 125 "a user that is not in the map"
run job --gidmap 0:1000:1 -t host sh -c 'stat -c %g /dev/pts/0'
like "$rc:$out" '^0:' "a terminal where there is no group 5"
gives '1000' "--userns=keep-id is --once" --userns=keep-id --once host id -u

for words in "run --dry-run" "explain run"; do
	# shellcheck disable=SC2086
	run as alice berth $words --userns=keep-id host true
	like "$rc:$out" '^0:uid map +0:100000:1000,1000:1000:1,1001:101000:64536.gid map +0:100000:1000,1000:1000:1' "$words shows the maps"
	# shellcheck disable=SC2086
	run as alice berth $words --uidmap 0:0:1 host true
	like "$rc:$err" '^(77|125):.*was not given' "$words: and what is wrong with one"
done
run as alice berth --format=json explain run --uidmap 0:1000:1 host true
is "$(python3 -c 'import json, sys; o = json.loads(sys.argv[1]); print(o["uidmap"], o["gidmap"])' "$out")" \
    "0:1000:1 0:1000:1,1:100000:65536" "in JSON too"

# --- refused ---------------------------------------------------------------------------------------
range='uid 1000 alone, or lies in 100000 to 165535'
refuses "alice \(uid 1000\) was not given.*$range" "host id 0" --uidmap 0:0:1
refuses "$range" "another user's id" --uidmap 0:1000:1 --uidmap 1:1001:1
refuses "$range" "a range that is longer than the grant's" --uidmap 0:1000:1,1:100000:65537
refuses "of groups gid 1000, or 100000 to 165535" "host gid 0" --gidmap 0:1000:1,1:0:1
refuses 'leaves out what berth needs.*keep-id' "a map without root" --uidmap 1:1000:1
refuses 'leaves out what berth needs' "a map without the user" --uidmap 0:100000:65536
refuses 'leaves out what berth needs' "a map of groups without the user's" --gidmap 0:100000:65536
refuses '1:1000: not a map' "what is no map" --uidmap 1:1000
refuses '1:1000:1: not a map' "ids in two lines" --uidmap 0:1000:1 --uidmap 1:1000:1
nobody='cannot be 65534 in a namespace.*root too.*another number'
refuses "$nobody" "as 65534 everybody would be the user" --userns=keep-id:uid=65534,gid=0
refuses "$nobody" "nor is a group that" --userns=keep-id:uid=0,gid=65534
refuses "$nobody" "nor in a map" --uidmap 0:100000:1,65534:1000:1
refuses "$nobody" "nor in one of groups" --gidmap 0:100000:1,65534:1000:1
refuses 'foo: unknown user namespace.*keep-id:uid=U,gid=G' "--userns=foo" --userns=foo
for value in host '' keep-id: keep-id:uid=x keep-id:uid=1,foo=2 keep-id:uid=-1 keep-ids keep-id:uid=4294967296 \
	"keep-id:uid=1000,gid=1000,"; do
	refuses 'unknown user namespace' "--userns=$value" "--userns=$value"
done
refuses '--userns contradicts --uidmap and --gidmap' "both" --userns=keep-id --uidmap 0:1000:1
refuses '--userns contradicts -d' "-d" --userns=keep-id -d
refuses '--uidmap contradicts -d' "--uidmap and -d" --uidmap 0:1000:1 -d
refuses '--gidmap contradicts --rm=false' "what is kept" --gidmap 0:1000:1 --rm=false
run as alice berth --host=unix:/nowhere run --userns=keep-id host true
like "$rc:$err" '^125:.*--userns contradicts --host' "--host"
run as bob berth run --userns=keep-id host true
like "$rc:$err" '^125:.*bob \(uid 1001\) has no grant' "a user without a grant"
run grant alice --engine=shared
refuses 'may not use an engine for one call.*a map of the job.s own needs one.*engine = shared' "a grant that has no engine of one call" --userns=keep-id
run as alice berth --format=json run --uidmap 0:0:1 host true
is "$rc:$(python3 -c 'import json, sys; print(json.loads(sys.argv[1])["reason"])' "$err")" 125:engine "the reason in JSON"
done_testing
