/* SPDX-License-Identifier: ISC */
/*
 * berth volume: the directories that outlive jobs.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers; a yes on the terminal
 * MUST: remove nothing without being told to; show no byte of an answer that a terminal would obey.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/engine.h"
#include "client/berth/jobcall.h"
#include "client/berth/message.h"
#include "client/berth/options.h"
#include "client/berth/prune.h"
#include "client/berth/table.h"
#include "client/berth/volumecall.h"
#include "client/lib/job.h"
#include "client/lib/json.h"

#define PATIENCE_MS 300000 /* a big tree takes its time */

static command_run volume_ls, volume_create, volume_rm, volume_inspect, volume_prune;

struct options {
	bool quiet;
	bool force;
	bool all;
	struct volume_filter filter;
	struct job_words labels; /* of a new one */
};

static int
store_filter(void *out, char *value, struct err *err)
{
	return (volume_filter_add(&((struct options *)out)->filter, value, err));
}

/* Of prune, whose volumes have no job. */
static int
store_label(void *out, char *value, struct err *err)
{
	if (strncmp(value, "label=", 6) == 0)
		return (store_filter(out, value, err));
	err_set(err, ERR_USAGE, "--filter=%s: no such filter", value);
	return (err_why(err, "known is label=NAME[=VALUE]"));
}

static int
store_new_label(void *out, char *value, struct err *err)
{
	return (options_label(&((struct options *)out)->labels, value, err));
}

/* What docker(1) takes without the flag is all that there is. */
static int
store_driver(void *out, char *value, struct err *err)
{
	(void)out;
	if (strcmp(value, "local") == 0)
		return (0);
	err_set(err, ERR_USAGE, "--driver=%s is not available in this version", value);
	return (err_why(err, "a volume is a directory of the user's: driver local"));
}

static int
store_driver_option(void *out, char *value, struct err *err)
{
	(void)out;
	err_set(err, ERR_USAGE, "--opt=%s is not available in this version", value);
	err_why(err, "a volume is a directory of the user's, and has no options");
	return (err_todo(err, "a directory of the host is mounted with  berth run -v /PATH:DST,  "
			      "memory with  --tmpfs DST"));
}

#define AT(member) offsetof(struct options, member)

/* clang-format off */
static const struct flag ls_flags[] = {
	{ FLAG_STORE, 'f', "filter", 0, store_filter, "MATCH", "only volumes with it: name=, label=NAME[=VALUE], dangling=true" },
	{ FLAG_SWITCH, 'q', "quiet", AT(quiet), NULL, NULL, "names only" },
	{ .kind = FLAG_INVALID },
};

static const struct flag create_flags[] = {
	{ FLAG_STORE, 'd', "driver", 0, store_driver, "DRIVER", "local (default): there is no other" },
	{ FLAG_STORE, 0, "label", 0, store_new_label, "KEY[=VALUE]", "what ls and prune can be asked for" },
	{ FLAG_STORE, 'o', "opt", 0, store_driver_option, "KEY[=VALUE]", "not available in this version" },
	{ .kind = FLAG_INVALID },
};

static const struct flag rm_volume_flags[] = {
	{ FLAG_SWITCH, 'f', "force", AT(force), NULL, NULL, "also what a job names that is over; none is no error" },
	{ .kind = FLAG_INVALID },
};

static const struct flag prune_flags[] = {
	{ FLAG_SWITCH, 'a', "all", AT(all), NULL, NULL, "also those with a name" },
	{ FLAG_STORE, 0, "filter", 0, store_label, "LABEL", "only volumes with it: label=NAME[=VALUE]" },
	{ FLAG_SWITCH, 'f', "force", AT(force), NULL, NULL, "do not ask" },
	{ .kind = FLAG_INVALID },
};

const struct command volume_verbs[] = {
	{ "volume ls", volume_ls, ls_flags, "volume ls [flags]", "list the volumes", NULL },
	{ "volume create", volume_create, create_flags, "volume create [flags] [NAME]",
	  "make a volume, which the first job with it fills", NULL },
	{ "volume inspect", volume_inspect, NULL, "volume inspect VOLUME...", "all that is known of volumes, as JSON", NULL },
	{ "volume rm", volume_rm, rm_volume_flags, "volume rm [flags] VOLUME...", "remove volumes, with what they hold", NULL },
	{ "volume prune", volume_prune, prune_flags, "volume prune [flags]",
	  "remove the volumes that no job uses", NULL },
	{ .name = NULL },
};
/* clang-format on */

int
cmd_volume(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse words = { .argc = argc, .argv = argv };

	return (command_dispatch(cli, volume_verbs, &words, err));
}

/* Those that are meant, in an array of their own; frees the list. NULL: memory is short. */
static struct json_object *
choose(const struct options *options, struct json_object *list)
{
	struct json_object *chosen = json_object_new_array();

	for (size_t i = 0; chosen != NULL && i < json_object_array_length(list); i++) {
		struct json_object *volume = json_object_array_get_idx(list, i);

		if (volume_filter_takes(&options->filter, volume))
			json_object_array_add(chosen, json_object_get(volume));
	}
	json_object_put(list);
	return (chosen);
}

static int
print_names(struct json_object *list, struct err *err)
{
	char text[ERR_LINE];

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		message_foreign(text, json_text(json_object_array_get_idx(list, i), "name"));
		printf("%s\n", text);
	}
	return (message_done(err));
}

static int
print_volumes(struct json_object *list, struct err *err)
{
	static const char *const heads[] = { "DRIVER", "VOLUME NAME", NULL };
	struct table table;

	table_begin(&table, heads);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		table_add(&table, "local");
		table_add(&table, json_text(json_object_array_get_idx(list, i), "name"));
	}
	if (!table_print(&table))
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	return (message_done(err));
}

static int
volume_ls(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct options options = { .quiet = false };
	struct flag_parse parse = { .own = { ls_flags, &options }, .argc = argc, .argv = argv };
	struct json_object *list;
	int rc;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0 ||
	    volume_list(cli, &list, err) != 0)
		return (-1);
	list = choose(&options, list);
	if (list == NULL)
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	if (cli->json && !options.quiet)
		return (message_json(list, err));
	rc = options.quiet ? print_names(list, err) : print_volumes(list, err);
	json_object_put(list);
	return (rc);
}

/* The parameters of CreateVolume; NULL: memory is short. */
static struct json_object *
what_to_make(const struct job_words *labels, const char *name)
{
	struct json_object *params = json_object_new_object();
	int status = json_put(params, "labels", job_labels(labels));

	if (name != NULL)
		status |= json_put_text(params, "name", name);
	if (status == 0)
		return (params);
	json_object_put(params);
	return (NULL);
}

/* Prints the name, as docker(1) does: also of one that was there. */
static int
print_made(struct cli *cli, struct json_object *answer, bool labelled, struct err *err)
{
	char text[ERR_LINE];

	message_foreign(text, engine_text(answer, "name"));
	if (!json_object_get_boolean(json_object_object_get(answer, "created")))
		message_note(cli, "volume %s was there already%s", text,
		    labelled ? ": it keeps the labels that it has" : "");
	if (cli->json)
		return (message_json(json_object_get(answer), err));
	printf("%s\n", text);
	return (message_done(err));
}

static int
create(struct cli *cli, const struct job_words *labels, const char *name, struct err *err)
{
	struct job_call call = { .method = "CreateVolume", .patience = PATIENCE_MS, .makes = true };
	struct json_object *answer;
	int rc;

	if ((name != NULL && job_check_volume(name, err) != 0) ||
	    job_check_labels(labels, err) != 0)
		return (-1);
	if ((call.params = what_to_make(labels, name)) == NULL)
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	if (job_ask_all(cli, &call, &answer, err) != 0)
		return (-1);
	rc = print_made(cli, answer, labels->n > 0, err);
	json_object_put(answer);
	return (rc);
}

static int
volume_create(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct options options = { .force = false };
	struct flag_parse parse = { .own = { create_flags, &options }, .argc = argc, .argv = argv };
	int rc = cli_flags(cli, &parse, err);

	if (rc == 0)
		rc = cli_words(cli, parse.argc, 0, 1, err);
	if (rc == 0)
		rc = create(cli, &options.labels, parse.argc > 0 ? parse.argv[0] : NULL, err);
	job_words_free(&options.labels);
	return (rc);
}

static int
no_such_volume(struct cli *cli, const char *name, struct err *err)
{
	snprintf(cli->reason, sizeof(cli->reason), "no_such_volume");
	err_set(err, ERR_FAILED, "no such volume: %s", name);
	err_why(err, "none has this name");
	return (err_todo(err, "berth volume ls  shows them"));
}

/* A call about one volume. *answer is the caller's with 0 alone; -1 with err. */
static int
ask(struct cli *cli, const char *name, struct job_call *call, struct json_object **answer,
    struct err *err)
{
	int rc;

	if (!job_is_volume(name)) {
		json_object_put(call->params);
		return (no_such_volume(cli, name, err));
	}
	call->patience = PATIENCE_MS;
	if (call->params == NULL || json_put_text(call->params, "name", name) != 0) {
		json_object_put(call->params);
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	}
	rc = job_ask_all(cli, call, answer, err);
	return (rc > 0 ? no_such_volume(cli, name, err) : rc);
}

/* As one object: the volume's members and its size. */
static int
inspect(struct cli *cli, const char *name, struct json_object *list, struct err *err)
{
	struct job_call call = { .method = "InspectVolume", .params = json_object_new_object() };
	struct json_object *answer, *volume, *size;

	if (ask(cli, name, &call, &answer, err) != 0)
		return (-1);
	if (!json_object_object_get_ex(answer, "volume", &volume) ||
	    !json_object_is_type(volume, json_type_object) ||
	    !json_object_object_get_ex(answer, "size", &size)) {
		json_object_put(answer);
		return (err_set(err, ERR_UNAVAILABLE, "the engine's answer is malformed"));
	}
	json_object_object_add(volume, "size", json_object_get(size));
	json_object_array_add(list, json_object_get(volume));
	json_object_put(answer);
	return (0);
}

/* With force one that is not there is no error, as docker(1) has it. */
static int
discard(struct cli *cli, const char *name, bool force, struct err *err)
{
	struct job_call call = { .method = "RemoveVolume", .params = json_object_new_object() };
	struct json_object *answer;

	if (call.params == NULL || json_put_bool(call.params, "force", force) != 0) {
		json_object_put(call.params);
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	}
	if (ask(cli, name, &call, &answer, err) == 0) {
		json_object_put(answer);
		return (0);
	}
	if (!force || strcmp(cli->reason, "no_such_volume") != 0)
		return (-1);
	cli->reason[0] = '\0';
	return (0);
}

/* Of several ones an error of one keeps nothing from the others. */
static int
failed(struct cli *cli, int argc, struct err *err)
{
	message_error(cli, err);
	cli->reason[0] = '\0';
	return (argc == 1 ? (int)err->code : ERR_FAILED);
}

static int
volume_inspect(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse parse = { .argc = argc, .argv = argv };
	struct json_object *list;
	int status = 0;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 1, INT32_MAX, err) != 0)
		return (-1);
	if ((list = json_object_new_array()) == NULL)
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	for (int i = 0; i < parse.argc; i++) {
		if (inspect(cli, parse.argv[i], list, err) != 0)
			status = failed(cli, parse.argc, err);
	}
	return (message_json(list, err) != 0 ? -1 : status);
}

static int
volume_rm(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct options options = { .force = false };
	struct flag_parse parse = {
		.own = { rm_volume_flags, &options }, .argc = argc, .argv = argv
	};
	struct json_object *list = NULL;
	char text[ERR_LINE];
	int status = 0;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 1, INT32_MAX, err) != 0)
		return (-1);
	if (cli->json)
		list = json_object_new_array();
	for (int i = 0; i < parse.argc; i++) {
		if (discard(cli, parse.argv[i], options.force, err) != 0)
			status = failed(cli, parse.argc, err);
		else if (list != NULL)
			json_object_array_add(list, message_json_text(parse.argv[i]));
		else {
			/* with -f whatever the word was */
			message_foreign(text, parse.argv[i]);
			printf("%s\n", text);
		}
		if (list == NULL && message_done(err) != 0)
			return (-1);
	}
	return (list != NULL && message_json(list, err) != 0 ? -1 : status);
}

/* The parameters of PruneVolumes. */
static struct json_object *
what_to_prune(const struct options *options)
{
	struct json_object *params = json_object_new_object(), *filter = json_object_new_object(),
			   *labels = json_object_new_array();

	for (size_t i = 0; i < options->filter.nlabels; i++)
		json_object_array_add(labels, json_object_new_string(options->filter.labels[i]));
	json_object_object_add(filter, "labels", labels);
	json_object_object_add(params, "filter", filter);
	json_object_object_add(params, "all", json_object_new_boolean(options->all));
	return (params);
}

static int
volume_prune(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct options options = { .force = false };
	struct flag_parse parse = { .own = { prune_flags, &options }, .argc = argc, .argv = argv };
	struct job_call call = { .method = "PruneVolumes", .patience = PATIENCE_MS };
	struct json_object *answer;
	const char *question;
	bool unknown;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 0, 0, err) != 0)
		return (-1);
	question = options.all ? "remove all volumes that no job uses, with all that they hold?"
			       : "remove the volumes without a name that no job uses?";
	call.params = what_to_prune(&options);
	if (prune_ask(cli, &call, options.force ? NULL : question, &answer, err) != 0)
		return (-1);
	unknown = json_object_get_boolean(json_object_object_get(answer, "unknown")) != 0;
	/* also where there was nobody to say it */
	json_object_object_add(answer, "unknown", json_object_new_boolean(unknown));
	if (unknown)
		message_warning(cli, "no volume was removed: what a job uses cannot be read");
	else if (!options.all)
		message_note(cli, "volumes with a name stay; with them:  berth volume prune -a");
	return (prune_print(cli, answer, "Volumes", err));
}
