#!/usr/bin/env bash
# After a restart: grants are still there, and what ran is not.
. "$TOP/tests/vm/debian/lib.sh"

diag "$(($(date -d "$(uptime -s)" +%s) - $(cat /var/lib/tests/restarted))) s from the restart to the kernel's begin"
# What ignores SIGTERM and SIGHUP is killed after 90 s, berth's or not.
is "$(journalctl -q -b -1 | grep -E 'timed out. Killing|Killing process .* with signal SIGKILL')" "" \
    "nothing that berth ran held up the restart"
is "$(systemctl --failed --no-legend)" "" "no service of the system failed"
sysctl -q kernel.unprivileged_userns_clone=0
systemctl start ssh
not_ok "no engine came back by itself" pgrep -x berth-engine
run login alice berth run host -- id -u
is "$rc:$out" "0:0" "alice still has her grant, and the first call starts an engine"
run login alice berth info
is "$rc" 0 "and berth info"
run login alice ls state
is "$rc" 0 "her state is there"
run adam_sudo berth check
like "$rc" '^0$' "the configuration is in order"
begin_job /root/shared alice host -- sh -c "'echo up; sleep 1000'"
job_begins /root/shared "a job runs as the machine is switched off"
echo "end after"
