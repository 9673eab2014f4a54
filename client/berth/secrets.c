/* SPDX-License-Identifier: ISC */
/*
 * Secrets: files of the caller's that a job is given in memory. Contract in secrets.h.
 * TRUST: unprivileged
 * INPUT: the command line or a job file of the caller; files, opened with the caller's rights
 * MUST: as secrets.h says
 */
#include "client/berth/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/berth/mountwords.h"
#include "client/berth/options.h"
#include "client/berth/regular.h"
#include "client/lib/job_mount.h"
#include "common/idmap.h"
#include "common/io.h"

#define DIRECTORY "/run/secrets/"
#define SEALS (F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)
#define MODES 0444U /* whoever reads it; nobody writes it */
#define USED_AS "it is id=NAME,src=FILE[,target=PATH][,uid=N,gid=N][,mode=0400]"

static int
open_source(const struct secret *secret, struct err *err)
{
	int fd = regular_open(secret->source);

	if (fd >= 0)
		return (fd);
	if (errno != 0)
		return (err_sys(err, "secret %s: cannot open %s", secret->name, secret->source));
	err_set(err, ERR_USAGE, "secret %s: %s is no regular file", secret->name, secret->source);
	return (err_todo(err, "what a program prints is put into a file first:  umask 077"));
}

static int
cannot_read(const struct secret *secret, struct err *err)
{
	bool large = errno == EFBIG;

	err_sys(err, "secret %s: cannot read %s", secret->name, secret->source);
	if (!large)
		return (-1);
	err->code = ERR_USAGE;
	err_why(err, "a secret has at most %u KiB", JOB_SECRET_MAX >> 10);
	return (err_todo(err, "a large file can be mounted:  -v FILE:PATH:ro"));
}

/* A memfd with these bytes, which nobody can change any more. -1 with err. */
static int
seal(const struct secret *secret, const char *bytes, size_t len, struct err *err)
{
	int AUTO_CLOSE fd = io_memfd("berth-secret");
	int sealed;

	if (fd < 0 || io_write_all(fd, bytes, len) != 0 || fcntl(fd, F_ADD_SEALS, SEALS) != 0)
		return (err_sys(err, "secret %s cannot be given to a job", secret->name));
	sealed = fd;
	fd = -1;
	return (sealed);
}

static int
read_source(const struct secret *secret, struct err *err)
{
	int AUTO_CLOSE fd = open_source(secret, err);
	char *bytes;
	ssize_t len;
	int sealed;

	if (fd < 0)
		return (-1);
	if ((bytes = malloc(JOB_SECRET_MAX + 1)) == NULL)
		return (err_sys(err, "secret %s cannot be read", secret->name));
	len = io_read_all(fd, bytes, JOB_SECRET_MAX);
	sealed = len < 0 ? cannot_read(secret, err) : seal(secret, bytes, (size_t)len, err);
	explicit_bzero(bytes, JOB_SECRET_MAX + 1);
	free(bytes);
	return (sealed);
}

static bool
is_there(const struct job *job, const char *name)
{
	for (size_t i = 0; i < job->nmounts; i++) {
		const struct job_mount *mount = &job->mounts[i];

		if (mount->type == JOB_MOUNT_SECRET && strcmp(mount->source, name) == 0)
			return (true);
	}
	return (false);
}

/* The mount with its strings, which are freed by who has it. 0, or -1 with err. */
static int
describe(const struct secret *secret, struct job_mount *mount, struct err *err)
{
	*mount = (struct job_mount){ .type = JOB_MOUNT_SECRET,
		.readonly = true,
		.mapped = secret->owned,
		.uid = secret->owned ? secret->uid : 0,
		.gid = secret->owned ? secret->gid : 0,
		.mode = secret->mode != 0 ? secret->mode : JOB_SECRET_MODE,
		.fd = -1 };
	mount->source = strdup(secret->name);
	if (secret->target != NULL)
		mount->target = path_tidy(secret->target);
	else if (asprintf(&mount->target, DIRECTORY "%s", secret->name) < 0)
		mount->target = NULL;
	if (mount->source == NULL || mount->target == NULL)
		return (err_sys(err, "secret %s cannot be given to a job", secret->name));
	return (0);
}

int
secret_add(struct job *job, const struct secret *secret, struct err *err)
{
	struct job_mount mount;
	int rc = -1;

	if (!job_is_name(secret->name)) {
		err_set(err, ERR_USAGE, "%s cannot be the name of a secret", secret->name);
		return (err_why(err, "letters, digits, _ . and -, at most %u", JOB_NAME_MAX));
	}
	if (is_there(job, secret->name))
		return (err_set(err, ERR_USAGE, "secret %s is given twice", secret->name));
	if (describe(secret, &mount, err) == 0 && (mount.fd = read_source(secret, err)) >= 0 &&
	    job_mount_check(&mount, err) == 0)
		rc = job_add_mount(job, &mount, err);
	if (rc != 0 && mount.fd >= 0)
		close(mount.fd);
	job_mount_free(&mount);
	return (rc);
}

int
secret_mode(const char *text, uint32_t *mode)
{
	size_t len = strlen(text);

	if (len < 3 || len > 4 || strspn(text, "01234567") != len)
		return (-1);
	*mode = (uint32_t)strtoul(text, NULL, 8);
	return (*mode != 0 && (*mode & ~MODES) == 0 ? 0 : -1);
}

/* What stands behind each key, NULL without it. */
struct words {
	const char *id;
	const char *source;
	const char *target;
	const char *uid;
	const char *gid;
	const char *mode;
	const char *type;
};

#define AT(member) offsetof(struct words, member)

/* docker(1) has the first two; the others are of its --mount. */
static const struct {
	const char *key;
	size_t at;
} keys[] = {
	{ "id", AT(id) },
	{ "src", AT(source) },
	{ "source", AT(source) },
	{ "target", AT(target) },
	{ "dst", AT(target) },
	{ "destination", AT(target) },
	{ "uid", AT(uid) },
	{ "gid", AT(gid) },
	{ "mode", AT(mode) },
	{ "type", AT(type) },
};

static const char **
find_key(struct words *words, const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strlen(keys[i].key) == len && memcmp(keys[i].key, word, len) == 0)
			return ((const char **)(void *)((char *)words + keys[i].at));
	}
	return (NULL);
}

/* A part of --secret that makes no sense. */
static int
bad_word(const char *word, const char *what, struct err *err)
{
	err_set(err, ERR_USAGE, "--secret: %s %s", word, what);
	return (err_why(err, USED_AS));
}

static int
split(char *text, struct words *words, struct err *err)
{
	*words = (struct words){ .id = NULL };
	while (text != NULL) {
		char *word = mountwords_field(&text);
		size_t len = word != NULL ? strcspn(word, "=") : 0;
		const char **value;

		if (word == NULL)
			return (bad_word("a double quote", "is not closed, or not alone", err));
		value = find_key(words, word, len);
		if (value == NULL)
			return (bad_word(word, "is not known", err));
		if (word[len] == '\0' || word[len + 1] == '\0')
			return (bad_word(word, "has no value", err));
		if (*value != NULL)
			return (bad_word(word, "is said twice", err));
		*value = word + len + 1;
	}
	return (0);
}

static int
parse_owner(const struct words *words, struct secret *secret, struct err *err)
{
	secret->owned = words->uid != NULL;
	if ((words->uid == NULL) != (words->gid == NULL))
		return (bad_word("uid= and gid=", "belong together", err));
	if (words->uid != NULL &&
	    (id_parse(words->uid, &secret->uid) != 0 || id_parse(words->gid, &secret->gid) != 0)) {
		err_set(
		    err, ERR_USAGE, "--secret: uid=%s,gid=%s are no ids", words->uid, words->gid);
		return (err_why(err, "they are numbers from 0 to %u", ID_MAX));
	}
	return (0);
}

int
secret_parse(char *text, struct secret *secret, struct err *err)
{
	struct words words;

	*secret = (struct secret){ .name = NULL };
	if (split(text, &words, err) != 0)
		return (-1);
	if (words.id == NULL || words.source == NULL)
		return (bad_word(words.id == NULL ? "id=" : "src=", "is missing", err));
	secret->name = words.id;
	secret->source = words.source;
	secret->target = words.target;
	if (words.type != NULL && strcmp(words.type, "file") != 0) {
		err_set(err, ERR_USAGE, "--secret: type=%s is not available in this version",
		    words.type);
		return (err_why(err, "a secret comes from a file, and is one in the job"));
	}
	if (words.mode != NULL && secret_mode(words.mode, &secret->mode) != 0) {
		err_set(err, ERR_USAGE, "--secret: mode=%s is not possible", words.mode);
		return (err_why(err, "it can only be read: 0400, 0440 or 0444"));
	}
	return (parse_owner(&words, secret, err));
}

int
secrets_take(struct job *job, const struct job_words *words, struct err *err)
{
	struct secret secret;

	for (size_t i = 0; i < words->n; i++) {
		if (secret_parse(words->v[i], &secret, err) != 0 ||
		    secret_add(job, &secret, err) != 0)
			return (-1);
	}
	return (0);
}

void
secrets_close(struct job *job)
{
	for (size_t i = 0; i < job->nmounts; i++) {
		struct job_mount *mount = &job->mounts[i];

		if (mount->type != JOB_MOUNT_SECRET || mount->fd < 0)
			continue;
		close(mount->fd);
		mount->fd = -1;
	}
}
