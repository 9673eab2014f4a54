#!/usr/bin/env bash
# B10, NOPRIV: who was granted nothing stops the launcher, and all that it has made, at one moment after
# another of a call, and lets it alone go on. Nobody stays behind: before the decision there is no second
# process that could keep what a setuid program begins with.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3
launcher_world
allow alice
run as alice "$LAUNCHER" start
engine=$(engine_pid alice)
allow carol
for user in dave carol; do
	for verb in "mount 0 0" once start; do
		[ $user = dave ] || [ "$verb" = "mount 0 0" ] || continue
		# shellcheck disable=SC2086
		run /usr/bin/python3 "$TOP/tests/attack/stopped.py" "$(id -u $user)" "$(id -g $user)" "${BERTH_LONG:+20}200" \
		    "/proc/$engine/ns/mnt" /home/$user "$LAUNCHER" $verb
		like "$rc:$out" '^0:stopped [1-9][0-9]* of [0-9]*$' "B10 $user, $verb: stopped at each moment, nobody stays behind"
		diag "$out"
	done
done
done_testing
