/* SPDX-License-Identifier: ISC */
/*
 * berth daemon logs: what the engine wrote down, read from the state root: no engine is needed.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; the policy; two files that their owner can change
 * MUST: follow no link out of the state root, wait for no pipe in it; show no byte that a terminal
 *       would obey.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "common/io.h"

#include "client/berth/ascii.h"
#include "client/berth/daemon.h"
#include "client/berth/message.h"
#include "client/berth/stateroot.h"

#define LOG "engine.log"
#define LOG_OLD "engine.log.1"
#define READ_MAX (1 << 20) /* more than the engine lets them grow to */
#define LOOK_NS 200000000L

struct options {
	bool follow;
	const char *tail;
};

/* clang-format off */
const struct flag daemon_logs_flags[] = {
	{ FLAG_SWITCH, 'f', "follow", offsetof(struct options, follow), NULL, NULL, "go on with what comes" },
	{ FLAG_STRING, 'n', "tail", offsetof(struct options, tail), NULL, "N", "the last N lines only; all is all" },
	{ .kind = FLAG_INVALID },
};
/* clang-format on */

/* A log as it was read so far. */
struct log {
	const struct cli *cli;
	int dir; /* the state root */
	int fd; /* engine.log, or -1 */
	char *text;
	size_t len;
	size_t shown;
};

/* A plain file of the caller's, or -1: there is none. */
static int
open_file(const struct log *log, const char *name)
{
	int fd = openat(log->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return (-1);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == log->cli->uid)
		return (fd);
	close(fd);
	return (-1);
}

/* Adds what is there to read; what would be too much is left. */
static void
take(struct log *log, int fd)
{
	ssize_t got = 1;

	while (fd >= 0 && got > 0 && log->len < READ_MAX) {
		got = read(fd, log->text + log->len, READ_MAX - log->len);
		log->len += got > 0 ? (size_t)got : 0;
	}
}

/* A line is longer than a message. */
static void
print_text(const char *line)
{
	char piece[ERR_LINE / 4], text[ERR_LINE];

	for (size_t len = strlen(line), part; len > 0; line += part, len -= part) {
		part = len < sizeof(piece) - 2 ? len : sizeof(piece) - 2;
		memcpy(piece, line, part);
		piece[part] = '\0';
		message_foreign(text, piece);
		fputs(text, stdout);
	}
	putchar('\n');
}

static void
print_line(const struct log *log, char *line)
{
	struct json_object *object;
	char *rest, *text;

	if (!log->cli->json) {
		print_text(line);
		return;
	}
	rest = strchr(line, ' ');
	if (rest != NULL)
		*rest++ = '\0';
	object = json_object_new_object();
	json_object_object_add(object, "time", message_json_text(line));
	json_object_object_add(object, "text", message_json_text(rest != NULL ? rest : ""));
	text = ascii_json(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	printf("%s\n", text != NULL ? text : "{}");
	json_object_put(object);
	free(text);
}

/* All whole lines that were not shown yet. */
static int
show(struct log *log, struct err *err)
{
	char *end;

	while ((end = memchr(log->text + log->shown, '\n', log->len - log->shown)) != NULL) {
		*end = '\0';
		print_line(log, log->text + log->shown);
		log->shown = (size_t)(end - log->text) + 1;
	}
	memmove(log->text, log->text + log->shown, log->len - log->shown);
	log->len -= log->shown;
	log->shown = 0;
	/* A line without end, of somebody else's making. */
	if (log->len == READ_MAX)
		log->len = 0;
	return (message_done(err));
}

/* Skips all but the last count lines. */
static void
skip_to(struct log *log, long count)
{
	size_t at = log->len;

	while (at > 0) {
		if (log->text[at - 1] == '\n' && count-- == 0)
			break;
		at--;
	}
	log->shown = at;
}

/* Is engine.log another file now? Then what is left of the old one was taken, and it is opened. */
static void
look_again(struct log *log)
{
	int fd = open_file(log, LOG);
	struct stat old, new;

	take(log, log->fd);
	if (fd >= 0 && (log->fd < 0 || fstat(fd, &new) != 0 || fstat(log->fd, &old) != 0 ||
			   old.st_ino != new.st_ino || old.st_dev != new.st_dev)) {
		io_close(&log->fd);
		log->fd = fd;
		take(log, log->fd);
	} else
		io_close(&fd);
}

static int
follow(struct log *log, struct err *err)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	int rc;

	while ((rc = show(log, err)) == 0) {
		nanosleep(&pause, NULL);
		look_again(log);
	}
	return (rc);
}

static int
run(struct log *log, const struct options *options, long count, struct err *err)
{
	int old AUTO_CLOSE = open_file(log, LOG_OLD);

	log->fd = open_file(log, LOG);
	take(log, old);
	take(log, log->fd);
	if (log->len == 0)
		message_note(log->cli, "nothing has been written yet");
	if (count >= 0)
		skip_to(log, count);
	return (options->follow ? follow(log, err) : show(log, err));
}

static int
parse_tail(const char *text, long *count, struct err *err)
{
	char *end;

	*count = -1;
	if (text == NULL || strcmp(text, "all") == 0)
		return (0);
	errno = 0;
	*count = strtol(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0)
		return (0);
	return (err_set(err, ERR_USAGE, "--tail=%s: not a number of lines", text));
}

int
daemon_logs(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct options options = { .follow = false };
	struct flag_parse parse = {
		.own = { daemon_logs_flags, &options }, .argc = argc, .argv = argv
	};
	struct log log = { .cli = cli, .dir = -1, .fd = -1 };
	static char root[PATH_MAX];
	long count;
	int rc;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0 ||
	    parse_tail(options.tail, &count, err) != 0 || stateroot_find(cli, root, err) != 0)
		return (-1);
	log.dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	log.text = malloc(READ_MAX);
	if (log.text == NULL || (log.dir < 0 && errno != ENOENT))
		rc = err_sys(err, "cannot read the log in %s", root);
	else
		rc = run(&log, &options, count, err);
	free(log.text);
	io_close(&log.fd);
	io_close(&log.dir);
	return (rc);
}
