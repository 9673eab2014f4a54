#!/usr/bin/env bash
# A39 (invariant 3): who is judged is counted, and who is counted has a line in the log, up to the limit. A
# limit of the caller's own, chosen to the byte, that lets the judgement through and keeps the line away
# would let anybody ask unseen what they may. And what is allowed makes no flood either.
. "${BASH_SOURCE[0]%/*}/launcher.sh"
arena_enter "$@"
needs python3 prlimit
launcher_world
engine_stays

# sweep NAME WORDS...: prlimit(1)'s words, one call each as carol. Prints how many were told what the
# policy says, how many calls there were, and how many others ended by themselves.
cat >/tmp/sweep.py <<'E2'
import os, subprocess, sys
launcher, told, other = sys.argv[1], 0, 0
def become():
    os.setgroups([])
    os.setresgid(1002, 1002, 1002)
    os.setresuid(1002, 1002, 1002)
for words in sys.argv[2:]:
    # Each is the first one: the limit on lines is not what is looked at.
    with open("/var/lib/berth/audit-rate", "r+b") as rate:
        rate.write(bytes(16384))
    end = subprocess.run(["prlimit", *words.split("+"), launcher, "start"], preexec_fn=become, cwd="/",
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    if b"refused" in end.stderr or end.returncode == 77:
        told += 1
    elif end.returncode > 0 and end.stderr.startswith(b"berth: "):
        other += 1
print(told, other)
E2
lines() {
	log_text | grep -c ' deny uid=1002 '
}
sweep() {
	local old
	old=$(lines)
	read -r told other < <(python3 /tmp/sweep.py "$LAUNCHER" "$@")
	logged=$(($(lines) - old))
}

sweep --nofile=64
is "$told:$logged" 1:1 "A39 control: a refusal is told, and logged"
# The smallest address space in which anything is told, to the page; then all from a little below it.
low=256 high=4096
while [ $((high - low)) -gt 1 ]; do
	middle=$(((low + high) / 2))
	run as carol prlimit --as=$((middle * 4096)) "$LAUNCHER" start
	if [ "$rc" -eq 77 ]; then
		high=$middle
	else
		low=$middle
	fi
done
words=()
for pages in $(seq $((high - 4)) $((high + 36))); do
	words+=("--as=$((pages * 4096))")
done
sweep "${words[@]}"
isnt "$told" 0 "A39 address space: control: some are told ($told of ${#words[@]}, from $high pages on)"
ok "A39 address space: control: and some are not" test "$told" -lt ${#words[@]}
is "$logged" "$told" "A39 address space: whoever is told has a line"
words=()
for size in 0 1 15 16 4096 16000 16383; do
	words+=("--fsize=$size" "--fsize=$size:")
done
sweep "${words[@]}"
is "$logged" "$told" "A39 sizes of files: whoever is told has a line"
isnt "$told" 0 "A39 sizes of files: control: some are told"
isnt "$other" 0 "A39 sizes of files: control: it is in the way ($other of ${#words[@]})"
words=()
for n in 3 4 5 6 7 8 9 10 11 12; do
	words+=("--nofile=$n" "--nofile=$n+--as=$((high * 4096))")
done
sweep "${words[@]}"
is "$logged" "$told" "A39 descriptors: whoever is told has a line"
isnt "$told" 0 "A39 descriptors: control: some are told"
sweep --data=1048576 --stack=65536 --memlock=0 --sigpending=0 --nproc=0 --cpu=5 --msgqueue=0 --locks=0
is "$logged" "$told" "A39 other limits: whoever is told has a line"
isnt "$told" 0 "A39 other limits: control: some are told"

# --- what is allowed ------------------------------------------------------------------------------------

allow alice
run as alice "$LAUNCHER" start
is "$rc" 0 "A39 an engine runs"
dd if=/dev/zero of=/var/lib/berth/audit-rate bs=16384 count=1 conv=notrunc status=none
before=$(log_text | wc -l)
# Each is allowed, and finds the lock taken.
read -r busy others seconds _ < <(python3 "$TOP/tests/attack/a39_many.py" alice 250 1 69 "$LAUNCHER" start)
is "$busy:$others" 250:0 "A39 250 more starts, allowed and in vain"
made=$(log_text | tail -n +$((before + 1)) | grep -c ' allow uid=1000 ')
ok "A39 control: the log has lines of them ($made)" test "$made" -ge 100
ok "A39 and no more than 100 in ten seconds ($seconds s)" test "$made" -le $((100 * ((seconds + 1) / 10 + 1)))
allow alice "revoked = 2026-01-01T00:00:00Z"
sed -i '/^entitlements/d' "$ALLOW/uid-1000.conf"
run as alice "$LAUNCHER" start
is "$rc" 77 "A39 then she is refused"
like "$(log_text | tail -n 1)" ' deny uid=1000 ' "A39 which is logged: what was allowed does not use up those lines"
stop_engines
done_testing
