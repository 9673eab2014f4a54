#!/usr/bin/env bash
# Runs libFuzzer targets, FUZZ_SECONDS each, from their corpus, as many at once as there are
# processors, and prints a line about each. What is new and interesting stays in $BUILD/fuz/new/NAME;
# an input that crashes is written to $BUILD/fuz/crash-NAME-*, what was said to $BUILD/fuz/NAME.log.
# With FUZZ_MERGE=1 what was found goes into the corpora in the tree, in as few inputs as can be.
# usage: BUILD=DIR FUZZ_SECONDS=N fuzz.sh NAME...
set -uo pipefail
cd "${BASH_SOURCE[0]%/*}/../.." || exit 1
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

fuzz() {
	local name=$1 log=$BUILD/fuz/$1.log dict=tests/fuzz/dict/$1
	local -a more=()
	[ ! -f "$dict" ] || more=(-dict="$dict")
	mkdir -p "$BUILD/fuz/new/$name"
	rm -f "$BUILD/fuz/$name.failed"
	"$BUILD/fuz/fuzz_$name" -max_total_time="$FUZZ_SECONDS" -print_final_stats=1 -rss_limit_mb=1024 \
	    -timeout=10 -artifact_prefix="$BUILD/fuz/crash-$name-" "${more[@]}" \
	    "$BUILD/fuz/new/$name" "tests/fuzz/corpus/$name" </dev/null >"$log" 2>&1 ||
		: >"$BUILD/fuz/$name.failed"
}

# The last line with a number of edges is the final one.
tell() {
	local name=$1 log=$BUILD/fuz/$1.log edges runs new
	edges=$(sed -n 's/^#.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n1)
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	new=$(sed -n 's/^stat::new_units_added: *//p' "$log")
	printf '%-20s %9s runs  %6s edges  %5s new inputs  %s\n' "$name" "${runs:-?}" "${edges:-?}" \
	    "${new:-?}" "$([ -f "$BUILD/fuz/$name.failed" ] && echo FAILED || echo ok)"
}

# Inputs that have a name stay: each is a case that somebody thought of. Those of the fuzzer, whose
# name is a number, are judged anew: as many stay as reach what the named ones do not.
merge() {
	local name=$1 corpus=tests/fuzz/corpus/$1 new=$BUILD/fuz/new/$1
	find "$corpus" -type f -regextype posix-extended -regex '.*/[0-9a-f]{40}' -exec mv -t "$new" {} +
	"$BUILD/fuz/fuzz_$name" -set_cover_merge=1 -rss_limit_mb=1024 "$corpus" "$new" </dev/null \
	    >"$BUILD/fuz/$name.merge.log" 2>&1 || return 1
	printf '%-20s %5s inputs, %s bytes\n' "$name" "$(find "$corpus" -type f | wc -l)" \
	    "$(find "$corpus" -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')"
}

failed=()
if [ -n "${FUZZ_MERGE-}" ]; then
	for name; do
		merge "$name" || failed+=("$name")
	done
	[ ${#failed[@]} -eq 0 ] || echo "not merged: ${failed[*]}"
	exit $((${#failed[@]} > 0))
fi
running=0
for name; do
	[ "$running" -lt "$(nproc)" ] || { wait -n || true; running=$((running - 1)); }
	fuzz "$name" &
	running=$((running + 1))
done
wait
for name; do
	tell "$name"
	[ ! -f "$BUILD/fuz/$name.failed" ] || failed+=("$name")
done
for name in "${failed[@]}"; do
	printf '\n===== fuzz_%s\n' "$name"
	grep -vE '^#[0-9]|^stat::|^\s*NEW_FUNC|Uses:' "$BUILD/fuz/$name.log" | tail -n 40
	for input in "$BUILD/fuz/"*-"$name"-*; do
		[ ! -f "$input" ] || echo "again: $BUILD/fuz/fuzz_$name $input"
	done
done
[ ${#failed[@]} -eq 0 ] || exit 1
echo "${#} targets, $FUZZ_SECONDS s each: nothing found"
