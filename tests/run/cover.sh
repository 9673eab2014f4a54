#!/usr/bin/env bash
# Runs the unit tests that are built for coverage, and judges the lines and branches of the trusted base.
# usage: BUILD=DIR cover.sh TEST...
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/../.."

[ $# -gt 0 ] || {
	echo "cover: there are no unit tests" >&2
	exit 1
}
find "$BUILD/cov" -name '*.gcda' -delete
status=0
prove --exec tests/run/one.sh "$@" || status=$?
gcovr --root . --filter 'helper/launcher/' --filter 'common/' --print-summary \
    --json "$BUILD/cov/coverage.json" --txt - "$BUILD/cov" || status=$?
tests/run/uncovered.py "$BUILD/cov/coverage.json" || status=$?
exit "$status"
