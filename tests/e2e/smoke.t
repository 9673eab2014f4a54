#!/usr/bin/env bash
# The first hour of berth on a host: installed, refused, granted, a first job.
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"
arena_enter "$@"

ok "berth version" as alice berth version
ok "the launcher is not setuid before the first grant" test ! -u "$LAUNCHER"

# Where the host gives users no namespaces, a grant is the only way. (With them: rootless.t.)
run "$TESTBIN/no_userns" 1000 /usr/local/bin/berth run host -- id
is "$rc" 125 "no grant: berth run fails as itself, not as the command"
is "$out" "" "no grant: nothing on stdout"
is "$(wc -l <<<"$err")" 3 "no grant: three lines"
like "$err" 'sudo berth ' "no grant: the last line can be pasted"

ok "the administrator grants" grant alice security.confined
ok "the launcher is setuid now" test -u "$LAUNCHER"

run as alice berth run host -- id
is "$rc" 0 "a first job"
like "$out" '^uid=0\(root\) gid=0\(root\)' "the job is root of its own namespace"
like "$(engine_pid alice)" '^[0-9]+$' "the engine is up"

run as alice berth run host -- sh -c 'exit 7'
is "$rc" 7 "the command's own status"

run "$TESTBIN/no_userns" 1002 /usr/local/bin/berth run host -- id
is "$rc" 125 "carol is still refused"

done_testing
