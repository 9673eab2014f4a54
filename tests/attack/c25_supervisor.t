#!/usr/bin/env bash
# C25: a job turns against its own supervisor, which has its user: limits with which that can neither
# hear nor write, processors and classes in which it never runs. The filter refuses that for process 1 and
# for nothing else. A supervisor that cannot hear any more nevertheless ends its job, and writes that down.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3 prlimit jq
jobs_world security.confined network.host 'mount=*'

# --- from inside ---------------------------------------------------------------------------------

cat >/home/alice/turn.py <<'E'
import ctypes, errno, sys
libc = ctypes.CDLL(None, use_errno=True)
HIGH = 1 << 32
limits = (ctypes.c_ulong * 2)()
mask = (ctypes.c_ulong * 16)(*[0xffffffffffffffff] * 16)
param = ctypes.c_int(0)
attr = (ctypes.c_uint * 12)(48, 5)

def call(name, nr, *args):
    ctypes.set_errno(0)
    ret = libc.syscall(ctypes.c_long(nr), *[a if not isinstance(a, int) else ctypes.c_ulong(a) for a in args])
    print(name, "ok" if ret >= 0 else errno.errorcode[ctypes.get_errno()])

me = int(sys.argv[1])
old = (ctypes.c_ulong * 2)()
call("read", 302, me, 7, 0, old)
print(old[0] > 0)
for who in (me, me | HIGH):
    for resource in (7, 1):
        libc.syscall(302, ctypes.c_ulong(me), resource, None, limits)
        call(f"prlimit64({resource})", 302, who, resource, limits, 0)
    call("sched_setaffinity", 203, who, 128, mask)
    call("sched_setscheduler", 144, who, 5, ctypes.byref(param))
    call("sched_setparam", 142, who, ctypes.byref(param))
    call("sched_setattr", 314, who, attr, 0)
    call("setpriority", 141, 0, who, 1)
    call("ioprio_set", 251, 1, who, 2 << 13 | 7)
E
chown alice: /home/alice/turn.py
calls=('prlimit64(7)' 'prlimit64(1)' sched_setaffinity sched_setscheduler sched_setparam sched_setattr setpriority ioprio_set)
each() {
	printf 'read ok\nTrue\n'
	printf "%s $1\n" "${calls[@]}" "${calls[@]}"
}
run job -v /home/alice:/h:ro host /usr/bin/python3 /h/turn.py 1
is "$out" "$(each EPERM)" "C25 a job cannot limit or slow down its process 1, whatever the upper half says; it can read"
run job -v /home/alice:/h:ro host sh -c 'sleep 1000 & exec /usr/bin/python3 /h/turn.py $!'
is "$out" "$(each ok)" "C25 control: it can with another of its processes"
run job host /usr/bin/python3 -c 'import os
before = os.getpriority(os.PRIO_PROCESS, 1)
for which in (os.PRIO_PROCESS, os.PRIO_PGRP, os.PRIO_USER):
    try:
        os.setpriority(which, 0, 1)
        print("ok", end=" ")
    except PermissionError:
        print("EPERM", end=" ")
print(os.getpriority(os.PRIO_PROCESS, 1) == before)'
is "$out" "ok ok EPERM True" "C25 nor by way of its user"
run job -u 1000 host /usr/bin/python3 -c 'import os
os.setpriority(os.PRIO_USER, os.getuid(), 1)
print(os.getpriority(os.PRIO_PROCESS, 0), os.getpriority(os.PRIO_PROCESS, 1))'
is "$out" "1 0" "C25 another user can slow down all that is its own"
ok "C25 the jobs are gone" jobs_are_gone

# --- a supervisor that cannot hear -----------------------------------------------------------------

# By root of the host, then: poll(2) gives EINVAL. It cannot open a file for its record either; the engine
# writes that.
ended() {
	verb ps -a | grep -q 'Exited (137)'
}
verb run -d --name deaf host -- sleep 987654 >/dev/null
ok "C25 control: a supervisor" wait_for 10 pgrep -x berth-job
is "$(pgrep -fc 'sleep 98765[4]')" 1 "C25 control: and its command"
as alice prlimit --pid "$(pgrep -x berth-job)" --nofile=0:0
# Whoever asks for something wakes it.
verb exec deaf true >/dev/null 2>&1
ok "C25 a supervisor that cannot hear any more ends" wait_for 10 sh -c '! pgrep -x berth-job'
is "$(pgrep -fc 'sleep 98765[4]')" 0 "C25 and its job with it"
ok "C25 which the record says" wait_for 10 ended
is "$(verb inspect deaf | jq -r '.[0].reason')" lost "C25 with the reason"
run verb rm deaf
is "$rc" 0 "C25 it is removed as any other"
start_berth /run/arena/out run --name deaf host -- sleep 987654
# Not its client, which has these words too.
ok "C25 control: one with a client" wait_for 10 pgrep -fx 'sleep 98765[4]'
as alice prlimit --pid "$(pgrep -x berth-job)" --nofile=0:0
verb exec deaf true >/dev/null 2>&1
wait_job
is "$rc:$(cat /run/arena/out)" "137:berth: the job was ended: what looks after it could not go on: poll: Invalid argument" \
    "C25 who waits for it is told why"
ok "C25 nothing is left" jobs_are_gone
done_testing
