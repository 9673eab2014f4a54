/* SPDX-License-Identifier: ISC */
/*
 * Jobs by what people call them, in a state root in which somebody put what they liked: only directories
 * with a record are jobs, a lock tells which of them live, and a name is one job's.
 * TRUST: unprivileged
 * INPUT: a state root
 * MUST: show each answer with what makes it and with what does not
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/engine/api/deferred.h"
#include "client/engine/job/ctl.h"
#include "client/engine/job/found.h"
#include "client/engine/job/names.h"
#include "client/engine/job/sweep.h"

#define A "aaaa00000001"
#define B "aaaa00000002"
#define C "bbbb00000003"

static struct engine engine;
static char top[64];

static int
set_up(void **state)
{
	(void)state;
	snprintf(top, sizeof(top), "/tmp/test_found.XXXXXX");
	assert_non_null(mkdtemp(top));
	assert_int_equal(chdir(top), 0);
	assert_int_equal(mkdir(STATE_JOBS, 0700), 0);
	engine = (struct engine){ .epoll = -1 };
	engine.jobs = open(STATE_JOBS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return engine.jobs == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	char command[128];

	(void)state;
	close(engine.jobs);
	assert_int_equal(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command) == 0 ? 0 : -1;
}

/* A directory with a record; its descriptor. */
static int
make(const char *id, const char *name, enum record_state now, bool kept)
{
	struct record record;
	struct job job;
	struct err err;
	int dir;

	job_init(&job);
	job.keep = kept;
	assert_int_equal(job_add_word(&job.run.args, "true", &err), 0);
	assert_int_equal(record_begin(&record, id, name, &job), 0);
	record.state = now;
	assert_int_equal(mkdirat(engine.jobs, id, 0700), 0);
	dir = openat(engine.jobs, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	assert_int_equal(record_write(dir, &record), 0);
	record_free(&record);
	job_free(&job);
	return dir;
}

static void
put(const char *path, const char *text)
{
	int fd = openat(engine.jobs, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static size_t
count(const char *word)
{
	struct found_ids ids;

	found_ids(engine.jobs, word, &ids);
	return ids.n;
}

static bool
is_one(const char *word, const char *id)
{
	struct found_ids ids;

	found_ids(engine.jobs, word, &ids);
	return ids.n == 1 && strcmp(ids.v[0], id) == 0;
}

static void
test_words(void **state)
{
	char holder[JOB_ID_LEN + 1];

	(void)state;
	close(make(A, NULL, RECORD_EXITED, true));
	close(make(B, "bbbb", RECORD_EXITED, true));
	close(make(C, NULL, RECORD_EXITED, true));
	assert_int_equal(names_take(&engine, "bbbb", B, holder), 0);
	assert_true(is_one(A, A));
	assert_true(is_one("aaaa00000002", B));
	assert_int_equal(count("aaaa"), 2);
	assert_int_equal(count("aaaa0000000"), 2);
	/* a name comes before the beginning of an id */
	assert_true(is_one("bbbb", B));
	assert_true(is_one("bbb", C));
	assert_int_equal(count(""), 0);
	assert_int_equal(count("AAAA"), 0);
	assert_int_equal(count("aaaa000000010"), 0);
	assert_int_equal(count("cccc"), 0);
	assert_int_equal(count(".."), 0);
	assert_int_equal(count("../jobs/" A), 0);
}

/* Many fit: some are named, all are counted. */
static void
test_many(void **state)
{
	struct found_ids ids;
	char id[JOB_ID_LEN + 1];

	(void)state;
	for (unsigned int i = 0; i < 3 * FOUND_NAMED_MAX; i++) {
		snprintf(id, sizeof(id), "aa%010x", i);
		close(make(id, NULL, RECORD_EXITED, true));
	}
	found_ids(engine.jobs, "aa", &ids);
	assert_int_equal(ids.n, 3 * FOUND_NAMED_MAX);
}

static void
test_links(void **state)
{
	(void)state;
	close(make(A, "web", RECORD_EXITED, true));
	/* nobody has made the directory of names yet */
	assert_int_equal(count("web"), 0);
	assert_int_equal(mkdir(STATE_NAMES, 0700), 0);
	assert_int_equal(symlink(A, STATE_NAMES "/other"), 0);
	assert_int_equal(symlink("../" STATE_JOBS "/" A, STATE_NAMES "/path"), 0);
	assert_int_equal(symlink("aaaa000000", STATE_NAMES "/short"), 0);
	assert_int_equal(symlink(A A, STATE_NAMES "/long"), 0);
	assert_int_equal(symlink(B, STATE_NAMES "/nobody"), 0);
	assert_int_equal(mkdir(STATE_NAMES "/dir", 0700), 0);
	assert_int_equal(count("other"), 0);
	assert_int_equal(count("path"), 0);
	assert_int_equal(count("short"), 0);
	assert_int_equal(count("long"), 0);
	assert_int_equal(count("nobody"), 0);
	assert_int_equal(count("dir"), 0);
	assert_int_equal(symlink(A, STATE_NAMES "/web"), 0);
	assert_true(is_one("web", A));
	/* a link in the place of the directory is not followed */
	assert_int_equal(rename(STATE_NAMES, "elsewhere"), 0);
	assert_int_equal(symlink("elsewhere", STATE_NAMES), 0);
	assert_int_equal(count("web"), 0);
}

static int
open_errno(const char *id)
{
	struct found found;
	int ret = found_open(engine.jobs, id, &found) == 0 ? 0 : errno;

	found_close(&found);
	return ret;
}

/* What has the name of a job and is none. */
static void
test_no_jobs(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(engine.jobs, A, 0700), 0);
	assert_int_equal(open_errno(A), ENOENT);
	assert_int_equal(count(A), 0);
	assert_int_equal(count("aaaa"), 0);
	put(B, "x");
	assert_int_equal(open_errno(B), ENOENT);
	close(make("cccc00000004", NULL, RECORD_EXITED, true));
	assert_int_equal(symlinkat("cccc00000004", engine.jobs, C), 0);
	assert_int_equal(open_errno(C), ENOENT);
	assert_int_equal(count("bbbb"), 0);
	assert_int_equal(open_errno("../" STATE_JOBS), ENOENT);
	assert_int_equal(open_errno("cccc00000004"), 0);
}

/* The lock tells, not the file. */
static void
test_alive(void **state)
{
	struct found found;
	int lock;

	(void)state;
	lock = make(A, NULL, RECORD_RUNNING, true);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	assert_int_equal(found_open(engine.jobs, A, &found), 0);
	assert_true(found.alive);
	assert_int_equal(found.record.state, RECORD_RUNNING);
	assert_int_equal(found_lock(&found), -1);
	found_close(&found);
	close(lock);
	assert_int_equal(found_open(engine.jobs, A, &found), 0);
	assert_false(found.alive || found.broken);
	assert_int_equal(found.record.state, RECORD_EXITED);
	assert_int_equal(found.record.reason, RECORD_REASON_LOST);
	assert_int_equal(found.record.status, RECORD_LOST);
	assert_int_equal(found_lock(&found), 0);
	/* its own lock is none of somebody else's: a second look finds it held */
	found_close(&found);
	assert_int_equal(found_open(engine.jobs, A, &found), 0);
	assert_int_equal(found.record.reason, RECORD_REASON_LOST);
	assert_true(found.record.finished > 0);
	found_close(&found);
}

static void
test_broken(void **state)
{
	struct found found;
	int dir = make(A, "web", RECORD_RUNNING, false);

	(void)state;
	put(A "/" RECORD_FILE, "{}");
	assert_int_equal(found_open(engine.jobs, A, &found), 0);
	assert_true(found.broken && found.record.kept && !found_is_gone(&found));
	assert_int_equal(found.record.state, RECORD_EXITED);
	assert_string_equal(found.record.name, A);
	found_close(&found);
	/* that of another job */
	close(make(B, NULL, RECORD_EXITED, true));
	assert_int_equal(unlinkat(dir, RECORD_FILE, 0), 0);
	assert_int_equal(linkat(engine.jobs, B "/" RECORD_FILE, dir, RECORD_FILE, 0), 0);
	assert_int_equal(found_open(engine.jobs, A, &found), 0);
	assert_true(found.broken);
	assert_string_equal(found.record.id, A);
	found_close(&found);
	close(dir);
}

/* Between its start and its first record a job has its lock and its socket. */
static void
test_young(void **state)
{
	struct found found;
	int lock;

	(void)state;
	assert_int_equal(mkdirat(engine.jobs, A, 0700), 0);
	lock = openat(engine.jobs, A, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	assert_int_equal(open_errno(A), ENOENT);
	put(A "/" CTL_FILE, "");
	assert_int_equal(found_open(engine.jobs, A, &found), 0);
	assert_true(found.young && found.alive && !found.broken);
	found_close(&found);
	close(lock);
	assert_int_equal(open_errno(A), ENOENT);
}

static void
test_names(void **state)
{
	char holder[JOB_ID_LEN + 1];
	char id[JOB_ID_LEN + 1];
	int lock;

	(void)state;
	close(make(A, "web", RECORD_EXITED, true));
	assert_int_equal(names_take(&engine, "web", A, holder), 0);
	assert_int_equal(names_take(&engine, "web", A, holder), 0);
	assert_int_equal(names_take(&engine, "web", B, holder), 1);
	assert_string_equal(holder, A);
	/* not its own */
	names_drop("web", B);
	assert_int_equal(names_read("web", id), 0);
	assert_string_equal(id, A);
	names_drop("web", A);
	assert_int_equal(names_read("web", id), -1);
	/* of a job that is over and not kept, of one that is gone, of what nobody made */
	close(make(C, "brief", RECORD_EXITED, false));
	assert_int_equal(names_take(&engine, "brief", C, holder), 0);
	assert_int_equal(names_take(&engine, "brief", A, holder), 0);
	assert_int_equal(names_take(&engine, "gone", "cccc00000004", holder), 0);
	assert_int_equal(names_take(&engine, "gone", A, holder), 0);
	assert_int_equal(symlink("/etc", STATE_NAMES "/etc"), 0);
	assert_int_equal(names_take(&engine, "etc", A, holder), 0);
	/* of a job that begins, which has no record yet */
	assert_int_equal(mkdirat(engine.jobs, B, 0700), 0);
	lock = openat(engine.jobs, B, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	assert_int_equal(names_take(&engine, "new", B, holder), 0);
	assert_int_equal(names_take(&engine, "new", A, holder), 1);
	close(lock);
	assert_int_equal(names_take(&engine, "new", A, holder), 0);
	/* nobody is waited for who keeps the directory */
	lock = open(STATE_NAMES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	assert_int_equal(names_take(&engine, "late", A, holder), -1);
	assert_int_equal(errno, EBUSY);
	close(lock);
}

static bool
is_there(const char *id)
{
	return faccessat(engine.jobs, id, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What is left over is removed; what is kept, or may be, is not. */
static void
test_sweep(void **state)
{
	char holder[JOB_ID_LEN + 1];
	char id[JOB_ID_LEN + 1];

	(void)state;
	close(make(A, "kept", RECORD_RUNNING, true));
	close(make(B, "brief", RECORD_RUNNING, false));
	close(make(C, NULL, RECORD_EXITED, true));
	put(C "/" RECORD_FILE, "not a record");
	assert_int_equal(mkdirat(engine.jobs, "cccc00000004", 0700), 0);
	assert_int_equal(names_take(&engine, "kept", A, holder), 0);
	assert_int_equal(names_take(&engine, "brief", B, holder), 0);
	assert_int_equal(symlink("/etc", STATE_NAMES "/mine"), 0);
	put("cccc00000005", "");
	assert_int_equal(symlinkat("/etc", engine.jobs, "cccc00000006"), 0);
	sweep_now(engine.jobs, false);
	assert_true(is_there(A) && is_there(C));
	assert_false(is_there("cccc00000005") || is_there("cccc00000006"));
	assert_false(is_there(B) || is_there("cccc00000004"));
	assert_int_equal(names_read("kept", id), 0);
	assert_int_equal(names_read("brief", id), -1);
	sweep_now(engine.jobs, true);
	assert_false(is_there(A) || is_there(C));
	assert_int_equal(names_read("kept", id), -1);
	/* no engine made this one */
	assert_int_equal(access(STATE_NAMES "/mine", F_OK), 0);
}

/* Who looks at thousands of names keeps nobody from taking one. */
static void
test_sweep_many(void **state)
{
	char holder[JOB_ID_LEN + 1];
	char name[32];
	pid_t sweeper;
	int failed = 0;

	(void)state;
	close(make(A, NULL, RECORD_EXITED, true));
	assert_int_equal(mkdir(STATE_NAMES, 0700), 0);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), STATE_NAMES "/n%d", i);
		assert_int_equal(symlink(A, name), 0);
	}
	sweeper = fork();
	assert_true(sweeper >= 0);
	while (sweeper == 0)
		names_sweep(engine.jobs, false);
	for (int i = 0; i < 20; i++) {
		const struct timespec pause = { .tv_nsec = 5000000 };

		snprintf(name, sizeof(name), "new%d", i);
		failed += names_take(&engine, name, A, holder) != 0;
		nanosleep(&pause, NULL);
	}
	assert_int_equal(kill(sweeper, SIGKILL), 0);
	assert_int_equal(waitpid(sweeper, NULL, 0), sweeper);
	assert_int_equal(failed, 0);
}

/* No name is taken away while somebody else has the lock. */
static void
test_sweep_locked(void **state)
{
	char id[JOB_ID_LEN + 1];
	int lock;

	(void)state;
	assert_int_equal(mkdir(STATE_NAMES, 0700), 0);
	assert_int_equal(symlink(A, STATE_NAMES "/gone"), 0);
	lock = open(STATE_NAMES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	names_sweep(engine.jobs, false);
	assert_int_equal(names_read("gone", id), 0);
	names_drop("gone", A);
	assert_int_equal(names_read("gone", id), 0);
	close(lock);
	names_sweep(engine.jobs, false);
	assert_int_equal(names_read("gone", id), -1);
}

static void
drop(struct engine *of, struct connection *connection)
{
	(void)of;
	(void)connection;
	fail();
}

/* Who cannot look for want of descriptors has not seen that the job is gone. */
static void
test_deferred_short(void **state)
{
	struct connection connection = { .source = SOURCE_CONNECTION };
	struct rlimit before;
	struct rlimit none;
	char answer[64];
	int ends[2];
	int dir = make(A, "lives", RECORD_RUNNING, true);

	(void)state;
	assert_int_equal(flock(dir, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	varlink_init(&connection.varlink, ends[0]);
	engine.connections = &connection;
	assert_int_equal(defer(&connection, DEFERRED_END, A), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ 0, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	deferred_serve(&engine, drop);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(connection.deferred, DEFERRED_END);
	assert_int_equal(read(ends[1], answer, sizeof(answer)), -1);
	deferred_serve(&engine, drop);
	assert_int_equal(connection.deferred, DEFERRED_END);
	close(dir);
	deferred_serve(&engine, drop);
	assert_int_equal(connection.deferred, DEFERRED_NONE);
	assert_true(read(ends[1], answer, sizeof(answer)) > 0);
	engine.connections = NULL;
	varlink_close(&connection.varlink);
	close(ends[1]);
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_words),
		TEST(test_many),
		TEST(test_links),
		TEST(test_no_jobs),
		TEST(test_alive),
		TEST(test_broken),
		TEST(test_young),
		TEST(test_names),
		TEST(test_sweep),
		TEST(test_sweep_many),
		TEST(test_sweep_locked),
		TEST(test_deferred_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
