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

#include "client/berth/judge.h"
#include "client/berth/message.h"
#include "client/berth/signame.h"

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
	judge_text(object, "restart", policy_name(job));
	json_object_object_add(object, "restart_max", json_object_new_int64(job->restart_max));
	(void)signame_format(job->stop_signal, signal, sizeof(signal));
	judge_text(object, "stop_signal", signal);
	json_object_object_add(
	    object, "no_new_privileges", json_object_new_boolean(job->no_new_privileges));
	json_object_object_add(object, "keep_groups", json_object_new_boolean(job->keep_groups));
	json_object_object_add(object, "labels", job_labels(&job->labels));
}

struct json_object *
preview_object(const struct job *job)
{
	struct json_object *object = json_object_new_object(), *args = json_object_new_array();

	for (size_t i = 0; i < job->run.args.n; i++)
		json_object_array_add(args, message_json_text(job->run.args.v[i]));
	judge_text(object, "image", job->image == JOB_IMAGE_HOST ? "host" : job->image_path);
	json_object_object_add(object, "command", args);
	judge_text(object, "workdir", job->run.workdir != NULL ? job->run.workdir : "/");
	judge_text(object, "user", job->run.user != NULL ? job->run.user : "0:0");
	json_life(object, job);
	return (object);
}

void
preview_json_maps(const struct cli *cli, struct json_object *object)
{
	if (cli->uidmap == NULL)
		return;
	judge_text(object, "uidmap", cli->uidmap);
	judge_text(object, "gidmap", cli->gidmap);
}

void
preview_maps(const struct cli *cli)
{
	if (cli->uidmap != NULL)
		printf("%-12s %s\n%-12s %s\n", "uid map", cli->uidmap, "gid map", cli->gidmap);
}

static int
print_json(
    const struct cli *cli, const struct job *job, const struct judged *judged, struct err *err)
{
	struct json_object *object = json_object_new_object();
	bool allowed = judged->refusal.code == ERR_INVALID; /* there is none */

	json_object_object_add(object, "allowed", json_object_new_boolean(allowed));
	json_object_object_add(object, "uid", json_object_new_int64(judged->view.caller.uid));
	judge_text(object, "account", judged->view.who);
	json_object_object_add(object, "job", preview_object(job));
	json_object_object_add(object, "entitlements", judge_json(judged));
	preview_json_maps(cli, object);
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

void
preview_head(const struct job *job)
{
	char raw[ERR_LINE] = "", text[sizeof(raw)];

	for (size_t i = 0; i < job->run.args.n; i++)
		message_shell(raw, sizeof(raw), job->run.args.v[i]);
	message_foreign(text, raw);
	printf("%-12s %s\n", "command", text);
	err_escape(text, sizeof(text), job->image == JOB_IMAGE_HOST ? "host" : job->image_path);
	printf("%-12s %s\n", "image", text);
	print_life(job);
	printf("\n");
}

static int
print_text(
    const struct cli *cli, const struct job *job, const struct judged *judged, struct err *err)
{
	preview_maps(cli);
	preview_head(job);
	judge_print(judged);
	return (message_done(err));
}

int
preview_job(struct cli *cli, const struct job *job, struct err *err)
{
	struct judged *judged = calloc(1, sizeof(*judged));
	int rc;

	if (judged == NULL)
		return (err_sys(err, "cannot explain"));
	rc = judge_job(cli, job, judged, err);
	if (rc == 0) {
		int refused = judge_refusal(cli, judged, &judged->refusal);

		rc = cli->json ? print_json(cli, job, judged, err)
			       : print_text(cli, job, judged, err);
		if (rc == 0 && refused != 0) {
			*err = judged->refusal;
			rc = -1;
		}
	}
	judge_free(judged);
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
	if (judge_job(cli, job, judged, &ignored) == 0)
		rc = judge_refusal(cli, judged, err);
	judge_free(judged);
	return (rc);
}
