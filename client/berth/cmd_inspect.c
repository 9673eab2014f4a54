/* SPDX-License-Identifier: ISC */
/*
 * berth inspect: all that is known of jobs, as JSON.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: print printable ASCII alone, as all JSON of berth.
 */
#include <json-c/json.h>

#include "client/berth/jobcall.h"
#include "client/berth/message.h"
#include "client/lib/json.h"

/* The answer as one object: the members of the job, then what is known besides; or NULL. */
static struct json_object *
flatten(struct json_object *answer)
{
	struct json_object *job, *config = NULL, *cut = NULL, *object = json_object_new_object();

	if (object == NULL || !json_object_object_get_ex(answer, "job", &job) ||
	    !json_object_is_type(job, json_type_object)) {
		json_object_put(object);
		return (NULL);
	}
	for (struct json_object_iterator at = json_object_iter_begin(job),
					 end = json_object_iter_end(job);
	     !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
		json_object_object_add(object, json_object_iter_peek_name(&at),
		    json_object_get(json_object_iter_peek_value(&at)));
	json_object_object_get_ex(answer, "config", &config);
	json_object_object_get_ex(answer, "cut", &cut);
	json_object_object_add(object, "config", json_object_get(config));
	json_object_object_add(
	    object, "cut", json_object_new_boolean(json_object_get_boolean(cut)));
	return (object);
}

static int
inspect(struct cli *cli, const char *job, struct json_object *list, struct err *err)
{
	struct job_call call = { .method = "Inspect", .job = job, .again = true };
	struct json_object *answer, *object;

	if (job_ask(cli, &call, &answer, err) != 0)
		return (-1);
	object = flatten(answer);
	json_object_put(answer);
	if (object == NULL)
		return (err_set(err, ERR_UNAVAILABLE, "the engine's answer is malformed"));
	json_object_array_add(list, object);
	return (0);
}

int
cmd_inspect(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse parse = { .argc = argc, .argv = argv };
	struct json_object *list;
	int failed = 0;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 1, INT32_MAX, err) != 0)
		return (-1);
	if ((list = json_object_new_array()) == NULL)
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	for (int i = 0; i < parse.argc; i++) {
		if (inspect(cli, parse.argv[i], list, err) == 0)
			continue;
		message_error(cli, err);
		cli->reason[0] = '\0';
		/* as each_job has it */
		failed = parse.argc == 1 ? (int)err->code : ERR_FAILED;
	}
	/* What was found is printed, and be it nothing: docker(1) does so, too. */
	if (message_json(list, err) != 0)
		return (-1);
	return (failed);
}
