#!/usr/bin/env bash
# The protocol of an engine's life (engine.pml beside this file) holds within the bounds that are
# printed, each way to break it is found, and its steps are the functions of the code.
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
cd "${BASH_SOURCE[0]%/*}/../.." || exit 1
for program in spin gcc; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
MODEL_UNREACHED=$work/unreached
. tests/model/model.sh
[ -z "${BERTH_LONG-}" ] || {
	model_short=$model_long
	model_compress=(-DCOLLAPSE)
}

# --- it holds, and it fails when it is broken ----------------------------------------------------
# SWITCH:WHAT IS BROKEN:HOW:BOUNDS:WHAT IS FOUND. HOW and BOUNDS as in model.sh.
broken="NO_LOCK:nobody takes a lock:safety:2 0 0 0 -DSLOTS=4:serving==1
LISTEN_BEFORE_LOCK:the socket is exchanged before the lock is taken:safety:2 0 0 0 -DSLOTS=4 -DWAITS:invalid end state
LOCK_NOT_INHERITED:the launcher keeps the lock for itself:safety:2 0 0 0:lock==s
LOCK_IN_JOBS:jobs inherit the lock:safety:2 0 1 0 -DWAITS:invalid end state
LOCK_IS_A_FILE:a lock that its owner's death does not free:safety:2 0 0 1:lock_refs
BUSY_IS_FINAL:a client gives up when the lock is taken:safety:2 0 0 0:harmed
NO_GREETING:a client does not wait for the greeting:safety:2 0 0 1:harmed
RETRY_AFTER_GREETING:a client tries again although it was greeted:safety:2 0 1 0:jobs_started
GREET_EARLY:the engine greets before the call is there:safety:1 1 0 0:harmed
LEAVING_UNLINKS:who leaves removes the socket's name:safety:2 0 0 1 -DWAITS:invalid end state"

# Two at a time: each is one thread.
run_all() {
	local how bounds switch found what count=0
	while IFS=: read -r how bounds; do
		count=$((count + 1))
		printf '%s\n' "$how:$bounds" >"$work/holds.$count.name"
		MODEL_UNREACHED=$work/unreached.$count model_run "$how" "$bounds" >"$work/holds.$count" &
		[ $((count % 2)) -ne 0 ] || wait
	done <<<"$model_short"
	wait
	count=0
	while IFS=: read -r switch what how bounds found; do
		count=$((count + 1))
		# shellcheck disable=SC2086
		set -- $bounds
		MODEL_UNREACHED='' MODEL_OPT=-O0 model_run "$how" "$1 $2 $3 $4" -D"$switch" "${@:5}" >"$work/breaks.$switch" &
		[ $((count % 2)) -ne 0 ] || wait
	done <<<"$broken"
	wait
}
run_all

for file in "$work"/holds.*.name; do
	line=$(cat "${file%.name}")
	like "$line" ': errors: 0, [0-9]{4,} states$' "holds: $line"
done
is "$(find "$work" -name 'holds.*.name' | wc -l)" "$(wc -l <<<"$model_short")" "all of them were run"

# Reached in no run: nothing but the ends of endless processes, the branch of the kind of call that a
# client with a fixed number does not make, and what only a longer list of bounds can reach.
never=$(sort "$work"/unreached.* | uniq -c | awk -v n="$(wc -l <<<"$model_short")" '$1 == n { $1 = ""; print substr($0, 2) }' |
	grep -v '"-end-"$' | while read -r number rest; do
	sed -n "${number}p" tests/model/engine.pml | grep -q 'IS_STOP' || echo "$number $rest"
done)
is "$never" "" "every step of the model happens"

while IFS=: read -r switch what how bounds found; do
	line=$(cat "$work/breaks.$switch")
	like "$line" "errors: 1, .*$found" "found: $what ($switch)"
	grep -q "ifn\?def $switch\$" tests/model/engine.pml || fail "the model knows no $switch"
done <<<"$broken"

# --- its steps are the code's ---------------------------------------------------------------------

body() {
	awk -v f="$2" 'index($0, f "(") == 1 { on = 1 } on { print } on && /^}/ { exit }' "$1"
}

# Of the tree in $1: functions that the model names and that are not there.
missing_functions() {
	sed -n 's|.*/\* step: \([^ ]*\) \([a-z0-9_]*\) \*/.*|\1 \2|p; s|.*/\* order: \([^ ]*\) \([a-z0-9_]*\): .*|\1 \2|p' \
	    tests/model/engine.pml | sort -u | while read -r file name; do
		[ -n "$(body "$1/$file" "$name" 2>/dev/null)" ] || echo "$file: $name"
	done
}

# Calls that do not follow each other in the function as they do in the model.
wrong_orders() {
	sed -n 's|.*/\* order: \([^ ]*\) \([a-z0-9_]*\): \(.*\) \*/.*|\1 \2 \3|p' tests/model/engine.pml |
		while read -r file name calls; do
			body "$1/$file" "$name" | sed 1d | grep -oE '[A-Za-z0-9_]+ *\(' | tr -d ' (' |
				awk -v calls="$calls" -v where="$file: $name" '
				BEGIN { n = split(calls, want, " "); at = 1 }
				$0 == want[at] { at++ }
				END { if (at <= n) print where ": " want[at] }'
		done
}

is "$(missing_functions .)" "" "each step of the model is a function of the code"
isnt "$(grep -c 'step: ' tests/model/engine.pml)" 0 "there are such steps"
is "$(wrong_orders .)" "" "and calls what the model's next steps are, in their order"

# The test itself: a tree in which something was renamed, or changed its place.
mkdir "$work/tree"
cp -r helper client common "$work/tree"
sed -i 's/\btake_lock\b/grab_lock/g' "$work/tree/helper/launcher/runtime_dir.c"
is "$(missing_functions "$work/tree")" "helper/launcher/runtime_dir.c: take_lock" "a function that was renamed is noticed"
is "$(wrong_orders "$work/tree")" "helper/launcher/runtime_dir.c: runtime_prepare: take_lock" "at its call, too"
cp helper/launcher/runtime_dir.c "$work/tree/helper/launcher"
sed -i 's/bind(fd/listen(fd/; s/listen(fd, SOMAXCONN)/bind(fd, SOMAXCONN)/' "$work/tree/helper/launcher/runtime_dir.c"
isnt "$(wrong_orders "$work/tree")" "" "and so are calls in another order"
done_testing
