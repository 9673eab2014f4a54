/* SPDX-License-Identifier: ISC */
/*
 * The words of -v and --mount. Contract in mountwords.h.
 * TRUST: unprivileged
 * INPUT: the command line of the caller
 * MUST: as in mountwords.h
 */
#include "client/berth/mountwords.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/berth/options.h"
#include "common/idmap.h"

#define VOLUME_FORM \
	"it is [SRC:]DST[:OPTIONS], where SRC is a path with a slash, or a volume's name"

/* What is being read. */
struct reading {
	const char *flag; /* "-v" */
	const char *text; /* all of it, for messages */
	struct job_mount *mount;
	const char *used[JOB_MOUNT_VOLUME + 1]; /* an option that only this type has */
	char size[24]; /* of a tmpfs */
	char mode[8];
	bool uid;
	bool gid;
};

/* An option: only is the type that has it, JOB_MOUNT_INVALID: each has. value NULL: none was said. */
struct option {
	const char *name;
	enum job_mount_type only;
	int (*take)(struct reading *r, const char *value, struct err *err);
};

static const char *const types[] = {
	[JOB_MOUNT_BIND] = "bind", [JOB_MOUNT_TMPFS] = "tmpfs", [JOB_MOUNT_VOLUME] = "volume"
};

#define TYPES (sizeof(types) / sizeof(types[0]))

bool
mountwords_is_path(const char *text)
{
	return (strchr(text, '/') != NULL || strcmp(text, ".") == 0 || strcmp(text, "..") == 0);
}

int
mountwords_propagation(const char *text, enum job_propagation *propagation, struct err *err)
{
	const char *word = text[0] == 'r' ? text + 1 : text;

	if (strcmp(word, "private") == 0)
		*propagation = JOB_PROPAGATION_PRIVATE;
	else if (strcmp(word, "slave") == 0)
		*propagation = JOB_PROPAGATION_SLAVE;
	else if (strcmp(word, "shared") == 0) {
		err_set(err, ERR_USAGE, "propagation %s is refused", text);
		return (err_why(err,
		    "what a job mounts is never seen on the host; slave and rslave show the job "
		    "what the host mounts"));
	} else {
		err_set(err, ERR_USAGE, "propagation %s does not exist", text);
		return (err_why(err, "it is private, rprivate, slave or rslave"));
	}
	return (0);
}

int
mountwords_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "kmgt";
	const char *unit;
	char *end;
	int shift = 0;

	if (!isdigit((unsigned char)text[0]))
		return (-1);
	errno = 0;
	*bytes = strtoumax(text, &end, 10);
	if (errno != 0)
		return (-1);
	if (*end != '\0' && (unit = strchr(units, tolower((unsigned char)*end))) != NULL) {
		shift = 10 * (int)(unit - units + 1);
		end++;
	}
	if (*end == 'b' || *end == 'B')
		end++;
	if (*end != '\0' || *bytes > (uint64_t)INT64_MAX >> shift)
		return (-1);
	*bytes <<= shift;
	return (0);
}

char *
mountwords_tmpfs(const char *size, const char *mode, bool readonly)
{
	char text[128];

	snprintf(text, sizeof(text), "%s%s%s%s%s", size != NULL ? ",size=" : "",
	    size != NULL ? size : "", mode != NULL ? ",mode=" : "", mode != NULL ? mode : "",
	    readonly ? ",ro" : "");
	return (strdup(text + (text[0] == ',')));
}

static int
copy(char **out, const char *text, struct err *err)
{
	free(*out);
	*out = strdup(text);
	return (*out != NULL ? 0 : err_sys(err, "cannot read the flags"));
}

/* What was said of it makes no sense; why may be NULL. */
static int
wrong(const struct reading *r, const char *what, const char *why, struct err *err)
{
	err_set(err, ERR_USAGE, "%s %s: %s", r->flag, r->text, what);
	return (why != NULL ? err_why(err, "%s", why) : -1);
}

static int
take_bool(const struct reading *r, const char *value, bool *out, struct err *err)
{
	if (!flag_on(value, out))
		return (wrong(r, "not a switch's value", "a switch is true or false", err));
	return (0);
}

static int
take_type(struct reading *r, const char *value, struct err *err)
{
	for (size_t i = 1; i < TYPES; i++) {
		if (strcmp(types[i], value) == 0) {
			r->mount->type = (enum job_mount_type)i;
			return (0);
		}
	}
	return (wrong(r, "there is no such type", "the types are bind, volume and tmpfs", err));
}

static int
take_source(struct reading *r, const char *value, struct err *err)
{
	return (copy(&r->mount->source, value, err));
}

static int
take_target(struct reading *r, const char *value, struct err *err)
{
	if (value[0] != '/')
		return (wrong(r, "the target is not an absolute path", NULL, err));
	free(r->mount->target);
	r->mount->target = path_tidy(value);
	return (r->mount->target != NULL ? 0 : err_sys(err, "cannot read the flags"));
}

static int
take_readonly(struct reading *r, const char *value, struct err *err)
{
	return (take_bool(r, value, &r->mount->readonly, err));
}

static int
take_rw(struct reading *r, const char *value, struct err *err)
{
	if (value != NULL)
		return (wrong(r, "rw has no value", NULL, err));
	r->mount->readonly = false;
	return (0);
}

static int
take_propagation(struct reading *r, const char *value, struct err *err)
{
	return (mountwords_propagation(value, &r->mount->propagation, err));
}

static int
take_nonrecursive(struct reading *r, const char *value, struct err *err)
{
	return (take_bool(r, value, &r->mount->nonrecursive, err));
}

/* docker's newer word for it. */
static int
take_recursive(struct reading *r, const char *value, struct err *err)
{
	r->mount->nonrecursive = strcmp(value, "disabled") == 0;
	if (r->mount->nonrecursive || strcmp(value, "enabled") == 0)
		return (0);
	return (wrong(r, "bind-recursive has no such value", "it is enabled or disabled", err));
}

static int
take_nocopy(struct reading *r, const char *value, struct err *err)
{
	return (take_bool(r, value, &r->mount->nocopy, err));
}

/* NAME[=VALUE] */
static int
take_label(struct reading *r, const char *value, struct err *err)
{
	return (options_label(&r->mount->labels, value, err));
}

static int
take_size(struct reading *r, const char *value, struct err *err)
{
	uint64_t bytes;

	if (mountwords_size(value, &bytes) != 0)
		return (
		    wrong(r, "tmpfs-size is not a size", "it is a number, as 65536 or 64m", err));
	snprintf(r->size, sizeof(r->size), "%" PRIu64, bytes);
	return (0);
}

static int
take_mode(struct reading *r, const char *value, struct err *err)
{
	size_t len = strlen(value);

	if (len < 1 || len > 5 || strspn(value, "01234567") != len ||
	    strtoul(value, NULL, 8) > 07777)
		return (wrong(r, "tmpfs-mode is not a mode", "it is octal, as 1777", err));
	snprintf(r->mode, sizeof(r->mode), "%04lo", strtoul(value, NULL, 8));
	return (0);
}

static int
take_id(const struct reading *r, const char *value, uint32_t *id, struct err *err)
{
	if (id_parse(value, id) == 0)
		return (0);
	return (wrong(r, "not an id", "uid= and gid= are numbers up to 2147483646", err));
}

static int
take_uid(struct reading *r, const char *value, struct err *err)
{
	r->uid = true;
	return (take_id(r, value, &r->mount->uid, err));
}

static int
take_gid(struct reading *r, const char *value, struct err *err)
{
	r->gid = true;
	return (take_id(r, value, &r->mount->gid, err));
}

/* Those that may stand alone, NAME or NAME=true. */
static bool
stands_alone(const struct option *option)
{
	return (option->take == take_readonly || option->take == take_nonrecursive ||
		option->take == take_nocopy || option->take == take_rw);
}

static int
unknown(const struct reading *r, const char *word, const char *why, struct err *err)
{
	err_set(err, ERR_USAGE, "%s %s: option %s is not available in this version", r->flag,
	    r->text, word);
	return (err_why(err, "%s", why));
}

/* One NAME[=VALUE]; *found tells whether it is in the table. */
static int
take(struct reading *r, const struct option *options, char *word, bool *found, struct err *err)
{
	char *value = strchr(word, '=');

	*found = true;
	if (value != NULL)
		*value++ = '\0';
	for (; options->name != NULL; options++) {
		if (strcmp(options->name, word) != 0)
			continue;
		if (!stands_alone(options) && (value == NULL || value[0] == '\0'))
			return (wrong(r, "an option has no value", NULL, err));
		if (options->only != JOB_MOUNT_INVALID)
			r->used[options->only] = options->name;
		return (options->take(r, value, err));
	}
	*found = false;
	return (0);
}

/* After the last word: what belongs together, and what to the type. */
static int
finish(struct reading *r, struct err *err)
{
	struct job_mount *mount = r->mount;

	if (mount->target == NULL)
		return (wrong(r, "there is no target", NULL, err));
	for (size_t i = 1; i < TYPES; i++) {
		if (r->used[i] == NULL || i == (size_t)mount->type)
			continue;
		err_set(err, ERR_USAGE, "%s %s: %s does not fit this mount", r->flag, r->text,
		    r->used[i]);
		return (err_why(err, "it is an option of type %s, and this is type %s", types[i],
		    types[mount->type]));
	}
	if (r->uid != r->gid)
		return (wrong(r, "uid= and gid= go together", NULL, err));
	mount->mapped = r->uid;
	if (r->size[0] == '\0' && r->mode[0] == '\0')
		return (0);
	mount->options = mountwords_tmpfs(
	    r->size[0] != '\0' ? r->size : NULL, r->mode[0] != '\0' ? r->mode : NULL, false);
	return (mount->options != NULL ? 0 : err_sys(err, "cannot read the flags"));
}

static int
volume_words(struct reading *r, char *words, struct err *err)
{
	static const struct option options[] = {
		{ "ro", JOB_MOUNT_INVALID, take_readonly },
		{ "rw", JOB_MOUNT_INVALID, take_rw },
		{ "nocopy", JOB_MOUNT_VOLUME, take_nocopy },
		{ "uid", JOB_MOUNT_BIND, take_uid },
		{ "gid", JOB_MOUNT_BIND, take_gid },
		{ NULL, JOB_MOUNT_INVALID, NULL },
	};
	char *word;

	while ((word = strsep(&words, ",")) != NULL) {
		const char *kind = word[0] == 'r' ? word + 1 : word;
		bool found = strcmp(kind, "private") == 0 || strcmp(kind, "slave") == 0 ||
			     strcmp(kind, "shared") == 0;
		int rc;

		if (found) {
			r->used[JOB_MOUNT_BIND] = word;
			rc = take_propagation(r, word, err);
		} else
			rc = take(r, options, word, &found, err);
		if (rc != 0)
			return (-1);
		if (!found)
			return (unknown(r, word,
			    "the options are ro, rw, private, slave, nocopy, uid= and gid=", err));
	}
	return (0);
}

/* The fields of -v; words is cut. */
static int
volume_fields(struct reading *r, char *words, struct err *err)
{
	char *rest = words, *source = strsep(&rest, ":"), *target = strsep(&rest, ":");
	char *options = strsep(&rest, ":");

	if (rest != NULL) {
		wrong(r, "there is one ':' too many", VOLUME_FORM, err);
		return (
		    err_todo(err, "a path with a ':' goes with --mount type=bind,src=SRC,dst=DST"));
	}
	if (target == NULL) {
		target = source;
		source = NULL;
	}
	r->mount->type =
	    source != NULL && mountwords_is_path(source) ? JOB_MOUNT_BIND : JOB_MOUNT_VOLUME;
	if (target[0] != '/') {
		wrong(r, "DST is not an absolute path", VOLUME_FORM, err);
		return (err_todo(err, "say where the job sees it:  -v %s:/DST",
		    target == words && *words ? words : "SRC"));
	}
	if (source != NULL && source[0] == '\0')
		return (wrong(r, "SRC is empty", VOLUME_FORM, err));
	if ((source != NULL && take_source(r, source, err) != 0) ||
	    take_target(r, target, err) != 0 || volume_words(r, options, err) != 0)
		return (-1);
	return (finish(r, err));
}

int
mountwords_volume(const char *text, struct job_mount *mount, struct err *err)
{
	struct reading r = { .flag = "-v", .text = text, .mount = mount };
	char *words = strdup(text);
	int rc;

	*mount = (struct job_mount){ .fd = -1 };
	if (words == NULL)
		return (err_sys(err, "cannot read -v"));
	rc = volume_fields(&r, words, err);
	free(words);
	return (rc);
}

char *
mountwords_field(char **rest)
{
	char *field = *rest, *in = field, *out = field;
	bool quoted = *in == '"', closed = !quoted;

	for (in += quoted; *in != '\0' && (!closed || *in != ','); in++) {
		if (*in == '"') {
			if (!quoted || closed)
				return (NULL);
			closed = in[1] != '"';
			if (closed)
				continue;
			in++;
		} else if (quoted && closed)
			return (NULL);
		*out++ = *in;
	}
	if (!closed)
		return (NULL);
	*rest = *in == ',' ? in + 1 : NULL;
	*out = '\0';
	return (field);
}

static int
mount_field(struct reading *r, char *field, struct err *err)
{
	static const struct option options[] = {
		{ "type", JOB_MOUNT_INVALID, take_type },
		{ "source", JOB_MOUNT_INVALID, take_source },
		{ "src", JOB_MOUNT_INVALID, take_source },
		{ "target", JOB_MOUNT_INVALID, take_target },
		{ "dst", JOB_MOUNT_INVALID, take_target },
		{ "destination", JOB_MOUNT_INVALID, take_target },
		{ "readonly", JOB_MOUNT_INVALID, take_readonly },
		{ "ro", JOB_MOUNT_INVALID, take_readonly },
		{ "bind-propagation", JOB_MOUNT_BIND, take_propagation },
		{ "bind-nonrecursive", JOB_MOUNT_BIND, take_nonrecursive },
		{ "bind-recursive", JOB_MOUNT_BIND, take_recursive },
		{ "uid", JOB_MOUNT_BIND, take_uid },
		{ "gid", JOB_MOUNT_BIND, take_gid },
		{ "volume-nocopy", JOB_MOUNT_VOLUME, take_nocopy },
		{ "volume-label", JOB_MOUNT_VOLUME, take_label },
		{ "tmpfs-size", JOB_MOUNT_TMPFS, take_size },
		{ "tmpfs-mode", JOB_MOUNT_TMPFS, take_mode },
		{ NULL, JOB_MOUNT_INVALID, NULL },
	};
	bool found;

	if (take(r, options, field, &found, err) != 0)
		return (-1);
	return (found ? 0
		      : unknown(r, field,
			    "the options are type, source, target, readonly, uid, gid, "
			    "bind-propagation, bind-nonrecursive, volume-nocopy, volume-label, "
			    "tmpfs-size and tmpfs-mode",
			    err));
}

/* What each type needs of a source. */
static int
check_source(const struct reading *r, struct err *err)
{
	const struct job_mount *mount = r->mount;

	if (mount->type == JOB_MOUNT_BIND && mount->source == NULL)
		return (wrong(r, "there is no source", "type=bind needs source=PATH", err));
	if (mount->type == JOB_MOUNT_TMPFS && mount->source != NULL)
		return (wrong(r, "a tmpfs has no source", NULL, err));
	if (mount->type == JOB_MOUNT_VOLUME && mount->source != NULL &&
	    mountwords_is_path(mount->source))
		return (wrong(r, "a volume has a name, not a path",
		    "a directory of the host is type=bind", err));
	return (0);
}

int
mountwords_mount(const char *text, struct job_mount *mount, struct err *err)
{
	struct reading r = { .flag = "--mount", .text = text, .mount = mount };
	char *words = strdup(text), *rest = words;
	int rc = 0;

	*mount = (struct job_mount){ .type = JOB_MOUNT_VOLUME, .fd = -1 };
	if (words == NULL)
		return (err_sys(err, "cannot read --mount"));
	while (rc == 0 && rest != NULL) {
		char *field = mountwords_field(&rest);

		rc = field != NULL ? mount_field(&r, field, err)
				   : wrong(&r, "a double quote is not closed, or not alone",
					 "a field with a comma: \"source=/a,b\"", err);
	}
	if (rc == 0)
		rc = finish(&r, err);
	if (rc == 0)
		rc = check_source(&r, err);
	free(words);
	return (rc);
}
