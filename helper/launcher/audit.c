/* SPDX-License-Identifier: ISC */
/*
 * One line to the system log, authpriv: who asked, the verdict, the rule or the reason.
 * TRUST: privileged
 * INPUT: the decision, or an error that came before one
 * MUST: never wait, never fail, never use syslog(3) (it asks for the time zone); one record is one
 *       line; a uid's refusals are limited by one small root-owned file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launcher.h"

/* RFC 5424, 6.2.1: facility 10 (authpriv) * 8 + severity 5 (notice) or 6 (informational). */
#define PRI_REFUSED (10 * 8 + 5)
#define PRI_ALLOWED (10 * 8 + 6)
#define WINDOW_SECONDS 10
#define WINDOW_LINES 20
#define WINDOWS 1024
#define AUDIT_RATE_SIZE 16384 /* as the installation makes the file */

struct window {
	int64_t since; /* seconds since boot */
	int64_t lines;
};
_Static_assert(WINDOWS * sizeof(struct window) == AUDIT_RATE_SIZE, "a window for each");

/* May one more refusal of this uid be logged? Each has a window of its own, but for collisions, so that nobody
 * can use up another's. Where it cannot be counted it is logged: silence must not be had for free.
 * Two launchers at once may count one line twice or not; the limit is for floods. */
static bool
within_limit(uint32_t uid)
{
	AUTO_CLOSE int dir = -1;
	AUTO_CLOSE int fd = -1;
	struct window *windows, *window;
	struct err err = { 0 };
	struct timespec now;
	struct stat st;

	/* The policy takes as many descriptors: without them nothing was judged, and nothing tried. */
	if (trust_dir(STATE_DIR, &dir, &err) <= 0 ||
	    trust_file(dir, "audit-rate", O_RDWR, &fd, &err) <= 0)
		return (err.errnum != EMFILE);
	/* Mapped: the caller's RLIMIT_FSIZE stops write(2), and would make every line a first one. */
	if (fstat(fd, &st) < 0 || st.st_size < AUDIT_RATE_SIZE)
		return (true);
	windows = mmap(NULL, AUDIT_RATE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* As above: a limit on memory chosen to the byte. A flood of the log would be worse than silence. */
	if (windows == MAP_FAILED)
		return (errno != ENOMEM);
	window = &windows[uid % WINDOWS];
	clock_gettime(CLOCK_BOOTTIME, &now);
	if (now.tv_sec < window->since || now.tv_sec - window->since >= WINDOW_SECONDS)
		*window = (struct window){ .since = now.tv_sec };
	return (++window->lines <= WINDOW_LINES);
}

void
audit(enum engine_mode mode, const struct caller *caller, const struct decision *decision,
    const struct err *err)
{
	const struct sockaddr_un log = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	const char *verb = mode == ENGINE_ONCE ? "once" : "start";
	bool allowed = decision->verdict == VERDICT_ALLOW && err->code == ERR_INVALID;
	char line[ERR_LINE + 128];
	AUTO_CLOSE int fd = -1;

	if (!allowed && !within_limit(caller->uid))
		return;
	if (allowed)
		snprintf(line, sizeof(line),
		    "<%d>berth-launcher[%d]: allow uid=%u verb=%s rule=%s:%u owner=%u", PRI_ALLOWED,
		    getpid(), caller->uid, verb, decision->by->file, decision->line,
		    decision->grant.owner_id);
	else
		snprintf(line, sizeof(line), "<%d>berth-launcher[%d]: deny uid=%u verb=%s: %s",
		    PRI_REFUSED, getpid(), caller->uid, verb, err->what);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)!sendto(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL,
		    (const struct sockaddr *)&log, sizeof(log));
}
