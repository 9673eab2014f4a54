#!/usr/bin/env bash
# kill -9 of the engine, of a job's supervisor or of who removes it, exactly at one of its system calls,
# while something is done with a job that lives by itself: the numbered steps are the calls, which the
# listing at the beginning of each pair counts. After each: the command ends, with a message when it
# failed; the next engine finds what runs; what runs can be entered, read and stopped; what is over has
# one status, whoever asks; the log is whole but for one line; no job has two supervisors, none ran twice;
# rm -f leaves no file, no name, no process and no mount.
#
# A sample in `make check`, chosen by FAULT_SEED; every call of every victim when BERTH_LONG is set.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
. "$TOP/tests/fault/live.sh"
live 4 1 run:engine,supervisor start:engine,supervisor stop:engine,supervisor kill:engine,supervisor \
	exec:engine,supervisor,command "restart:engine,supervisor,next one" rm:engine,worker \
	"rm -f:engine,supervisor,worker" prune:engine,worker end:engine,supervisor rotation:supervisor
done_testing
