#!/usr/bin/env bash
# Every flag of `berth run`: what it does, and how it fails. Mounts are in mounts.t, streams and
# signals in stdio.t.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs jq
jobs_world security.confined

# --- images and commands
gives "0" "host" host id -u
make_image /home/alice/image
echo marked >/home/alice/image/etc/mark
chown alice:alice /home/alice/image/etc/mark
gives marked "a directory, absolute" "${USR[@]}" /home/alice/image cat /etc/mark
gives marked "a directory, relative" "${USR[@]}" ./image cat /etc/mark
ln -s image /home/alice/link
gives marked "a directory through a link" "${USR[@]}" ./link cat /etc/mark
gives "" "a directory: what is written there vanishes" "${USR[@]}" ./image sh -c 'echo x >/etc/mark; rm -r /data; mkdir /new'
gives marked "and the directory is as it was" "${USR[@]}" ./image sh -c 'cat /etc/mark; ls -d /data >/dev/null'
fails 'image debian: images with a name are not available' "an image by name" debian true
fails 'cannot open the image ./missing' "a directory that is not there" ./missing true
fails 'cannot open the image /etc/passwd.*a job file is run with -f:  berth run -f /etc/passwd' "an image that is a file" /etc/passwd true
fails 'image web.job: images with a name.*berth run -f web.job' "or that will be a job file" web.job true
fails 'there is no IMAGE' "no image" --rm
fails 'berth: ' "an empty image" "" true
gives "a b" "-- before the command" host -- echo a b
gives "-i x" "flags end at the image" host echo -i x
gives "-- x" "of two -- one is the command's" host -- echo -- x
gives "$(printf 'a\\n b')" "words are not read again" host printf '%s' 'a\n b'
run job -i host <<<'echo from the shell; exit 3'
is "$rc:$out" "3:from the shell" "without a command it is /bin/sh"
run job host printf '%s' $'\xff\xfe\x01 \xc3'
is "$(od -An -tx1 <<<"$out" | tr -d ' \n')" fffe0120c30a "arguments are bytes"
run job host true "$(head -c 120000 /dev/zero | tr '\0' x)"
is "$rc" 0 "an argument of 120000 bytes"
mapfile -t many < <(seq 20000)
gives 20000 "20000 arguments" host sh -c 'echo $#' - "${many[@]}"
gives ":" "an empty argument" host sh -c 'echo "$1:"' - ""
fails 'there is no command' "an empty command" host ""

# --- -e, --env-file
gives "1 two words" "-e" -e A=1 -e "B=two words" host sh -c 'echo "$A $B"'
gives "2" "-e: the last one of a name counts" -e A=1 --env A=2 host sh -c 'echo $A'
run as_env alice MINE=yes OTHER=no -- berth run -q -e MINE -e ABSENT host env
is "$(sort <<<"$out" | sed 's/^HOSTNAME=.*/HOSTNAME=/' | tr '\n' ' ')" \
    "HOME=/root HOSTNAME= MINE=yes PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin " \
    "-e NAME passes the caller's, nothing else is passed"
gives "/x|/h|z" "-e counts more than what berth sets" -e PATH=/x -e HOME=/h -e HOSTNAME=z host /bin/sh -c 'echo "$PATH|$HOME|$HOSTNAME"'
gives "=a=" "-e: a value may have a =" -e A==a= host sh -c 'echo $A'
gives "" "-e: a value may be empty" -e A= host sh -c 'echo -n $A'
fails 'has no name' "-e without a name" -e =x host true
fails 'needs a value' "-e without a value" -e
printf '# comment\nA=from file\nB="quoted"\n\nC=\n  D=indented\r\nMINE\n' >/home/alice/vars
run as_env alice MINE=passed -- berth run -q --env-file vars -e C=flag host sh -c 'echo "$A|$B|$C|$D|$MINE"'
is "$rc:$out" '0:from file|"quoted"|flag|indented|passed' "--env-file: as it stands; -e counts more"
echo A=1 >/home/alice/one
echo A=2 >/home/alice/two
gives "2" "--env-file: the last file counts" --env-file one --env-file two host sh -c 'echo $A'
fails 'cannot open nosuch' "--env-file that is not there" --env-file nosuch host true
fails 'cannot read' "--env-file that is a directory" --env-file / host true
printf 'A=1\nB C=2\n' >/home/alice/bad
fails 'bad:2: not a variable' "--env-file: a line that is none, by its number" --env-file bad host true
printf 'A=1\0B\n' >/home/alice/bad
fails 'bad: there is a NUL' "--env-file with a NUL byte" --env-file bad host true

# --- -w, -u
gives /usr/bin "-w" -w /usr/bin host pwd
gives / "without -w it is /" host pwd
gives /tmp "-w with superfluous slashes" -w //tmp/./ host pwd
fails 'cannot be the working directory' "-w that is not there" -w /nosuch host true
fails 'cannot be the working directory' "-w that is a file" -w /etc/passwd host true
fails 'absolute' "-w that is relative" -w tmp host true
fails 'absolute' "-w with .." -w /usr/../etc host true
gives "7 0" "-u UID: the group of nobody's account is 0" -u 7 host sh -c 'echo $(id -u) $(id -g)'
gives "7 8" "-u UID:GID" -u 7:8 host sh -c 'echo $(id -u) $(id -g)'
gives "65534 65534 65534" "-u NAME" -u nobody host sh -c 'echo $(id -u) $(id -g) $(id -G)'
gives "65534 5" "-u NAME:GROUP" --user nobody:tty host sh -c 'echo $(id -u) $(id -g)'
gives "0 5 5" "-u :GROUP" -u :tty host sh -c 'echo $(id -u) $(id -g) $(id -G)'
printf 'root:x:0:0::/root:/bin/sh\nweb:x:33:34::/var/www:/bin/sh\n' >/home/alice/image/etc/passwd
printf 'root:x:0:\nweb:x:34:\nlogs:x:40:root,web\nother:x:41:root\n' >/home/alice/image/etc/group
gives "33 34 34 40 /var/www" "-u NAME of the image, with its groups and home" "${USR[@]}" -u web ./image \
    sh -c 'echo $(id -u) $(id -g) $(id -G) $HOME'
gives "33 34 /var/www" "-u UID of the image" "${USR[@]}" -u 33 ./image sh -c 'echo $(id -u) $(id -g) $HOME'
fails 'the image has no user bob' "-u NAME that is not there" -u bob host true
fails 'the image has no group bob' "-u :GROUP that is not there" -u 0:bob host true
for bad in "" -1 +1 01 0x0 4294967295 4294967296 1e3 '1 ' 0: 1:2:3 70000 0:70000; do
	run job "--user=$bad" host id -u
	is "$rc:$out" "125:" "-u '$bad': refused"
done

# --- --hostname, --name
gives "box box" "--hostname" --hostname box host sh -c 'echo $(hostname) $HOSTNAME'
run job host hostname
like "$out" '^[0-9a-f]{12}$' "without it is the job's id"
for bad in "" -x a/b 'a b' "$(printf '%064d' 0)"; do
	fails 'hostname' "--hostname '${bad:0:10}'" "--hostname=$bad" host true
done
gives ok "--name" --name web-1.a_b host echo ok
start_job /run/arena/first --name web -i host sh -c 'echo up; sleep 1000'
wait_for 5 grep -q up /run/arena/first
fails 'the name is in use' "--name that runs already" --name web host true
gives ok "--name of another" --name web2 host echo ok
kill -KILL "$client"
wait_job
ok "the first one is gone" jobs_are_gone
gives ok "--name is free when the job is gone" --name web host echo ok
for bad in "" -x a/b '../x' "$(printf '%065d' 0)"; do
	fails 'name' "--name '${bad:0:10}'" "--name=$bad" host true
done

# --- --read-only, --tmpfs
run job --read-only host sh -c 'for d in / /etc /root /home /var; do touch $d/x && echo wrote $d; done 2>/dev/null; touch /tmp/x /run/x /dev/shm/x && echo scratch'
is "$rc:$out" "0:scratch" "--read-only: the root is, scratch directories are not"
run job host sh -c 'for d in / /etc /root /home /var; do touch $d/x || echo not $d; done; echo wrote'
is "$out" wrote "without it the root can be written"
run job --tmpfs /scratch host sh -c 'echo $(stat -f -c %T /scratch; stat -c %a /scratch; ls -A /scratch | wc -l)'
is "$rc:$out" "0:tmpfs 1777 0" "--tmpfs: empty, for everybody"
run job --tmpfs /s:size=64k,mode=0700,noexec,ro host sh -c 'stat -c %a /s; touch /s/x; awk "\$5 == \"/s\" { print \$6 }" /proc/self/mountinfo'
is "$out" $'700\nro,nosuid,nodev,noexec,relatime' "--tmpfs: options"
run job --tmpfs /s:size=64k host sh -c 'head -c 100000 /dev/zero >/s/x || wc -c </s/x'
is "$out" 65536 "--tmpfs: size"
gives '9007199254740988 20' "--tmpfs: sizes up to what a number holds" --tmpfs /s:size=9223372036854771712 --tmpfs /t:size=20K host \
    sh -c 'df --output=size /s /t | grep -v K | xargs'
for bad in /s:size=x /s:size= /s:size=18446744073709551615 /s:size=99999999999999999999 /s:size=9223372036854775808 /s:size=8589934592g \
    /s:size=1001% /s:size=1kk /s:size=1k% /s:mode=9 /s:suid /s:dev /s:uid=0 s '' / /s:a=b,ro; do
	fails 'berth: ' "--tmpfs '$bad'" "--tmpfs=$bad" host true
done
gives hidden "--tmpfs over what is there" --tmpfs /etc host sh -c '[ -e /etc/passwd ] || echo hidden'

# --- --ulimit
gives "64 128" "--ulimit" --ulimit nofile=64:128 host sh -c 'echo $(ulimit -Sn) $(ulimit -Hn)'
gives "100 100 0" "--ulimit: one for both, several" --ulimit nofile=100 --ulimit core=0 host sh -c 'echo $(ulimit -Sn) $(ulimit -Hn) $(ulimit -c)'
run job --ulimit nofile=64 host sh -c 'exec 63<&0; exec 64<&0' 2>&1
isnt "$rc" 0 "--ulimit: it is in force"
hard=$(as alice sh -c 'ulimit -Hn')
[ "$hard" = unlimited ] || fails 'cannot be raised' "--ulimit above what there is" --ulimit "nofile=$((hard + 1))" host true
for bad in nofile nofile= nofile=x nofile=2:1 nofile=-2 foo=1 =1 nofile=1:2:3 nofile=99999999999999999999; do
	fails 'imit' "--ulimit '$bad'" --ulimit "$bad" host true
done

# --- --cap-add, --cap-drop
fails 'refused: security.nested is not available' "--cap-add SYS_ADMIN" --cap-add SYS_ADMIN host true
fails 'security.nested' "--cap-add ALL" --cap-add ALL host true
fails 'security.nested' "--cap-add cap_net_admin, in small letters" --cap-add cap_net_admin host true
fails 'capability NOSUCH does not exist' "--cap-add NOSUCH" --cap-add NOSUCH host true
fails 'capability NOSUCH does not exist' "--cap-drop NOSUCH" --cap-drop NOSUCH host true
gives ok "--cap-add of a default one" --cap-add CHOWN host echo ok
run job --cap-drop CHOWN host chown 7 /tmp
isnt "$rc" 0 "--cap-drop: it is gone"
gives "" "control: with it that works" host chown 7 /tmp

# --- --network
gives "lo" "--network none" --network none host sh -c 'ls /sys/class/net'
gives "lo" "no network is the default" host sh -c 'ls /sys/class/net'
gives "" "loopback is up" host /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 80)); s.listen(); socket.create_connection(s.getsockname())'
fails 'refused: network.host is not granted to alice \(uid 1000\)' "--network host without a grant" --network host host true
like "$err" 'sudo berth grant alice network.host$' "and the last line can be pasted"
fails 'network.user.* is not available in this version' "--network user" --network user host true
fails 'unknown network' "--network bridge" --network bridge host true
fails 'unknown network' "--network ''" --network= host true
grant alice network.host >/dev/null
gives "$(ls /sys/class/net)" "--network host with a grant, at once" --network host host sh -c 'ls /sys/class/net'
gives "$(readlink /proc/self/ns/net)" "it is the host's" --net=host host readlink /proc/self/ns/net
gives "$(cat /etc/resolv.conf; cat /etc/hosts)" "with its resolv.conf and hosts" --network host host cat /etc/resolv.conf /etc/hosts
revoke alice network.host >/dev/null
fails 'not granted' "--network host after it was revoked" --network host host true

# --- --timeout
run job --timeout 1 host sleep 30
is "$rc" 124 "--timeout"
run as alice berth run --timeout 4 host sh -c 'trap "echo got it; exit 3" TERM; sleep 1000 & wait'
is "$rc:$out" "124:got it" "--timeout: the command is asked to end"
like "$err" 'its time \(--timeout\) is over' "--timeout: and it is said"
gives ok "--timeout that is not needed" --timeout 10m host echo ok
for bad in 0x1 -1 1x '' 1.5 99999999999; do
	fails 'imeout' "--timeout '$bad'" "--timeout=$bad" host true
done

# --- --entrypoint, --entitlement, --rm, --init, -q
gives "a b" "--entrypoint" --entrypoint /bin/echo host a b
gives "" "--entrypoint without words" --entrypoint true host
gives "x" "--entrypoint ''" --entrypoint '' host echo x
run job --entrypoint /nosuch host a
is "$rc" 127 "--entrypoint that is not there"
gives ok "--rm and --init" --rm --init --rm=true host echo ok
gives ok "--entitlement that is granted" --entitlement security.confined host echo ok
fails 'network.host is not granted' "--entitlement that is not" --entitlement network.host host true
fails 'is not available in this version' "--entitlement that comes later" --entitlement security.nested host true
fails 'berth: ' "--entitlement nosuch" --entitlement nosuch host true

# --- --dry-run and explain
as alice berth daemon stop --force
run as alice berth run --dry-run -v /home/alice:/x:ro host sh -c 'echo ran >/home/alice/ran'
is "$rc" 0 "--dry-run"
like "$out" 'security.confined +allow .*uid-1000.conf:[0-9]+' "--dry-run: says which line allows it"
like "$out" 'mount=/home/alice:ro +allow' "--dry-run: names the mount"
is "$(engine_pid alice):$(ls /home/alice/ran 2>/dev/null)" ":" "--dry-run starts nothing"
run as alice berth run --dry-run --network host host true
is "$rc" 125 "--dry-run of what is refused: as run"
like "$out" 'network.host +refuse +not_granted' "--dry-run: says what is refused"
run as alice berth explain -- run --network host -v /home/alice:/x host echo 'a b'
is "$rc" 77 "explain of what is refused: 77"
like "$out" "command +echo 'a b'" "explain: the command"
like "$out" 'network.host +refuse' "explain: refused"
like "$err" 'refused: network.host is not granted to alice' "explain: the three lines"
run as alice berth explain --format=json -- run --network host host id
is "$rc" 77 "explain in JSON: 77"
run jq -r '[.allowed, .uid, .account, .job.image, .job.command[0], (.entitlements[] | select(.allowed | not) | .entitlement, .reason)] | join(" ")' <<<"$out"
is "$out" "false 1000 alice host id network.host not_granted" "explain in JSON: its keys"
run as alice berth explain --format=json -- run host id
is "$rc:$(jq -r '[.allowed, .entitlements[0].file] | join(" ")' <<<"$out")" "0:true /etc/berth/allow/uid-1000.conf" \
    "explain in JSON: allowed, by which file"
is "$(engine_pid alice)" "" "explain starts nothing"
run "$TESTBIN/no_userns" 1001 /usr/local/bin/berth explain -- run host id
is "$rc" 77 "explain without a grant, nor user namespaces"
run as alice berth explain -- run --nosuch host id
is "$rc" 64 "explain of what is no line: usage"
run as alice berth explain run host id
is "$rc" 0 "explain without --"

# --- -d, --rm, --restart, --stop-signal, --label, --label-file, --security-opt, --keep-groups: as they
# are understood; what they do is in detached.t
# life JQ FLAGS...: what explain makes of them
life() {
	local filter=$1
	shift
	run as alice berth explain --format=json -- run "$@" host true
	jq -r ".job | [$filter] | map(tostring) | join(\" \")" <<<"$out"
}
is "$(life '.detach, .keep, .restart, .stop_signal, .no_new_privileges, .keep_groups, (.labels | length)')" \
    "false false no TERM false false 0" "a job in the foreground is not kept"
is "$(life '.detach, .keep' -d)" "true true" "-d: kept"
is "$(life '.detach, .keep' --detach --rm)" "true false" "-d --rm: not kept"
is "$(life '.detach, .keep' -d=false)" "false false" "-d=false"
is "$(life '.detach, .keep' --rm=false)" "false true" "--rm=false: kept, in the foreground"
is "$(life '.detach, .keep' --rm=false --rm)" "false false" "--rm: the last one counts"
is "$(life '.restart, .restart_max' -d --restart no)" "no 0" "--restart no"
is "$(life '.restart, .restart_max' --restart=)" "no 0" "--restart with nothing"
is "$(life '.restart, .restart_max' -d --restart always)" "always 0" "--restart always"
is "$(life '.restart, .restart_max' -d --restart unless-stopped)" "always 0" "--restart unless-stopped: is always"
is "$(life '.restart, .restart_max' -d --restart on-failure)" "on-failure 0" "--restart on-failure"
is "$(life '.restart, .restart_max' -d --restart=on-failure:3)" "on-failure 3" "--restart on-failure:3"
for bad in never Always always:3 on-failure: on-failure:x on-failure:-1 on-failure:1x on-failure:99999999999 on-failures; do
	fails "--restart=$bad: unknown policy" "--restart '$bad'" -d "--restart=$bad" host true
done
fails '--restart contradicts --rm' "--restart with --rm" -d --rm --restart=always host true
fails '--restart=always needs -d' "--restart in the foreground" --restart=always host true
fails '-d contradicts --once' "-d with --once" -d --once host true
is "$(life .stop_signal --stop-signal=9) $(life .stop_signal --stop-signal SIGint) $(life .stop_signal --stop-signal RTMIN+3)" \
    "KILL INT RTMIN+3" "--stop-signal by number and by name"
for bad in 0 65 33 -1 NOSUCH ''; do
	fails 'unknown signal' "--stop-signal '$bad'" "--stop-signal=$bad" host true
done
printf '# comment\nfrom=file\n\n  alone\na=file\n' >/home/alice/labels
is "$(life '.labels | to_entries | sort_by(.key) | map(.key + "=" + .value) | join(" ")' -l a=1 --label b --label a==2 --label-file labels)" \
    "a==2 alone= b= from=file" "labels: the last of a name counts, those of a flag more than those of a file"
fails 'a label has no name' "--label without a name" --label =x host true
fails 'label.*cannot be used' "--label that is not UTF-8" --label $'a=\xff' host true
fails 'cannot open nosuch' "--label-file that is not there" --label-file nosuch host true
printf 'a=1\nb c=2\n' >/home/alice/labels
fails 'labels:2: not a label' "--label-file: a line that is none, by its number" --label-file labels host true
for word in no-new-privileges no-new-privileges=true no-new-privileges:true; do
	is "$(life .no_new_privileges --security-opt "$word")" true "--security-opt $word"
done
is "$(life .no_new_privileges --security-opt no-new-privileges --security-opt=no-new-privileges=false)" false \
    "--security-opt no-new-privileges=false"
fails 'not a switch' "--security-opt no-new-privileges=maybe" --security-opt no-new-privileges=maybe host true
for bad in seccomp=unconfined label:disable apparmor=x no-new-privilege no-new-privilegesx ''; do
	fails "--security-opt=$bad is not available" "--security-opt '$bad': refused by name" "--security-opt=$bad" host true
done
is "$(life .keep_groups --keep-groups)" true "--keep-groups"
run as alice berth run --dry-run -d --restart=on-failure:2 --stop-signal=INT --security-opt=no-new-privileges --keep-groups host true
like "$out" $'\nlife +detached, kept until berth rm\nrestart +on-failure, at most 2 times\nstop signal +INT\nsecurity +no new privileges, with the caller' \
    "--dry-run: says what is not as with most jobs"
echo kept >/home/alice/id
fails 'the file id of --cidfile exists already' "--cidfile that is there" --cidfile id host true
is "$(cat /home/alice/id)" kept "and is as it was"
ln -s new /home/alice/dangling
fails 'dangling of --cidfile exists already' "--cidfile that is a link" --cidfile dangling host true
fails 'cannot make the file /nosuch/id' "--cidfile in a directory that is not there" --cidfile /nosuch/id host true
run job --cidfile new host true
is "$rc:$(ls /home/alice/new 2>/dev/null)" "0:/home/alice/new" "--cidfile: a new file"
like "$(cat /home/alice/new)" '^[0-9a-f]{12,64}$' "with the id of the job"
is "$(wc -l </home/alice/new)" 0 "and no newline, as docker has it"
run job --cidfile none host nosuch
is "$rc:$(ls /home/alice/none 2>/dev/null)" "127:" "--cidfile: none when there was no job"

# --- known, and not here yet; unknown; wrong
for flag in -p=80:80 --publish=1:1 -m=1g --memory=1 --cpus=1 --pids-limit=5 --device=/dev/kvm --privileged \
    --pull=always --dns=1.1.1.1 --add-host=a:1 --isolation=nested --preset=x \
    --ca=/x --no-ca --service=x; do
	fails 'not available in this version' "$flag: refused by name" "$flag" host true
	like "$err" "${flag%%=*}" "$flag: the name stands there"
done
fails 'unknown flag: --frobnicate' "an unknown flag" --frobnicate host true
fails 'the nearest one is --network' "a flag with a slip of the finger" --netwrok=none host true
fails 'unknown flag: -Z' "an unknown letter" -Z host true
fails 'not a switch' "a switch with a value" --read-only=maybe host true
gives ok "clusters and short forms" -iq -eA=1 -w=/ -u0 host echo ok
run as alice berth run --help
is "$rc" 0 "--help"
missing='' count=0
while read -r flag; do
	count=$((count + 1))
	[[ $out == *"$flag"* ]] || missing="$missing $flag"
done < <(sed -n 's/.*{ FLAG_[A-Z]*, [^,]*, "\([a-z-]*\)".*/--\1/p' "$TOP/client/berth/options.c")
is "$missing" "" "--help names every flag"
ok "of many ($count)" test "$count" -gt 35
ok "nothing is left of all these jobs" jobs_are_gone
done_testing
