#!/usr/bin/env bash
# C22: mounts that travel. None of a job's or of the engine's namespace arrives on the host; what the
# host mounts later arrives in the engine and in jobs that start after it, not in one that runs.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs nsenter unshare

# Of a host with systemd everything is shared.
mkdir -m 755 /srv/share
mount --bind /srv/share /srv/share
mount --make-shared /srv/share
mkdir -m 755 /srv/share/{early,late,engine,job}
mount -t tmpfs -o mode=755 early /srv/share/early
echo early >/srv/share/early/file
jobs_world security.confined
mounts_of() {
	awk '{ print $4, $5, $6, $(NF - 1), $NF }' "/proc/$1/mountinfo" | sort
}
as alice berth run -q host true
engine=$(engine_pid alice)
host=$(mounts_of self)
in_engine=$(mounts_of "$engine")
like "$in_engine" '/srv/share/early ' "C22 the engine has the host's mounts"
is "$(awk '$5 == "/srv/share" { print $7 }' "/proc/$engine/mountinfo" | cut -d: -f1)" master "C22 as a follower of the host's"
is "$(grep -cE ' shared:[0-9]+ ' "/proc/$engine/mountinfo")" 0 "C22 none of its mounts is shared"

# A job that runs: it has what there was, and can mount nothing itself.
start_job /run/arena/out -v /srv/share:/s "${PROBE[@]}" host sh -c 'cat /s/early/file
	/t/probe mounts /s /s/early /s/job /proc /dev /tmp
	grep -E " (shared|master|propagate_from):" /proc/self/mountinfo && echo travels
	echo up; while ! [ -e /tmp/never ]; do sleep 0.1; [ -e /s/late/file ] && echo late; [ -e /s/engine/file ] && echo engine; echo looked; done'
wait_for 10 grep -q up /run/arena/out
out=$(cat /run/arena/out)
like "$out" '^early' "C22 a job sees what was mounted before"
like "$out" 'umount[^ ]* [^ ]* EPERM' "C22 control: it has tried"
unlike "$out" '(umount|remount|bind|move|tmpfs|setattr|open_tree|mount-new|fsopen|private)[^ ]* [^ ]* ok' "C22 a job as root makes and changes no mount"
unlike "$out" 'travels' "C22 none of a job's mounts is shared with or follows anything"
is "$(mounts_of self)" "$host" "C22 the host's mounts are the same while it runs"
is "$(mounts_of "$engine")" "$in_engine" "C22 and the engine's"

# From now on, twice: the first look may have begun before.
looked_again() {
	local looks
	looks=$(grep -c '^looked' /run/arena/out)
	wait_for 20 eval '[ "$(grep -c "^looked" /run/arena/out)" -ge '"$((looks + 2))"' ]' || fail "C22 control: the job looks"
}
# The host mounts something later.
mount -t tmpfs -o mode=755 late /srv/share/late
echo late >/srv/share/late/file
ok "C22 it arrives in the engine" grep -q ' /srv/share/late ' "/proc/$engine/mountinfo"
looked_again
is "$(grep -c '^late$' /run/arena/out)" 0 "C22 and not in a job that runs"
run job -v /srv/share:/s host cat /s/late/file
is "$rc:$out" "0:late" "C22 but in one that starts then"
unshare --mount --propagation slave sh -c 'echo up
	for i in $(seq 300); do [ -e /srv/share/late2/file ] && break; sleep 0.1; done; cat /srv/share/late2/file' >/run/arena/follower &
follower=$!
wait_for 5 grep -q up /run/arena/follower
mkdir /srv/share/late2
mount -t tmpfs -o mode=755 late2 /srv/share/late2
echo late2 >/srv/share/late2/new
mv /srv/share/late2/new /srv/share/late2/file
wait "$follower"
is "$(tail -n 1 /run/arena/follower)" late2 "C22 control: a namespace that follows gets it while it runs"
umount /srv/share/late2
ok "C22 what the host unmounts is gone in the engine" sh -c "! grep -q late2 /proc/$engine/mountinfo"

# An engine that was taken over mounts what it likes in its own namespace.
nsenter --target "$engine" --mount mount -t tmpfs -o mode=755 engine /srv/share/engine
nsenter --target "$engine" --mount touch /srv/share/engine/file
like "$(mounts_of "$engine")" '/srv/share/engine ' "C22 control: the mount is there, in the engine"
unlike "$(mounts_of self)" '/srv/share/engine ' "C22 and not on the host"
nsenter --target "$engine" --mount mount --make-shared /srv/share
nsenter --target "$engine" --mount mount -t tmpfs job /srv/share/job
unlike "$(mounts_of self)" '/srv/share/job ' "C22 nor after it made its own mount shared"
looked_again
is "$(grep -cE '^engine$' /run/arena/out)" 0 "C22 nor in the job that runs"
unshare --mount --propagation shared mount -t tmpfs control /srv/share/job
like "$(mounts_of self)" '/srv/share/job ' "C22 control: from a namespace whose mounts are shared it would"
umount /srv/share/job

# The host is not held: what jobs and engines have of a mount does not keep it busy.
ok "C22 the host unmounts what it had mounted" umount /srv/share/late
ok "C22 and what a job has from before" umount /srv/share/early
kill -KILL "$client"
wait_job
ok "C22 nothing is left of the jobs" jobs_are_gone
as alice berth daemon stop
is "$(mounts_of self)" "$(grep -v ' /srv/share/early ' <<<"$host")" "C22 after all of them the host's mounts are as before"
done_testing
