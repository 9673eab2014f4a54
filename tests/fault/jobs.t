#!/usr/bin/env bash
# Every system call of a job's supervisor and of its command until that is executed, and of launcher, init
# and engine of one call, fails once with each of six errors, and whoever makes it is killed or stopped
# there. The command then has what it always has, or does not run; nothing of it stays; the next call
# works.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
. "$TOP/tests/fault/faults.sh"
grant alice security.confined --engine=any >/dev/null
faults faults job 24
faults faults once 16
echo precious >/home/alice/key
chown alice /home/alice/key
chmod 600 /home/alice/key
faults faults secret 16 EPERM,ENOMEM,EINTR,EMFILE,ENOSPC,kill \
    fcntl,sendfile,fchmod,fchown,fsopen,fsconfig,fsmount,move_mount,open_tree,mount_setattr
is "$(grep -rl precious /home/alice/state)" "" "secret: it was written nowhere"
done_testing
