#!/usr/bin/env bash
# `make demo` as a newcomer types it, twice: as plain root, and as the user behind sudo. Runs in an
# arena, in a fresh clone ($TOP).
set -euo pipefail
cd "$TOP"

demo() {
	local who=$1 text
	shift
	text=$(env "$@" make BUILD=build demo 2>&1) || {
		printf '%s\n' "$text"
		echo "newcomer: make demo failed" >&2
		exit 1
	}
	printf '%s\n' "$text" | sed -n '/^# berth daemon start/,$p'
	grep -q '^uid=0(root) gid=0(root)' <<<"$text" || {
		printf '%s\n' "$text"
		echo "newcomer: no job of $who ran" >&2
		exit 1
	}
}

demo berth-demo -u SUDO_USER
id berth-demo >/dev/null
demo alice SUDO_USER=alice SUDO_UID=1000
demo alice SUDO_USER=alice SUDO_UID=1000
