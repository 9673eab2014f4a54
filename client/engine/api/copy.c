/* SPDX-License-Identifier: ISC */
/*
 * io.berth.Engine.Copy: files between a job and a client.
 * TRUST: unprivileged
 * INPUT: the parameters and descriptors of any client of the user's
 * MUST: wait for nothing: a child does it all, and answers.
 */
#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "client/engine/api/answer.h"
#include "client/engine/clock.h"
#include "client/engine/job/children.h"
#include "client/engine/job/copier.h"
#include "client/engine/job/streams.h"
#include "client/engine/reset.h"
#include "client/lib/json.h"

#define COPIES_MAX 64

/* What a client asks for. */
struct wanted {
	const char *job; /* the first member: answer_store_job */
	const char *path;
	bool out;
	int64_t stream;
	int64_t messages;
	bool follow;
	bool owners;
	bool tar;
};

static int
store_path(void *out, struct json_object *value, struct err *err)
{
	const char *text = json_string(value);

	if (text == NULL || text[0] == '\0' || strlen(text) >= PATH_MAX)
		return err_set(err, ERR_USAGE, "not a path");
	((struct wanted *)out)->path = text;
	return 0;
}

static int
store_direction(void *out, struct json_object *value, struct err *err)
{
	const char *text = json_string(value);

	if (text == NULL || (strcmp(text, "out") != 0 && strcmp(text, "in") != 0))
		return err_set(err, ERR_USAGE, "neither out nor in");
	((struct wanted *)out)->out = strcmp(text, "out") == 0;
	return 0;
}

static int
store_index(int64_t *out, struct json_object *value, struct err *err)
{
	if (json_integer(value, 0, VARLINK_FDS_MAX - 1, out) == -1)
		return err_set(err, ERR_USAGE, "not the index of a descriptor");
	return 0;
}

static int
store_stream(void *out, struct json_object *value, struct err *err)
{
	return store_index(&((struct wanted *)out)->stream, value, err);
}

static int
store_messages(void *out, struct json_object *value, struct err *err)
{
	return store_index(&((struct wanted *)out)->messages, value, err);
}

static int
store_follow(void *out, struct json_object *value, struct err *err)
{
	return json_store_bool(&((struct wanted *)out)->follow, value, err);
}

static int
store_owners(void *out, struct json_object *value, struct err *err)
{
	return json_store_bool(&((struct wanted *)out)->owners, value, err);
}

static int
store_tar(void *out, struct json_object *value, struct err *err)
{
	return json_store_bool(&((struct wanted *)out)->tar, value, err);
}

static const struct json_field fields[] = {
	{ "job", answer_store_job, true },
	{ "path", store_path, true },
	{ "direction", store_direction, true },
	{ "stream", store_stream, true },
	{ "messages", store_messages, true },
	{ "follow", store_follow, false },
	{ "owners", store_owners, false },
	{ "tar", store_tar, false },
	{ NULL, NULL, false },
};

static int
check_streams(const struct call *call, const struct wanted *wanted, struct err *err)
{
	const struct varlink *conn = &call->connection->varlink;

	if (wanted->stream >= (int64_t)conn->nfds)
		return err_set(err, ERR_USAGE, "stream: no such descriptor");
	if (wanted->messages >= (int64_t)conn->nfds || wanted->messages == wanted->stream)
		return err_set(err, ERR_USAGE, "messages: no such descriptor");
	if (streams_check(conn->fds[wanted->stream], wanted->out ? 1 : 0, err) == -1)
		return -1;
	return streams_check(conn->fds[wanted->messages], 2, err);
}

/* What is written in front of a copy that cannot work at all. */
static int
check_job(const struct call *call, const struct found *found, struct err *err)
{
	if (found->broken) {
		err_set(err, ERR_FAILED, "job %s has no root", found->id);
		return err_why(err, "its record cannot be read");
	}
	return reset_check(call->engine, err);
}

static size_t
count(const struct engine *engine)
{
	size_t n = 0;

	for (const struct child *child = engine->children; child != NULL; child = child->next)
		n += child->copier;
	return n;
}

/* Forks the child that does it. 0, or -1 with err. */
static int
start(struct call *call, const struct copier *copier, struct err *err)
{
	struct child *child = NULL;
	int ret = -1;

	if (count(call->engine) < COPIES_MAX)
		child = child_new(call->engine, false);
	if (child != NULL) {
		child->copier = true;
		memcpy(child->id, copier->id, sizeof(child->id));
		ret = child_fork(call->engine, child, 0);
	}
	if (ret == 0)
		copier_run(copier);
	if (ret == 1)
		return 0;
	if (child != NULL)
		child_free(call->engine, child);
	err_set(err, ERR_UNAVAILABLE, "the engine cannot copy now");
	err_why(err, child == NULL ? "it does too much at once" : "no process can be started");
	return err_todo(err, "try again");
}

static int
copy_found(
    struct call *call, const struct wanted *wanted, const struct found *found, struct err *err)
{
	const struct varlink *conn = &call->connection->varlink;
	struct copier copier = { .engine = call->engine,
		.id = found->id,
		.dir = found->dir,
		.conn = conn->fd,
		.path = wanted->path,
		.out = wanted->out,
		.follow = wanted->follow,
		.owners = wanted->owners,
		.tar = wanted->tar };

	if (check_streams(call, wanted, err) == -1 || check_job(call, found, err) == -1)
		return -1;
	copier.stream = conn->fds[wanted->stream];
	copier.messages = conn->fds[wanted->messages];
	return start(call, &copier, err);
}

/* -1 also when the child has the client now. */
int
call_copy(struct call *call)
{
	struct wanted wanted = { .job = NULL };
	struct found found = FOUND_NONE;
	static struct err err;
	int ret;

	record_init(&found.record);
	call->engine->used = clock_ms();
	if (json_fields(call->parameters, fields, &wanted, &err) == -1)
		return call_invalid(call, &err);
	/* what is behind this call would be lost */
	if (call->connection->varlink.len != 0)
		return -1;
	ret = answer_find(call, wanted.job, &found);
	if (ret != 0)
		ret = ret == 1 ? 0 : -1;
	else if (copy_found(call, &wanted, &found, &err) == 0)
		ret = -1;
	else
		ret = answer_failed(call, &err);
	found_close(&found);
	return ret;
}
