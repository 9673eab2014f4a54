/* SPDX-License-Identifier: ISC */
/*
 * A job as the parameters of io.berth.Engine.Run: job_encode of job.h.
 * TRUST: shared, reads hostile input
 * INPUT: the client's own struct
 * MUST: send only what job_check accepts; give each descriptor one index.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib/job.h"
#include "client/lib/job_blob.h"
#include "client/lib/job_mount.h"
#include "client/lib/json.h"
#include "common/io.h"

/* A descriptor, by the index that it gets on the wire; what goes to a disk has none of them. */
static int
put_fd(struct json_object *obj, const char *key, struct job_message *message, int fd)
{
	if (message == NULL)
		return 0;
	message->fds[message->nfds] = fd;
	return json_put_number(obj, key, (int64_t)message->nfds++);
}

_Static_assert(1 + 3 + 1 + JOB_MOUNTS_MAX <= VARLINK_FDS_MAX, "every descriptor has room");

static struct json_object *
encode_words(const struct job_words *words)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; array != NULL && i < words->n; i++) {
		struct json_object *word = json_object_new_string(words->v[i]);

		if (word == NULL || json_object_array_add(array, word) != 0) {
			json_object_put(word);
			json_object_put(array);
			return NULL;
		}
	}
	return array;
}

static int
put_words(struct json_object *obj, const char *key, const struct job_words *words)
{
	return words->n == 0 ? 0 : json_put(obj, key, encode_words(words));
}

static int
append(struct json_object *array, struct json_object *element, int status)
{
	if (status == 0 && json_object_array_add(array, element) == 0)
		return 0;
	json_object_put(element);
	return -1;
}

static int
encode_image(const struct job *job, struct json_object *params, struct job_message *message)
{
	struct json_object *obj = json_object_new_object();
	int status;

	if (obj == NULL)
		return -1;
	status = json_put_text(obj, "kind", job->image == JOB_IMAGE_HOST ? "host" : "directory");
	if (job->image == JOB_IMAGE_DIRECTORY) {
		status |= json_put_text(obj, "path", job->image_path);
		status |= put_fd(obj, "fd", message, job->image_fd);
	}
	return json_put(params, "image", obj) | status;
}

static int
encode_mounts(const struct job *job, struct json_object *params, struct job_message *message)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; array != NULL && i < job->nmounts; i++) {
		const struct job_mount *mount = &job->mounts[i];
		struct json_object *obj;

		if (message != NULL && mount->fd >= 0)
			message->fds[message->nfds] = mount->fd;
		obj = job_mount_encode(mount, message != NULL ? &message->nfds : NULL);
		if (append(array, obj, obj != NULL ? 0 : -1) == -1) {
			json_object_put(array);
			return -1;
		}
	}
	return json_put(params, "mounts", array);
}

static int
encode_ulimits(const struct job *job, struct json_object *params)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; array != NULL && i < job->nulimits; i++) {
		struct json_object *obj = json_object_new_object();
		int status = obj == NULL ? -1 : 0;

		status |= json_put_text(obj, "name", job->ulimits[i].name);
		status |= json_put_number(obj, "soft", job->ulimits[i].soft);
		status |= json_put_number(obj, "hard", job->ulimits[i].hard);
		if (append(array, obj, status) == -1) {
			json_object_put(array);
			return -1;
		}
	}
	return json_put(params, "ulimits", array);
}

static const char *
network_name(enum job_network network)
{
	switch (network) {
	case JOB_NETWORK_USER:
		return "user";
	case JOB_NETWORK_HOST:
		return "host";
	case JOB_NETWORK_NONE:
	case JOB_NETWORK_INVALID:
		break;
	}
	return "none";
}

struct json_object *
job_labels(const struct job_words *labels)
{
	struct json_object *obj = json_object_new_object();

	for (size_t i = 0; obj != NULL && i < labels->n; i++) {
		char *name = strdup(labels->v[i]);
		char *value = name == NULL ? NULL : strchr(name, '=');

		if (value != NULL)
			*value++ = '\0';
		if (value == NULL || json_put_text(obj, name, value) != 0) {
			json_object_put(obj);
			obj = NULL;
		}
		free(name);
	}
	return obj;
}

/* What is of one process. */
static int
encode_run(const struct job_run *run, struct json_object *params, struct job_message *message)
{
	static const char *const stdio[] = { "stdin", "stdout", "stderr" };
	int status = put_fd(params, "blob", message, message == NULL ? -1 : message->fds[0]);

	for (size_t i = 0; i < 3 && !run->tty && run->stdio[i] >= 0; i++)
		status |= put_fd(params, stdio[i], message, run->stdio[i]);
	if (run->tty)
		status |= json_put_bool(params, "tty", true);
	if (run->rows > 0)
		status |= json_put_number(params, "rows", run->rows);
	if (run->columns > 0)
		status |= json_put_number(params, "columns", run->columns);
	status |= json_put_text(params, "workdir", run->workdir);
	return status | json_put_text(params, "user", run->user);
}

/* A member that is left out when it is false. */
static int
put_flag(struct json_object *params, const char *key, bool value)
{
	return value ? json_put_bool(params, key, true) : 0;
}

/* How long it lives, and what becomes of it. */
static int
encode_life(const struct job *job, struct json_object *params)
{
	int status = put_flag(params, "detach", job->detach);

	status |= put_flag(params, "keep", job->keep);
	status |= put_flag(params, "interactive", job->interactive);
	status |= put_flag(params, "no_new_privileges", job->no_new_privileges);
	status |= put_flag(params, "keep_groups", job->keep_groups);
	if (job->labels.n > 0)
		status |= json_put(params, "labels", job_labels(&job->labels));
	if (job->restart != JOB_RESTART_NO)
		status |= json_put_text(params, "restart", job_restart_name(job->restart));
	if (job->restart_max > 0)
		status |= json_put_number(params, "restart_max", job->restart_max);
	if (job->stop_signal > 0)
		status |= json_put_number(params, "stop_signal", job->stop_signal);
	if (job->timeout > 0)
		status |= json_put_number(params, "timeout", job->timeout);
	return status;
}

static int
encode_all(const struct job *job, struct json_object *params, struct job_message *message)
{
	int status = encode_run(&job->run, params, message);

	status |= encode_image(job, params, message);
	status |= json_put_text(params, "hostname", job->hostname);
	status |= json_put_text(params, "name", job->name);
	status |= json_put_text(params, "network", network_name(job->network));
	status |= put_flag(params, "read_only", job->read_only);
	status |= put_words(params, "cap_add", &job->cap_add);
	status |= put_words(params, "cap_drop", &job->cap_drop);
	status |= put_words(params, "entitlements", &job->entitlements);
	if (job->nulimits > 0)
		status |= encode_ulimits(job, params);
	if (job->nmounts > 0)
		status |= encode_mounts(job, params, message);
	return status | encode_life(job, params);
}

/* An empty message with the blob. */
static int
begin(const struct job_run *run, struct job_message *message, struct err *err)
{
	message->fds[0] = job_blob_write(run, err);
	if (message->fds[0] == -1)
		return -1;
	message->params = json_object_new_object();
	return 0;
}

static int
too_short(struct err *err)
{
	return err_set(err, ERR_SYSTEM, "the job cannot be described: memory is short");
}

int
job_encode(const struct job *job, struct job_message *message, struct err *err)
{
	memset(message, 0, sizeof(*message));
	message->fds[0] = -1;
	if (job_check(job, err) == -1 || begin(&job->run, message, err) == -1)
		return -1;
	if (message->params == NULL || encode_all(job, message->params, message) != 0)
		return too_short(err);
	return 0;
}

int
job_exec_encode(const struct job_exec *exec, struct job_message *message, struct err *err)
{
	int status;

	memset(message, 0, sizeof(*message));
	message->fds[0] = -1;
	if (job_exec_check(exec, err) == -1 || begin(&exec->run, message, err) == -1)
		return -1;
	if (message->params == NULL)
		return too_short(err);
	status = json_put_text(message->params, "job", exec->job);
	status |= encode_run(&exec->run, message->params, message);
	status |= put_flag(message->params, "detach", exec->detach);
	status |= put_flag(message->params, "interactive", exec->interactive);
	return status == 0 ? 0 : too_short(err);
}

struct json_object *
job_request(const struct job *job)
{
	struct json_object *params = json_object_new_object();

	if (params != NULL && encode_all(job, params, NULL) == 0)
		return params;
	json_object_put(params);
	return NULL;
}

void
job_message_free(struct job_message *message)
{
	json_object_put(message->params);
	message->params = NULL;
	io_close(&message->fds[0]);
	message->fds[0] = -1;
}
