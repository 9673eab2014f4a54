#!/usr/bin/env bash
# C04 (CVE-2024-21626), for berth cp: paths that go by a descriptor, a working directory or a root that
# procfs shows, in both directions; and links of the job's that do. None leads out of the job's root.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
jobs_world security.confined
canary_plant
FDS=24
[ -z "${BERTH_LONG-}" ] || FDS=1023

# What the job must not see is the user's own: its reader may.
secret=/home/alice/secret
as alice mkdir -p secret
echo "$CANARY" >$secret/deep
chown alice:alice $secret/deep
before=$(tree $secret)
make_image /home/alice/image
as alice berth run -d --name j "${USR[@]}" -v "$TESTBIN:/t:ro" /home/alice/image sh -c 'mkdir /data/d; cd /data; echo inner >d/deep; ln -s d in
	ln -s /home/alice/secret abs; ln -s ../../../../../../../home/alice/secret up
	ln -s /proc/self/fd/3 fd; ln -s /proc/self/root root; ln -s /proc/1/root one; ln -s /proc/self/cwd cwd; ln -s /proc/thread-self/root thread
	: >/tmp/ready; exec sleep 1000' >/dev/null
ok "C04 a job runs" wait_for 10 as alice berth exec j test -e /tmp/ready

# A copier that goes by the name that the host has for the job's root, as was usual once.
ok "C04 control: its command runs" wait_for 10 pgrep -x sleep
pid=$(pgrep -xn sleep)
is "$(cat "/proc/$pid/root/data/abs/deep")" "$CANARY" "C04 control: who goes by a path of the host's leaves the root"
is "$(cat /proc/self/root/home/alice/secret/deep)" "$CANARY" "C04 control: and by a link of procfs"

paths=()
for ((n = 0; n <= FDS; n++)); do
	paths+=("/proc/self/fd/$n/../../home/alice/secret/deep" "/dev/fd/$n/home/alice/secret/deep")
done
for via in /proc/self/root /proc/self/cwd/../.. /proc/1/root /proc/1/cwd/../.. /proc/thread-self/root /proc/self/task/1/root \
    /data/abs /data/up /data/fd /data/root /data/one /data/cwd /data/thread; do
	paths+=("$via/home/alice/secret/deep" "$via/secret/deep" "$via/deep")
done
paths+=(/../../../home/alice/secret/deep /data/d/../../../../home/alice/secret/deep)

said=
for path in "${paths[@]}"; do
	run as alice timeout 60 berth cp -q "j:$path" got
	[ "$rc" = 1 ] || said="$said $path:$rc"
	[ ! -e /home/alice/got ] || said="$said $path is here"
	run as alice timeout 60 berth cp -q image/etc/passwd "j:$path"
	[ "$rc" = 1 ] || said="$said into $path:$rc"
done
is "$said" "" "C04 none of ${#paths[@]} paths leads to the secret, nor is anything put there"
is "$(tree $secret)" "$before" "C04 it is as it was"

# With -L, and into what such a link names.
run as alice sh -c "berth cp -q -L j:/data/in - | tar -x -O"
is "$out" inner "C04 control: a link within the root is followed"
said=
for link in abs up fd root one cwd thread; do
	for end in '' / /.; do
		run as alice sh -c "berth cp -q -L j:/data/$link$end - | tar -x -O 2>/dev/null"
		[[ $out$err != *"$CANARY"* ]] || said="$said $link$end"
		run as alice timeout 60 berth cp -q image/etc/passwd "j:/data/$link$end"
	done
done
is "$said" "" "C04 nor by a link that is the source"
is "$(tree $secret)" "$before" "C04 or the destination"
is "$(as alice find /home/alice -path '*/work' -prune -o -name passwd -not -path '/home/alice/image/*' -not -path '/home/alice/state/*' -print)" "" "C04 nothing was put elsewhere here"
canary_is_untouched "" "C04 the canary is untouched"
done_testing
