/* SPDX-License-Identifier: ISC */
/*
 * Mounts in which the user's files belong to another id of the job's: see handover.h.
 * TRUST: unprivileged
 * INPUT: descriptors from whoever serves the client's connection
 * MUST: as in handover.h
 */
#include "client/engine/job/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "client/engine/api/reply.h"
#include "client/engine/clock.h"
#include "client/lib/json.h"
#include "common/io.h"

/* ms; the client gives the launcher 40 s, and ends then */
#define PATIENCE 60000
/* more than one are an error, and are closed all the same: the kernel makes none that has no room here */
#define CAME_MAX 4
/* what the mount must have if the directory has it */
#define FLAGS_KEPT (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC)

static int
failed(const struct handover *wanted, const char *why, struct err *err)
{
	err_set(err, ERR_FAILED, "%s cannot belong to %u:%u in the job", wanted->source,
	    wanted->uid, wanted->gid);
	return err_why(err, "%s", why);
}

/* The client's end of the socket pair is closed here in every case. */
static int
ask(int conn, const struct handover *wanted, int theirs, struct err *err)
{
	int AUTO_CLOSE namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	int AUTO_CLOSE reply = theirs;
	const int fds[HANDOVER_FDS] = { namespace, wanted->directory, reply };

	if (namespace == -1)
		return err_sys(err, "the job's mount namespace cannot be named");
	if (reply_map(conn, wanted, fds) == 0)
		return 0;
	return failed(wanted, "who asked for the job is not there any more", err);
}

/* Has the client gone? What it sends too early is looked at when the job runs. */
static bool
is_gone(const struct pollfd *conn)
{
	return (conn->revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/* Waits until something can be read from ours. 0, or -1 with err. */
static int
await(int conn, int ours, const struct handover *wanted, struct err *err)
{
	int64_t until = clock_ms() + PATIENCE;

	for (;;) {
		struct pollfd fds[] = { { .fd = ours, .events = POLLIN },
			{ .fd = conn, .events = POLLRDHUP } };
		int left = clock_until(until);
		int ready = poll(fds, 2, left);

		if (ready == -1 && errno != EINTR)
			return err_sys(err, "%s cannot be waited for", wanted->source);
		/* what came before the end counts */
		if (ready > 0 && (fds[0].revents & POLLIN) != 0)
			return 0;
		if (ready > 0 && is_gone(&fds[1]))
			return failed(wanted, "who asked for the job has gone", err);
		if (ready > 0)
			return failed(wanted, "the launcher has made no mount", err);
		if (left == 0)
			return failed(wanted, "who asked for the job does not answer", err);
	}
}

static size_t
descriptors(struct msghdr *msg, int fds[CAME_MAX])
{
	size_t n = 0;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(msg); at != NULL; at = CMSG_NXTHDR(msg, at)) {
		size_t bytes = at->cmsg_len - CMSG_LEN(0);

		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < bytes / sizeof(int) && n < CAME_MAX; i++)
			memcpy(&fds[n++], CMSG_DATA(at) + i * sizeof(int), sizeof(int));
	}
	return n;
}

/* One byte with one descriptor, which is the caller's; or -1, and all that came is closed. */
static int
take(int ours)
{
	union {
		char buf[CMSG_SPACE(CAME_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	char bytes[2];
	struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf) };
	int fds[CAME_MAX];
	size_t n;

	ssize_t len = recvmsg(ours, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (len == -1)
		return -1;
	n = descriptors(&msg, fds);
	if (len == 1 && n == 1 && (msg.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) == 0)
		return fds[0];
	for (size_t i = 0; i < n; i++)
		io_close(&fds[i]);
	return -1;
}

/* A file system of the client's can leave any question open for ever, but not one about what is known of it. */
static int
ask_cache(int fd, struct statx *st)
{
	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, st);
}

/* Does the mount show the directory, and as its top? To be known before anything else is asked. */
static bool
is_of_directory(int mount, const struct handover *wanted)
{
	struct statx a;
	struct statx b;

	return ask_cache(mount, &a) == 0 && S_ISDIR(a.stx_mode) &&
	       (a.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 &&
	       ask_cache(wanted->directory, &b) == 0 && a.stx_dev_major == b.stx_dev_major &&
	       a.stx_dev_minor == b.stx_dev_minor && a.stx_ino == b.stx_ino;
}

/*
 * Its user, and its group where that is the user's own: the one line of the map has no number for
 * any other.
 */
static bool
has_owner(int mount, const struct handover *wanted)
{
	struct stat source;
	struct stat st;

	if (fstat(wanted->directory, &source) == -1 || fstat(mount, &st) == -1)
		return false;
	return source.st_uid == geteuid() && st.st_uid == wanted->uid &&
	       (source.st_gid != getegid() || st.st_gid == wanted->gid);
}

static bool
is_as_strict(int mount, const struct handover *wanted)
{
	struct statvfs source;
	struct statvfs vfs;

	if (fstatvfs(wanted->directory, &source) == -1 || fstatvfs(mount, &vfs) == -1)
		return false;
	source.f_flag |= ST_NOSUID | ST_NODEV;
	return (source.f_flag & FLAGS_KEPT & ~vfs.f_flag) == 0;
}

static int
check(int mount, const struct handover *wanted, struct err *err)
{
	const char *why = NULL;

	if (!is_of_directory(mount, wanted))
		why = "what came is no mount of that directory";
	else if (!has_owner(mount, wanted))
		why = "the mount that came shows another owner";
	else if (!is_as_strict(mount, wanted))
		why = "the mount that came allows more than the directory";
	return why == NULL ? 0 : failed(wanted, why, err);
}

int
handover_mount(int conn, const struct handover *wanted, struct err *err)
{
	int AUTO_CLOSE ours = -1;
	int ends[2];
	int mount;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return err_sys(err, "%s cannot be asked for", wanted->source);
	ours = ends[0];
	if (ask(conn, wanted, ends[1], err) == -1 || await(conn, ours, wanted, err) == -1)
		return -1;
	mount = take(ours);
	if (mount == -1)
		return failed(wanted, "the launcher has made no mount", err);
	if (check(mount, wanted, err) == 0)
		return mount;
	io_close(&mount);
	return -1;
}

bool
handover_is(struct json_object *parameters)
{
	const char *event = json_text(parameters, "event");

	return event != NULL && strcmp(event, "map") == 0;
}
