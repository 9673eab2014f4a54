/* SPDX-License-Identifier: ISC */
/*
 * Empties the state root of what engines made there: see reset.h.
 * TRUST: unprivileged
 * INPUT: the state root, which is the user's and may be a directory that they use for more
 * MUST: as in reset.h
 */
#include "client/engine/reset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/engine/clock.h"
#include "client/engine/job/children.h"
#include "client/engine/job/found.h"
#include "client/engine/job/host.h"
#include "client/engine/job/keep.h"
#include "client/engine/job/spare.h"
#include "client/engine/job/sweep.h"
#include "common/io.h"

#define KEPT_MAX 64 /* names that are told; an answer has its limit */
#define TRIES 50 /* a job that has just ended still removes its directory */
#define PAUSE_NS 20000000L
#define COPY_WAIT 5000 /* ms; how long a copy takes is its client's to say */

static size_t
jobs_in_use(const struct engine *engine)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	size_t held = sweep_held(engine->jobs);

	for (int i = 0; i < TRIES && held > 0; i++) {
		nanosleep(&pause, NULL);
		held = sweep_held(engine->jobs);
	}
	return held;
}

/* A log is a plain file with one name. */
static void
remove_log(const char *name)
{
	struct stat st;

	if (lstat(name, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1)
		(void)!unlink(name);
}

static void
remove_host(void)
{
	int AUTO_CLOSE dir = open(STATE_HOST, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir == -1)
		return;
	host_remove(dir);
	/* fails if anything is left, and is told by that */
	(void)!rmdir(STATE_HOST);
}

/* The place of a socket, if there is none in it; its cover (hide.h) is needed by no job any more. */
static void
remove_run(void)
{
	if (umount2(STATE_RUN, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		(void)!rmdir(STATE_RUN);
}

static int
add_name(struct json_object *list, const char *name)
{
	char text[4 * NAME_MAX + 1];
	struct json_object *string;

	err_escape(text, sizeof(text), name);
	string = json_object_new_string(text);
	if (string != NULL && json_object_array_add(list, string) == 0)
		return 0;
	json_object_put(string);
	return -1;
}

/* What a rootless engine's socket lies in is still in use, and looks empty from here. */
static bool
is_told(const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strcmp(name, STATE_RUN) != 0;
}

struct json_object *
reset_kept(void)
{
	struct json_object *list = json_object_new_array();
	DIR *root = opendir(".");
	const struct dirent *entry;
	int status = list != NULL && root != NULL ? 0 : -1;

	while (status == 0 && (entry = readdir(root)) != NULL) {
		if (!is_told(entry->d_name))
			continue;
		if (json_object_array_length(list) == KEPT_MAX) {
			status = add_name(list, "...");
			break;
		}
		status = add_name(list, entry->d_name);
	}
	if (root != NULL)
		closedir(root);
	if (status == 0)
		return list;
	json_object_put(list);
	return NULL;
}

static int
count_one(void *arg, int jobs, const char *id)
{
	struct found found;

	*(size_t *)arg += found_runs(jobs, id, &found);
	found_close(&found);
	return 0;
}

/* Why nothing is done: the status of the resetter. */
static int
say_held(int jobs)
{
	size_t n = 0;

	if (found_each(jobs, count_one, &n) == -1)
		n++;
	if (n == 0)
		return RESET_IN_USE;
	return n < RESET_IN_USE ? (int)n : RESET_IN_USE - 1;
}

static void
wait_child(const struct child *child, int64_t copies_end)
{
	struct pollfd end = { .fd = child->pidfd, .events = POLLIN };

	while (poll(&end, 1, child->copier ? clock_until(copies_end) : -1) == -1 && errno == EINTR)
		;
}

/*
 * Keeps no connection and no lock of the engine's, which may end before; and waits for its sweepers,
 * and for supervisors whose job is over: they hold locks as jobs do. So does who copies.
 */
static int
wait_alone(const struct engine *engine)
{
	const int64_t copies_end = clock_ms() + COPY_WAIT;
	size_t n = 0;
	int *fds;

	for (const struct child *at = engine->children; at != NULL; at = at->next)
		n++;
	fds = calloc(n + 2, sizeof(*fds));
	if (fds == NULL)
		return -1;
	n = 0;
	for (const struct child *at = engine->children; at != NULL; at = at->next)
		fds[n++] = at->pidfd;
	fds[n++] = engine->jobs;
	fds[n++] = engine->reset_turn;
	keep_only(fds, n);
	for (const struct child *at = engine->children; at != NULL; at = at->next)
		wait_child(at, copies_end);
	free(fds);
	return 0;
}

/* True once: for the resetter, or for the engine that gives it up. */
static bool
take_turn(const struct engine *engine)
{
	eventfd_t one;

	return eventfd_read(engine->reset_turn, &one) == 0;
}

/* Its status: how many jobs use it, RESET_IN_USE, 0 when it is done. */
static _Noreturn void
run_resetter(const struct engine *engine, pid_t parent)
{
	int lock;

	/* not taken for the engine by those who look for it; what it has begun it brings to its end */
	(void)!prctl(PR_SET_NAME, "berth-reset");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 || getppid() != parent)
		_exit(RESET_FAILED);
	if (wait_alone(engine) == -1)
		_exit(RESET_FAILED);
	/* makers of jobs have it together: until this process ends none of any engine makes one */
	lock = openat(engine->jobs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock == -1 || flock(lock, LOCK_EX) == -1)
		_exit(RESET_FAILED);
	if (jobs_in_use(engine) > 0)
		_exit(say_held(engine->jobs));
	if (!take_turn(engine) || prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) == -1)
		_exit(RESET_FAILED);
	sweep_now(engine->jobs, true);
	(void)!rmdir(STATE_JOBS);
	remove_host();
	remove_run();
	_exit(0);
}

int
reset_start(struct engine *engine, struct err *err)
{
	const pid_t self = getpid();
	struct child *child = child_new(engine, false);
	int ret = -1;

	engine->reset_turn = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	if (child != NULL && engine->reset_turn != -1)
		ret = child_fork(engine, child, 0);
	if (ret == 0)
		run_resetter(engine, self);
	if (ret == 1) {
		engine->resetter = child;
		spare_end(engine);
		return 0;
	}
	err_sys(err, "the state directory cannot be emptied");
	io_close(&engine->reset_turn);
	if (child != NULL)
		child_free(engine, child);
	return -1;
}

int
reset_check(const struct engine *engine, struct err *err)
{
	if (engine->resetter == NULL)
		return 0;
	err_set(err, ERR_UNAVAILABLE, "the state of the engine is being reset");
	return err_todo(err, "try again when it is gone");
}

bool
reset_give_up(struct engine *engine)
{
	if (engine->resetter == NULL || !take_turn(engine))
		return false;
	(void)!syscall(SYS_pidfd_send_signal, engine->resetter->pidfd, SIGKILL, NULL, 0);
	engine->resetter = NULL;
	io_close(&engine->reset_turn);
	return true;
}

size_t
reset_finish(struct engine *engine)
{
	siginfo_t info = { 0 };
	int ret =
	    waitid(P_PIDFD, (id_t)engine->resetter->pidfd, &info, WEXITED | WNOHANG | WNOWAIT);

	engine->resetter = NULL;
	io_close(&engine->reset_turn);
	if (ret == -1 || info.si_code != CLD_EXITED)
		return RESET_FAILED;
	if (info.si_status != 0)
		return (size_t)info.si_status;
	/* the last line would bring it back */
	engine->no_log = true;
	remove_log(STATE_LOG);
	remove_log(STATE_LOG_OLD);
	return 0;
}
