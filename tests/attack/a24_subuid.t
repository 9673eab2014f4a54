#!/usr/bin/env bash
# A24, the client's part: a hostile /etc/subuid. Without a grant berth takes the user's range from there,
# and newuidmap(1) makes the map. What is no range, or holds what no map may hold, is passed over: the
# map is the golden one, or that of one id.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
needs newuidmap newgidmap
if [ "$(cat /proc/sys/kernel/unprivileged_userns_clone 2>/dev/null || echo 1)" = 0 ]; then
	skip_all "this host closes user namespaces to users"
fi

no_engine() {
	! pgrep -x 'berth-engine|berth-init|berth-job' >/dev/null
}
# map_of NAME WANTED: dave's map of users, with /etc/subuid as it is; WANTED is its second line
map_of() {
	run as dave timeout 60 berth run -q host cat /proc/self/uid_map
	is "$rc:$(tr -s ' ' <<<"$out" | sed 's/^ //')" "0:0 1003 1${2:+
$2}" "A24 /etc/subuid: $1"
	pkill -KILL -x berth-engine
	wait_for 5 no_engine
}
# TEXT is a format: it has bytes in it that no word of a shell has.
# shellcheck disable=SC2059
gives() {
	printf "$1" >/etc/subuid
	map_of "$2" "$3"
}
# shellcheck disable=SC2059
none() {
	local line
	for line; do
		printf "$line\n" >/etc/subuid
		map_of "'$line' gives no range" ""
	done
}
right='dave:296608:65536\n'

gives "$right" "control: a right line" "1 296608 65536"
gives "${right%??}" "a last line without an end" "1 296608 65536"
gives "alice:296608:65536\n$right" "somebody else's too: what the administrator wrote" "1 296608 65536"
gives "dave:296608:100\ndave:396608:100\n" "two rows: the first" "1 296608 100"
gives "1003:396608:100\n$right" "by number and by name: the first" "1 396608 100"
gives "$right$right" "twice the same" "1 296608 65536"
gives "dave:0:65536\ndave:65534:1\ndave:1003:1\n$right" "behind three that hold what they must not" "1 296608 65536"
none 'dave:0:1' 'dave:33:1' 'dave:1:70000' 'dave:1003:1' 'dave:65534:1' 'dave:65534:65536' 'dave:65535:1' 'dave:2147399999:2'
none 'dave:296608:0' 'dave:296608:4294670688' 'dave:4294967295:1' 'dave:296608:4294967295' 'dave:4295263904:65536' \
    'dave:18446744073709848224:65536' 'dave:-1:5' 'dave:296608:-5'
none 'dave:296608:65536\r' '\357\273\277dave:296608:65536' 'dave\0:296608:65536' 'dave :296608:65536' 'Dave:296608:65536' \
    '+:296608:65536' '*:296608:65536' '01003:296608:65536' '0:296608:65536'

# What is not a file of a size that anybody needs.
seq -f 'user%.0f:100000:65536' 1000000 >/etc/subuid
echo dave:296608:65536 >>/etc/subuid
map_of "a million lines before it: more than is read" ""
head -c 100000000 /dev/zero >/etc/subuid
map_of "100 MB of nothing" ""
for kind in unreadable directory loop missing; do
	rm -rf /etc/subuid
	case $kind in
	unreadable) echo dave:296608:65536 >/etc/subuid && chmod 0600 /etc/subuid ;;
	directory) mkdir /etc/subuid ;;
	loop) ln -s subuid /etc/subuid ;;
	esac
	map_of "$kind" ""
done
rm -rf /etc/subuid
echo dave:296608:65536 >/etc/subuid
map_of "control: and as it was" "1 296608 65536"
done_testing
