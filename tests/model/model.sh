#!/usr/bin/env bash
# Checks tests/model/engine.pml with spin(1), a line for each run:
#   model.sh [short|long]     all runs of that list; status 1 if one of them finds anything
# Sourced by model.t for its functions.
#   model_run HOW "CLIENTS STOPS CRASHES IDLES" [-DSWITCH...]    prints that line; status as above
#       HOW is safety: assertions and end states, with clients that try again and again;
#              finite: these, and that no execution goes on for ever, with clients that wait for
#                      what they would be tried for: then every call comes to its end
#   $MODEL_OPT                gcc(1) -O of a run
#   $MODEL_UNREACHED          file that collects, per run, the statements that were not reached
set -u
model_file=$(cd "${BASH_SOURCE[0]%/*}" && pwd -P)/engine.pml
MODEL_UNREACHED=${MODEL_UNREACHED-}

model_short="finite:2 0 0 1
finite:2 0 1 0
safety:2 0 1 0
safety:1 1 1 0
finite:1 1 0 1
safety:3 0 0 0"
# shellcheck disable=SC2034
model_long="$model_short
finite:2 0 0 2
finite:1 1 1 0
safety:2 1 0 0
safety:1 1 1 1
safety:2 0 1 1
finite:2 0 1 1
safety:2 0 2 0
safety:2 1 0 1
safety:3 0 0 1"

# The long runs would need gigabytes.
model_compress=()

model_compile() {
	local how=$1
	shift
	spin "$@" -a "$model_file" || return
	case $how in
	safety) gcc -w "${MODEL_OPT:--O1}" -DSAFETY "${model_compress[@]}" -DVECTORSZ=4096 -o pan pan.c ;;
	finite) gcc -w "${MODEL_OPT:--O1}" -DNP -DNOFAIR "${model_compress[@]}" -DVECTORSZ=4096 -o pan pan.c ;;
	esac
}

model_run() {
	local how=$1 dir clients stops crashes idles status=0
	local -a flags=()
	read -r clients stops crashes idles <<<"$2"
	shift 2
	dir=$(mktemp -d)
	[ "$how" = safety ] || flags=(-l)
	(
		cd "$dir" || exit 1
		[ "$how" = safety ] || set -- "$@" -DWAITS
		model_compile "$how" -DCLIENTS="$clients" -DSTOPS="$stops" -DCRASHES="$crashes" \
		    -DIDLES="$idles" "$@" >compiled 2>&1 || {
			cat compiled
			exit 1
		}
		./pan "${flags[@]}" -m100000 -w22 >out 2>&1
		printf '%s, %s calls of run, %s of stop, up to %s kill -9, %s idle exits: ' "$how" \
		    "$clients" "$stops" "$crashes" "$idles"
		awk '
		/^pan:[0-9]+:/ { sub(/^pan:[0-9]+: /, ""); found = $0 }
		/errors: [0-9]+/ { errors = $NF }
		/states, stored/ { states = $1 }
		/search depth too small|out of memory/ { short = $0 }
		END {
			print "errors: " (errors == "" ? "?" : errors) ", " states + 0 " states" \
			    (found == "" ? "" : ", " found) (short == "" ? "" : ", " short)
			exit !(errors == "0" && short == "")
		}' out || exit 1
		[ -z "$MODEL_UNREACHED" ] || sed -n 's/^\t.*engine\.pml:\([0-9]*\), state [0-9]*, \(.*\)/\1 \2/p' out |
			sort -u >>"$MODEL_UNREACHED"
	) || status=1
	rm -rf "$dir"
	return "$status"
}

model_all() {
	local list=model_${1:-short} status=0 how bounds
	[ "${1-}" != long ] || model_compress=(-DCOLLAPSE)
	while IFS=: read -r how bounds; do
		model_run "$how" "$bounds" || status=1
	done <<<"${!list}"
	return "$status"
}

if [ "$0" = "${BASH_SOURCE[0]}" ]; then
	model_all "${1:-short}"
fi
