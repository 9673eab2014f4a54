#!/usr/bin/env bash
# Where a file system cannot be mapped: one owner all the same, by a namespace of the job's own in which its
# uid is the user; berth says so. Where that is no way for the job it is refused, with what would be one.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
grant alice security.confined idmap.mount 'mount=*' --engine=any >/dev/null
mkdir /srv/ramfs && mount -t ramfs ramfs /srv/ramfs && mkdir /srv/ramfs/{a,b} && echo old >/srv/ramfs/a/old
chown -R alice: /srv/ramfs
A=(-v "/srv/ramfs/a:/d:uid=101,gid=102")
note=' cannot belong to 101:102 in the job; so the job runs in a namespace of its own, as with --once'
loud() {
	as alice timeout -k 5 $JOB_SECONDS berth run "$@"
}
# instead WANT NAME FLAGS...: it runs, and berth says how
instead() {
	local want=$1 name=$2
	shift 2
	run loud "$@"
	is "$rc:$out" "0:$want" "$name"
	like "$(wc -l <<<"$err"):$err" "^1:berth: /srv/ramfs/[ab/old]*$note" "$name: one line says so"
}

instead '101 102 101:102 old' "what is the user's belongs to the one that was asked for" "${A[@]}" -u 101:102 --name same host \
    sh -c 'echo new >/d/new; echo $(id -u) $(id -g) $(stat -c %u:%g /d/new) $(cat /d/old)'
is "$(stat -c %U:%G /srv/ramfs/a/new)" alice:alice "and what that one writes is the user's on the host"
ok "nothing is left, of neither try" jobs_are_gone
for i in {1..5}; do
	run loud "${A[@]}" --name same host true
	is "$rc" 0 "its name is free for the second try: $i"
done
instead '0 101:102' "the job's user is who it was, root here" "${A[@]}" host sh -c 'echo $(id -u) $(stat -c %u:%g /d/old)'
instead '101:102 101:102' "another directory that is only read" "${A[@]}" -v /srv/ramfs/b:/e:ro host sh -c 'echo $(stat -c %u:%g /d /e)'
instead '101:102 101:102' "two with the same owner" "${A[@]}" -v /srv/ramfs/b:/e:uid=101,gid=102 host sh -c 'echo $(stat -c %u:%g /d /e)'
instead '101:102' "one of them could be mapped" "${A[@]}" -v /home/alice:/e:uid=101,gid=102 host stat -c %u:%g /e
instead '101:102' "a file" --mount type=bind,src=/srv/ramfs/a,dst=/d,uid=101,gid=102 -v /srv/ramfs/a/old:/f:uid=101,gid=102 host stat -c %u:%g /f
instead in "what is typed gets there" "${A[@]}" -i host cat <<<in
instead 101:102 "with --once as well" "${A[@]}" --once host stat -c %u:%g /d
run loud -q "${A[@]}" host stat -c %u:%g /d
is "$rc:$out:$err" "0:101:102:" "-q: not a word about it"
run loud "${A[@]}" host sh -c 'exit 7'
is "$rc" 7 "its status is the job's"
run loud --cidfile /home/alice/id "${A[@]}" host true
like "$rc:$(cat /home/alice/id)" '^0:[0-9a-f]{12}' "--cidfile: the one that ran"
install -d -o alice -g lab -m 2770 /home/alice/lab
run loud -v /home/alice/lab:/d:uid=101,gid=102 -u 101:102 host sh -c 'touch /d/new; stat -c %u /d/new'
like "$rc:$out:$err" "^0:101:berth: /home/alice/lab$note" "what the supervisor finds out: a group of others"
is "$(stat -c %U:%G /home/alice/lab/new)" alice:lab "which has on the host what is made there"
run loud -v /home/alice:/d:uid=101,gid=102 host grep -c 101 /proc/self/uid_map
is "$rc:$out:$err" "1:0:" "control: what can be mapped is, in the usual namespace"

# --- no way ----------------------------------------------------------------------------------------
refused() {
	local regex=$1 name=$2
	shift 2
	run loud "${A[@]}" "$@" host echo ran
	complained 125 "its file system \(ramfs\) is none that berth maps.*$regex" "$name"
	ok "$name: nothing is left" jobs_are_gone
}
refused 'can have one owner only' "two owners" -v /srv/ramfs/b:/e:uid=1,gid=1
refused 'can have one owner only' "two groups" -v /srv/ramfs/b:/e:uid=101,gid=1
refused 'the same uid= and gid= for each, or ro' "one that the job's root writes to" -v /srv/ramfs/b:/e
refused 'the same uid= and gid= for each, or ro' "a volume" -v vol:/e
refused 'without -d it would run' "-d" -d
mkdir /srv/ramfs/others
refused "it is not the caller's own: mount it without uid and gid" "one of somebody else's beside" \
    -v /srv/ramfs/others:/e:uid=101,gid=102
for ids in uid=65534,gid=102 uid=102,gid=65534; do
	run loud -v "/srv/ramfs/a:/d:$ids" host echo ran
	like "$rc:$out:$err" '^125::.*its file system \(ramfs\).*other numbers than 65534' "$ids, which would make everybody the user"
done
run loud --userns=keep-id "${A[@]}" host true
like "$rc:$err" '125:.*uid=101,gid=102 of /d contradicts the map.*1000:1000' "a map of its own already"
run loud --userns=keep-id:uid=101,gid=102 "${A[@]}" host stat -c %u:%g /d
is "$rc:$out:$err" "0:101:102:" "or the same thing, said by hand"
run grant alice --engine=shared
refused 'ext4.*; or have an engine of one call allowed:  sudo berth grant 1000 --engine=any' "a grant without such an engine"
done_testing
