/* SPDX-License-Identifier: ISC */
/*
 * The engine's log: see log.h. It is opened for each line, so that whoever moves or removes it has
 * done so, and so that engines of one user that live at the same time share it.
 * TRUST: unprivileged
 * INPUT: texts that may carry hostile parts; a directory that its user can change at any time
 * MUST: as in log.h
 */
#include "client/engine/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"

#define LINE_MAX_LEN 1000
#define TRIES 5
#define PAUSE_NS 2000000L

const char *
engine_mode_name(const struct engine *engine)
{
	switch (engine->mode) {
	case FACTS_SHARED:
		return "shared";
	case FACTS_ONCE:
		return "once";
	case FACTS_ROOTLESS:
		return "rootless";
	case FACTS_INVALID:
		break;
	}
	return "unknown";
}

/* A file that is written to is the user's and has one name. */
static bool
is_log(int fd, struct stat *st)
{
	return fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
	       st->st_nlink == 1;
}

/*
 * Makes room for the next one. Two engines can find the same file full: who has its lock looks again
 * whether it still has its name, or the next one would take the place of the one that was kept. 0,
 * or -1: whoever holds the lock has not done it yet.
 */
static int
rotate(int fd)
{
	struct stat full;
	struct stat named;

	if (flock(fd, LOCK_EX | LOCK_NB) == -1 || fstat(fd, &full) == -1)
		return -1;
	if (lstat(STATE_LOG, &named) == -1 || named.st_ino != full.st_ino ||
	    named.st_dev != full.st_dev)
		return 0;
	return rename(STATE_LOG, STATE_LOG_OLD);
}

/* A symbolic link; a FIFO or a socket; a directory. */
static bool
is_in_the_way(int error)
{
	return error == ELOOP || error == ENXIO || error == EISDIR;
}

/* The file, with room for len bytes; -1: then there is nothing to write to. */
static int
open_log(size_t len)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct stat st;

	for (int i = 0; i < TRIES; i++) {
		int AUTO_CLOSE fd = open(STATE_LOG,
		    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		    0600);
		int made = fd;

		if (fd == -1) {
			if (!is_in_the_way(errno) || rename(STATE_LOG, STATE_LOG_OLD) == -1)
				return -1;
		} else if (is_log(fd, &st) && st.st_size + (off_t)len <= LOG_MAX) {
			fd = -1;
			return made;
		} else if (rotate(fd) == -1) {
			nanosleep(&pause, NULL);
		}
	}
	return -1;
}

void
log_line(const struct engine *engine, const char *fmt, ...)
{
	char line[LINE_MAX_LEN + 2];
	time_t now = time(NULL);
	int AUTO_CLOSE fd = -1;
	struct tm utc = { 0 };
	size_t len;
	va_list args;

	(void)!gmtime_r(&now, &utc);
	len = strftime(line, LINE_MAX_LEN, "%Y-%m-%dT%H:%M:%SZ ", &utc);
	len += (size_t)snprintf(line + len, LINE_MAX_LEN - len, "%s ", engine_mode_name(engine));
	va_start(args, fmt);
	vsnprintf(line + len, LINE_MAX_LEN - len, fmt, args);
	va_end(args);
	/* what came from outside was escaped where it came in; this is the last door */
	for (char *at = line; *at != '\0'; at++)
		if (*at < 0x20 || *at > 0x7e)
			*at = '?';
	len = strlen(line);
	line[len++] = '\n';
	fd = engine->no_log ? -1 : open_log(len);
	if (fd != -1)
		(void)!io_write_all(fd, line, len);
}
