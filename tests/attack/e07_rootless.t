#!/usr/bin/env bash
# E07 without a grant: a job has the user's own uid, and so has every engine of the user's. None of
# their sockets can be reached from a job, wherever it stands: not that of its own engine, nor of one
# in $XDG_RUNTIME_DIR beside one in the state root, nor of the launcher's after a grant, whichever of
# them came first. 0 times.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"

install -d -m 0755 /run/user
install -d -m 0700 -o dave -g dave /run/user/1003
state=/home/dave/.local/state/berth
xdg=(as_env dave XDG_RUNTIME_DIR=/run/user/1003 --)
bare=(as dave)
search='for d in /h /r /x /run /tmp /home /u; do find $d -type s 2>/dev/null; done'

# tries NAME CALLER... -- FLAGS...: a job of that caller's searches, and connects to what it finds
tries() {
	local name=$1
	local -a caller=()
	shift
	while [ "$1" != -- ]; do
		caller+=("$1")
		shift
	done
	shift
	run "${caller[@]}" timeout 60 berth run -q "${PROBE[@]}" "$@" sh -c "($search) | sort -u | xargs -r /t/probe connect; /t/probe sockets; echo done"
	like "$out" 'done$' "E07 $name: the job has searched"
	unlike "$out" '(engine\.sock|berth)[^ ]* ok' "E07 $name: no way to an engine"
}
all_ways() {
	local name=$1
	shift
	tries "$name, -v /" "$@" -- -v /:/h host
	tries "$name, -v /run" "$@" -- -v /run:/r host
	tries "$name, -v the home" "$@" -- -v /home/dave:/x host
	tries "$name, the home without its mounts" "$@" -- --mount type=bind,src=/home/dave,dst=/x,bind-nonrecursive host
	tries "$name, -v the state root" "$@" -- -v "$state:/x" host
	tries "$name, the host's network" "$@" -- --network host -v /:/h host
}

# --- the engine in the state root, alone
run "${bare[@]}" berth run -q host true
run as dave "$TESTBIN/probe" connect "$state/run/engine.sock"
is "$out" "connect $state/run/engine.sock ok" "E07 control: outside, dave reaches it"
as dave /usr/bin/python3 -c '
import os, socket, time
a = socket.socket(socket.AF_UNIX); a.bind("/home/dave/open.new"); a.listen(); os.rename("/home/dave/open.new", "/home/dave/open.sock")
time.sleep(1000)' &
wait_for 5 test -S /home/dave/open.sock
all_ways "state root" "${bare[@]}"
tries "control" "${bare[@]}" -- -v /:/h host
like "$out" '/h/home/dave/open.sock ok' "E07 control: another socket of the user's is reached by -v /:/h"
for source in "$state/run" "$state/run/engine.sock" "$state/run/lock"; do
	run "${bare[@]}" berth run -q -v "$source:/x" "${PROBE[@]}" host /t/probe connect /x /x/engine.sock
	complained 125 "$source cannot be mounted" "E07 -v $source: no way to the engine"
done
run "${bare[@]}" berth run -q -v /home/dave:/x host sh -c 'ls -A /x/.local/state/berth/run; rm -rf /x/.local/state/berth/run; echo tried'
is "$out" tried "E07 its directory is empty for a job, which cannot remove it"
run "${bare[@]}" berth run -q host echo ok
is "$rc:$out" "0:ok" "E07 and serves as before"

# --- a second one in XDG_RUNTIME_DIR, which came later
run "${xdg[@]}" berth run -q host true
# What an engine has just forked is called as it is for a moment.
two_engines() {
	[ "$(pgrep -u dave -xc berth-engine)" = 2 ]
}
ok "E07 two engines, one state root" wait_for 5 two_engines
like "$(stat -c '%u %a' /run/user/1003/berth /run/user/1003/berth/engine.sock | tr '\n' ' ')" '^1003 700 1003 600 $' \
    "E07 its directory is closed"
all_ways "the first of two" "${bare[@]}"
all_ways "the second of two" "${xdg[@]}"

# --- another XDG_RUNTIME_DIR is none: whatever jobs see would have its socket in it, and no engine could know
install -d -m 0700 -o dave -g dave /home/dave/xdg
other=(as_env dave XDG_RUNTIME_DIR=/home/dave/xdg --)
run "${other[@]}" berth run -q host true
is "$rc:$(find /home/dave/xdg -mindepth 1)" 0: "E07 another XDG_RUNTIME_DIR: no socket comes to stand there"
all_ways "another XDG_RUNTIME_DIR" "${other[@]}"

# --- by way of processes
run "${bare[@]}" berth run -q -v /proc:/x "${PROBE[@]}" host sh -c '
	for p in /x/[0-9]*; do for f in root/run/user/1003/berth/engine.sock root/home/dave/.local/state/berth/run/engine.sock cwd/run/engine.sock; do echo $p/$f; done; done | xargs /t/probe connect
	for p in /x/[0-9]* /proc/[0-9]*; do for n in 0 1 2 3 4 5 6 7 8 9 10 11 12; do [ -S $p/fd/$n ] && echo seen $p; done; done'
like "$out" 'connect /x/[0-9]+/root/run/user/1003/berth/engine.sock E' "E07 through /proc of the host: it was tried"
unlike "$out" ' ok($|'$'\n'')|(^|'$'\n'')seen' "E07 nor through /proc of the host"
wait_for 5 two_engines
pids=$(pgrep -u dave -x 'berth-engine|berth-init' | tr '\n' ' ')
is "$(wc -w <<<"$pids")" 4 "E07 control: two engines with their inits"
run "${bare[@]}" berth run -q -v /proc:/x host sh -c "for p in $pids; do cat /x/\$p/maps /x/\$p/mem /x/\$p/environ; ls /x/\$p/fd /x/\$p/root/ /x/\$p/ns/; readlink /x/\$p/exe /x/\$p/root; kill -0 \$p; done; echo end"
# The names of namespaces are no secret; each line of ls is one, with the directory's own name.
is "$(grep -vE '^(/x/[0-9]+/ns/:|cgroup|ipc|mnt|net|pid|pid_for_children|time|time_for_children|user|uts|)$' <<<"$out")" "end" \
    "E07 engines and their inits cannot be looked into"

# --- a grant comes: the launcher's engine beside them, with jobs of theirs still there
job_log=/run/arena/long
: >$job_log
(cd /home/dave && exec setpriv --reuid=dave --regid=dave --init-groups --inh-caps=-all env -i HOME=/home/dave \
    /usr/local/bin/berth run -q "${PROBE[@]}" -v /home/dave:/x host sh -c 'echo up; while [ ! -e /x/go ]; do sleep 0.1; done; /t/probe connect /x/.local/state/berth/run/engine.sock; echo done') >$job_log 2>&1 &
wait_for 5 grep -q up $job_log
root "$ADMIN" grant dave security.confined network.host --root="$state" >/dev/null
all_ways "the launcher's, on the same state root" "${bare[@]}"
run as dave berth --format=json daemon state
is "$(jq -r .mode <<<"$out")" shared "E07 control: that was the launcher's"
: >/home/dave/go
ok "E07 control: the job of before has tried" wait_for 10 grep -q '^done' $job_log
like "$(cat $job_log)" 'engine.sock E' "E07 and is refused"
unlike "$(cat $job_log)" ' ok' "E07 nor does the job of before reach one"
kill %1
done_testing
