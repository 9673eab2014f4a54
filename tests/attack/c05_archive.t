#!/usr/bin/env bash
# C05 (CVE-2024-45310) and D12, for what berth cp copies with: names that are exchanged for links while
# it works, and hostile archives. Nothing outside of the destination is read, made or changed; what is
# refused is named, the rest is there. Here the program alone, on plain directories; c05_cp.t has jobs.
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"
arena_enter "$@"

ARCHIVE=/usr/local/libexec/berth/berth-archive
TARS=$TOP/tests/attack/tars.py
ROUNDS=100
[ -z "${BERTH_LONG-}" ] || ROUNDS=2000
cd /tmp || exit 1
canary_plant

tree() {
	find "$@" -printf '%p %y %m %U:%G %n %s %l %T@\n' -type f -exec sha256sum {} +
}

# --- hostile archives, into alice's directory and into a job's root --------------------------------------
# What a mode begins with: a file, a directory and a link that were there before.
plant() {
	rm -rf /tmp/outside /tmp/root /home/alice/w
	mkdir -p /tmp/outside /tmp/root/{etc,data/keptdir} /home/alice/w/keptdir
	echo precious | tee /tmp/outside/victim /etc/victim /tmp/root/etc/victim /tmp/root/data/kept >/home/alice/w/kept
	chmod 600 /tmp/root/data/kept /home/alice/w/kept
	ln -s /tmp/outside /home/alice/w/keptlink
	# In a job's root it leads to a place of the job's, where programs of the job could write as well.
	ln -s /etc /tmp/root/data/keptlink
	chmod -R a+rwX /tmp/outside /tmp/root/etc
	chown -hR alice:alice /home/alice/w
	touch -h -d @1000000000 /tmp/outside /tmp/outside/victim /tmp/root/etc /tmp/root/etc/victim
	: >/tmp/said
}

# Names, types, modes, and the sizes of files; of many the first ones.
shape() {
	(cd "$1" && LC_ALL=C find . -mindepth 1 -maxdepth 3 ! -name 'f[0-9]*' \( -type f -printf '%P:%y%m:%s\n' -o -printf '%P:%y%m\n' \) |
		tr -c '[:print:]\n' '?' | LC_ALL=C sort | cut -c1-200 | tr '\n' ' ')
}

unpack_host() {
	as alice timeout 200 "$ARCHIVE" unpack w </tmp/evil.tar 2>/tmp/said
}

unpack_job() {
	timeout 200 "$ARCHIVE" unpack --job --owners /data 3</tmp/root </tmp/evil.tar 2>/tmp/said
}

: >/tmp/results
for name in $(python3 "$TARS" list); do
	python3 "$TARS" "$name" >/tmp/evil.tar
	for mode in host job; do
		[ "$name $mode" != "many host" ] || continue
		plant
		# but what leads there by a link of the job's own
		around=(/tmp/outside /etc/victim /tmp/root/etc)
		[ "$name" != through-kept ] || around=(/tmp/outside /etc/victim)
		before=$(tree "${around[@]}")
		status=0
		"unpack_$mode" || status=$?
		is "$(tree "${around[@]}")" "$before" "C05 $name, $mode: nothing outside is changed"
		where=/home/alice/w
		[ "$mode" = host ] || where=/tmp/root/data
		{
			printf '%s %s %s: %s\n' "$name" "$mode" "$status" "$(shape $where)"
			# what the library says depends on its version
			cut -c1-150 /tmp/said | sed 's/\t.*//; 6,$d; s/^/    /; s/ $//'
		} >>/tmp/results
	done
done
sed -i 's/ $//' /tmp/results
is "$(diff -u "$TOP/tests/attack/golden/tars" /tmp/results)" "" "C05 what is made of each, what is refused and how that is said"
is "$(find /tmp/root/data -name 'f[0-9]*' | wc -l)" 100000 "C05 an archive of 100,000 entries is unpacked"
is "$(find /tmp/root -path /tmp/root/data -prune -o -name 'f[0-9]*' -print)" "" "C05 nothing of it elsewhere"

# --- names that are exchanged for links out of the tree, again and again ------------------------------------
mkdir -p /tmp/outside/dir
printf '%s\n' "$CANARY" >/tmp/outside/dir/deep
chmod -R a+rX /tmp/outside
# race DIR: pairs of a directory and a link out, which change places until race_end
race() {
	local i
	local -a pairs=()
	rm -rf "$1"
	mkdir -p "$1"
	for i in {1..20}; do
		mkdir "$1/d$i"
		echo inner >"$1/d$i/deep"
		if [ $((i % 2)) = 0 ]; then ln -s /tmp/outside/dir "$1/l$i"; else ln -s ../../../../../tmp/outside/dir "$1/l$i"; fi
		pairs+=("$1/d$i" "$1/l$i")
	done
	chmod 755 "$1"
	chown -hR "$2" "$1"
	setpriv --reuid="$2" --regid="$2" --clear-groups "$TESTBIN/exchange" "${pairs[@]}" &
	racer=$!
}

race_end() {
	kill -KILL "$racer"
	wait "$racer" 2>/dev/null
}

plant
mkdir -p /tmp/outside/dir
printf '%s\n' "$CANARY" >/tmp/outside/dir/deep
outside=$(tree /tmp/outside)
race /tmp/root/race root

# A tar of a path, as it was once made: looked at, then opened by its name.
ok "C05 control: who looks and then opens by name reads what is outside" timeout 60 python3 - /tmp/root/race "$CANARY" <<'PY'
import os, sys
while True:
    for i in range(1, 21):
        name = f"{sys.argv[1]}/d{i}"
        try:
            if not os.path.islink(name) and sys.argv[2] in open(name + "/deep").read():
                sys.exit(0)
        except OSError:
            pass
PY
leaked=0 packed=0
for ((i = 0; i < ROUNDS; i++)); do
	timeout 200 "$ARCHIVE" pack --job /race 3</tmp/root >/tmp/tar 2>>/tmp/said
	! grep -q inner /tmp/tar || packed=$((packed + 1))
	! grep -q "$CANARY" /tmp/tar || leaked=$((leaked + 1))
done
is "$leaked" 0 "C05 nothing outside is packed, in $((ROUNDS * 40)) looks at a name"
is "$packed" "$ROUNDS" "C05 control: what is inside is, each time"
leaked=0 packed=0
for ((i = 0; i < ROUNDS; i++)); do
	timeout 200 "$ARCHIVE" pack --job "/race/d$((i % 20 + 1))/../d$((i % 7 + 1))/deep" 3</tmp/root >/tmp/tar 2>>/tmp/said
	! grep -q inner /tmp/tar || packed=$((packed + 1))
	! grep -q "$CANARY" /tmp/tar || leaked=$((leaked + 1))
done
is "$leaked" 0 "C05 nor by a path, in $ROUNDS"
isnt "$packed" 0 "C05 control: the directory was met ($packed times)"

# Each entry is in another directory than the one before, so that each name is looked up.
python3 - >/tmp/evil.tar <<PY
import io, sys, tarfile
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
    for i in range($((ROUNDS * 20))):
        for name in f"race/d{i % 20 + 1}/new{i}", f"race/d{i % 20 + 1}/sub{i}/x":
            info = tarfile.TarInfo(name)
            info.size = 5
            archive.addfile(info, io.BytesIO(b"evil\n"))
PY
timeout $((120 + ROUNDS)) "$ARCHIVE" unpack --job / 3</tmp/root </tmp/evil.tar 2>/tmp/said
like "$?" '^[01]$' "C05 an archive is unpacked while names change"
isnt "$(find /tmp/root/race -name 'new*' | wc -l)" 0 "C05 into the directories that it names"
is "$(tree /tmp/outside)" "$outside" "C05 and nowhere else, in $((ROUNDS * 40)) entries"
is "$(find /tmp/root -path /tmp/root/race -prune -o \( -name 'new*' -o -name 'sub*' \) -print)" "" "C05 nothing of it elsewhere in the root"
race_end

race /home/alice/race alice
as alice timeout $((120 + ROUNDS)) "$ARCHIVE" unpack . </tmp/evil.tar 2>/tmp/said
like "$?" '^[01]$' "C05 on the host as well"
isnt "$(find /home/alice/race -name 'new*' | wc -l)" 0 "C05 into the directories that it names"
is "$(tree /tmp/outside)" "$outside" "C05 and nowhere else"
ok "C05 control: who looks and then writes by name writes outside" timeout 60 python3 - /home/alice/race <<'PY'
import os, sys
while not os.path.exists("/tmp/outside/dir/new"):
    for i in range(1, 21):
        name = f"{sys.argv[1]}/d{i}"
        try:
            if not os.path.islink(name):
                open(name + "/new", "w").close()
        except OSError:
            pass
PY
race_end
canary_is_untouched "$(cat /tmp/said)" "C05 the canary is untouched"
done_testing
