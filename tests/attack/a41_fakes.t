#!/usr/bin/env bash
# A41 (CVE-2022-31214 and its many relatives): a privileged program takes files, processes and names that
# its user has made for ones that it made itself, and acts on them. No part of berth takes a process id, a
# name or a state file as proof that something is its own: a fake runtime directory is refused, a fake
# pidfile, engine or job is without effect, for the launcher, for berth and for the administrator.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3 unshare
canary_plant
cp "$ENGINE" /run/arena/engine

# --- the launcher: a runtime directory that somebody else made -----------------------------------------
launcher_world
allow alice
allow bob
engine_stays
# made KIND: /run/berth as the attacker would like it to be
made() {
	rm -rf /run/berth
	case $1 in
	"/run/berth is alice's") install -d -o alice -m 755 /run/berth ;;
	"/run/berth is open") install -d -m 1777 /run/berth ;;
	"/run/berth is a link to alice's") ln -s /home/alice/fake /run/berth ;;
	"/run/berth/1000 is alice's") install -d -m 755 /run/berth && install -d -o alice -m 711 /run/berth/1000 ;;
	"/run/berth/1000 is bob's") install -d -m 755 /run/berth && install -d -o bob -m 711 /run/berth/1000 ;;
	"/run/berth/1000 is open to a group") install -d -m 755 /run/berth && install -d -g lab -m 771 /run/berth/1000 ;;
	"/run/berth/1000 is a link to alice's") install -d -m 755 /run/berth && ln -s /home/alice/fake /run/berth/1000 ;;
	"/run/berth/1000 is a file") install -d -m 755 /run/berth && : >/run/berth/1000 ;;
	esac
	# All that an engine of before could have left, and what old tools keep.
	if [ -d /run/berth/1000 ] && [ ! -L /run/berth/1000 ]; then
		: >/run/berth/1000/lock
		ln -s /srv/canary/root /run/berth/1000/engine.sock
		echo 1 >/run/berth/1000/engine.pid
		chown -h --reference=/run/berth/1000 /run/berth/1000/*
	fi
}
install -d -o alice -g alice /home/alice/fake /home/alice/fake/1000
listing() {
	find /run/berth /home/alice/fake -printf '%p %y %m %U:%G %l %s\n' 2>/dev/null | sort
}
for kind in "/run/berth is alice's" "/run/berth is open" "/run/berth is a link to alice's" "/run/berth/1000 is alice's" \
	"/run/berth/1000 is bob's" "/run/berth/1000 is open to a group" "/run/berth/1000 is a link to alice's" \
	"/run/berth/1000 is a file"; do
	made "$kind"
	before=$(listing)
	run as alice "$LAUNCHER" start
	like "$rc" '^(71|78)$' "A41 $kind: refused"
	like "$err" '^berth: (refused: (berth|1000) |cannot open )' "A41 $kind: and named"
	ok "A41 $kind: nothing runs" none_of_ours
	is "$(listing)" "$before" "A41 $kind: nothing in it was made, changed or removed"
	stop_engines
done
made "none"
run as alice "$LAUNCHER" start
is "$rc$err" 0 "A41 control: with none it starts, and makes its own"
stop_engines

# --- berth: what lies in the caller's own places -------------------------------------------------------
install -m 0711 /run/arena/engine "$ENGINE"
rm -rf "$ALLOW"/uid-100?.conf /home/alice/fake
grant alice security.confined >/dev/null
grant bob security.confined >/dev/null
places=(/home/alice/state /home/alice/.local/state/berth /home/alice/.local/state/berth/run /tmp/xdg/berth
	/home/alice/.cache/berth /home/alice/run/berth/1000)
for dir in "${places[@]}"; do
	as alice mkdir -p -m 700 "$dir"
done
as alice chmod 700 /tmp/xdg
cat >/tmp/serve.py <<'PY'
import os, socket, sys
for path in sys.argv[1:]:
    if os.fork() == 0:
        s = socket.socket(socket.AF_UNIX)
        s.bind(path)
        s.listen()
        while True:
            c, _ = s.accept()
            print(path, c.recv(100000), flush=True)
            c.close()
print("up", flush=True)
PY
# Not where a rootless engine of hers would be: that one berth asks to leave, and waits for it.
as alice python3 /tmp/serve.py /home/alice/{state,.local/state/berth,.cache/berth,run/berth/1000}/engine.sock >/run/arena/heard 2>&1
wait_for 10 grep -q up /run/arena/heard

# Victims: whoever takes a pidfile at its word would end these.
victims=()
victim() {
	(exec setpriv --reuid="$1" --regid="$1" --init-groups "$2" 600) &
	victims+=($!)
	disown -a
}
for name in berth-engine berth-job berth-launcher berth-init; do
	cp /usr/bin/sleep "/tmp/$name"
	chmod 755 "/tmp/$name"
done
victim root /usr/bin/sleep
victim bob /usr/bin/sleep
victim bob /tmp/berth-engine
victim alice /tmp/berth-engine
victim alice /tmp/berth-job
victim alice /tmp/berth-launcher
victim alice /tmp/berth-init
# In a namespace of her own, as an engine is.
(exec setpriv --reuid=alice --regid=alice --init-groups unshare --user --map-root-user --mount --pid --fork \
    --kill-child /tmp/berth-engine 600) 2>/dev/null &
victims+=($!)
disown -a
they_live() {
	[ -z "$(living)" ]
}
pidfiles() {
	local dir name
	for dir in "${places[@]}"; do
		for name in pid engine.pid berth.pid lock engine.lock state.json jobs.json; do
			printf '%s\n' "$1" >"$dir/$name"
			chown alice: "$dir/$name"
		done
	done
}
living() {
	local pid
	for pid in "${victims[@]}"; do
		[[ $(awk '$1 == "State:" { print $2 }' "/proc/$pid/status" 2>/dev/null) =~ ^[SR]$ ]] || echo "$pid"
	done
}
# The one that is in a grant's namespace; the impostors have its name.
engine_of() {
	pgrep -x berth-engine -u "$1" | while read -r pid; do
		[ "$(readlink "/proc/$pid/exe")" != "$ENGINE" ] || echo "$pid"
	done
}
wait_for 10 they_live
is "$(living)" "" "A41 control: the victims are there"
noprv_snapshot /run/arena/before
env=(XDG_RUNTIME_DIR=/tmp/xdg XDG_CACHE_HOME=/home/alice/.cache BERTH_PID="${victims[0]}" BERTH_ENGINE="${victims[0]}")
for pid in "${victims[0]}" "${victims[2]}" "${victims[3]}" "${victims[7]}" 1 -1; do
	pidfiles "$pid"
	run as_env alice "${env[@]}" -- timeout 60 berth -q run host echo served
	is "$rc:$out" "0:served" "A41 pidfiles name $pid: a job is served"
	engine=$(engine_of alice)
	case $pid in
	1) as_env alice "${env[@]}" -- berth -q daemon reset --force ;;
	*) as_env alice "${env[@]}" -- berth -q daemon stop --force ;;
	esac >/dev/null 2>&1
	[ "$pid" = 1 ] || ok "A41 pidfiles name $pid: the engine is ended" wait_for 5 test ! -e "/proc/$engine"
done
is "$(living)" "" "A41 whoever was named in a pidfile lives"
run as alice berth -q daemon stop --force
is "$rc:$(living)" "0:" "A41 daemon stop without an engine ends none that looks like one"
is "$(sort -u /run/arena/heard)" up "A41 no socket in the caller's own places was asked"
as alice python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("/home/alice/state/engine.sock"); s.send(b"Hello"); s.recv(1)'
like "$(cat /run/arena/heard)" 'Hello' "A41 control: they can be reached"
ok "A41 control: alice's engine runs again" as alice timeout 60 berth -q run host true
revoke bob >/dev/null
is "$(living)" "" "A41 a revocation of bob's ends nothing that looks like an engine, of his or hers"
revoke alice >/dev/null
is "$(living)" "" "A41 nor does one of alice's"
is "$(engine_of alice)" "" "A41 but her engine"
grant alice security.confined >/dev/null
grant bob security.confined >/dev/null

# --- a fake engine: berth's own program, started by hand with facts of alice's making -----------------
cat >/tmp/fake.py <<'PY'
"""fake.py UID: berth-engine as its launcher starts it, but nobody is who is said here."""
import fcntl, os, socket, struct, sys
uid = int(sys.argv[1])
facts = os.memfd_create("berth-facts", os.MFD_ALLOW_SEALING)
os.write(facts, struct.pack("=13I", 0x62727468, 3, 1, uid, uid, 2147482002, 165536, 65536, 165536, 65536, 0, 0, 0))
fcntl.fcntl(facts, 1033, 15)
policy = "/home/alice/fakepolicy"
os.makedirs(policy + "/allow", exist_ok=True)
with open(f"{policy}/allow/uid-{uid}.conf", "w") as file:
    file.write(f"[grant]\nuid = {uid}\nroot = /home/alice/fakestate\nentitlements = security.confined\n"
        "subuid = 165536:65536\nsubgid = 165536:65536\nowner-id = 2147482002\nwatch-id = 2147482003\n")
open(policy + "/berth.conf", "w").close()
os.makedirs("/home/alice/fakestate", exist_ok=True)
sock = socket.socket(socket.AF_UNIX)
try:
    os.unlink("/home/alice/fake.sock")
except FileNotFoundError:
    pass
sock.bind("/home/alice/fake.sock")
sock.listen()
lock = os.open("/home/alice/lock", os.O_RDONLY | os.O_CREAT)
theirs, ours = os.pipe()
given = [sock.fileno(), lock, os.open(policy, os.O_PATH), facts, ours]
if os.fork() == 0:
    os.close(ours)
    print(os.read(theirs, 2000), flush=True)
    os._exit(0)
high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in given]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
os.closerange(8, 256)
os.execv("/usr/local/libexec/berth/berth-engine", ["berth-engine"])
PY
for claims in 1001 0 1000; do
	noprv_snapshot /run/arena/before
	run as alice timeout 60 python3 /tmp/fake.py $claims
	like "$out" "^b['\"]" "A41 control: an engine that alice starts by hand as uid $claims has begun"
	unlike "$out" 'facts' "A41 control: and believes what it is told"
	unlike "$out" "^b'R'" "A41 an engine that alice starts by hand as uid $claims does not serve"
	noprv_is_same /run/arena/before "NOPRIV A41 an engine by hand, uid $claims"
	# As root of a namespace of her own it may serve her: what it does there she can do herself.
	: >/run/arena/fake
	as alice unshare --user --map-root-user --mount timeout 60 python3 /tmp/fake.py $claims >/run/arena/fake 2>&1 &
	fake=$!
	wait_for 10 grep -q '^b' /run/arena/fake
	[ $claims -eq 0 ] || like "$(cat /run/arena/fake)" "^b'R'" "A41 control: in a namespace of hers it serves, as uid $claims"
	if [ $claims -eq 1001 ]; then
		run as bob timeout 60 berth -q run host id -u
		is "$rc:$out" "0:0" "A41 bob is served beside an engine of alice's that calls itself his"
		is "$(readlink "/proc/$(engine_of bob)/exe")" "$ENGINE" "A41 and it is by his own"
		as bob berth -q daemon stop >/dev/null
	fi
	pkill -x timeout -u alice
	wait "$fake" 2>/dev/null
	[ $claims -eq 1001 ] || noprv_is_same /run/arena/before "NOPRIV A41 an engine in a namespace of hers, uid $claims"
done

# --- a fake tree of a job -------------------------------------------------------------------------------
install -d -g lab -m 2775 /srv/lab
as bob sh -c 'umask 002; mkdir /srv/lab/bobs && echo precious >/srv/lab/bobs/file && echo precious >/srv/lab/file'
as alice berth -q run host true
start_job /run/arena/out host sh -c 'echo up; exec sleep 1000'
wait_for 10 grep -q up /run/arena/out
name=$(ls "$STATE/jobs" | head -n 1)
kill -TERM "$client"
wait_job
jobs_are_gone
as alice berth -q daemon stop >/dev/null
like "$name" '^[a-z0-9]+$' "A41 a job has a name ($name)"
# other N: another name of that form
other() {
	printf '%s%d' "${name:0:-1}" "$1"
}
as alice sh -c '
	cd "$1/jobs" && mkdir "$2" && cd "$2" && ln -s /srv/lab upper && ln -s /srv/lab/bobs work && ln -s /srv/canary root &&
	mkdir -p deep/er && ln -s /srv/lab deep/er/link && mkfifo fifo && mkdir closed && touch closed/x && chmod 0 closed &&
	echo '"${victims[0]}"' >pid && ln -s /proc/self/fd fd' sh "$STATE" "$(other 1)"
as alice ln -s /srv/lab "$STATE/jobs/$(other 2)"
as alice ln -s /srv/lab/file "$STATE/jobs/$(other 3)"
as alice mkfifo "$STATE/jobs/$(other 4)"
as alice touch "$STATE/jobs/$(other 5)"
lab=$(tree /srv/lab)
run as alice timeout 60 berth -q run host echo served
is "$rc:$out" "0:served" "A41 a fake tree of a job is no obstacle"
ok "A41 the engine clears it away, as it does what a dead job left" wait_for 10 sh -c "[ -z \"\$(ls -A $STATE/jobs)\" ]"
is "$(tree /srv/lab)" "$lab" "A41 and nothing of where its links lead"
canary_is_untouched "$out$err" "CANARY A41 a fake tree of a job"
is "$(living)" "" "A41 nor anybody it names"
# All of the directory of jobs is somewhere else.
as alice berth -q daemon stop >/dev/null
mkdir "/srv/lab/$(other 6)"
chown bob:lab "/srv/lab/$(other 6)"
chmod 2775 "/srv/lab/$(other 6)"
: >"/srv/lab/$(other 6)/file"
lab=$(tree /srv/lab)
as alice sh -c 'rm -rf "$1/jobs" && ln -s /srv/lab "$1/jobs"' sh "$STATE"
run as alice timeout 60 berth -q run host echo served
is "$(tree /srv/lab)" "$lab" "A41 a directory of jobs that is a link: nothing is taken for a job where it leads"
diag "status $rc: $err"
as alice berth -q daemon stop --force >/dev/null 2>&1
as alice rm -f "$STATE/jobs"

# --- no way to enter something by its name -----------------------------------------------------------------
# A pid names no job: what is entered is found by the engine, by its lock and its socket.
for verb in exec attach top; do
	words=("$verb" "${victims[0]}")
	[ "$verb" != exec ] || words+=(id)
	run as alice berth "${words[@]}"
	like "$rc:$err" '^(1|125):berth: no such job' "A41 berth $verb: a pid is no job"
	run as alice "$LAUNCHER" "$verb"
	is "$rc" 64 "A41 nor has the launcher $verb"
done
for verb in join enter nsenter; do
	run as alice berth $verb "${victims[0]}" id
	is "$rc" 64 "A41 berth $verb: there is no such verb"
	run as alice "$LAUNCHER" $verb
	is "$rc" 64 "A41 nor has the launcher $verb"
done
kill "${victims[@]}"
done_testing
