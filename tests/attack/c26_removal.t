#!/usr/bin/env bash
# C26 (CVE-2023-0778 and many more): sweeps over trees of others. Nothing of berth's that is root changes an
# owner below a directory of a user's. The removal of what a job wrote goes into no link, while its user
# exchanges directories for links to files of their own as well, and copes with what a job can leave:
# modes 0000, depth, numbers, owners, names of the removal itself, mounts of the host's on top of it.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs strace python3
files=20000 depth=10000 rounds=12
[ -z "${BERTH_LONG-}" ] || files=1000000 depth=100000 rounds=200
# As systemd has it: what is mounted on the host later shows in the engine.
mount --make-rshared /
canary_plant
verb() {
	as alice timeout -k 5 $((JOB_SECONDS * 10)) berth "$@"
}

# --- no chown -R by root
is "$(cd "$TOP" && grep -rnE 'chown[^;]*( -[a-zA-Z]*R|--recursive)' helper common client config GNUmakefile)" "" \
    "C26 no source has a chown(1) of a tree"
isnt "$(cd "$TOP" && grep -c 'chown' config/install.sh)" 0 "C26 control: it is looked for where there is one"
walkers=$(cd "$TOP" && grep -rlE '\b(nftw|ftw|fts_open|readdir|scandir)\(' helper common | sort)
isnt "$walkers" "" "C26 control: programs of root's read directories"
# shellcheck disable=SC2086
is "$(cd "$TOP" && grep -lE 'f?l?chown(at)?\(' $walkers)" "" "C26 none of what reads directories changes owners"

# Root's, where a user can make links to it without protected_hardlinks(5).
echo precious >/home/precious
chmod 600 /home/precious
# plant N: a state directory with so many files of others', links and links of links
plant() {
	rm -rf "$STATE"
	install -d -o alice -g alice -m 0700 "$STATE" "$STATE/jobs" "$STATE/own"
	python3 - "$STATE/own" "$1" <<'P'
import os, sys
for i in range(int(sys.argv[2])):
    name = f"{sys.argv[1]}/f{i}"
    open(name, "w").close()
    os.chown(name, 100000 + i % 60000, 100000 + i % 60000)
    os.symlink("/srv/canary/root", f"{name}.link")
    if i < 3:
        os.link("/home/precious", f"{name}.hard")
P
}
changes='chown|fchown|lchown|fchownat|chmod|fchmod|fchmodat|fchmodat2'
# traced FILE FLAGS -- CMD...: the changes of owners and modes, also of what was executed setuid. An engine that
# stays is let go.
traced() {
	local file=$1 tracer
	local -a flags=()
	shift
	while [ "$1" != -- ]; do
		flags+=("$1")
		shift
	done
	shift
	rm -f /tmp/done
	# shellcheck disable=SC2016
	root strace -f -qq -y "${flags[@]}" -e "trace=${changes//|/,?}" -o "$file" sh -c '"$@"; echo $? >/tmp/ended; mv /tmp/ended /tmp/done' sh "$@" </dev/null >/run/arena/said 2>&1 &
	tracer=$!
	wait_for 60 test -e /tmp/done
	ends+="$(cat /tmp/done) "
	kill $tracer 2>/dev/null
	wait $tracer 2>/dev/null
}
# What root does for a user, from the first grant to the end of it.
all_of_it() {
	local file=$1
	ends=
	traced "$file.1" -- berth daemon start --root="$STATE" --allow-user=alice --entitlements=security.confined,mount=/home/alice
	traced "$file.2" -- "$ADMIN" grant alice network.host --root="$STATE"
	traced "$file.3" -- env BUILD="$BUILD" sh "$TOP/config/install.sh" install
	verb run -q host true
	# The launcher, as the user executes it: setuid, so that the tracer is root.
	verb daemon stop --force >/dev/null
	traced "$file.4" -u alice -- /usr/local/bin/berth daemon start
	traced "$file.5" -- "$ADMIN" revoke alice
	cat "$file".[1-5] | sed -nE "s/^[0-9]+ +(($changes)\(.*)/\1/p" >"$file"
}
# The first time some files of root's are made that stay.
plant 3
all_of_it /run/arena/changes0
for n in 3 300; do
	plant $n
	stat -c '%n %u:%g %a' "$STATE"/own/* >/run/arena/owners
	all_of_it /run/arena/changes$n
	is "$ends" "0 0 0 0 0 " "C26 $n files: control: each of it was done"
	is "$(stat -c '%n %u:%g %a' "$STATE"/own/* | diff /run/arena/owners -)" "" "C26 $n files: all owners and modes are as they were"
	is "$(grep -F "$STATE/" /run/arena/changes$n | grep -vE "$STATE/(jobs|host|names|run|volumes|engine\.log|lock|spare)")" "" \
	    "C26 $n files: root touches none of them"
done
isnt "$(wc -l </run/arena/changes300)" 0 "C26 control: root changes owners and modes ($(wc -l </run/arena/changes300) times)"
is "$(grep -c '^[a-z]*chown' /run/arena/changes300)" "$(grep -c '^[a-z]*chown' /run/arena/changes3)" \
    "C26 as many with 300 files as with 3"
traced /run/arena/control -- chown -hR alice "$STATE/own"
is "$(($(grep -c chown /run/arena/control) >= 600))" 1 "C26 control: a sweep is seen"
canary_is_untouched "$(cat /run/arena/changes*)" "C26 and nothing behind the links was touched"

# --- a racer, who is the user: what is outside is theirs, and could be removed
rm -rf "$STATE"
jobs_world security.confined mount=*
outside=/home/alice/outside
install -d -o alice -g alice $outside $outside/dir
for i in {1..20}; do
	echo precious >$outside/f$i
	echo precious >$outside/dir/f$i
done
chown -hR alice:alice $outside
before=$(tree $outside)
cat >/run/arena/swap.py <<'P'
# Exchanges directories of a job's tree for links out of it, for as long as the tree is there: where the job
# made them, and where the removal moves them to.
import ctypes, os, signal, sys
libc = ctypes.CDLL(None)
top, n, outside = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
pairs = [(f"{top}/u/root/d{i}".encode(), f"{top}/u/root/l{i}".encode()) for i in range(n)]
moved = [(f"{top}/.gone-{i}".encode(), f"{top}/l{i}".encode()) for i in range(n)]
done = 0
# Who is ended says how often, too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print(done)))
print("up", flush=True)
while os.path.lexists(top):
    for a, b in pairs:
        done += libc.renameat2(-100, a, -100, b, 2) == 0
    for a, b in moved:
        libc.symlink(outside, b)
        done += libc.renameat2(-100, a, -100, b, 2) == 0
        # What it was is looked into when it has its name again.
        done += libc.renameat2(-100, a, -100, b, 2) == 0
print(done)
P
swaps=0
for ((round = 0; round < rounds; round++)); do
	verb run -d --name raced host sh -c 'cd /root; for i in $(seq 0 39); do mkdir -p d$i/dir; touch d$i/f1 d$i/f2 d$i/dir/f3; done' >/dev/null
	verb wait raced >/dev/null
	id=$(readlink "$STATE/names/raced")
	top=$STATE/jobs/$id
	for i in {0..39}; do
		case $((i % 3)) in
		0) ln -s $outside "$top/u/root/l$i" ;;
		1) ln -s ../../../../../outside/dir "$top/u/root/l$i" ;;
		2) ln -s ../../../../../outside "$top/u/root/l$i" ;;
		esac
	done
	chown -h alice:alice "$top"/u/root/l*
	: >/run/arena/swaps
	setpriv --reuid=alice --regid=alice --init-groups python3 /run/arena/swap.py "$top" 40 $outside/dir >/run/arena/swaps &
	racer=$!
	wait_for 10 grep -q up /run/arena/swaps
	verb rm raced >/dev/null 2>&1
	kill $racer 2>/dev/null
	wait $racer 2>/dev/null
	# What the racer kept it from is done when the next engine starts.
	if [ -e "$top" ]; then
		verb daemon stop --force >/dev/null
		verb daemon start >/dev/null
		wait_for 20 test ! -e "$top"
	fi
	swaps=$((swaps + $(tail -n 1 /run/arena/swaps | grep -x '[0-9]*' || echo 0)))
	[ ! -e "$top" ] || break
done
is "$round" $rounds "C26 all $rounds jobs are removed"
isnt "$swaps" 0 "C26 control: names were exchanged meanwhile ($swaps times)"
is "$(tree $outside)" "$before" "C26 nothing is missing where the links lead to"

# --- what a job can leave
# leaves NAME COMMAND: a job that is over, and then is removed
leaves() {
	local name=$1
	shift
	run verb run -d --name left "$@"
	is "$(verb wait left)" 0 "C26 $name: control: a job has made it"
	id=$(readlink "$STATE/names/left")
}
removed() {
	run verb rm -q left
	is "$rc$err" 0 "C26 $1: it is removed"
	ok "C26 $1: nothing is left" jobs_are_gone
}
leaves "mode 0000" host sh -c 'cd /root; mkdir -p a/b/c; echo x >a/b/c/x; chmod 0000 a/b/c/x a/b/c a/b a
    mkdir -p o/p; echo x >o/p/x; chown -R 7:8 o; chmod 0000 o/p o; chmod 0000 /root'
is "$(stat -c %a "$STATE/jobs/$id/u/root")" 0 "C26 mode 0000: control"
removed "mode 0000"
leaves "names of the removal's own" host sh -c 'cd /root; for i in $(seq 0 50); do mkdir -p .gone-$i/.gone-$i/.gone-1; touch .gone-$i/.gone-0x; done; mkdir -p a/b/c; ln -s / .gone-x; mkfifo p'
removed "names of the removal's own"
leaves "$depth directories in each other" -v "$TOP/tests:/src:ro" host python3 -c '
import os, sys
os.chdir("/root")
for i in range(int(sys.argv[1])):
    os.mkdir("d")
    open("f", "w").close()
    os.chdir("d")' $depth
removed "$depth directories in each other"
leaves "$files files" host python3 -c '
import os, sys
for i in range(int(sys.argv[1])):
    if i % 1000 == 0:
        os.makedirs(f"/root/{i}")
    open(f"/root/{i // 1000 * 1000}/{i}", "w").close()' $files
is "$(find "$STATE/jobs/$id/u/root" -type f | wc -l)" $files "C26 $files files: control"
removed "$files files"

# In a namespace of the job's own the user is another number of its engine's.
verb daemon stop --force >/dev/null
grant alice security.confined mount=* --engine=any >/dev/null
run job --userns=keep-id -u 0:0 host sh -c 'mkdir -p /root/a/b/c; echo x >/root/a/b/c/d; chown -R 7:8 /root/a/b; chmod 0000 /root/a/b/c/d /root/a/b/c /root/a/b /root/a'
is "$rc$err" 0 "C26 a map of its own: control: a job has made it"
ok "C26 a map of its own: nothing is left" jobs_are_gone

# A name of a file outside, and a mount of the host's on what the job left.
leaves "a hard link" host sh -c 'mkdir /root/d; touch /root/d/x'
ln $outside/f1 "$STATE/jobs/$id/u/root/d/hard"
removed "a hard link"
is "$(tree $outside)" "$before" "C26 a hard link: its other name has the file"
leaves "a mount on it" host sh -c 'mkdir -p /root/d/m /root/e; touch /root/e/f'
mount --bind $outside "$STATE/jobs/$id/u/root/d/m"
mount --bind /srv/canary "$STATE/jobs/$id/u/root/e"
run verb rm left
is "$(tree $outside)" "$before" "C26 a mount on it: what is mounted there is whole, whatever becomes of the job"
canary_is_untouched "$out$err" "C26 a mount on it: the canaries are untouched"
# The removal has moved what is above them.
points=$(awk -v top="$STATE/jobs/" 'index($5, top) == 1 { print $5 }' /proc/self/mountinfo)
is "$(wc -l <<<"$points")" 2 "C26 a mount on it: control: both are still mounted"
# shellcheck disable=SC2086
umount $points
# What could not be removed for the mounts is, when the next engine starts.
verb daemon stop --force >/dev/null
verb daemon start >/dev/null
ok "C26 a mount on it: then nothing is left" jobs_are_gone
is "$(tree $outside)" "$before" "C26 a mount on it: and what was mounted is still whole"

# A mount in the place of what sweepers take: a job that is over, a volume that was not finished, a volume.
leaves "a mount in its place" -v vol:/v host true
as alice mkdir -m 700 "$STATE/volumes/.new-0"
places=("$STATE/jobs/$id" "$STATE/volumes/.new-0" "$STATE/volumes/vol")
for place in "${places[@]}"; do
	mount --bind $outside "$place"
done
# sweeps NAME VERB...: it takes what is left, and leaves the mounts as they were
sweeps() {
	local name=$1
	shift
	run verb "$@"
	is "$(tree $outside)" "$before" "C26 a mount in its place, $name: what is mounted there is whole"
}
sweeps "rm" rm left
sweeps "volume rm" volume rm vol
sweeps "volume prune" volume prune -af
sweeps "an engine ends" daemon stop --force
sweeps "an engine starts" daemon start
sweeps "all is removed" daemon reset --force
as alice sh -c 'for place; do mountpoint -q "$place" || echo "$place"; done' sh "${places[@]}" >/run/arena/points
is "$(cat /run/arena/points)" "" "C26 a mount in its place: control: they are still mounted"
umount "${places[@]}"
verb daemon reset --force >/dev/null
verb daemon start >/dev/null
ok "C26 a mount in its place: then nothing is left" jobs_are_gone
is "$(find "$STATE" -path '*/volumes/*')" "" "C26 a mount in its place: nor of volumes"

# One that runs, with what it was given mounted in it, is removed by force.
run verb run -d --name left -v $outside:/root/given -v $outside/f1:/etc/given --tmpfs /root/t host sh -c 'cd /root/given/dir; echo x >/root/x; sleep 1000'
id=$(readlink "$STATE/names/left")
ok "C26 a job that runs in what it was given" wait_for 10 test -e "$STATE/jobs/$id/u/root/x"
run verb rm -f left
is "$rc$err" 0 "C26 a job that runs is removed by force"
ok "C26 nothing of it is left" jobs_are_gone
is "$(tree $outside)" "$before" "C26 what it was given is whole"
canary_is_untouched "$err" "C26 the canaries are untouched"
done_testing
