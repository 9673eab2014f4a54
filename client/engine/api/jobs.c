/* SPDX-License-Identifier: ISC */
/*
 * io.berth.Engine.List and Inspect: what jobs there are, and what they are.
 * TRUST: unprivileged
 * INPUT: jobs on disk, which their user can change
 * MUST: send nothing that does not fit into a message; be done by children: a client that reads slowly
 *       and thousands of jobs are nobody else's business.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "client/engine/api/answer.h"
#include "client/engine/api/reply.h"
#include "client/engine/api/worker.h"
#include "client/engine/job/request.h"
#include "client/lib/json.h"

#define MESSAGE_REST 1024 /* of a message around what is counted */

/* One to be listed; they are sorted before they are read a second time. */
struct line {
	int64_t created;
	char id[JOB_ID_LEN + 1];
};

struct lines {
	bool all;
	size_t n;
	size_t cap;
	struct line *v;
};

/* It is not over, or it is kept and those were asked for, too. One without a record has just begun. */
static bool
is_listed(const struct found *found, bool all)
{
	return !found->young &&
	       (found->record.state != RECORD_EXITED || (all && found->record.kept));
}

static int
make_room(struct lines *lines)
{
	size_t cap = lines->cap == 0 ? 64 : 2 * lines->cap;
	struct line *v;

	if (lines->n < lines->cap)
		return 0;
	v = reallocarray(lines->v, cap, sizeof(*v));
	if (v == NULL)
		return -1;
	lines->v = v;
	lines->cap = cap;
	return 0;
}

static int
add_line(void *arg, int jobs, const char *id)
{
	struct lines *lines = arg;
	struct found found;
	int ret = 0;

	if (found_open(jobs, id, &found) == 0 && is_listed(&found, lines->all)) {
		ret = make_room(lines);
		if (ret == 0) {
			lines->v[lines->n].created = found.record.created;
			memcpy(lines->v[lines->n++].id, id, JOB_ID_LEN + 1);
		}
	}
	found_close(&found);
	return ret;
}

/* The youngest first, and always in the same order. */
static int
compare(const void *a, const void *b)
{
	const struct line *x = a;
	const struct line *y = b;

	if (x->created != y->created)
		return x->created < y->created ? 1 : -1;
	return strcmp(x->id, y->id);
}

static int
send_line(const struct worker *worker, const char *id, bool all)
{
	struct json_object *out = json_object_new_object();
	struct json_object *message;
	struct found found;
	int ret = 0;

	if (found_open(worker->engine->jobs, id, &found) == -1 || !is_listed(&found, all)) {
		json_object_put(out);
		found_close(&found);
		return 0;
	}
	if (json_put(out, "job", record_json(&found.record)) == -1)
		ret = -1;
	found_close(&found);
	message = varlink_reply(NULL, out, true);
	if (ret == 0)
		ret = message == NULL ? -1 : varlink_write(worker->conn, &message, 1, NULL, 0);
	json_object_put(message);
	return ret;
}

static void
do_list(const struct worker *worker)
{
	struct lines lines = { .all = *(const bool *)worker->arg };
	struct err err;
	int ret = found_each(worker->engine->jobs, add_line, &lines);

	qsort(lines.v, lines.n, sizeof(*lines.v), compare);
	for (size_t i = 0; ret == 0 && i < lines.n; i++)
		ret = send_line(worker, lines.v[i].id, lines.all);
	if (ret == 0) {
		(void)!reply_send(worker->conn, NULL);
		return;
	}
	err_set(&err, ERR_SYSTEM, "the jobs cannot all be listed");
	(void)!reply_failed(worker->conn, &err);
}

int
call_list(struct call *call)
{
	static const struct json_field fields[] = {
		{ "all", json_store_bool, false },
		{ NULL, NULL, false },
	};
	bool all = false;
	struct err err;

	if (json_fields(call->parameters, fields, &all, &err) == -1)
		return call_invalid(call, &err);
	if (call_must_have_more(call) == -1)
		return -1;
	return worker_start(call, do_list, &all, -1);
}

/* Room that is left in the answer. */
struct room {
	size_t left;
	bool cut;
};

static size_t
length_of(struct json_object *json)
{
	size_t len = 0;

	(void)!json_object_to_json_string_length(
	    json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	return len;
}

/* As a text, in which what is not UTF-8 is replaced. NULL: memory. */
static struct json_object *
readable(const char *word)
{
	size_t room = 3 * strlen(word);
	char *text = malloc(room + 1);
	struct json_object *json;

	if (text == NULL)
		return NULL;
	(void)json_make_utf8(word, text, room);
	json = json_object_new_string(text);
	free(text);
	return json;
}

/* As many of them as there is room for. */
static struct json_object *
list_of(const struct job_words *words, struct room *room)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; list != NULL && !room->cut && i < words->n; i++) {
		struct json_object *word = readable(words->v[i]);
		size_t len = word == NULL ? 0 : length_of(word) + 1;

		if (word == NULL || len > room->left) {
			json_object_put(word);
			room->cut = true;
			break;
		}
		room->left -= len;
		json_object_array_add(list, word);
	}
	return list;
}

/* The request, as Run would take it now. */
static struct json_object *
config_of(const struct found *found, struct room *room)
{
	struct json_object *config = NULL;
	struct job job;
	static struct err err;
	int status;

	if (request_job(found->dir, &job, &err) == 0) {
		job.detach = found->record.detached;
		job.keep = found->record.kept;
		config = job_request(&job);
	}
	if (config != NULL && length_of(config) < room->left) {
		room->left -= length_of(config);
		status = json_put(config, "args", list_of(&job.run.args, room));
		status |= json_put(config, "env", list_of(&job.run.env, room));
	} else {
		room->cut = config != NULL;
		status = -1;
	}
	job_free(&job);
	if (status == 0)
		return config;
	json_object_put(config);
	return NULL;
}

static void
do_inspect(const struct worker *worker)
{
	const struct found *found = worker->arg;
	struct json_object *out = json_object_new_object();
	struct json_object *job = record_json(&found->record);
	struct json_object *config;
	struct room room = { .left = VARLINK_MESSAGE_MAX - MESSAGE_REST };
	static struct err err;
	int status;

	if (job != NULL)
		room.left -= length_of(job) < room.left ? length_of(job) : room.left;
	status = json_put(out, "job", job);
	config = config_of(found, &room);
	if (config != NULL)
		status |= json_put(out, "config", config);
	if (room.cut)
		status |= json_put_bool(out, "cut", true);
	if (status == 0) {
		(void)!reply_send(worker->conn, out);
		return;
	}
	json_object_put(out);
	err_set(&err, ERR_SYSTEM, "job %s cannot be described", found->id);
	(void)!reply_failed(worker->conn, &err);
}

int
call_inspect(struct call *call)
{
	static const struct json_field fields[] = {
		{ "job", answer_store_job, true },
		{ NULL, NULL, false },
	};
	const char *word = NULL;
	struct found found;
	struct err err;
	int ret;

	if (json_fields(call->parameters, fields, &word, &err) == -1)
		return call_invalid(call, &err);
	ret = answer_find(call, word, &found);
	if (ret == 0)
		ret = worker_start(call, do_inspect, &found, found.dir);
	else
		ret = ret == 1 ? 0 : -1;
	found_close(&found);
	return ret;
}
