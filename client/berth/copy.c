/* SPDX-License-Identifier: ISC */
/*
 * A copy between a job and here. Contract in copy.h.
 * TRUST: unprivileged
 * INPUT: what both ends say; names out of a hostile job
 * MUST: as copy.h says
 */
#include "client/berth/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "client/berth/engine.h"
#include "client/berth/message.h"
#include "client/lib/job.h"
#include "client/lib/json.h"
#include "common/io.h"

#define PROGRAM BERTH_LIBEXEC "/berth-archive"
#define TAR_HERE "-"

/* The three pipes' ends that one copy has; -1: not open. */
struct ends {
	int stream; /* the engine's: of the archive */
	int here; /* of our child: its other end */
	int say; /* what both ends write messages to */
	int hear;
};

static bool
is_tar(const struct copy *copy)
{
	return (strcmp(copy->local, TAR_HERE) == 0);
}

static int
open_ends(const struct copy *copy, struct ends *ends, struct err *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return (err_sys(err, "cannot make a pipe"));
	ends->hear = fds[0];
	ends->say = fds[1];
	if (is_tar(copy)) {
		ends->stream = fcntl(
		    copy->out ? STDOUT_FILENO : STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		return (ends->stream >= 0 ? 0 : err_sys(err, "cannot use -"));
	}
	if (pipe2(fds, O_CLOEXEC) != 0)
		return (err_sys(err, "cannot make a pipe"));
	ends->stream = fds[copy->out ? 1 : 0];
	ends->here = fds[copy->out ? 0 : 1];
	return (0);
}

static void
close_ends(struct ends *ends)
{
	io_close(&ends->stream);
	io_close(&ends->here);
	io_close(&ends->say);
	io_close(&ends->hear);
}

/* Sends the call. As engine_open. */
static int
call_engine(const struct copy *copy, const struct ends *ends, struct varlink *conn, struct err *err)
{
	struct json_object *params = json_object_new_object();
	const int fds[] = { ends->stream, ends->say };
	struct engine_call call = { .method = "Copy", .params = params, .fds = fds, .nfds = 2 };
	struct way way;
	int rc;

	if (job_check_named(copy->job, err) != 0) {
		json_object_put(params);
		return (-1);
	}
	rc = json_put_text(params, "job", copy->job) | json_put_text(params, "path", copy->path) |
	     json_put_text(params, "direction", copy->out ? "out" : "in") |
	     json_put_number(params, "stream", 0) | json_put_number(params, "messages", 1) |
	     json_put_bool(params, "follow", copy->follow) |
	     json_put_bool(params, "owners", copy->owners) |
	     json_put_bool(params, "tar", is_tar(copy));
	if (rc != 0 || way_init(&way, copy->cli, true, err) != 0) {
		json_object_put(params);
		return (rc != 0 ? err_set(err, ERR_SYSTEM, "out of memory") : -1);
	}
	rc = engine_open(&way, &call, conn, err);
	return (rc == 1 ? err_set(err, ERR_UNAVAILABLE, "no engine is running") : rc);
}

static void become(const struct copy *copy, const struct ends *ends) __attribute__((noreturn));

/* The end of the copy that is here, with the caller's own rights. */
static void
become(const struct copy *copy, const struct ends *ends)
{
	static char none[] = "";
	char *const environment[] = { NULL };
	char *words[] = { (char *)(uintptr_t) "berth-archive",
		(char *)(uintptr_t)(copy->out ? "unpack" : "pack"), NULL, NULL, NULL };
	size_t n = 2;

	if (!copy->out && copy->follow)
		words[n++] = (char *)(uintptr_t) "--follow";
	words[n] = copy->local[0] != '\0' ? (char *)(uintptr_t)copy->local : none;
	if (dup2(ends->here, copy->out ? STDIN_FILENO : STDOUT_FILENO) >= 0 &&
	    dup2(ends->say, STDERR_FILENO) >= 0)
		execve(PROGRAM, words, environment);
	dprintf(ends->say, "Ecannot run " PROGRAM "\t%s\n", strerror(errno));
	_exit(127);
}

/* The bytes that an end has escaped: they are again on their way out. In place. */
static void
unescape(char *text)
{
	char *out = text;

	while (*text != '\0') {
		unsigned int byte;

		if (text[0] == '\\' && text[1] == 'x' && sscanf(text + 2, "%2x", &byte) == 1 &&
		    byte != 0) {
			*out++ = (char)byte;
			text += 4;
		} else
			*out++ = *text++;
	}
	*out = '\0';
}

/* One message; the first that is an end is the error. */
static void
take_line(const struct copy *copy, char *line, struct err *end)
{
	char *why = strchr(line, '\t');

	line[strcspn(line, "\n")] = '\0';
	if (why != NULL)
		*why++ = '\0';
	unescape(line);
	if (line[0] == 'W')
		message_warning(copy->cli, "%s", line + 1);
	if (line[0] != 'E' || end->what[0] != '\0')
		return;
	err_set(end, ERR_FAILED, "%s", line + 1);
	if (why != NULL) {
		unescape(why);
		err_why(end, "%s", why);
	}
}

/* Until both ends have closed it. */
static void
take_lines(const struct copy *copy, struct ends *ends, struct err *end)
{
	FILE *lines = fdopen(ends->hear, "r");
	char *line = NULL;
	size_t cap = 0;

	if (lines == NULL)
		return;
	ends->hear = -1;
	while (getline(&line, &cap, lines) > 0)
		take_line(copy, line, end);
	free(line);
	fclose(lines);
}

/* 0 and the status of the engine's end; -1 with err. */
static int
take_answer(const struct copy *copy, struct varlink *conn, int *status, struct err *err)
{
	struct json_object *message, *params;
	int rc = varlink_read(conn, &message);

	if (rc != 1) {
		err_set(err, ERR_UNAVAILABLE, "the engine ended before the copy did");
		return (err_todo(err, "see what was copied, and try again"));
	}
	rc = engine_answer(copy->cli, message, &params, err);
	*status = (int)json_number(params, "status", 1);
	json_object_put(message);
	return (rc);
}

static int
wait_here(pid_t child)
{
	int status;

	if (child < 0)
		return (0);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return (WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* What both said, and how both ended. */
static int
judge(int there, int here, const struct err *end, struct err *err)
{
	if (end->what[0] != '\0') {
		*err = *end;
		return (-1);
	}
	if (there == 0 && here == 0)
		return (0);
	err_set(err, ERR_FAILED, "not everything was copied");
	if (there <= 1 && here <= 1)
		return (err_why(err, "what was left out, or changed, is named above"));
	return (err_why(err, "the copy ended early"));
}

static int
run(const struct copy *copy, struct ends *ends, struct varlink *conn, struct err *err)
{
	struct err end = { .what = "" };
	pid_t child = is_tar(copy) ? -1 : fork();
	int there = 0, here, rc;

	if (child == 0)
		become(copy, ends);
	if (child < 0 && !is_tar(copy))
		return (err_sys(err, "cannot copy"));
	io_close(&ends->stream);
	io_close(&ends->here);
	io_close(&ends->say);
	take_lines(copy, ends, &end);
	rc = take_answer(copy, conn, &there, err);
	here = wait_here(child);
	return (rc != 0 ? -1 : judge(there, here, &end, err));
}

int
copy_run(const struct copy *copy, struct err *err)
{
	struct ends ends = { -1, -1, -1, -1 };
	struct varlink conn;
	int rc = open_ends(copy, &ends, err);

	if (rc == 0)
		rc = call_engine(copy, &ends, &conn, err);
	if (rc == 0) {
		rc = run(copy, &ends, &conn, err);
		varlink_close(&conn);
	}
	close_ends(&ends);
	return (rc);
}
