#!/usr/bin/env bash
# C31: what jobs have on disk: the root of a job makes setuid files for anybody, in its root and in volumes. No
# other user of the host reaches them, whatever the modes in there are; and no file has an owner who is not the
# user or of the granted range. The directories of the state root are hostile as well: a job that is shown
# them, or the user, puts links, files, mounts and other directories in the place of volumes.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3
mount --make-rshared /
jobs_world security.confined
canary_plant
VOLUMES=$STATE/volumes
# Whoever may look into the state root: what is in it is to be closed by itself.
as alice mkdir -p state
chmod 755 /home/alice "$STATE"

make='cp /bin/busybox $1/sh 2>/dev/null || cp /bin/true $1/sh
for id in 0 1 5 1000 65534; do cp $1/sh $1/as$id; chown $id:$id $1/as$id; chmod 6755 $1/as$id; done
chmod 777 $1; mkdir -m 777 $1/open; touch $1/open/x; chmod 666 $1/open/x'
as alice berth run -q -d --name keeper -v data:/d -v /own host sh -c "f() { $make; }; f /d; f /own; f /root; exec sleep 1000" >/dev/null
settled() {
	[ -e "$VOLUMES/data/data/open/x" ] && [ "$(find "$STATE" -path '*/u/root/open/x' | wc -l)" -eq 1 ]
}
ok "C31 a job wrote its files" wait_for 20 settled
is "$(find "$STATE" -perm -6000 -type f | wc -l)" 15 "C31 control: setuid files are there, of each owner"
foreign() {
	find "$STATE" ! -uid 1000 \( -uid -100000 -o -uid +165535 \) -o ! -gid 1000 \( -gid -100000 -o -gid +165535 \)
}
is "$(foreign)" "" "C31 all of them are the user's or of the range"
reached=("$VOLUMES/data" "$VOLUMES/data/data" "$VOLUMES/data/data/as0" "$STATE"/jobs/*/u/root/as0 "$STATE"/jobs/*/v/1/as0)
is "$(stat -c %n "${reached[@]}" | wc -l)" 5 "C31 control: what is looked for is there"
for user in bob nobody; do
	seen=$(setpriv --reuid="$user" --regid=1001 --clear-groups find "$STATE" \( -path '*/as*' -o -path '*/open*' -o -name data \) 2>/dev/null)
	is "$seen" "" "C31 $user finds none of them"
	for path in "${reached[@]}"; do
		not_ok "C31 $user does not reach ${path#"$STATE/"}" setpriv --reuid="$user" --regid=1001 --clear-groups stat "$path"
	done
done
# Its user can open it to all; the next use closes it before anything is done.
chmod 777 "$VOLUMES"
as alice berth run -q -v data:/d host true
is "$(stat -c %a "$VOLUMES")" 700 "C31 a directory of volumes that was opened is closed again"
is "$(stat -c %a "$STATE/jobs")" 700 "C31 and that of jobs is"
run job -v data:/d -u 5 host sh -c '/d/as0 -c "echo ran" 2>/dev/null; awk "\$5 == \"/d\" { print \$6 }" /proc/self/mountinfo'
like "$out" 'nosuid,nodev' "C31 in a job, too, a setuid file of a volume does nothing"
as alice berth rm -f keeper >/dev/null
as alice berth volume rm data >/dev/null

# --- hostile directories
as alice mkdir -p victim
as alice sh -c 'echo theirs >victim/mark; mkdir victim/sub'
before=$(tree /home/alice/victim)
victim_is_same() {
	is "$(tree /home/alice/victim)" "$before" "$1: what it aims at is as it was"
}
# hostile NAME COMMAND [REGEX]: after COMMAND, in the directory of volumes, a job with the volume "v" is refused
hostile() {
	local name=$1
	rm -rf "$VOLUMES"
	as alice berth run -q -v v:/d host sh -c 'echo mine >/d/mark'
	(cd "$VOLUMES" && as alice bash -c "cd $VOLUMES && $2")
	run job -v v:/d host sh -c 'cat /d/mark; echo written >/d/new'
	if [ "$rc" -eq 125 ] && [ -z "$out" ] && [[ $err =~ ${3-"volume v cannot be used"} ]]; then
		pass "C31 $name: refused"
	else
		fail "C31 $name: refused"
		tap_show_run
	fi
	victim_is_same "C31 $name"
	for verb in 'ls' 'inspect v' 'rm v' 'rm -f v' 'prune -af'; do
		# shellcheck disable=SC2086
		run as alice timeout 60 berth volume $verb
		isnt "$rc" 124 "C31 $name: volume ${verb% v} ends"
	done
	victim_is_same "C31 $name: nor is it removed"
}
hostile "the volume is a link" 'rm -rf v && ln -s /home/alice/victim v'
hostile "a relative link" 'rm -rf v && ln -s ../../victim v'
hostile "its data is a link" 'rm -rf v/data && ln -s /home/alice/victim v/data'
hostile "its data is a link to the host" 'rm -rf v/data && ln -s / v/data'
hostile "the volume is a FIFO" 'rm -rf v && mkfifo v'
hostile "its data is a FIFO" 'rm -rf v/data && mkfifo v/data'
hostile "the volume is a file" 'rm -rf v && echo x >v'
hostile "its data is a file" 'rm -rf v/data && echo x >v/data'
hostile "its data is not there" 'rm -rf v/data' 'volume v cannot be used'
hostile "all of it is a link" 'cd .. && rm -rf volumes && ln -s victim volumes'
hostile "all of it is a file" 'cd .. && rm -rf volumes && echo x >volumes'
run as alice berth volume prune -af
like "$rc:$err" '^71:.*the volumes cannot be looked at' "C31 all of it is a file: prune says so"
rm -f "$VOLUMES"

# A mount in the place of one is not the state root's.
as alice berth run -q -v v:/d host true
mount --bind /home/alice/victim "$VOLUMES/v/data"
run job -v v:/d host cat /d/mark
like "$rc:$err" '^125:.*volume v cannot be used' "C31 a mount in its place: refused"
umount "$VOLUMES/v/data"

# What is known of it is not believed.
for text in '{}' '[]' '{"name":"v","created":-1}' '{"name":"v","created":1,"labels":{"":"x"}}' '{"name":"v","created":1e99}' 'x' ''; do
	as alice sh -c 'printf %s "$1" >"$2"' sh "$text" "$VOLUMES/v/volume.json"
	is "$(as alice berth volume inspect v | python3 -c 'import json, sys; v = json.load(sys.stdin)[0]; print(v["name"], v["created"], v["labels"])')" \
	    "v 0 {}" "C31 a file that is none: ${text:0:40}"
done
as alice sh -c 'rm "$1"; mkfifo "$1"' sh "$VOLUMES/v/volume.json"
run as alice timeout 60 berth volume inspect v
is "$rc" 0 "C31 nor is it waited for"
as alice sh -c 'rm "$1"; ln -s /home/bob/canary "$1"' sh "$VOLUMES/v/volume.json"
run as alice timeout 60 berth volume inspect v
canary_is_untouched "$out$err" "C31 nor a link followed"
as alice sh -c 'cd "$1" && mkdir ".." .new-0 ".new-zzz" "./-x" "$(printf "a\nb")" 2>/dev/null; ln -s /home/alice/victim .new-1; true' sh "$VOLUMES"
run as alice berth volume ls -q
is "$rc:$out" "0:v" "C31 what has no volume's name is none"
run as alice berth volume prune -af
is "$rc:$(ls "$VOLUMES")" "0:-x
a
b" "C31 and stays; what was being made or removed goes"
victim_is_same "C31 leftovers"

# --- the image: what it has at the place of a new volume
make_image /home/alice/image
as alice bash -c 'cd image/data && ln -s / root && ln -s ../../../../../../home/alice/victim up && mkdir way && ln -s /home/alice/victim way/in &&
	mkfifo fifo && python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"sock\")"'
mknod /home/alice/image/data/null c 1 3
mknod /home/alice/image/data/disk b 8 0
run job "${USR[@]}" -v filled:/data /home/alice/image true
is "$rc:$(cd "$VOLUMES/filled/data" && find . -printf '%P:%y ' | tr ' ' '\n' | sort | xargs)" "0::d fifo:p root:l up:l way/in:l way:d" \
    "C31 links are copied as links, devices and sockets not at all"
victim_is_same "C31 an image's links"

# --- a race: the volume becomes a link and a directory by turns while jobs start with it
rm -rf "$VOLUMES"
starts=20
[ -z "${BERTH_LONG-}" ] || starts=2000
as alice berth run -q -v v:/d host sh -c 'echo mine >/d/mark'
race() {
	local name=$1 turns
	setpriv --reuid=alice --regid=alice --init-groups "$TESTBIN/exchange" "$2" "$3" &
	racer=$!
	: >/run/arena/race
	for ((turns = 0; turns < 1 || (turns < 20 && $(awk -F '\t' '$2 == 125' /run/arena/race | wc -l) == 0); turns++)); do
		as alice timeout $((250 + starts)) python3 "$TOP/tests/attack/starts.py" "$starts" run -q -v v:/d host sh -c 'cat /d/mark; echo written >/d/new' >>/run/arena/race
	done
	kill "$racer"
	wait "$racer" 2>/dev/null
	is "$(wc -l </run/arena/race)" "$((turns * starts))" "C31 $name: $((turns * starts)) starts"
	is "$(awk -F '\t' '!($2 == 0 && $3 == "mine") && !($2 == 125 && $4 ~ /volume v cannot be used/)' /run/arena/race)" "" "C31 $name: it is the volume, or refused"
	isnt "$(awk -F '\t' '$2 == 125' /run/arena/race | wc -l)" 0 "C31 $name: control: the link was met"
	victim_is_same "C31 $name"
}
as alice ln -s /home/alice/victim "$VOLUMES/v/link"
race "its data and a link" "$VOLUMES/v/data" "$VOLUMES/v/link"
[ ! -L "$VOLUMES/v/data" ] || as alice sh -c 'cd "$1" && mv data x && mv link data && mv x link' sh "$VOLUMES/v"
as alice sh -c 'cd "$1" && mkdir w && ln -s /home/alice/victim w/data' sh "$VOLUMES"
race "it and one whose data is a link" "$VOLUMES/v" "$VOLUMES/w"
canary_is_untouched "$out$err" "C31 the canaries"
done_testing
