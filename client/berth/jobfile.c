/* SPDX-License-Identifier: ISC */
/*
 * A job file. Contract in jobfile.h.
 * TRUST: unprivileged
 * INPUT: the bytes of a job file, which is somebody else's (hostile)
 * MUST: as jobfile.h says
 */
#include "client/berth/jobfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/inistrict.h"
#include "common/io.h"

#include "client/berth/jobscan.h"
#include "client/berth/near.h"
#include "client/berth/regular.h"

static const struct {
	const char *name;
	bool named;
} kinds[] = {
	[JOBFILE_JOB] = { "job", false },
	[JOBFILE_ENV] = { "env", false },
	[JOBFILE_DIRECTORY] = { "directory", true },
	[JOBFILE_SECRET] = { "secret", true },
	[JOBFILE_MOUNT] = { "mount", true },
	[JOBFILE_PORT] = { "port", true },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *
jobfile_kind_name(enum jobfile_kind kind)
{
	return (kinds[kind].name);
}

enum jobfile_kind
jobfile_kind_of(const char *name)
{
	for (size_t i = 1; i < KINDS; i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return ((enum jobfile_kind)i);
	}
	return (JOBFILE_INVALID);
}

bool
jobfile_is_named(enum jobfile_kind kind)
{
	return (kinds[kind].named);
}

static bool
is_parameter(enum jobfile_kind kind)
{
	return (kind == JOBFILE_DIRECTORY || kind == JOBFILE_SECRET || kind == JOBFILE_MOUNT);
}

struct jobfile_item *
jobfile_find(struct jobfile *jf, enum jobfile_kind kind, const char *name, size_t len)
{
	for (size_t i = 0; i < jf->nitems; i++) {
		struct jobfile_item *item = &jf->items[i];

		if ((kind == JOBFILE_INVALID ? is_parameter(item->kind) : item->kind == kind) &&
		    strlen(item->name) == len && memcmp(item->name, name, len) == 0)
			return (item);
	}
	return (NULL);
}

bool
jobfile_is_missing(const struct jobfile_item *item)
{
	return ((item->kind == JOBFILE_DIRECTORY || item->kind == JOBFILE_SECRET) &&
		!item->optional && item->value == NULL);
}

const char *
jobfile_target(const struct jobfile_item *item, char *buf, size_t len)
{
	if (item->path != NULL)
		return (item->path);
	snprintf(buf, len, "/run/secrets/%s", item->name);
	return (buf);
}

/* --- while it is scanned --------------------------------------------------------------------------- */

struct reading {
	struct jobfile *jf;
	enum jobfile_kind kind; /* of the section that is open */
	struct jobfile_item *item; /* or NULL */
};

static bool
refuse_section(struct jobscan *scan, const char *kind, enum jobfile_kind known, bool named)
{
	struct near near = { .word = kind };

	if (known == JOBFILE_INVALID) {
		problems_add(scan->problems, &scan->at, "unknown section [%.64s]", kind);
		if (strncmp(kind, "volume", 6) == 0 || strcmp(kind, "tmpfs") == 0) {
			problems_todo(scan->problems, "write [mount NAME], with  type = %s",
			    kind[0] == 'v' ? "volume" : "tmpfs");
			return (false);
		}
		for (size_t i = 1; i < KINDS; i++)
			near_try(&near, kinds[i].name);
		problems_todo(scan->problems, "%s%s",
		    near.best != NULL ? "the nearest one is "
				      : "there are job, env, directory NAME, secret NAME, mount "
					"NAME, port NAME",
		    near.best != NULL ? near.best : "");
	} else if (named) {
		problems_add(scan->problems, &scan->at, "[%s] has no name", kind);
		problems_todo(scan->problems, "write [%s] alone", kind);
	} else {
		problems_add(scan->problems, &scan->at, "[%s] needs a name", kind);
		problems_todo(scan->problems, "write [%s NAME]", kind);
	}
	return (false);
}

static bool
was_before(struct jobscan *scan, unsigned int line)
{
	problems_add(scan->problems, &scan->at, "this section was there before");
	problems_todo(scan->problems, "line %u begins it: put them together", line);
	return (false);
}

/* "data-uid" is the owner of data's: nothing else can have that name. */
static bool
is_reserved(const char *name)
{
	size_t len = strlen(name);

	return (len >= 4 &&
		(strcmp(name + len - 4, "-uid") == 0 || strcmp(name + len - 4, "-gid") == 0));
}

static bool
open_item(struct jobscan *scan, struct reading *reading, const char *name)
{
	struct jobfile *jf = reading->jf;
	enum jobfile_kind kind = is_parameter(reading->kind) ? JOBFILE_INVALID : reading->kind;
	struct jobfile_item *item = jobfile_find(jf, kind, name, strlen(name));

	if (item != NULL && item->kind != reading->kind) {
		problems_add(scan->problems, &scan->at, "%s is the name of a %s, too", name,
		    kinds[item->kind].name);
		problems_todo(
		    scan->problems, "--param %s=... must be one of them: rename it", name);
		return (false);
	}
	if (item != NULL)
		return (was_before(scan, item->at.line));
	if (is_parameter(reading->kind) && is_reserved(name)) {
		problems_add(scan->problems, &scan->at, "a name cannot end in -uid or -gid");
		problems_todo(scan->problems, "those are parameters of their own: rename it");
		return (false);
	}
	if (jf->nitems == JOBFILE_ITEMS_MAX) {
		problems_add(scan->problems, &scan->at,
		    "there are more than %u directories, secrets, mounts and ports",
		    JOBFILE_ITEMS_MAX);
		return (false);
	}
	item = &jf->items[jf->nitems++];
	*item = (struct jobfile_item){ .kind = reading->kind, .at = scan->at, .name = name };
	item->writable = item->kind == JOBFILE_MOUNT;
	reading->item = item;
	return (true);
}

static bool
open_section(struct jobscan *scan, const char *word, char *name)
{
	struct reading *reading = scan->out;
	enum jobfile_kind kind = jobfile_kind_of(word);
	struct jobfile *jf = reading->jf;

	reading->item = NULL;
	reading->kind = kind;
	if (kind == JOBFILE_INVALID || kinds[kind].named != (name != NULL))
		return (refuse_section(scan, word, kind, name != NULL));
	if (name != NULL)
		return (open_item(scan, reading, name));
	if (kind == JOBFILE_JOB && jf->at.line > 0)
		return (was_before(scan, jf->at.line));
	if (kind == JOBFILE_ENV && jf->has_env) {
		problems_add(scan->problems, &scan->at, "this section was there before");
		return (false);
	}
	if (kind == JOBFILE_JOB)
		jf->at = scan->at;
	else
		jf->has_env = true;
	return (true);
}

static void
take_variable(struct jobscan *scan, struct jobfile *jf, const char *key, const char *value)
{
	size_t len = strlen(key);
	char *pair = NULL;
	struct err err;

	if (strchr(key, '-') != NULL || (key[0] >= '0' && key[0] <= '9')) {
		problems_add(
		    scan->problems, &scan->at, "%.64s cannot be the name of a variable", key);
		problems_todo(scan->problems, "letters, digits and _, not a digit first");
		return;
	}
	for (size_t i = 0; i < jf->env.n; i++) {
		if (strncmp(jf->env.v[i], key, len) == 0 && jf->env.v[i][len] == '=') {
			problems_add(
			    scan->problems, &scan->at, "the variable %.64s was there before", key);
			return;
		}
	}
	if (asprintf(&pair, "%s=%s", key, value) < 0 || job_add_word(&jf->env, pair, &err) != 0)
		problems_add(scan->problems, &scan->at, "memory is short");
	free(pair);
}

/* The number of a key's row, or -1 with a problem. */
static int
find_key(struct jobscan *scan, enum jobfile_kind kind, const char *key)
{
	struct near near = { .word = key };

	for (int i = 0; jobfile_keys[i].section != JOBFILE_INVALID; i++) {
		if (jobfile_keys[i].section != kind)
			continue;
		if (strcmp(jobfile_keys[i].key, key) == 0)
			return (i);
		near_try(&near, jobfile_keys[i].key);
	}
	problems_add(scan->problems, &scan->at, "unknown key %.64s in [%s%s]", key,
	    kinds[kind].name, kinds[kind].named ? " NAME" : "");
	problems_todo(scan->problems, "%s%s",
	    near.best != NULL ? "the nearest one is " : "berth explain --schema  lists them",
	    near.best != NULL ? near.best : "");
	return (-1);
}

static void
take_key(struct jobscan *scan, const char *key, char *value)
{
	struct reading *reading = scan->out;
	struct jobfile *jf = reading->jf;
	uint64_t *seen = reading->item != NULL ? &reading->item->seen : &jf->seen;
	char *base = reading->item != NULL ? (char *)reading->item : (char *)jf;
	const char *wrong;
	char shown[65];
	int row;

	if (reading->kind == JOBFILE_ENV) {
		take_variable(scan, jf, key, value);
		return;
	}
	row = find_key(scan, reading->kind, key);
	if (row < 0)
		return;
	if ((*seen >> row & 1) != 0) {
		problems_add(scan->problems, &scan->at, "%s was there before in this section", key);
		problems_todo(scan->problems, "leave one of them out");
		return;
	}
	*seen |= (uint64_t)1 << row;
	if (strcmp(key, "image") == 0)
		jf->image_at = scan->at;
	if (strcmp(key, "network") == 0)
		jf->network_at = scan->at;
	snprintf(shown, sizeof(shown), "%s", value);
	wrong = jobfile_keys[row].store(base + jobfile_keys[row].offset, value);
	if (wrong != NULL)
		problems_add(scan->problems, &scan->at, "%s = %s: it %s", key, shown, wrong);
}

/* --- what a line alone does not show --------------------------------------------------------------- */

static void
check_required(
    enum jobfile_kind kind, uint64_t seen, const struct spot *at, struct problems *problems)
{
	for (int i = 0; jobfile_keys[i].section != JOBFILE_INVALID; i++) {
		const struct jobfile_key *key = &jobfile_keys[i];

		if (key->section != kind || !key->required || (seen >> i & 1) != 0)
			continue;
		problems_add(problems, at, "%s is missing in this section", key->key);
		problems_todo(problems, "add  %s = %s", key->key, key->value);
	}
}

static void
check_mount(const struct jobfile_item *item, struct problems *problems)
{
	if (item->volume && (item->size != NULL || item->permissions != NULL)) {
		problems_add(problems, &item->at, "%s is of a tmpfs, and this is a volume",
		    item->size != NULL ? "size" : "mode");
		problems_todo(problems, "leave it out");
	}
	if (!item->volume && item->store != NULL) {
		problems_add(problems, &item->at, "volume is of a volume, and this is a tmpfs");
		problems_todo(problems, "leave it out, or write  type = volume");
	}
}

/* What is mounted at one place twice is seen once. */
static void
check_target(const struct jobfile *jf, size_t which, struct problems *problems)
{
	char buf[128], other[128];
	const struct jobfile_item *item = &jf->items[which];
	const char *target = jobfile_target(item, buf, sizeof(buf));

	if (item->kind == JOBFILE_PORT)
		return;
	for (size_t i = 0; i < which; i++) {
		if (jf->items[i].kind == JOBFILE_PORT ||
		    strcmp(jobfile_target(&jf->items[i], other, sizeof(other)), target) != 0)
			continue;
		problems_add(problems, &item->at, "%.128s is the path of [%s %s], too", target,
		    kinds[jf->items[i].kind].name, jf->items[i].name);
		problems_todo(problems, "give one of them another path");
		return;
	}
}

static void
check_item(const struct jobfile *jf, size_t which, struct problems *problems)
{
	const struct jobfile_item *item = &jf->items[which];

	check_required(item->kind, item->seen, &item->at, problems);
	if (item->uid.given != item->gid.given) {
		problems_add(problems, &item->at, "uid and gid are given together, or not at all");
		problems_todo(problems, "add  %s = ID", item->uid.given ? "gid" : "uid");
	}
	if (item->kind == JOBFILE_MOUNT)
		check_mount(item, problems);
	/* That a path is missing has been said. */
	if (item->path != NULL || item->kind == JOBFILE_SECRET)
		check_target(jf, which, problems);
	if (item->kind == JOBFILE_PORT && jf->network != JOB_NETWORK_INVALID &&
	    jf->network != JOB_NETWORK_USER) {
		problems_add(problems, &item->at, "a port needs a network of the job's own");
		problems_todo(problems, "write  network = user  in line %u, or leave that line out",
		    jf->network_at.line);
	}
}

void
jobfile_parse(
    struct jobfile *jf, const char *file, const char *text, size_t len, struct problems *problems)
{
	struct reading reading = { .jf = jf };
	struct jobscan scan = { .file = file,
		.first = "[job]",
		.problems = problems,
		.out = &reading,
		.section = open_section,
		.key = take_key };

	*jf = (struct jobfile){ .file = file };
	jf->text = malloc(len + 1);
	if (jf->text == NULL) {
		problems_add(problems, &(struct spot){ .file = file }, "memory is short");
		return;
	}
	memcpy(jf->text, text, len);
	jf->text[len] = '\0';
	jobscan_run(&scan, jf->text, len);
	if (jf->at.line == 0 && !scan.lost) {
		problems_add(problems, &(struct spot){ .file = file }, "there is no section [job]");
		problems_todo(problems, "berth explain --schema  shows what a job file holds");
	} else if (jf->at.line > 0) {
		check_required(JOBFILE_JOB, jf->seen, &jf->at, problems);
	}
	for (size_t i = 0; i < jf->nitems; i++)
		check_item(jf, i, problems);
}

static int
open_file(const char *file, struct err *err)
{
	int fd = regular_open(file);

	if (fd >= 0)
		return (fd);
	if (errno == 0)
		return (err_set(err, ERR_USAGE, "cannot read %s: it is not a regular file", file));
	err_sys(err, "cannot open %s", file);
	/* A word that names nothing is a wrong word. */
	if (err->errnum == ENOENT)
		err->code = ERR_USAGE;
	return (-1);
}

char *
jobfile_bytes(const char *file, size_t *len, struct err *err)
{
	int fd AUTO_CLOSE = open_file(file, err);
	ssize_t got;
	char *text;

	if (fd < 0)
		return (NULL);
	text = malloc(INI_FILE_MAX);
	got = text != NULL ? io_read_all(fd, text, INI_FILE_MAX) : -1;
	if (got < 0) {
		err_sys(err, "cannot read %s", file);
		free(text);
		return (NULL);
	}
	*len = (size_t)got;
	return (text);
}

int
jobfile_read(struct jobfile *jf, const char *file, struct problems *problems, struct err *err)
{
	size_t len = 0;
	char *text;

	*jf = (struct jobfile){ .file = file };
	text = jobfile_bytes(file, &len, err);
	if (text == NULL) {
		/* Not where the path is wrong, or closed to the caller. */
		if (err->errnum == 0 || err->errnum == EFBIG)
			err_todo(err, "a job file is a text of at most 64 KiB, see berth-job(5)");
		return (-1);
	}
	jobfile_parse(jf, file, text, len, problems);
	free(text);
	return (0);
}

void
jobfile_free(struct jobfile *jf)
{
	job_words_free(&jf->command);
	job_words_free(&jf->env);
	job_words_free(&jf->kept);
	for (size_t i = 0; i < jf->nparams; i++)
		free(jf->params[i]);
	free(jf->text);
	*jf = (struct jobfile){ .file = NULL };
}
