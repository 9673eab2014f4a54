#!/usr/bin/env bash
# README's page of everyday commands: each line is pasted and run, in its order, by a user with the first
# grant of the same README. What is shown below a command is what it prints, but for ids, times and widths.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs script
grant alice security.confined >/dev/null

# The lines of the page, between the fences.
page() {
	awk '/^## / { here = $0 == "## Everyday commands" } here && /^```/ { block = !block; next } here && block' "$TOP/README.md"
}

# What differs from run to run.
plain() {
	sed -E -e 's/\b[0-9a-f]{12}\b/ID/g' \
	    -e 's/(Less than a second|[0-9]+ seconds?|About a minute|[0-9]+ minutes)/TIME/g' -e 's/ +/ /g' -e 's/ $//'
}

# A terminal where one is asked for, at which "exit" is typed until it is heard.
paste_line() {
	case $1 in
	*' -it '*)
		for _ in {1..40}; do sleep 0.5 && echo exit; done 2>/dev/null |
			as alice script -qec "cd /home/alice && timeout --foreground -k 1 20 $1" /dev/null
		;;
	*) as alice timeout -k 1 30 bash -c "cd /home/alice && $1" </dev/null ;;
	esac
}

judge() {
	local name=${line%%#*}
	name=${name%"${name##*[! ]}"}
	run paste_line "$line"
	is "$rc" 0 "README: $name"
	[ -z "$shown" ] || is "$(plain <<<"$out")" "$(plain <<<"$shown")" "README: $name: prints what is shown"
	told+=$out
}

line='' told=''
lines=0
while IFS= read -r text; do
	if [[ $text == '$ '* ]]; then
		[ -z "$line" ] || judge
		line=${text#'$ '} shown=''
		lines=$((lines + 1))
	else
		shown+=${shown:+$'\n'}$text
	fi
done < <(page)
judge
ok "README has such a page ($lines commands)" test "$lines" -gt 15
like "$(cat /home/alice/mine)" '^[0-9]+$' "README: what was copied is there"
ok "nothing is left of it" jobs_are_gone
is "$(as alice berth ps -aq)" "" "and nothing is kept"
done_testing
