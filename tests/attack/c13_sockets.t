#!/usr/bin/env bash
# C13 (CVE-2020-15257): a socket with an abstract name has no permissions, and whoever shares the
# host's network reaches it. Ours have none: whatever runs, /proc/net/unix has the engine's name, in a
# directory that jobs do not see, and one for each job that runs, in a directory that is hidden from what
# jobs are given.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
# In a network of its own: the names of sockets are the network's, and the host has others.
[ -n "${ARENA_INSIDE-}${C13_ALONE-}" ] || [ "$(id -u)" -ne 0 ] || exec env C13_ALONE=1 unshare --net bash "$0" "$@"
arena_enter "$@"
needs strace python3

# The names of sockets, abstract ones with their @, that were not there before anything of ours was.
names() {
	# Bound under another name, then renamed to the one that counts.
	awk 'NR > 1 && NF >= 8 { sub(/\.new$/, "", $8); print $8 }' /proc/net/unix | sort -u
}
names >/run/arena/before
new_names() {
	names | comm -13 /run/arena/before - | tr '\n' ' '
}
# Other mounts of the same file system, one with a name of all sorts, and what an administrator covered.
odd='/export/of all\040 "sorts"'
mkdir -p /export/home /export/state "$odd" /export/over "$STATE"
chown alice: "$STATE"
mount --bind /home /export/home
mount --bind "$STATE" "$odd"
mount --bind /home /export/over
mount -t tmpfs none /export/over
mkdir -p /export/run && mount --bind /run /export/run
grant alice security.confined network.host >/dev/null
grant bob security.confined >/dev/null
is "$(new_names)" "" "C13 a grant: no socket"
# strace(1) ends with the last process that it traces.
strace -f -qq -u alice -e trace=bind,connect,listen -o /run/arena/trace /usr/local/bin/berth run -q host sh -c 'echo ran' >/run/arena/out &
wait_for 20 grep -q ran /run/arena/out
as alice berth daemon stop --force >/dev/null
wait $!
is "$(grep -o ' bind([^)]*)' /run/arena/trace | grep -vE 'sun_path="jobs/[0-9a-f]{12}/ctl"\}, 110\)')" "$(grep ' bind(' /run/arena/trace | grep -oE ' bind\([0-9]+, \{sa_family=AF_UNIX, sun_path="/run/berth/1000/engine\.sock\.new"\}, [0-9]+\)')" \
    "C13 everything that a first call binds has the one name, or is its job's"
isnt "$(grep -c ' bind(' /run/arena/trace)" 0 "C13 control: it binds"
is "$(grep 'sun_path=@' /run/arena/trace)" "" "C13 nothing connects to an abstract name"
as alice berth run -q host true
as bob berth run -q host true
# A job's socket goes a moment after its client was told the end.
ok "C13 both jobs are gone" jobs_are_gone
is "$(new_names)" "/run/berth/1000/engine.sock /run/berth/1001/engine.sock " "C13 two engines: two sockets"
start_job /run/arena/out host sh -c 'echo up; exec sleep 1000'
wait_for 10 grep -q up /run/arena/out
ctl=jobs/$(ls "$STATE/jobs")/ctl
is "$(new_names)" "/run/berth/1000/engine.sock /run/berth/1001/engine.sock $ctl " "C13 and one more with a job that runs"
# In the namespaces of the job as well: an abstract name lives in a network namespace.
ok "C13 control: its command runs" wait_for 10 pgrep -x sleep
job_pid=$(pgrep -x sleep | head -n 1)
is "$(awk 'NR > 1 && NF >= 8 { print $8 }' "/proc/$job_pid/net/unix")" "" "C13 nor in the job's own network"

# Somebody else's, of either kind, so that the scan finds what there is to find.
as alice /usr/bin/python3 -c '
import os, socket, time
a = socket.socket(socket.AF_UNIX); a.bind("\0berth-control"); a.listen()
b = socket.socket(socket.AF_UNIX); b.bind("/home/alice/control.sock"); b.listen()
time.sleep(1000)' &
wait_for 10 test -S /home/alice/control.sock
like "$(new_names)" '@berth-control' "C13 control: an abstract name shows"
paths=$(names | grep '^/' | tr '\n' ' ')$STATE/$ctl
like "$(as alice "$TESTBIN/probe" connect "$STATE/$ctl")" 'ok' "C13 control: its user reaches the job's"
like "$paths" '/run/berth/1000/engine.sock' "C13 control: the paths to scan have the engine's"
like "$(as alice "$TESTBIN/probe" connect "/export/home/alice/state/$ctl" "$odd/$ctl" /export/run/berth/1000/engine.sock)" \
    'ok.*ok.*ok' "C13 control: at the other mounts, too"
for network in default host; do
	flags=(-v /:/h -v "$STATE:/state:ro" -v /home/alice:/a -v /export/home/alice:/b -v "$odd:/c" -v /export:/d)
	[ $network = default ] || flags+=(--network host)
	for user in 0 1000; do
		# Every path as it is, and below the mounted host; every abstract name that shows in there.
		# shellcheck disable=SC2086
		run job "${PROBE[@]}" "${flags[@]}" -u $user host /t/probe connect $paths ${paths// \// /h/} "/state/$ctl" "/a/state/$ctl" \
			"/b/state/$ctl" "/c/$ctl" "/d/home/alice/state/$ctl" "/h$odd/$ctl" /d/run/berth/1000/engine.sock /h/export/run/berth/1000/engine.sock
		isnt "$(wc -l <<<"$out")" 1 "C13 $network network, user $user: all paths are tried"
		unlike "$out" 'berth/[0-9]+/engine.sock ok' "C13 $network network, user $user: no path leads to an engine"
		unlike "$out" 'ctl ok' "C13 $network network, user $user: nor to another job"
		like "$out" "connect /h$STATE/$ctl [^o]" "C13 control: it was tried ($network, $user)"
		like "$out" "connect /b/state/$ctl [^o]" "C13 control: so was that at another mount ($network, $user)"
		run job "${PROBE[@]}" "${flags[@]}" -u $user host sh -c '/t/probe sockets; printf "connect %s ok\n" scanned'
		is "$(grep ' ok$' <<<"$out" | grep -cv 'control\|scanned')" 0 "C13 $network network, user $user: nor an abstract name"
		if [ $network = host ]; then
			like "$out" 'connect @berth-control ok' "C13 control: with the host's network another abstract name is reached ($user)"
		else
			unlike "$out" 'berth-control' "C13 $network network, user $user: those of the host are not seen"
		fi
	done
done
# An image that has the state root in it, at either mount; and one that is a part of it.
make_image /home/alice
grant alice security.confined network.host 'mount=*' >/dev/null
for image in /home/alice /export/home/alice; do
	run job "${USR[@]}" "${PROBE[@]}" "$image" sh -c "ls /state; ls -A /state/jobs; /t/probe connect /state/$ctl"
	like "$out" $'host\njobs\n' "C13 control: $image shows the state root"
	unlike "$out" $'\n[0-9a-f]{12}\n|ctl ok' "C13 image $image: no job is seen in it"
done
for image in "$STATE/${ctl%/ctl}" "$odd/${ctl%/ctl}" "$odd/jobs"; do
	run job "${USR[@]}" "$image" true
	like "$rc $out$err" '^125.*files of jobs and engines' "C13 $image is no image"
done
kill -KILL "$client"
wait_job
ok "C13 nothing is left of the jobs" jobs_are_gone
done_testing
