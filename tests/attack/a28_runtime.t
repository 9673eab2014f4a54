#!/usr/bin/env bash
# A28 (CVE-2021-44731, CVE-2026-3888, CVE-2019-12439, CVE-2019-11328): nothing that berth trusts is in a directory in
# which anybody may make names: from the first call to the end of the engine no program of berth's names a
# path in /tmp, /var/tmp or /dev/shm. And whoever was at a runtime path first, with another owner, another mode or a
# link, has gained nothing: the start is refused, or the path is root's as it should be.
. "${BASH_SOURCE[0]%/*}/mapped.sh"
arena_enter "$@"
needs strace python3
canary_plant
mappable /home/alice/m
handed_dir /home/alice/m/d
grant alice security.confined idmap.mount --engine=any >/dev/null
as alice sh -c 'echo x >file; echo secret >key; chmod 600 key; printf "[job]\nimage = host\ncommand = true\n" >x.job'
# All that a user could have there, and where libc and others would like to have it.
install -d -m 1777 /tmp/t
names='"(/tmp|/var/tmp|/dev/shm)(/|")|<(/tmp|/var/tmp|/dev/shm)[/>]'
traced() {
	env -i HOME=/home/alice USER=alice LOGNAME=alice PATH=/usr/local/bin:/usr/bin:/bin TMPDIR=/tmp/t TMP=/tmp/t TEMP=/tmp/t \
	    strace -f -qq -y -s 256 -u alice -e trace=%file,bind,connect,fsconfig,move_mount,open_tree \
	    -o "/run/arena/trace.$1" "${@:2}" </dev/null >/run/arena/traced 2>&1
}
# The engine ends with its last job or by itself, and strace(1) with the last process that it traces.
traced start sh -c 'cd && berth run -q host true && berth run -q -v /home/alice/m/d:/d:uid=101,gid=101 host true &&
	berth run -d -q --name j host sleep 1000 && berth exec j true && berth cp file j:/file && berth cp j:/file back &&
	berth run -q --secret id=k,src=key host true && berth run -q -v vol:/v host true && berth run -q -f x.job &&
	berth logs j && berth rm -f j && berth daemon reset --force && echo done'
like "$(cat /run/arena/traced)" 'done$' "A28 control: what was traced worked"
traced once sh -c 'cd && berth run -q --once host true && echo done'
like "$(cat /run/arena/traced)" 'done$' "A28 control: so did an engine for one call"
for trace in start once; do
	isnt "$(grep -c "berth-launcher\", \|execveat(.*berth-engine" "/run/arena/trace.$trace")" 0 "A28 $trace: control: launcher and engine are traced"
	is "$(grep -E "$names" "/run/arena/trace.$trace" | grep -v 'TMPDIR=' | head -n 5)" "" "A28 $trace: no path that anybody may make"
done
traced control sh -c ': >/tmp/t/x'
isnt "$(grep -cE "$names" /run/arena/trace.control)" 0 "A28 control: such a path shows"

# --- who was there first
run as carol sh -c 'mkdir /run/berth/1002; ln -s /srv /var/lib/berth/1000; : >/etc/berth/x'
is "$(grep -c 'Permission denied' <<<"$err")" 3 "A28 control: no user can be there first"
# As tmpfiles or an administrator's mistake could have left it.
runtime=(/run/berth /run/berth/1000 /run/berth/1000/engine.sock /var/lib/berth/audit-rate)
plant() {
	mkdir -p "$(dirname "$1")"
	rm -rf "$1"
	case $2 in
	directory) install -d -o carol -g carol -m 0777 "$1" ;;
	file) install -o carol -g carol -m 0666 /dev/null "$1" ;;
	link) ln -s /srv/canary/dir "$1" && chown -h carol:carol "$1" ;;
	fifo) mkfifo -m 0666 "$1" && chown carol:carol "$1" ;;
	socket) /usr/bin/python3 -c 'import socket, os, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1]); os.chown(sys.argv[1], 1002, 1002)' "$1" ;;
	esac
}
reset() {
	as alice berth daemon stop --force >/dev/null 2>&1
	pkill -KILL -x berth-engine
	wait_for 5 no_process
	rm -rf /run/berth
	install -d -o root -g root -m 0755 /var/lib/berth
	rm -rf /var/lib/berth/audit-rate
}
no_process() {
	! pgrep -x 'berth-engine|berth-launcher'
}
listed() {
	find /srv/canary -printf '%p %y %m %U:%G %s\n' | sort
}
was=$(listed)
served=0 refused=0
for path in "${runtime[@]}"; do
	for what in directory file link fifo socket; do
		reset
		plant "$path" $what
		size=$(stat -c %s "$path")
		run as alice timeout 60 berth run -q host echo ran
		name="A28 $path is $what of another user's"
		case $rc:$out in
		0:ran)
			served=$((served + 1))
			# What counts refusals is left as it is, and not written to, when it is not root's.
			[ "$path" != /var/lib/berth/audit-rate ] || is "$(stat -c '%U %s' "$path")" "carol $size" "$name: left alone"
			is "$(find /run/berth ! -user root ! -path '*/engine.sock'; find /run/berth -perm /022 ! -type s 2>/dev/null)" "" "$name: served, and nothing on the way is theirs"
			is "$(stat -c '%F %U' /run/berth/1000/engine.sock)" 'socket alice' "$name: nor the socket"
			;;
		125:)
			refused=$((refused + 1))
			like "$err" '^berth: ' "$name: refused, in words"
			;;
		*) fail "$name: ended with $rc: $out$err" ;;
		esac
		is "$(listed)" "$was" "$name: nothing is made or changed where a link leads"
	done
done
diag "served $served, refused $refused"
ok "A28 control: some were refused ($refused)" test "$refused" -gt 5

# --- removed and made again by somebody else while an engine runs
reset
run as alice timeout 60 berth run -q host echo ran
is "$rc:$out" 0:ran "A28 an engine runs"
mv /run/berth/1000 /run/gone
install -d -o carol -g carol -m 0755 /run/berth/1000
setpriv --reuid=carol --regid=carol --clear-groups /usr/bin/python3 -c '
import socket
s = socket.socket(socket.AF_UNIX); s.bind("/run/berth/1000/engine.sock"); s.listen(); print("up", flush=True)
while True:
    c, _ = s.accept(); c.settimeout(5)
    try:
        print("got", len(c.recv(1 << 16)), flush=True)
    except OSError:
        pass
    c.close()' >/run/arena/fake 2>&1 &
fake=$!
ok "A28 another user's directory and socket in its place: somebody listens" wait_for 10 grep -q up /run/arena/fake
chmod 0666 /run/berth/1000/engine.sock
run as alice timeout 60 berth run -q -e TOKEN=secret host echo ran
is "$out" "" "A28 another user's directory and socket in its place: no job"
like "$rc:$err" '^125:berth: ' "A28 and it is said"
is "$(grep -c 'got [1-9]' /run/arena/fake)" 0 "A28 and nothing was told to whoever listens there"
as alice python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("/run/berth/1000/engine.sock"); s.send(b"Hello"); s.recv(1)'
like "$(cat /run/arena/fake)" 'got 5' "A28 control: who is told something there hears it"
kill $fake
rm -rf /run/berth/1000
run as alice timeout 60 berth run -q host echo ran
like "$rc:$out" '^(0:ran|125:)$' "A28 without it: served, or refused"
canary_is_untouched "$out$err" "A28 the canaries"
done_testing
