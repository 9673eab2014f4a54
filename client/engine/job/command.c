/* SPDX-License-Identifier: ISC */
/*
 * From a fork of the supervisor to the user's command: see command.h.
 * TRUST: unprivileged
 * INPUT: a request that was decided upon; the job's root
 * MUST: as in command.h
 */
#include "client/engine/job/command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/engine/job/account.h"
#include "client/engine/job/environ.h"
#include "client/engine/job/identity.h"
#include "client/engine/job/pty.h"
#include "client/lib/caps.h"
#include "common/io.h"

#define REPORT_FD 3
#define GO_FD 4
#define COMMAND_UMASK 022

/* A session of its own has no terminal of anybody's; if the supervisor dies, so does the command. */
static int
new_session(void)
{
	sigset_t none;

	/* the engine has no handlers, and set what its launcher ignored to the default */
	sigemptyset(&none);
	umask(COMMAND_UMASK);
	/* asked once more, as nothing else tells it: the engine's own is 0 */
	if (umask(COMMAND_UMASK) != COMMAND_UMASK || sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		return -1;
	return setsid() <= 0 ? -1 : 0;
}

static int
take_streams(const struct command *command)
{
	if (command->pty != NULL)
		return pty_take(command->pty);
	for (int i = 0; i < 3; i++)
		if (dup2(command->stdio[i], i) != i)
			return -1;
	return 0;
}

static int
set_limits(const struct task *task)
{
	const struct job *job = task->job;

	if (setrlimit(RLIMIT_NOFILE, &task->engine->host.nofile) == -1)
		return -1;
	for (size_t i = 0; i < job->nulimits; i++) {
		const struct job_ulimit *u = &job->ulimits[i];
		struct rlimit limit = { (rlim_t)u->soft, (rlim_t)u->hard };

		_Static_assert((rlim_t)-1 == RLIM_INFINITY, "-1 is no limit");
		/* glibc's setrlimit takes an enum for what is a number here */
		if (syscall(SYS_prlimit64, 0, job_ulimit_resource(u->name), &limit, NULL) == -1)
			return -1;
	}
	return 0;
}

/* What getcwd(2) cannot name from the root is outside of it (CVE-2024-21626). */
static int
enter_workdir(const char *workdir)
{
	static char path[PATH_MAX];

	if (chdir(workdir) == -1)
		return -1;
	if (syscall(SYS_getcwd, path, sizeof(path)) > 0 && path[0] == '/')
		return 0;
	errno = ENOENT;
	return -1;
}

/* All but the streams is gone when the command starts; until then there are the two pipes. */
static int
close_others(struct command *command)
{
	int report = fcntl(command->report, F_DUPFD_CLOEXEC, GO_FD + 1);
	int go = command->go == -1 ? -1 : fcntl(command->go, F_DUPFD_CLOEXEC, GO_FD + 1);

	if (report == -1 || dup3(report, REPORT_FD, O_CLOEXEC) == -1 ||
	    (command->go != -1 && (go == -1 || dup3(go, GO_FD, O_CLOEXEC) == -1)))
		return -1;
	command->report = REPORT_FD;
	if (command->go != -1)
		command->go = GO_FD;
	return close_range(command->go == -1 ? GO_FD : GO_FD + 1, UINT_MAX, 0);
}

static const char *
find_path(char *const *env)
{
	for (; *env != NULL; env++)
		if (strncmp(*env, "PATH=", 5) == 0)
			return *env + 5;
	return "";
}

/* As execvpe(3), with the job's PATH and without its shell. Returns errno. */
static int
execute(char *const *argv, char *const *env)
{
	const char *path = find_path(env);
	int found = ENOENT;

	if (strchr(argv[0], '/') != NULL) {
		execve(argv[0], argv, env);
		return errno;
	}
	for (;;) {
		static char file[PATH_MAX];
		int len = (int)strcspn(path, ":");
		int need = snprintf(
		    file, sizeof(file), "%.*s%s%s", len, path, len == 0 ? "./" : "/", argv[0]);

		if (need < (int)sizeof(file))
			execve(file, argv, env);
		if (errno == EACCES)
			found = EACCES;
		else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			return errno;
		if (path[len] == '\0')
			return found;
		path += len + 1;
	}
}

static const char *
workdir_of(const struct command *command)
{
	const char *own = command->run->workdir;
	const char *all = command->task->job->run.workdir;

	return own != NULL ? own : all != NULL ? all : "/";
}

static void
explain(const struct command *command, enum step step, struct err *err)
{
	int errnum = errno;

	switch (step) {
	case STEP_EXEC:
		err_sys(err, "%s cannot be executed", command->run->args.v[0]);
		return;
	case STEP_WORKDIR:
		err_sys(err, "%s cannot be the working directory", workdir_of(command));
		err_todo(err, "-w names a directory as the job sees it");
		return;
	case STEP_LIMITS:
		err_sys(err, "the limits of the job cannot be set");
		return;
	case STEP_IDENTITY:
		err_sys(err, "the user of the job cannot be taken");
		if (errnum != EINVAL)
			return;
		err_why(err, "its number is not among the ids that you have");
		err_todo(err, "berth info  shows them; without a range there is 0 alone");
		return;
	case STEP_FILTER:
		err_sys(err, "the system call filter cannot be installed");
		return;
	case STEP_SESSION:
	case STEP_STREAMS:
	case STEP_ACCOUNT:
	case STEP_INVALID:
		break;
	}
	err_sys(err, "the command cannot be prepared");
}

static void fail(const struct command *command, enum step step, const struct err *err)
    __attribute__((noreturn));

/* err NULL: what errno says. */
static void
fail(const struct command *command, enum step step, const struct err *err)
{
	static struct report report;

	_Static_assert(sizeof(report) <= PIPE_BUF, "it comes as a whole, or not at all");
	report.step = step;
	if (err != NULL)
		report.err = *err;
	else
		explain(command, step, &report.err);
	(void)!io_write_all(command->report, &report, sizeof(report));
	_exit(127);
}

/* A later process has inherited the filter, which its supervisor is under. */
static bool
filtered(const struct command *command)
{
	return command->go != -1 ? identity_filter() == 0 : identity_filtered();
}

/* What needs neither the root nor the identity; the supervisor builds the root meanwhile. */
static void
prepare(struct command *command, uint64_t caps)
{
	if (command->go == -1 && identity_raise() == -1)
		fail(command, STEP_IDENTITY, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || new_session() == -1)
		fail(command, STEP_SESSION, NULL);
	if (take_streams(command) == -1 || close_others(command) == -1)
		fail(command, STEP_STREAMS, NULL);
	if (set_limits(command->task) == -1)
		fail(command, STEP_LIMITS, NULL);
	if (identity_prepare(caps) == -1)
		fail(command, STEP_IDENTITY, NULL);
	if (!filtered(command) ||
	    (command->task->job->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1))
		fail(command, STEP_FILTER, NULL);
}

/* A supervisor that failed is the end of this pid namespace: then this does not return. */
static void
await(const struct command *command, char expected)
{
	char got = '\0';

	if (command->go == -1)
		return;
	if (read(command->go, &got, 1) != (expected == '\0' ? 0 : 1) || got != expected)
		fail(command, STEP_SESSION, NULL);
}

/* The container's own variables, and for a later process its own on top. NULL with errno. */
static char **
build_environment(const struct command *command, const char *home)
{
	const struct job_words *all = &command->task->job->run.env;
	const struct job_words *own = &command->run->env;
	struct job_words both = { .n = all->n + own->n };

	if (all == own)
		return environ_build(all, home, task_hostname(command->task));
	both.v = calloc(both.n + 1, sizeof(*both.v));
	if (both.v == NULL)
		return NULL;
	for (size_t i = 0; i < both.n; i++)
		both.v[i] = i < all->n ? all->v[i] : own->v[i - all->n];
	return environ_build(&both, home, task_hostname(command->task));
}

/* Whom the terminal is of: mesg(1), and what asks whether it may write to it. A number that cannot
 * own it is one that cannot be taken either, which is said then. */
static void
own_terminal(const struct command *command, const struct identity *identity)
{
	if (command->pty != NULL)
		(void)!fchown(0, identity->uid, (gid_t)-1);
}

static void
enter_identity(const struct command *command, struct identity *identity, uint64_t caps)
{
	struct err err;

	if (account_of_run(command->task, command->run, identity, &err) == -1)
		fail(command, STEP_ACCOUNT, &err);
	own_terminal(command, identity);
	if (identity_take(identity, caps) == -1)
		fail(command, STEP_IDENTITY, NULL);
}

void
command_exec(const struct command *from)
{
	struct command command = *from;
	uint64_t caps = caps_of(command.task->job);
	struct identity identity;
	char **env;

	prepare(&command, caps);
	await(&command, COMMAND_GO);
	enter_identity(&command, &identity, caps);
	env = build_environment(&command, identity.home);
	if (env == NULL)
		fail(&command, STEP_SESSION, NULL);
	if (enter_workdir(workdir_of(&command)) == -1)
		fail(&command, STEP_WORKDIR, NULL);
	await(&command, '\0');
	errno = execute(command.run->args.v, env);
	fail(&command, STEP_EXEC, NULL);
}
