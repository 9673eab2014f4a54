/* SPDX-License-Identifier: ISC */
/*
 * io.berth.Engine.Remove, Usage and Prune: what jobs leave on disk.
 * TRUST: unprivileged
 * INPUT: calls of any client of the user's; trees that jobs wrote
 * MUST: remove nothing of a job that lives, told by its lock; let children do what takes its time.
 */
#include <json-c/json.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/engine/api/answer.h"
#include "client/engine/api/deferred.h"
#include "client/engine/api/filter.h"
#include "client/engine/api/reply.h"
#include "client/engine/api/worker.h"
#include "client/engine/job/children.h"
#include "client/engine/job/ctl.h"
#include "client/engine/job/names.h"
#include "client/engine/job/remove.h"
#include "client/engine/job/treesize.h"
#include "client/engine/log.h"
#include "client/lib/json.h"

#define PRUNE_MAX 4096 /* jobs of one call: their ids fit into its answer */

/*
 * Without its record it is no job any more, whatever comes between; then its name, so that the name is
 * free when the client is told.
 */
static int
remove_all(int jobs, const struct found *found)
{
	(void)!unlinkat(found->dir, RECORD_FILE, 0);
	names_drop(found->record.name, found->id);
	return remove_tree(jobs, found->id);
}

static void
do_remove(const struct worker *worker)
{
	const struct found *found = worker->arg;
	struct err err;

	if (remove_all(worker->engine->jobs, found) == 0) {
		(void)!reply_send(worker->conn, NULL);
		return;
	}
	err_sys(&err, "job %s cannot be removed as a whole", found->record.name);
	err_todo(&err, "what is left is removed when the engine starts the next time");
	(void)!reply_failed(worker->conn, &err);
}

int
remove_found(struct call *call, struct found *found)
{
	int fd = call->connection->varlink.fd;

	/* one that was not kept is gone by itself */
	if (found->dir == -1 || found_is_gone(found))
		return call_answer(call, NULL, 0);
	if (found_lock(found) == -1)
		return answer_running(fd, found->record.name, false);
	log_line(call->engine, "job %s (%s) is removed", found->id, found->record.name);
	return worker_start(call, do_remove, found, found->dir);
}

/* By its supervisor, so that it notes that a person wanted it; what does not hear is killed. */
static void
end_job(const struct engine *engine, const struct found *found)
{
	struct json_object *parameters = json_object_new_object();

	if (json_put_number(parameters, "signal", SIGKILL) == -1) {
		json_object_put(parameters);
		parameters = NULL;
	}
	if (ctl_ask(found->id, "Kill", parameters) == -1)
		children_signal_one(engine, found->id, SIGKILL);
}

struct removal {
	const char *job;
	bool force;
};

static int
store_force(void *out, struct json_object *value, struct err *err)
{
	return json_store_bool(&((struct removal *)out)->force, value, err);
}

int
call_remove(struct call *call)
{
	static const struct json_field fields[] = {
		{ "job", answer_store_job, true },
		{ "force", store_force, false },
		{ NULL, NULL, false },
	};
	struct removal removal = { 0 };
	struct found found;
	struct err err;
	int ret;

	if (json_fields(call->parameters, fields, &removal, &err) == -1)
		return call_invalid(call, &err);
	ret = answer_find(call, removal.job, &found);
	if (ret != 0) {
		ret = ret == 1 ? 0 : -1;
	} else if (!found.alive) {
		ret = remove_found(call, &found);
	} else if (found.record.state != RECORD_EXITED && !removal.force) {
		ret = answer_running(call->connection->varlink.fd, found.record.name, false);
	} else {
		if (found.record.state != RECORD_EXITED)
			end_job(call->engine, &found);
		ret = defer(call->connection, DEFERRED_REMOVE, found.id);
	}
	found_close(&found);
	return ret;
}

/* What there is, or what is removed. */
struct total {
	int64_t jobs;
	int64_t running;
	int64_t size;
	int64_t reclaimable;
	const struct filter *filter; /* of Prune */
	struct json_object *removed;
};

static int
add_usage(void *arg, int jobs, const char *id)
{
	struct total *total = arg;
	struct found found;

	if (found_open(jobs, id, &found) == 0 && (found.alive || !found_is_gone(&found))) {
		int64_t size = tree_size(found.dir);

		total->jobs++;
		total->running += found.record.state != RECORD_EXITED;
		total->size += size;
		if (found.record.state == RECORD_EXITED)
			total->reclaimable += size;
	}
	found_close(&found);
	return 0;
}

static void
send_total(const struct worker *worker, struct json_object *out, int status)
{
	struct err err;

	if (status == 0) {
		(void)!reply_send(worker->conn, out);
		return;
	}
	json_object_put(out);
	err_set(&err, ERR_SYSTEM, "the jobs cannot be looked at");
	(void)!reply_failed(worker->conn, &err);
}

static void
do_usage(const struct worker *worker)
{
	struct json_object *out = json_object_new_object();
	struct total total = { 0 };
	int status = found_each(worker->engine->jobs, add_usage, &total);

	status |= json_put_number(out, "jobs", total.jobs);
	status |= json_put_number(out, "running", total.running);
	status |= json_put_number(out, "size", total.size);
	status |= json_put_number(out, "reclaimable", total.reclaimable);
	status |= json_put(out, "volumes", volumes_usage(worker->engine->jobs));
	send_total(worker, out, status);
}

int
call_usage(struct call *call)
{
	if (call_no_parameters(call) == -1)
		return -1;
	return worker_start(call, do_usage, NULL, -1);
}

static int
prune_one(void *arg, int jobs, const char *id)
{
	struct total *total = arg;
	struct found found;

	if (found_open(jobs, id, &found) == 0 && !found.alive && !found_is_gone(&found) &&
	    filter_matches(total->filter, found.record.created, &found.record.labels) &&
	    found_lock(&found) == 0) {
		int64_t size = tree_size(found.dir);

		if (remove_all(jobs, &found) == 0) {
			total->size += size;
			json_object_array_add(total->removed, json_object_new_string(id));
		}
	}
	found_close(&found);
	return json_object_array_length(total->removed) < PRUNE_MAX ? 0 : -1;
}

static void
do_prune(const struct worker *worker)
{
	struct json_object *out = json_object_new_object();
	struct total total = { .filter = worker->arg, .removed = json_object_new_array() };
	int status = total.removed == NULL ? -1 : 0;

	/* what it did not see is there for the next call */
	if (status == 0)
		(void)!found_each(worker->engine->jobs, prune_one, &total);
	status |= json_put(out, "removed", total.removed);
	status |= json_put_number(out, "size", total.size);
	send_total(worker, out, status);
}

int
call_prune(struct call *call)
{
	static const struct json_field fields[] = {
		{ "filter", filter_store, false },
		{ NULL, NULL, false },
	};
	struct filter filter = FILTER_ANY;
	struct err err;
	int ret;

	if (json_fields(call->parameters, fields, &filter, &err) == -1)
		ret = call_invalid(call, &err);
	else
		ret = worker_start(call, do_prune, &filter, -1);
	filter_free(&filter);
	return ret;
}
