/* SPDX-License-Identifier: ISC */
/*
 * Errors about jobs that are named: see answer.h.
 * TRUST: unprivileged
 * INPUT: texts that are UTF-8, from json_string
 * MUST: as in answer.h
 */
#include "client/engine/api/answer.h"

#include <errno.h>
#include <json-c/json.h>

#include "client/engine/api/reply.h"
#include "client/lib/json.h"

int
answer_no_such_job(int fd, const char *job)
{
	struct json_object *out = json_object_new_object();

	return reply_error(fd, "NoSuchJob", out, json_put_text(out, "job", job));
}

int
answer_ambiguous(int fd, const char *job, const struct found_ids *ids)
{
	struct json_object *out = json_object_new_object();
	struct json_object *list = json_object_new_array();
	int status = json_put_text(out, "job", job);

	for (size_t i = 0; list != NULL && i < ids->n && i < FOUND_NAMED_MAX; i++)
		status |= json_object_array_add(list, json_object_new_string(ids->v[i]));
	status |= json_put(out, "jobs", list);
	return reply_error(fd, "AmbiguousJob", out, status);
}

int
answer_not_running(int fd, const char *job, enum record_state state)
{
	return reply_not_running(fd, job, record_state_name(state));
}

int
answer_running(int fd, const char *job, bool restarting)
{
	struct json_object *out = json_object_new_object();
	int status = json_put_text(out, "job", job);

	if (restarting)
		status |= json_put_text(out, "state", record_state_name(RECORD_RESTARTING));
	return reply_error(fd, "Running", out, status);
}

int
answer_name_taken(int fd, const char *name, const char *id)
{
	struct json_object *out = json_object_new_object();
	int status = json_put_text(out, "name", name);

	status |= json_put_text(out, "id", id);
	return reply_error(fd, "NameTaken", out, status);
}

int
answer_status(int fd, const struct record *record)
{
	const struct outcome outcome = { record->status, record_reason_name(record->reason),
		record->why == NULL ? "" : record->why };

	return reply_status(fd, &outcome, NULL);
}

int
answer_failed(const struct call *call, const struct err *err)
{
	return reply_failed(call->connection->varlink.fd, err);
}

static int
not_found(const struct call *call, const char *word)
{
	return answer_no_such_job(call->connection->varlink.fd, word) == -1 ? -1 : 1;
}

int
answer_find(const struct call *call, const char *word, struct found *found)
{
	int fd = call->connection->varlink.fd;
	struct found_ids ids;
	struct err err;

	*found = FOUND_NONE;
	record_init(&found->record);
	found_ids(call->engine->jobs, word, &ids);
	if (ids.n == 0)
		return not_found(call, word);
	if (ids.n > 1)
		return answer_ambiguous(fd, word, &ids) == -1 ? -1 : 1;
	if (found_open(call->engine->jobs, ids.v[0], found) == -1) {
		if (errno == ENOENT)
			return not_found(call, word);
		err_sys(&err, "the job cannot be looked at");
		return reply_failed(fd, &err) == -1 ? -1 : 1;
	}
	/* what is left of one that was not kept is removed by those who sweep */
	return !found->alive && found_is_gone(found) ? not_found(call, word) : 0;
}

int
answer_store_job(void *out, struct json_object *value, struct err *err)
{
	const char *text = json_string(value);

	if (job_check_named(text, err) == -1)
		return -1;
	*(const char **)out = text;
	return 0;
}
