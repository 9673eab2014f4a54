#!/usr/bin/env bash
# E07 (CVE-2020-15257): the engine reachable from a job, which has the user's own uid: through a
# mounted directory, the host's network, an abstract socket, an inherited descriptor, /proc. 0 times.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
# As systemd has it: what is mounted on the host later shows in the engine.
mount --make-shared /srv
jobs_world security.confined network.host
grant bob security.confined >/dev/null
as bob berth daemon start >/dev/null

run as alice "$TESTBIN/probe" connect "$SOCKET"
is "$out" "connect $SOCKET ok" "E07 control: outside, alice reaches it"
run varlink alice hello
like "$out" '"uid": 1000' "E07 control: and is served"

# A helper outside, reachable by everything that berth's engine must not be reachable by.
as alice /usr/bin/python3 -c '
import os, socket, time
a = socket.socket(socket.AF_UNIX); a.bind("/home/alice/open.new"); a.listen()
b = socket.socket(socket.AF_UNIX); b.bind("\0control"); b.listen()
os.rename("/home/alice/open.new", "/home/alice/open.sock")
time.sleep(1000)' &
wait_for 5 test -S /home/alice/open.sock

# find_sockets: every socket that the job can see by any path, and a connection to it
search='cd /; find / -xdev -type s 2>/dev/null; find /h/run /h/home /h/tmp /h/var/lib/berth /h/var/tmp /h/srv /r /x /home /run /tmp -type s 2>/dev/null'
from() {
	local name=$1
	shift
	run job "${PROBE[@]}" "$@" sh -c "($search) | sort -u | xargs -r /t/probe connect; /t/probe sockets; echo done"
	like "$out" 'done$' "E07 $name: the job has searched"
	unlike "$out" '(berth|engine\.sock).* ok' "E07 $name: no way to the engine"
}
from "a plain job" host
from "as another user" -u 1000 host
from "-v /:/h" -v /:/h host
like "$out" '/h/home/alice/open.sock ok' "E07 control: another socket of the user's can be reached by -v /:/h"
unlike "$out" '/h/run/berth/' "E07 -v /:/h: the engine's does not even show"
from "-v /run:/r" -v /run:/r host
from "-v / and the host's network" -v /:/h --network host host
like "$out" 'connect @control ok' "E07 control: with the host's network abstract sockets of the user's can be reached"
from "-v /run read-only" -v /run:/r:ro --network host host
make_image /home/alice/image
from "an image" "${USR[@]}" -v /:/h /home/alice/image

run job -v /:/h -v /run:/r host sh -c 'ls -A /h/run/berth /r/berth; cat /h/run/berth/1000/lock; : >/h/run/berth/x'
is "$out" $'/h/run/berth:\n\n/r/berth:' "E07 /run/berth is empty wherever it shows"
like "$err" 'Read-only file system' "E07 and read-only"
for source in /run/berth /run/berth/1000 "$SOCKET" /run/berth/1000/lock; do
	run job -v "$source:/x" "${PROBE[@]}" host sh -c 'find /x -ls; /t/probe connect /x /x/1000/engine.sock /x/engine.sock'
	complained 125 "$source cannot be mounted" "E07 -v $source: no way to the engine"
done
ln -s "$SOCKET" /home/alice/link
mkdir -p /srv/twin && mount --bind /run/berth/1000 /srv/twin
run as alice "$TESTBIN/probe" connect /srv/twin/engine.sock
is "$out" "connect /srv/twin/engine.sock ok" "E07 control: outside, it is reached at another mount, too"
ok "E07 control: which the engine has as well" grep -q ' /srv/twin ' "/proc/$(engine_pid alice)/mountinfo"
run job -v /home/alice:/x -v /srv:/s "${PROBE[@]}" host /t/probe connect /x/link /s/twin/engine.sock
like "$out" 'connect /x/link E' "E07 a link to it leads nowhere"
like "$out" 'connect /s/twin/engine.sock E' "E07 nor another mount of its directory"
umount /srv/twin

# By way of processes: a procfs of the host, and the job's own.
run job -v /proc:/x "${PROBE[@]}" host sh -c '
	for p in /x/[0-9]*; do for f in root/run/berth/1000/engine.sock cwd/engine.sock; do echo $p/$f; done; done | xargs /t/probe connect
	for p in /x/[0-9]* /proc/[0-9]*; do for n in 0 1 2 3 4 5 6 7 8 9 10 11 12; do [ -S $p/fd/$n ] && echo seen; done; done'
like "$out" 'connect /x/[0-9]+/root/run/berth/1000/engine.sock E' "E07 through /proc of the host: it was tried"
unlike "$out" ' ok($|'$'\n'')|(^|'$'\n'')seen' "E07 nor through /proc of the host"
run job "${PROBE[@]}" host sh -c 'for n in root/run/berth/1000/engine.sock cwd/run/berth/1000/engine.sock fd/3 fd/4 fd/5 fd/6; do /t/probe connect /proc/1/$n; done'
is "$(grep -c '^connect /proc/1/.* E' <<<"$out"):$(wc -l <<<"$out")" 6:6 "E07 nor through the supervisor"
engine=$(engine_pid alice)
run job -v /proc:/x host sh -c "cat /x/$engine/maps /x/$engine/mem /x/$engine/environ; ls /x/$engine/fd /x/$engine/root/; readlink /x/$engine/exe; kill -0 $engine; ls -ld /x/$engine"
like "$out" "/x/$engine\$" "E07 control: the engine's directory in the host's /proc is there"
is "$(wc -l <<<"$out")" 1 "E07 and is all that can be had of it"

# Descriptors of the client's own that lead there are not passed on.
run as alice bash -c 'exec 5<>/run 6</run/berth/1000 7</; exec 8</proc/self; berth run -q "$@"' - "${PROBE[@]}" host /t/probe fds
is "$out" $'0 other\n1 other\n2 other' "E07 of the client's descriptors three are passed"
run varlink alice run '{}' sh -c 'ls -l /proc/self/fd | grep -c socket'
like "$out" '(^|[^0-9])0($|[^0-9])' "E07 none of a job's is a socket"
# Its own standard streams may be sockets: the user's own, connected to the user's own engine.
run as alice python3 -c '
import socket, subprocess, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
print(subprocess.run(["berth", "run", "-q", "-i", "host", "true"], stdin=s).returncode)' "$SOCKET"
is "$out" 0 "E07 a stream that is a connection to the engine disturbs nothing"
like "$(cat /proc/net/unix)" "$SOCKET" "E07 control: /proc/net/unix shows the socket"
unlike "$(cat /proc/net/unix)" '@[^ ]*berth' "E07 berth has no abstract name"
kill %1
# An engine of the user's own that starts while a job runs: its directories have been covered already.
start_job /run/arena/later "${PROBE[@]}" -v /home/alice:/x host sh -c 'echo up; until [ -e /x/go ]; do sleep 0.1; done; /t/probe connect /x/state/run/engine.sock; echo done'
wait_for 10 grep -q up /run/arena/later
as alice python3 -c '
import os, socket, time
os.makedirs("/home/alice/state/run", exist_ok=True)
a = socket.socket(socket.AF_UNIX); a.bind("/home/alice/state/run/new"); a.listen()
os.rename("/home/alice/state/run/new", "/home/alice/state/run/engine.sock")
time.sleep(1000)' &
later=$!
wait_for 10 test -S /home/alice/state/run/engine.sock
as alice touch /home/alice/go
wait_for 10 grep -q '^done' /run/arena/later
like "$(cat /run/arena/later)" 'engine.sock E' "E07 nor does a job reach an engine in the state root that came after it"
kill "$later"
wait_job
ok "E07 nothing is left of the jobs" jobs_are_gone
done_testing
