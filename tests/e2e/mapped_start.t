#!/usr/bin/env bash
# The hand-over of directories with uid= and gid=: whichever way a job starts, and starts again; who is there to
# have them mounted and who is not; clients that go, and clients that answer something else.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs python3 jq
mount --make-rshared /
jobs_world security.confined idmap.mount network.host --engine=any
mkdir -p /home/alice/{d,other}/sub
echo content >/home/alice/d/file
chown -hR alice:alice /home/alice
D=(-v "/home/alice/d:/d:uid=101,gid=101" -u 101:101)
# shellcheck disable=SC2016
write='echo $(stat -c %u:%g /d) >>/d/log; exec sleep 1000'
state() {
	inspected "$1" '[.state, .reason, .why]'
}
lines() {
	[ "$(wc -l <"/home/alice/d/log")" -eq "$1" ]
}
more_than() {
	[ "$(wc -l <"/home/alice/d/log")" -gt "$1" ]
}
runs() {
	[ "$(inspected "$1" .state)" = running ]
}
spare_is() {
	"$@" pgrep -x berth-spare
}

# --- each way to start
ok "a spare is there" wait_for 10 spare_is
run job "${D[@]}" host stat -c %u:%g /d/file
is "$rc:$out" 0:101:101 "with a supervisor made ahead"
run job "${D[@]}" --network host host stat -c %u:%g /d/file
is "$rc:$out" 0:101:101 "with one made for it"
run job --once "${D[@]}" host stat -c %u:%g /d/file
is "$rc:$out" 0:101:101 "with an engine of its own"
b run -d --name again "${D[@]}" host sh -c "$write"
is "$rc:$err" "0:" "detached"
ok "it has the directory" wait_for 10 lines 1
b stop -t 0 again
b start again
is "$rc:$out:$err" "0:again:" "started again by its user"
ok "it has the directory again" wait_for 10 lines 2
b restart -t 0 again
is "$rc:$err" "0:" "restart"
ok "and again" wait_for 10 lines 3
is "$(sort -u /home/alice/d/log)" 101:101 "each time as it was asked for"
is "$(stat -c %u:%g /home/alice/d/log)" 1000:1000 "and on the host the user's"
b rm -f again
rm /home/alice/d/log

b run -d --name policy --restart always "${D[@]}" host sh -c 'echo $(stat -c %u:%g /d) >>/d/log; exit 1'
ok "by its policy, in the same supervisor: the mount stays" wait_for 20 more_than 2
is "$(sort -u /home/alice/d/log)" 101:101 "as it was"
b rm -f policy
rm -f /home/alice/d/log

# --- nobody is there who could have it mounted
b run -d --name lost --restart always "${D[@]}" host sh -c "$write"
ok "one that its policy wants to run" wait_for 10 lines 1
pkill -KILL -x berth-job
failed() {
	[ "$(state "$1" | jq -r '.[1]')" = failed ]
}
ok "its supervisor is killed: it is not started again" wait_for 15 failed lost
like "$(state lost)" 'uid= and gid= need a client' "and its record says why"
b start lost
is "$rc:$err" "0:" "its user starts it again"
ok "and it has its directory" wait_for 10 lines 2
b rm -f lost
b run -d --name asked "${D[@]}" host sh -c "$write"
b stop -t 0 asked
run varlink alice call io.berth.Engine.StartJob '{"job": "asked"}'
like "$out" 'Failed.*need a client' "a client that takes one answer only is told what is missing"
run varlink alice more io.berth.Engine.StartJob '{"job": "asked"}'
like "$out" '"event": "map"' "one that takes more is asked"
not_ok "and when it leaves instead of an answer the job does not start" runs asked
wait_for 10 failed asked
like "$(state asked)" '/home/alice/d cannot belong to 101:101' "its record says what is missing"
b start asked
is "$rc:$err" "0:" "after that it can be started"
b rm -f asked

# --- clients of another kind
client() {
	run as alice timeout "${patience:-100}" /usr/bin/python3 "$TOP/tests/attack/mapclient.py" "$@"
}
job_json='{"mounts": [{"type": "bind", "source": "/home/alice/d", "target": "/d", "uid": 101, "gid": 101}], "user": "101:101"}'
two_json='{"mounts": [{"type": "bind", "source": "/home/alice/d", "target": "/d", "uid": 101, "gid": 101},
	{"type": "bind", "source": "/home/alice/other", "target": "/e", "uid": 5, "gid": 5}], "user": "101:101"}'
client honest -- "$job_json" stat -c %u:%g /d
like "$out" $'^map /home/alice/d 101 101 3\n' "control: an honest client of another kind is asked"
is "$(grep -c started <<<"$out"):$(grep -v '^[m{]' <<<"$out")" 1:101:101 "control: and its job runs"
client honest -- "$two_json" stat -c %u:%g /d /e
like "$out" $'^map /home/alice/d 101 101 3\nmap /home/alice/other 5 5 3\n' "control: with two directories it is asked twice"
is "$(grep -v '^[m{]' <<<"$out")" $'101:101\n5:5' "control: and has both"
client twice -- "$job_json" stat -c %u:%g /d
like "$out" $'\n101:101\n' "one that has it mounted twice: the second mount is nobody's"
client later 2 -- "$job_json" stat -c %u:%g /d
like "$out" $'\n101:101\n' "one that is slow is waited for"
# refuses REGEX NAME HOW...: it is told so, and no command ran
refuses() {
	local regex=$1 name=$2
	shift 2
	client "$@" -- "$job_json" echo ran
	like "$out" "Failed.*$regex" "$name: refused"
	unlike "$out" $'(^|\n)ran' "$name: nothing ran"
	ok "$name: nothing is left" jobs_are_gone
}
refuses 'no mount of that directory' "a mount of another directory" other ../other
refuses 'no mount of that directory' "a mount of the directory above" other ..
refuses 'no mount of that directory' "a mount of one below" other sub
refuses 'another owner' "another user" ids 102 101
refuses 'another owner' "another group" ids 101 102
refuses 'no mount of that directory' "the directory instead of a mount" plain
refuses 'no mount of that directory' "a file" file
refuses '(another owner|allows more)' "a clone of one's own, without a map" own
refuses 'made no mount' "a byte alone" byte
refuses 'made no mount' "a byte alone, and then the mount" none
refuses 'made no mount' "two descriptors" two
refuses 'made no mount' "ten descriptors" many
refuses 'made no mount' "no answer" close
mkdir /home/alice/point && chown alice:alice /home/alice/point
refuses '/home/alice/d cannot be mounted.*mounts in it' "the launcher's mount, with another directory in it" planted /home/alice/point /home/alice/other
# job_mounts: what the job said of its mounts, with their options
job_mounts() {
	awk '$5 == "/d" { print $6, $7 }' <<<"$out" | tr '\n' ' '
}
client shared /home/alice/point -- "$job_json" cat /proc/self/mountinfo
like "$(job_mounts)" '^rw,nosuid,nodev[^ ]* - $' "the launcher's mount, shared: nothing comes into the job, and nothing out of it"
ro_json=${two_json/\"gid\": 101/\"gid\": 101, \"readonly\": true}
client keep , strip -- "$ro_json" cat /proc/self/mountinfo
like "$out" $'\nstripped\n' "one that takes the flags away when it was looked at: control: the kernel lets it"
like "$(job_mounts)" '^ro,nosuid,nodev[^ ]* - $' "one that takes the flags away: the job's has them"
mkdir /home/alice/mute
python3 "$TOP/tests/attack/fuse_mute.py" /home/alice/mute 1000 /run/arena/mute &
mute=$!
wait_for 10 test -e /run/arena/mute
patience=50 refuses 'no mount of that directory' "a file system that does not answer" path /home/alice/mute
patience=50 client honest -- '{"mounts": [{"type": "bind", "source": "/home/alice/d", "opened": "/home/alice/mute", "target": "/d"}]}' echo ran
like "$out" 'Failed.*not the same file' "a descriptor of one for a directory: refused"
kill "$mute"
wait "$mute" 2>/dev/null
umount -l /home/alice/mute
client quit -- "$job_json" echo ran
is "$rc:$out" "0:map /home/alice/d 101 101 3" "a client that dies when it is asked"
ok "its job does not start, and is gone" jobs_are_gone
client orphan -- "$job_json" echo ran
is "$out" "map /home/alice/d 101 101 3" "one that dies, and whose descriptors somebody has"
ok "its job is not waited for" jobs_are_gone
client quit-after -- "$job_json" sh -c 'echo ran >/d/ran; sleep 1000'
is "$rc:$out" "0:map /home/alice/d 101 101 3" "one that dies when the mount is made: control: it was asked"
ok "one that dies when the mount is made: its job is gone" jobs_are_gone
client honest , quit -- "$two_json" echo ran
is "$rc:$out" $'0:map /home/alice/d 101 101 3\nmap /home/alice/other 5 5 3' "one that dies between two"
ok "its job is gone" jobs_are_gone

mkdir /home/alice/d/mounted && mount -t tmpfs x /home/alice/d/mounted
client honest -- "$job_json" echo ran
like "$out" $'"event": "unmappable".*\n.*Failed.*mounts beneath' "what cannot be mapped is told apart from what else keeps a job from its start"
umount /home/alice/d/mounted
rmdir /home/alice/d/mounted

b run -d --name kept "${D[@]}" host true
wait_for 10 sh -c "[ \"\$(ls $STATE/jobs)\" != '' ]"
over() {
	[ "$(inspected "$1" .state)" = exited ]
}
wait_for 10 over kept
failed_again() {
	[ "$(inspected "$1" '.state + .reason')" = exitedfailed ]
}
client --start kept quit --
is "$out" "map /home/alice/d 101 101 3" "one that dies when it starts a job again"
ok "the job is over, and failed" wait_for 10 failed kept
client --start kept orphan --
is "$out" "map /home/alice/d 101 101 3" "one that dies then, and whose descriptors somebody has: control: it was asked"
ok "one that dies then, and whose descriptors somebody has: the job is over" wait_for 10 failed_again kept
client --start kept other ../other --
like "$out" 'Failed.*no mount of that directory' "one that has another directory mounted is told"
client --start kept honest --
like "$out" '"name": "kept"' "an honest one starts it"
b rm -f kept

# The engine is killed while it passes on what a supervisor asks: the job does not start, the next engine serves.
b run -d --name during "${D[@]}" host true
wait_for 10 over during
as alice timeout 100 /usr/bin/python3 "$TOP/tests/attack/mapclient.py" --start during later 1 -- >/run/arena/later 2>&1 &
later=$!
ok "a client is asked" wait_for 10 grep -q '^map ' /run/arena/later
pkill -KILL -x berth-engine
wait "$later"
wait_for 10 over during
b start during
is "$rc:$err" "0:" "after the end of an engine in between it can be started"
wait_for 10 over during
b rm during
ok "nothing is left" jobs_are_gone
done_testing
