/* SPDX-License-Identifier: ISC */
/*
 * CreateVolume: a volume that no job has named yet.
 * TRUST: unprivileged
 * INPUT: calls from clients; the state root, which its user can change at any time
 * MUST: leave what is there as it is; wait for no disk in the engine itself: a child answers.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <sys/random.h>

#include "client/engine/api/answer.h"
#include "client/engine/api/call.h"
#include "client/engine/api/reply.h"
#include "client/engine/api/worker.h"
#include "client/engine/job/record.h"
#include "client/engine/log.h"
#include "client/engine/reset.h"
#include "client/engine/volume/volume.h"
#include "client/lib/json.h"
#include "common/io.h"

#define RANDOM_SIZE 32 /* bytes of a name that nobody chose: docker(1) has so many */

struct wish {
	const char *name; /* or NULL */
	struct job_words labels;
};

static int
choose_name(char name[JOB_VOLUME_MAX + 1])
{
	unsigned char bytes[RANDOM_SIZE];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -1;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(name + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/* As volume_make. */
static int
make(const struct wish *wish, struct volume *volume)
{
	int AUTO_CLOSE volumes = -1;

	if (wish->name != NULL)
		snprintf(volume->name, sizeof(volume->name), "%s", wish->name);
	else if (choose_name(volume->name) == -1)
		return -1;
	volumes = volumes_open(true);
	return volumes == -1 ? -1 : volume_make(volumes, volume);
}

static void
do_create(const struct worker *worker)
{
	const struct wish *wish = worker->arg;
	struct volume volume = { .created = record_now(), .labels = wish->labels };
	int made = make(wish, &volume);
	struct json_object *out;
	struct err err;
	int status;

	if (made == -1) {
		err_sys(&err, "volume %s cannot be made", volume.name);
		(void)!reply_failed(worker->conn, &err);
		return;
	}
	out = json_object_new_object();
	status = json_put_text(out, "name", volume.name);
	status |= json_put_bool(out, "created", made == 1);
	if (status == 0)
		(void)!reply_send(worker->conn, out);
	else
		json_object_put(out);
}

static int
store_name(void *out, struct json_object *value, struct err *err)
{
	const char *name = json_string(value);

	if (name == NULL || !job_is_volume(name))
		return err_set(err, ERR_USAGE, "no volume can be called that");
	((struct wish *)out)->name = name;
	return 0;
}

static int
store_labels(void *out, struct json_object *value, struct err *err)
{
	struct job_words *labels = &((struct wish *)out)->labels;

	if (job_labels_take(value, labels, err) == -1)
		return -1;
	return job_check_labels(labels, err);
}

int
call_create_volume(struct call *call)
{
	static const struct json_field fields[] = {
		{ "name", store_name, false },
		{ "labels", store_labels, false },
		{ NULL, NULL, false },
	};
	struct wish wish = { .name = NULL };
	struct err err;
	int ret;

	if (json_fields(call->parameters, fields, &wish, &err) == -1)
		ret = call_invalid(call, &err);
	else if (reset_check(call->engine, &err) == -1)
		ret = answer_failed(call, &err);
	else {
		log_line(call->engine, "volume %s is made, if there is none",
		    wish.name != NULL ? wish.name : "of a name of its own");
		ret = worker_start(call, do_create, &wish, -1);
	}
	job_words_free(&wish.labels);
	return ret;
}
