/* SPDX-License-Identifier: ISC */
/*
 * io.berth.Engine.ListVolumes, InspectVolume, RemoveVolume and PruneVolumes.
 * TRUST: unprivileged
 * INPUT: calls of any client of the user's; volumes and jobs on disk, which their user can change
 * MUST: remove nothing that a job on disk names, or that one runs with, told by its lock; let children do
 *       what takes its time.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "client/engine/api/filter.h"
#include "client/engine/api/reply.h"
#include "client/engine/api/worker.h"
#include "client/engine/job/record.h"
#include "client/engine/job/remove.h"
#include "client/engine/job/treesize.h"
#include "client/engine/log.h"
#include "client/engine/volume/uses.h"
#include "client/engine/volume/volume.h"
#include "client/lib/json.h"
#include "common/io.h"

#define NAMED_MAX 16U /* jobs that are told */
#define PRUNE_MAX 512U /* volumes of one call: their names fit into its answer */

/* What is asked for. */
struct wish {
	const char *name;
	bool force;
	bool all;
	struct filter filter;
};

/* What a worker looks at. */
struct look {
	const struct worker *worker;
	const struct wish *wish;
	struct uses uses;
	size_t n; /* names */
	char (*names)[JOB_VOLUME_MAX + 1];
	int64_t size;
	struct json_object *removed;
	int status;
};

static void
send_failed(const struct worker *worker, const char *what, const char *name)
{
	struct err err;

	err_sys(&err, "%s%s", what, name);
	(void)!reply_failed(worker->conn, &err);
}

static struct json_object *
jobs_of(const struct uses *uses, const char *name)
{
	struct json_object *list = json_object_new_array();
	size_t n;
	const struct use *use = uses_of(uses, name, &n);

	for (size_t i = 0; list != NULL && i < n && i < NAMED_MAX; i++)
		json_object_array_add(list, json_object_new_string(use[i].job));
	return list;
}

/* Does a job run with it? The lock is given back at once. */
static bool
runs(int dir)
{
	if (flock(dir, LOCK_EX | LOCK_NB) == -1)
		return true;
	(void)!flock(dir, LOCK_UN);
	return false;
}

static bool
is_used(const struct uses *uses, const char *name, int dir)
{
	size_t n;

	return uses_of(uses, name, &n) != NULL || runs(dir);
}

/* Where it is; of a state directory that is not UTF-8 nothing. */
static int
put_path(struct json_object *out, const struct engine *engine, const char *name)
{
	static char path[sizeof(engine->root) + JOB_VOLUME_MAX + 32];

	snprintf(path, sizeof(path), "%s/" STATE_VOLUMES "/%s/" VOLUME_DATA, engine->root, name);
	return json_is_utf8(path) ? json_put_text(out, "path", path) : 0;
}

static struct json_object *
describe(const struct look *look, const char *name, int dir)
{
	struct json_object *out = json_object_new_object();
	struct volume volume;
	int status;

	volume_read(dir, name, &volume);
	status = json_put_text(out, "name", name);
	status |= json_put_number(out, "created", volume.created);
	status |= json_put(out, "labels", job_labels(&volume.labels));
	status |= json_put_bool(out, "used", is_used(&look->uses, name, dir));
	status |= json_put(out, "jobs", jobs_of(&look->uses, name));
	status |= put_path(out, look->worker->engine, name);
	volume_free(&volume);
	if (status == 0)
		return out;
	json_object_put(out);
	return NULL;
}

/* --- ListVolumes -------------------------------------------------------------------------------------- */

static int
add_name(void *arg, int volumes, const char *name)
{
	struct look *look = arg;

	(void)volumes;
	if ((look->n & (look->n - 1)) == 0) {
		void *names =
		    reallocarray(look->names, look->n == 0 ? 1 : 2 * look->n, sizeof(*look->names));

		if (names == NULL)
			return -1;
		look->names = names;
	}
	snprintf(look->names[look->n++], sizeof(*look->names), "%s", name);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int
send_one(const struct look *look, int volumes, const char *name)
{
	int AUTO_CLOSE dir = volume_open(volumes, name);
	struct json_object *out, *message, *volume;
	int ret = -1;

	if (dir == -1)
		return 0;
	out = json_object_new_object();
	volume = describe(look, name, dir);
	if (volume == NULL || json_put(out, "volume", volume) == -1) {
		json_object_put(out);
		return -1;
	}
	message = varlink_reply(NULL, out, true);
	if (message != NULL)
		ret = varlink_write(look->worker->conn, &message, 1, NULL, 0);
	json_object_put(message);
	return ret;
}

static void
do_list(const struct worker *worker)
{
	struct look look = { .worker = worker };
	int AUTO_CLOSE volumes = volumes_open(false);
	int ret = 0;

	if (volumes == -1 && errno != ENOENT)
		ret = -1;
	else if (volumes != -1) {
		ret = uses_read(worker->engine->jobs, &look.uses);
		if (ret == 0)
			ret = volume_each(volumes, add_name, &look);
		if (look.n > 0)
			qsort(look.names, look.n, sizeof(*look.names), compare);
		for (size_t i = 0; ret == 0 && i < look.n; i++)
			ret = send_one(&look, volumes, look.names[i]);
	}
	if (ret == 0)
		(void)!reply_send(worker->conn, NULL);
	else
		send_failed(worker, "the volumes cannot all be listed", "");
}

int
call_list_volumes(struct call *call)
{
	if (call_no_parameters(call) == -1 || call_must_have_more(call) == -1)
		return -1;
	return worker_start(call, do_list, NULL, -1);
}

/* --- InspectVolume ------------------------------------------------------------------------------------ */

static void
send_no_such(const struct worker *worker, const char *name)
{
	struct json_object *out = json_object_new_object();

	(void)!reply_error(worker->conn, "NoSuchVolume", out, json_put_text(out, "volume", name));
}

/* Opens both; the error was sent with -1. */
static int
open_both(const struct worker *worker, const char *name, int *volumes)
{
	int dir = -1;

	*volumes = volumes_open(false);
	if (*volumes != -1)
		dir = volume_open(*volumes, name);
	if (dir == -1 && errno == ENOENT)
		send_no_such(worker, name);
	else if (dir == -1)
		send_failed(worker, "cannot look at volume ", name);
	return dir;
}

/* Of what it holds. */
static int64_t
size_of(int dir)
{
	int AUTO_CLOSE data = volume_data(dir);

	return data == -1 ? 0 : tree_size(data);
}

static void
do_inspect(const struct worker *worker)
{
	const struct wish *wish = worker->arg;
	struct look look = { .worker = worker };
	int AUTO_CLOSE volumes = -1;
	int AUTO_CLOSE dir = open_both(worker, wish->name, &volumes);
	struct json_object *out, *volume;
	int status;

	if (dir == -1)
		return;
	out = json_object_new_object();
	status = uses_read(worker->engine->jobs, &look.uses);
	volume = status == 0 ? describe(&look, wish->name, dir) : NULL;
	status = volume == NULL ? -1 : json_put(out, "volume", volume);
	status |= json_put_number(out, "size", size_of(dir));
	if (status == 0) {
		(void)!reply_send(worker->conn, out);
		return;
	}
	json_object_put(out);
	errno = ENOMEM;
	send_failed(worker, "cannot look at volume ", wish->name);
}

/* The name of a volume; the message's. */
static int
store_name(void *out, struct json_object *value, struct err *err)
{
	const char *name = json_string(value);

	if (name == NULL || !job_is_volume(name))
		return err_set(err, ERR_USAGE, "no volume can be called that");
	((struct wish *)out)->name = name;
	return 0;
}

int
call_inspect_volume(struct call *call)
{
	static const struct json_field fields[] = {
		{ "name", store_name, true },
		{ NULL, NULL, false },
	};
	struct wish wish = { 0 };
	struct err err;

	if (json_fields(call->parameters, fields, &wish, &err) == -1)
		return call_invalid(call, &err);
	return worker_start(call, do_inspect, &wish, -1);
}

/* --- RemoveVolume ------------------------------------------------------------------------------------- */

static void
send_in_use(const struct look *look, const char *name, bool running)
{
	struct json_object *out = json_object_new_object();
	char why[8 * (JOB_NAME_MAX + 2) + 32] = "of a job it is not known what it uses";
	size_t n, used = 0;
	const struct use *use = uses_of(&look->uses, name, &n);
	int status;

	for (size_t i = 0; i < n && i < 8; i++)
		used += (size_t)snprintf(
		    why + used, sizeof(why) - used, "%s %s", i == 0 ? "named by" : ",", use[i].job);
	if (running && n == 0)
		snprintf(why, sizeof(why), "a job runs with it");
	status = json_put_text(out, "volume", name);
	status |= json_put_text(out, "why", why);
	status |= json_put_bool(out, "running", running);
	status |= json_put(out, "jobs", jobs_of(&look->uses, name));
	(void)!reply_error(look->worker->conn, "VolumeInUse", out, status);
}

static void
do_remove(const struct worker *worker)
{
	const struct wish *wish = worker->arg;
	struct look look = { .worker = worker };
	int AUTO_CLOSE volumes = -1;
	int AUTO_CLOSE dir = open_both(worker, wish->name, &volumes);
	char temp[VOLUME_TEMP_SIZE];
	size_t n;

	if (dir == -1)
		return;
	/* First the lock: a job that starts now waits for it, and finds no such volume any more. */
	bool running = !volume_lock(volumes, wish->name, dir, LOCK_EX);

	if (uses_read(worker->engine->jobs, &look.uses) == -1)
		send_failed(worker, "cannot look who uses volume ", wish->name);
	else if (running || (!wish->force &&
				(look.uses.unknown || uses_of(&look.uses, wish->name, &n) != NULL)))
		send_in_use(&look, wish->name, running);
	else if (volume_unname(volumes, wish->name, temp) == 0 && remove_tree(volumes, temp) == 0)
		(void)!reply_send(worker->conn, NULL);
	else
		send_failed(worker, "cannot remove as a whole volume ", wish->name);
	volumes_sweep(false);
}

static int
store_force(void *out, struct json_object *value, struct err *err)
{
	return json_store_bool(&((struct wish *)out)->force, value, err);
}

int
call_remove_volume(struct call *call)
{
	static const struct json_field fields[] = {
		{ "name", store_name, true },
		{ "force", store_force, false },
		{ NULL, NULL, false },
	};
	struct wish wish = { 0 };
	struct err err;

	if (json_fields(call->parameters, fields, &wish, &err) == -1)
		return call_invalid(call, &err);
	log_line(call->engine, "volume %s is removed, if it is not in use", wish.name);
	return worker_start(call, do_remove, &wish, -1);
}

/* --- PruneVolumes ------------------------------------------------------------------------------------- */

static bool
matches(int dir, const char *name, const struct filter *filter)
{
	struct volume volume;
	bool does;

	volume_read(dir, name, &volume);
	does = filter_matches(filter, volume.created, &volume.labels);
	volume_free(&volume);
	return does;
}

/* One that is removed if no job uses it. */
struct candidate {
	char name[JOB_VOLUME_MAX + 1];
	char temp[VOLUME_TEMP_SIZE];
	int dir; /* with the exclusive lock */
};

struct candidates {
	const struct filter *filter;
	size_t n;
	struct candidate v[PRUNE_MAX];
};

static int
add_candidate(void *arg, int volumes, const char *name)
{
	struct candidates *all = arg;
	struct candidate *one = &all->v[all->n];

	one->dir = volume_open(volumes, name);
	if (one->dir == -1)
		return 0;
	if (!matches(one->dir, name, all->filter) ||
	    !volume_lock(volumes, name, one->dir, LOCK_EX)) {
		io_close(&one->dir);
		return 0;
	}
	snprintf(one->name, sizeof(one->name), "%s", name);
	return ++all->n < PRUNE_MAX ? 0 : -1;
}

/* Those without a job lose their names, which is quick; of the others the locks are given back. */
static void
unname_all(struct candidates *all, int volumes, const struct uses *uses)
{
	for (size_t i = 0; i < all->n; i++) {
		struct candidate *one = &all->v[i];
		size_t n;

		if (!uses->unknown && uses_of(uses, one->name, &n) == NULL &&
		    volume_unname(volumes, one->name, one->temp) == 0)
			continue;
		io_close(&one->dir);
		one->dir = -1;
	}
}

static void
remove_all(struct candidates *all, int volumes, struct look *look)
{
	for (size_t i = 0; i < all->n; i++) {
		struct candidate *one = &all->v[i];
		int64_t size = one->dir != -1 ? size_of(one->dir) : 0;

		if (one->dir == -1)
			continue;
		/* what cannot be removed now has no name all the same */
		(void)!remove_tree(volumes, one->temp);
		look->size += size;
		json_object_array_add(look->removed, json_object_new_string(one->name));
	}
}

/*
 * First all locks, then a look at the jobs: one that names a volume since then waits for the lock, and makes
 * a new one.
 */
static int
prune(struct look *look, int volumes)
{
	static struct candidates all;
	int ret;

	all.filter = &look->wish->filter;
	/* what it does not see is there for the next call */
	if (look->wish->all)
		(void)!volume_each(volumes, add_candidate, &all);
	ret = uses_read(look->worker->engine->jobs, &look->uses);
	if (ret == -1)
		look->uses.unknown = true;
	unname_all(&all, volumes, &look->uses);
	remove_all(&all, volumes, look);
	return ret;
}

/*
 * All volumes have names, and what has a name stays unless all are meant, as docker(1) has it: one without
 * goes with its job.
 */
static void
do_prune(const struct worker *worker)
{
	struct look look = { .worker = worker, .wish = worker->arg };
	int AUTO_CLOSE volumes = volumes_open(false);
	struct json_object *out;
	int status;

	if (volumes == -1 && errno != ENOENT) {
		send_failed(worker, "the volumes cannot be looked at", "");
		return;
	}
	out = json_object_new_object();
	look.removed = json_object_new_array();
	status = look.removed == NULL ? -1 : 0;
	if (status == 0 && volumes != -1)
		status = prune(&look, volumes);
	volumes_sweep(false);
	status |= json_put(out, "removed", look.removed);
	status |= json_put_number(out, "size", look.size);
	status |= json_put_bool(out, "unknown", look.uses.unknown);
	if (status == 0) {
		(void)!reply_send(worker->conn, out);
		return;
	}
	json_object_put(out);
	errno = ENOMEM;
	send_failed(worker, "the volumes cannot be looked at", "");
}

static int
store_all(void *out, struct json_object *value, struct err *err)
{
	return json_store_bool(&((struct wish *)out)->all, value, err);
}

static int
store_filter(void *out, struct json_object *value, struct err *err)
{
	return filter_store(&((struct wish *)out)->filter, value, err);
}

int
call_prune_volumes(struct call *call)
{
	static const struct json_field fields[] = {
		{ "all", store_all, false },
		{ "filter", store_filter, false },
		{ NULL, NULL, false },
	};
	struct wish wish = { .filter = FILTER_ANY };
	struct err err;
	int ret;

	if (json_fields(call->parameters, fields, &wish, &err) == -1)
		ret = call_invalid(call, &err);
	else
		ret = worker_start(call, do_prune, &wish, -1);
	filter_free(&wish.filter);
	return ret;
}

/* --- Usage -------------------------------------------------------------------------------------------- */

struct usage {
	const struct uses *uses;
	int64_t volumes;
	int64_t used;
	int64_t size;
	int64_t reclaimable;
	bool unknown; /* not all could be looked at */
};

static int
add_usage(void *arg, int volumes, const char *name)
{
	struct usage *usage = arg;
	int AUTO_CLOSE dir = volume_open(volumes, name);
	int64_t size;

	if (dir == -1) {
		usage->unknown |= errno != ENOENT;
		return 0;
	}
	size = size_of(dir);
	usage->volumes++;
	usage->size += size;
	if (is_used(usage->uses, name, dir))
		usage->used++;
	else
		usage->reclaimable += size;
	return 0;
}

struct json_object *
volumes_usage(int jobs)
{
	int AUTO_CLOSE volumes = volumes_open(false);
	struct usage usage = { .unknown = volumes == -1 && errno != ENOENT };
	struct uses uses;
	struct json_object *out = json_object_new_object();
	int status = uses_read(jobs, &uses);

	usage.uses = &uses;
	if (status == 0 && volumes != -1)
		usage.unknown |= volume_each(volumes, add_usage, &usage) == -1;
	/* of such a job PruneVolumes does not know what it uses, and removes nothing */
	if (uses.unknown) {
		usage.unknown = true;
		usage.reclaimable = 0;
	}
	uses_free(&uses);
	status |= json_put_number(out, "volumes", usage.volumes);
	status |= json_put_number(out, "used", usage.used);
	status |= json_put_number(out, "size", usage.size);
	status |= json_put_number(out, "reclaimable", usage.reclaimable);
	status |= json_put_bool(out, "unknown", usage.unknown);
	if (status == 0)
		return out;
	json_object_put(out);
	return NULL;
}
