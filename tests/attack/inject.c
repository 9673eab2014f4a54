/* SPDX-License-Identifier: ISC */
/*
 * inject UID CALL WHO N WHAT PROGRAM ARGS...
 * Runs a program, setuid ones included, as UID (and the group of the same number), and lets the N-th
 * call of CALL, counted over the program itself (WHO: program) or over all that it starts (child),
 * fail (WHAT: EPERM, EINVAL) or "succeed" without effect (zero), or kills who makes it before it has
 * any effect (kill). With N 0 it changes nothing. Each call is printed on stderr: who, number, first
 * argument, result, so that a test can choose among them. Ends when the program ends: what that has
 * started is no longer traced then and goes on. strace(1) counts for each process alone, and waits
 * until the last has ended.
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
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_A_CALL 0xffffffffffffffffULL

static const struct {
	const char *name;
	long nr;
} calls[] = {
	{ "setresuid", SYS_setresuid },
	{ "setresgid", SYS_setresgid },
	{ "setuid", SYS_setuid },
	{ "capset", SYS_capset },
	{ "prctl", SYS_prctl },
	{ "fchmodat", SYS_fchmodat },
	{ "keyctl", SYS_keyctl },
	{ "fchownat", SYS_fchownat },
	{ "mkdirat", SYS_mkdirat },
	{ "openat", SYS_openat },
	{ "bind", SYS_bind },
	{ "listen", SYS_listen },
	{ "renameat", SYS_renameat },
	{ "unlinkat", SYS_unlinkat },
	{ "clone3", SYS_clone3 },
	{ "write", SYS_write },
	{ "mount", SYS_mount },
	{ "unshare", SYS_unshare },
	{ "execveat", SYS_execveat },
	{ "timerfd_create", SYS_timerfd_create },
	{ "timerfd_settime", SYS_timerfd_settime },
	{ "pwrite64", SYS_pwrite64 },
	{ "setsid", SYS_setsid },
	{ "dup2", SYS_dup2 },
	{ "close_range", SYS_close_range },
	{ "setgroups", SYS_setgroups },
	{ "setns", SYS_setns },
	{ "open_tree", SYS_open_tree },
	{ "mount_setattr", SYS_mount_setattr },
	{ "sendmsg", SYS_sendmsg },
	{ "ioctl", SYS_ioctl },
	{ "fstatfs", SYS_fstatfs },
};

/* What is between the entry and the exit of a call, by pid. */
#define PIDS 64
static struct pending {
	pid_t pid;
	bool inside;
	bool hit;
	unsigned long long nr;
	unsigned long long first;
} table[PIDS];

static long wanted, when, counts[2];
static bool in_child;
static const char *what;
static pid_t program;
static bool started; /* the program itself, not what makes it */

static struct pending *
find(pid_t pid)
{
	for (int i = 0; i < PIDS; i++) {
		if (table[i].pid == pid)
			return (&table[i]);
		if (table[i].pid == 0) {
			table[i].pid = pid;
			return (&table[i]);
		}
	}
	errx(99, "too many processes");
}

/* What the hit call seems to have returned. */
static long long
answer(void)
{
	if (strcmp(what, "zero") == 0)
		return (0);
	return (strcmp(what, "EINVAL") == 0 ? -EINVAL : -EPERM);
}

static void
at_call(pid_t pid)
{
	struct pending *now = find(pid);
	bool child = pid != program;
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		return;
	now->inside = !now->inside;
	if (now->inside) {
		now->nr = regs.orig_rax;
		now->first = regs.rdi;
		now->hit = started && (long)now->nr == wanted && ++counts[child] == when &&
			   child == in_child;
		if (now->hit && strcmp(what, "kill") == 0)
			kill(pid, SIGKILL);
		if (now->hit) {
			regs.orig_rax = NOT_A_CALL;
			ptrace(PTRACE_SETREGS, pid, NULL, &regs);
		}
		return;
	}
	if (now->hit) {
		regs.rax = (unsigned long long)answer();
		ptrace(PTRACE_SETREGS, pid, NULL, &regs);
		now->hit = false;
	}
	if (started && (long)now->nr == wanted)
		fprintf(stderr, "inject: %s %ld %llu %lld\n", child ? "child" : "program",
		    counts[child], now->first, (long long)regs.rax);
}

static void
become(unsigned int id)
{
	if (setgroups(1, &id) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
		err(99, "cannot become %u", id);
}

/* Passes on what is no stop of ours; returns the signal to deliver. */
static int
stopped(pid_t pid, int status)
{
	int sig = WSTOPSIG(status);

	if (sig == (SIGTRAP | 0x80)) {
		at_call(pid);
		return (0);
	}
	/* An event of ptrace(2)'s own: a new child, an exec, a group-stop. */
	started = started || status >> 16 == PTRACE_EVENT_EXEC;
	return (status >> 16 != 0 ? 0 : sig);
}

static int
trace(void)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
			     PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;
	int status;

	/* Not PTRACE_TRACEME: what is still in its first stop when we end would stay there. */
	if (waitpid(program, &status, WUNTRACED) != program || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SEIZE, program, NULL, options) < 0 || kill(program, SIGCONT) < 0)
		err(99, "ptrace");
	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0)
			err(99, "waitpid");
		if (WIFSTOPPED(status))
			ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)stopped(pid, status));
		else if (pid == program)
			return (WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	}
}

int
main(int argc, char *argv[])
{
	if (argc < 7)
		errx(99, "usage");
	wanted = -1;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(calls[i].name, argv[2]) == 0)
			wanted = calls[i].nr;
	}
	if (wanted < 0)
		errx(99, "unknown call %s", argv[2]);
	in_child = strcmp(argv[3], "child") == 0;
	when = atol(argv[4]);
	what = argv[5];
	program = fork();
	if (program == 0) {
		raise(SIGSTOP);
		become((unsigned int)atoi(argv[1]));
		execv(argv[6], argv + 6);
		_exit(99);
	}
	return (trace());
}
