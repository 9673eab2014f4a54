#!/usr/bin/env bash
# A29 (CVE-2022-3328, CVE-2026-27456, CVE-2021-3995): each component of a path that the launcher or the engine
# walks is a directory and a link to somewhere else by turns, exchanged as fast as it goes, while jobs are started
# with that path: the directory that is mounted, as it is and with other ids, and the one in which berth keeps
# the user's state. What is granted is mounted or nothing; nothing outside is seen, made or given to anybody.
. "${BASH_SOURCE[0]%/*}/mapped.sh"
arena_enter "$@"
needs python3
starts=12
[ -z "${BERTH_LONG-}" ] || starts=2000
canary_plant
at=/home/alice/m
mappable "$at"
tree=$at/granted
for top in "$tree" "$at/outside" /srv/canary/dir; do
	mkdir -p "$top/one/two/three"
	handed_dir "$top/one/two/three"
	echo "${top##*/}" >"$top/one/two/three/mine"
done
mkdir "$tree/links"
chown -R alice:alice "$at"
chown bob:bob "$tree/one/two/three/theirs"
# The canaries' own are root's and closed, and have the same names.
chown -R root:root /srv/canary/dir/one
echo "$CANARY" >/srv/canary/dir/one/two/three/mine
chmod -R go= /srv/canary/dir/one
outside_state() {
	find "$at/outside" /srv/canary -printf '%p %y %m %U:%G %s %T@\n' | sort
}
was=$(outside_state)
jobs_world security.confined idmap.mount "mount=$tree"

begin_racer() {
	setpriv --reuid=alice --regid=alice --init-groups "$TESTBIN/exchange" "$@" &
	racer=$!
}
end_racer() {
	kill -0 "$racer" && kill "$racer"
	wait "$racer" 2>/dev/null
}
runs() {
	awk -F '\t' '$2 == 0' /run/arena/race | wc -l
}
refusals() {
	awk -F '\t' '$2 != 0' /run/arena/race | wc -l
}
# race NAME COMPONENT LINK OPTIONS OWNER: jobs with the directory, while the component is LINK by turns
race() {
	local name=$1 component=$2 to=$3 options=$4 owner=$5 turns
	as alice ln -sfn "$to" "$tree/links/link"
	begin_racer "$tree/$component" "$tree/links/link"
	: >/run/arena/race
	# Once more, when the last of these has not met both.
	for ((turns = 0; turns < 1 || (turns < 10 && last != 0 && (ran + $(runs) == 0 || refused + $(refusals) == 0)); turns++)); do
		as alice timeout $((250 + starts)) python3 "$TOP/tests/attack/starts.py" "$starts" run -q -u $user -v "$tree/one/two/three:/d$options" host \
		    sh -c 'stat -c %u:%g /d; cat /d/mine; : >/d/made; ls /d' >>/run/arena/race
	done
	end_racer
	[ ! -L "$tree/$component" ] || as alice "$TESTBIN/exchange" "$tree/$component" "$tree/links/link" once
	is "$(wc -l </run/arena/race)" "$((turns * starts))" "A29 $name: $((turns * starts)) starts"
	is "$(awk -F '\t' -v owner="$owner" '!($2 == 0 && $3 ~ "^" owner " granted ") && !($2 != 0 && $3 == "")' /run/arena/race)" "" \
	    "A29 $name: what is granted is mounted, or nothing"
	canary_is_untouched "$(cat /run/arena/race)" "A29 $name: the canaries are untouched"
	ran=$((ran + $(runs)))
	refused=$((refused + $(refusals)))
	rm -f "$tree/one/two/three/made"
}
for how in plain mapped; do
	options='' owner=0:0 ran=0 refused=0
	user=0:0
	[ $how = plain ] || options=:uid=101,gid=102 owner=101:102 user=101:102
	for component in one one/two one/two/three; do
		for out in "$at/outside" /srv/canary/dir; do
			last=0
			[ "$component $out" != "one/two/three /srv/canary/dir" ] || last=1
			race "$how, $component and a link to ${out##*/}" "$component" "$out/$component" "$options" "$owner"
		done
	done
	# The racer had its way: without the checks it would have been seen.
	ok "A29 $how: control: the directory was met ($ran of $((ran + refused)))" test "$ran" -gt 0
	ok "A29 $how: control: so was the link ($refused)" test "$refused" -gt 0
done
is "$(outside_state)" "$was" "A29 nothing outside was made, changed or given away"
is "$(find "$tree/one" ! -user alice ! -name theirs)" "" "A29 and what jobs made is alice's"

# --- the directory of the state: it is not what it was when the engine is started. Both are made and entered with
# the user's own rights, which are none where the link leads.
as alice berth daemon stop >/dev/null
as alice mkdir -p up/state
mkdir -p /srv/canary/dir/state
outside_state >/run/arena/outside
as alice ln -s /srv/canary/dir link
root "$ADMIN" grant alice --root=/home/alice/up/state >/dev/null
begin_racer /home/alice/up /home/alice/link
served=0 turned=0 odd=
for ((i = 0; i < starts * 4 || (i < starts * 40 && (served == 0 || turned == 0)); i++)); do
	run as alice timeout 60 berth daemon start -q
	case $rc in
	0) served=$((served + 1)) ;;
	69 | 71 | 77 | 78) turned=$((turned + 1)) ;;
	*) odd="$odd $rc: $err" ;;
	esac
	as alice timeout 60 berth daemon stop >/dev/null 2>&1
done
end_racer
is "$odd" "" "A29 the state: each start serves, or is refused"
ok "A29 the state: control: the directory was met ($served)" test "$served" -gt 0
ok "A29 the state: control: so was the link ($turned)" test "$turned" -gt 0
is "$(outside_state | diff /run/arena/outside -)" "" "A29 the state: nothing is made or changed where the link leads"
canary_is_untouched "" "A29 the canaries"
done_testing
