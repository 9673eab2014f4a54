#!/usr/bin/env bash
# run -d: the job runs by itself, is kept with its log and its status, and nobody has to stay for it.
# What the flags of a job's life do: --rm, --restart, --cidfile, --label, --stop-signal, --timeout,
# --security-opt, --keep-groups. How they are understood is in run_flags.t.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs jq python3
jobs_world security.confined
install -d -o alice -g alice /home/alice/h
H=(-v /home/alice/h:/h)

# detach FLAGS... IMAGE CMD...: run -d; the id goes to $id
detach() {
	b run -d "${H[@]}" "$@"
	id=$out
}
state_is() {
	[ "$(inspected "$2" .state)" = "$1" ]
}
ids() {
	ls -A "$STATE/jobs"
}
holds_line() {
	[ "$(sed -n "$2p" "/home/alice/h/$1" 2>/dev/null)" = "$3" ]
}

# --- what is printed, and what stays
detach host sh -c 'echo up >/h/up; exec sleep 1000'
like "$rc:$id:$err" '^0:[0-9a-f]{12,64}:$' "run -d prints an id, and nothing else"
is "$(wc -l <<<"$out")" 1 "on a line of its own"
ok "the command runs" wait_for 20 test -s /home/alice/h/up
is "$(ids)" "$id" "its directory has the whole id"
b stop "$id"
is "$rc" 0 "berth stop ends it"
is "$(ids)" "$id" "it is kept"
b rm "$id"
is "$rc:$(ids)" "0:" "until it is removed"
is "$(as alice berth run -d --rm --format=json --name web host true | jq -r '[.name, (.id | test("^[0-9a-f]+$"))] | map(tostring) | join(" ")')" \
    "web true" "in JSON: id and name"
ok "--rm: nothing is left of it" jobs_are_gone

# The streams of the caller are not the job's: who waits for their end does not wait for the job.
out=$(as alice timeout 100 berth run -d --rm "${H[@]}" host sh -c 'for fd in 0 1 2; do s="$s$(readlink /proc/$$/fd/$fd) "; done; echo "$s" >/h/streams; until [ -e /h/go ]; do sleep 0.05; done' 2>&1 </etc/passwd | cat)
like "$out" '^[0-9a-f]+$' "a pipe behind it ends"
wait_for 20 grep -q pipe /home/alice/h/streams
like "$(cat /home/alice/h/streams)" '^/dev/null pipe:.* pipe:' "its input is /dev/null, its output goes to the log"
touch /home/alice/h/go
ok "and it ends by itself" jobs_are_gone

detach -i --rm --name in host sh -c 'read -r line; echo "$line" >/h/line'
is "$(inspected in .state)" running "-d -i: its input stays open"
as alice timeout 100 berth attach in <<<'typed later' >/dev/null
ok "for who attaches" wait_for 20 grep -qx 'typed later' /home/alice/h/line
ok "-d -i: gone" jobs_are_gone
detach -t --rm host sh -c 'tty >/h/tty; test -t 0 && test -t 1 && test -t 2 && echo all >>/h/tty'
ok "-d -t: three streams are one terminal" wait_for 20 holds_line tty 2 all
ok "-d -t: gone" jobs_are_gone

# --- what it wrote, and how it ended
detach --name told host sh -c 'echo to stdout; echo to stderr >&2; exit 7'
b wait told
is "$rc:$out" "0:7" "the status is kept"
b logs told
is "$rc:$out:$err" "0:to stdout:to stderr" "and what it wrote"
fails_with_name() {
	b run "$@" --name told host true
	like "$rc:$out:$err" "^125::berth: the name is in use: told" "the name is taken as long as it is there: run $*"
}
fails_with_name -d
fails_with_name
b rm told
detach --timeout 1 host sleep 1000
b wait "$id"
is "$out" 124 "--timeout ends it"
b rm "$id"

# --- what is not started leaves nothing
for command in nosuch:127 /etc/passwd:126; do
	b run -d --cidfile /home/alice/cid --name none host "${command%:*}"
	like "$rc:$out:$err" "^${command#*:}::berth: cannot run ${command%:*} in the job" "${command%:*}: the status says so, nothing is printed"
	ok "${command%:*}: nothing is left of it" jobs_are_gone
	is "$(ls /home/alice/cid "$STATE"/names/none 2>/dev/null)" "" "${command%:*}: no name, no cidfile"
done
b run -d --cidfile /home/alice/cid --network host host true
like "$rc:$out:$err" '^125::berth: refused: network.host' "what is refused is not started"
b run -d -w /nosuch host true
like "$rc:$out:$err" '^125::berth: .*working directory' "nor what cannot be"
is "$(ids)$(ls /home/alice/cid 2>/dev/null)" "" "nothing is left of them"

# --- --cidfile, --label
detach --rm=true --cidfile /home/alice/cid -l stage=test --label=empty host sleep 1000
is "$(cat /home/alice/cid)" "$id" "--cidfile has what is printed"
is "$(as alice berth ps -q --no-trunc --filter label=stage=test)" "$id" "--label: ps finds it"
b ps -q --filter label=stage=prod
is "$rc:$out" 0: "and no other value"
b rm -f "$id"
ok "--rm with rm -f" jobs_are_gone
is "$(cat /home/alice/cid)" "$id" "the cidfile stays"

# --- --stop-signal
detach --rm --stop-signal=USR1 host sh -c 'trap "echo usr1 >/h/sig; exit 3" USR1; trap "echo term >/h/sig" TERM; echo up >/h/ready; while :; do sleep 0.05; done'
wait_for 20 test -s /home/alice/h/ready
b stop "$id"
is "$rc:$(cat /home/alice/h/sig)" "0:usr1" "--stop-signal is what stop sends"
ok "--stop-signal: gone" jobs_are_gone

# --- --security-opt, --keep-groups
detach --rm --security-opt no-new-privileges host sh -c 'grep NoNewPrivs /proc/self/status >/h/nnp'
ok "no-new-privileges" wait_for 20 grep -q '1$' /home/alice/h/nnp
run job host grep NoNewPrivs /proc/self/status
like "$out" '0$' "control: without it there is none"
run job --keep-groups host sh -c 'id -G'
like "$out" '65534' "--keep-groups: the caller's other groups are there, without a number"
run job host id -G
is "$rc:$out" 0:0 "control: without it they are not"

# --- --restart
# runs NAME: so many lines has the job written
runs() {
	wc -l <"/home/alice/h/$1" 2>/dev/null || echo 0
}
has_run() {
	[ "$(runs "$1")" -ge "$2" ]
}
detach --name fail --restart on-failure:2 host sh -c 'echo x >>/h/fail; exit 3'
ok "--restart on-failure:2: three runs" wait_for 20 has_run fail 3
ok "and then it is over" wait_for 20 state_is exited fail
is "$(runs fail):$(inspected fail .restarts)" "3:2" "not more"
detach --name good --restart on-failure host sh -c 'echo x >>/h/good'
ok "on-failure: not after 0" wait_for 20 state_is exited good
is "$(runs good)" 1 "it ran once"
detach --name ever --restart always host sh -c 'echo x >>/h/ever'
ok "--restart always: after 0 too" wait_for 20 has_run ever 3
b stop ever
is "$rc:$(inspected ever .state)" "0:exited" "until a person stops it"
before=$(runs ever)
b ps -q
is "$(runs ever):$out" "$before:" "then no more"
b rm fail good ever

# --- --rm=false, in the foreground
b run --rm=false --name kept host sh -c 'echo x >>/mark; cat /mark; exit 3'
is "$rc:$out:$err" "3:x:" "--rm=false: a job in the foreground"
is "$(inspected kept .state) $(inspected kept .status) $(inspected kept .kept)" "exited 3 true" "is kept as well"
b start -a kept
is "$rc:$out" $'3:x\nx' "with what it wrote to its root directory"
b rm kept
grant alice --engine=any >/dev/null
run as_env alice SLURM_JOB_ID=1 -- berth run -d host true
like "$rc:$out:$err" '^125::berth: -d is not possible here' "in a batch job, which has engines of a call alone, -d is refused"
grant alice --engine=shared >/dev/null
b run -d --rm host true
is "$rc" 0 "control: with a shared engine it is not"
ok "nothing is left of it" jobs_are_gone

# --- whoever goes, it stays
cat >/tmp/closed.py <<'END'
import os, sys
sys.path.insert(0, sys.argv[1] + "/tests/lib")
from onpty import Terminal
t = Terminal("bash", "--norc", "--noprofile", "-i", env={"PS1": "outer> "})
t.expect("outer> ")
t.type("berth run -d -v /home/alice/h:/h --name far host sh -c 'until [ -e /h/near ]; do sleep 0.05; done; echo over >/h/far'\r")
t.expect("[0-9a-f]{12}\r\n")
t.hang_up()
END
as alice python3 /tmp/closed.py "$TOP"
is "$(inspected far .state)" running "the terminal that it was started at is closed: it runs"
pkill -KILL -x berth-engine
wait_for 20 sh -c '! pgrep -x berth-engine'
is "$(inspected far .state)" running "its engine is killed: the next one knows it"
touch /home/alice/h/near
ok "it goes on to its end" wait_for 20 grep -qx over /home/alice/h/far
b wait far
is "$rc:$out" "0:0" "which the next engine knows"
b rm far
ok "nothing is left of all these jobs" jobs_are_gone
done_testing
