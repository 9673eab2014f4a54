#!/usr/bin/env bash
# C08 (CVE-2025-24965, CVE-2025-9566): what berth puts into a root, or makes a place for there, was planted by
# the image's author: a link that leads out, a FIFO, a hard link to a file of the host's that the job has too.
# It goes to its place inside or the job is refused; no file of the host's is written, read or made; nothing hangs.
# c07_dev_link.t has the same of directories: /dev, /etc, /run.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs python3
jobs_world security.confined network.host mount=*
canary_plant
victim=/home/alice/victim
image=/home/alice/image
mkdir -p $victim/dir
for name in file other; do
	echo "precious $name" >$victim/$name
done
token=token-$RANDOM$RANDOM$RANDOM
printf %s $token >/home/alice/key
chown -hR alice:alice $victim /home/alice/key
chmod 600 /home/alice/key
rounds=8
[ -z "${BERTH_LONG-}" ] || rounds=500

# plant KIND PATH: in a new image
plant() {
	local at=$image$2
	rm -rf $image
	make_image $image
	# The image's own file of that name, if it has one, is not in the way.
	rm -rf "$at"
	mkdir -p "${at%/*}"
	case $1 in
	absent) ;;
	absolute) ln -s $victim/file "$at" ;;
	relative) ln -s "../../../../../../..$victim/file" "$at" ;;
	mounted) ln -s /v/file "$at" ;;
	above) ln -s ../../../v/file "$at" ;;
	nothing) ln -s /v/new "$at" ;;
	canary) ln -s /srv/canary/root "$at" ;;
	dangling) ln -s /nowhere/at/all "$at" ;;
	self) ln -s "${at##*/}" "$at" ;;
	loop)
		ln -s "${at##*/}.b" "$at"
		ln -s "${at##*/}" "$at.b"
		;;
	magic) ln -s /proc/self/fd/0 "$at" ;;
	process) ln -s /proc/1/root/etc/passwd "$at" ;;
	hard) ln $victim/file "$at" ;;
	fifo) mkfifo -m 666 "$at" ;;
	dir) mkdir "$at" ;;
	full) mkdir -p "$at/full" ;;
	readonly)
		echo planted >"$at"
		chmod 444 "$at"
		;;
	closed)
		echo planted >"$at"
		chmod 000 "$at"
		;;
	foreign) echo planted >"$at" ;;
	esac
	chown -hR alice:alice $image
	# Somebody's who is in none of the job's ranges.
	[ "$1" != foreign ] || chown 60000:60000 "$at"
	planted=$(tree $image)
	# A hard link counts there as well.
	before=$(tree $victim)
}
kinds='absent absolute relative mounted above nothing canary dangling self loop magic process hard fifo dir full readonly closed foreign'
# Where the same was done for another file, in a run that is not long.
few='mounted canary loop hard fifo full'
[ -z "${BERTH_LONG-}" ] || few=$kinds
# untouched NAME: nothing outside of the job is another one
untouched() {
	is "$(tree $victim)" "$before" "$1: the mounted directory is as it was"
	is "$(tree $image)" "$planted" "$1: so is the image"
	canary_is_untouched "$out$err" "$1: and nobody else's file was read or written"
}

cp /etc/resolv.conf /etc/hosts /run/arena/
# --- resolv.conf and hosts: replaced, whatever is there; a directory stays
for name in resolv.conf hosts; do
	which=$few
	[ $name = hosts ] || which=$kinds
	for kind in $which; do
		plant $kind /etc/$name
		run job "${USR[@]}" -v $victim:/v --network host $image sh -c "cat /etc/$name; echo x >>/etc/$name"
		case $kind in
		dir | full) want="" ;;
		*) want=$(cat /etc/$name) ;;
		esac
		is "$out" "$want" "C08 /etc/$name, $kind: what the job reads is the host's"
		isnt "$rc" 124 "C08 /etc/$name, $kind: nothing hangs"
		untouched "C08 /etc/$name, $kind"
	done
done
is "$(cmp /etc/resolv.conf /run/arena/resolv.conf 2>&1)$(cmp /etc/hosts /run/arena/hosts 2>&1)" "" "C08 the host's own are as they were"

# --- passwd and group, which are read for -u NAME; nothing is written for a number
for kind in $kinds; do
	plant $kind /etc/passwd
	run job "${USR[@]}" -v $victim:/v -u 7:7 -h planted $image sh -c 'id -u; cat /proc/sys/kernel/hostname'
	is "$rc:$out" "0:7"$'\n'planted "C08 /etc/passwd, $kind: a number needs none"
	untouched "C08 /etc/passwd, $kind"
done
for kind in $few; do
	plant $kind /etc/hostname
	run job "${USR[@]}" -v $victim:/v -h planted $image cat /proc/sys/kernel/hostname
	is "$rc:$out" "0:planted" "C08 /etc/hostname, $kind: it is not used"
	untouched "C08 /etc/hostname, $kind"
done

# --- the target of a secret, and of a file that is mounted: it is made where there is none, inside alone; what a
# link leads to inside is covered; what leads nowhere is refused.
for what in secret volume; do
	flags=(-v /home/alice/key:/etc/app/key:ro)
	which=$few
	[ $what = volume ] || {
		flags=(--secret "id=k,src=/home/alice/key,target=/etc/app/key")
		which=$kinds
	}
	for kind in $which; do
		plant $kind /etc/app/key
		run job "${USR[@]}" -v $victim:/v "${flags[@]}" $image sh -c 'cat /etc/app/key; echo x >/etc/app/key; rm -f /etc/app/key' </dev/null
		case $kind in
		absent | mounted | above | hard | fifo | readonly | closed | foreign)
			is "$out" "$token" "C08 $what, $kind: the job has it there"
			;;
		*) like "$rc:$out:$err" '^125::berth: .*/etc/app/key' "C08 $what, $kind: refused" ;;
		esac
		untouched "C08 $what, $kind"
	done
done

# While a directory above it and a link change places, on the host.
mkdir -p $victim/race
echo there >$victim/race/key
ln -s ../../../../../../srv/canary $victim/link
chown -hR alice:alice $victim
start_race() {
	setpriv --reuid=alice --regid=alice --init-groups "$TESTBIN/exchange" $victim/race $victim/link &
	racer=$!
}
names() {
	find $victim | sed 's/link/race/' | sort -u
	cat $victim/{link,race}/key 2>/dev/null
}
before=$(names)
start_race
wrong=0 ran=0 refused=0
for ((round = 0; round < rounds || (round < 20 * rounds && (ran == 0 || refused == 0)); round++)); do
	run job -v $victim:/v --secret id=k,src=/home/alice/key,target=/v/race/key host cat /v/race/key
	case $rc in
	0) [ "$out" = "$token" ] || [ "$out" = there ] || wrong=$((wrong + 1)) ;;
	1 | 125) [[ $out != *"$CANARY"* ]] || wrong=$((wrong + 1)) ;;
	*) wrong=$((wrong + 1)) ;;
	esac
	if [ "$rc" -eq 125 ]; then refused=$((refused + 1)); else ran=$((ran + 1)); fi
done
kill -KILL $racer
wait $racer 2>/dev/null
is "$wrong" 0 "C08 a target whose parent is exchanged for a link out: inside or refused, in $round jobs"
ok "C08 control: the directory was met ($ran)" test "$ran" -gt 0
ok "C08 control: so was the link ($refused)" test "$refused" -gt 0
is "$(names)" "$before" "C08 and nothing was made or written there"
canary_is_untouched "$out$err" "C08 nor behind the link"

# What is mounted in a job that runs stays when something is copied to it.
as alice berth run -d --name j -v /home/alice/key:/etc/key:ro --secret id=k,src=/home/alice/key host sleep 1000 >/dev/null
echo other >/home/alice/new
chown alice /home/alice/new
for target in /etc/key /run/secrets/k; do
	run as alice berth cp /home/alice/new j:$target
	like "$rc:$err" '^1:.*something is mounted there' "C08 cp to $target: refused"
	is "$(as alice berth exec j cat $target)" "$token" "C08 cp to $target: it is as it was"
done
is "$(cat /home/alice/key)" "$token" "C08 and so is the file on the host"
run as alice berth cp /home/alice/new j:/etc/new
is "$rc:$(as alice berth exec j cat /etc/new)" "0:other" "C08 control: beside it something can be put"
as alice berth rm -f j >/dev/null
is "$(grep -rla "$token" "$STATE")" "" "C08 no secret was written anywhere"
ok "C08 nothing is left of the jobs" jobs_are_gone
done_testing
