/* SPDX-License-Identifier: ISC */
/*
 * Units of handover.c: what a supervisor takes for a mount that it has asked for, and for how long it waits.
 * The kernel's answers about what comes are made here, so that each check stands alone.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that each check refuses what only it can tell, and that nothing that was refused stays open
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "client/engine/clock.h"
#include "client/engine/job/handover.h"
#include "client/lib/json.h"
#include "client/lib/varlink.h"

/* WRAP: poll fstat fstatvfs statx clock_ms clock_until */

int __real_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstatvfs(int fd, struct statvfs *vfs);
int __wrap_statx(int at, const char *name, int flags, unsigned int mask, struct statx *st);
int64_t __wrap_clock_ms(void);
int __wrap_clock_until(int64_t then);

/* What is known of one of the two descriptors. */
struct about {
	bool root; /* the top of a mount */
	bool file;
	ino_t ino;
	dev_t dev;
	uid_t uid;
	gid_t gid;
	unsigned long flags;
};

/* What the client sends back. */
struct reply {
	size_t bytes;
	size_t fds;
	bool hangs_up; /* of the call's connection, the reply's is held */
	bool silent;
};

static struct about source, mount;
static struct reply reply;
static int source_fd;
static int64_t now;
static int held = -1; /* the reply's other end */
static struct varlink client;

static const struct about *
about(int fd)
{
	return fd == source_fd ? &source : &mount;
}

int
__wrap_fstat(int fd, struct stat *st)
{
	const struct about *a = about(fd);

	memset(st, 0, sizeof(*st));
	st->st_dev = a->dev;
	st->st_ino = a->ino;
	st->st_uid = a->uid;
	st->st_gid = a->gid;
	return 0;
}

int
__wrap_fstatvfs(int fd, struct statvfs *vfs)
{
	memset(vfs, 0, sizeof(*vfs));
	vfs->f_flag = about(fd)->flags;
	return 0;
}

int
__wrap_statx(int at, const char *name, int flags, unsigned int mask, struct statx *st)
{
	(void)name;
	(void)mask;
	/* what is asked of a file system that does not answer never ends */
	assert_true((flags & AT_STATX_DONT_SYNC) != 0);
	memset(st, 0, sizeof(*st));
	st->stx_dev_major = major(about(at)->dev);
	st->stx_dev_minor = minor(about(at)->dev);
	st->stx_ino = about(at)->ino;
	st->stx_mode = about(at)->file ? S_IFREG : S_IFDIR;
	st->stx_attributes = about(at)->root ? STATX_ATTR_MOUNT_ROOT : 0;
	return 0;
}

int64_t
__wrap_clock_ms(void)
{
	return now;
}

int
__wrap_clock_until(int64_t then)
{
	return then <= now ? 0 : (int)(then - now);
}

static void
send_reply(int fd)
{
	union {
		char buf[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} control = { .buf = { 0 } };
	char bytes[4] = "mmm";
	int fds[8];
	struct iovec iov = { .iov_base = bytes, .iov_len = reply.bytes };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	for (size_t i = 0; i < reply.fds; i++)
		fds[i] = open("/dev/null", O_PATH | O_CLOEXEC);
	if (reply.fds > 0) {
		struct cmsghdr *cmsg;

		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(reply.fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(reply.fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, reply.fds * sizeof(int));
	}
	assert_int_equal(sendmsg(fd, &msg, 0), (ssize_t)reply.bytes);
	for (size_t i = 0; i < reply.fds; i++)
		close(fds[i]);
}

/* The client's turn: it has been asked. */
static void
answer(void)
{
	struct json_object *message;
	struct json_object *params;
	int fd;

	if (varlink_receive(&client) != 1)
		return;
	assert_int_equal(varlink_next(&client, &message), 1);
	params = json_object_object_get(message, "parameters");
	assert_true(handover_is(params));
	assert_string_equal(json_text(params, "source"), "/data");
	assert_int_equal(json_number(params, "uid", -1), 101);
	assert_int_equal(json_number(params, "gid", -1), 102);
	assert_true(json_object_get_boolean(json_object_object_get(message, "continues")));
	assert_int_equal(client.nfds, HANDOVER_FDS);
	fd = client.fds[json_number(params, "reply", -1)];
	if (reply.bytes > 0)
		send_reply(fd);
	if (reply.silent || reply.hangs_up)
		held = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	varlink_drop_fds(&client);
	if (reply.hangs_up)
		(void)!shutdown(client.fd, SHUT_RDWR);
	json_object_put(message);
}

/* Time passes only while one waits. */
int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	int ready;

	answer();
	ready = __real_poll(fds, n, 0);
	if (ready == 0)
		now += timeout;
	return ready;
}

static size_t
descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static int
ask(struct err *err)
{
	const struct handover wanted = { "/data", source_fd, 101, 102 };
	size_t before = descriptors();
	int ends[2];
	int mnt;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	varlink_init(&client, ends[0]);
	now = 1000;
	held = -1;
	mnt = handover_mount(ends[1], &wanted, err);
	if (held != -1)
		close(held);
	varlink_close(&client);
	close(ends[1]);
	assert_int_equal(descriptors(), before + (mnt == -1 ? 0 : 1));
	return mnt;
}

static void
is_taken(void)
{
	struct err err;
	int mnt = ask(&err);

	assert_int_not_equal(mnt, -1);
	assert_int_equal(fcntl(mnt, F_GETFD), FD_CLOEXEC);
	close(mnt);
}

static void
is_refused(const char *why)
{
	struct err err;

	assert_int_equal(ask(&err), -1);
	assert_string_equal(err.what, "/data cannot belong to 101:102 in the job");
	assert_string_equal(err.why, why);
}

static int
set_up(void **state)
{
	(void)state;
	source_fd = open("/", O_PATH | O_CLOEXEC);
	source = (struct about){ .ino = 5,
		.dev = 7,
		.uid = geteuid(),
		.gid = getegid(),
		.flags = ST_RDONLY | ST_NOEXEC };
	mount = (struct about){ .root = true,
		.ino = 5,
		.dev = 7,
		.uid = 101,
		.gid = 102,
		.flags = ST_RDONLY | ST_NOEXEC | ST_NOSUID | ST_NODEV };
	reply = (struct reply){ .bytes = 1, .fds = 1 };
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(source_fd);
	return 0;
}

static void
what_was_asked_for(void **state)
{
	(void)state;
	is_taken();
	/* a group that is not the user's has no number in the map: whatever shows */
	source.gid++;
	mount.gid = 65534;
	is_taken();
	source.flags = 0;
	mount.flags = ST_NOSUID | ST_NODEV;
	is_taken();
}

static void
not_that_directory(void **state)
{
	static const char why[] = "what came is no mount of that directory";

	(void)state;
	mount.root = false;
	is_refused(why);
	mount.root = true;
	mount.file = true;
	is_refused(why);
	mount.file = false;
	mount.ino++;
	is_refused(why);
	mount.ino--;
	mount.dev++;
	is_refused(why);
}

static void
not_that_owner(void **state)
{
	static const char why[] = "the mount that came shows another owner";

	(void)state;
	mount.uid = source.uid;
	is_refused(why);
	mount.uid = 101;
	mount.gid = 101;
	is_refused(why);
	mount.gid = 102;
	source.uid++;
	is_refused(why);
}

static void
not_as_strict(void **state)
{
	static const unsigned long flags[] = { ST_RDONLY, ST_NOEXEC, ST_NOSUID, ST_NODEV };

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		mount.flags &= ~flags[i];
		is_refused("the mount that came allows more than the directory");
		mount.flags |= flags[i];
	}
	is_taken();
}

static void
not_one_descriptor(void **state)
{
	static const char why[] = "the launcher has made no mount";

	(void)state;
	reply.fds = 0;
	is_refused(why);
	reply.fds = 2;
	is_refused(why);
	reply.fds = 8;
	is_refused(why);
	reply = (struct reply){ .bytes = 2, .fds = 1 };
	is_refused(why);
	reply.bytes = 0;
	is_refused(why);
}

static void
nobody_answers(void **state)
{
	(void)state;
	reply = (struct reply){ .silent = true };
	is_refused("who asked for the job does not answer");
	assert_int_equal(now, 61000);
	reply = (struct reply){ .hangs_up = true };
	is_refused("who asked for the job has gone");
	assert_int_equal(now, 1000);
	/* what came before the end counts */
	reply = (struct reply){ .hangs_up = true, .bytes = 1, .fds = 1 };
	is_taken();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(not_that_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(not_that_owner, set_up, tear_down),
		cmocka_unit_test_setup_teardown(not_as_strict, set_up, tear_down),
		cmocka_unit_test_setup_teardown(not_one_descriptor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_answers, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
