/* SPDX-License-Identifier: ISC */
/*
 * What is kept of a job: see record.h.
 * TRUST: unprivileged
 * INPUT: a file that its user can change at any time
 * MUST: as in record.h
 */
#include "client/engine/job/record.h"

#include <errno.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/engine/job/jobfile.h"
#include "client/engine/job/scratch.h"
#include "client/lib/json.h"

#define TIME_MAX INT64_C(253402300799999) /* the end of the year 9999 */
#define IMAGE_MAX 4096

static const char *const states[] = { [RECORD_CREATED] = "created",
	[RECORD_RUNNING] = "running",
	[RECORD_RESTARTING] = "restarting",
	[RECORD_EXITED] = "exited" };

static const char *const reasons[] = { [RECORD_REASON_INVALID] = "",
	[RECORD_REASON_EXITED] = "exited",
	[RECORD_REASON_SIGNALED] = "signaled",
	[RECORD_REASON_TIMEOUT] = "timeout",
	[RECORD_REASON_EXPIRED] = "expired",
	[RECORD_REASON_NOT_FOUND] = "not_found",
	[RECORD_REASON_NOT_EXECUTABLE] = "not_executable",
	[RECORD_REASON_FAILED] = "failed",
	[RECORD_REASON_LOST] = "lost" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *
record_state_name(enum record_state state)
{
	return states[state];
}

const char *
record_reason_name(enum record_reason reason)
{
	return reasons[reason];
}

enum record_reason
record_reason_of(const char *name)
{
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (strcmp(reasons[i], name) == 0)
			return (enum record_reason)i;
	return RECORD_REASON_INVALID;
}

int64_t
record_now(void)
{
	struct timespec now;

	(void)!clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
record_init(struct record *record)
{
	memset(record, 0, sizeof(*record));
	record->state = RECORD_CREATED;
	record->restart = JOB_RESTART_NO;
	record->stop_signal = SIGTERM;
}

void
record_free(struct record *record)
{
	job_words_free(&record->command);
	job_words_free(&record->labels);
	free(record->image);
	free(record->why);
	record_init(record);
}

/* Each argument costs its NUL as well, so that their number is bounded too. */
static int
take_command(struct record *record, const struct job_words *args)
{
	static char text[RECORD_COMMAND_MAX + 1];
	size_t room = RECORD_COMMAND_MAX;
	bool whole = true;
	struct err err;

	for (size_t i = 0; i < args->n && room > 0 && whole; i++) {
		whole = json_make_utf8(args->v[i], text, room - 1);
		if (job_add_word(&record->command, text, &err) == -1)
			return -1;
		room -= strlen(text) + 1;
	}
	return 0;
}

int
record_begin(struct record *record, const char *id, const char *name, const struct job *job)
{
	struct err err;

	record_init(record);
	snprintf(record->id, sizeof(record->id), "%s", id);
	snprintf(record->name, sizeof(record->name), "%s", name != NULL ? name : id);
	record->image = strdup(job->image == JOB_IMAGE_HOST ? "host" : job->image_path);
	if (record->image == NULL || take_command(record, &job->run.args) == -1)
		return -1;
	for (size_t i = 0; i < job->labels.n; i++)
		if (job_add_word(&record->labels, job->labels.v[i], &err) == -1)
			return -1;
	record->created = record_now();
	record->detached = job->detach;
	record->kept = job->keep;
	record->tty = job->run.tty;
	record->interactive = job->interactive;
	record->restart = job->restart;
	record->restart_max = job->restart_max;
	if (job->stop_signal != 0)
		record->stop_signal = job->stop_signal;
	return 0;
}

void
record_end(struct record *record, enum record_reason reason, int status, const char *why)
{
	free(record->why);
	record->why = why == NULL || *why == '\0' ? NULL : strdup(why);
	record->reason = reason;
	record->status = status & 0xff;
	record->state = RECORD_EXITED;
	record->finished = record_now();
}

static struct json_object *
list_of(const struct job_words *words)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; list != NULL && i < words->n; i++) {
		struct json_object *word = json_object_new_string(words->v[i]);

		if (word == NULL || json_object_array_add(list, word) != 0) {
			json_object_put(word);
			json_object_put(list);
			return NULL;
		}
	}
	return list;
}

/* What changes while it lives. */
static int
put_course(struct json_object *out, const struct record *record)
{
	int status = json_put_number(out, "created", record->created);

	status |= json_put_number(out, "started", record->started);
	status |= json_put_number(out, "finished", record->finished);
	status |= json_put_text(out, "state", record_state_name(record->state));
	status |= json_put_number(out, "status", record->status);
	status |= json_put_text(out, "reason", record_reason_name(record->reason));
	status |= json_put_text(out, "why", record->why == NULL ? "" : record->why);
	status |= json_put_number(out, "restarts", record->restarts);
	return status | json_put_bool(out, "stopped", record->stopped);
}

struct json_object *
record_json(const struct record *record)
{
	struct json_object *out = json_object_new_object();
	int status = out == NULL ? -1 : json_put_text(out, "id", record->id);

	status |= json_put_text(out, "name", record->name);
	status |= json_put_text(out, "image", record->image);
	status |= json_put(out, "command", list_of(&record->command));
	status |= put_course(out, record);
	status |= json_put_bool(out, "detached", record->detached);
	status |= json_put_bool(out, "kept", record->kept);
	status |= json_put_bool(out, "tty", record->tty);
	status |= json_put_bool(out, "interactive", record->interactive);
	status |= json_put_bool(out, "once", record->once);
	status |= json_put(out, "labels", job_labels(&record->labels));
	status |= json_put_text(out, "restart", job_restart_name(record->restart));
	status |= json_put_number(out, "restart_max", record->restart_max);
	status |= json_put_number(out, "stop_signal", record->stop_signal);
	if (status == 0)
		return out;
	json_object_put(out);
	errno = ENOMEM;
	return NULL;
}

int
record_write(int dir, const struct record *record)
{
	struct json_object *json = record_json(record);
	const char *text;
	size_t len;
	int ret = -1;

	if (json == NULL)
		return -1;
	text = json_object_to_json_string_length(
	    json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	if (text == NULL)
		errno = ENOMEM;
	else
		ret = jobfile_write(dir, RECORD_FILE, text, len);
	/* what clients are told is to be there also when the disk is full */
	if (ret == -1 && text != NULL && (errno == ENOSPC || errno == EDQUOT))
		ret = jobfile_rewrite(dir, RECORD_FILE, text, len);
	json_object_put(json);
	return ret;
}

static int
wrong(struct err *err)
{
	return err_set(err, ERR_USAGE, "not as it is written");
}

/* A copy of a text of at most max bytes. */
static int
take_text(struct json_object *value, size_t max, char **out, struct err *err)
{
	const char *text = json_string(value);

	if (text == NULL || strlen(text) > max || *out != NULL)
		return wrong(err);
	*out = strdup(text);
	return *out == NULL ? err_sys(err, "memory is short") : 0;
}

static int
take_number(struct json_object *value, int64_t max, int64_t *out, struct err *err)
{
	return json_integer(value, 0, max, out) == -1 ? wrong(err) : 0;
}

static int
take_flag(struct json_object *value, bool *out, struct err *err)
{
	if (!json_object_is_type(value, json_type_boolean))
		return wrong(err);
	*out = json_object_get_boolean(value) != 0;
	return 0;
}

/* The place of the text among names. */
static int
take_name(struct json_object *value, const char *const *names, size_t n, unsigned int *out,
    struct err *err)
{
	const char *text = json_string(value);

	for (unsigned int i = 0; text != NULL && i < n; i++) {
		if (names[i] != NULL && strcmp(names[i], text) == 0) {
			*out = i;
			return 0;
		}
	}
	return wrong(err);
}

#define STORE(function, expression) JSON_STORE(function, struct record *record, expression)

STORE(store_image, take_text(value, IMAGE_MAX, &record->image, err))
STORE(store_why, take_text(value, ERR_LINE, &record->why, err))
STORE(store_created, take_number(value, TIME_MAX, &record->created, err))
STORE(store_started, take_number(value, TIME_MAX, &record->started, err))
STORE(store_finished, take_number(value, TIME_MAX, &record->finished, err))
STORE(store_stopped, take_flag(value, &record->stopped, err))
STORE(store_detached, take_flag(value, &record->detached, err))
STORE(store_kept, take_flag(value, &record->kept, err))
STORE(store_tty, take_flag(value, &record->tty, err))
STORE(store_interactive, take_flag(value, &record->interactive, err))
STORE(store_once, take_flag(value, &record->once, err))
STORE(store_labels, job_labels_take(value, &record->labels, err))

static int
store_id(void *out, struct json_object *value, struct err *err)
{
	const char *text = json_string(value);

	if (text == NULL || !scratch_is_name(text))
		return wrong(err);
	memcpy(((struct record *)out)->id, text, JOB_ID_LEN + 1);
	return 0;
}

static int
store_name(void *out, struct json_object *value, struct err *err)
{
	const char *text = json_string(value);

	if (text == NULL || !job_is_name(text))
		return wrong(err);
	memcpy(((struct record *)out)->name, text, strlen(text) + 1);
	return 0;
}

static int
store_command(void *out, struct json_object *value, struct err *err)
{
	size_t room = RECORD_COMMAND_MAX;

	if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) == 0)
		return wrong(err);
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		const char *text = json_string(json_object_array_get_idx(value, i));

		if (text == NULL || strlen(text) + 1 > room)
			return wrong(err);
		room -= strlen(text) + 1;
		if (job_add_word(&((struct record *)out)->command, text, err) == -1)
			return -1;
	}
	return 0;
}

static int
store_state(void *out, struct json_object *value, struct err *err)
{
	unsigned int at;

	if (take_name(value, states, COUNT(states), &at, err) == -1)
		return -1;
	((struct record *)out)->state = (enum record_state)at;
	return 0;
}

static int
store_reason(void *out, struct json_object *value, struct err *err)
{
	unsigned int at;

	if (take_name(value, reasons, COUNT(reasons), &at, err) == -1)
		return -1;
	((struct record *)out)->reason = (enum record_reason)at;
	return 0;
}

static int
store_restart(void *out, struct json_object *value, struct err *err)
{
	const char *text = json_string(value);
	struct record *record = out;

	record->restart = text == NULL ? JOB_RESTART_INVALID : job_restart_of(text);
	return record->restart == JOB_RESTART_INVALID ? wrong(err) : 0;
}

static int
store_status(void *out, struct json_object *value, struct err *err)
{
	int64_t number;

	if (take_number(value, 255, &number, err) == -1)
		return -1;
	((struct record *)out)->status = (int)number;
	return 0;
}

static int
store_restarts(void *out, struct json_object *value, struct err *err)
{
	int64_t number;

	if (take_number(value, UINT32_MAX, &number, err) == -1)
		return -1;
	((struct record *)out)->restarts = (uint32_t)number;
	return 0;
}

static int
store_restart_max(void *out, struct json_object *value, struct err *err)
{
	int64_t number;

	if (take_number(value, JOB_RESTARTS_MAX, &number, err) == -1)
		return -1;
	((struct record *)out)->restart_max = (uint32_t)number;
	return 0;
}

static int
store_stop_signal(void *out, struct json_object *value, struct err *err)
{
	int64_t number;

	if (json_integer(value, 1, NSIG - 1, &number) == -1)
		return wrong(err);
	((struct record *)out)->stop_signal = (int)number;
	return 0;
}

static int
parse(struct json_object *json, struct record *record)
{
	static const struct json_field fields[] = {
		{ "id", store_id, true },
		{ "name", store_name, true },
		{ "image", store_image, true },
		{ "command", store_command, true },
		{ "created", store_created, true },
		{ "started", store_started, true },
		{ "finished", store_finished, true },
		{ "state", store_state, true },
		{ "status", store_status, true },
		{ "reason", store_reason, true },
		{ "why", store_why, true },
		{ "restarts", store_restarts, true },
		{ "stopped", store_stopped, true },
		{ "detached", store_detached, true },
		{ "kept", store_kept, true },
		{ "tty", store_tty, true },
		{ "interactive", store_interactive, true },
		{ "once", store_once, true },
		{ "labels", store_labels, true },
		{ "restart", store_restart, true },
		{ "restart_max", store_restart_max, true },
		{ "stop_signal", store_stop_signal, true },
		{ NULL, NULL, false },
	};
	struct err err;

	if (json_fields(json, fields, record, &err) == 0 &&
	    job_check_labels(&record->labels, &err) == 0)
		return 0;
	errno = EBADMSG;
	return -1;
}

int
record_read(int dir, struct record *record)
{
	size_t len;
	char *text = jobfile_read(dir, RECORD_FILE, RECORD_MAX, &len);
	struct json_object *json = NULL;
	int ret = -1;

	record_init(record);
	if (text == NULL)
		return -1;
	errno = EPROTO;
	if (strlen(text) == len)
		json = varlink_parse(text, len);
	free(text);
	if (json != NULL)
		ret = parse(json, record);
	else if (errno == EPROTO)
		errno = EBADMSG;
	json_object_put(json);
	return ret;
}
