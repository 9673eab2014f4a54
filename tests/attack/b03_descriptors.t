#!/usr/bin/env bash
# B03 for the launcher's verb "mount", and A26, B12: it takes descriptors and numbers, never a path, and
# judges each descriptor before it does anything with it. Each odd one has its verdict, none makes it
# wait, none leaves anything behind; who is refused has caused nothing (EARLY).
. "${BASH_SOURCE[0]%/*}/mapped.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace python3
launcher_world
call=$TESTBIN/mount_call
may_map() {
	allow "$1"
	sed -i 's/^entitlements = .*/& idmap.mount/' "$ALLOW/uid-$(id -u "$1").conf"
}
may_map alice
may_map bob
allow carol

mappable /home/alice/fs
install -d -o alice -g alice /home/alice/fs/own /home/alice/fs/own/inner /usr/local/own /home/alice/mute
install -d -o bob -g bob /home/alice/bobs
install -d /home/alice/roots
touch /home/alice/file
ln -s own /home/alice/link
mkfifo /home/alice/fifo
mknod /home/alice/node b 7 0
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/home/alice/socket")'
chown -h alice:alice /home/alice/{file,link,fifo,node,socket}
[ ! -d /sys/fs/cgroup/test ] || install -d -o alice /sys/fs/cgroup/test/own
as alice sleep 600 &
wait_for 5 pgrep -u alice -x sleep
sleeper=$(pgrep -u alice -x sleep)
run as alice "$LAUNCHER" start
engine=$(engine_pid alice)
run as bob "$LAUNCHER" start
isnt "$engine" "" "B03 an engine of alice's runs"
isnt "$(engine_pid bob)" "" "B03 and one of bob's"

verdict() {
	sed -n "s/^$1 //p" <<<"$out"
}
# judged CODE REGEX NAME [WORDS of mount_call...] DIR: a call that ends so, at once and without a mount
judged() {
	local code=$1 regex=$2 name=$3
	shift 3
	run timeout -k 1 60 "$call" "${@:1:$#-1}" "$engine" "${*: -1}" "$LAUNCHER" mount "${ids[@]}"
	if [ "$rc:$(verdict status):$(verdict mount)" = "0:$code:no" ] && [[ $err =~ $regex ]] && [ "$(wc -l <<<"$err")" -le 3 ]; then
		pass "$name"
	else
		fail "$name"
		diag "wanted status $code and a match of: $regex"
		tap_show_run
	fi
}
ids=(101 102)
own=/home/alice/fs/own

run "$call" "$engine" $own "$LAUNCHER" mount 101 102
is "$(verdict status):$(verdict mount)" "0:yes" "B03 control: a directory of alice's own"
noprv_snapshot /run/arena/before

for kind in closed memfd pipe null tty pidfd eventfd directory ns/net ns/user ns/pid ns/uts ns/ipc ns/cgroup opath; do
	judged 64 'descriptor 3 is not (open|a mount namespace)' "B03 descriptor 3: $kind" -3 $kind $own
done
for kind in closed memfd pipe null directory eventfd; do
	judged 64 'descriptor 4 is not opened with O_PATH' "B03 descriptor 4: $kind" -4 $kind $own
done
for kind in file link fifo node socket; do
	judged 64 'descriptor 4 is not a directory' "B03 descriptor 4: a $kind" "/home/alice/$kind"
done
judged 69 'its file system is none that berth maps' "B03 a directory of procfs that is alice's" "/proc/$sleeper"
judged 69 'its file system is none that berth maps' "B03 a link of procfs" -4 /proc/self/fd/0 $own
judged 69 'its file system is none that berth maps' "B03 sysfs" /sys/kernel
[ ! -d /sys/fs/cgroup/test/own ] || judged 69 'its file system is none that berth maps' "B03 a cgroup of alice's" /sys/fs/cgroup/test/own
judged 69 'its file system is none that berth maps' "B03 an overlay" /usr/local/own
judged 69 'its file system is none that berth maps' "B03 a namespace for a directory" -4 opath $own
judged 77 'it belongs to uid 1001' "B03 a directory of bob's" /home/alice/bobs
judged 77 'it belongs to uid 0' "B03 one of root's" /home/alice/roots
judged 77 'it belongs to uid 0' "B03 the root directory" /home
for kind in closed memfd pipe null directory unconnected listening tcp dgram seqpacket bobs roots; do
	judged 64 'descriptor 5 is not a connected stream socket of the caller' "B03 descriptor 5: $kind" -5 $kind $own
done
for kind in hungup full; do
	judged 71 'cannot hand over the mount' "B03 descriptor 5: $kind" -5 $kind $own
done

# Ids.
ids=(65537 0)
judged 77 'refused: 65537:0 are not ids of this user.s jobs' "B03 a uid beyond the granted ones" $own
ids=(0 65537)
judged 77 'refused: 0:65537 are not ids' "B03 a gid beyond them" $own
for word in -1 +1 01 "" " 1" 1e3 0x1 4294967296 2147483647 root $'\033]0;x\a' 'a
b'; do
	ids=("$word" 0)
	judged 64 '^berth: usage: berth-launcher start.*mount UID GID
' "B03, B12 no id: $(printf %q "$word")" $own
	unlike "$out$err" $'\033|0x1|1e3' "B12 and nothing of it is repeated"
done
ids=(101 102)

# Who may not.
judged 77 'refused: no mapped directory for uid 1002 \(not_granted\)' "B03 carol, who was not granted it" -u 1002 /home/carol
judged 77 'refused: no mapped directory for uid 1003 \(no_grant\)' "B03 dave, who was granted nothing" -u 1003 /home/dave
judged 77 'namespace is not one of this user.s engine' "B03 bob, with alice's engine" -u 1001 /home/bob
judged 77 'no mapped directory for uid 0 \(root\)' "B03 root" -u 0 /home

# A mount that is mapped already, and one for each side of the granted range.
for pair in "0 0" "0 65536" "65536 0" "1 1"; do
	# shellcheck disable=SC2086
	run "$call" -a owner "$engine" $own "$LAUNCHER" mount $pair
	is "$(verdict status) $(verdict owner)" "0 ${pair/ /:}" "B03 ids $pair: whose it is in the engine's namespaces"
done
run "$call" -a again "$engine" $own "$LAUNCHER" mount 101 102
is "$(verdict again)" 77 "B03 what is mapped is another's"
run "$call" -a again "$engine" $own "$LAUNCHER" mount 0 0
is "$(verdict again)" 69 "B03 nor is what is mapped to alice mapped again"
like "$err" 'it is mapped already' "B03 and it says so"
run "$call" -r "$engine" $own/inner "$LAUNCHER" mount 101 102
is "$(verdict status):$err" 0: "B03 a directory that is gone"

wait_for 5 sh -c '! pgrep -x mount_call'
noprv_is_same /run/arena/before "NOPRIV whatever the descriptors are"

# The log: one printable line for each.
is "$(log_text | LC_ALL=C grep -c '[^ -~]')" 0 "B12 no line of the log has another byte than printable ones"
like "$(log_text)" 'deny uid=1001 verb=mount: refused: the mount namespace is not one of this user.s engine' "B12 a refusal is logged with its reason"
like "$(log_text)" 'allow uid=1000 verb=mount rule=/etc/berth/allow/uid-1000.conf:4 owner=2147482000 ids=101:102' "B12 and what is allowed, with its rule and the ids"
# More of them than are logged in ten seconds.
starts() {
	grep -c 'allow uid=1000 verb=start' "$ARENA_LOG"
}
before=$(starts)
run "$call" -x 110 "$engine" $own "$LAUNCHER" mount 101 102
is "$out" "calls 110" "B12 alice has 110 directories mapped"
run as alice "$LAUNCHER" start
more_starts() {
	[ "$(starts)" -gt "$before" ]
}
ok "B12 which hide from the log nothing else that she does" wait_for 5 more_starts

# --- EARLY -----------------------------------------------------------------------------------------
traced() {
	# A file would get no message.
	strace -f -y -o /run/arena/whole "$call" "$@" 2>&1 | cat >/run/arena/said
	launcher=$(awk '/execve\("[^"]*berth-launcher"/ { print $1; exit }' /run/arena/whole)
	awk -v p="$launcher" '$1 >= p' /run/arena/whole | awk -v p="$launcher" '/execve\("[^"]*berth-launcher"/ { on = 1 } on && !/mount_call/' >/run/arena/trace
}
traced -u 1002 "$engine" /home/carol "$LAUNCHER" mount 101 102
like "$(cat /run/arena/trace)" 'uid-1002\.conf' "EARLY control: what it looks at is in the trace"
is "$(grep -c refused: /run/arena/said)$(early_effects /run/arena/trace)" "1" "EARLY a refusal has no effect"
is "$(early_opens /run/arena/trace | grep -vE '^(/|/dev/null|//etc|/etc|/etc/berth(/.*)?|/proc/self/exe|//?var(/.*)?)$')" "" \
    "EARLY it has opened what it judges, and nothing else"
is "$(grep -cE '^[0-9]+ +(f?stat[a-z0-9]*|newfstatat|read|ioctl|lseek)\([345]<' /run/arena/trace)" 0 "EARLY and has asked no descriptor's file system"

# A file system that never answers: the launcher goes on at once, and who is held by it is alice's own
# process, without any privilege.
stop_engines
python3 "$TOP/tests/attack/fuse_mute.py" /home/alice/mute 1000 /run/arena/mute &
server=$!
wait_for 5 test -e /run/arena/mute
run as alice "$LAUNCHER" start
engine=$(engine_pid alice)
init=$(ps -o ppid= -p "$engine" | tr -d ' ')
judged 69 'its file system does not answer' "B03 a file system that never answers" /home/alice/mute
held() {
	local pid
	for pid in $(ours); do
		[ "$pid" = "$engine" ] || [ "$pid" = "$init" ] || awk '$1 == "Uid:" && $2 $3 $4 $5 == "1000100010001000" { u = 1 }
			$1 == "Gid:" && $2 $3 $4 $5 == "1000100010001000" { g = 1 }
			$1 ~ /^Cap(Inh|Prm|Eff|Amb):/ && $2 !~ /^0+$/ { c = 1 } $1 == "NoNewPrivs:" { n = $2 }
			$1 == "Name:" { name = $2 } $1 == "PPid:" { parent = $2 }
			END { if (parent != 1 || name != "berth-launcher") exit; print u g n (c ? " has capabilities" : "") }' "/proc/$pid/status"
	done
}
held_is_hers() {
	[[ $(held) =~ ^(111)?$ ]]
}
ok "B03 whom it holds, if anybody, is alice's and has nothing" wait_for 10 held_is_hers
kill $server
wait $server 2>/dev/null
umount -l /home/alice/mute
done_testing
