#!/usr/bin/env bash
# A24 (CVE-2016-6252, the class of newuidmap): ranges of subordinate ids that overlap, overflow, are
# empty, or hold what they must not: 0, system accounts, 65534, the caller, the ids that own and watch
# namespaces. In the allow-list, which an administrator may have edited by hand, the launcher refuses
# them or makes the golden map; in /etc/subuid, from which an engine without a grant takes its range,
# berth passes over them (a24_subuid.t). Host id 0 is in no map.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
launcher_world

# ids LINE...: alice's file, with these lines for ids
ids() {
	{
		printf '[grant]\nuid = 1000\nroot = /home/state\nentitlements = security.confined\n'
		printf '%s\n' "$@"
	} >"$ALLOW/uid-1000.conf"
}
owners=("owner-id = 2147482000" "watch-id = 2147482001")
# with SUBUID SUBGID: both ranges, and right owners
with() {
	ids "subuid = $1" "subgid = $2" "${owners[@]}"
}
# The maps of a user's engine, as they are read back.
maps() {
	local pid
	pid=$(engine_pid "$1") && cat "/proc/$pid/uid_map" "/proc/$pid/gid_map" | tr -s ' ' | sed 's/^ //'
}
# Which of the host's ids are in a map that must be in none.
forbidden() {
	awk '{ a = $2; b = $2 + $3 - 1 }
	    $3 > 1 && (a < 65536 || b >= 2147400000) || a == 0 || (a <= 65534 && b >= 65534) { print }'
}
is "$(printf '0 1000 1\n1 100000 65536\n' | forbidden)" "" "A24 control: a right map has nothing forbidden"
is "$(printf '0 0 1\n1 65534 1\n1 2147399999 2\n1 0 65536\n1 1001 5\n' | forbidden | wc -l)" 5 "A24 control: what is forbidden is seen"

# makes NAME UIDMAP GIDMAP
makes() {
	run as alice "$LAUNCHER" start
	is "$rc$err|$(maps alice)" "0|0 1000 1
$2
0 1000 1
$3" "A24 $1: the golden maps"
	is "$(maps alice | forbidden)" "" "A24 $1: nothing forbidden in them"
	stop_engines
}

# --- the launcher: what it makes -------------------------------------------------------------------

with 100000:65536 100000:65536
makes "an ordinary range" "1 100000 65536" "1 100000 65536"
with 65536:1 65536:1
makes "one id, the first that may be" "1 65536 1" "1 65536 1"
with 2147399999:1 2147399999:1
makes "one id, the last that may be" "1 2147399999 1" "1 2147399999 1"
with 65536:2147334464 65536:2147334464
makes "all that may be" "1 65536 2147334464" "1 65536 2147334464"
with 100000:5 300000:7
makes "other groups than users" "1 100000 5" "1 300000 7"

# --- what it refuses -------------------------------------------------------------------------------

# never NAME RANGE...: not as subuid, and not as subgid
never() {
	local name=$1 range
	shift
	for range; do
		with "$range" 100000:65536
		denies '7[78]' "$why" "A24 subuid = $range: $name" as alice "$LAUNCHER" start
		with 100000:65536 "$range"
		denies '7[78]' "$why" "A24 subgid = $range: $name" as alice "$LAUNCHER" start
	done
}
# Both go through one parser: by turns here.
no_range() {
	local name=$1 range turn=0
	shift
	for range; do
		turn=$((1 - turn))
		if [ $turn -eq 1 ]; then
			with "$range" 100000:65536
		else
			with 100000:65536 "$range"
		fi
		denies 78 "$why" "A24 '$range': $name" as alice "$LAUNCHER" start
	done
}
denies() {
	local codes=$1 regex=$2 name=$3
	shift 3
	run "$@"
	if [[ $rc =~ ^$codes$ && $err =~ $regex && -z $out ]] && nothing_started; then
		pass "$name"
	else
		fail "$name"
		diag "wanted: $codes, $regex; maps: $(maps alice)"
		tap_show_run
		stop_engines
	fi
}
why='uid-1000.conf:[56]: |bad_ids'
never "root" 0:1 0:65536 0:4294967295
never "system accounts" 1:1 1:65535 33:1 999:2 65533:1 65535:1
never "the caller" 1000:1 999:3 1000:65536 1:100000
never "nobody" 65534:1 65530:10 65534:65536
never "the reserved ids" 2147400000:1 2147399999:2 2147482000:2 100000:2147300001 2147483646:2
no_range "nothing" 100000:0 0:0
no_range "more than there are" 4294967294:1 4294967295:1 4294967296:1 100000:4294867296 100000:4294967295 \
	100000:4294967296 100000:18446744073709486080 18446744073709651616:65536 2147483647:1 2147483648:5
no_range "not a number" -1:5 100000:-1 +100000:1 0x186a0:16 0100000:8 1e5:65536 100000 100000: :65536 100000:65536: \
	100000:65536:1 100000-165535 "100000 : 65536" "100000: 65536" 100000,65536 alice:100000:65536

# ids_never NAME LINE...
ids_never() {
	local name=$1
	shift
	ids "$@"
	denies '7[78]' 'uid-1000.conf(:|\)?\.? )|bad_ids|no_ids' "A24 $name" as alice "$LAUNCHER" start
}
both=("subuid = 100000:65536" "subgid = 100000:65536")
ids_never "two rows" "${both[@]}" "subuid = 300000:65536" "${owners[@]}"
ids_never "the same row twice" "${both[@]}" "subgid = 100000:65536" "${owners[@]}"
ids_never "two ranges in a row" "subuid = 100000:10 200000:10" "subgid = 100000:65536" "${owners[@]}"
ids_never "uids alone" "subuid = 100000:65536" "${owners[@]}"
ids_never "gids alone" "subgid = 100000:65536" "${owners[@]}"
ids_never "no owners" "${both[@]}"
ids_never "one for both" "${both[@]}" "owner-id = 2147482000" "watch-id = 2147482000"
ids_never "the owner is root" "${both[@]}" "owner-id = 0" "watch-id = 2147482001"
ids_never "the watcher is root" "${both[@]}" "owner-id = 2147482000" "watch-id = 0"
ids_never "the owner is the caller" "${both[@]}" "owner-id = 1000" "watch-id = 2147482001"
ids_never "the watcher is the caller" "${both[@]}" "owner-id = 2147482000" "watch-id = 1000"
ids_never "the owner is another account" "${both[@]}" "owner-id = 1001" "watch-id = 2147482001"
ids_never "the owner is nobody" "${both[@]}" "owner-id = 65534" "watch-id = 2147482001"
ids_never "the owner is in the range" "${both[@]}" "owner-id = 100000" "watch-id = 2147482001"
ids_never "the watcher is in the range" "${both[@]}" "owner-id = 2147482000" "watch-id = 165535"
ids_never "the owner is no id" "${both[@]}" "owner-id = 4294967295" "watch-id = 2147482001"
ids_never "ids and the pool's at once" "${both[@]}" "${owners[@]}" "subids = auto"
ids_never "a carriage return" "subuid = 100000:65536"$'\r' "subgid = 100000:65536" "${owners[@]}"

# The caller's own numbers in a range, which can be where those are high ones.
printf 'high:x:300000:300000::/home/high:/bin/sh\n' >>/etc/passwd
printf 'high:x:300000:\n' >>/etc/group
install -d -o 300000 -g 300000 /home/high
high() {
	sed 's/^uid = 1000/uid = 300000/' "$ALLOW/uid-1000.conf" >"$ALLOW/uid-300000.conf"
	run as high "$LAUNCHER" start
}
with 300001:100 300001:100
high
is "$rc|$(maps high)" "0|0 300000 1
1 300001 100
0 300000 1
1 300001 100" "A24 control: a range beside a high uid"
stop_engines
for range in 300000:1 299999:2 200000:200000; do
	with "$range" 400000:10
	high
	like "$rc:$err" '^7[78]:.*(bad_ids|uid-300000.conf)' "A24 subuid = $range has the caller in it"
	with 400000:10 "$range"
	high
	like "$rc:$err" '^7[78]:.*(bad_ids|uid-300000.conf)' "A24 subgid = $range has the caller's group in it"
done
ok "A24 nothing was started for it" nothing_started
rm "$ALLOW"/uid-*.conf

# --- the pool --------------------------------------------------------------------------------------

printf '[grant]\ngid = 2000\nroot = /home/state\nentitlements = security.confined\nsubids = auto\n' >"$ALLOW/gid-2000.conf"
pool() {
	printf '[ids]\nbase = %s\ncount = %s\nfirst-uid = %s\n' "$1" "$2" "$3" >/etc/berth/berth.conf
}
pool 1000000000 131072 1000
for user in alice bob; do
	run as $user "$LAUNCHER" start
	is "$rc$err" 0 "A24 pool: $user has a block"
done
is "$(maps alice | sort -u | tail -n1)|$(maps bob | sort -u | tail -n1)" "1 1000000000 65534|1 1000065536 65534" "A24 pool: the golden maps, one behind the other"
is "$(cat "/proc/$(engine_pid alice)/uid_map" "/proc/$(engine_pid bob)/uid_map" | awk '$3 > 1 { print $2; print $2 + $3 }' | sort -n | tr '\n' ' ')" \
    "1000000000 1000065534 1000065536 1000131070 " "A24 pool: they share no id, and the last two of each are in none"
stop_engines
sed -i 's/^lab:.*/lab:x:2000:alice,bob,carol/' /etc/group
pool_never() {
	local name=$1 codes=$2 regex=$3 user=${4:-alice}
	denies "$codes" "$regex" "A24 pool: $name" as "$user" "$LAUNCHER" start
}
pool_never "who comes behind its end" 77 no_ids carol
pool 1000000000 65535 1000
pool_never "less than a block" '7[78]' 'no_ids|berth.conf'
pool 1000000000 131071 1000
pool_never "a block that is cut off" '7[78]' 'no_ids|berth.conf' bob
pool 1000000000 131072 1001
pool_never "who comes before its first" 77 no_ids
for base in 0 1 1000 65534 65535 2147400000 2147399999 4294967295; do
	pool $base 131072 1000
	pool_never "base = $base" 78 'berth.conf'
done
for count in 0 2147400000 4294967295 4294967296; do
	pool 1000000000 $count 1000
	pool_never "count = $count" 78 'berth.conf'
done
pool 65536 6553600 65536
pool_never "with its users in it" 78 'berth.conf'
pool 65536 131072 0
pool_never "for root" 78 'berth.conf'
# A user of the pool who also has a file, with ids out of somebody else's block.
pool 1000000000 131072 1000
with 1000065536:10 100000:65536
pool_never "a file with ids of another's block" '7[78]' 'bad_ids|uid-1000.conf'
ids "${both[@]}" "owner-id = 1000000001" "watch-id = 1000000002"
pool_never "a file whose owner is out of the pool" 78 'uid-1000.conf:7: a reserved id'
rm -f "$ALLOW"/*.conf
: >/etc/berth/berth.conf

# --- two files of the allow-list that share ids ----------------------------------------------------

# The launcher reads its caller's files alone; who makes two of them overlap by hand is told.
with 100000:65536 100000:65536
sed 's/^uid = 1000/uid = 1001/; s/21474820/21474821/' "$ALLOW/uid-1000.conf" >"$ALLOW/uid-1001.conf"
run root berth check
isnt "$rc" 0 "A24 two users with the same range: berth check is not content"
like "$out$err" 'uid 1000 and uid 1001 have the same ids: 100000 to 165535' "A24 and says which"
rm "$ALLOW"/*.conf
done_testing
