/* SPDX-License-Identifier: ISC */
/*
 * One thing done to each of several jobs. Contract in eachjob.h.
 * TRUST: unprivileged
 * INPUT: names that the caller typed; what the engine answers
 * MUST: as eachjob.h says
 */
#include "client/berth/eachjob.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/message.h"
#include "client/lib/json.h"

/* On a line of its own, and at once: the next job may take its time. */
static int
show(struct json_object *done, const char *key, struct err *err)
{
	struct json_object *value;
	char text[ERR_LINE];

	if (json_object_object_get_ex(done, key, &value)) {
		err_escape(text, sizeof(text), json_object_get_string(value));
		printf("%s\n", text);
	}
	return (message_done(err));
}

/* One of them; list NULL: what was done is for people. */
static int
do_one(struct cli *cli, const char *job, const struct each *each, struct json_object *list,
    struct err *err)
{
	struct json_object *done = json_object_new_object();
	int rc;

	if (done == NULL || json_put(done, "job", message_json_text(job)) != 0) {
		json_object_put(done);
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	}
	rc = each->act(cli, job, done, each->ctx, err);
	if (rc == 0 && list == NULL && each->shown != NULL)
		rc = show(done, each->shown, err);
	if (rc == 0 && list != NULL)
		json_object_array_add(list, json_object_get(done));
	json_object_put(done);
	return (rc);
}

int
each_job(struct cli *cli, const struct flag_parse *words, const struct each *each, struct err *err)
{
	struct json_object *list = cli->json ? json_object_new_array() : NULL;
	bool failed = false;
	int rc = 0;

	for (int i = 0; i < words->argc; i++) {
		rc = do_one(cli, words->argv[i], each, list, err);
		if (rc == 0)
			continue;
		/* The error of the only one is the program's. */
		if (words->argc == 1) {
			json_object_put(list);
			return (-1);
		}
		message_error(cli, err);
		cli->reason[0] = '\0';
		failed = true;
	}
	if (list != NULL && message_json(list, err) != 0)
		return (-1);
	return (failed ? ERR_FAILED : 0);
}
