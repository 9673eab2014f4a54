/* SPDX-License-Identifier: ISC */
/*
 * What the user gives a job file. Contract in jobparams.h.
 * TRUST: unprivileged
 * INPUT: the command line and the parameter files of the caller
 * MUST: as jobparams.h says
 */
#include "client/berth/jobparams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/idmap.h"

#include "client/berth/jobscan.h"
#include "client/berth/near.h"

/* While one file or the command line is read. */
struct giving {
	struct jobfile *jf;
	struct problems *problems;
	struct spot at;
	bool lost; /* what a file gives is not known */
	bool wrong; /* a name or an id was none */
	size_t nseen;
	const char *seen[3 * JOBFILE_ITEMS_MAX]; /* keys that this file has given */
};

/* Can there be a value for it? */
static bool
is_given(const struct jobfile_item *item)
{
	return (item->kind == JOBFILE_DIRECTORY || item->kind == JOBFILE_SECRET ||
		(item->kind == JOBFILE_MOUNT && item->volume));
}

/* A volume of the user's, by its name. */
static void
check_volume(const struct giving *giving, const struct jobfile_item *item)
{
	if (item->kind != JOBFILE_MOUNT || job_is_volume(item->value))
		return;
	problems_add(
	    giving->problems, &giving->at, "%s cannot be the name of a volume", item->value);
	problems_todo(giving->problems, "berth volume ls  shows yours");
}

static void
unknown(struct giving *giving, const char *name)
{
	struct near near = { .word = name };
	struct jobfile *jf = giving->jf;
	char list[200] = "";

	giving->wrong = true;
	problems_add(giving->problems, &giving->at, "%s has no parameter %.64s", jf->file, name);
	for (size_t i = 0; i < jf->nitems; i++) {
		const struct jobfile_item *item = &jf->items[i];
		size_t used = strlen(list);

		if (!is_given(item))
			continue;
		near_try(&near, item->name);
		snprintf(
		    list + used, sizeof(list) - used, "%s%s", used > 0 ? ", " : "", item->name);
	}
	if (near.best != NULL)
		problems_todo(giving->problems, "the nearest one is %s", near.best);
	else if (list[0] != '\0')
		problems_todo(giving->problems, "it has: %s", list);
	else
		problems_todo(giving->problems, "it has none: leave it out");
}

static bool
was_before(struct giving *giving, const char *key)
{
	for (size_t i = 0; i < giving->nseen; i++) {
		if (strcmp(giving->seen[i], key) != 0)
			continue;
		problems_add(giving->problems, &giving->at, "%s was there before", key);
		problems_todo(giving->problems, "leave one of them out");
		return (true);
	}
	/* There are no more names than these that mean anything. */
	if (giving->nseen < sizeof(giving->seen) / sizeof(giving->seen[0]))
		giving->seen[giving->nseen++] = key;
	return (false);
}

/* value lives as long as jf. */
static void
give(struct giving *giving, const char *key, const char *value)
{
	size_t len = strlen(key), owner = len > 4 ? len - 4 : 0;
	struct jobfile_item *item = jobfile_find(giving->jf, JOBFILE_INVALID, key, len);
	struct jobfile_number *number;

	if (item != NULL && is_given(item)) {
		item->value = value;
		item->from = giving->at;
		check_volume(giving, item);
		return;
	}
	if (item == NULL && owner > 0 &&
	    (strcmp(key + owner, "-uid") == 0 || strcmp(key + owner, "-gid") == 0))
		item = jobfile_find(giving->jf, JOBFILE_INVALID, key, owner);
	/* a mount has no owner, and a tmpfs nothing to be given */
	if (item == NULL || item->kind == JOBFILE_MOUNT) {
		unknown(giving, key);
		return;
	}
	number = key[owner + 1] == 'u' ? &item->uid : &item->gid;
	number->given = true;
	if (id_parse(value, &number->value) == 0)
		return;
	giving->wrong = true;
	problems_add(giving->problems, &giving->at, "%s is not an id", value);
	problems_todo(giving->problems, "it is a decimal number up to 2147483646");
}

/* --- files ------------------------------------------------------------------------------------------ */

static bool
open_section(struct jobscan *scan, const char *kind, char *name)
{
	if (strcmp(kind, "params") == 0 && name == NULL)
		return (true);
	problems_add(scan->problems, &scan->at, "unknown section [%.64s]", kind);
	problems_todo(scan->problems, "a file of parameters has one section, [params]");
	return (false);
}

static void
take_key(struct jobscan *scan, const char *key, char *value)
{
	struct giving *giving = scan->out;

	giving->at = scan->at;
	if (!was_before(giving, key))
		give(giving, key, value);
}

/* What was copied for jf is freed with it. NULL when memory is short. */
static char *
keep(struct jobfile *jf, char *text)
{
	struct err ignored;
	int rc = text != NULL ? job_add_word(&jf->kept, text, &ignored) : -1;

	free(text);
	return (rc == 0 ? jf->kept.v[jf->kept.n - 1] : NULL);
}

/* It is no file of parameters, or cannot be read. */
static void
refuse_file(struct giving *giving, const struct err *err)
{
	giving->lost = true;
	problems_err(giving->problems, &(struct spot){ .file = "--params" }, err);
}

static void
give_file(struct giving *giving, const char *file)
{
	struct jobscan scan = { .file = file,
		.first = "[params]",
		.problems = giving->problems,
		.out = giving,
		.section = open_section,
		.key = take_key };
	struct err err = { .code = ERR_INVALID };
	size_t len = 0;
	char *text = jobfile_bytes(file, &len, &err);

	if (text == NULL) {
		refuse_file(giving, &err);
		return;
	}
	if (giving->jf->nparams == JOBFILE_PARAMS_MAX) {
		free(text);
		err_set(&err, ERR_USAGE, "%s: there are more than %u files of parameters", file,
		    JOBFILE_PARAMS_MAX);
		refuse_file(giving, &err);
		return;
	}
	giving->jf->params[giving->jf->nparams++] = text;
	giving->nseen = 0;
	jobscan_run(&scan, text, len);
}

/* --- words ------------------------------------------------------------------------------------------ */

static int
give_word(struct giving *giving, const char *word, struct err *err)
{
	const char *value = strchr(word, '=');
	char *label = NULL, *copy, *name;
	int len = value != NULL ? (int)(value - word) : (int)strlen(word);

	if (asprintf(&label, "--param %.*s", len, word) < 0)
		label = NULL;
	label = keep(giving->jf, label);
	copy = value != NULL ? keep(giving->jf, strdup(value + 1)) : NULL;
	if (label == NULL || (value != NULL && copy == NULL))
		return (err_sys(err, "cannot read --param"));
	giving->at = (struct spot){ .file = label };
	name = strchr(label, ' ') + 1;
	if (value == NULL || len == 0)
		problems_add(giving->problems, &giving->at, "it is not NAME=VALUE");
	else if (copy[0] == '\0')
		problems_add(giving->problems, &giving->at, "the value is empty");
	else
		give(giving, name, copy);
	return (0);
}

static void
check_owners(const struct jobfile *jf, struct problems *problems)
{
	for (size_t i = 0; i < jf->nitems; i++) {
		const struct jobfile_item *item = &jf->items[i];
		const char *missing = item->uid.given ? "gid" : "uid";

		if (item->uid.given == item->gid.given)
			continue;
		problems_add(
		    problems, &item->at, "%s has one of uid and gid, and needs both", item->name);
		problems_todo(problems, "--param %s-%s=ID", item->name, missing);
	}
}

int
jobparams_give(struct jobfile *jf, const struct job_words *files, const struct job_words *words,
    struct problems *problems, struct err *err)
{
	struct giving giving = { .jf = jf, .problems = problems };
	bool whole = problems_count(problems) == 0;

	for (size_t i = 0; i < files->n; i++)
		give_file(&giving, files->v[i]);
	for (size_t i = 0; i < words->n; i++) {
		if (give_word(&giving, words->v[i], err) != 0)
			return (-1);
	}
	/* Of the file it has been said already; else it may follow from what was said. */
	if (whole && !giving.lost && !giving.wrong)
		check_owners(jf, problems);
	return (giving.lost ? 1 : 0);
}

void
jobparams_missing(const struct jobfile *jf, struct problems *problems)
{
	for (size_t i = 0; i < jf->nitems; i++) {
		const struct jobfile_item *item = &jf->items[i];

		if (!jobfile_is_missing(item))
			continue;
		problems_add(problems, &item->at, "the %s %s is required, and was not given",
		    jobfile_kind_name(item->kind), item->name);
		problems_todo(problems, "--param %s=/absolute/%s", item->name,
		    item->kind == JOBFILE_DIRECTORY ? "directory" : "file");
	}
}
