#!/usr/bin/env bash
# A14 (CVE-2021-44730, CVE-2019-5736): a setuid program finds its helpers beside the name by which it was
# called; a runtime's own program is overwritten through /proc/PID/exe from within a job. The launcher
# executes one file by descriptor, in a place that only root writes to, whatever name it was called by;
# and from a job no program of berth can be opened for writing.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace python3
cp "$ENGINE" /run/arena/engine
launcher_world
allow alice "engine = any"

# What runs instead, if it can: it says so to whoever reads the pipe, and leaves a mark.
cat >/run/arena/evil <<'S'
#!/bin/sh
echo ran >>/tmp/evil
printf 'Mevil ran' >&7
S
chmod 755 /run/arena/evil

# --- other names of the launcher -----------------------------------------------------------------------
own=/usr/local/alice
install -d -o alice -g alice "$own"
for name in berth-engine libexec/berth/berth-engine engine bin/berth-engine usr/local/libexec/berth/berth-engine; do
	mkdir -p "$own/$(dirname "$name")"
	cp /run/arena/evil "$own/$name"
done
chown -R alice: "$own"
# alice's hard link, where the host lets her; where it does not, the same by root's hand.
if [ "$(cat /proc/sys/fs/protected_hardlinks)" -eq 0 ]; then
	ok "A14 alice makes a hard link to the launcher" as alice ln "$LAUNCHER" "$own/link"
else
	not_ok "A14 alice cannot make a hard link to the launcher here" as alice ln "$LAUNCHER" "$own/link"
	ln "$LAUNCHER" "$own/link"
fi
ln "$own/link" "$own/libexec/berth/berth-launcher"
as alice ln -s "$LAUNCHER" "$own/symlink"
: >"$own/bound"
mount --bind "$LAUNCHER" "$own/bound"
good=$(stat -c %d:%i "$ENGINE")
called() {
	local name=$1
	shift
	engine_stays
	run as alice "$@"
	is "$rc$err" 0 "A14 $name: it is the launcher"
	is "$(stat -Lc %d:%i "/proc/$(engine_pid alice)/exe")" "$good" "A14 $name: it runs the engine that was installed"
	stop_engines
	engine_says R
	early_trace /run/arena/trace alice "$@"
	is "$(early_opens /run/arena/trace | grep -E "^$own|evil")" "" "A14 $name: it opens nothing beside that name"
	awk 'on; /execve\("[^"]*(link|bound|berth-launcher)"/ { on = 1 }' /run/arena/trace | grep -E ' execve(at)?\(' >/run/arena/executed
	is "$(wc -l </run/arena/executed)" 1 "A14 $name: and executes one file"
	like "$(cat /run/arena/executed)" "execveat\\([0-9]+<$ENGINE>, \"\", .*AT_EMPTY_PATH" "A14 $name: the descriptor of the one"
	stop_engines
}
called "a hard link" "$own/link" start
called "a hard link in a tree like ours" "$own/libexec/berth/berth-launcher" start
called "a symbolic link" "$own/symlink" start
called "a mount" "$own/bound" start
called "a relative name, beside an engine" sh -c "cd $own && exec ./link start"
called "a relative name in a tree like ours" sh -c "cd $own/libexec/berth && exec ./berth-launcher start"
called "another name for itself" bash -c "cd $own && exec -a $own/berth-launcher ./link start"
is "$(cat /tmp/evil 2>/dev/null)" "" "A14 no other engine has run"
ok "A14 control: the other one can be run" as alice sh -c "$own/berth-engine 7>/tmp/mark"
is "$(cat /tmp/evil 2>/dev/null)" ran "A14 control: and leaves its mark"
rm -f /tmp/evil

# A copy is alice's, with whatever bit.
as alice cp "$LAUNCHER" "$own/copy"
for mode in 0755 4755 6755; do
	chmod "$mode" "$own/copy"
	refuses 78 'berth: the launcher cannot work as it was started' "A14 a copy of mode $mode" as alice "$own/copy" start
	refuses 78 'berth: the launcher cannot work as it was started' "A14 a copy of mode $mode, by bob" as bob "$own/copy" start
done
umount "$own/bound"

# --- the engine's file, exchanged between the look and the execve ----------------------------------------
engine_says R
cp /run/arena/evil "$ENGINE.evil"
chown alice: "$ENGINE.evil"
"$TESTBIN/exchange" "$ENGINE" "$ENGINE.evil" &
exchange=$!
disown -a
rounds=60
[ -z "${BERTH_LONG-}" ] || rounds=10000
ran=0 judged=0 other=0
for ((i = 0; i < rounds || (i < 20 * rounds && (ran == 0 || judged == 0)); i++)); do
	run as alice "$LAUNCHER" start
	case $rc:$err in
	0:) ran=$((ran + 1)) ;;
	78:*'not owned by root'*) judged=$((judged + 1)) ;;
	69:*) ;;
	*) other=$((other + 1)) && diag "$rc $err" ;;
	esac
done
kill -KILL "$exchange"
is "$other$(cat /tmp/evil 2>/dev/null)" 0 "A14 the engine that is executed is the one that was judged, in $i starts"
isnt "$ran" 0 "A14 control: the good one was met ($ran times)"
isnt "$judged" 0 "A14 control: and so was the other ($judged times)"
stop_engines

# --- from a job ------------------------------------------------------------------------------------------
wait_for 5 eval '! kill -0 "$exchange"'
rm -f "$ENGINE" "$ENGINE.evil" "$ALLOW/uid-1000.conf"
install -m 0711 /run/arena/engine "$ENGINE"
rm -rf "$own"
install -D -m 644 "$TOP/tests/attack/a14_write_exe.py" /home/alice/w/w.py
chmod 755 /home/alice/w
grant alice "security.confined" --engine=any >/dev/null
sums() {
	sha256sum "$ENGINE" "$LAUNCHER" "$ADMIN" /usr/local/bin/berth
	stat -c '%n %a %u %i %Y %Z' "$ENGINE" "$LAUNCHER" "$ADMIN" /usr/local/bin/berth
}
before=$(sums)
for how in "" --once; do
	for user in 0 1000; do
		# shellcheck disable=SC2086
		run job $how -u $user -v /home/alice/w:/h -v /proc:/x host \
		    sh -c 'cp /bin/sleep /tmp/own && { /tmp/own 1000 & } && until [ "$(cat /proc/$!/comm)" = own ]; do sleep 0.02; done && python3 /h/w.py /proc /x'
		like "$out" 'tried [0-9]{2,} busy' "A14 control: a job $how as $user gets as far as to programs of its own"
		is "$(grep -v '^tried' <<<"$out")" "" "A14 a job $how as $user opens no other program for writing"
	done
done

# The runtime's own program as the command, or as the interpreter of it, while somebody in the job waits
# for the moment in which it can be written.
make_image /home/alice/image
printf '#!/proc/self/exe\n' >/home/alice/image/script
printf '#!/proc/1/exe\n' >/home/alice/image/script1
chmod 755 /home/alice/image/script*
ln -s /proc/self/exe /home/alice/image/link
chown -h alice: /home/alice/image/*
for command in /script /script1 /link /proc/self/exe /proc/1/exe; do
	run job "${USR[@]}" /home/alice/image "$command"
	isnt "$rc" 0 "A14 the command $command: is none"
	run job "${USR[@]}" -v /home/alice/w:/h /home/alice/image sh -c '(for i in 1 2 3; do '"$command"' </dev/null >/dev/null 2>&1 & done; wait) & python3 /h/w.py /proc'
	like "$out" 'tried [1-9]' "A14 the command $command: control: programs were looked at meanwhile"
	is "$(grep -v '^tried' <<<"$out")" "" "A14 the command $command: nothing can be written meanwhile"
done
is "$(sums)" "$before" "A14 all programs of berth are as they were"
run job host echo served
is "$rc:$out" "0:served" "A14 and work"
ok "A14 nothing is left of the jobs" jobs_are_gone
done_testing
