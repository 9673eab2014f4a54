/* SPDX-License-Identifier: ISC */
/*
 * A job as the parameters of io.berth.Engine.Run: job_encode of job.h.
 * TRUST: shared, reads hostile input
 * INPUT: the client's own struct
 * MUST: send only what job_check accepts; give each descriptor one index.
 */
#include <json-c/json.h>
#include <string.h>

#include "client/lib/job.h"
#include "client/lib/job_blob.h"
#include "client/lib/json.h"
#include "common/io.h"

/* The index that fd gets on the wire. */
static int64_t
add_fd(struct job_message *message, int fd)
{
	message->fds[message->nfds] = fd;
	return (int64_t)message->nfds++;
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
encode_image(const struct job *job, struct job_message *message)
{
	struct json_object *obj = json_object_new_object();
	int status;

	if (obj == NULL)
		return -1;
	status = json_put_text(obj, "kind", job->image == JOB_IMAGE_HOST ? "host" : "directory");
	if (job->image == JOB_IMAGE_DIRECTORY) {
		status |= json_put_text(obj, "path", job->image_path);
		status |= json_put_number(obj, "fd", add_fd(message, job->image_fd));
	}
	return json_put(message->params, "image", obj) | status;
}

static int
encode_mounts(const struct job *job, struct job_message *message)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; array != NULL && i < job->nmounts; i++) {
		const struct job_mount *mount = &job->mounts[i];
		struct json_object *obj = json_object_new_object();
		bool bind = mount->type == JOB_MOUNT_BIND;
		int status = obj == NULL ? -1 : 0;

		status |= json_put_text(obj, "type", bind ? "bind" : "tmpfs");
		status |= json_put_text(obj, "target", mount->target);
		status |= json_put_bool(obj, "readonly", mount->readonly);
		if (bind) {
			status |= json_put_text(obj, "source", mount->source);
			status |= json_put_number(obj, "fd", add_fd(message, mount->fd));
		} else {
			status |= json_put_text(obj, "options", mount->options);
		}
		if (append(array, obj, status) == -1) {
			json_object_put(array);
			return -1;
		}
	}
	return json_put(message->params, "mounts", array);
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

static int
encode_terminal(const struct job *job, struct json_object *params)
{
	int status = 0;

	if (job->run.tty)
		status |= json_put_bool(params, "tty", true);
	if (job->run.rows > 0)
		status |= json_put_number(params, "rows", job->run.rows);
	if (job->run.columns > 0)
		status |= json_put_number(params, "columns", job->run.columns);
	return status;
}

static int
encode_all(const struct job *job, struct job_message *message)
{
	static const char *const stdio[] = { "stdin", "stdout", "stderr" };
	struct json_object *params = message->params;
	int status = json_put_number(params, "blob", 0);

	for (size_t i = 0; i < 3 && !job->run.tty; i++)
		status |= json_put_number(params, stdio[i], add_fd(message, job->run.stdio[i]));
	status |= encode_terminal(job, params);
	status |= encode_image(job, message);
	status |= json_put_text(params, "workdir", job->run.workdir);
	status |= json_put_text(params, "user", job->run.user);
	status |= json_put_text(params, "hostname", job->hostname);
	status |= json_put_text(params, "name", job->name);
	status |= json_put_text(params, "network", network_name(job->network));
	if (job->read_only)
		status |= json_put_bool(params, "read_only", true);
	status |= put_words(params, "cap_add", &job->cap_add);
	status |= put_words(params, "cap_drop", &job->cap_drop);
	status |= put_words(params, "entitlements", &job->entitlements);
	if (job->nulimits > 0)
		status |= encode_ulimits(job, params);
	if (job->nmounts > 0)
		status |= encode_mounts(job, message);
	if (job->timeout > 0)
		status |= json_put_number(params, "timeout", job->timeout);
	return status;
}

int
job_encode(const struct job *job, struct job_message *message, struct err *err)
{
	memset(message, 0, sizeof(*message));
	message->fds[0] = -1;
	if (job_check(job, err) == -1)
		return -1;
	message->fds[0] = job_blob_write(job, err);
	if (message->fds[0] == -1)
		return -1;
	message->nfds = 1;
	message->params = json_object_new_object();
	if (message->params == NULL || encode_all(job, message) != 0)
		return err_set(err, ERR_SYSTEM, "the job cannot be described: memory is short");
	return 0;
}

void
job_message_free(struct job_message *message)
{
	json_object_put(message->params);
	message->params = NULL;
	io_close(&message->fds[0]);
	message->fds[0] = -1;
}
