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
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/engine/job/environ.h"
#include "client/engine/job/identity.h"
#include "client/lib/caps.h"
#include "common/io.h"

#define REPORT_FD 3
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
take_streams(const struct task *task)
{
	if (task->job->run.tty)
		return pty_take(&task->pty);
	for (int i = 0; i < 3; i++)
		if (dup2(task->job->run.stdio[i], i) != i)
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

	if (workdir == NULL)
		workdir = "/";
	if (chdir(workdir) == -1)
		return -1;
	if (syscall(SYS_getcwd, path, sizeof(path)) > 0 && path[0] == '/')
		return 0;
	errno = ENOENT;
	return -1;
}

/* All but the streams and the report are gone when the command starts. */
static int
close_others(int report)
{
	if (report != REPORT_FD && dup3(report, REPORT_FD, O_CLOEXEC) == -1)
		return -1;
	return close_range(REPORT_FD + 1, UINT_MAX, 0);
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

static void fail(int report, enum step step, int errnum) __attribute__((noreturn));

static void
fail(int report, enum step step, int errnum)
{
	struct report words = { .step = step, .errnum = errnum };

	(void)!io_write_all(report, &words, sizeof(words));
	_exit(127);
}

/* What needs neither the root nor the identity; the supervisor builds the root meanwhile. */
static void
prepare(const struct command *command, uint64_t caps)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || new_session() == -1)
		fail(command->report, STEP_SESSION, errno);
	if (take_streams(command->task) == -1)
		fail(command->report, STEP_STREAMS, errno);
	if (set_limits(command->task) == -1)
		fail(command->report, STEP_LIMITS, errno);
	if (identity_prepare(caps) == -1)
		fail(command->report, STEP_IDENTITY, errno);
	if (identity_filter() == -1)
		fail(command->report, STEP_FILTER, errno);
}

/* A supervisor that failed is the end of this pid namespace: then this does not return. */
static void
await(const struct command *command, struct identity *identity)
{
	if (io_read_all(command->go, identity, sizeof(*identity)) != (ssize_t)sizeof(*identity))
		fail(command->report, STEP_SESSION, EPIPE);
}

void
command_exec(const struct command *command)
{
	const struct job *job = command->task->job;
	uint64_t caps = caps_of(job);
	struct identity identity;
	char **env;

	prepare(command, caps);
	await(command, &identity);
	env = environ_build(&job->run.env, identity.home, task_hostname(command->task));
	if (env == NULL)
		fail(command->report, STEP_SESSION, errno);
	if (close_others(command->report) == -1)
		fail(command->report, STEP_STREAMS, errno);
	if (identity_take(&identity, caps) == -1)
		fail(REPORT_FD, STEP_IDENTITY, errno);
	if (enter_workdir(job->run.workdir) == -1)
		fail(REPORT_FD, STEP_WORKDIR, errno);
	fail(REPORT_FD, STEP_EXEC, execute(job->run.args.v, env));
}

int
command_explain(const struct report *report, const struct job *job, struct err *err)
{
	errno = report->errnum;
	switch (report->step) {
	case STEP_EXEC:
		return err_sys(err, "%s cannot be executed", job->run.args.v[0]);
	case STEP_WORKDIR:
		err_sys(err, "%s cannot be the working directory",
		    job->run.workdir == NULL ? "/" : job->run.workdir);
		return err_todo(err, "-w names a directory as the job sees it");
	case STEP_LIMITS:
		return err_sys(err, "the limits of the job cannot be set");
	case STEP_IDENTITY:
		err_sys(err, "the user of the job cannot be taken");
		if (report->errnum != EINVAL)
			return -1;
		err_why(err, "its number is not among the ids that you have");
		return err_todo(err, "berth info  shows them; without a range there is 0 alone");
	case STEP_FILTER:
		return err_sys(err, "the system call filter cannot be installed");
	case STEP_SESSION:
	case STEP_STREAMS:
	case STEP_INVALID:
		break;
	}
	return err_sys(err, "the command cannot be prepared");
}
