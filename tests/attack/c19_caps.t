#!/usr/bin/env bash
# C19 (CVE-2022-29162, CVE-2022-24769): capabilities left over in one of the five sets, and files that
# give them. no_new_privs is off by default: a setuid file of the image acts within the job only.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs setcap getcap capsh
PATH=$PATH:/usr/sbin:/sbin

# The default ones, as numbers: docker's fourteen.
default=00000000a80425fb
none=0000000000000000
sets='sed -n "s/^Cap\(...\):\t*/\1=/p" /proc/self/status | tr "\n" " "'
golden() {
	printf 'Inh=%s Prm=%s Eff=%s Bnd=%s Amb=%s ' "$none" "$1" "$1" "$2" "$none"
}

# The first call, which starts the engine, from a caller that has all it can get into these sets.
grant alice security.confined >/dev/null
in_caps() {
	(cd /home/alice && exec setpriv --reuid=alice --regid=alice --init-groups \
	    --inh-caps=+chown,+net_raw,+sys_admin --ambient-caps=+chown,+net_raw,+sys_admin \
	    env -i PATH=/usr/bin:/bin "$@")
}
run in_caps sh -c "$sets"
like "$out" 'Inh=0000000000202001 Prm=0000000000202001.*Amb=0000000000202001' "C19 control: the caller has inheritable and ambient ones"
run in_caps /usr/local/bin/berth run -q host sh -c "$sets"
is "$rc:$out" "0:$(golden $default $default)" "C19 they do not reach a job"
like "$(cat "/proc/$(engine_pid alice)/status")" "CapInh:.$none.*CapAmb:.$none" "C19 nor the engine"

run job host sh -c "$sets"
is "$out" "$(golden $default $default)" "C19 root of a job: the fourteen, and nothing to inherit"
# Later processes get theirs from it: it may have what they have and what it takes to get there, but
# nothing of it works before. It is under their filter. That is so a moment after the first one began.
filters='grep "^Seccomp_filters"'
settled="until [ \"\$($filters /proc/1/status)\" = \"\$($filters /proc/self/status)\" ]; do sleep 0.01; done;"
supervisor="$settled sed -n 's/^Cap\(...\):\t*/\1=/p' /proc/1/status | tr '\n' ' '; grep -E '^(NoNewPrivs|Seccomp):' /proc/1/status"
run job host sh -c "$supervisor"
like "$out" "^Inh=$none Prm=$default Eff=000000000000002a Bnd=[0-9a-f]* Amb=$none NoNewPrivs:.0.Seccomp:.2\$" \
    "C19 the supervisor: three at work, the fourteen at most"
run job --cap-drop ALL --cap-add NET_RAW host sh -c "$supervisor"
like "$out" "^Inh=$none Prm=00000000000021eb Eff=000000000000002a Bnd=[0-9a-f]* Amb=$none" \
    "C19 the supervisor of a job with one: that, and what it takes to give up the others"
for user in 1000 1:1 65534 nobody; do
	run job -u $user host sh -c "$sets"
	is "$out" "$(golden $none $default)" "C19 -u $user: none"
done
run job --cap-drop ALL host sh -c "$sets"
is "$out" "$(golden $none $none)" "C19 --cap-drop ALL: none, nor to be had"
run job --cap-drop ALL --cap-add CHOWN --cap-add net_raw host sh -c "$sets"
is "$out" "$(golden 0000000000002001 0000000000002001)" "C19 --cap-drop ALL --cap-add: those alone"
run job --cap-drop CAP_CHOWN host sh -c "$sets"
is "$out" "$(golden 00000000a80425fa 00000000a80425fa)" "C19 --cap-drop CHOWN: all but that"
run job host sh -c 'grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status | tr -d "\t\n"; cat /proc/self/uid_map /proc/sys/user/max_user_namespaces | tr -s " \n" " "'
is "$out" "NoNewPrivs:0Seccomp:2 0 1000 1 1 100000 65536 0 " "C19 a filter is on, the ids are the granted ones, no namespace below"

# Raising what was given up.
for cap in sys_admin sys_ptrace net_admin sys_rawio bpf; do
	run job host capsh --caps="cap_$cap+ep" -- -c true
	isnt "$rc" 0 "C19 root of a job cannot raise $cap"
done
run job host capsh --has-p=cap_chown
is "$rc" 0 "C19 control: capsh works there"
run job -u 1000 host setpriv --reuid 0 true
isnt "$rc" 0 "C19 -u 1000 cannot become root of the job"
run job host setpriv --reuid 1000 --clear-groups sh -c "$sets; setpriv --reuid 0 true || echo no"
is "$out" "$(golden $none $default)no" "C19 root that becomes another user keeps none"

# Files that give rights. Those of the host and of mounted directories do nothing in a job.
make_image /home/alice/image
mkdir /home/alice/image/s /home/alice/bound
for dir in /home/alice/image/s /home/alice/bound; do
	for kind in plain user group root sub caps; do
		cp "$TESTBIN/whoami" "$dir/$kind"
		chmod 755 "$dir/$kind"
	done
	chown -R alice:alice "$dir"
	chmod u+s "$dir/user"
	chmod g+s "$dir/group"
	chown root:root "$dir/root" && chmod 6755 "$dir/root"
	chown 100500:100500 "$dir/sub" && chmod 6755 "$dir/sub"
	setcap cap_sys_admin,cap_net_admin,cap_chown+ep "$dir/caps"
done
install -m 4755 -o alice "$TESTBIN/whoami" /usr/local/bin/setuid-alice
install -m 4755 -o root "$TESTBIN/whoami" /usr/local/bin/setuid-root
install -m 755 "$TESTBIN/whoami" /usr/local/bin/with-caps
setcap cap_sys_admin+ep /usr/local/bin/with-caps
run as bob setuid-alice
is "$out" "1001:1000 1001:1001 $none" "C19 control: outside, the setuid bit works"
run as bob with-caps
is "$out" "1001:1001 1001:1001 0000000000200000" "C19 control: outside, file capabilities work"

run job host awk '$5 == "/usr" { print $6 }' /proc/self/mountinfo
like "$out" '(^|,)nosuid(,|$)' "C19 host: /usr is nosuid"
for program in setuid-alice setuid-root with-caps; do
	run job -u 7:7 host $program
	is "$out" "7:7 7:7 $none" "C19 host: $program does nothing for another user"
	run job host $program
	is "$out" "0:0 0:0 $default" "C19 host: $program does nothing for root"
done
for kind in plain user group root sub caps; do
	run job -v /home/alice/bound:/b -u 7:7 host /b/$kind
	is "$out" "7:7 7:7 $none" "C19 a mounted directory: $kind does nothing"
done
whoami=(job "${USR[@]}" -u 7:7 /home/alice/image)
run "${whoami[@]}" /s/plain
is "$out" "7:7 7:7 $none" "C19 image: a plain file"
run "${whoami[@]}" /s/user
is "$out" "7:0 7:7 $default" "C19 image: a setuid file makes root of the job, with the fourteen at most"
run "${whoami[@]}" /s/group
is "$out" "7:7 7:0 $none" "C19 image: a setgid file makes a group of the job"
run "${whoami[@]}" /s/root
is "$out" "7:7 7:7 $none" "C19 image: a setuid file of the host's root does nothing"
run "${whoami[@]}" /s/sub
is "$out" "7:501 7:501 $none" "C19 image: a setuid file of a granted id makes that"
run "${whoami[@]}" /s/caps
like "$out" "^(|7:7 7:7 $none)$" "C19 image: capabilities beyond the fourteen on a file: refused, or nothing"
run job "${USR[@]}" /home/alice/image /s/caps
like "$out" "^(|0:0 0:0 $default)$" "C19 image: so for root"
setcap cap_chown+ep /home/alice/image/s/caps
run "${whoami[@]}" /s/caps
like "$out" "^7:7 7:7 000000000000000[01]$" "C19 image: one of the fourteen on a file: that one at most"
run job "${USR[@]}" -u 7:7 --cap-drop ALL /home/alice/image /s/user
is "$out" "7:0 7:7 $none" "C19 image: with --cap-drop ALL a setuid file gives none"

# What a setuid file of the image makes is, on the host, the user and nobody else.
start_job /run/arena/out "${USR[@]}" -u 7:7 /home/alice/image /s/user stay
wait_for 5 grep -q 7:0 /run/arena/out
seen=
for status in /proc/[0-9]*/status; do
	[ "$(head -n1 "$status" 2>/dev/null)" = $'Name:\tuser' ] || continue
	seen=$(sed -n 's/^[UG]id:\t*//p' "$status" | tr '\t\n' '  ')
done
is "$seen" "100006 1000 1000 1000 100006 100006 100006 100006 " "C19 on the host it has the user's id and granted ones"
kill -KILL "$client"
wait_job

# A job puts capabilities on files of its own: they count in its namespace only, within the bounds.
run job "${USR[@]}" /home/alice/image sh -c '
	cp /s/plain /root/x && chmod 755 /root /root/x
	other="setpriv --reuid 7 --regid 7 --clear-groups /root/x"
	setcap cap_chown+ep /root/x && $other
	setcap cap_sys_admin+p /root/x && $other
	setcap cap_sys_admin+ep /root/x && $other 2>/dev/null || echo refused'
is "$out" "$(printf '7:7 7:7 0000000000000001\n7:7 7:7 %s\nrefused' $none)" "C19 a job's own file capabilities: within the bounds"
run job -v /home/alice/bound:/b host sh -c 'cp /b/plain /b/mine && setcap cap_chown+ep /b/mine && echo made'
is "$out" made "C19 a job makes such a file in a mounted directory"
chmod 711 /home/alice /home/alice/bound
run as bob /home/alice/bound/mine
is "$out" "1001:1001 1001:1001 $none" "C19 on the host its capabilities do nothing"
ok "C19 nothing is left of the jobs" jobs_are_gone
isnt "$(getcap -rn /home/alice/bound)" "" "C19 control: what they put on files is seen"
is "$(getcap -rn "$STATE")" "" "C19 nor of what they put on files"
done_testing
