#!/usr/bin/env bash
# A23 for a job: each call of its supervisor and of its command that changes an identity, a capability
# set, an attribute, a filter, the session or a stream "succeeds" without effect, one at a time, and so
# does each of a start without a grant. The command has what it always has, as it says itself of both,
# or it does not run. (prctl(2): it takes capabilities out of the bounding set, one by one.)
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
. "$TOP/tests/fault/faults.sh"
identity="setresuid,setresgid,setuid,setgroups,capset,seccomp,setsid,umask,dup2,dup3,fcntl*8,prctl"
grant alice security.confined --engine=any >/dev/null
faults faults job 0 zero "${identity}*16"
pkill -KILL -x berth-engine
# The engine of a namespace with a map of its own changes its identity too, and its supervisor whose files are.
faults faults 'own map' 0 zero 'setresuid,setresgid,setfsuid,setfsgid,capset*8,fchownat*3'
pkill -KILL -x berth-engine
faults faults rootless 24 zero "${identity}*8"
done_testing
