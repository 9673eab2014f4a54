#!/usr/bin/env bash
# A22 (CVE-2018-7169, CVE-2022-2989, CVE-2023-25173): groups. The engine keeps those of the call that
# started it, a job has none but its own; with that a file that uses a group to deny access does not
# bind a granted user, as SECURITY.md says. Many groups end nothing.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
cp "$ENGINE" /run/arena/engine
launcher_world
allow alice
odd=$TESTBIN/odd_exec
echo 'deny:x:3000:alice' >>/etc/group
groups_of() {
	sed -n 's/^Groups:[\t ]*//p' "/proc/$1/status" | sed 's/ *$//'
}
init_of() {
	ps -o ppid= -p "$1" | tr -d ' '
}

# with_groups LIST CMD...: as alice with these groups and no others
with_groups() {
	local list=$1
	shift
	(cd /home/alice && exec setpriv --reuid=alice --regid=alice --groups "$list" --inh-caps=-all env -i \
	    PATH=/usr/local/bin:/usr/bin:/bin "$@")
}
for list in 1000 1000,2000,3000 0,1000 5,3000 4294967294; do
	run with_groups $list "$LAUNCHER" start
	is "$rc$err" 0 "A22 groups $list: a start"
	engine=$(engine_pid alice)
	is "$(groups_of "$engine" | tr ' ' ',')" "$list" "A22 groups $list: the engine's are the caller's, in full"
	is "$(groups_of "$(init_of "$engine")" | tr ' ' ',')" "$list" "A22 groups $list: and its init's"
	stop_engines
done
run setpriv --reuid=alice --regid=alice --clear-groups "$LAUNCHER" start
is "$rc:$(groups_of "$(engine_pid alice)")" "0:" "A22 no group: none"
stop_engines

# The most that the kernel knows.
many() {
	(cd /home/alice && exec "$odd" groups "$1" /usr/bin/setpriv --reuid=alice --regid=alice --keep-groups --inh-caps=-all env -i \
	    PATH=/usr/local/bin:/usr/bin:/bin "${@:2}")
}
is "$(many 65536 awk '/^Groups:/ { print NF }' /proc/self/status)" 65537 "A22 control: a process with 65,536 groups"
for count in 1000 65535 65536; do
	run many $count "$LAUNCHER" start
	is "$rc$err" 0 "A22 $count groups: a start"
	is "$(groups_of "$(engine_pid alice)" | wc -w)" "$count" "A22 $count groups: the engine has them"
	stop_engines
done
install -m 0711 /run/arena/engine "$ENGINE"
rm "$ALLOW/uid-1000.conf"
grant alice security.confined >/dev/null
run many 65536 berth run -q host sh -c 'grep Groups /proc/self/status; grep Groups /proc/1/status'
is "$rc:$(tr -d '\t ' <<<"$out")" $'0:Groups:0\nGroups:' "A22 65,536 groups: a job has none of them"
run many 65536 berth run -q host id -G
is "$rc:$out" "0:0" "A22 65,536 groups: and its own one alone"
as alice berth daemon stop

# A file that is closed to a group: outside it binds, in a job it does not. Documented, and no more
# than this: what others may not read stays closed, and a group that opens a file does not count.
mkdir -m 755 /srv/groups
for mode in 0604 0640 0600; do
	echo "content $mode" >/srv/groups/$mode
	chown root:deny /srv/groups/$mode
	chmod $mode /srv/groups/$mode
done
reads='cd /srv/groups; cat 0604; cat 0640; cat 0600'
in_deny() {
	with_groups 1000,3000 "$@"
}
run in_deny sh -c "$reads"
is "$out" "content 0640" "A22 control: outside, the group closes one file and opens another"
run in_deny berth run -q -v /srv/groups:/srv/groups host sh -c "$reads"
is "$out" "content 0604" "A22 documented: in a job neither happens"
is "$(groups_of "$(engine_pid alice)")" "1000 3000" "A22 though the engine is in the group"
like "$(tr -s '\n ' '  ' <"$TOP/SECURITY.md")" 'files that use a group to \*deny\* access do not bind them' "A22 SECURITY.md says so"

# A job that asks for it keeps the engine's groups, and they count as they do outside: for and against.
# Nothing else of it changes, nor a job beside it; it can still drop them.
kept() {
	in_deny /usr/bin/python3 "$TOP/tests/attack/varlink.py" run '{"keep_groups": true, "mounts": [{"type": "bind", "source": "/srv/groups",
	    "target": "/srv/groups", "readonly": true}]'"${2:+, $2}}" sh -c "$1"
}
run kept "$reads; grep Groups /proc/self/status /proc/1/status"
is "$(grep -E '^(content|/proc)' <<<"$out")" $'content 0640\n/proc/self/status:Groups:\t0 65534 \n/proc/1/status:Groups:\t0 65534 ' \
    "A22 keep_groups: in a job both happen, as outside; they have no number there"
run kept 'id -u; id -g; id -G; cat /srv/groups/0640' '"user": "7:7"'
is "$(grep -v '^{' <<<"$out")" $'7\n7\n7 0 65534\ncontent 0640' "A22 keep_groups: so for another user of the job"
run kept "setpriv --clear-groups sh -c '$reads'"
is "$(grep content <<<"$out")" "content 0604" "A22 keep_groups, documented: root of the job can drop them"
in_deny berth run -d -q --name k --keep-groups -v /srv/groups:/srv/groups host sleep 1000 >/dev/null
in_deny berth run -d -q --name d -v /srv/groups:/srv/groups host sleep 1000 >/dev/null
for user in 0 7; do
	run as alice berth exec -u $user k sh -c "$reads; id -G"
	is "$out" "content 0640"$'\n0 65534' "A22 keep_groups: so for a process that enters as $user"
	run as alice berth exec -u $user d sh -c "$reads; id -G"
	is "$out" "content 0604"$'\n0' "A22 and none for one that enters another job as $user"
done
as alice berth rm -f k d >/dev/null
run in_deny berth run -q -v /srv/groups:/srv/groups host sh -c "$reads"
is "$out" "content 0604" "A22 keep_groups: the next job has none of them"

# A job's groups are of its own image and request.
make_image /home/alice/image
printf 'worker:x:7:7::/:/bin/sh\n' >>/home/alice/image/etc/passwd
printf 'seven:x:7:\nextra:x:500:worker\nlab:x:2000:root\n' >>/home/alice/image/etc/group
ids='id -u; id -g; sed -n "s/^Groups:[\t ]*//p" /proc/self/status'
for row in "0:|0 0 0 2000 " "worker:|7 7 7 500 " "7:|7 7 7 500 " "7\:9:|7 9 9 " "0\:2000:|0 2000 2000 " \
    "4000:|4000 0 0 " "\:9:|0 9 9 " "worker\:9:|7 9 9 "; do
	user=${row%%:|*}
	run in_deny berth run -q "${USR[@]}" -u "${user//\\/}" /home/alice/image sh -c "$ids"
	is "$(tr -s '\n ' ' ' <<<"$out")" "${row#*|}" "A22 a job's groups with -u ${user//\\/}"
done
run in_deny berth run -q "${USR[@]}" /home/alice/image setpriv --groups 500 sh -c 'cat /proc/self/status | grep Groups; setpriv --groups 3000 true && echo taken'
like "$out" '^Groups:.500 ?(.taken)?$' "A22 a job takes groups within the granted ids"
as alice berth daemon stop

# A grant to a group counts wherever the group stands in the caller's list, and for nobody else.
revoke alice >/dev/null
printf '[ids]\nbase = 1000000000\ncount = 65536000\nfirst-uid = 1000\n' >>/etc/berth/berth.conf
root "$ADMIN" grant @lab security.confined >/dev/null
for list in 2000 1000,2000 2000,3000,1000; do
	run with_groups $list berth run -q host id -u
	is "$rc:$out" "0:0" "A22 a grant to group 2000: groups $list are in it"
	as alice berth daemon stop
done
for list in 1000 20000 200,3000; do
	run with_groups $list "$LAUNCHER" start
	is "$rc" 77 "A22 a grant to group 2000: groups $list are not"
	like "$err" 'refused' "A22 a grant to group 2000: $list is told so"
done
sed -i 's/^deny:.*/deny:x:3000:/; s/^lab:.*/lab:x:2000:bob/' /etc/group
run as alice "$LAUNCHER" start
is "$rc" 77 "A22 who left the group is refused"
run with_groups 135535,2000 berth run -q host true
is "$rc" 0 "A22 control: the kernel's list counts, not the file"
done_testing
