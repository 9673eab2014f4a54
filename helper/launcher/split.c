/* SPDX-License-Identifier: ISC */
/*
 * From a decision to an engine that is ready. Contract in split.h.
 * TRUST: privileged
 * INPUT: a grant from decide(); what the engine says over the ready pipe (hostile)
 * MUST: as split.h says
 */
#include "helper/launcher/split.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/filter.h"
#include "common/io.h"
#include "helper/launcher/launch.h"
#include "helper/launcher/priv.h"

#define READY_MILLISECONDS 30000
#define READY_MAX 2000

static int
open_engine(int *engine, struct err *err)
{
	AUTO_CLOSE int dir = -1;
	struct stat st;
	int rc = trust_dir(BERTH_LIBEXEC, &dir, err);

	if (rc > 0)
		rc = trust_file(dir, "berth-engine", O_PATH, engine, err);
	/* What a process cannot read it cannot trace once it runs (ptrace(2)), whatever its
	 * capabilities in there: this keeps jobs out of their engine. */
	if (rc > 0 && fstat(*engine, &st) == 0 && (st.st_mode & (S_IRGRP | S_IROTH)) == 0)
		return (0);
	if (rc < 0)
		return (-1);
	err_set(err, ERR_CONFIG, BERTH_LIBEXEC "/berth-engine is missing, or others can read it");
	return (err_todo(err, "install berth again: its mode is 0711"));
}

int
split_prepare(struct split *split, const struct caller *caller, const struct handles *handles,
    struct err *err)
{
	int facts, ready[2];

	split->procfd = handles->procfd;
	if (open_engine(&split->engine, err) < 0)
		return (-1);
	facts = io_memfd("berth-facts");
	if (facts < 0 || facts_write(facts, split->mode, caller, split->grant) < 0)
		return (err_sys(err, "cannot hand the facts to the engine"));
	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(split->go, O_CLOEXEC) < 0)
		return (err_sys(err, "cannot make a pipe"));
	split->fds[ENGINE_FD_POLICY] = handles->etcfd;
	split->fds[ENGINE_FD_FACTS] = facts;
	split->fds[ENGINE_FD_READY] = ready[1];
	split->ready = ready[0];
	return (0);
}

/* In the namespace. Says what went wrong the way the engine would. */
static _Noreturn void
report(const struct split *split, const struct err *err)
{
	dprintf(split->fds[ENGINE_FD_READY], "%c%s\n%s\n%s", (char)err->code, err->what, err->why,
	    err->todo);
	_exit(ERR_SYSTEM);
}

/* So many bytes? End of file: who was to write one died before. Nothing in time: somebody holds them,
 * and what was decided is old by now. */
static bool
may_go(int fd, int missing)
{
	struct pollfd go = { .fd = fd, .events = POLLIN };
	char byte;

	while (missing > 0 && poll(&go, 1, READY_MILLISECONDS) > 0 && read(fd, &byte, 1) == 1)
		missing--;
	return (missing == 0);
}

/* The user's from here on. */
static _Noreturn void
run_engine(struct split *split, int born)
{
	struct err err;

	/* Not in the session of the init, whose nice value everybody in it can choose (sched(7), autogroups). */
	if (!may_go(born, 1) || setsid() <= 0)
		_exit(ERR_SYSTEM);
	priv_enter_namespace();
	/* Once more, as the user: SO_PEERCRED shows who called it last (unix(7)). */
	if (split->mode == FACTS_SHARED && listen(split->fds[ENGINE_FD_SOCKET], SOMAXCONN) < 0) {
		err_sys(&err, "cannot listen as the user");
		report(split, &err);
	}
	if (separate_mounts(&err) < 0 || share_return(&split->share, &err) < 0)
		report(split, &err);
	priv_ceiling();
	priv_filter(filter_ceiling, filter_ceiling_len);
	launch_engine(split->engine, split->fds);
	err_sys(&err, "cannot start the engine");
	report(split, &err);
}

/* Pid 1 of the namespace: everything in it dies with this process. So it is not the user's, who could
 * stop it, slow it down and take its processors away, and it shares nothing with what is: the engine
 * begins when all is closed here, for the last to close a file can be held there by whoever watches it
 * (epoll(7), with a file on the caller's FUSE), against SIGKILL too. */
static _Noreturn void
run_init(struct split *split)
{
	int born[2] = { -1, -1 };
	struct err err;
	pid_t pid;

	close(split->go[1]);
	if (!may_go(split->go[0], split->grant->until != 0 ? 2 : 1))
		_exit(ERR_SYSTEM);
	priv_enter_groups();
	if (confine(split->procfd, &err) < 0)
		report(split, &err);
	pid = pipe2(born, O_CLOEXEC) < 0 ? -1 : launch_clone(0, -1, NULL);
	if (pid < 0) {
		err_sys(&err, "cannot start the engine");
		report(split, &err);
	}
	if (pid == 0) {
		close(born[1]);
		run_engine(split, born[0]);
	}
	priv_drop_in_namespace();
	launch_init(born[1], split->parent);
}

static int
split_failed(struct err *err)
{
	err_sys(err, "cannot make a user namespace");
	if (err->errnum == ENOSPC)
		err_todo(err,
		    "sysctl user.max_user_namespaces is too low on this host; to close user "
		    "namespaces to users use kernel.unprivileged_userns_clone=0 instead");
	else if (err->errnum == EPERM)
		err_todo(err, "is this a chroot or a container? run berth on the host itself");
	return (-1);
}

/* The directory of child in our procfs. Its number could be another process's by now: who reaps it
 * may be the caller. If it still runs after the open, it is the one. */
static int
open_child(const struct split *split, pid_t child)
{
	struct pollfd end = { .fd = split->pidfd, .events = POLLIN };
	char name[16];
	int fd;

	snprintf(name, sizeof(name), "%d", child);
	fd = openat(split->procfd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (poll(&end, 1, 0) == 0)
		return (fd);
	io_close(&fd);
	errno = ESRCH;
	return (-1);
}

static int
map_ids(int child, const struct grant *grant, struct err *err)
{
	struct idmap_line uid_lines[2], gid_lines[2];
	struct idmap uids = grant->uids, gids = grant->gids;

	if (uids.n == 0)
		uids = idmap_usual(uid_lines, grant->uid, &grant->subuid);
	if (gids.n == 0)
		gids = idmap_usual(gid_lines, grant->gid, &grant->subgid);
	return (write_maps(child, &uids, &gids, err));
}

/* The child knows no privilege outside of its namespace. For one call it is a child of who called
 * us, and ends with them. */
static int
make_namespace(struct split *split, struct err *err)
{
	const uint64_t flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_PIDFD |
			       (split->mode == FACTS_ONCE ? CLONE_PARENT : 0);
	AUTO_CLOSE int dir = -1;
	pid_t child;

	if (split->grant->until != 0 && share_take(&split->share, err) < 0)
		return (-1);
	priv_become_owner(split->grant->owner_id);
	/* PRIV: hosts that close user namespaces to users open them to CAP_SYS_ADMIN; the cgroup is
	 * root's, whom we are not at this moment. */
	priv_raise(CAP_SYS_ADMIN, CAP_DAC_OVERRIDE);
	child = launch_clone(flags, split->cgroup, &split->pidfd);
	if (child == 0)
		run_init(split);
	priv_become_root();
	if (child < 0)
		return (split_failed(err));
	dir = open_child(split, child);
	if (dir < 0)
		return (err_sys(err, "cannot find the user namespace"));
	if (map_ids(dir, split->grant, err) < 0 ||
	    (split->grant->until != 0 && split_watch(split, dir, err) < 0))
		return (-1);
	/* Whoever has the caller's ids can be stopped by them; the init has its own. */
	io_close(&split->fds[ENGINE_FD_LOCK]);
	/* The last use of privilege is over. */
	priv_drop_forever(split->grant->uid, split->grant->gid);
	if (io_write_all(split->go[1], "g", 1) < 0)
		return (err_sys(err, "the namespace ended before it began"));
	return (0);
}

/* What a start that failed says: one byte of exit status, then up to three lines. */
static int
engine_failed(char *text, struct err *err)
{
	enum err_code code = err_code_of(text[0], ERR_SYSTEM);
	char *rest = text[0] == '\0' ? NULL : text + 1;
	const char *what = strsep(&rest, "\n"), *why = strsep(&rest, "\n");

	err_set(err, code, "%s",
	    what != NULL && what[0] != '\0' ? what : "the engine ended before it was ready");
	err_why(err, "%s", why != NULL ? why : "");
	return (err_todo(err, "%s", rest != NULL ? rest : ""));
}

/* Milliseconds, on a clock that nobody sets. */
static int64_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return ((int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000);
}

/* Waits with nothing left to lose: this process is the caller's own by now. */
static int
vanish(struct split *split, struct err *err)
{
	struct pollfd ready = { .fd = split->ready, .events = POLLIN };
	/* One end for all of it: an engine may drip. */
	const int64_t end = now() + READY_MILLISECONDS;
	char text[READY_MAX + 1] = "";
	size_t len = 0;
	ssize_t got = 1;

	while (got > 0 && len < READY_MAX) {
		int64_t left = end - now();

		if (left <= 0 || poll(&ready, 1, (int)left) <= 0) {
			err_set(err, ERR_SYSTEM, "the engine was not ready in time");
			err_why(err, "is the state directory on a slow disk?");
			return (err_todo(err, "try again; to end it:  berth daemon stop --force"));
		}
		got = read(split->ready, text + len, READY_MAX - len);
		len += got > 0 ? (size_t)got : 0;
	}
	return (len == 1 && text[0] == 'R' ? 0 : engine_failed(text, err));
}

int
split_engine(struct split *split, struct err *err)
{
	if (make_namespace(split, err) < 0)
		return (-1);
	/* The init has its own copies; with ours open the pipes would never end. */
	close(split->fds[ENGINE_FD_READY]);
	close(split->go[0]);
	close(split->go[1]);
	return (vanish(split, err));
}
