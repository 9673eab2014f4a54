#!/usr/bin/env bash
# make install and uninstall under running jobs, and a reboot: what runs goes on, what comes is new,
# and what is stale in /run is no obstacle.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
old=0.0.9
new=$("$BUILD/berth" version | sed -n 's/^berth //p')

gone() {
	[ ! -d "/proc/$1" ]
}
wait_forever='echo up; while [ ! -e /h/go ]; do sleep 0.05; done; echo done; exit 9'

# --- an older berth is installed, and a job runs
mkdir /run/arena/old
cp "$BUILD/berth-launcher" "$BUILD/berth-admin" "$BUILD/berth-archive" /run/arena/old
cp "$TESTBIN/berth-$old" /run/arena/old/berth
cp "$TESTBIN/berth-engine-$old" /run/arena/old/berth-engine
root BUILD=/run/arena/old sh "$TOP/config/install.sh" install >/dev/null
grant alice security.confined >/dev/null
like "$(as alice berth version)" "^berth $old" "an older version is installed"
start_job /run/arena/out -v /home/alice:/h host sh -c "$wait_forever"
wait_for 5 grep -q up /run/arena/out
engine=$(engine_pid alice)
inode=$(stat -c %i "$LAUNCHER")

# --- an upgrade
ok "make install" root BUILD="$BUILD" sh "$TOP/config/install.sh" install
is "$(as alice berth version)" "berth $new
engine $old" "the client is new, the engine is not"
is "$(engine_pid alice)" "$engine" "the engine goes on"
like "$(readlink "/proc/$engine/exe")" '\(deleted\)$' "it is the old program"
ok "the job goes on" test -d "/proc/$client"
isnt "$(stat -c %i "$LAUNCHER")" "$inode" "the launcher is another file"
is "$(stat -c '%a %U' "$LAUNCHER")" "4755 root" "and is setuid as the old one was"
run as alice berth run host echo served
is "$rc:$out" "0:served" "a call is served meanwhile"
like "$err" "the engine is of version $old, this is $new; it leaves when no job runs" "and says by whom"
touch /home/alice/go
wait_job
is "$rc:$(tr '\n' ' ' </run/arena/out)" "9:up done " "the job ends as it would have, its old client with it"
rm /home/alice/go
ok "then the old engine leaves" wait_for 10 gone "$engine"
run as alice berth run host echo new
is "$rc:$out:$err" "0:new:" "the next call needs nothing of it"
is "$(as alice berth version)" "berth $new
engine $new" "and is served by the new one"

# Back again, with no job: nobody notices but for one line.
root BUILD=/run/arena/old sh "$TOP/config/install.sh" install >/dev/null
run as alice berth run host echo back
is "$rc:$out" "0:back" "a downgrade: served"
ok "the newer engine leaves" wait_for 10 sh -c "! pgrep -x berth-engine"
run as alice berth run host echo back
is "$rc:$out:$err" "0:back:" "then by the older one"
root BUILD="$BUILD" sh "$TOP/config/install.sh" install >/dev/null

# An upgrade in the middle of calls: each finds one whole program or another.
failed=0
calls=0
(for _ in {1..6}; do root BUILD="$BUILD" sh "$TOP/config/install.sh" install >/dev/null || exit; done) &
installs=$!
while kill -0 $installs 2>/dev/null; do
	as alice timeout 200 berth -q daemon stop --force
	run as alice timeout 200 berth -q run host echo "$failed"
	calls=$((calls + 1))
	[ "$rc:$out" = "0:$failed" ] || { failed=$((failed + 1)); diag "$rc $out $err"; }
done
ok "control: all of the installations succeed" wait "$installs"
ok "control: there are calls meanwhile" test "$calls" -gt 1
is "$failed" 0 "calls in the middle of make install all succeed"

# --- uninstall
start_job /run/arena/out -v /home/alice:/h host sh -c "$wait_forever"
wait_for 5 grep -q up /run/arena/out
engine=$(engine_pid alice)
run root sh "$TOP/config/install.sh" uninstall
is "$rc" 77 "uninstall refuses while there are grants"
is "$(engine_pid alice)" "$engine" "the engine goes on"
ok "and the job" test -d "/proc/$client"
run root REVOKE=1 sh "$TOP/config/install.sh" uninstall
is "$rc" 0 "uninstall with REVOKE=1"
wait_job
isnt "$rc" 0 "ends the job"
ok "and the engine" wait_for 10 no_engine
nothing_runs() {
	! pgrep -x 'berth.*'
}
ok "nothing of berth runs" wait_for 5 nothing_runs
is "$(find /usr/local -path '*berth*')" "" "or lies there"
root BUILD="$BUILD" sh "$TOP/config/install.sh" install >/dev/null

# --- a reboot: /run may be new, or may have kept what nobody serves
grant alice security.confined >/dev/null
run=/run/berth/1000
reboot() {
	local dir
	as alice timeout 200 berth -q daemon start >/dev/null
	for dir in /sys/fs/cgroup/berth/1000/*/; do
		echo 1 >"${dir}cgroup.kill"
	done
	wait_for 10 no_engine
}
# after WHAT CMD...: the host goes down, CMD is what /run is then, and the next call simply works
after() {
	local what=$1
	shift
	reboot
	"$@"
	run as alice timeout 200 berth run -q host echo up
	is "$rc:$out:$err" "0:up:" "reboot, $what: the next call works"
	is "$(stat -c '%a %U' /run/berth $run $run/lock $run/engine.sock | tr '\n' ' ')" \
	    "755 root 711 root 600 root 600 alice " "$what: and all is as it should be"
}
leftovers() {
	: >$run/engine.sock.new
	mkdir $run/service
	: >$run/other
}
other_socket() {
	rm $run/engine.sock
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("'$run'/engine.sock")'
	[ "$1" = root ] || chown "$1" $run/engine.sock
}
after "a new /run" rm -rf /run/berth
after "a socket without an engine" :
after "a lock without a socket" rm $run/engine.sock
after "a socket without a lock" rm $run/lock
after "a socket of root's" other_socket root
after "a socket of bob's" other_socket bob
after "leftovers of a start" leftovers
after "a directory that is closed" chmod 0700 $run
after "a directory above that is closed" chmod 0700 /run/berth
after "a lock with other modes" chmod 0600 $run/lock
after "half of a start: a directory" sh -c "rm -rf $run; mkdir -m 700 $run"
after "a file where the socket was" sh -c "rm $run/engine.sock; : >$run/engine.sock"
after "a link where the socket was" sh -c "rm $run/engine.sock; ln -s /nowhere $run/engine.sock"

# What root would never have made is refused, by name, and nothing of it is used.
refused() {
	run as alice timeout 200 berth run -q host echo up
	is "$rc:$out" "125:" "$1: refused"
	like "$err" "$2" "$1: by name"
}
reboot
rm -rf $run
install -d -o alice -m 0711 $run
refused "a directory of alice's" '1000'
rm -rf $run
install -d -m 0777 $run
refused "a directory that everybody can write to" '1000'
rm -rf $run
after "when it is gone" :
done_testing
