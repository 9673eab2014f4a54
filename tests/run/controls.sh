#!/usr/bin/env bash
# Positive controls: berth is built again and again, each time with one defence taken out, and the attack
# test that is there for it must fail. A test that passes all the same proves nothing, or the defence
# is there twice. The list is tests/attack/controls.list. As root; TAP on standard output.
# usage: BUILD=DIR controls.sh [WORD]    (only entries that have WORD in them)
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/../.."
top=$PWD
build=$(realpath "${BUILD:-build}")
only=${1-}
seconds=${TEST_SECONDS:-200}

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
cp -a "$top"/{helper,client,common,config,tests,GNUmakefile} "$tree/"
cp -a "$top"/*.md "$top/LICENSE" "$tree/" 2>/dev/null || :
mkdir "$tree/build"
# Objects and all: then only what was changed is compiled, and the rest is linked.
cp -a "$build"/{helper,client,common,gen,tests} "$tree/build/"
cp -a "$build"/berth* "$tree/build/"
# The objects are as old as the sources that they were made of.
make -C "$tree" --no-print-directory BUILD=build all >/dev/null

count=0
failed=0
say() {
	count=$((count + 1))
	[ "$1" = ok ] || failed=$((failed + 1))
	printf '%s %d - %s\n' "$1" "$count" "$2"
}

# The first test that fails is enough; the arena ends what still runs. What prepares it, or says that it
# looks at all, is none that notices; in a file that is called by a row only what names a row is one.
first_failure() {
	local test=$1 row=''
	[[ ! ${test##*/} =~ ^[abce][0-9][0-9]_ ]] || row='[ABCE][0-9][0-9] '
	(cd "$tree" && BUILD=build timeout --kill-after=10 "$seconds" bash "$test" </dev/null 2>/dev/null || :) |
		grep -v 'control:' | grep -m 1 "^not ok .*$row" || :
}

mutant() {
	local file=$1 edit=$2 test=$3 why=$4 seen
	[[ "$file $edit $test $why" == *"$only"* ]] || return 0
	cp -p "$tree/$file" "$tree/original"
	sed -E -i "$edit" "$tree/$file"
	touch "$tree/$file"
	if cmp -s "$tree/$file" "$tree/original"; then
		say "not ok" "$file: $why: the edit changes nothing: $edit"
	elif ! make -C "$tree" --no-print-directory BUILD=build CFLAGS=-Wno-error all >"$tree/log" 2>&1; then
		say "not ok" "$file: $why: it does not build"
		sed 's/^/# /' "$tree/log" | tail -n 5
	else
		seen=$(first_failure "tests/$test.t")
		if [ -n "$seen" ]; then
			say ok "$file: $why: ${test##*/} notices"
			printf '# %.200s\n' "$seen"
		else
			say "not ok" "$file: $why: ${test##*/} passes without it"
		fi
	fi
	cp -p "$tree/original" "$tree/$file"
	touch "$tree/$file"
}

file='' edit='' test='' why=''
while IFS= read -r line; do
	case $line in
	'#'* | '') ;;
	'file: '*) file=${line#file: } ;;
	'why: '*) why=${line#why: } ;;
	'edit: '*) edit=${line#edit: } ;;
	'test: '*)
		test=${line#test: }
		mutant "$file" "$edit" "$test" "$why"
		;;
	*)
		echo "controls.list: what is this? $line" >&2
		exit 1
		;;
	esac
done <tests/attack/controls.list
printf '1..%d\n' "$count"
[ "$failed" -eq 0 ] && [ "$count" -gt 0 ]
