#!/usr/bin/env bash
# B01 and B02 for the verb "mount" (CVE-2026-41163's class: a privileged half that trusts the other one): a
# client that hands over whatever there is, in random order, in several processes at once. It gets what the
# grant contains and nothing else, no descriptor comes back but that of the mount that was asked for, nothing of
# what was handed over is kept, no call hangs, no process and no mount is left. Every tenth call is right.
. "${BASH_SOURCE[0]%/*}/mapped.sh"
arena_enter "$@"
needs python3
# In turns, of which a busy machine makes as many as there are in 200 s.
calls=2500 workers=4 turns=8 seconds=200
[ -z "${BERTH_LONG-}" ] || { turns=80 && seconds=14000; }
# Each kind once, and some at random: there is one processor, and a slow one.
[ -z "${BERTH_VM-}" ] || { calls=150 && workers=1 && turns=1; }
seed=${FAULT_SEED:-$RANDOM}

at=/home/alice/m
mappable "$at"
chown alice:alice "$at"
for dir in d group sticky over; do
	handed_dir "$at/$dir"
done
chmod 2775 "$at/group"
chmod 1777 "$at/sticky"
mkdir "$at/over/in" "$at/root" "$at/bob"
mount -t tmpfs none "$at/over/in"
chown bob:bob "$at/bob"
ln -s d "$at/link"
# An overlay of the user's, and file systems that answer nothing, or nothing but that alice owns them.
mkdir -p /home/alice/{low,up,work,lay} /srv/mute{,2}
chown alice:alice /home/alice/*
mount -t overlay -o lowerdir=/home/alice/low,upperdir=/home/alice/up,workdir=/home/alice/work none /home/alice/lay
python3 "$TOP/tests/attack/fuse_mute.py" /srv/mute 1000 /run/arena/mute &
mute=$!
python3 "$TOP/tests/attack/fuse_mute.py" /srv/mute2 1000 /run/arena/mute2 owned &
mutes="$mute $!"
ok "a file system that answers nothing" wait_for 10 test -e /run/arena/mute
ok "and one that says who owns it" wait_for 10 test -e /run/arena/mute2
is "$(timeout 60 stat -c %u /srv/mute2)" 1000 "which is alice"

jobs_world security.confined idmap.mount 'mount=*'
grant bob security.confined idmap.mount >/dev/null
as bob berth daemon start >/dev/null
start_job /run/arena/out -v "$at/d:/d" host sh -c 'echo up; exec sleep 1000'
ok "a job runs" wait_for 20 grep -q up /run/arena/out
ok "and its command sleeps" wait_for 20 eval 'asleep "$(pgrep -fx "sleep 1000")"'
setpriv --reuid=alice --regid=alice --clear-groups unshare -Urm sleep 1001 &
own=$!
ok "and there is a namespace of alice's own" wait_for 10 asleep "$own"
engine=$(engine_pid alice) bobs=$(engine_pid bob) sleeper=$(pgrep -fx 'sleep 1000')
init=$(awk '$1 == "PPid:" { print $2 }' "/proc/$engine/status")

mounts() {
	sort "/proc/1/mountinfo" "/proc/$engine/mountinfo" "/proc/$sleeper/mountinfo"
}
descriptors() {
	find "/proc/$1/fd" -mindepth 1 -printf '%f %l\n' | sort
}
before=$(mounts) had=$(descriptors "$sleeper")
ok "the engine has what it makes ahead" wait_for 10 pgrep -x berth-spare
noprv_snapshot /run/arena/before
specs=("count=65536" "start=100000"
	"ns=the engine's:e:/proc/$engine/ns/mnt" "ns=a job's:j:/proc/$sleeper/ns/mnt"
	"ns=another user's engine's:b!:/proc/$bobs/ns/mnt" "ns=the host's:h!:/proc/1/ns/mnt"
	"ns=her own:o!:/proc/$own/ns/mnt"
	"ns=the init's:-:/proc/$init/ns/mnt")
for kind in user pid net ipc uts cgroup; do
	specs+=("ns=the engine's $kind namespace:-:/proc/$engine/ns/$kind")
done
specs+=("dir=a directory:e:$engine:$at/d" "dir=the same in a job:j:$sleeper:/d"
	"dir=with a group of its own:e:$engine:$at/group" "dir=sticky:e:$engine:$at/sticky"
	"dir=one level up:-:$engine:$at/over" "dir=as the host has it:h!:1:$at/d"
	"dir=as another engine has it:b!:$bobs:$at/d" "dir=as she has it:o!:$own:$at/d" "dir=root's:-:$engine:$at/root" "dir=bob's:-:$engine:$at/bob"
	"read=a directory to be read:-:$engine:$at/d" "dir=a file's name:-:$engine:$at/d/mine"
	"link=a link's name:-:$engine:$at/link" "dir=an overlay:-:$engine:/home/alice/lay"
	"dir=mute:-:$engine:/srv/mute"
	"dir=mute, but for its owner:-:$engine:/srv/mute2" "dir=proc:-:$engine:/proc/$engine" "dir=sys:-:$engine:/sys"
	"dir=cgroups:-:$engine:/sys/fs/cgroup" "dir=a device's name:-:$engine:/dev/null"
	"dir=the job's root:-:$sleeper:/" "dir=the job's own tmpfs:j?:$sleeper:/tmp")
SECONDS=0
for ((turn = 0; turn < turns && (turn == 0 || SECONDS < seconds); turn++)); do
	run "$TESTBIN/hostile_mount" "$((seed + turn))" "$calls" "$workers" "$LAUNCHER" "${specs[@]}"
	diag "seed $((seed + turn)), $SECONDS s: $(tail -n 2 <<<"$out" | tr '\n' ' ')"
	is "$(grep -v '^calls\|^kinds' <<<"$out" | cut -c1-300 | head -n 12)" "" "B01 nothing that is not granted, nothing left, nothing refused that is granted"
	is "$rc" 0 "B01 all calls were judged"
	out=$(tail -n 2 <<<"$out")
	like "$out" 'calls [0-9]+: granted [1-9][0-9]* of [0-9]+ that were right, 0 of others; hung 0' "B01 control: many were right, and got their mount"
	like "$out" 'kinds ([0-9]+) of \1$' "B02 every kind was handed over"
done

is "$(mounts)" "$before" "B01 no mount is left, of the host, of the engine, of the job"
is "$(descriptors "$sleeper")" "$had" "B01 nor a descriptor in the job"
noprv_is_same /run/arena/before "B01 no process with privilege, no file of root's, no cgroup, nothing on the host"
is "$(engine_pid alice):$(engine_pid bob)" "$engine:$bobs" "B01 the engines are the same"
isnt "$(log_text | grep -c 'verb=mount')" 0 "B12 control: it has logged them"
is "$(log_text | grep -c 'verb=mount')" "$(log_text | grep -cE '(allow uid=1000 verb=mount rule=[^ ]* owner=[0-9]* ids=[0-9]+:[0-9]+|deny uid=1000 verb=mount: [[:print:]]*)$')" \
    "B12 each line of the log is one of the launcher's"
# shellcheck disable=SC2086
kill $mutes
no_asker() {
	[ "$(pgrep -cx berth-launcher)" -eq 2 ]
}
ok "B03 when these file systems end, who has asked them ends" wait_for 10 no_asker
run job -v "$at/d:/d" host cat /d/mine
is "$rc:$out" 0:mine "B01 jobs run"
done_testing
