#!/usr/bin/env bash
# A23 beyond the launcher's start (a23_set_id.t): each call that changes an identity, a capability set, an
# attribute, a filter, the session or a descriptor "succeeds" without effect, one at a time, in the
# start of a grant with an end, its watcher included, and of an engine for one call. What then runs is
# as it always is, down to descriptors, limits and namespaces, or nothing runs.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
. "$TOP/tests/fault/faults.sh"
identity="setresuid,setresgid,setuid,setgroups,capset,seccomp,setsid,dup2,dup3,fcntl*12,prctl"
grant alice security.confined --engine=any >/dev/null
faults faults once 0 zero "${identity}*12"
launcher_world
allow alice "until = $(date -u -d '+9 hours' +%Y-%m-%dT%H:%M:%SZ)"
faults faults until 0 zero "${identity}*30"
stop_engines
done_testing
