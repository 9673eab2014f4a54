#!/usr/bin/env bash
# Runs libFuzzer targets, FUZZ_SECONDS each, from their corpus. What is new and interesting stays
# in $BUILD/fuz/new/NAME; an input that crashes is written to $BUILD/fuz/crash-NAME-*.
# usage: BUILD=DIR FUZZ_SECONDS=N fuzz.sh NAME...
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/../.."

for name; do
	mkdir -p "$BUILD/fuz/new/$name"
	echo "fuzz_$name: ${FUZZ_SECONDS} s"
	"$BUILD/fuz/fuzz_$name" -max_total_time="$FUZZ_SECONDS" -print_final_stats=1 -verbosity=0 \
	    -rss_limit_mb=1024 -timeout=5 -artifact_prefix="$BUILD/fuz/crash-$name-" \
	    "$BUILD/fuz/new/$name" "tests/fuzz/corpus/$name"
done
