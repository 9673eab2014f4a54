/* SPDX-License-Identifier: ISC */
/*
 * One line to the system log, authpriv: who asked, the verdict, the rule or the reason.
 * TRUST: privileged
 * INPUT: the decision, or an error that came before one
 * MUST: never wait, never use syslog(3) (it asks for the time zone); one record is one line; a uid's
 *       lines are limited by one small root-owned file; nobody is told what was neither written nor
 *       counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launcher.h"

/* RFC 5424, 6.2.1: facility 10 (authpriv) * 8 + severity 5 (notice) or 6 (informational). */
#define PRI_REFUSED (10 * 8 + 5)
#define PRI_ALLOWED (10 * 8 + 6)
#define WINDOW_SECONDS 10
#define WINDOWS 1024 /* 16 KiB, as the installation makes the file */

enum line {
	LINE_REFUSED,
	LINE_ALLOWED,
	LINES
};
static const uint32_t most[LINES] = { [LINE_REFUSED] = 20, [LINE_ALLOWED] = 100 };

struct window {
	uint32_t since; /* seconds since boot */
	uint16_t lines[AUDIT_VERBS][LINES]; /* at most one more than is written */
};
_Static_assert(sizeof(struct window) == 16, "as the file has it since the first version");

/* May one more line of this kind be written? 1, 0; -1 when a limit of the caller's own is in the way:
 * who could choose it to the byte would be judged without a line. Each uid has a window of its own, but
 * for collisions, so that nobody can use up another's, and in it each verb: many mounts hide no start.
 * What cannot be counted for another reason is written. Two launchers at once may count one line twice or
 * not; the limit is for floods. */
static int
within_limit(uint32_t uid, unsigned int verb, enum line kind, struct err *err)
{
	const off_t at = (off_t)(uid % WINDOWS * sizeof(struct window));
	AUTO_CLOSE int dir = -1;
	AUTO_CLOSE int fd = -1;
	struct window window = { 0 };
	struct err why = { 0 };
	struct timespec now;
	uint16_t *lines = &window.lines[verb][kind];
	ssize_t written;

	if (trust_dir(STATE_DIR, &dir, &why) <= 0 ||
	    trust_file(dir, "audit-rate", O_RDWR, &fd, &why) <= 0)
		return (why.errnum == EMFILE ? err_sys(err, "cannot count this call") : 1);
	if (pread(fd, &window, sizeof(window), at) != (ssize_t)sizeof(window))
		return (1);
	clock_gettime(CLOCK_BOOTTIME, &now);
	if (now.tv_sec < window.since || now.tv_sec - window.since >= WINDOW_SECONDS)
		window = (struct window){ .since = (uint32_t)now.tv_sec };
	if (*lines <= most[kind])
		(*lines)++;
	written = pwrite(fd, &window, sizeof(window), at);
	if (written == (ssize_t)sizeof(window))
		return (*lines <= most[kind]);
	/* A limit that ends in the midst of it cuts it off before the number. */
	if (written >= 0)
		errno = EFBIG;
	return (errno == EFBIG ? err_sys(err, "cannot count this call") : 1);
}

int
audit(const struct audit_call *call, const struct caller *caller, const struct decision *decision,
    struct err *err)
{
	const struct sockaddr_un log = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	bool allowed = decision->verdict == VERDICT_ALLOW && err->code == ERR_INVALID;
	char line[ERR_LINE + 128], ids[32] = "";
	AUTO_CLOSE int fd = -1;
	int rc =
	    within_limit(caller->uid, call->number, allowed ? LINE_ALLOWED : LINE_REFUSED, err);

	if (rc <= 0)
		return (rc);
	if (call->ids)
		snprintf(ids, sizeof(ids), " ids=%u:%u", call->uid, call->gid);
	if (allowed)
		snprintf(line, sizeof(line),
		    "<%d>berth-launcher[%d]: allow uid=%u verb=%s rule=%s:%u owner=%u%s",
		    PRI_ALLOWED, getpid(), caller->uid, call->verb, decision->by->file,
		    decision->line, decision->grant.owner_id, ids);
	else
		snprintf(line, sizeof(line), "<%d>berth-launcher[%d]: deny uid=%u verb=%s: %s",
		    PRI_REFUSED, getpid(), caller->uid, call->verb, err->what);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)!sendto(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL,
		    (const struct sockaddr *)&log, sizeof(log));
	return (0);
}
