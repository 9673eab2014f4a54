#!/usr/bin/env bash
# A job whose volume is filled from a slow disk: who starts it waits, and nobody is told that its engine hangs.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs strace
jobs_world security.confined
make_image /home/alice/img
for i in 1 2 3 4 5; do echo "$i" >"/home/alice/img/data/$i"; done
chown -R alice: /home/alice/img
as alice berth run -q -d --name slow "${USR[@]}" -v vol:/data /home/alice/img true >/dev/null
as alice berth wait slow >/dev/null
as alice berth volume rm -f vol >/dev/null
as alice berth daemon stop >/dev/null
as alice berth daemon start >/dev/null
strace -f -p "$(engine_pid alice)" -o /run/arena/trace -e trace=copy_file_range \
    -e inject=copy_file_range:delay_enter=5000000 2>/run/arena/strace &
tracer=$!
wait_for 20 grep -q attached /run/arena/strace
as alice timeout 200 berth start slow >/run/arena/slow 2>&1 &
start=$!
wait_for 20 grep -q copy_file_range /run/arena/trace
run as alice timeout 100 berth -q kill slow
is "$rc:$err" "69:berth: there was no answer for 10 seconds
  the engine is well: the job is still being set up, or stopped
  try again when it runs; its state:  berth ps -a" "a job that is set up slowly: nobody is told to kill its engine"
rc=0
wait $start || rc=$?
is "$rc:$(cat /run/arena/slow)" "0:berth: job slow has not started yet
slow" "and who starts it waits until it has"
kill "$tracer"
done_testing
