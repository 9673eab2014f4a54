/* SPDX-License-Identifier: ISC */
/*
 * What would be decided for a job. Contract in preview.h.
 * TRUST: unprivileged
 * INPUT: the job of the command line, the policy
 * MUST: as preview.h says
 */
#include "client/berth/preview.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "client/berth/colour.h"
#include "client/berth/message.h"
#include "client/berth/signame.h"
#include "client/berth/view.h"

/* Decides each want; what to do with one is the caller's. */
struct judged {
	struct view view;
	struct job_wants wants;
	struct decision of[JOB_WANTS_MAX];
	struct err refusal; /* the first one */
};

static int
judge(const struct cli *cli, const struct job *job, struct judged *judged, struct err *err)
{
	if (view_load(&judged->view, err) != 0 || job_wants(job, &judged->wants, err) != 0)
		return (-1);
	view_settle(&judged->view);
	for (size_t i = 0; i < judged->wants.n; i++)
		view_decide(&judged->view, cli->once ? ENGINE_ONCE : ENGINE_SHARED,
		    &judged->wants.v[i], &judged->of[i]);
	return (0);
}

/* The first refusal: -1 with its words, or 0. */
static int
first_refusal(struct cli *cli, const struct judged *judged, struct err *err)
{
	for (size_t i = 0; i < judged->wants.n; i++) {
		const struct decision *decision = &judged->of[i];

		if (decision->verdict == VERDICT_ALLOW)
			continue;
		snprintf(cli->reason, sizeof(cli->reason), "%s", refusal_name(decision->refusal));
		return (view_explain(&judged->view, decision, err));
	}
	return (0);
}

static void
entitlement_text(const struct entitlement *ent, char *buf, size_t len)
{
	if (entitlement_format(ent, buf, len) < 0)
		snprintf(buf, len, "%s=...", entitlement_info(ent->id)->name);
}

/* "FILE:LINE", what needs no grant, or the reason of a refusal. */
static void
because(const struct decision *decision, char *buf, size_t len)
{
	bool allowed = decision->verdict == VERDICT_ALLOW;

	if (!allowed)
		snprintf(buf, len, "%s", refusal_name(decision->refusal));
	else if (decision->by != NULL && decision->line == 0)
		snprintf(buf, len, "%s", decision->by->file);
	else if (decision->by != NULL)
		snprintf(buf, len, "%s:%u", decision->by->file, decision->line);
	else
		snprintf(buf, len, "needs no grant");
}

static void
add_text(struct json_object *object, const char *name, const char *text)
{
	json_object_object_add(object, name, text != NULL ? message_json_text(text) : NULL);
}

static struct json_object *
json_decision(const struct judged *judged, size_t i)
{
	struct json_object *object = json_object_new_object();
	const struct decision *decision = &judged->of[i];
	bool allowed = decision->verdict == VERDICT_ALLOW;
	char text[ERR_LINE];
	struct err err;

	entitlement_text(&judged->wants.v[i], text, sizeof(text));
	add_text(object, "entitlement", text);
	json_object_object_add(object, "allowed", json_object_new_boolean(allowed));
	add_text(object, "file",
	    decision->by != NULL && !judged->view.rootless ? decision->by->file : NULL);
	json_object_object_add(object, "line", json_object_new_int64(decision->line));
	if (allowed)
		return (object);
	(void)view_explain(&judged->view, decision, &err);
	add_text(object, "reason", refusal_name(decision->refusal));
	add_text(object, "what", err.what);
	add_text(object, "why", err.why);
	add_text(object, "todo", err.todo);
	return (object);
}

/* "on-failure", as people write it. */
static const char *
policy_name(const struct job *job)
{
	return (
	    job->restart == JOB_RESTART_ON_FAILURE ? "on-failure" : job_restart_name(job->restart));
}

static void
json_life(struct json_object *object, const struct job *job)
{
	char signal[16] = "TERM";

	json_object_object_add(object, "detach", json_object_new_boolean(job->detach));
	json_object_object_add(object, "keep", json_object_new_boolean(job->keep));
	add_text(object, "restart", policy_name(job));
	json_object_object_add(object, "restart_max", json_object_new_int64(job->restart_max));
	(void)signame_format(job->stop_signal, signal, sizeof(signal));
	add_text(object, "stop_signal", signal);
	json_object_object_add(
	    object, "no_new_privileges", json_object_new_boolean(job->no_new_privileges));
	json_object_object_add(object, "keep_groups", json_object_new_boolean(job->keep_groups));
	json_object_object_add(object, "labels", job_labels(&job->labels));
}

static struct json_object *
json_job(const struct job *job)
{
	struct json_object *object = json_object_new_object(), *args = json_object_new_array();

	for (size_t i = 0; i < job->run.args.n; i++)
		json_object_array_add(args, message_json_text(job->run.args.v[i]));
	add_text(object, "image", job->image == JOB_IMAGE_HOST ? "host" : job->image_path);
	json_object_object_add(object, "command", args);
	add_text(object, "workdir", job->run.workdir != NULL ? job->run.workdir : "/");
	add_text(object, "user", job->run.user != NULL ? job->run.user : "0:0");
	json_life(object, job);
	return (object);
}

static int
print_json(const struct job *job, const struct judged *judged, bool allowed, struct err *err)
{
	struct json_object *object = json_object_new_object(), *list = json_object_new_array();

	for (size_t i = 0; i < judged->wants.n; i++)
		json_object_array_add(list, json_decision(judged, i));
	json_object_object_add(object, "allowed", json_object_new_boolean(allowed));
	json_object_object_add(object, "uid", json_object_new_int64(judged->view.caller.uid));
	add_text(object, "account", judged->view.who);
	json_object_object_add(object, "job", json_job(job));
	json_object_object_add(object, "entitlements", list);
	return (message_json(object, err));
}

/* What is not as with most jobs. */
static void
print_life(const struct job *job)
{
	char signal[16] = "", times[32] = "";

	if (job->detach || job->keep)
		printf("%-12s %s%s\n", "life", job->detach ? "detached" : "in the foreground",
		    job->keep ? ", kept until berth rm" : "");
	if (job->restart_max > 0)
		snprintf(times, sizeof(times), ", at most %u times", job->restart_max);
	if (job->restart != JOB_RESTART_NO)
		printf("%-12s %s%s\n", "restart", policy_name(job), times);
	if (signame_format(job->stop_signal, signal, sizeof(signal)))
		printf("%-12s %s\n", "stop signal", signal);
	if (job->no_new_privileges || job->keep_groups)
		printf("%-12s %s%s%s\n", "security",
		    job->no_new_privileges ? "no new privileges" : "",
		    job->no_new_privileges && job->keep_groups ? ", " : "",
		    job->keep_groups ? "with the caller's groups" : "");
}

static int
print_text(const struct job *job, const struct judged *judged, struct err *err)
{
	char raw[ERR_LINE] = "", text[sizeof(raw)], why[160];
	bool on = colour_for(STDOUT_FILENO);

	for (size_t i = 0; i < job->run.args.n; i++)
		message_shell(raw, sizeof(raw), job->run.args.v[i]);
	message_foreign(text, raw);
	printf("%-12s %s\n", "command", text);
	err_escape(text, sizeof(text), job->image == JOB_IMAGE_HOST ? "host" : job->image_path);
	printf("%-12s %s\n", "image", text);
	print_life(job);
	printf("\n");
	printf("%s%-32s %-8s %s%s\n", colour(on, LOOK_HEAD), "ENTITLEMENT", "VERDICT", "BECAUSE",
	    colour(on, LOOK_END));
	for (size_t i = 0; i < judged->wants.n; i++) {
		bool allowed = judged->of[i].verdict == VERDICT_ALLOW;

		entitlement_text(&judged->wants.v[i], raw, sizeof(raw));
		err_escape(text, sizeof(text), raw);
		because(&judged->of[i], why, sizeof(why));
		printf("%-32s %s%-8s%s %s\n", text, colour(on, allowed ? LOOK_YES : LOOK_NO),
		    allowed ? "allow" : "refuse", colour(on, LOOK_END), why);
	}
	return (message_done(err));
}

int
preview_job(struct cli *cli, const struct job *job, struct err *err)
{
	struct judged *judged = calloc(1, sizeof(*judged));
	int rc;

	if (judged == NULL)
		return (err_sys(err, "cannot explain"));
	rc = judge(cli, job, judged, err);
	if (rc == 0) {
		int refused = first_refusal(cli, judged, &judged->refusal);

		rc = cli->json ? print_json(job, judged, refused == 0, err)
			       : print_text(job, judged, err);
		if (rc == 0 && refused != 0) {
			*err = judged->refusal;
			rc = -1;
		}
	}
	view_free(&judged->view);
	free(judged);
	return (rc);
}

int
preview_refusal(struct cli *cli, const struct job *job, struct err *err)
{
	struct judged *judged = calloc(1, sizeof(*judged));
	struct err ignored;
	int rc = 0;

	if (judged == NULL)
		return (0);
	if (judge(cli, job, judged, &ignored) == 0)
		rc = first_refusal(cli, judged, err);
	view_free(&judged->view);
	free(judged);
	return (rc);
}
