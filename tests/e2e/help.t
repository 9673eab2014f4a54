#!/usr/bin/env bash
# Help, what is said about words that do not exist, and that help and manual speak of the same verbs
# and flags: each that is there, none that is not.
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"
arena_enter "$@"
needs jq mandoc

run as alice berth help --format=json
table=$out
is "$rc:$(jq -r 'type' <<<"$table")" "0:array" "help as JSON"
is "$(jq -c '[.[], .[].verbs[]] | map(has("name") and has("usage") and has("summary") and has("flags")) | all' <<<"$table")" \
    true "each verb and sub-verb has its members"
is "$(jq -c '[.[], .[].verbs[]] | map(.flags[]) | map(has("name") and has("letter") and has("value") and has("help") and has("global")) | all' <<<"$table")" \
    true "and so does each flag"
verbs=$(jq -r '.[].name' <<<"$table")

# --- help in words
run as alice berth help
overview=$out
is "$rc:$err" "0:" "berth help"
is "$(sed -n '/^  [a-z]/s/^  \([a-z]*\).*/\1/p' <<<"$overview")" "$verbs" "the overview lists the verbs"
unlike "$overview" '__complete' "and not what is for shells"
run as alice berth --help
is "$rc:$out" "0:$overview" "berth --help"
run as alice berth
is "$rc:$out" "64:$overview" "berth alone"
run as alice berth --version
like "$rc:$out" '^0:berth [0-9]+\.[0-9]+\.[0-9]+$' "berth --version"

while IFS= read -r verb; do
	read -ra words <<<"$verb"
	run as alice berth help "${words[@]}"
	text=$out
	is "$rc:$err" "0:" "berth help $verb"
	like "$text" "^usage: berth $verb" "says how it is used"
	run as alice berth "${words[@]}" --help
	is "$rc:$out" "0:$text" "berth $verb --help says the same"
	# All flags of the table, and no other, with their letters.
	is "$(sed -n 's/^  \(..\).. *--\([a-z-]*\).*/\1\2/p' <<<"$text" | tr -d ' ' | sort)" \
	    "$(jq -r --arg verb "$verb" '.[] | [.] + [.name as $verb | .verbs[] | .name = $verb + " " + .name] | .[]
	    | select(.name == $verb).flags[] | (if .letter then "-" + .letter else "" end) + .name' <<<"$table" | sort)" \
	    "its flags are those of the table"
done < <(jq -r '.[] | .name, .name + " " + .verbs[].name' <<<"$table")
run as alice berth help daemon
for sub in $(jq -r '.[] | select(.name == "daemon").verbs[].name' <<<"$table"); do
	like "$out" "daemon $sub " "berth help daemon lists $sub"
done
for words in "help pull" "help run ps" "help bogus" "help daemon bogus" "help help help"; do
	# shellcheck disable=SC2086
	run as alice berth $words
	is "$rc:$out" "64:" "berth $words: no such help"
	is "$(wc -l <<<"$err")" "$(($(wc -l <<<"$err") <= 3 ? $(wc -l <<<"$err") : 3))" "in three lines at most"
done
run as alice berth help pull
like "$err" 'pull is not available in this version' "a verb of later"

# --- what was meant
# meant WORDS REGEX: usage error, and the second line
meant() {
	# shellcheck disable=SC2086
	run as alice berth $1
	like "$rc" '^(64|125)$' "berth $1: wrong usage"
	like "$err" "$2" "berth $1: $2"
	is "$(wc -l <<<"$err")" 3 "berth $1: three lines"
}
meant deamon 'the nearest one is daemon$|the nearest one is daemon'$'\n'
meant rn 'the nearest one is run'$'\n'
meant urn 'the nearest one is run'$'\n'
meant verison 'the nearest one is version'$'\n'
meant "help explian" 'the nearest one is explain'$'\n'
meant "daemon sotp" 'the nearest one is daemon stop'$'\n'
meant "help daemon strat" 'the nearest one is daemon start'$'\n'
meant "run --hlep" 'the nearest one is --help'$'\n'
meant "run --netwrok=none host" 'the nearest one is --network'$'\n'
meant "daemon stop --froce" 'the nearest one is --force'$'\n'
meant "--fromat=json info" 'the nearest one is --format'$'\n'
meant "info --force" 'berth info does not know it; known to: .*daemon stop'
meant "daemon state --network=host" 'berth daemon state does not know it; known to: run'
meant "version -v" 'berth version does not know it; known to: run'
meant "--rm run host" 'it stands behind its verb: berth run'
# No guess is better than a wrong one, and none leads to what is not there.
none() {
	# shellcheck disable=SC2086
	run as alice berth $1
	like "$rc:$err" '^(64|125):berth: ' "berth $1: wrong usage"
	unlike "$err" 'nearest|known to' "berth $1: no guess"
}
none docker
none x
none "run --x host"
none "daemon x"
# A flag and a verb of later versions.
none "run --privilegd host"
none pul
for words in "bogus" "run --bogus host" "daemon bogus" "info --force"; do
	# shellcheck disable=SC2086
	run as alice berth --format=json $words
	is "$(jq -r '.reason, (.what != ""), (.todo != "")' <<<"$err" | tr '\n' ' ')" "usage true true " "berth $words: as JSON"
done
run as alice berth grant bob --help
is "$rc:${out%%$'\n'*}" "0:usage: berth grant USER|@GROUP [ENTITLEMENT...]" "help about a verb of administrators, anywhere in the line"
run root berth daemon start --help
is "$rc:${out%%$'\n'*}" "0:usage: berth daemon start" "for root too, and nothing is started"

# --- the manual
manual=$TOP/config/man/berth.1
# items TITLE [PAGE]: heads of the list under a subsection
items() {
	awk -v title=".Ss $1" '$0 == title { on = 1; next } /^\.S[hs] / { on = 0 } on && /^\.It /' "${2-$manual}"
}
# Of ".It Fl i , -interactive" and ".It Fl -a Ar X , Fl -b": what is behind Fl, and behind a comma.
flags_in() {
	awk '{ for (i = 2; i < NF; i++)
		if (($i == "Fl" || $i == ",") && $(i + 1) ~ /^(-[a-z-]+|[a-zA-Z])$/) print $(i + 1) }' | sort -u
}
# A flag's two forms as the manual writes them: "i" and "-interactive".
flags_of() {
	jq -r "$1 | (if .letter then .letter else empty end), \"-\" + .name" <<<"$table" | sort -u
}
is "$(items Flags "$TOP/config/man/berth-run.1" | flags_in)" "$(flags_of '.[] | select(.name == "run").flags[] | select(.global | not)')" \
    "berth-run(1): the flags of run are those of the table"
is "$(items 'Flags of all verbs' | flags_in)" "$(flags_of '.[0].flags[] | select(.global)')" \
    "berth(1): so are those of all verbs"
admin='grant revoke'
is "$(items Verbs | sed -n 's/^\.It Cm \([a-z]*\).*/\1/p' | sort -u)" \
    "$(grep -vxE "${admin// /|}" <<<"$verbs" | sort)" "berth(1): the verbs are those of the table"
is "$(items Verbs | sed -n 's/^\.It Cm daemon \([a-z]*\).*/\1/p' | sort -u)" \
    "$(jq -r '.[] | select(.name == "daemon").verbs[].name' <<<"$table" | sort)" "berth(1): the sub-verbs of daemon, too"
for verb in $admin; do
	like "$(<"$manual")" "sudo berth $verb " "berth(1) has $verb"
	for flag in $(jq -r --arg verb "$verb" '.[] | select(.name == $verb).flags[].name' <<<"$table"); do
		like "$(<"$TOP/config/man/berth-admin.8")$(items 'Flags of all verbs')" "Fl -$flag|, -$flag" "--$flag of $verb stands in berth-admin(8) or berth(1)"
	done
done
# The text of a sub-verb, from its item to the next one.
for sub in $(jq -r '.[] | select(.name == "daemon").verbs[].name' <<<"$table"); do
	text=$(awk -v head=".It Cm daemon $sub" 'index($0, head) == 1 { on = 1; print; next } /^\.(It|El|S[hs])/ { on = 0 } on' "$manual")
	for flag in $(jq -r --arg sub "$sub" '.[] | select(.name == "daemon").verbs[] | select(.name == $sub).flags[] | select((.global | not) and (.help | startswith("sudo") | not)).name' <<<"$table"); do
		like "$text" "Fl (. , )?-$flag" "berth(1): --$flag of daemon $sub"
	done
done
# The verbs of berth-jobs(1), a subsection each.
jobs=$TOP/config/man/berth-jobs.1
while IFS= read -r verb; do
	of='.[], .[].verbs[]'
	[ "$verb" = "${verb% *}" ] || of=".[] | select(.name == \"${verb% *}\") | .verbs[]"
	text=$(awk -v title=".Ss $verb" '$0 == title { on = 1; next } /^\.S[hs] / { on = 0 } on && /^\.It /' "$jobs")
	is "$(flags_in <<<"$text")" \
	    "$(flags_of "[$of | select(.name == \"${verb##* }\")] | .[0].flags[] | select((.global | not) and .help != null)")" \
	    "berth-jobs(1): the flags of $verb are those of the table"
done < <(sed -n 's/^\.Ss \([a-z ]*\)$/\1/p' "$jobs")
is "$(sed -n 's/^\.Ss \([a-z][a-z]*\).*/\1/p' "$jobs" | sort -u)" \
    "$(items Verbs | sed -n '/^\.It Cm ps/,/^\.It Cm system/s/^\.It Cm \([a-z]*\).*/\1/p' | sort -u)" "berth-jobs(1) has the verbs that berth(1) says"
ok "the manual names the variables that count" grep -q 'Ev NO_COLOR' "$manual"
done_testing
