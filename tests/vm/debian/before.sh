#!/usr/bin/env bash
# From a fresh system to one where alice has containers, as README says it; then what the services of the
# system do with it. Ends with jobs that run, for the end of the system that follows.
. "$TOP/tests/vm/debian/lib.sh"

# --- the system ------------------------------------------------------------------------------------

diag "$(uname -r), $(systemctl --version | head -n1), up $(cut -d' ' -f1 /proc/uptime) s; $(systemctl is-system-running)"
is "$(stat -f -c %T /sys/fs/cgroup)" cgroup2fs "the hierarchy of cgroups is version 2"
is "$(aa-enabled)" Yes "AppArmor is on"
is "$(systemctl --failed --no-legend)" "" "no service of the system failed"
[ -z "${BOOT_BLAME-}" ] || diag "$(systemd-analyze blame | head -n 15)"

for user in alice bob adam; do
	useradd --create-home --shell /bin/bash "$user"
done
# Kept over the restart.
mkdir -p /var/log/journal
journalctl --flush
usermod --append --groups sudo adam
printf 'adam:adam\n' | chpasswd -c SHA512
install -d -m 0700 /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/key
for user in alice bob adam; do
	install -d -m 0700 -o "$user" -g "$user" "/home/$user/.ssh"
	install -m 0600 -o "$user" -g "$user" /root/.ssh/key.pub "/home/$user/.ssh/authorized_keys"
done
systemctl start ssh
sysctl -q kernel.unprivileged_userns_clone=0

BUILD=$BUILD sh "$TOP/config/install.sh" install || fail "berth is installed"
run login alice 'echo "$XDG_RUNTIME_DIR"; cat /proc/self/cgroup'
like "$out" "^/run/user/[0-9]+
0::/user.slice/user-[0-9]+.slice/session-[^/]*.scope" "alice has a session of systemd's"
uid=$(id -u alice)
run login alice unshare -Ur true
isnt "$rc" 0 "users have no user namespaces here (kernel.unprivileged_userns_clone=0)"

# --- nobody is granted yet -------------------------------------------------------------------------

run login alice berth run host -- id
is "$rc" 125 "without a grant there is no job"
like "$err" "sudo berth grant alice" "but a word on how to get one"
run adam_sudo true
is "$rc" 0 "adam may use sudo"
run login alice sudo -n /usr/local/bin/berth grant alice
isnt "$rc" 0 "alice may not"
is "$(ls /etc/berth/allow)" "" "and granted nothing to herself"

# --- the first grant -------------------------------------------------------------------------------

run adam_sudo berth daemon start --root=/home/alice/state --allow-user=alice --entitlements=security.confined
is "$rc" 0 "sudo berth daemon start grants"
diag "$out$err"
is "$(stat -c '%a %U' "$LAUNCHER")" "4755 root" "the launcher is setuid now"
run login alice berth run host -- id
like "$rc:$out" '^0:uid=0\(root\) gid=0\(root\)' "alice runs a job, where users have no user namespaces"
run login alice berth run host -- sh -c "'cat /proc/1/comm; exit 7'"
is "$rc" 7 "and a second one, with its own exit code"
engine=$(engine_of alice)
like "$(cat "/proc/$engine/cgroup")" "^0::/berth/$uid/[0-9.]+\$" "the engine is in the cgroup /berth/$uid"
run login alice berth run --once host -- true
like "$rc:$err" "^125:.*sudo berth grant alice --engine" "an engine of her own for one call needs another grant"
run adam_sudo berth grant alice --engine=any
is "$rc" 0 "which adam gives"
run login alice berth run --once host -- sh -c "'id -u; sleep 1; exit 3'"
is "$rc:$out" "3:0" "and she has it"
run login bob berth run host -- id
is "$rc" 125 "bob still has none"
run adam_sudo berth grant bob
is "$rc" 0 "sudo berth grant gives it to him"
run su -l bob -c 'berth run host -- id -u'
is "$rc:$out" "0:0" "he has a job in a session of su's"

# --- sessions and services -------------------------------------------------------------------------

run systemd-run -q --wait --pipe --collect --uid=alice -p PAMName=login berth run host -- id -u
is "$rc:$out" "0:0" "a service as alice, with a session"
run systemd-run -q --wait --pipe --collect --uid=alice berth run host -- id -u
is "$rc:$out" "0:0" "a service as alice, without one"
run systemd-run -q --wait --pipe --collect --uid=alice berth run --once host -- id -u
is "$rc:$out" "0:0" "with an engine of its own"
run systemd-run -q --wait --pipe --collect --uid=alice -p PrivateTmp=yes -p ProtectSystem=strict -p PrivateNetwork=yes \
    -p ProtectHome=read-only berth run host -- id -u
is "$rc:$out" "0:0" "a service with private directories uses the engine that is there"
run systemd-run -q --wait --pipe --collect --uid=bob -p NoNewPrivileges=yes berth run -q host -- true
is "$rc:$out" "0:" "one with NoNewPrivileges= too"
login bob berth daemon stop >/dev/null
run systemd-run -q --wait --pipe --collect --uid=bob -p NoNewPrivileges=yes berth run -q host -- true
is "$rc" 125 "but it cannot start one"
like "$err" "no_new_privs, by a sandbox or a service" "and is told why"
run login alice systemd-run --user -q --wait --pipe --collect berth run host -- id -u
is "$rc:$out" "0:0" "a service of alice's own service manager"
run login alice systemd-run --user -q --wait --pipe --collect berth run --once host -- id -u
is "$rc:$out" "0:0" "with an engine of its own"
run login alice systemd-run --user -q --scope berth run --once host -- cat /proc/self/cgroup
is "$rc" 0 "and in a scope of it"

# --- what systemd does now and then ----------------------------------------------------------------

begin_job /root/long alice host -- sh -c "'echo up; while [ ! -e /tmp/end ]; do sleep 1; done; exit 5'"
long=$client
job_begins /root/long "a long job begins"
engine=$(engine_of alice)
systemctl daemon-reload
systemctl daemon-reexec
systemd-tmpfiles --create --clean
systemctl --user -M alice@ daemon-reload 2>/dev/null || login alice systemctl --user daemon-reload
systemctl restart systemd-logind systemd-journald
systemd-run -q --wait true
is "$(engine_of alice):$(kill -0 "$long" && echo runs)" "$engine:runs" \
    "daemon-reload, daemon-reexec, tmpfiles, logind and the journal anew: the engine and its job have not noticed"
ok "its cgroup is still there" test -d "/sys/fs/cgroup/berth/$uid"
is "$(cat /sys/fs/cgroup/berth/cgroup.controllers)" "$(cat /sys/fs/cgroup/cgroup.subtree_control)" \
    "with the controllers that systemd has for its own"
diag "controllers of /berth: $(cat /sys/fs/cgroup/berth/cgroup.controllers); of /berth/$uid: $(cat "/sys/fs/cgroup/berth/$uid/cgroup.controllers")"
diag "memory of /berth: $(cat /sys/fs/cgroup/berth/memory.current), pids $(cat /sys/fs/cgroup/berth/pids.current) of $(cat /sys/fs/cgroup/berth/pids.max)"
like "$(systemd-cgls --no-pager /berth 2>&1)" "berth-engine" "systemd-cgls shows it"
run login alice berth run host -- id -u
is "$rc:$out" "0:0" "and more jobs begin"

begin_job /root/ended bob host -- sh -c "'echo up; exec sleep 54321'"
job_begins /root/ended "bob has a job"
gone() {
	! pgrep -u bob -fx 'sleep 54321'
}
not_ok "which is there" gone
# First: logind leaves what is in a session alone that was closed in peace.
loginctl terminate-user bob
ssh "${ssh_options[@]}" -O exit bob@localhost 2>/dev/null
ok "it ends with his session, though it is not in the session's cgroup" wait_for 60 gone
run login bob berth run host -- id -u
is "$rc:$out" "0:0" "and in his next one he has the next"

# --- an end -----------------------------------------------------------------------------------------

start=$SECONDS
run adam_sudo berth revoke alice
is "$rc" 0 "sudo berth revoke"
wait "$long"
is "$?" 125 "the job that ran was ended"
diag "after $((SECONDS - start)) s: $(cat /root/long)"
like "$(cat /root/long)" "the job was ended.*grant" "its user is told why"
not_ok "no engine is left" engine_of alice
not_ok "nor its cgroup" test -e "/sys/fs/cgroup/berth/$uid"
run login alice berth run host -- true
like "$rc:$err" "^125:.*revoked" "alice is told that it was revoked"

run adam_sudo berth grant alice --engine=any --for=60s
is "$rc" 0 "a grant for a minute"
until=$(date -u -d "$(sed -n 's/^until = //p' "/etc/berth/allow/uid-$uid.conf")" +%s)
begin_job /root/until alice host -- sh -c "'echo up; sleep 1000'"
wait "$client"
is "$?" 125 "ends the job that runs then"
now=$(date +%s)
ok "in time ($((now - until)) s after)" test "$now" -ge "$until" -a "$now" -le $((until + 60))
like "$(cat /root/until)" "^up.*the job was ended.*until = " "it had begun, and is told why"
run login alice berth run host -- true
like "$rc:$err" "^125:.*has ended" "and no other begins"

# --- the journal ------------------------------------------------------------------------------------

launcher=$(journal berth-launcher)
admin=$(journal berth-admin)
like "$launcher" "deny uid=$uid verb=start: " "the journal has what the launcher refused"
like "$launcher" "allow uid=$uid verb=start rule=/etc/berth/allow/uid-$uid.conf:[0-9]+" "what it allowed, and by which line"
like "$launcher" "allow uid=$uid verb=once rule=/etc/berth/allow/uid-$uid.conf:[0-9]+" "also for one call"
like "$admin" "sudo_uid=$(id -u adam) loginuid=$(id -u adam) command=\"daemon start --root=/home/alice/state" \
    "who granted, and what"
like "$admin" "sudo_uid=$(id -u adam) loginuid=$(id -u adam) command=\"revoke alice\" result=0" "who revoked"
run adam_sudo berth grant alice "$(printf 'no\\nberth-launcher[1]: allow uid=1 ')"
adam_sudo berth grant "\$'x\\nberth-launcher[1]: allow uid=0'" >/dev/null 2>&1
is "$(journalctl -b -q -o json -t berth-launcher -t berth-admin |
	jq -r 'select((.MESSAGE | type) != "string" or (.MESSAGE | test("\n"))) | "several lines"')" "" \
    "each record is one line of text"
is "$(journal berth-launcher | grep -c 'allow uid=0')" 0 "whatever somebody wrote into a command"
is "$(journalctl -b -q -o json -t berth-launcher | jq -r '[._UID, .SYSLOG_FACILITY] | join(":")' | sort -u)" "0:10" \
    "the launcher's are root's, in authpriv"

# The journal takes only so many lines in a time from each session or service. What a user fills up is a
# session's share. An engine's start is written down by a process that is in none.
printf '[Journal]\nRateLimitIntervalSec=600s\nRateLimitBurst=100\n' >/etc/systemd/journald.conf
systemctl restart systemd-journald
login bob berth daemon stop >/dev/null 2>&1
starts=$(journal berth-launcher | grep -c "allow uid=$(id -u bob) verb=start")
# One process, that is there as its last line is read: whose session it is the journal asks of /proc.
run login bob "{ yes flood | head -n 2000; sleep 5; echo after; sleep 5; } | logger -p authpriv.info -t flood; berth run -q host -- true"
is "$rc" 0 "bob fills up the journal's share of his session, and starts an engine"
is "$(journal flood | grep after)" "" "which did keep his next line out"
is "$(journal berth-launcher | grep -c "allow uid=$(id -u bob) verb=start")" $((starts + 1)) "but not the launcher's"
rm /etc/systemd/journald.conf
systemctl restart systemd-journald

# --- where user namespaces are open ----------------------------------------------------------------

sysctl -q kernel.unprivileged_userns_clone=1
run login alice unshare -Ur true
is "$rc" 0 "with kernel.unprivileged_userns_clone=1 users have user namespaces"
run adam_sudo berth grant alice --until=none
run login alice berth run host -- id -u
is "$rc:$out" "0:0" "berth works there too"
adam_sudo berth revoke bob >/dev/null
useradd --create-home --shell /bin/bash carol
run su -l carol -c 'berth run host -- id -u'
like "$rc:$out:$err" "^0:0:berth: no grant" "and for carol without a grant"
sysctl -q kernel.unprivileged_userns_clone=0

# --- what the end of the system shall find --------------------------------------------------------------------

begin_job /root/shared alice host -- sh -c "'echo up; sleep 1000'"
begin_job /root/once alice --once host -- sh -c "'echo up; sleep 1000'"
ssh "${ssh_options[@]}" -tt alice@localhost berth run -q -it host </dev/zero >/root/shell 2>&1 &
job_begins /root/shared "jobs run, of the user's engine and of their own"
job_begins /root/once "and of one for this call"
ok "and a shell at a terminal" wait_for 60 grep -q '#' /root/shell
ok "and one without a session" \
    systemd-run -q --uid=alice berth run host -- sleep 1000
date +%s >/var/lib/tests/restarted
echo "end before"
