#!/usr/bin/env bash
# Whatever goes wrong in a virtual machine is a failure of tests/vm/kernel.t: the judge, on what a machine
# could have printed.
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
judge=${BASH_SOURCE[0]%/*}/judge.py
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/0" "$dir/1"

# What machine I of N prints when all is well.
for machine in 0 1; do
	while IFS='|' read -r configuration settings tests; do
		for word in $settings; do
			echo "@set $configuration $word"
		done
		for word in $tests; do
			printf '@begin %s %s\r\nok 1 - a\nok 2 - b\n1..2\n@end %s %s 0 7\n' "$configuration" "$word" "$configuration" "$word"
		done
	done < <(python3 "$judge" list ci $machine 2) >"$dir/port.$machine"
	echo @done >>"$dir/port.$machine"
	echo "[    0.0] Linux version 6.1" >"$dir/$machine/console"
	cp "$dir/port.$machine" "$dir/$machine/port"
done

ok "a machine that did all of it" python3 "$judge" judge ci "$dir/0" "$dir/1"
like "$out" $'\n1\.\.[0-9]+$' "has a plan"

# fails NAME REGEX [SED]: with machine 0's port changed by SED, the console as it is
fails() {
	[ -z "${3-}" ] || sed "$3" "$dir/port.0" >"$dir/0/port"
	run python3 "$judge" judge ci "$dir/0" "$dir/1"
	like "$rc:$(grep '^not ok' <<<"$out")" "^1:.*machine 0: .*$2" "$1 fails"
	cp "$dir/port.0" "$dir/0/port"
}
fails "a test that fails" '\.t' '0,/^ok 1/s//not ok 1/'
fails "a test that is skipped in part" '\.t' '0,/^ok 1.*/s//ok 1 # SKIP no kernel/'
fails "a file that is skipped" '\.t' '0,/^1\.\.2/s//1..0 # SKIP/'
fails "a test without a plan" '\.t' '0,/^1\.\.2/{//d}'
fails "one with less than its plan" '\.t' '0,/^ok 2/{//d}'
fails "one that ends with a status" '\.t' '0,/ 0 7$/s// 1 7/'
fails "one that did not end" '\.t' '0,/^@end/{//d}'
fails "one that did not run" '\.t' '0,/^@begin/s//@other/'
fails "a machine that is cut off" 'came to its end' '20,$d'
fails "in the middle of a word" 'came to its end' '$d; $s/ .*//'
fails "a switch that is not set" 'switches' '0,/userns_clone=1/s//userns_clone=0/'
fails "a test that nobody asked for" 'nothing else' '$s/^/@begin x y\nok 1\n1..1\n@end x y 0 1\n/'
fails "a machine that says nothing" 'came to its end' d
for text in "Kernel panic - not syncing: x" "BUG: unable to handle" "INFO: task sh blocked for more than 120 seconds"; do
	echo "[    9.0] $text" >>"$dir/0/console"
	fails "a kernel that says: $text" 'met no error'
	sed -i '$d' "$dir/0/console"
done
rm "$dir/0/console" "$dir/0/port"
fails "a machine that never was" 'the kernel starts'
ok "control: the other way round all is well again" bash -c '
	cp "$1/port.0" "$1/0/port" && cp "$1/1/console" "$1/0/" && exec python3 "$2" judge ci "$1/0" "$1/1"' - "$dir" "$judge"
done_testing
