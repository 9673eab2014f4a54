#!/usr/bin/env bash
# C11 (CVE-2019-14271, CVE-2022-1227): a program of the runtime executes or loads a file of the container
# with the runtime's rights. Here no program of berth maps any code after its own start, and the first file
# of the image that is executed is the job's command, by a process in the job's root that has its filter.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs strace python3
grant alice security.confined --engine=any >/dev/null
image=/home/alice/image
make_image $image
rm $image/bin $image/sbin $image/lib* 2>/dev/null
cp "$TESTBIN/whoami" $image/cmd
# What a runtime could be led to execute or load: each of it would leave a mark.
printf '#!/cmd\n' >/run/arena/trap
for name in sh mount umount id getent ps tar ip iptables modprobe newuidmap newgidmap fusermount ldconfig hostname unpigz pivot init; do
	install -D -m 755 /run/arena/trap "$image/bin/$name"
	install -D -m 755 /run/arena/trap "$image/usr/bin/$name"
done
cp $image/cmd $image/docker-entrypoint.sh
for name in libc.so.6 libnss_files.so.2 libnss_compat.so.2 libnss_systemd.so.2 libgcc_s.so.1 libarchive.so.13 ld-linux-x86-64.so.2; do
	for dir in lib64 lib/x86_64-linux-gnu usr/lib/x86_64-linux-gnu; do
		install -D -m 755 /usr/bin/true "$image/$dir/$name"
	done
done
install -D -m 755 /usr/bin/true $image/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache
echo /lib/x86_64-linux-gnu/libc.so.6 >$image/etc/ld.so.preload
echo 'passwd: systemd compat files' | tee $image/etc/nsswitch.conf >/dev/null
echo 'app:x:7:7::/:/bin/sh' >>$image/etc/passwd
chown -R alice:alice $image

# traced USER SCRIPT COMMAND...: a script of calls of berth, each program of which is judged; $seen
# and $executed tell what was seen at all
traced() {
	local user=$1 script=$2
	shift 2
	(cd /home/$user && exec env -i HOME=/home/$user PATH=/usr/local/bin:/usr/bin:/bin timeout -k 5 200 \
	    strace -f -qq -y -s 200 --pidns-translation -u $user -e trace=execve,execveat,mmap,mprotect,open,openat,openat2,seccomp,pivot_root,clone,clone3,fork,vfork \
	    -o /run/arena/trace sh -c "$script") >/run/arena/out 2>&1 </dev/null
	rc=$?
	out=$(cat /run/arena/out)
	python3 "$TOP/tests/attack/c11_trace.py" /run/arena/trace "$@" >/run/arena/verdict
	seen=$(sed -n 's/^seen: //p' /run/arena/verdict)
	executed=$(sed -n 's/^executed: //p' /run/arena/verdict)
	verdict=$(grep -vE '^(seen|executed): ' /run/arena/verdict)
}

traced alice "berth run -q --once -u app $image /cmd" /cmd
like "$out" '^7:7 7:7' "C11 control: --once: the job ran"
is "$seen|$executed" "a command a root berth berth-engine berth-launcher|/cmd" "C11 control: --once: all programs were seen, and the command"
is "$verdict" "" "C11 --once: nothing else of the image is executed, mapped or read"
traced alice "berth run -q -e PATH=/usr/bin:/bin:/ $image cmd; berth run -q --tmpfs /x --network none $image /docker-entrypoint.sh; berth daemon stop" \
    /usr/bin/cmd /bin/cmd /cmd //cmd /docker-entrypoint.sh
like "$out" '^0:0 0:0' "C11 control: an engine: the jobs ran"
is "$seen|$executed" "a command a root berth berth-engine berth-launcher|//cmd /docker-entrypoint.sh" "C11 control: an engine: and were seen"
is "$verdict" "" "C11 an engine: nothing else of the image is executed, mapped or read"
# What serves a job that runs looks into it as well.
traced alice "berth run -q -d --name j $image /cmd stay; berth exec -u app j /cmd; berth exec -d j cmd; berth top j; berth stats --no-stream j
    berth logs j; berth cp j:/etc/passwd /home/alice/copy; berth cp /home/alice/copy j:/new; berth stop -t 0 j; berth start j
    berth cp j:/new /home/alice/again; berth rm -f j; berth daemon stop" \
    /cmd /usr/local/sbin/cmd /usr/local/bin/cmd /usr/sbin/cmd /usr/bin/cmd /sbin/cmd /bin/cmd
like "$out" $'\n7:7 7:7 ' "C11 control: a job that lives: a process has entered"
ok "C11 control: a job that lives: a file came back" cmp /home/alice/again $image/etc/passwd
is "$seen|$executed" "a command a root berth berth-archive berth-engine berth-launcher|/cmd /cmd /cmd" \
    "C11 control: a job that lives: all programs were seen"
is "$verdict" "" "C11 a job that lives: nothing else of the image is executed, mapped or read"
mv /home/alice/image /home/bob/image
chown -R bob:bob /home/bob/image
traced bob "berth run -q /home/bob/image /cmd; berth daemon stop" /cmd
like "$out" '^0:0 0:0' "C11 control: without a grant: the job ran"
is "$seen|$executed" "a command a root berth berth-engine|/cmd" "C11 control: without a grant: and was seen"
is "$verdict" "" "C11 without a grant: nothing else of the image is executed, mapped or read"
ok "C11 nothing is left of the jobs" jobs_are_gone
done_testing
