#!/usr/bin/env bash
# B10 (invariant 2 of the launcher): killed at any of the steps that change something, by the user's
# CPU limit or by root, it leaves nothing that runs, and the next start makes everything as it
# should be.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
[ "$(uname -m)" = x86_64 ] || skip_all "inject.c knows the registers of x86_64 only"
launcher_world
# Without a root it makes the state directory as well.
allow alice
sed -i '/^root/d' "$ALLOW/uid-1000.conf"

made() {
	find /run/berth /var/lib/berth/1000 -printf '%y %m %U:%G %p\n' | sort
}
at_its_end() {
	none_of_ours || { started alice && [ "$(made)" = "$golden" ]; }
}
fresh_state() {
	stop_engines
	rm -rf /var/lib/berth/1000
}
run as alice "$LAUNCHER" start
golden=$(made)
is "$golden" 'd 700 1000:1000 /var/lib/berth/1000
d 711 0:0 /run/berth/1000
d 755 0:0 /run/berth
f 600 0:0 /run/berth/1000/lock
s 600 1000:1000 /run/berth/1000/engine.sock' "B10 what a start makes"

halves=0
for call in mkdirat fchmodat fchownat openat bind listen renameat unlinkat clone3 write mount unshare execveat; do
	fresh_state
	run "$TESTBIN/inject" 1000 "$call" program 0 none "$LAUNCHER" start
	list=$(grep '^inject: ' <<<"$err")
	isnt "$list" "" "B10 $call is called"
	while read -r _ who n _; do
		fresh_state
		run "$TESTBIN/inject" 1000 "$call" "$who" "$n" kill "$LAUNCHER" start
		name="B10 killed at $call of $who, $n"
		# Who is left behind may die while the start goes on.
		if [ "$who" = child ]; then
			isnt "$rc" 0 "$name: the start fails"
			wait_for 10 none_of_ours || fail "$name: something runs: $(ours | tr '\n' ' ')"
		else
			wait_for 10 at_its_end
		fi
		[ "$(made 2>/dev/null)" = "$golden" ] || halves=$((halves + 1))
		run as alice "$LAUNCHER" start
		like "$rc" '^(0|69)$' "$name: the next start works"
		is "$(made)" "$golden" "$name: and repairs all"
	done <<<"$list"
done
ok "B10 control: some left less than a start makes ($halves)" test "$halves" -gt 5
fresh_state
done_testing
