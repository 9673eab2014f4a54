/* SPDX-License-Identifier: ISC */
/*
 * Calls about jobs that are there already. Contract in jobcall.h.
 * TRUST: unprivileged
 * INPUT: what the engine answers; names that the caller typed
 * MUST: as jobcall.h says
 */
#include "client/berth/jobcall.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "client/berth/stateroot.h"
#include "client/lib/job.h"
#include "client/lib/json.h"

#define JOBS_MANY 100000 /* more are no list of jobs */
#define ALARM_SECONDS 2
#define TRIES 5
#define PAUSE_NS 50000000L

/* In the words of the engine's own answer: engine.c. */
static int
no_such_job(struct cli *cli, const char *job, struct err *err)
{
	snprintf(cli->reason, sizeof(cli->reason), "no_such_job");
	err_set(err, ERR_FAILED, "no such job: %s", job);
	err_why(err, "none has this name, or an id that begins so");
	return (err_todo(err, "berth ps -a  shows them"));
}

static int
begin(struct way *way, struct cli *cli, struct err *err)
{
	return (way_init(way, cli, cli->host == NULL && !stateroot_is_empty(cli), err));
}

/* The job's name joins the other parameters. 0, or -1 with err. */
static int
name_job(struct cli *cli, const char *job, struct json_object **params, struct err *err)
{
	if (!job_is_name(job))
		return (no_such_job(cli, job, err));
	if (*params == NULL)
		*params = json_object_new_object();
	if (*params == NULL || json_put_text(*params, "job", job) != 0)
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	return (0);
}

/* Once, as job_ask_all; lost: there was no answer. */
static int
ask_once(struct cli *cli, const struct job_call *call, struct json_object **answer, bool *lost,
    struct err *err)
{
	struct engine_call ask = { .method = call->method,
		.params = json_object_get(call->params),
		.patience = call->patience };
	struct way way;
	int rc;

	*lost = false;
	if ((call->makes ? way_init(&way, cli, true, err) : begin(&way, cli, err)) != 0) {
		json_object_put(call->params);
		return (-1);
	}
	rc = engine_call(&way, &ask, answer, err);
	*lost = rc < 0 && way.hung_up;
	if (rc != 0) {
		json_object_put(*answer);
		*answer = NULL;
	}
	return (rc);
}

int
job_ask_all(struct cli *cli, struct job_call *call, struct json_object **answer, struct err *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int rc = 0, tries = call->again ? TRIES : 1;
	bool lost = true;

	*answer = NULL;
	for (int i = 0; lost && i < tries; i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		rc = ask_once(cli, call, answer, &lost, err);
	}
	json_object_put(call->params);
	call->params = NULL;
	return (rc);
}

int
job_ask(struct cli *cli, struct job_call *call, struct json_object **answer, struct err *err)
{
	int rc = name_job(cli, call->job, &call->params, err);

	if (rc == 0)
		rc = job_ask_all(cli, call, answer, err);
	else
		json_object_put(call->params);
	return (rc > 0 ? no_such_job(cli, call->job, err) : rc);
}

/* One answer: 1 and what it tells of is in the list; 0: it was the last one; -1 with err. */
static int
take_one(struct way *way, struct varlink *conn, const char *member, struct json_object *list,
    struct err *err)
{
	struct engine_answer answer = { .message = NULL };
	int rc = engine_next(way, conn, 0, &answer, err);
	struct json_object *one;

	if (rc == 0 && json_object_object_get_ex(answer.params, member, &one) &&
	    json_object_is_type(one, json_type_object)) {
		rc = json_object_array_add(list, json_object_get(one)) == 0 ? 1 : -1;
		if (rc < 0)
			err_set(err, ERR_SYSTEM, "out of memory");
	}
	json_object_put(answer.message);
	return (rc);
}

/* Over a way that is there; params is used up. */
static int
list_over(struct way *way, const struct job_all *all, struct json_object *params,
    struct json_object **list, struct err *err)
{
	struct engine_call call = { .method = all->method, .params = params, .more = true };
	struct varlink conn;
	int rc;

	*list = json_object_new_array();
	if (*list == NULL || params == NULL) {
		json_object_put(params);
		rc = err_set(err, ERR_SYSTEM, "out of memory");
	} else
		rc = engine_open(way, &call, &conn, err);
	if (rc == 0) {
		for (rc = 1; rc == 1 && json_object_array_length(*list) < JOBS_MANY;)
			rc = take_one(way, &conn, all->member, *list, err);
		varlink_close(&conn);
	}
	if (rc < 0)
		json_object_put(*list);
	return (rc < 0 ? -1 : 0);
}

static const struct job_all all_jobs = { "List", "job" };

/* The parameters of List; NULL: memory is short. */
static struct json_object *
which_jobs(bool all)
{
	struct json_object *params = json_object_new_object();

	if (params == NULL || json_put_bool(params, "all", all) == 0)
		return (params);
	json_object_put(params);
	return (NULL);
}

int
job_list(struct cli *cli, bool all, struct json_object **list, struct err *err)
{
	struct way way;

	if (begin(&way, cli, err) != 0)
		return (-1);
	return (list_over(&way, &all_jobs, which_jobs(all), list, err));
}

int
job_all(struct cli *cli, const struct job_all *all, struct json_object **list, struct err *err)
{
	struct way way;

	if (begin(&way, cli, err) != 0)
		return (-1);
	return (list_over(&way, all, json_object_new_object(), list, err));
}

/* Who types waits for nobody: this program ends then, with what it has said so far. */
static int
list_running(struct cli *cli, const struct job_all *all, struct json_object *params,
    struct json_object **list)
{
	struct err ignored;
	struct way way;
	int rc;

	alarm(ALARM_SECONDS);
	rc = way_init(&way, cli, false, &ignored);
	way.skew_told = true;
	if (rc == 0)
		rc = list_over(&way, all, params, list, &ignored);
	else
		json_object_put(params);
	alarm(0);
	return (rc);
}

int
job_all_running(struct cli *cli, const struct job_all *all, struct json_object **list)
{
	return (list_running(cli, all, json_object_new_object(), list));
}

int
job_list_running(struct cli *cli, struct json_object **list)
{
	return (list_running(cli, &all_jobs, which_jobs(true), list));
}

int
job_send(struct cli *cli, struct job_call *call, struct job_sent *sent, struct err *err)
{
	struct engine_call ask = { .method = call->method, .more = call->more };
	int rc = name_job(cli, call->job, &call->params, err);

	if (rc == 0)
		rc = begin(&sent->way, cli, err);
	if (rc != 0)
		json_object_put(call->params);
	else {
		ask.params = call->params;
		rc = engine_open(&sent->way, &ask, &sent->conn, err);
	}
	call->params = NULL;
	return (rc > 0 ? no_such_job(cli, call->job, err) : rc);
}

int
job_open(struct cli *cli, const char *job, const char *what, int *fd, struct err *err)
{
	struct job_call call = { .method = "Open", .job = job, .params = json_object_new_object() };
	struct engine_answer answer = { .message = NULL };
	struct job_sent sent;
	int rc;

	if (call.params == NULL || json_put_text(call.params, "what", what) != 0) {
		json_object_put(call.params);
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	}
	if (job_send(cli, &call, &sent, err) != 0)
		return (-1);
	rc = engine_next(&sent.way, &sent.conn, 0, &answer, err);
	*fd = rc == 0 ? engine_fd(&sent.conn, answer.params, "fd") : -1;
	if (rc == 0 && *fd < 0)
		err_set(err, ERR_UNAVAILABLE, "the engine's answer has no descriptor");
	json_object_put(answer.message);
	varlink_close(&sent.conn);
	return (*fd >= 0 ? 0 : -1);
}
