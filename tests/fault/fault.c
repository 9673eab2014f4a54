/* SPDX-License-Identifier: ISC */
/*
 * fault run UID WHO N WHAT PROGRAM ARGS...     a program, setuid ones included, as UID and its group
 * fault attach PID WHO N WHAT                  a process that runs already
 * Counts all system calls of each process: that one is number 0, what it makes is numbered in the
 * order of making. At the N-th call of process WHO it does WHAT: EPERM, EACCES, ENOMEM, EINTR, EMFILE,
 * ENOSPC (the call is not made and fails with that; close(2) is made), zero (it is not made and
 * returns 0), kill (SIGKILL before the call is made) or stop (it stays there for STOP_MS while the
 * others go on, and is killed then). "WHAT:CALL" does it at the N-th call that has that number: a few
 * calls more or less before it, as others are faster or slower, make no difference. With N 0 it prints
 * each call instead: "fault: WHO N CALL RESULT FIRST", in numbers, N of all, the first argument last.
 * attach ends at SIGTERM, and lets nothing happen then.
 * Ends when the program does, with its status; attach: when the fault has happened or the process has
 * ended. Who is traced at that moment goes on untraced. Status 98: the fault did not happen.
 * strace(1) can say neither "the N-th call of all" nor "until the first process has ended".
 * TRUST: unprivileged
 * INPUT: a test's words
 * MUST: let the program run with its setuid bit honoured: a tracer needs CAP_SYS_PTRACE for that
 */
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_A_CALL 0xffffffffffffffffULL
#define STOP_MS 60
#define NEVER_HAPPENED 98

#define PROCESSES 256
static struct process {
	pid_t pid;
	bool inside; /* between entry and exit of a call */
	bool hit;
	long calls;
	unsigned long long nr;
	unsigned long long first;
} table[PROCESSES];

static int who;
static long when;
static char *what;
static long only = -1; /* the number of a call */
static bool attached, started, over;
static volatile sig_atomic_t happened;
static pid_t stays; /* the one that was stopped */

static struct process *
find(pid_t pid)
{
	for (int i = 0; i < PROCESSES; i++) {
		if (table[i].pid == 0)
			table[i].pid = pid;
		if (table[i].pid == pid)
			return (&table[i]);
	}
	errx(99, "too many processes");
}

static long long
failure(void)
{
	static const struct {
		const char *name;
		int number;
	} errors[] = { { "EPERM", EPERM }, { "EACCES", EACCES }, { "ENOMEM", ENOMEM },
		{ "EINTR", EINTR }, { "EMFILE", EMFILE }, { "ENOSPC", ENOSPC } };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strcmp(what, errors[i].name) == 0)
			return (-errors[i].number);
	}
	return (0);
}

static void
on_alarm(int sig)
{
	(void)sig;
	kill(stays, SIGKILL);
}

/* Either it has happened, and is waited for, or it never will. */
static void
on_end(int sig)
{
	(void)sig;
	if (!happened)
		_exit(NEVER_HAPPENED);
}

/* False: the process stays where it is. */
static bool
do_fault(struct process *process, struct user_regs_struct *regs)
{
	const struct itimerval later = { .it_value = { .tv_usec = STOP_MS * 1000 } };

	happened = 1;
	if (strcmp(what, "stop") == 0) {
		stays = process->pid;
		setitimer(ITIMER_REAL, &later, NULL);
		return (false);
	}
	if (strcmp(what, "kill") == 0)
		kill(process->pid, SIGKILL);
	process->hit = true;
	/* close(2) closes even when it fails. */
	if (regs->orig_rax != SYS_close || strcmp(what, "kill") == 0)
		regs->orig_rax = NOT_A_CALL;
	ptrace(PTRACE_SETREGS, process->pid, NULL, regs);
	return (true);
}

static bool
at_call(struct process *process)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, process->pid, NULL, &regs) < 0)
		return (true);
	process->inside = !process->inside;
	if (process->inside) {
		process->nr = regs.orig_rax;
		process->first = regs.rdi;
		process->calls += started && (only < 0 || only == (long)process->nr);
		if (started && when > 0 && !happened && process == &table[who] &&
		    process->calls == when)
			return (do_fault(process, &regs));
		return (true);
	}
	if (process->hit) {
		regs.rax = (unsigned long long)failure();
		ptrace(PTRACE_SETREGS, process->pid, NULL, &regs);
		process->hit = false;
		over = attached;
	} else if (when == 0 && process->calls > 0) {
		fprintf(stderr, "fault: %ld %ld %llu %lld %lld\n", (long)(process - table),
		    process->calls, process->nr, (long long)regs.rax, (long long)process->first);
	}
	return (true);
}

static void
stopped(pid_t pid, int status)
{
	int sig = WSTOPSIG(status);
	struct process *process = find(pid);

	if (sig == (SIGTRAP | 0x80)) {
		if (!at_call(process))
			return;
		sig = 0;
	} else if (status >> 16 != 0) {
		/* An event of ptrace(2)'s own: a new child, an exec, a group-stop. */
		started = started || status >> 16 == PTRACE_EVENT_EXEC;
		sig = 0;
	}
	ptrace(
	    happened && !process->hit ? PTRACE_CONT : PTRACE_SYSCALL, pid, NULL, (void *)(long)sig);
}

static int
follow(void)
{
	int status;

	while (!over) {
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return (0);
		if (WIFSTOPPED(status)) {
			stopped(pid, status);
			continue;
		}
		if (attached && happened && pid == table[who].pid)
			return (0);
		if (pid == table[0].pid && stays != 0)
			usleep(STOP_MS * 1000); /* the alarm ends it */
		if (pid == table[0].pid)
			return (WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	}
	return (0);
}

static void
seize(pid_t pid)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
			     PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;

	table[0].pid = pid;
	if (ptrace(PTRACE_SEIZE, pid, NULL, options) < 0)
		err(99, "ptrace");
}

static void
run_as(unsigned int id, char *argv[])
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		raise(SIGSTOP);
		if (setgroups(1, &id) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
			err(99, "cannot become %u", id);
		execv(argv[0], argv);
		_exit(99);
	}
	/* Not PTRACE_TRACEME: what is still in its first stop when we end would stay there. */
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		err(99, "waitpid");
	seize(pid);
	kill(pid, SIGCONT);
}

static void
attach(pid_t pid)
{
	attached = started = true;
	seize(pid);
	ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	/* A test that waits for this knows that no call is missed from now on. */
	fprintf(stderr, "fault: attached\n");
}

int
main(int argc, char *argv[])
{
	const struct sigaction action = { .sa_handler = on_alarm }, end = { .sa_handler = on_end };
	int status;

	if (argc < 6 || (strcmp(argv[1], "run") == 0) != (argc > 6))
		errx(99, "usage");
	who = atoi(argv[3]);
	when = atol(argv[4]);
	what = argv[5];
	if (strchr(what, ':') != NULL) {
		only = atol(strchr(what, ':') + 1);
		*strchr(what, ':') = '\0';
	}
	if (who < 0 || who >= PROCESSES)
		errx(99, "usage");
	sigaction(SIGALRM, &action, NULL);
	if (strcmp(argv[1], "run") == 0) {
		run_as((unsigned int)atoi(argv[2]), argv + 6);
	} else {
		sigaction(SIGTERM, &end, NULL);
		attach((pid_t)atoi(argv[2]));
	}
	status = follow();
	return (when > 0 && !happened ? NEVER_HAPPENED : status);
}
