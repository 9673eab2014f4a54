/* SPDX-License-Identifier: ISC */
/*
 * What would be decided, want by want. Contract in judge.h.
 * TRUST: unprivileged
 * INPUT: a job, the policy
 * MUST: as judge.h says
 */
#include "client/berth/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "client/berth/colour.h"
#include "client/berth/message.h"

int
judge_job(const struct cli *cli, const struct job *job, struct judged *judged, struct err *err)
{
	if (view_load(&judged->view, err) != 0 || job_wants(job, &judged->wants, err) != 0)
		return (-1);
	view_settle(&judged->view);
	for (size_t i = 0; i < judged->wants.n; i++)
		view_decide(&judged->view, cli->once ? ENGINE_ONCE : ENGINE_SHARED,
		    &judged->wants.v[i], &judged->of[i]);
	return (0);
}

int
judge_refusal(struct cli *cli, const struct judged *judged, struct err *err)
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

void
judge_because(const struct decision *decision, char *buf, size_t len)
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

void
judge_text(struct json_object *object, const char *name, const char *text)
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
	judge_text(object, "entitlement", text);
	json_object_object_add(object, "allowed", json_object_new_boolean(allowed));
	judge_text(object, "file",
	    decision->by != NULL && !judged->view.rootless ? decision->by->file : NULL);
	json_object_object_add(object, "line", json_object_new_int64(decision->line));
	if (allowed)
		return (object);
	(void)view_explain(&judged->view, decision, &err);
	judge_text(object, "reason", refusal_name(decision->refusal));
	judge_text(object, "what", err.what);
	judge_text(object, "why", err.why);
	judge_text(object, "todo", err.todo);
	return (object);
}

struct json_object *
judge_json(const struct judged *judged)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < judged->wants.n; i++)
		json_object_array_add(list, json_decision(judged, i));
	return (list);
}

void
judge_print(const struct judged *judged)
{
	char raw[ERR_LINE], text[sizeof(raw)], why[160];
	bool on = colour_for(STDOUT_FILENO);

	printf("%s%-32s %-8s %s%s\n", colour(on, LOOK_HEAD), "ENTITLEMENT", "VERDICT", "BECAUSE",
	    colour(on, LOOK_END));
	for (size_t i = 0; i < judged->wants.n; i++) {
		bool allowed = judged->of[i].verdict == VERDICT_ALLOW;

		entitlement_text(&judged->wants.v[i], raw, sizeof(raw));
		err_escape(text, sizeof(text), raw);
		judge_because(&judged->of[i], why, sizeof(why));
		printf("%-32s %s%-8s%s %s\n", text, colour(on, allowed ? LOOK_YES : LOOK_NO),
		    allowed ? "allow" : "refuse", colour(on, LOOK_END), why);
	}
}

void
judge_free(struct judged *judged)
{
	if (judged != NULL)
		view_free(&judged->view);
	free(judged);
}
