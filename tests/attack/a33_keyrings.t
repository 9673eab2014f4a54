#!/usr/bin/env bash
# A33: keyrings. What the caller keeps in its session keyring, credentials of network file systems say,
# is neither the engine's nor a job's: the engine has a fresh one, and no call that uses keys reaches
# the kernel from there on.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs setpriv
keys=$TESTBIN/keys
is_there=$("$keys" session)
[ "$is_there" != ENOSYS ] || skip_all "this kernel has no keyrings"
cp "$ENGINE" /run/arena/engine
launcher_world
allow alice

# The key works where it belongs.
run as alice "$keys" with "$keys" try
like "$out" '^request_key ok.read berth-test-secret' "A33 control: a program of the caller's has the key"
run as alice "$keys" with /usr/bin/grep -c berth-test-key /proc/keys
is "$out" 1 "A33 control: and sees it"
run as alice /usr/bin/grep -c berth-test-key /proc/keys
is "$out" 0 "A33 control: a program that does not possess the keyring does not"

install -m 0711 "$TESTBIN/keys_engine" "$ENGINE"
run as alice "$keys" with "$LAUNCHER" start
like "$err" '^berth: (no key seen|keys seen) caller=0' "A33 the engine does not see the caller's key"
like "$err" 'keyctl=EPERM request_key=EPERM add_key=EPERM' "A33 and no call that uses keys is open to it"
wait_for 5 none_of_ours
stop_engines

# The same launcher, whose call to make a keyring is answered and not made.
if [ "$(uname -m)" = x86_64 ]; then
	run "$TESTBIN/inject" 1000 keyctl child 1 zero "$keys" with "$LAUNCHER" start
	like "$err" 'keys seen caller=1' "A33 control: without a keyring of its own the engine sees the key"
	wait_for 5 none_of_ours
	stop_engines
fi

# The launcher is root for a moment: what root keeps is not linked either.
run "$keys" with /usr/bin/setpriv --reuid=alice --regid=alice --init-groups "$LAUNCHER" start
like "$err" 'caller=0' "A33 a session keyring of root's does not arrive"
wait_for 5 none_of_ours
stop_engines

# Jobs, with berth's own engine, started from a session with the key, and in a session with it.
install -m 0711 /run/arena/engine "$ENGINE"
rm "$ALLOW/uid-1000.conf"
grant alice security.confined >/dev/null
for user in 0 1000; do
	run as alice "$keys" with /usr/local/bin/berth run -q -u $user "${PROBE[@]}" host sh -c '/t/keys try; cat /proc/keys'
	unlike "$out" ' ok' "A33 a job as $user: no call that uses keys"
	unlike "$out" 'secret' "A33 a job as $user: the key's content is not to be had"
	is "$(grep -vc ' EPERM$' <<<"$out")" 0 "A33 a job as $user: each is refused by the filter"
	like "$err" 'proc/keys: Permission denied' "A33 a job as $user: /proc/keys is closed"
done
ok "A33 nothing is left of the jobs" jobs_are_gone
done_testing
