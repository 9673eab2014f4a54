#!/usr/bin/env bash
# C05 (CVE-2024-45310), for berth cp: a job that exchanges its names while files are copied out of it and
# into it, and archives that aim at what is outside. What its user has elsewhere is neither read nor
# changed. The program itself is attacked in c05_archive.t, with the controls.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
jobs_world security.confined
canary_plant
ROUNDS=20
[ -z "${BERTH_LONG-}" ] || ROUNDS=1000

secret=/home/alice/secret
as alice mkdir -p secret vol
echo "$CANARY" >$secret/deep
chown alice:alice $secret/deep
before=$(tree $secret)

make_image /home/alice/image
start='mkdir -p $1; cd $1; set --
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	mkdir d$i; echo inner >d$i/deep
	if [ $((i % 2)) = 0 ]; then ln -s /home/alice/secret l$i; else ln -s ../../../../../../../home/alice/secret l$i; fi
	set -- "$@" d$i l$i
done
: >/tmp/ready
exec /t/exchange "$@"'
# In the job's own root, and in a directory of the host's that it has: there the link that climbs could arrive.
for where in /race /vol/race; do
	as alice berth run -d --name j "${USR[@]}" -v "$TESTBIN:/t:ro" -v /home/alice/vol:/vol /home/alice/image \
	    sh -c "$start" sh $where >/dev/null
	ok "C05 $where: a job exchanges its names" wait_for 10 as alice berth exec j test -e /tmp/ready
	leaked=0 whole=0 by_path=0
	for ((i = 0; i < ROUNDS; i++)); do
		run as alice sh -c "berth cp -q j:$where - | tee all | grep -c '$CANARY'; berth cp -q j:$where/d$((i % 20 + 1))/../d$((i % 7 + 1))/deep - | tee one | grep -c '$CANARY'"
		[ "$out" = $'0\n0' ] || leaked=$((leaked + 1))
		! grep -q inner /home/alice/all || whole=$((whole + 1))
		! grep -q inner /home/alice/one || by_path=$((by_path + 1))
	done
	is "$leaked" 0 "C05 $where: nothing outside is copied out, in $((ROUNDS * 40)) looks at a name"
	ok "C05 $where: control: what is inside is ($whole, $by_path)" test "$whole" -gt 0 -a "$by_path" -gt 0
	run as alice timeout $((60 + ROUNDS)) berth cp -q "j:$where" out
	like "$rc" '^[01]$' "C05 $where: a copy ends"
	is "$(grep -rl "$CANARY" /home/alice/out)" "" "C05 $where: without what is outside"
	isnt "$(find /home/alice/out -type f 2>/dev/null | head -n 1)" "" "C05 $where: control: files were copied"
	python3 - >/home/alice/evil.tar <<PY
import io, sys, tarfile
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
    for i in range($((ROUNDS * 50))):
        for name in f"d{i % 20 + 1}/new{i}", f"d{(i + 7) % 20 + 1}/sub{i}/x":
            info = tarfile.TarInfo(name)
            info.size = 5
            archive.addfile(info, io.BytesIO(b"evil\n"))
PY
	run as alice sh -c "timeout $((120 + ROUNDS)) berth cp -q - j:$where <evil.tar"
	like "$rc" '^[01]$' "C05 $where: an archive is unpacked meanwhile"
	ok "C05 $where: into directories of the job's" as alice berth exec j sh -c "ls -d $where/d*/new* $where/l*/new* | grep -q ."
	is "$(tree $secret)" "$before" "C05 $where: nothing outside is changed"
	as alice berth rm -f j >/dev/null
	rm -rf /home/alice/out /home/alice/vol/race
done

# --- hostile archives through the whole way ---------------------------------------------------------------
as alice berth run -d --name j "${USR[@]}" /home/alice/image sleep 1000 >/dev/null
mkdir -p /tmp/outside
echo precious | tee /tmp/outside/victim >/etc/victim
chmod -R a+rwX /tmp/outside
around=$(tree /tmp/outside; cat /etc/victim)
inside=$(as alice berth exec j sh -c 'ls / /usr; ls -lA /etc')
as alice berth exec j touch /tmp/before
for name in link-absolute link-etc link-up link-chain hard-out hard-etc top-link devices set-id truncated-2 noise; do
	python3 "$TOP/tests/attack/tars.py" $name >/home/alice/evil.tar
	run as alice sh -c 'timeout 60 berth cp -q - j:/data <evil.tar'
	like "$rc" '^[01]$' "C05 $name into a job: ends"
	is "$(tree /tmp/outside; cat /etc/victim)" "$around" "C05 $name into a job: nothing on the host is changed"
done
is "$(as alice berth exec j sh -c 'ls / /usr; ls -lA /etc')" "$inside" "C05 nor elsewhere in the job"
run as alice berth exec j sh -c 'find / -xdev \( -type b -o -type c \) -newer /tmp/before'
is "$rc:$out" "0:" "C05 no device was made"
canary_is_untouched "" "C05 the canary is untouched"
done_testing
