/* SPDX-License-Identifier: ISC */
/*
 * One copy between a job and a client: see copier.h.
 * TRUST: unprivileged
 * INPUT: as in copier.h
 * MUST: as in copier.h
 */
#include "client/engine/job/copier.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/engine/api/reply.h"
#include "client/engine/clock.h"
#include "client/engine/hide.h"
#include "client/engine/job/ctl.h"
#include "client/engine/job/host.h"
#include "client/engine/job/identity.h"
#include "client/engine/job/keep.h"
#include "client/engine/job/request.h"
#include "client/engine/job/rootfs.h"
#include "client/lib/json.h"
#include "common/io.h"

#define PROGRAM BERTH_LIBEXEC "/berth-archive"
#define ROOT_FD 3
#define SEND_SECONDS 30 /* for a client that does not read its answer */
#define ASK_SECONDS 10 /* for a supervisor that does not answer */
#define ASK_TRIES 100 /* to hand the question on: a second */
#define ASK_PAUSE_NS 10000000L
#define ENDED_EARLY 2 /* as berth-archive says it: client/archive/report.h */

#define BIT(cap) (UINT64_C(1) << (cap))

/* To read and make whatever the job's root could, and to give it away. */
#define CAPS                                                                          \
	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) | \
	    BIT(CAP_SETFCAP))

/* --- the root of a job that runs: its supervisor has it ------------------------------------------- */

/* The backlog may be full for a moment. */
static int
send_call(const struct copier *copier, int reply)
{
	const struct timespec pause = { .tv_nsec = ASK_PAUSE_NS };
	struct json_object *params = json_object_new_object();
	struct json_object *call;
	int ret = json_put_text(params, "job", copier->id);

	ret |= json_put_text(params, "what", "root");
	call = varlink_call(BERTH_INTERFACE ".Open", params, false);
	if (call == NULL || ret != 0)
		ret = -1;
	for (int i = 0; call != NULL && ret == 0 && i < ASK_TRIES; i++) {
		ret = ctl_send(copier->id, call, reply, NULL, 0);
		if (ret == 0 || errno != EAGAIN)
			break;
		nanosleep(&pause, NULL);
		ret = 0;
	}
	json_object_put(call);
	return ret;
}

static int
take_root(struct varlink *conn)
{
	struct json_object *message = NULL;
	struct json_object *params;
	int root = -1;
	int64_t at;

	if (varlink_read(conn, &message) == 1 &&
	    json_object_object_get_ex(message, "parameters", &params)) {
		at = json_number(params, "fd", -1);
		if (at >= 0 && at < (int64_t)conn->nfds)
			root = fcntl(conn->fds[at], F_DUPFD_CLOEXEC, 0);
	}
	json_object_put(message);
	return root;
}

static int
ask_root(const struct copier *copier, struct err *err)
{
	const struct timeval limit = { .tv_sec = ASK_SECONDS };
	struct varlink conn;
	int ends[2];
	int root = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return err_sys(err, "the job cannot be asked for its root");
	varlink_init(&conn, ends[0]);
	if (setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
	    send_call(copier, ends[1]) == 0) {
		io_close(&ends[1]);
		root = take_root(&conn);
	}
	io_close(&ends[1]);
	varlink_close(&conn);
	if (root != -1)
		return root;
	err_set(err, ERR_FAILED, "job %s does not give its root", copier->id);
	return err_why(err, "it has ended meanwhile, or what looks after it hangs");
}

/* --- the root of a job that is over: it is mounted once more ----------------------------------------- */

/* In a mount namespace of this process's own, with the lock. */
static int
mount_root(const struct copier *copier, struct err *err)
{
	struct job job;
	struct task task = {
		.engine = copier->engine, .job = &job, .id = copier->id, .dir = copier->dir
	};
	int root = -1;

	if (request_job(copier->dir, &job, err) == 0) {
		if (unshare(CLONE_NEWNS) == -1)
			err_sys(err, "the root of job %s cannot be mounted", copier->id);
		else if (hide_sockets(copier->engine, err) == 0 &&
			 (job.image != JOB_IMAGE_HOST || host_prepare(copier->engine, err) == 0))
			root = rootfs_look(&task, err);
	}
	job_free(&job);
	return root;
}

int
copier_busy(const struct record *record, struct err *err)
{
	err_set(err, ERR_UNAVAILABLE, "job %s is in use", record->name);
	err_why(err, "something is being copied from it or to it");
	return err_todo(err, "try again when that is done");
}

/* The time is over: of a job that is over it is who copies, not who looks after it. */
static int
no_root(const struct copier *copier, struct err *err)
{
	struct record record;

	if (record_read(copier->dir, &record) == 0 && record.state == RECORD_EXITED && record.kept)
		copier_busy(&record, err);
	record_free(&record);
	return -1;
}

/* Whoever has the lock of a job lets it live, copies, or is about to let it go. */
static int
open_root(const struct copier *copier, struct err *err)
{
	const struct timespec pause = { .tv_nsec = ASK_PAUSE_NS };
	const int64_t end = clock_ms() + ASK_SECONDS * 1000;
	int root;

	for (;;) {
		if (flock(copier->dir, LOCK_EX | LOCK_NB) == 0)
			return mount_root(copier, err);
		root = ask_root(copier, err);
		if (root != -1)
			return root;
		if (clock_until(end) == 0)
			return no_root(copier, err);
		nanosleep(&pause, NULL);
	}
}

/* --- berth-archive ---------------------------------------------------------------------------------- */

/* What it says when there is none of it, so that the client hears of it. */
static void cannot_run(const struct copier *copier) __attribute__((noreturn));

static void
cannot_run(const struct copier *copier)
{
	dprintf(copier->messages, "Ecannot run " PROGRAM "\t%s\n", strerror(errno));
	_exit(ENDED_EARLY);
}

/*
 * Standard streams and the root, each at its number; nothing else survives the execution. First they are
 * all out of the way of each other.
 */
static int
place_descriptors(const struct copier *copier, int root)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int high = fcntl(root, F_DUPFD_CLOEXEC, 16);
	int stream = fcntl(copier->stream, F_DUPFD_CLOEXEC, 16);
	int messages = fcntl(copier->messages, F_DUPFD_CLOEXEC, 16);

	if (null == -1 || high == -1 || stream == -1 || messages == -1 ||
	    dup2(copier->out ? null : stream, STDIN_FILENO) == -1 ||
	    dup2(copier->out ? stream : null, STDOUT_FILENO) == -1 ||
	    dup2(messages, STDERR_FILENO) == -1 || dup2(high, ROOT_FD) == -1)
		return -1;
	return close_range(ROOT_FD + 1, ~0U, 0);
}

static void become(const struct copier *copier, int root, pid_t parent) __attribute__((noreturn));

static void
become(const struct copier *copier, int root, pid_t parent)
{
	static char name[] = "berth-archive", pack[] = "pack", unpack[] = "unpack";
	static char job[] = "--job", follow[] = "--follow", owners[] = "--owners";
	static char directory[] = "--directory", compressed[] = "--compressed";
	char *words[8] = { name, copier->out ? pack : unpack, job };
	char *const environment[] = { NULL };
	size_t n = 3;
	sigset_t none;

	if (copier->out && copier->follow)
		words[n++] = follow;
	if (!copier->out && copier->owners)
		words[n++] = owners;
	if (!copier->out && copier->tar) {
		words[n++] = directory;
		words[n++] = compressed;
	}
	words[n] = (char *)(uintptr_t)copier->path;
	sigemptyset(&none);
	/* nobody would tell the client how it ended */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 || getppid() != parent)
		_exit(ENDED_EARLY);
	/* the bounding set is what a program of root's gets when it is executed */
	if (sigprocmask(SIG_SETMASK, &none, NULL) == -1 || identity_prepare(CAPS) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || identity_filter() == -1 ||
	    identity_hold(CAPS, CAPS) == -1 || place_descriptors(copier, root) == -1)
		cannot_run(copier);
	execve(PROGRAM, words, environment);
	cannot_run(copier);
}

/* --- between the two ------------------------------------------------------------------------------- */

/* Until it has ended, or the client is gone: who sends something now makes no sense, and is gone, too. */
static int
wait_archive(const struct copier *copier, pid_t child, int pidfd)
{
	struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
		{ .fd = copier->conn, .events = POLLIN } };
	int status;

	while (fds[0].revents == 0 && fds[1].revents == 0)
		if (poll(fds, 2, -1) == -1 && errno != EINTR)
			break;
	if (fds[0].revents == 0)
		(void)!kill(child, SIGKILL);
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		;
	if (fds[0].revents == 0)
		_exit(1);
	return WIFEXITED(status) ? WEXITSTATUS(status) : ENDED_EARLY;
}

static int
copy(struct copier *copier, int root, int *status, struct err *err)
{
	pid_t self = getpid();
	pid_t child = fork();
	int AUTO_CLOSE pidfd = -1;

	if (child == 0)
		become(copier, root, self);
	if (child == -1)
		return err_sys(err, "the copy cannot be started");
	pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	/* the other ends see the end of the one that has them now */
	close(copier->stream);
	close(copier->messages);
	if (pidfd == -1)
		return err_sys(err, "the copy cannot be watched");
	/* no file of the job's is for this one */
	if (identity_hold(0, 0) == -1)
		return err_sys(err, "the copy cannot give up its rights");
	*status = wait_archive(copier, child, pidfd);
	return 0;
}

static void
answer(const struct copier *copier, int status)
{
	struct json_object *params = json_object_new_object();

	if (json_put_number(params, "status", status) == 0)
		(void)!reply_send(copier->conn, params);
}

void
copier_run(const struct copier *given)
{
	const struct timeval limit = { .tv_sec = SEND_SECONDS };
	struct copier copier = *given;
	int fds[] = { copier.conn, copier.dir, copier.stream, copier.messages };
	int status = ENDED_EARLY;
	struct err err;
	int root;

	(void)!prctl(PR_SET_NAME, "berth-copy");
	keep_only(fds, sizeof(fds) / sizeof(fds[0]));
	reply_waits();
	/* the engine has no connection any more that it could wait on by this */
	if (fcntl(copier.conn, F_SETFL, 0) == -1 ||
	    setsockopt(copier.conn, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == -1)
		_exit(1);
	root = open_root(&copier, &err);
	if (root != -1 && copy(&copier, root, &status, &err) == 0)
		answer(&copier, status);
	else
		(void)!reply_failed(copier.conn, &err);
	_exit(0);
}
