#!/usr/bin/env bash
# B09 and A30 for the launcher's verb "mount". From the decision on its system calls are a short list, in
# one order, and no path is resolved once it is in the engine's mount namespace; what it holds at each
# step is what that step needs; and a mount is never to be seen without nosuid and nodev.
. "${BASH_SOURCE[0]%/*}/mapped.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace
launcher_world
call=$TESTBIN/mount_call
golden=$TOP/tests/attack/golden/mount_calls
allow alice
sed -i 's/^entitlements = .*/& idmap.mount/' $ALLOW/uid-1000.conf
mappable /home/alice/fs
install -d -o alice -g alice /home/alice/fs/own
run as alice "$LAUNCHER" start
engine=$(engine_pid alice)

# --- B09: the calls --------------------------------------------------------------------------------
strace -f -y -o /run/arena/whole "$call" "$engine" /home/alice/fs/own "$LAUNCHER" mount 101 102 2>&1 | cat >/run/arena/said
is "$(cat /run/arena/said)" $'status 0\nmount yes' "B09 a directory is mapped under a tracer"
launcher=$(awk '/execve\("[^"]*berth-launcher"/ { print $1; exit }' /run/arena/whole)
# Its own calls and its children's; not those of who has called it.
awk -v p="$launcher" '$1 == p && /execve\("/ { on = 1 } on && $1 >= p' /run/arena/whole >/run/arena/trace
awk '/ fsopen\(/ { on = 1 } on' /run/arena/trace >/run/arena/after
isnt "$(wc -l </run/arena/after)" 0 "B09 there is a part after the decision"
calls=$(sed -E 's/^[0-9]+ +(<\.\.\. )?//' /run/arena/after | grep -oE '^[a-z0-9_]+' | sort -u)
is "$(diff <(grep -v '^#' "$golden") <(echo "$calls"))" "" "B09 golden: the calls from the decision on, and no others"
ok "B09 and these are at most 60" test "$(grep -vc '^#' "$golden")" -le 60
order=$(awk -v p="$launcher" '$1 == p' /run/arena/after |
	grep -oE '(clone3|setns|open_tree|mount_setattr|sendmsg|sendto|exit_group)\(' | tr -d '(' | tr '\n' ' ')
is "$order" "clone3 sendto clone3 setns open_tree mount_setattr sendmsg exit_group " "B09 what is done, in its order"
inside=$(awk -v p="$launcher" '$1 == p' /run/arena/after | sed -n '/ setns(/,$p')
is "$(grep -cE ' mount_setattr\(' <<<"$inside")" 1 "B09 flags and map are set at once"
like "$inside" 'mount_setattr\([0-9]+[^,]*, "", AT_EMPTY_PATH, \{attr_set=[^}]*NOSUID[^}]*NODEV[^}]*IDMAP' "B09 with nosuid, nodev and the map"
is "$(grep -oE '"[^"]*"' <<<"$inside" | sort -u | tr '\n' ' ')" '"" "m" ' "B09 and no path is resolved in the engine's namespace"
is "$(grep -cE ' (open|openat|openat2|stat|newfstatat|access|faccessat2?|readlink|execve|execveat|chdir|connect)\(' <<<"$inside")" 0 \
    "B09 nor is anything opened there"
before_send=$(sed -n '1,/ sendmsg(/p' <<<"$inside")
like "$before_send" $'setresuid\(1000, 1000, 1000\).*sendmsg' "B09 it is the caller's own when it answers"

# --- B09: what it holds ----------------------------------------------------------------------------
# held CALL NUMBER: what /proc/PID/status says of the launcher as it makes that call
held() {
	strace -f -o /run/arena/ignored -e trace="$1" -e inject="$1:delay_enter=2500000" \
	    "$call" "$engine" /home/alice/fs/own "$LAUNCHER" mount 101 102 >/run/arena/said 2>&1 &
	tracer=$!
	launcher=
	is_there() {
		local pid
		for pid in $(pgrep -x berth-launcher); do
			[ "$(cut -d' ' -f1 "/proc/$pid/syscall")" = "$2" ] && launcher=$pid && return 0
		done
		return 1
	}
	for _ in {1..500}; do
		! is_there "$@" || break
		sleep 0.01
	done
	state=$(cat "/proc/$launcher/status")
	owner=$(stat -c %u "/proc/$launcher/environ")
	wait $tracer
}
state() {
	awk -v f="$1:" '$1 == f { $1 = ""; print substr($0, 2) }' <<<"$state"
}
# As the kernel's headers number them, on every architecture the same since 5.
held mount_setattr 442
is "$(state Uid)/$(state Gid)" "0 0 0 0/0 0 0 0" "B09 at the mount: nobody can signal it"
is "$(state CapEff)" 0000000000200000 "B09 at the mount: CAP_SYS_ADMIN is raised, nothing else"
is "$(state CapPrm)" 0000000000ac00c3 "B09 at the mount: no more than the documented set can be"
is "$(state CapInh)/$(state CapAmb)/$owner" "0000000000000000/0000000000000000/0" "B09 at the mount: nothing is inherited, nobody can trace it"
case $(uname -m) in
x86_64) send=46 ;;
*) send=211 ;;
esac
held sendmsg $send
is "$(state Uid)/$(state Gid)" "1000 1000 1000 1000/1000 1000 1000 1000" "B09 at the answer: it is the caller's"
is "$(state CapPrm)/$(state CapEff)/$(state CapInh)/$(state CapAmb)" \
    "0000000000000000/0000000000000000/0000000000000000/0000000000000000" "B09 at the answer: without any capability"
is "$(state NoNewPrivs)/$owner" "1/0" "B09 at the answer: for good, and nobody can trace it"
wait_for 5 sh -c '! pgrep -x mount_call'

# --- A30 -------------------------------------------------------------------------------------------
# Whoever watches the mounts of the host and of the engine sees none that has not all its flags: of this
# launcher none at all, for what it makes is attached to nothing.
cat >/run/arena/watch.py <<'PY'
import os, sys
pid, control = sys.argv[1], sys.argv[2]
seen, looks = set(), 0
known = {name: set(open(name)) for name in ("/proc/1/mountinfo", f"/proc/{pid}/mountinfo")}
open(control, "w").close()
while os.path.exists(control):
    looks += 1
    for name, before in known.items():
        with open(name) as file:
            for line in file:
                if line not in before and not {"nosuid", "nodev"} <= set(line.split()[5].split(",")):
                    seen.add(line.split()[4])
                    open(control + ".caught", "w").close()
print("looks" if looks > 20 else "no looks", *sorted(seen))
PY
watched() {
	python3 /run/arena/watch.py "$engine" /run/arena/watching >/run/arena/seen &
	watcher=$!
	wait_for 10 test -e /run/arena/watching
	"$@"
	rm -f /run/arena/watching
	wait $watcher
}
often() {
	run "$call" -x "$1" "$engine" /home/alice/fs/own "$LAUNCHER" mount 101 102
}
watched often "$([ -n "${BERTH_LONG-}" ] && echo 5000 || echo 60)"
like "$rc:$out" '^0:calls [0-9]+$' "A30 each of many comes with nosuid and nodev"
is "$(cat /run/arena/seen)" looks "A30 none of them is seen without"
careless() {
	mkdir -p /home/alice/careless
	for _ in {1..2000}; do
		[ ! -e /run/arena/watching.caught ] || break
		mount --bind /home/alice/fs/own /home/alice/careless
		mount -o remount,bind,nosuid,nodev /home/alice/careless
		umount /home/alice/careless
	done
}
watched careless
is "$(cat /run/arena/seen)" "looks /home/alice/careless" "A30 control: a mount that gets its flags later is seen without"
is "$(grep -c careless "/proc/$engine/mountinfo")" 0 "A30 and nothing of all that is left"
done_testing
