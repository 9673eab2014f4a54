#!/usr/bin/env bash
# -t and -it on a real terminal: what is typed and shown, sizes, keys, job control, detaching, a
# terminal that is closed. The caller's terminal is as it was, however it ends; nothing stays behind.
# The cases are in terminal.py; terminal.t CASE... runs some of them alone.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs python3 vim.tiny less top tmux
jobs_world security.confined

cases=("$@")
[ $# -gt 0 ] || mapfile -t cases < <(/usr/bin/python3 "$TOP/tests/e2e/terminal.py" list)
isnt "${#cases[@]}" 0 "there are cases"
for name in "${cases[@]}"; do
	as alice mkdir -p "/home/alice/$name"
	run as alice sh -c 'cd "$1" && exec /usr/bin/python3 "$2" "$1"' - "$name" "$TOP/tests/e2e/terminal.py"
	is "$rc$err" 0 "$name: ran to its end"
	like "$out" "ok " "$name: something was looked at"
	while IFS= read -r line; do
		case $line in
		"ok "*) pass "$name: ${line#ok }" ;;
		*)
			line=${line#not ok }
			fail "$name: ${line%% -- *}"
			diag "$line"
			;;
		esac
	done <<<"$out"
	ok "$name: nothing is left" jobs_are_gone
done
done_testing
