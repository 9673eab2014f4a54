/* SPDX-License-Identifier: ISC */
/*
 * Runs the launcher. Contract in bootstrap.h.
 * TRUST: unprivileged
 * INPUT: what the launcher writes to its standard error
 * MUST: as bootstrap.h says
 */
#include "client/berth/bootstrap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"

#include "client/berth/hold.h"
#include "client/berth/message.h"
#include "client/berth/view.h"

/* The launcher itself gives an engine 30 seconds to start; one that was stopped gives nothing. */
#define LAUNCH_MS 40000
#define STOPPED_MS 10000
#define FIRST_FD 3 /* of those that a verb takes */

/*
 * Descriptors above those that they become: none is overwritten before it was taken. They close here when it
 * has them. 0 or errno.
 */
static int
lift(const struct launch *launch, int high[LAUNCH_FDS])
{
	for (size_t i = 0; i < launch->nfds; i++) {
		high[i] = fcntl(launch->fds[i], F_DUPFD_CLOEXEC, FIRST_FD + LAUNCH_FDS);
		if (high[i] < 0)
			return (errno);
	}
	return (0);
}

/* Its own streams: what it says goes to text. 0 or errno. */
static int
add_streams(posix_spawn_file_actions_t *actions, int text)
{
	int rc = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);

	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, text, 1);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, text, 2);
	return (rc);
}

static int
spawn(struct launch *launch, int text)
{
	/* execve(2) changes none of them */
	char *argv[2 + LAUNCH_WORDS + 1] = { (char[]){ LAUNCHER },
		(char *)(uintptr_t)launch->verb };
	char *envp[] = { NULL };
	int high[LAUNCH_FDS] = { -1, -1, -1 };
	posix_spawn_file_actions_t actions;
	int rc;

	for (size_t i = 0; i < LAUNCH_WORDS && launch->words[i] != NULL; i++)
		argv[2 + i] = (char *)(uintptr_t)launch->words[i];
	if ((rc = posix_spawn_file_actions_init(&actions)) != 0)
		return (rc);
	rc = add_streams(&actions, text);
	if (rc == 0)
		rc = lift(launch, high);
	for (size_t i = 0; i < launch->nfds && rc == 0; i++)
		rc = posix_spawn_file_actions_adddup2(&actions, high[i], FIRST_FD + (int)i);
	if (rc == 0)
		rc = posix_spawn(&launch->pid, LAUNCHER, &actions, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	for (size_t i = 0; i < LAUNCH_FDS; i++)
		io_close(&high[i]);
	return (rc);
}

static int
cannot_run(int errnum, struct err *err)
{
	errno = errnum;
	err_sys(err, "cannot run %s", LAUNCHER);
	if (errnum != ENOENT && errnum != EACCES && errnum != ENOTDIR)
		return (-1);
	err->code = ERR_CONFIG;
	err_why(err, "berth is not installed on this host, or only in part (%s)",
	    errnum == EACCES ? "it may not be executed" : "there is no such file");
	return (err_todo(err, "an administrator can install it:  sudo make install"));
}

/* Takes what is there; what does not fit is read and forgotten, so that the launcher goes on. */
static void
drain(int fd, struct launch *launch)
{
	char rest[512];
	ssize_t got;

	do {
		size_t room = sizeof(launch->text) - 1 - launch->len;

		got = room > 0 ? read(fd, launch->text + launch->len, room)
			       : read(fd, rest, sizeof(rest));
		if (got > 0 && room > 0)
			launch->len += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	launch->text[launch->len] = '\0';
}

/* For how long has the launcher been at work, and is that too long? */
static bool
hangs(pid_t pid, int64_t waited, struct err *err)
{
	bool stopped = peer_is_stopped(pid);

	if (waited < (stopped ? STOPPED_MS : LAUNCH_MS))
		return (false);
	err_set(err, ERR_UNAVAILABLE, "the launcher (pid %d) does not end", (int)pid);
	if (stopped)
		err_why(err, "it is stopped, by a signal or by a debugger");
	else
		err_why(err, "it has not for %d seconds", LAUNCH_MS / 1000);
	err_todo(
	    err, "let it go on:  kill -CONT %d   or end it:  kill -KILL %d", (int)pid, (int)pid);
	return (true);
}

/*
 * The end of the process counts, not that of the pipe: whatever holds it cannot keep us here.
 * 0, or -1 with err when it does not end.
 */
static int
watch(struct way *way, int pidfd, struct launch *launch, struct err *err)
{
	struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
		{ .fd = launch->text_fd, .events = POLLIN } };
	int64_t began = way_elapsed(way);

	for (;;) {
		int count = hold_poll(way, fds, 2, way->noted ? 1000 : 50);

		if (count < 0 && errno != EINTR)
			return (0);
		if (count == 0 && hangs(launch->pid, way_elapsed(way) - began, err))
			return (-1);
		if (count == 0)
			way_note(way);
		if (count <= 0)
			continue;
		if (fds[1].revents != 0)
			drain(launch->text_fd, launch);
		if ((fds[1].revents & POLLHUP) != 0)
			fds[1].fd = -1;
		if (fds[0].revents != 0)
			return (0);
	}
}

int
bootstrap_begin(struct launch *launch, struct err *err)
{
	int pipes[2], rc;

	launch->status = ERR_BUG;
	launch->len = 0;
	/* With SIGCHLD ignored, which is inherited, the kernel would keep no exit status. */
	signal(SIGCHLD, SIG_DFL);
	if (pipe2(pipes, O_CLOEXEC) != 0)
		return (err_sys(err, "cannot make a pipe"));
	rc = fcntl(pipes[0], F_SETFL, O_NONBLOCK) != 0 ? errno : spawn(launch, pipes[1]);
	close(pipes[1]);
	launch->text_fd = pipes[0];
	if (rc == 0)
		return (0);
	close(pipes[0]);
	return (cannot_run(rc, err));
}

int
bootstrap_end(struct way *way, struct launch *launch, struct err *err)
{
	int pidfd AUTO_CLOSE = pidfd_open(launch->pid, 0);
	int text AUTO_CLOSE = launch->text_fd;
	int status = 0;
	pid_t done;

	/* Without it (an old kernel) the wait below is all there is. */
	if (pidfd >= 0 && watch(way, pidfd, launch, err) != 0)
		return (-1);
	do
		done = waitpid(launch->pid, &status, 0);
	while (done < 0 && errno == EINTR);
	drain(text, launch);
	if (done == launch->pid && WIFEXITED(status))
		launch->status = WEXITSTATUS(status);
	else if (done == launch->pid)
		launch->status = 128 + WTERMSIG(status);
	return (0);
}

int
bootstrap(struct way *way, struct launch *launch, struct err *err)
{
	return (bootstrap_begin(launch, err) != 0 ? -1 : bootstrap_end(way, launch, err));
}

/* Lines two and three begin with two blanks, the first with the name of the program. */
static const char *
next_line(const char *text, const char *prefix, char line[ERR_LINE])
{
	size_t len = strlen(prefix);

	if (strncmp(text, prefix, len) == 0)
		text += len;
	message_foreign(line, text);
	text += strcspn(text, "\n");
	return (*text == '\n' ? text + 1 : text);
}

int
bootstrap_explain(const struct launch *launch, struct err *err)
{
	const char *text = launch->text;

	err_set(err, err_code_of(launch->status, ERR_BUG),
	    "the launcher failed with status %d and said nothing", launch->status);
	if (launch->len == 0)
		return (err_why(err, "it is %s", LAUNCHER));
	text = next_line(text, "berth: ", err->what);
	text = next_line(text, "  ", err->why);
	next_line(text, "  ", err->todo);
	return (-1);
}

int
bootstrap_refusal(
    struct cli *cli, const struct launch *launch, enum engine_mode mode, struct err *err)
{
	/* Before the first grant on a host the launcher cannot even work. */
	if ((launch->status == ERR_REFUSED || launch->status == ERR_CONFIG) &&
	    view_refusal(cli, mode, err) != 0)
		return (-1);
	return (bootstrap_explain(launch, err));
}
