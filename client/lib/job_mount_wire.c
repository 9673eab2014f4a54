/* SPDX-License-Identifier: ISC */
/*
 * One mount of a job as type Mount of io.berth.Engine: see job_mount.h. A member that has its default is
 * left out.
 * TRUST: shared, reads hostile input
 * INPUT: encode: what job_check accepted; decode: JSON from any client of the user's
 * MUST: accept nothing that is not in the table below; uid and gid only together.
 */
#include <json-c/json.h>
#include <string.h>

#include "client/lib/job_mount.h"
#include "client/lib/job_take.h"
#include "client/lib/json.h"
#include "common/idmap.h"

/* What the stores below fill. */
struct decoder {
	struct job_mount *mount;
	const struct varlink *conn;
	bool uid;
	bool gid;
};

static const char *const types[] = { "bind", "tmpfs", "volume", "secret", NULL };
static const char *const propagations[] = { "private", "slave", NULL };

static int
put_number(struct json_object *obj, const char *key, uint32_t number)
{
	return json_put_number(obj, key, (int64_t)number);
}

struct json_object *
job_mount_encode(const struct job_mount *mount, size_t *index)
{
	struct json_object *obj = json_object_new_object();
	int status;

	if (obj == NULL)
		return NULL;
	status = json_put_text(obj, "type", types[mount->type - 1]);
	status |= json_put_text(obj, "target", mount->target);
	status |= json_put_text(obj, "source", mount->source);
	status |= json_put_text(obj, "options", mount->options);
	status |= json_put_bool(obj, "readonly", mount->readonly);
	if (index != NULL && mount->fd >= 0)
		status |= json_put_number(obj, "fd", (int64_t)(*index)++);
	if (mount->nonrecursive)
		status |= json_put_bool(obj, "recursive", false);
	if (mount->propagation != JOB_PROPAGATION_PRIVATE)
		status |= json_put_text(obj, "propagation", propagations[mount->propagation]);
	if (mount->nocopy)
		status |= json_put_bool(obj, "copy", false);
	if (mount->labels.n > 0)
		status |= json_put(obj, "labels", job_labels(&mount->labels));
	if (mount->match)
		status |= json_put_bool(obj, "match", true);
	if (mount->mapped) {
		status |= put_number(obj, "uid", mount->uid);
		status |= put_number(obj, "gid", mount->gid);
	}
	if (mount->type == JOB_MOUNT_SECRET)
		status |= put_number(obj, "mode", mount->mode);
	if (status == 0)
		return obj;
	json_object_put(obj);
	return NULL;
}

/* A member that says the contrary of ours. */
static int
take_not(struct json_object *value, bool *out, struct err *err)
{
	bool yes;

	if (json_store_bool(&yes, value, err) == -1)
		return -1;
	*out = !yes;
	return 0;
}

static int
take_id(struct json_object *value, uint32_t *id, bool *said, struct err *err)
{
	int64_t number;

	if (json_integer(value, 0, ID_MAX, &number) == -1)
		return err_set(err, ERR_USAGE, "not an id");
	*id = (uint32_t)number;
	*said = true;
	return 0;
}

#define STORE(function, expression) JSON_STORE(function, struct decoder *d, expression)

STORE(store_readonly, json_store_bool(&d->mount->readonly, value, err))
STORE(store_fd, job_take_fd(d->conn, value, &d->mount->fd, err))
STORE(store_source, job_take_text(value, &d->mount->source, err))
STORE(store_target, job_take_text(value, &d->mount->target, err))
STORE(store_options, job_take_text(value, &d->mount->options, err))
STORE(store_recursive, take_not(value, &d->mount->nonrecursive, err))
STORE(store_copy, take_not(value, &d->mount->nocopy, err))
STORE(store_labels, job_labels_take(value, &d->mount->labels, err))
STORE(store_match, json_store_bool(&d->mount->match, value, err))
STORE(store_uid, take_id(value, &d->mount->uid, &d->uid, err))
STORE(store_gid, take_id(value, &d->mount->gid, &d->gid, err))

static int
store_type(void *out, struct json_object *value, struct err *err)
{
	unsigned int choice;

	if (job_take_choice(value, types, &choice, err) == -1)
		return -1;
	((struct decoder *)out)->mount->type = (enum job_mount_type)choice;
	return 0;
}

static int
store_propagation(void *out, struct json_object *value, struct err *err)
{
	unsigned int choice;

	if (job_take_choice(value, propagations, &choice, err) == -1)
		return -1;
	((struct decoder *)out)->mount->propagation = (enum job_propagation)(choice - 1);
	return 0;
}

static int
store_mode(void *out, struct json_object *value, struct err *err)
{
	int64_t number;

	if (json_integer(value, 1, 0777, &number) == -1)
		return err_set(err, ERR_USAGE, "not a mode");
	((struct decoder *)out)->mount->mode = (uint32_t)number;
	return 0;
}

int
job_mount_decode(struct json_object *object, const struct varlink *conn, struct job_mount *mount,
    struct err *err)
{
	static const struct json_field fields[] = {
		{ "type", store_type, true },
		{ "target", store_target, true },
		{ "source", store_source, false },
		{ "readonly", store_readonly, false },
		{ "fd", store_fd, false },
		{ "options", store_options, false },
		{ "recursive", store_recursive, false },
		{ "propagation", store_propagation, false },
		{ "copy", store_copy, false },
		{ "labels", store_labels, false },
		{ "match", store_match, false },
		{ "uid", store_uid, false },
		{ "gid", store_gid, false },
		{ "mode", store_mode, false },
		{ NULL, NULL, false },
	};
	struct decoder d = { .mount = mount, .conn = conn };

	*mount = (struct job_mount){ .fd = -1 };
	if (json_fields(object, fields, &d, err) == -1)
		return -1;
	if (d.uid != d.gid)
		return err_set(err, ERR_USAGE, "%s: missing", d.uid ? "gid" : "uid");
	mount->mapped = d.uid;
	return 0;
}
