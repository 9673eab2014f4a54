/* SPDX-License-Identifier: ISC */
/*
 * berth logs: what a job wrote, and what it goes on to write.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers; the log, which its user can edit
 * MUST: end when the job does, with all that it wrote; without -f, wait for nothing, and end with what
 *       was there at its beginning.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "common/io.h"

#include "client/berth/jobcall.h"
#include "client/berth/jobview.h"
#include "client/berth/logread.h"
#include "client/berth/logshow.h"
#include "client/berth/message.h"
#include "client/berth/moment.h"

#define AGAIN_MS 250 /* a job between two runs is looked at so often */

struct options {
	bool follow, stamps;
	const char *since, *until, *tail;
};

/* clang-format off */
const struct flag logs_flags[] = {
	{ FLAG_SWITCH, 'f', "follow", offsetof(struct options, follow), NULL, NULL, "go on with what comes, until the job ends" },
	{ FLAG_STRING, 0, "since", offsetof(struct options, since), NULL, "WHEN", "what came after: a date, or how long ago: 10m" },
	{ FLAG_STRING, 'n', "tail", offsetof(struct options, tail), NULL, "N", "the last N lines only; all is all" },
	{ FLAG_SWITCH, 't', "timestamps", offsetof(struct options, stamps), NULL, NULL, "each line with its time" },
	{ FLAG_STRING, 0, "until", offsetof(struct options, until), NULL, "WHEN", "what came before" },
	{ .kind = FLAG_INVALID },
};
/* clang-format on */

/* A log that is shown, and the job whose end ends that. */
struct session {
	struct cli *cli;
	const char *job;
	struct logshow show;
	struct logread log;
	struct job_sent watch;
	bool watching; /* watch is open */
	bool runs; /* when it was judged last */
	bool over; /* the job will write no more */
};

static int
parse_when(const char *flag, const char *text, int64_t *when, struct err *err)
{
	if (text == NULL || moment_typed(text, moment_now(), when) == 0)
		return (0);
	err_set(err, ERR_USAGE, "%s=%s: not a time", flag, text);
	return (err_why(err,
	    "it is a date, 2026-11-26T12:00:00Z, or seconds since 1970, or how long ago: 10m"));
}

static int
parse(const struct options *options, const struct cli *cli, struct logshow *show, struct err *err)
{
	char *end;

	*show = (struct logshow){ .stamps = options->stamps,
		.json = cli->json,
		.since = INT64_MIN,
		.until = INT64_MAX,
		.tail = -1 };
	if (parse_when("--since", options->since, &show->since, err) != 0 ||
	    parse_when("--until", options->until, &show->until, err) != 0)
		return (-1);
	if (options->tail == NULL || strcmp(options->tail, "all") == 0)
		return (0);
	errno = 0;
	show->tail = strtoll(options->tail, &end, 10);
	if (options->tail[0] >= '0' && options->tail[0] <= '9' && *end == '\0' && errno == 0)
		return (0);
	return (err_set(err, ERR_USAGE, "--tail=%s: not a number of lines", options->tail));
}

/* Everything that is there now. */
static int
drain(struct session *session, struct err *err)
{
	struct log_record record;
	int rc;

	while ((rc = logread_next(&session->log, &record)) == 1) {
		if (logshow_take(&session->show, &record) != 0)
			return (err_set(err, ERR_SYSTEM, "out of memory"));
	}
	if (rc < 0)
		return (err_sys(err, "cannot read the job's log"));
	logshow_flush(&session->show);
	return (message_done(err));
}

/* Asks for its end. 0, or -1 with err. */
static int
watch(struct session *session, struct err *err)
{
	struct job_call call = { .method = "Wait", .job = session->job };

	if (job_send(session->cli, &call, &session->watch, err) != 0)
		return (-1);
	session->watching = true;
	return (0);
}

/* What cannot be asked about was removed when it ended. */
static bool
was_removed(struct session *session)
{
	bool removed = strcmp(session->cli->reason, "no_such_job") == 0;

	session->cli->reason[0] = '\0';
	return (removed);
}

/* Does it go on: now, or as soon as its supervisor starts it again? 0, or -1 with err. */
static int
judge(struct session *session, struct err *err)
{
	struct job_call call = { .method = "Inspect", .job = session->job, .again = true };
	struct json_object *answer, *job;
	struct jobview view;

	session->over = true;
	session->runs = false;
	if (job_ask(session->cli, &call, &answer, err) != 0)
		return (was_removed(session) ? 0 : -1);
	if (json_object_object_get_ex(answer, "job", &job)) {
		jobview_read(job, &view);
		session->runs = jobview_is(&view, "running");
		session->over = !session->runs && !jobview_is(&view, "restarting");
	}
	json_object_put(answer);
	return (0);
}

/*
 * The answer to Wait is there, or its connection ended with the supervisor. With the last end come the files,
 * which may have lost their names.
 */
static int
take_end(struct session *session, struct err *err)
{
	struct varlink *conn = &session->watch.conn;
	struct engine_answer answer = { .message = NULL };
	int older = -1, log = -1, rc;
	struct err ignored;

	if (engine_next(&session->watch.way, conn, 0, &answer, &ignored) == 0) {
		older = engine_fd(conn, answer.params, "older");
		log = engine_fd(conn, answer.params, "log");
	}
	json_object_put(answer.message);
	session->cli->reason[0] = '\0';
	varlink_close(conn);
	session->watching = false;
	rc = judge(session, err);
	if (rc == 0 && session->over) {
		logread_ended(&session->log, older, log);
		return (0);
	}
	io_close(&older);
	io_close(&log);
	return (rc);
}

/* It may have come with the greeting. */
static bool
end_is_here(const struct session *session)
{
	return (session->watching && session->watch.conn.len > 0);
}

/* Milliseconds until something has to be looked at without being told; -1: never. */
static int
patience(const struct session *session)
{
	int64_t left = (session->show.until - moment_now()) / (MOMENT_SECOND / 1000) + 1;
	int limit = end_is_here(session) ? 0 : logread_patience(&session->log);

	if (!session->watching && (limit < 0 || limit > AGAIN_MS))
		limit = AGAIN_MS;
	if (session->show.until != INT64_MAX && (limit < 0 || left < limit))
		limit = left > 0 ? (int)left : 0;
	return (limit);
}

/* Waits for more, or for the end. */
static int
await(struct session *session, struct err *err)
{
	struct pollfd fds[2] = { { .fd = session->log.notify, .events = POLLIN },
		{ .fd = session->watching ? session->watch.conn.fd : -1, .events = POLLIN } };

	if (poll(fds, 2, patience(session)) < 0 && errno != EINTR)
		return (err_sys(err, "cannot wait for the job"));
	if (fds[1].revents != 0 || end_is_here(session))
		return (take_end(session, err));
	if (session->watching)
		return (0);
	/* Between two runs: does the next one run? */
	if (judge(session, err) != 0)
		return (-1);
	if (!session->runs)
		return (0);
	return (watch(session, err));
}

static int
follow(struct session *session, struct err *err)
{
	logread_follow(&session->log);
	for (;;) {
		/* What was written before the end was told is taken after it was. */
		bool over = session->over || moment_now() > session->show.until;

		if (drain(session, err) != 0)
			return (-1);
		if (over)
			return (0);
		if (await(session, err) != 0)
			return (-1);
	}
}

/* Of a job in the foreground nothing is kept; of one that was left, or started again, it is. */
static int
check_kept(struct session *session, struct err *err)
{
	struct job_call call = { .method = "Inspect", .job = session->job, .again = true };
	struct json_object *answer, *job = NULL, *detached = NULL;
	bool kept;

	if (session->log.fd >= 0)
		return (0);
	if (job_ask(session->cli, &call, &answer, err) != 0)
		return (was_removed(session) ? 0 : -1);
	json_object_object_get_ex(answer, "job", &job);
	kept = !json_object_object_get_ex(job, "detached", &detached) ||
	       json_object_get_boolean(detached);
	json_object_put(answer);
	if (kept)
		return (0);
	err_set(err, ERR_FAILED, "job %s has no log", session->job);
	return (err_why(err, "it is one in the foreground: its client has what it writes"));
}

static int
show(struct session *session, bool following, struct err *err)
{
	int dir AUTO_CLOSE = -1, rc;

	if (job_open(session->cli, session->job, "state", &dir, err) != 0)
		return (-1);
	/* before the end is asked for: the names can go with it */
	rc = logread_open(&session->log, dir, err);
	if (rc == 0)
		rc = check_kept(session, err);
	if (rc == 0 && !following)
		logread_bound(&session->log);
	if (rc == 0 && following)
		rc = watch(session, err);
	if (rc == 0)
		rc = following ? follow(session, err) : drain(session, err);
	logread_close(&session->log);
	logshow_free(&session->show);
	if (session->watching)
		varlink_close(&session->watch.conn);
	return (rc);
}

int
cmd_logs(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct options options = { .follow = false };
	struct flag_parse words = { .own = { logs_flags, &options }, .argc = argc, .argv = argv };
	struct session *session;
	int rc;

	if (cli_flags(cli, &words, err) != 0 || cli_words(cli, words.argc, 1, 1, err) != 0)
		return (-1);
	if ((session = calloc(1, sizeof(*session))) == NULL)
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	session->cli = cli;
	session->job = words.argv[0];
	rc = parse(&options, cli, &session->show, err);
	if (rc == 0)
		rc = show(session, options.follow, err);
	free(session);
	return (rc);
}
