/* SPDX-License-Identifier: ISC */
/*
 * What berth system prune and berth volume prune have in common. Contract in prune.h.
 * TRUST: unprivileged
 * INPUT: what the engine answers; a yes on the terminal
 * MUST: as prune.h says
 */
#include "client/berth/prune.h"

#include <stdio.h>

#include <json-c/json.h>

#include "client/berth/daemon.h"
#include "client/berth/message.h"
#include "client/berth/quantity.h"
#include "client/lib/json.h"

int
prune_ask(struct cli *cli, struct job_call *call, const char *question, struct json_object **answer,
    struct err *err)
{
	int rc;

	if (question != NULL && !daemon_confirm(cli, question)) {
		json_object_put(call->params);
		err_set(err, ERR_FAILED, "nothing was removed");
		err_why(err, "nobody said yes");
		return (err_todo(err, "the same with -f  does not ask"));
	}
	rc = job_ask_all(cli, call, answer, err);
	if (rc != 1)
		return (rc);
	*answer = json_object_new_object();
	json_object_object_add(*answer, "removed", json_object_new_array());
	json_object_object_add(*answer, "size", json_object_new_int64(0));
	return (0);
}

/* Of nothing, nothing is listed. */
static void
print_text(struct json_object *answer, const char *kind)
{
	struct json_object *list = json_object_object_get(answer, "removed");
	size_t count =
	    json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	char text[ERR_LINE];

	if (count > 0)
		printf("Deleted %s:\n", kind);
	for (size_t i = 0; i < count; i++) {
		const char *name = json_string(json_object_array_get_idx(list, i));

		message_foreign(text, name != NULL ? name : "");
		printf("%s\n", text);
	}
	quantity_size(json_number(answer, "size", 0), 4, text, sizeof(text));
	printf("%sTotal reclaimed space: %s\n", count > 0 ? "\n" : "", text);
}

int
prune_print(const struct cli *cli, struct json_object *answer, const char *kind, struct err *err)
{
	if (cli->json)
		return (message_json(answer, err));
	print_text(answer, kind);
	json_object_put(answer);
	return (message_done(err));
}
