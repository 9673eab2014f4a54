#!/usr/bin/env bash
# E06: 64 clients race the first start, RACE_ROUNDS times (20; 200 when BERTH_LONG is set): one engine
# is started, and each client gets the status of its own job, which ran once.
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"
arena_enter "$@"
rounds=${RACE_ROUNDS:-20}
[ -z "${BERTH_LONG-}" ] || rounds=${RACE_ROUNDS:-200}
grant alice security.confined >/dev/null

run python3 "$TOP/tests/e2e/race.py" first "$rounds" 64
is "$rc" 0 "E06 one engine for 64 clients at once, each served with its own status"
diag "$out$err"
done_testing
