#!/usr/bin/env bash
# A26 (CVE-2021-23239, CVE-2018-6556, CVE-2025-46717, CVE-2025-46804): a setuid program that tells its
# caller what is in a directory that they cannot look into. The launcher takes two words, numbers and
# descriptors, never a path; what it says and which calls it makes are the same whatever is there. The
# same of berth and its engine, which open paths as their user. And what a user can tell of the grants
# of others.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs strace python3
cp "$ENGINE" /run/arena/engine
launcher_world
allow alice

# Ten things under a directory of root's, and ten names of the same length under which nothing is.
secret=/srv/secret
install -d -m 0700 $secret
mkdir $secret/dir1 $secret/root
echo word >$secret/file
: >$secret/zero
ln -s file $secret/link
ln -s nowhere $secret/dead
mkfifo $secret/fifo
mknod $secret/null c 1 3
cp -p /bin/true $secret/suid
chmod 4755 $secret/suid
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/srv/secret/sock")'
there=(dir1 root file zero link dead fifo null suid sock)
absent=(non1 non2 non3 non4 non5 non6 non7 non8 non9 nonX)
is "$(ls $secret | wc -l)" ${#there[@]} "A26 control: ten things are there"

# answers NAME...: $cmd with the path of each NAME for @: status and words, without the path, each once
answers() {
	local name word path
	local -a words
	for name; do
		path=$secret/$name
		words=()
		for word in "${cmd[@]}"; do
			words+=("${word//@/$path}")
		done
		run "${words[@]}"
		printf '%s|%s|%s\n' "$rc" "${out//"$path"/PATH}" "${err//"$path"/PATH}"
	done | sort -u
}
same() {
	local name=$1 yes no
	shift
	cmd=("$@")
	yes=$(answers "${there[@]}")
	no=$(answers "${absent[@]}")
	is "$yes" "$no" "A26 $name: the same, whatever is there"
	unlike "$yes" '^0\|' "A26 $name: and it fails"
	is "$(grep -c '^[0-9]*|' <<<"$yes")" 1 "A26 $name: in one way"
}
cmd=(/bin/cat @)
isnt "$(answers file)" "$(answers non1)" "A26 control: root is told what is there"

# --- the launcher's words --------------------------------------------------------------------------

same "a path as verb" as alice "$LAUNCHER" @
same "a path behind start" as alice "$LAUNCHER" start @
same "a path behind once" as alice "$LAUNCHER" once @
same "--config=" as alice "$LAUNCHER" start --config=@
same "a variable" as_env bob BERTH_CONFIG=@ HOME=@ TMPDIR=@ LOCPATH=@ -- "$LAUNCHER" start
same "its name" as alice bash -c 'exec -a "$1" "$0" stop' "$LAUNCHER" @

# The calls, in their order, and the paths in them.
for words in "start $secret/%" "$secret/%"; do
	for name in file non1 sock; do
		# shellcheck disable=SC2086
		early_trace /run/arena/trace alice env "$LAUNCHER" ${words/\%/$name}
		of_launcher /run/arena/trace >"/run/arena/calls.$name"
		is "$rc:$(grep -c ' exit_group(64)' "/run/arena/calls.$name"):$(grep -c "$secret" "/run/arena/calls.$name")" 64:1:0 \
		    "A26 '$words' with $name: it is told, and no call names it"
	done
	for name in non1 sock; do
		is "$(sed -E 's/^[0-9]+ +//; s/\(.*//' "/run/arena/calls.$name")" "$(sed -E 's/^[0-9]+ +//; s/\(.*//' /run/arena/calls.file)" \
		    "A26 '$words': the same calls in the same order with $name"
	done
done
early_trace /run/arena/trace alice /bin/cat $secret/file
ok "A26 control: a program that looks is seen to" grep -q "openat.*$secret/file" /run/arena/trace

# --- descriptors -----------------------------------------------------------------------------------

# With O_PATH alice has a descriptor of the directory itself, which opens nothing in it.
cat >/tmp/with_fd.py <<'P'
import os, sys
fd = os.open(sys.argv[1], os.O_PATH)
os.dup2(fd, 3)
os.set_inheritable(3, True)
os.execv(sys.argv[2], sys.argv[2:])
P
chmod 0644 /tmp/with_fd.py
said=
for path in $secret /srv /etc/passwd /home/alice /root; do
	run as alice python3 /tmp/with_fd.py $path "$LAUNCHER" once
	said="$said$rc $err"$'\n'
done
is "$(sort -u <<<"$said" | grep -c '^[0-9]')" 1 "A26 once with a descriptor: whatever it is of, the same is said"
run as alice python3 /tmp/with_fd.py $secret /bin/true
is "$rc" 0 "A26 control: alice does have such a descriptor"

# --- the grants of others --------------------------------------------------------------------------

# carol has none. What she is told, and which files are opened for it, does not depend on bob's.
told() {
	early_trace /run/arena/trace carol env "$LAUNCHER" start
	of_launcher /run/arena/trace | sed -E 's/^[0-9]+ +//; s/([0-9]+)<[^>]*>/\1/g' >/run/arena/calls
	printf '%s|%s|%s|' "$rc" "$err" "$(sed 's/(.*//' /run/arena/calls)"
	early_opens <(of_launcher /run/arena/trace) | grep berth
}
rm -f "$ALLOW"/*.conf
nobody=$(told)
like "$nobody" '^77\|.*no_grant.*/etc/berth/allow/uid-1002.conf|^77\|.*no_grant' "A26 carol has no grant"
allow bob
is "$(told)" "$nobody" "A26 bob is granted: she is told the same, by the same calls, which open the same files"
echo 'nonsense' >>"$ALLOW/uid-1001.conf"
is "$(told)" "$nobody" "A26 his file is malformed: the same"
printf '[grant]\ngid = 2000\nentitlements = security.confined\n' >"$ALLOW/gid-2000.conf"
is "$(told)" "$nobody" "A26 a group that she is not in is granted: the same"
chmod 0666 "$ALLOW/uid-1001.conf"
is "$(told)" "$nobody" "A26 his file is anybody's: the same"
rm "$ALLOW"/*.conf
allow bob
run as bob "$LAUNCHER" start
is "$rc" 0 "A26 bob's engine runs"
is "$(told)" "$nobody" "A26 and she is told the same"
is "$(grep -oE '(uid|gid)-[0-9]+\.conf' <<<"$nobody" | sort -u | tr '\n' ' ')" "gid-1002.conf uid-1002.conf " "A26 the files that are opened are hers, and her groups'"
# What she can tell all the same, without the launcher: the policy is no secret.
run as carol /bin/cat "$ALLOW/uid-1001.conf"
is "$rc" 0 "A26 golden: the policy's files are readable by everybody"
run as carol /bin/ls /run/berth
is "$rc:$out" "0:1001" "A26 golden: so is who has an engine"
run as carol /bin/ls /run/berth/1001
is "$rc:$out" "2:" "A26 but not what is there"
stop_engines
rm -f "$ALLOW"/*.conf

# --- berth and its engine --------------------------------------------------------------------------

install -m 0711 /run/arena/engine "$ENGINE"
grant alice security.confined >/dev/null
as alice berth daemon start >/dev/null
# A job for each: of all kinds that matter to one who opens, one.
there=(dir1 file dead fifo)
absent=(non1 non2)
same "-v" as alice berth run -q -v @:/x host true
same "-v below it" as alice berth run -q -v @/more:/x host true
same "-v into the job's root" as alice berth run -q -v @:/x/@ host true
same "an image" as alice berth run -q @ true
same "--env-file" as alice berth run -q --env-file=@ host true
same "--host" as alice berth --host=unix:@ run -q host true
same "BERTH_HOST" as_env alice BERTH_HOST=unix:@ -- berth run -q host true
same "explain" as alice berth explain -- run -q -v @:/x @ true
same "a job that looks" as alice berth run -q -v /srv:/srv host stat @
same "a job that mounts the host" as alice berth run -q -v /:/h host stat /h/@
run as alice berth run -q -v $secret:/x host sh -c 'ls /x || stat /x/file'
like "$rc:$out$err" '^1:.*open directory ./x.*denied.*statx ./x/file.*denied' "A26 nor does a mount of the directory itself open it"
ok "A26 nothing is left of the jobs" jobs_are_gone
done_testing
