#!/usr/bin/env bash
# berth-admin: grants, re-grants, revokes, lists and checks; what it refuses, and that two
# administrators at once lose nothing. Root, in an arena.
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"
arena_enter "$@"
needs setpriv unshare flock findmnt python3 strace

admin() {
	run root "$ADMIN" "$@"
}

allow() {
	printf '/etc/berth/allow/uid-%s.conf' "$1"
}

value() {
	sed -n "s/^$2 = //p" "$1"
}

# All that makes a grant, so that a refusal can be seen to leave it alone.
state() {
	(cd /etc/berth && tar cf - --exclude=.lock --mtime=@0 . | sha256sum)
	cat /etc/subuid /etc/subgid
	stat -c '%a %u:%g' "$LAUNCHER"
}

unchanged() {
	[ "$(state)" = "$1" ]
}
refuses() {
	local code=$1 pattern=$2 name=$3 before
	shift 3
	before=$(state)
	admin "$@"
	complained "$code" "$pattern" "$name" unchanged "$before"
}

# --- the first grant -------------------------------------------------------------------------------

rm -rf /etc/berth /var/lib/berth/audit-rate
is "$(stat -c %a "$LAUNCHER")" 755 "the launcher is not setuid before the first grant"
admin daemon start --root=/home/alice/state/ --allow-user=alice --entitlements=security.confined \
    --timeout 5m
is "$rc" 0 "daemon start grants and starts"
[ "$rc" -eq 0 ] || tap_show_run
like "$out" 'engine +started' "it says that the engine is up"
is "$(stat -c '%a %U:%G' "$LAUNCHER")" "4755 root:root" "the launcher is setuid now"
is "$(stat -c '%a %U' /etc/berth /etc/berth/allow /etc/berth/berth.conf /etc/berth/ids \
    "$(allow 1000)" /etc/berth/.lock /var/lib/berth/audit-rate /home/alice/state | tr '\n' ' ')" \
    "755 root 755 root 644 root 644 root 644 root 600 root 600 root 700 alice " "owners and modes"
is "$(grep -v '^;' "$(allow 1000)")" "[grant]
uid = 1000
name = alice
root = /home/alice/state
entitlements = security.confined mount=* idmap.mount image=*
subuid = 100000:65536
subgid = 100000:65536
owner-id = 2147400000
watch-id = 2147400001
timeout = 5m" "the file of the grant, with the user's existing ranges and the defaults"
is "$(grep -v '^;' /etc/berth/ids)" "subuid 1000 100000 65536
subgid 1000 100000 65536
owner 1000 2147400000
watch 1000 2147400001" "what was given is recorded"
ok "nothing of the trial is left in the state directory" test ! -e /home/alice/state/.berth-trial
like "$(log_text)" 'uid=0 sudo_uid=none .*daemon start .*--allow-user=alice.* result=0' \
    "the system log has it"
admin daemon start --root=/home/alice/state --allow-user=alice --entitlements security.confined
is "$rc" 0 "the same once more"
ok "and check finds it sound" root "$ADMIN" check

# --- a grant again ---------------------------------------------------------------------------------

admin revoke alice
cat >"$(allow 1000)" <<'EOF'
; by hand

[grant]
; who
uid = 1000
entitlements =   security.confined    mount=/data:ro
; ids from the record, later
engine = any

; the end
EOF
admin grant alice network.host --root=/home/alice/state
is "$rc" 0 "a file that was made by hand is completed"
is "$(cat "$(allow 1000)")" "; by hand

[grant]
; who
uid = 1000
entitlements = security.confined mount=/data:ro network.host
; ids from the record, later
engine = any
root = /home/alice/state
subuid = 100000:65536
subgid = 100000:65536
owner-id = 2147400000
watch-id = 2147400001

; the end" "comments, order and other keys stay; the ids are those of before"
before=$(cat "$(allow 1000)")
admin grant alice --timeout=7m
is "$(diff <(echo "$before") "$(allow 1000)")" "13a14
> timeout = 7m" "only the line that must change changes"
admin grant alice 'mount=/srv/my data' "image=/srv/it's"
is "$(value "$(allow 1000)" entitlements)" \
    "security.confined mount=/data:ro network.host mount=/srv/my\\ data image=/srv/it\\'s" \
    "a word with a blank is quoted in the file"
like "$(root "$ADMIN" grants alice --format=json)" '"mount=/srv/my data","image=/srv/it.s"' \
    "and read back as it was"
admin grant 1003 image=/srv/a --root=/home/dave/state
is "$(value "$(allow 1003)" entitlements)" "security.confined mount=* idmap.mount image=/srv/a" \
    "an explicit image= takes the place of image=*; a number is a user too"
is "$(value "$(allow 1003)" owner-id)" 2147400002 "the next user gets the next ids"

admin revoke alice
admin revoke dave
admin grant carol
is "$(value "$(allow 1002)" owner-id)" 2147400004 "ids of ended grants are not given to others"
is "$(value "$(allow 1002)" root)" /home/carol/.local/state/berth "the default state directory"
admin grant dave --root=/home/dave/state
is "$(value "$(allow 1003)" owner-id)" 2147400002 "but the same user gets the same again"
is "$(grep -c '^owner 1003 ' /etc/berth/ids)" 1 "which is not recorded twice"
mkdir -p /run/o/{l,u,w}
mount -t overlay -o lowerdir=/run/o/l,upperdir=/run/o/u,workdir=/run/o/w o /home/bob
chown bob:bob /home/bob
admin grant bob
is "$(value "$(allow 1001)" root)" /var/lib/berth/1001 \
    "a home that cannot carry overlays: the state goes to /var/lib/berth"
is "$(stat -c '%a %U' /var/lib/berth/1001)" "700 bob" "which is the user's alone"

# --- what is refused -------------------------------------------------------------------------------

refuses 1 'there is no user nobodyhere' "an unknown user" grant nobodyhere
refuses 1 'there is no user 4711' "an unknown uid" grant 4711
refuses 1 'there is no group nogroup1' "an unknown group" grant @nogroup1
for bad in Alice -1 +1 01 4294967295 ../x 'a b' 'alice$' 0x10; do
	refuses 64 'not a name or number|unknown flag' "no user name: $bad" grant -- "$bad"
done
refuses 77 'nothing can be granted to root' "root" grant root
refuses 77 'nothing can be granted to root' "root by number" grant 0
refuses 77 'nothing can be granted to' "nobody" grant 65534
refuses 64 'not an entitlement: network.hst' "an unknown entitlement" grant alice network.hst
refuses 64 'not an entitlement' "a word with a newline" grant alice $'mount=/x\n[grant]\nuid = 0'
refuses 64 'not an entitlement: mount=/a/../b' "a path with .." grant alice mount=/a/../b
refuses 64 'security.nested is not available in this version' "an entitlement of a later version" \
    grant alice security.nested
refuses 64 '--memory is not available in this version' "a flag of a later version" \
    grant alice --memory=8G
refuses 64 'not a duration: soon' "a bad --for" grant carol --for=soon
refuses 64 'not a date: tomorrow' "a bad --until" grant carol --until=tomorrow
refuses 64 'would have ended already' "an end in the past" grant carol --until=2020-01-01T00:00Z
refuses 64 '--for and --until are given' "two ends" grant carol --for=4h --until=none
refuses 64 '--for is given twice' "one end twice" grant carol --for=4h --for=5h
refuses 64 'unknown flag: --rooot' "an unknown flag" grant alice --rooot=/x
refuses 64 'not a duration' "a bad time-out" grant alice --timeout=soon
refuses 64 'not a state directory' "a relative state directory" grant alice --root=state
refuses 64 'not a state directory' "/ as state directory" grant alice --root=/
refuses 64 '--root cannot be given to a group' "a group with a state directory" grant @lab --root=/srv/x
refuses 1 'nothing is granted to alice' "revoking what is not granted" revoke alice
refuses 1 'network.host is not granted' "revoking an entitlement that is not granted" \
    revoke dave network.host
refuses 1 'mount=/data is not granted' "mount=* is not mount=/data" revoke dave mount=/data
run as alice "$ADMIN" grant alice 'mount=/a b'
is "$rc:$err" "77:berth: refused: this is for the administrator
  it changes who may do what, and needs root
  sudo berth grant alice 'mount=/a b'" "a user is told the sudo command"
run setpriv --bounding-set=-sys_ptrace,-sys_chroot "$ADMIN" grant alice
is "$rc" 77 "root without the capabilities"
like "$err" 'missing: cap_sys_chroot cap_sys_ptrace' "is told which are missing"
cp "$ADMIN" /usr/local/bin/suid-admin
chmod 4755 /usr/local/bin/suid-admin
run as alice /usr/local/bin/suid-admin grant alice
like "$rc:$err" '^77:.*must not be setuid' "berth-admin itself does not work as setuid program"
rm /usr/local/bin/suid-admin

# --- state directories -----------------------------------------------------------------------------

small() {
	mkdir -p "/srv/$1"
	mount -t tmpfs -o "size=64k,mode=755" t "/srv/$1"
	install -d -o alice -g alice "/srv/$1/alice"
}
small ro
mount -o remount,ro /srv/ro
small full
cat /dev/zero >/srv/full/all 2>/dev/null
small other
install -d -o bob -g bob /srv/other/bob
install -d -o alice -g alice -m 0755 /srv/other/alice/used /srv/other/alice/empty
touch /srv/other/alice/used/file
ln -s /srv/other/alice /srv/other/alice/link
chown -h alice /srv/other/alice/link
mkdir /srv/ov
mount -t overlay -o lowerdir=/run/o/l,upperdir=/srv/other,workdir=/srv/other o /srv/ov 2>/dev/null ||
	mount -t overlay -o lowerdir=/srv/other:/run/o/l o /srv/ov
mkdir -p /run/o2/{u,w}
umount /srv/ov
install -d -o alice /run/o2/u/alice
mount -t overlay -o lowerdir=/run/o/l,upperdir=/run/o2/u,workdir=/run/o2/w o /srv/ov
listing=$(find /srv/other /srv/ov /srv/full | sort)
refuses 1 'read-only' "a read-only state directory" grant alice --root=/srv/ro/alice/x
refuses 1 'is full' "a full state directory" grant alice --root=/srv/full/alice/x
refuses 1 'parent directory does not exist' "a missing parent" grant alice --root=/srv/other/alice/a/b
refuses 1 'cannot be written' "a directory where only root may write" grant alice --root=/srv/x
refuses 1 'belongs to uid 1001' "somebody else's directory" grant alice --root=/srv/other/bob
refuses 1 'is open to others' "a directory that is open to others and in use" \
    grant alice --root=/srv/other/alice/used
refuses 1 'is not a directory' "a file" grant alice --root=/srv/other/alice/used/file
refuses 1 'its file system is overlay' "an overlay" grant alice --root=/srv/ov/alice/x
like "$err" '--root=/var/lib/berth/1000' "and where it could be instead"
rmdir /srv/ov/alice/x 2>/dev/null
is "$(find /srv/other /srv/ov /srv/full | sort)" "$listing" "nothing was left there"
admin grant alice --root=/srv/other/alice/link/new
is "$rc:$(value "$(allow 1000)" root)" 0:/srv/other/alice/new "a link on the way is resolved once"
admin grant alice --root=/srv/other/alice/empty
is "$rc:$(stat -c %a /srv/other/alice/empty)" 0:700 "an empty directory is made private"
admin revoke alice

# --- who could tamper ------------------------------------------------------------------------------

tamper() {
	local pattern=$1 name=$2
	admin grant alice
	like "$rc:$err" "^78:.*$pattern" "$name"
}
chmod o+w /etc/berth
tamper '/etc/berth is writable by others.*chmod go-w /etc/berth' "/etc/berth writable by all"
chmod o-w /etc/berth
chown dave /etc/berth/allow
tamper '/etc/berth/allow belongs to uid 1003.*chown root:root' "allow/ of a user's"
chown root /etc/berth/allow
install -m 0664 /dev/null /etc/berth/allow/uid-9.conf
tamper 'uid-9.conf is writable by others' "another file writable by its group"
rm /etc/berth/allow/uid-9.conf
mv /etc/berth /etc/berth.real
ln -s berth.real /etc/berth
tamper '/etc/berth is a symbolic link' "/etc/berth is a link"
rm /etc/berth
mv /etc/berth.real /etc/berth
mv "$(allow 1003)" /etc/berth/real
ln -s ../real "$(allow 1003)"
admin grant dave
is "$rc" 71 "a file that is a link"
rm "$(allow 1003)"
mkfifo "$(allow 1003)"
run timeout 10 "$ADMIN" grant dave
is "$rc" 78 "a file that is a FIFO"
rm "$(allow 1003)"
mv /etc/berth/real "$(allow 1003)"
chmod 0755 "$LAUNCHER"
chmod g+w "${LAUNCHER%/*}"
tamper 'libexec/berth is writable by others' "the launcher's directory writable by its group"
chmod g-w "${LAUNCHER%/*}"
ln "$LAUNCHER" "$LAUNCHER.2"
tamper 'not a regular file with one name' "a second name of the launcher"
rm "$LAUNCHER.2"
chown alice "$LAUNCHER"
tamper 'berth-launcher belongs to uid 1000' "a launcher of a user's"
chown root "$LAUNCHER"
chmod 0755 "$ENGINE"
tamper 'berth-engine has mode 0755, not 0711' "an engine that can be read"
chmod 0711 "$ENGINE"
mount --bind "${LAUNCHER%/*}" "${LAUNCHER%/*}"
mount -o remount,bind,nosuid "${LAUNCHER%/*}"
tamper 'mounted nosuid' "a file system that is nosuid"
umount "${LAUNCHER%/*}"
is "$(stat -c %a "$LAUNCHER")" 755 "and none of them set the bit"

cp "$(allow 1003)" /run/keep
echo 'colour = red' >>"$(allow 1003)"
lines=$(wc -l <"$(allow 1003)")
refuses 78 "uid-1003.conf:$lines: unknown key" "a malformed file is not touched" grant dave
refuses 78 "uid-1003.conf:$lines: unknown key" "nor partly revoked" revoke dave image=\*
cp /run/keep "$(allow 1003)"
cp /etc/berth/ids /run/keep
echo 'owner 1' >>/etc/berth/ids
refuses 78 "/etc/berth/ids:$(wc -l </etc/berth/ids):" "a malformed record" grant alice
printf 'owner 1 2147400099' >/etc/berth/ids
refuses 78 "/etc/berth/ids:1: the last line is cut off" "a record that is cut off" grant alice
cp /run/keep /etc/berth/ids
cp /etc/subuid /run/keep
echo 'mallory:1:' >>/etc/subuid
useradd -M fresh0
echo 'mallory:1:' >>/etc/subuid
refuses 78 '/etc/subuid:[0-9]*: not a line' "a malformed /etc/subuid" grant fresh0
cp /run/keep /etc/subuid

# --- ids -------------------------------------------------------------------------------------------

printf 'zed:x:450000:450000::/home/zed:/bin/sh\n' >>/etc/passwd
printf 'frank:x:1100:1100::/nonexistent:/bin/sh\nerin:x:1101:1101::/nonexistent:/bin/sh\n' >>/etc/passwd
sed -i '/^fresh0:/d' /etc/subuid /etc/subgid
printf '%s:65536\n' zed2:362144 frank:430000 erin:362200 | tee -a /etc/subuid >>/etc/subgid
admin grant frank
like "$rc:$(value "$(allow 1100)" subuid)" '^0:495536:65536$' \
    "a range that holds an account is not used: another one is given"
like "$(cat /etc/subuid)" 'frank:495536:65536' "through usermod"
admin grant erin
is "$rc:$(value "$(allow 1101)" subuid)" 0:561072:65536 "nor one that overlaps somebody else's"
admin check
is "$rc" 0 "check finds no two users with the same ids"

# --- two administrators at once --------------------------------------------------------------------

for i in {1..8}; do
	echo "many$i:x:$((1200 + i)):$((1200 + i))::/nonexistent:/bin/sh" >>/etc/passwd
	echo "many$i:x:$((1200 + i)):" >>/etc/group
done
pids=()
for i in {1..8}; do
	for word in network.host "mount=/data/$i"; do
		root "$ADMIN" grant -q "many$i" "$word" 2>>/run/many.err &
		pids+=($!)
	done
done
for i in {1..4}; do
	root "$ADMIN" grant -q carol "mount=/c/$i" 2>>/run/many.err &
	pids+=($!)
done
lost=0
for pid in "${pids[@]}"; do
	wait "$pid" || lost=$((lost + 1))
done
is "$lost" 0 "20 administrators at once: all succeed"
[ "$lost" -eq 0 ] || diag "$(cat /run/many.err)"
missing=
for i in {1..8}; do
	words=" $(value "$(allow $((1200 + i)))" entitlements) "
	for word in network.host "mount=/data/$i"; do
		[[ $words == *" $word "* ]] || missing+=" many$i:$word"
	done
	[[ " $(value "$(allow 1002)" entitlements) " == *" mount=/c/"[1-4]" "* ]] || missing+=" carol"
done
for i in 1 2 3 4; do
	[[ " $(value "$(allow 1002)" entitlements) " == *" mount=/c/$i "* ]] || missing+=" carol:$i"
done
is "$missing" "" "no entitlement is lost"
is "$(awk '$1 == "owner" || $1 == "watch" { print $3 }' /etc/berth/ids | sort | uniq -d)" "" \
    "no reserved id is given twice"
is "$(awk '$1 == "subuid" { print $3 }' /etc/berth/ids | sort | uniq -d)" "" \
    "no range is given twice"
ok "and check agrees" root "$ADMIN" check
flock /etc/berth/.lock sleep 1 &
is_locked() {
	! flock -n /etc/berth/.lock true
}
wait_for 5 is_locked
admin grant carol --timeout=9m
is "$rc:$(value "$(allow 1002)" timeout)" 0:9m "a lock that is held is waited for"

# --- revoke ends what runs -------------------------------------------------------------------------

# in_ns OWNER USER [SETPRIV-FLAG...]: sleeps in a user namespace that belongs to OWNER; its child
# does as USER in one below, which therefore belongs to USER. $! is the outer one.
in_ns() {
	local owner=$1 user=$2
	shift 2
	setpriv --reuid="$owner" --regid="$owner" "$@" --inh-caps=+sys_admin \
	    --ambient-caps=+sys_admin unshare --user --keep-caps -- sh -c '
		until [ "$(id -u)" = 0 ]; do sleep 0.02; done
		setpriv --reuid=1 --inh-caps=+sys_admin --ambient-caps=+sys_admin \
		    unshare --user -- sleep 300 &
		exec sleep 300' &
	wait_for 5 is_other_ns $!
	echo "0 $owner 1" >"/proc/$!/gid_map"
	# The kernel takes a map with one write(2).
	printf '0 %s 1\n1 %s 1\n' "$owner" "$user" | dd of="/proc/$!/uid_map" bs=100 status=none
	wait_for 5 sleeping $! || fail "control: no process in a namespace of $owner"
}
is_other_ns() {
	[ "$(readlink "/proc/$1/ns/user")" != "$(readlink /proc/self/ns/user)" ]
}
alive() {
	grep -qs '^State:	[^ZX]' "/proc/$1/status"
}
# sleeps_as PID UID: what was started there has become what it is to be
sleeps_as() {
	[ "$(cat "/proc/$1/comm")" = sleep ] && grep -q "^Uid:	$2	" "/proc/$1/status"
}
sleeping() {
	local child
	child=$(cat "/proc/$1/task/$1/children") && [ "$(cat "/proc/$1/comm")" = sleep ] &&
		[ "$(cat "/proc/${child% }/comm")" = sleep ]
}
fates() {
	local pid
	for pid; do
		if alive "$pid"; then printf 'alive '; else printf 'dead '; fi
	done
}

owner=$(value "$(allow 1003)" owner-id)
base=$(value "$(allow 1003)" subuid)
base=${base%:*}
in_ns "$owner" 1003 --clear-groups
engine=$!
below=$(cat "/proc/$engine/task/$engine/children")
below=${below% }
nested=$(awk '$1 == "Uid:" { print $2 }' "/proc/$below/status") # whose namespace that is
setpriv --reuid=$((base + 7)) --clear-groups sleep 300 &
subordinate=$!
wait_for 5 sleeps_as $subordinate $((base + 7)) || fail "control: no process of a subordinate id"
setpriv --reuid=dave --clear-groups sleep 300 &
own=$!
wait_for 5 sleeps_as $own 1003
in_ns 1003 1002 --clear-groups
rootless=$!
in_ns 1003 $((base + 9)) --clear-groups
with_range=$!
in_range=$(cat "/proc/$with_range/task/$with_range/children")
in_range=${in_range% }
in_ns $((base + 11)) $((base + 12)) --clear-groups
escaped=$!
setpriv --reuid=$((base + 65536)) --clear-groups sleep 300 &
neighbour=$!
wait_for 5 sleeps_as $neighbour $((base + 65536))
group=/sys/fs/cgroup/berth/1003/start
if mkdir -p "$group" 2>/dev/null; then
	sleep 300 &
	caged=$!
	echo "$caged" >"$group/cgroup.procs"
fi
admin revoke dave 'mount=*'
is "$rc:$(value "$(allow 1003)" entitlements)" "0:security.confined idmap.mount image=*" \
    "an entitlement is revoked"
like "$out" 'stay open' "it says what outlives it"
is "$nested:$(fates "$engine" "$below" "$subordinate")" "1003:dead dead dead " \
    "what ran in the grant's namespace, below it, and with its subordinate ids has ended"
is "$(fates "$own" "$rootless" "$neighbour")" "alive alive alive " \
    "the user's other processes, a namespace of their own, the next range live on"
is "$(fates "$with_range" "$in_range")" "alive alive " \
    "also when that namespace has the range, which /etc/subuid gives to the user"
is "$(fates "$escaped")" "dead " "not a namespace that a subordinate id has made"
kill "$with_range"
if [ -n "${caged-}" ]; then
	not_ok "what was in the cgroup of the grant has ended" alive "$caged"
	ok "and the empty cgroups are gone" test ! -e "${group%/*}"
else
	skip "what was in the cgroup of the grant has ended" "no cgroup2"
	skip "and the empty cgroups are gone" "no cgroup2"
fi
in_ns "$owner" 1003 --clear-groups
engine=$!
admin grant dave --root=/home/dave/state2
is "$rc:$(fates "$engine")" "0:dead " "another state directory ends what runs"
in_ns "$owner" 1003 --clear-groups
engine=$!
admin grant dave network.host
is "$rc:$(fates "$engine")" "0:alive " "more rights end nothing"
admin grant dave --engine=any
is "$rc:$(value "$(allow 1003)" engine):$(fates "$engine")" "0:any:alive " "nor does one more way to run jobs"
refuses 64 'not a kind of engine: twice' "a third way" grant dave --engine=twice
admin grant dave --engine=once
is "$rc:$(value "$(allow 1003)" engine):$(fates "$engine")" "0:once:dead " "one way less ends what runs"
admin grant dave --engine=shared
in_ns "$owner" 1003 --clear-groups
engine=$!
admin grant dave --for=4h
is "$rc:$(fates "$engine")" "0:dead " "an end where there was none ends what runs"
in_ns "$owner" 1003 --clear-groups
engine=$!
admin grant dave --for=5h
is "$rc:$(fates "$engine")" "0:alive " "a later end does not"
like "$out" 'what runs +ends 20[0-9TZ:-]+, as it was granted' "and it says what becomes of it"
admin grant dave --until=none
is "$rc:$(value "$(allow 1003)" until):$(fates "$engine")" "0::alive " "nor does none"
echo 'colour = red' >>"$(allow 1003)"
admin revoke dave
is "$rc:$(fates "$engine")" "0:dead " "a malformed grant can be revoked as a whole, by the record"
like "$(grep -v '^;' "$(allow 1003)" | tr '\n' ' ')" \
    '^\[grant\] uid = 1003 name = dave revoked = 20[0-9-]+T[0-9:]+Z $' "what stays says so, and grants nothing"
is "$(grep -c "^owner 1003 $owner\$" /etc/berth/ids)" 1 "the record stays as it is"
refuses 1 'nothing is granted to dave.*it was revoked on 20' "to revoke it once more is told" revoke dave
in_ns "$owner" 1003 --clear-groups
engine=$!
admin revoke dave
is "$rc:$(fates "$engine")" "0:dead " "but ends what still runs, if there is something"
admin grants dave
like "$rc:$out" '0:.*uid 1003 +dave +20[0-9-]+T[0-9:]+Z \(revoked\) ' "grants shows it"
like "$(root "$ADMIN" grants dave --format=json)" '"entitlements":\[\].*"revoked":"20' "in JSON too"
admin check "$(allow 1003)"
like "$rc:$out" '0:.*revoked on 20.*: it allows nothing' "and check"
admin grant dave --root=/home/dave/state
is "$rc:$(value "$(allow 1003)" owner-id):$(value "$(allow 1003)" revoked)" "0:$owner:" \
    "a new grant takes its place, with the ids of before"
like "$out" 'revoked before   20' "and says so"

# --- what is interrupted ---------------------------------------------------------------------------

# interrupted INJECT WORDS...: berth-admin with that done to one of its calls. A grant or a revoke that
# takes something writes a note and then the file, each with an fsync(2) before the name and one after.
interrupted() {
	run root strace -qq -o /dev/null -e inject="$1" "$ADMIN" "${@:2}"
}
note_of() {
	printf '/etc/berth/allow/.ending-uid-%s.conf' "$1"
}
# runs WORDS...: dave's grant has these too, and something runs on it
runs() {
	root "$ADMIN" grant -q dave "$@"
	in_ns "$owner" 1003 --clear-groups
	engine=$!
}
# completes NAME WORDS...: what was not ended yet is by this, and then it is over
completes() {
	local name=$1 was
	was=$(fates "$engine")
	shift
	admin "$@"
	is "$rc:$was$(fates "$engine")" "0:alive dead " "$name: completed by: $*"
	[ "$rc" -eq 0 ] || tap_show_run
	said=$out
	not_ok "and it is over" test -e "$(note_of 1003)"
}
after=fsync:signal=SIGKILL:when=4
runs network.host
interrupted "$after" revoke dave network.host
is "$(value "$(allow 1003)" entitlements)" "security.confined mount=* idmap.mount image=*" \
    "a revoke that is killed behind the change of the file"
admin check
like "$rc:$out" '^78:.*uid-1003.conf is taken back in part or as a whole, but what runs on it may not have' \
    "check finds it"
completes "a part that is revoked" revoke dave network.host
ok "check finds nothing then" root "$ADMIN" check
refuses 1 'network.host is not granted' "and it is not granted" revoke dave network.host
runs network.host mount=/data
interrupted "$after" revoke dave network.host
completes "one that asks for more" revoke dave network.host mount=/data
unlike "$(value "$(allow 1003)" entitlements)" /data "which is taken too"
runs network.host
interrupted "$after" revoke dave network.host
completes "another command" grant dave --timeout=9m
like "$said" 'what ran on it was ended' "which says so"
runs network.host
interrupted "$after" revoke dave
completes "a whole grant" revoke dave
runs network.host
interrupted "$after" revoke dave
completes "a whole grant that is given anew" grant dave --root=/home/dave/state
runs --until=none
interrupted "$after" grant dave --until=2099-01-01T00:00Z
is "$(value "$(allow 1003)" until)" 2099-01-01T00:00Z "a grant with an end that is killed behind the change"
completes "an earlier end" grant dave --until=2099-01-01T00:00Z
runs network.host
run root strace -qq -o /dev/null -P /proc -e inject=openat:error=EMFILE "$ADMIN" revoke dave network.host
like "$rc:$err" '^71:.*cannot list /proc' "a revoke that could not end what runs"
completes "what had given up" revoke dave network.host
runs network.host
interrupted fsync:signal=SIGKILL:when=3 revoke dave network.host
admin grant dave --timeout=8m
is "$rc:$(fates "$engine")" "0:alive " "one that is killed before the change has changed nothing, and ends nothing later"
not_ok "nor is it noted any more" test -e "$(note_of 1003)"
for signal in HUP INT QUIT TERM; do
	runs network.host
	interrupted "fsync:signal=SIG$signal:when=4" revoke dave network.host
	is "$rc:$(fates "$engine")" "0:dead " "SIG$signal behind the change: it goes through with it"
	not_ok "to its end" test -e "$(note_of 1003)"
done
admin revoke dave
admin grant carol
admin revoke carol security.confined idmap.mount image=\* mount=/c/1 mount=/c/2 mount=/c/3 mount=/c/4
like "$rc:$(value "$(allow 1002)" revoked):$(value "$(allow 1002)" entitlements)" '^0:20.*Z:$' \
    "revoking the last entitlement revokes the grant"
admin grant erin
sed -i '/^erin:/d' /etc/passwd
admin revoke 1101
is "$rc" 0 "a user who is gone can be revoked by number"
admin check "$(allow 1101)"
like "$out" "nobody's account any more" "check knows that the number is free"

# The grant is the number's, whoever has it: that is what the files are about. It is noticed, not
# prevented, and revoking it in time is the administrator's.
echo 'mallory:x:1101:1101::/home/mallory:/bin/sh' >>/etc/passwd
echo 'mallory:x:1101:' >>/etc/group
sed -i '/^erin:/d' /etc/subuid /etc/subgid
install -d -m 0700 -o 1101 /home/mallory
admin check "$(allow 1101)"
like "$rc:$out" '0:.*warning: the file says erin, but uid 1101 is the account mallory now' \
    "the number of a deleted user that returns is noticed, after a revocation"
run as mallory "$LAUNCHER" start
like "$rc:$err" '77:.*uid 1101 \(revoked\)' "and has what is left of the grant: nothing"
admin grant mallory --root=/home/mallory/state
like "$out" 'revoked before .*, when the account of this number was erin' "a grant to who has it now says so"
sed -i 's/^name = mallory/name = erin/' "$(allow 1101)"
admin check
like "$rc:$out" '0:.*warning: the file says erin, but uid 1101 is the account mallory now' \
    "and so it is when nobody has revoked"
like "$(root "$ADMIN" grants)" 'uid 1101 +erin .*security.confined' "grants shows whom it was made for"
run as mallory "$LAUNCHER" start
is "$rc" 0 "the grant is the number's"
admin revoke mallory

# --- groups ----------------------------------------------------------------------------------------

refuses 78 'needs a pool of ids' "a group without a pool" grant @lab
like "$err" 'base = .*count = .*first-uid = ' "says what to write into berth.conf"
printf '[ids]\nbase = 1000000000\ncount = 65536000\nfirst-uid = 1000\n' >>/etc/berth/berth.conf
admin grant @lab network.host
is "$rc" 0 "with a pool it works"
is "$(grep -v '^;' /etc/berth/allow/gid-2000.conf)" "[grant]
gid = 2000
name = lab
entitlements = security.confined mount=* idmap.mount image=* network.host
subids = auto" "the file of a group"
auto=$((1000000000 + 65536 * 2 - 2))
in_ns $auto 1001 --groups=2000
member=$!
in_ns $auto 1001 --clear-groups
job=$!
in_ns $((auto + 65536)) 1002 --clear-groups
stranger=$!
setpriv --reuid=bob --regid=bob --groups=2000 sleep 300 &
own2=$!
setpriv --reuid=$((auto - 5)) --clear-groups sleep 300 &
left=$!
wait_for 5 sleeps_as $own2 1001
wait_for 5 sleeps_as $left $((auto - 5)) || fail "control: no process of an id of the pool"
admin revoke @lab
is "$rc:$(fates "$member" "$job" "$left" "$stranger" "$own2")" "0:dead dead dead alive alive " \
    "a group's grant ends for its members' namespaces and ranges, and for nobody else"
kill "$own" "$own2" "$rootless" "$neighbour" "$stranger" 2>/dev/null

# --- grants and check ------------------------------------------------------------------------------

admin grant alice --root=/home/alice/state
admin grants
like "$out" $'uid 1000 +alice +- +/home/alice/state +security.confined mount=\\* idmap.mount image=\\*' \
    "grants shows a table"
ok "grants --format=json is JSON with stable keys" bash -c \
    '"$ADMIN" grants --format=json | python3 -c "
import json, sys
g = [x for x in json.load(sys.stdin)[\"grants\"] if x[\"name\"] == \"alice\"][0]
assert g[\"principal\"] == \"uid\" and g[\"id\"] == 1000 and g[\"until\"] is None
assert g[\"entitlements\"] == [\"security.confined\", \"mount=*\", \"idmap.mount\", \"image=*\"]
assert g[\"subuid\"] == \"100000:65536\" and g[\"owner_id\"] == 2147400000
assert sorted(g) == [\"engine\", \"entitlements\", \"file\", \"id\", \"name\", \"owner_id\", \"principal\",
    \"remaining\", \"revoked\", \"root\", \"subgid\", \"subids\", \"subuid\", \"timeout\", \"until\",
    \"watch_id\"]"'
run as alice "$ADMIN" grants
is "$rc:$(grep -c '^[ug]id ' <<<"$out"):$(grep -c '^gid 2000.*(revoked)' <<<"$out")" 0:2:1 \
    "a user sees what applies to them, and what did"
run as carol "$ADMIN" check
is "$rc" 0 "a user may check"
sed -i 's/^name = alice/name = carol/' "$(allow 1000)"
: >/etc/berth/allow/uid-1000.conf~
passwd -q -l alice 2>/dev/null || sed -i 's/^alice:\*/alice:!/' /etc/shadow
printf 'gone:1000000000:65536\n' >>/etc/subuid
admin check
is "$rc" 0 "what is only odd is no error"
like "$out" 'the file says carol, but uid 1000 is the account alice now' "another name"
like "$out" 'account alice is locked' "a locked account"
like "$out" 'uid-1000.conf~ is none of berth.s files' "a stray file"
like "$out" 'the pool overlaps /etc/subuid' "a pool that overlaps /etc/subuid"
like "$out" 'security.confined: a job may run' "what the words mean"
sed 's/2147400000/2147400002/; s/100000:65536/165536:65536/' "$(allow 1000)" >/run/uid-1000.conf
admin check /run/uid-1000.conf
is "$rc" 0 "a draft elsewhere can be checked"
cp /run/uid-1000.conf "$(allow 1000)"
echo 'x' >"$(allow 1003)"
chmod 0666 "$(allow 1003)"
admin check
is "$rc" 78 "check finds errors"
like "$out" 'uid-1003.conf is writable by others' "a mode"
like "$out" 'uid 100[01] and uid 100[01] have the same ids' "two users with the same ids"
like "$out" 'uid-1001.conf: valid' "and all other files are looked at"
chmod 0644 "$(allow 1003)"
admin check "$(allow 1003)"
like "$rc:$out" '78:.*uid-1003.conf:1: a line is a comment' "with file and line"
is "$(grep -c valid <<<"$out")" 0 "only the file that was named"
ok "check --format=json is JSON" bash -c '"$ADMIN" check --format=json | python3 -c "
import json, sys
d = json.load(sys.stdin)
assert d[\"valid\"] is False
f = [x for x in d[\"files\"] if x[\"file\"].endswith(\"uid-1003.conf\")][0]
assert f[\"valid\"] is False and f[\"errors\"] and sorted(f) == [\"errors\", \"file\", \"meaning\", \"valid\", \"warnings\"]"'
admin check /run/nothing.txt
is "$rc" 71 "a file that is not there"
before=$(log_text | grep -c 'berth-admin')
admin grant $'al\nice\033[2J'
is "$(log_text | grep -c 'berth-admin')" $((before + 1)) "an attacker's text is one line of the log"
unlike "$(log_text)" $'\033' "without escape sequences"
unlike "$err" $'\033' "and on the terminal"
done_testing
