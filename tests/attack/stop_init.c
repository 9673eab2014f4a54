/* SPDX-License-Identifier: ISC */
/*
 * stop_init UID born|parent PROGRAM ARGS...
 * Runs a program, which may make the launcher start something, as UID (and the group of the same
 * number) until there is a pid 1 of a namespace among what it started: that is stopped at its birth,
 * or as soon as it has made the first process beneath it, before it does anything else. Prints its pid
 * and ends; the program and all the others go on. What the program prints goes to stderr.
 * What a user can do to the init, this is not: it makes the moment that they would have to meet.
 * TRUST: unprivileged
 * INPUT: a test's words
 * MUST: let the program run with its setuid bit honoured: a tracer needs CAP_SYS_PTRACE for that
 */
#include <err.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* Is it pid 1 of the namespace that it is in, and that not ours? */
static bool
is_init(pid_t pid)
{
	char path[64], line[256];
	int outer, inner;
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL)
		found = sscanf(line, "NSpid: %d %d", &outer, &inner) == 2 && inner == 1;
	if (file != NULL)
		fclose(file);
	return (found);
}

static void
become(unsigned int id)
{
	if (setgroups(1, &id) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
		err(99, "cannot become %u", id);
}

/* An event of ptrace(2)'s own, at which pid is in the kernel still. */
static void
stop_if(pid_t pid)
{
	if (!is_init(pid))
		return;
	/* It takes effect before it is back in its program; we end, and are no tracer any more. */
	if (kill(pid, SIGSTOP) < 0)
		err(99, "kill");
	printf("%d\n", pid);
	fflush(stdout);
	_exit(0);
}

static void
trace(pid_t program, bool at_birth)
{
	const long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
	unsigned long child;
	int status;

	if (waitpid(program, &status, WUNTRACED) != program || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SEIZE, program, NULL, options) < 0 || kill(program, SIGCONT) < 0)
		err(99, "ptrace");
	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0)
			errx(98, "it ended, and there was no pid 1");
		if (!WIFSTOPPED(status))
			continue;
		if (status >> 16 == 0) {
			ptrace(PTRACE_CONT, pid, NULL, (void *)(long)WSTOPSIG(status));
			continue;
		}
		if (status >> 16 == PTRACE_EVENT_STOP) {
			if (at_birth)
				stop_if(pid);
		} else if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &child) == 0 && !at_birth) {
			stop_if(pid);
		}
		ptrace(PTRACE_CONT, pid, NULL, NULL);
	}
}

int
main(int argc, char *argv[])
{
	pid_t program;

	if (argc < 4)
		errx(99, "usage");
	program = fork();
	if (program == 0) {
		if (dup2(2, 1) < 0)
			_exit(99);
		raise(SIGSTOP);
		become((unsigned int)atoi(argv[1]));
		execv(argv[3], argv + 3);
		_exit(99);
	}
	trace(program, strcmp(argv[2], "born") == 0);
	return (99);
}
