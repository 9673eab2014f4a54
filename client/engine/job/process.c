/* SPDX-License-Identifier: ISC */
/*
 * A command that runs in a job: see process.h.
 * TRUST: unprivileged
 * INPUT: reports of forks; ends of processes
 * MUST: as in process.h
 */
#include "client/engine/job/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"

struct process *
process_new(bool first)
{
	struct process *process = calloc(1, sizeof(*process));

	if (process == NULL)
		return NULL;
	process->first = first;
	process->report = -1;
	process->pty = (struct pty){ -1, -1 };
	return process;
}

void
process_free(struct process *process)
{
	io_close(&process->report);
	io_close(&process->pty.slave);
	io_close(&process->pty.master);
	free(process);
}

int
process_fork(struct process *process, struct command *command, struct err *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return err_sys(err, "the command cannot be prepared");
	command->report = ends[1];
	process->pid = fork();
	if (process->pid == 0)
		command_exec(command);
	io_close(&ends[1]);
	if (process->pid != -1) {
		process->report = ends[0];
		return 0;
	}
	process->pid = 0;
	err_sys(err, "the command cannot be started");
	io_close(&ends[0]);
	return -1;
}

/* The pipe ends when the command is executed; before that it may bring why it cannot be. */
bool
process_take_report(struct process *process)
{
	ssize_t got = read(process->report, &process->failure, sizeof(process->failure));

	io_close(&process->report);
	process->report = -1;
	if (got == (ssize_t)sizeof(process->failure))
		return false;
	process->failure.step = STEP_INVALID;
	return true;
}

/* Until it is reaped nobody else can have its number. */
void
process_signal(const struct process *process, int number)
{
	if (process->pid > 0)
		kill(process->pid, number);
}

/* It has begun a session, so its number is its group's. */
void
process_signal_group(const struct process *process, int number)
{
	if (process->pid > 0 && kill(-process->pid, number) == -1)
		kill(process->pid, number);
}

bool
process_any(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

void
process_signal_all(int number)
{
	kill(-1, number);
}

static void
signal_own(const struct process *process, int number)
{
	if (process->first)
		process_signal_all(number);
	else
		process_signal_group(process, number);
}

void
process_continue(struct process *process)
{
	if (process->stopped)
		signal_own(process, SIGCONT);
	process->stopped = false;
}

/*
 * Without a terminal a session ignores SIGTSTP (its processes are an orphaned group), and behind one
 * the client's stop is none of the job's business: so it is SIGSTOP, for all of them.
 */
void
process_pass_signal(struct process *process, int number)
{
	if (number == SIGTSTP) {
		process->stopped = true;
		signal_own(process, SIGSTOP);
	} else if (number == SIGCONT && process->stopped) {
		process_continue(process);
	} else {
		process_signal(process, number);
	}
}

bool
process_reap(pid_t *pid, int *status)
{
	*pid = waitpid(-1, status, WNOHANG);
	return *pid > 0;
}

void
process_reap_all(struct process *processes)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, 0)) > 0 || errno == EINTR) {
		for (struct process *at = processes; pid > 0 && at != NULL; at = at->next) {
			if (at->pid != pid)
				continue;
			at->pid = 0;
			at->status = status;
		}
	}
}
