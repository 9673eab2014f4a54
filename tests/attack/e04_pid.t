#!/usr/bin/env bash
# E04: SO_PEERPIDFD is there or not (Linux before 6.5). The engine decides nothing by a pid; berth
# uses one to name an engine to people, and ends one that hangs by a descriptor of the process that
# is at the other end of the connection, not by a number.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs strace python3

# 77 is SO_PEERPIDFD.
has_call=false
! python3 -c 'import socket; a, b = socket.socketpair(); a.getsockopt(socket.SOL_SOCKET, 77)' 2>/dev/null || has_call=true

# --- the engine: a pid is never read from what the kernel says of a peer
is "$(grep -nE '[.>]pid\b|SO_PEERPIDFD|SCM_CREDENTIALS' -r "$TOP/client/engine/api")" "" \
    "E04 no code of the engine that serves clients knows a pid"

users=(alice bob carol)
declare -A engine
for user in "${users[@]}"; do
	grant $user security.confined >/dev/null
	as $user berth daemon start >/dev/null
	engine[$user]=$(engine_pid $user)
done
freeze() {
	local dir
	for dir in /sys/fs/cgroup/berth/100[012]/*/; do
		echo "$1" >"${dir}cgroup.freeze"
	done
}
gone() {
	[ ! -d "/proc/${engine[$1]}" ]
}

# All three hang. alice's client has the call, bob's and carol's have not; carol's is in another pid
# namespace, where the engine has no number.
freeze 1
clean=(env -i PATH=/usr/local/bin:/usr/bin:/bin)
without=(strace -f -qq -s 256 -e "trace=getsockopt,pidfd_open,pidfd_send_signal,kill"
    -e inject=getsockopt:error=ENOPROTOOPT:when=2)
strace -f -qq -o /run/arena/trace.alice -u alice -e trace=getsockopt,pidfd_open,pidfd_send_signal,kill \
    "${clean[@]}" timeout 60 berth daemon stop --force >/run/arena/alice 2>&1 &
pids=($!)
"${without[@]}" -o /run/arena/trace.bob -u bob \
    "${clean[@]}" timeout 60 berth daemon stop --force >/run/arena/bob 2>&1 &
pids+=($!)
unshare --pid --fork --mount-proc "${without[@]}" -o /run/arena/trace.carol -u carol \
    "${clean[@]}" timeout 60 berth daemon stop --force >/run/arena/carol 2>&1 &
pids+=($!)
statuses=()
for pid in "${pids[@]}"; do
	rc=0
	wait "$pid" || rc=$?
	statuses+=("$rc")
done
freeze 0
is "${statuses[*]}" "0 0 69" "E04 with and without the call an engine that hangs is ended; not where it has no number"
like "$(cat /run/arena/alice)" "pid ${engine[alice]}\) did not answer and was killed" "E04 with it"
like "$(cat /run/arena/bob)" "pid ${engine[bob]}\) did not answer and was killed" "E04 without it"
like "$(cat /run/arena/carol)" "the engine does not answer and cannot be ended" "E04 nor is anything else then"
ok "E04 alice's is gone" wait_for 5 gone alice
ok "E04 bob's is gone" wait_for 5 gone bob
is "$(engine_pid carol)" "${engine[carol]}" "E04 carol's is there"
asked='getsockopt\([0-9]+, SOL_SOCKET, (SO_PEERPIDFD|0x4d)[^=]*= '
if "$has_call"; then
	like "$(cat /run/arena/trace.alice)" "${asked}0" "E04 the call was there"
	unlike "$(cat /run/arena/trace.alice)" "pidfd_open\(${engine[alice]}" "E04 then the number is not used"
else
	like "$(cat /run/arena/trace.alice)" "$asked-1 ENOPROTOOPT" "E04 this kernel has no such call"
	like "$(cat /run/arena/trace.alice)" "pidfd_open\(${engine[alice]}, 0\) += [0-9]" "E04 so the number is used"
fi
like "$(cat /run/arena/trace.bob)" "ENOPROTOOPT.*pidfd_open\(${engine[bob]}, 0\) += [0-9]" "E04 it was not: by the number, while the connection lives"
is "$(cat /run/arena/trace.* | grep -cE '(^|[^_])kill\(')" 0 "E04 no signal is ever sent to a number"
unlike "$(cat /run/arena/trace.carol)" 'pidfd_send_signal' "E04 where there is no process there is no signal"

# At an address of the caller's choice nothing is ended at all.
mkdir -m 700 /home/alice/s
chown alice /home/alice/s
as alice /usr/bin/python3 -c '
import os, socket, time
s = socket.socket(socket.AF_UNIX); s.bind("/home/alice/s/sock.new"); s.listen(); os.rename("/home/alice/s/sock.new", "/home/alice/s/sock")
time.sleep(1000)' &
wait_for 5 test -S /home/alice/s/sock
run as alice timeout 60 berth -q --host unix:/home/alice/s/sock daemon stop --force
is "$rc" 69 "E04 --host: something of alice's that does not answer"
like "$err" 'does not answer' "E04 is named"
is "$(pgrep -fc 'home/alice/s/sock')" 1 "E04 but not ended"
done_testing
