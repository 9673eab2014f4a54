#!/usr/bin/env bash
# A20, A24 for maps that a caller brings: berth-launcher once UIDMAP GIDMAP. A map that is one, of the
# caller's own ids and of those granted alone, becomes the namespace's, word for word; host id 0, an id of
# anybody else's, the ids that own and watch namespaces, sums that wrap, ids in two lines, other spellings,
# and maps without the engine's and the caller's own id are refused before anything is made.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
launcher_world
{
	printf '[grant]\nuid = 1000\nroot = /home/state\nentitlements = security.confined\nengine = any\n'
	printf 'subuid = 100000:65536\nsubgid = 300000:5000\nowner-id = 2147482000\nwatch-id = 2147482001\n'
} >$ALLOW/uid-1000.conf
exec_once=$TESTBIN/once_exec

# The maps of the engine that runs, as the kernel has them.
maps_of_engine() {
	local exe pid
	for exe in /proc/[0-9]*/exe; do
		[ "$(readlink "$exe")" = "$ENGINE" ] || continue
		pid=${exe#/proc/}
		cat "/proc/${pid%/exe}/uid_map" "/proc/${pid%/exe}/gid_map" | tr -s ' ' | sed 's/^ //'
		return 0
	done
	return 1
}
# MAP of the command line as the kernel shows it
shown() {
	tr ',:' '\n ' <<<"$1"
}
# makes NAME UIDMAP GIDMAP
makes() {
	local name=$1 uids=$2 gids=$3
	rm -f /run/arena/end /run/arena/out
	mkfifo /run/arena/end
	"$exec_once" -w -u 1000 pair "$LAUNCHER" once "$uids" "$gids" </run/arena/end >/run/arena/out 2>&1 &
	exec 5>/run/arena/end
	if ! wait_for 20 grep -q '^status' /run/arena/out; then
		fail "A24 $name"
		diag "$(cat /run/arena/out)"
	else
		is "$(head -n1 /run/arena/out)|$(maps_of_engine)" "status 0|$(shown "$uids")
$(shown "$gids")" "A24 $name"
	fi
	exec 5>&-
	wait
	wait_for 10 none_of_ours || fail "A24 $name: something is left"
}
# never CODE REGEX NAME UIDMAP GIDMAP: the tool says on its output how the launcher ended.
never() {
	local code=$1 regex=$2 name=$3
	run timeout 60 "$exec_once" -u 1000 pair "$LAUNCHER" once "$4" "$5"
	if [ "$(head -n1 <<<"$out")" = "status $code" ] && [[ $err =~ $regex ]] && nothing_started; then
		pass "A24 $name"
	else
		fail "A24 $name"
		diag "wanted status $code and $regex for $4 $5"
		tap_show_run
		stop_engines
	fi
}

good=0:1000:1
makes "the caller alone" 0:1000:1 0:1000:1
makes "the usual map in words" 0:1000:1,1:100000:65536 0:1000:1,1:300000:5000
makes "the caller by their own number" 0:100000:1000,1000:1000:1,1001:101000:64536 0:300000:1000,1000:1000:1,1001:301000:4000
makes "lines in any order, ids far away" 2147399999:1000:1,0:165535:1,70000:100000:3 5:304999:1,0:1000:1
lines=0:1000:1
for i in {1..200}; do
	lines+=,$i:$((100000 + 2 * i)):1
done
makes "two hundred lines" "$lines" $good

# --- ids of others ---------------------------------------------------------------------------------
for other in 0:1 1:1 33:1 999:1 1001:1 65534:1 99999:1 99999:2 99999:65537 165536:1 165535:2 100000:65537 \
	300000:1 2147482000:1 2147482001:1 2147482000:2 2147400000:1 2147483646:1; do
	never 77 '\(map\)' "uids $other" "$good,1:$other" $good
	[ "$other" = 300000:1 ] || never 77 '\(map\)' "gids $other" $good "$good,1:$other"
done
# With the caller among them.
for other in 0:65536 0:1001 999:2 1000:2 1:2147399999; do
	never 77 '\(map\)' "uids $other" "0:$other" $good
	never 77 '\(map\)' "gids $other" $good "0:$other"
done
never 77 '\(map\)' "the groups' range is not that of users" "$good,1:300000:1" $good
never 77 '\(map\)' "nor the other way" $good "$good,1:100000:1"

# --- 65534: as it whoever is not in the map would look like the caller ------------------------------
for nobody in 0:100000:1,65534:1000:1 65534:1000:1,0:100000:65534; do
	never 77 '\(map\)' "uids with the caller as 65534: $nobody" "$nobody" $good
	never 77 '\(map\)' "gids with the caller as 65534: $nobody" $good "$(sed "s,100000:65534,300000:5000,; s,100000:1,300000:1," <<<"$nobody")"
done
makes "the caller as the number before it, and another as it" 0:100000:1,65533:1000:1,65534:100001:1 0:300000:1,65533:1000:1,65534:300001:1

# --- who must be in there --------------------------------------------------------------------------
for short in 1:1000:1 0:100000:65536 1000:1000:1,1:100000:999; do
	never 77 '\(map_short\)' "uids without root or the caller: $short" "$short" $good
done
for short in 1:1000:1 0:300000:5000 1000:1000:1,1:300000:999; do
	never 77 '\(map_short\)' "gids without root or the caller: $short" $good "$short"
done

# --- what is no map (A20) --------------------------------------------------------------------------
turn=0
for text in "" "," ":" 0 0:1000 0:1000: "0:1000:1," ",0:1000:1" "0:1000:1,," 0:1000:0 0:1000:-1 -1:1000:1 0:-1:1 +0:1000:1 \
	" 0:1000:1" "0:1000:1 " "0: 1000:1" 00:1000:1 0:01000:1 0:1000:01 0x0:1000:1 0:0x3e8:1 0:1e3:1 0:1000:1:1 \
	"0 1000 1" "0:1000:1;1:100000:1" alice:1000:1 0:alice:1 0:#1000:1 $'0:1000:1\n' \
	0:4294968296:1 4294967296:1000:1 0:4294967295:1 4294967295:1000:1 0:1000:4294967296 0:1000:4294967297 \
	0:2147483647:1 2147400000:1000:1 1:2147483646:2 0:18446744073709552616:1 \
	0:1000:1,0:100000:1 0:1000:1,1:1000:1 0:100000:10,9:1000:1 0:1000:1,1:100000:10,20:100009:1 \
	"$good$(printf ',%d:100000:1' {1..340})"; do
	turn=$((1 - turn))
	if [ $turn -eq 1 ]; then
		never 64 '^berth: a map of ids' "'${text::40}' is no map of uids" "$text" $good
	else
		never 64 '^berth: a map of ids' "'${text::40}' is no map of gids" $good "$text"
	fi
done
hostile=$'\e]0;x\a:1:1'
run timeout 60 "$exec_once" -u 1000 pair "$LAUNCHER" once "$hostile" $good
like "$out|$err" '^status 64.*berth: a map of ids' "A24 an escape sequence is no map"
unlike "$err" $'\e' "A24 what was said is not repeated"
for words in "0:1000:1" "0:1000:1 0:1000:1 0:1000:1"; do
	# shellcheck disable=SC2086
	run timeout 60 "$exec_once" -u 1000 pair "$LAUNCHER" once $words
	like "$out|$err" '^status 64.*usage: berth-launcher' "A24 one map, or three: $words"
done
run as alice "$LAUNCHER" start $good $good
is "$rc" 64 "A24 an engine of all calls takes no map"

# --- the grant as it is now ------------------------------------------------------------------------
sed -i 's/^engine = any/engine = shared/' $ALLOW/uid-1000.conf
never 77 '\(engine\)' "a map is no way around the grant's engine" $good $good
sed -i 's/^engine = .*/engine = once/; s/^subuid = .*/subuid = 100010:10/' $ALLOW/uid-1000.conf
never 77 '\(map\)' "ids of a grant that was made smaller" "$good,1:100000:11" $good
makes "and those that are left" "$good,1:100010:10" $good
run timeout 60 "$exec_once" -u 1001 pair "$LAUNCHER" once 0:1001:1 0:1001:1
like "$out|$err" '^status 77.*\(no_grant\)' "A24 who has no grant maps nothing"
done_testing
