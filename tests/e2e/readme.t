#!/usr/bin/env bash
# README's pages of commands: each line is pasted and run, in its order, by a user with the first grant of
# the same README. What is shown below a command is what it prints, but for ids, times and widths; what it
# prints when it fails begins with "berth: ". A file between <<'END' and END belongs to its command.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs script
grant alice security.confined >/dev/null

# The lines of a page, between the fences.
page() {
	awk -v head="## $1" '/^## / { here = $0 == head } here && /^```/ { block = !block; next } here && block' "$TOP/README.md"
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
		for _ in {1..200}; do sleep 0.5 && echo exit; done 2>/dev/null |
			as alice script -qec "cd /home/alice && timeout --foreground -k 1 100 $1" /dev/null
		;;
	*) as alice timeout -k 1 100 bash -c "cd /home/alice && $1" </dev/null ;;
	esac
}

judge() {
	local name=${line%%$'\n'*}
	[[ $line == *$'\n'* ]] || name=${name%%#*}
	name=${name%"${name##*[! ]}"}
	run paste_line "$line"
	if [[ $shown == 'berth: '* ]]; then
		isnt "$rc" 0 "README: $name: is refused"
		out=$err
	else
		is "$rc" 0 "README: $name"
	fi
	[ -z "$shown" ] || is "$(plain <<<"$out")" "$(plain <<<"$shown")" "README: $name: prints what is shown"
}

# paste PAGE: all of it
paste() {
	local file=
	line='' shown='' lines=0
	while IFS= read -r text; do
		if [ -n "$file" ]; then
			line+=$'\n'$text
			[ "$text" != END ] || file=
		elif [[ $text == '$ '* ]]; then
			[ -z "$line" ] || judge
			line=${text#'$ '} shown=''
			lines=$((lines + 1))
			[[ $line != *"<<'END'" ]] || file=yes
		else
			shown+=${shown:+$'\n'}$text
		fi
	done < <(page "$1")
	[ -z "$line" ] || judge
}

paste "Everyday commands"
ok "README has such a page ($lines commands)" test "$lines" -gt 15
like "$(cat /home/alice/mine)" '^[0-9]+$' "README: what was copied is there"
ok "nothing is left of it" jobs_are_gone
is "$(as alice berth ps -aq)" "" "and nothing is kept"

grant alice security.confined idmap.mount >/dev/null
paste "A job file in five minutes"
ok "README has such a page, too ($lines commands)" test "$lines" -gt 5
is "$(stat -c %U /home/alice/out/count)" alice "README: what the job wrote is the user's"
ok "nothing is left of it, either" jobs_are_gone
done_testing
