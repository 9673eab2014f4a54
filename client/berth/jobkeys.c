/* SPDX-License-Identifier: ISC */
/*
 * The keys of a job file and what their values can be. Contract in jobfile.h.
 * TRUST: unprivileged
 * INPUT: values of a job file, which is somebody else's (hostile)
 * MUST: take no value that job_check would refuse, so that what is wrong has its line.
 */
#include <stdio.h>
#include <string.h>

#include "common/inistrict.h"
#include "common/path.h"
#include "common/policy.h"

#include "client/berth/jobfile.h"
#include "client/berth/options.h"
#include "client/berth/secrets.h"
#include "client/lib/json.h"

static const char *
store_text(void *field, char *value)
{
	if (!json_is_utf8(value))
		return ("is not UTF-8");
	*(const char **)field = value;
	return (NULL);
}

static const char *
store_job_name(void *field, char *value)
{
	*(const char **)field = value;
	return (job_is_name(value) ? NULL
				   : "cannot be the name of a job: letters, digits, _ . and -, at "
				     "most 64");
}

/* Words, a shell's; nothing is expanded. */
static const char *
store_command(void *field, char *value)
{
	struct job_words *words = field;
	struct err ignored;
	bool bad = false;
	char *word;

	while ((word = ini_word(&value, &bad)) != NULL) {
		if (job_add_word(words, word, &ignored) != 0)
			return ("is too much for the memory");
	}
	if (bad)
		return ("has a quote that is not closed, or a backslash at its end");
	if (words->n == 0 || words->v[0][0] == '\0')
		return ("begins with an empty word");
	return (NULL);
}

/*
 * A job file is somebody else's: by ".." or a link it could make any directory of its user's the job's
 * root, and let the job read it. A link is refused where the path is opened.
 */
static const char *
store_image(void *field, char *value)
{
	size_t len;

	/* What is none is not opened. */
	*(const char **)field = "host";
	if (strcmp(value, "host") == 0)
		return (NULL);
	if (!json_is_utf8(value))
		return ("is not UTF-8");
	if (value[0] == '/')
		return ("is a path of one host, which a job file does not know: name a root file "
			"system directory beside the file, ./DIR, or host");
	if (strchr(value, '/') == NULL)
		return ("is the name of an image, and those are not available in this version: "
			"it is host, or ./DIR beside this file");
	for (const char *at = value; *at != '\0'; at += len + (at[len] == '/')) {
		len = strcspn(at, "/");
		if (len == 2 && memcmp(at, "..", 2) == 0)
			return ("leads out of the directory of this file by '..'");
	}
	if (value[strspn(value, "./")] == '\0')
		return ("is the directory of this file itself: name one in it, ./DIR");
	*(const char **)field = value;
	return (NULL);
}

static const char *
store_user(void *field, char *value)
{
	*(const char **)field = value;
	if (strlen(value) > 65 || strchr(value, ' ') != NULL || !json_is_utf8(value))
		return ("is not a user: UID[:GID] or NAME[:GROUP]");
	return (NULL);
}

static const char *
canonical(char *value)
{
	if (!json_is_utf8(value))
		return ("is not UTF-8");
	if (!path_is_canonical(value))
		return ("is not an absolute path without '.', '..' and empty parts");
	return (NULL);
}

static const char *
store_workdir(void *field, char *value)
{
	*(const char **)field = value;
	return (canonical(value));
}

static const char *
store_path(void *field, char *value)
{
	*(const char **)field = value;
	if (strcmp(value, "/") == 0)
		return ("is the job's root, on which nothing can be mounted");
	if (path_is_beneath("/proc", value) || path_is_beneath("/sys", value))
		return ("is in /proc or /sys, which are the job's own");
	return (canonical(value));
}

/* Is value one of the words between the | of all? */
static bool
is_one_of(const char *value, const char *all)
{
	size_t len = strlen(value), part;

	for (; *all != '\0'; all += part + (all[part] == '|')) {
		part = strcspn(all, "|");
		if (part == len && memcmp(all, value, len) == 0)
			return (true);
	}
	return (false);
}

#define ISOLATIONS "confined|nested|insecure|none"

static const char *
store_isolation(void *field, char *value)
{
	*(const char **)field = value;
	return (is_one_of(value, ISOLATIONS) ? NULL : "is not confined, nested, insecure or none");
}

static const char *
store_network(void *field, char *value)
{
	enum job_network *network = field;

	*network = strcmp(value, "none") == 0	? JOB_NETWORK_NONE
		   : strcmp(value, "user") == 0 ? JOB_NETWORK_USER
		   : strcmp(value, "host") == 0 ? JOB_NETWORK_HOST
						: JOB_NETWORK_INVALID;
	return (*network != JOB_NETWORK_INVALID ? NULL : "is not none, user or host");
}

static const char *
store_restart(void *field, char *value)
{
	struct job probe = { .restart_max = 0 };

	*(const char **)field = value;
	return (options_policy(value, &probe)
		    ? NULL
		    : "is not no, always, unless-stopped or on-failure[:N]");
}

static const char *
store_timeout(void *field, char *value)
{
	return (duration_parse(value, field) == 0
		    ? NULL
		    : "is not a time: seconds, or a number with s, m, h or d behind it");
}

/* For things that are so unless it is said otherwise, and for those that are not. */
static const char *
store_yes(void *field, char *value)
{
	*(bool *)field = strcmp(value, "yes") == 0;
	return (is_one_of(value, "yes|no") ? NULL : "is not yes or no");
}

static const char *
store_no(void *field, char *value)
{
	*(bool *)field = strcmp(value, "no") == 0;
	return (is_one_of(value, "yes|no") ? NULL : "is not yes or no");
}

static const char *
store_id(void *field, char *value)
{
	struct jobfile_number *number = field;

	number->given = true;
	return (id_parse(value, &number->value) == 0
		    ? NULL
		    : "is not an id: a decimal number up to 2147483646");
}

static const char *
store_secret_mode(void *field, char *value)
{
	struct jobfile_number *number = field;

	number->given = true;
	return (secret_mode(value, &number->value) == 0
		    ? NULL
		    : "is not an octal mode that lets read and no more: 0400, 0440 or 0444");
}

static const char *
store_type(void *field, char *value)
{
	*(bool *)field = strcmp(value, "volume") == 0;
	if (strcmp(value, "bind") == 0)
		return ("is of a directory of the host, which is a [directory NAME]: its user "
			"gives it");
	return (is_one_of(value, "tmpfs|volume") ? NULL : "is not tmpfs or volume");
}

/* One option of a tmpfs, not several. */
static bool
is_tmpfs_option(const char *name, const char *value)
{
	struct job_tmpfs tmpfs;
	char option[48];

	if (strchr(value, ',') != NULL || strlen(value) > 32)
		return (false);
	snprintf(option, sizeof(option), "%s%s", name, value);
	return (job_tmpfs_parse(option, &tmpfs) == 0);
}

static const char *
store_size(void *field, char *value)
{
	*(const char **)field = value;
	return (
	    is_tmpfs_option("size=", value) ? NULL : "is not a size: a number with k, M, G or %");
}

static const char *
store_permissions(void *field, char *value)
{
	*(const char **)field = value;
	return (is_tmpfs_option("mode=", value) ? NULL : "is not an octal mode, as 1777");
}

static const char *
store_volume(void *field, char *value)
{
	*(const char **)field = value;
	return (job_is_volume(value)
		    ? NULL
		    : "cannot be the name of a volume: letters, digits, _ . and -, "
		      "at most 128");
}

static const char *
store_port(void *field, char *value)
{
	struct jobfile_number *number = field;

	number->given = true;
	if (id_parse(value, &number->value) != 0 || number->value == 0 || number->value > 65535)
		return ("is not a port: a number from 1 to 65535");
	return (NULL);
}

#define JOB(member) offsetof(struct jobfile, member)
#define ITEM(member) offsetof(struct jobfile_item, member)

/* clang-format off */
const struct jobfile_key jobfile_keys[] = {
	{ JOBFILE_JOB, "name", "NAME", NULL, false, "the job's name", store_job_name, JOB(name) },
	{ JOBFILE_JOB, "image", "host|./DIR", NULL, true,
	  "the host's /usr, or a root file system directory below that of this file", store_image, JOB(image) },
	{ JOBFILE_JOB, "command", "WORD...", "/bin/sh", false,
	  "what is run; quotes as in a shell, nothing is expanded", store_command, JOB(command) },
	{ JOBFILE_JOB, "user", "USER[:GROUP]", "0:0", false, "whom it runs as", store_user, JOB(user) },
	{ JOBFILE_JOB, "workdir", "PATH", "/", false, "where it starts", store_workdir, JOB(workdir) },
	{ JOBFILE_JOB, "isolation", ISOLATIONS, "confined", false, "what it may do to the kernel",
	  store_isolation, JOB(isolation) },
	{ JOBFILE_JOB, "network", "none|user|host", "none", false, "its network; with ports the default is user",
	  store_network, JOB(network) },
	{ JOBFILE_JOB, "restart", "no|always|unless-stopped|on-failure[:N]", "no", false,
	  "with -d: when it is started again", store_restart, JOB(restart) },
	{ JOBFILE_JOB, "timeout", "TIME", NULL, false, "end it after 90s, 10m, 4h", store_timeout, JOB(timeout) },
	{ JOBFILE_ENV, "NAME", "VALUE", NULL, false, "a variable of the job", NULL, 0 },
	{ JOBFILE_DIRECTORY, "path", "PATH", NULL, true, "where the job sees it", store_path, ITEM(path) },
	{ JOBFILE_DIRECTORY, "writable", "yes|no", "no", false, "may the job write to it?", store_yes, ITEM(writable) },
	{ JOBFILE_DIRECTORY, "uid", "ID", NULL, false,
	  "whom the user's files belong to in the job; with gid", store_id, ITEM(uid) },
	{ JOBFILE_DIRECTORY, "gid", "ID", NULL, false, "and their group; with uid", store_id, ITEM(gid) },
	{ JOBFILE_DIRECTORY, "required", "yes|no", "yes", false, "must the user give it?", store_no, ITEM(optional) },
	{ JOBFILE_DIRECTORY, "description", "TEXT", NULL, false, "what it is for", store_text, ITEM(description) },
	{ JOBFILE_SECRET, "path", "PATH", "/run/secrets/NAME", false, "where the job reads it", store_path, ITEM(path) },
	{ JOBFILE_SECRET, "uid", "ID", NULL, false, "its owner, else the job's user; with gid", store_id, ITEM(uid) },
	{ JOBFILE_SECRET, "gid", "ID", NULL, false, "its group; with uid", store_id, ITEM(gid) },
	{ JOBFILE_SECRET, "mode", "MODE", "0400", false, "who reads it: 0400, 0440 or 0444", store_secret_mode, ITEM(mode) },
	{ JOBFILE_SECRET, "required", "yes|no", "yes", false, "must the user give it?", store_no, ITEM(optional) },
	{ JOBFILE_SECRET, "description", "TEXT", NULL, false, "what it is for", store_text, ITEM(description) },
	{ JOBFILE_MOUNT, "type", "tmpfs|volume", NULL, true, "memory, or a directory that berth keeps", store_type, ITEM(volume) },
	{ JOBFILE_MOUNT, "path", "PATH", NULL, true, "where the job sees it", store_path, ITEM(path) },
	{ JOBFILE_MOUNT, "writable", "yes|no", "yes", false, "may the job write to it?", store_yes, ITEM(writable) },
	{ JOBFILE_MOUNT, "size", "SIZE", NULL, false, "of a tmpfs: the most it holds, as 64M", store_size, ITEM(size) },
	{ JOBFILE_MOUNT, "mode", "MODE", "1777", false, "of a tmpfs: its permissions", store_permissions, ITEM(permissions) },
	{ JOBFILE_MOUNT, "volume", "NAME", NULL, false,
	  "of a volume: its name, by which it stays; without one it goes with the job", store_volume, ITEM(store) },
	{ JOBFILE_PORT, "container", "PORT", NULL, true, "the port that the job listens on", store_port, ITEM(container) },
	{ .section = JOBFILE_INVALID },
};
/* clang-format on */

_Static_assert(sizeof(jobfile_keys) / sizeof(jobfile_keys[0]) <= 64, "seen is 64 bits");
