#!/usr/bin/env bash
# tests/run/prove.sh: what is printed last says which tests failed and why, and ends with prove's summary.
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
cd "${BASH_SOURCE[0]%/*}/../.." || exit 1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/bad.t" <<-'T'
	for n in {1..100}; do echo "ok $n - fine"; done
	printf '%s\n' "not ok 101 - the one" "# got: this" "# wanted: that" "ok 102 - fine" 1..102
	exit 1
T
cat >"$dir/dies.t" <<-'T'
	echo "its last words" >&2
	kill -KILL $$
T
echo 'echo "ok 1 - fine"; echo 1..1' >"$dir/good.t"
for ((i = 0; i < 20; i++)); do
	echo "ok $i"
done >"$dir/many"
sed 's/.*/echo "not ok 1 - & is bad"; echo 1..1; exit 1/' "$dir/many" | split -l 1 --additional-suffix=.t - "$dir/many."

prove_them() {
	# Not the harness's own of the test that runs here.
	run env -u HARNESS_RULESFILE -u TEST_KEPT TEST_JOBS=2 BEFORE_SUMMARY="$dir/before" tests/run/prove.sh "$@"
}
prove_them "$dir/good.t"
is "$rc" 0 "a test that passes: status"
like "$out" $'All tests successful\\.\nFiles=1, Tests=1,[^\n]*\nResult: PASS$' "a test that passes: the summary ends it"
unlike "$out" 'what failed' "a test that passes: nothing failed"

echo "said before" >"$dir/before"
prove_them "$dir/bad.t" "$dir/good.t" "$dir/dies.t"
is "$rc" 1 "two tests that fail: status"
ending=$(tail -n 60 <<<"$out")
like "$ending" $'--- [^\n]*/bad\\.t\nnot ok 101 - the one\n# got: this\n# wanted: that\n--- ' "the end says what failed, and why"
like "$ending" $'--- [^\n]*/dies\\.t\n[^\n]*\nits last words\n' "and what one that died said last"
unlike "$ending" 'ok 100 - fine' "and not what passed"
like "$ending" $'\nsaid before\n' "and what the caller has to say"
like "$ending" $'\nTest Summary Report\n.*\nResult: FAIL$' "the summary ends it"
is "$(grep -c '^Result: ' <<<"$out")" 1 "there is one summary"

prove_them "$dir"/many.*.t
is "$(grep -c '^not ok 1 - ok [0-9]* is bad' <<<"$out")" 20 "twenty tests that fail: each is said"
like "$out" $'\nResult: FAIL$' "and the summary ends it"
run env BUILD=build TEST_SECONDS=1 tests/run/prove.sh "$dir/good.t"
is "$rc" 0 "without anything to be said before"
for test in $(sed -n 's|^\(tests/[^ ]*\).*|\1|p' tests/run/alone); do
	ok "that runs alone, and exists: $test" test -f "$test"
done
done_testing
