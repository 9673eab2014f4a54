/* SPDX-License-Identifier: ISC */
/*
 * One mount of a job: its rules. See job_mount.h.
 * TRUST: shared, reads hostile input
 * INPUT: a mount as the user described it, or as a client sent it
 * MUST: as in job_mount.h
 */
#include "client/lib/job_mount.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib/json.h"
#include "common/idmap.h"
#include "common/path.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define TMPFS_OPTIONS_MAX 128
#define SECRET_MODES 0444U
#define PERCENT_MAX 1000U /* of the memory; there may be swap */

bool
job_is_word(const char *text, const char *more, size_t max)
{
	char set[sizeof(LETTERS DIGITS) + 8] = LETTERS DIGITS;
	size_t len = strlen(text);

	strncat(set, more, 8);
	return len >= 1 && len <= max && strspn(text, LETTERS DIGITS) > 0 &&
	       strspn(text, set) == len;
}

bool
job_is_volume(const char *text)
{
	return job_is_word(text, "_.-", JOB_VOLUME_MAX);
}

int
job_check_volume(const char *text, struct err *err)
{
	if (job_is_volume(text))
		return 0;
	err_set(
	    err, ERR_USAGE, "%s cannot be the name of a volume", text[0] != '\0' ? text : "\"\"");
	return err_why(err, "letters, digits, _ . and -, at most %u", JOB_VOLUME_MAX);
}

bool
job_mount_is_mapped(const struct job_mount *mount)
{
	return mount->type == JOB_MOUNT_BIND && mount->mapped &&
	       (mount->uid != 0 || mount->gid != 0);
}

bool
job_is_mapped(const struct job *job)
{
	for (size_t i = 0; i < job->nmounts; i++)
		if (job_mount_is_mapped(&job->mounts[i]))
			return true;
	return false;
}

void
job_mount_free(struct job_mount *mount)
{
	free(mount->source);
	free(mount->target);
	free(mount->options);
	job_words_free(&mount->labels);
	*mount = (struct job_mount){ .fd = -1 };
}

int
job_check_path(const char *path, const char *role, struct err *err)
{
	if (!json_is_utf8(path)) {
		err_set(err, ERR_USAGE, "%s %s cannot be used", role, path);
		return err_why(err, "its name is not UTF-8");
	}
	if (!path_is_canonical(path)) {
		err_set(err, ERR_USAGE, "%s %s cannot be used", role, path);
		return err_why(err, "an absolute path without . and .. is needed");
	}
	return 0;
}

/* tmpfs(5). The kernel would take a number that is too large for another one, or for no limit. */
static int
check_size(const char *size)
{
	static const char units[] = "kmg";
	uint64_t max = INT64_MAX, number;
	const char *unit;
	char *end;

	if (strspn(size, DIGITS) == 0 || strlen(size) > 20)
		return -1;
	errno = 0;
	number = strtoull(size, &end, 10);
	if (*end == '%')
		max = PERCENT_MAX;
	else if (*end != '\0') {
		unit = strchr(units, tolower((unsigned char)*end));
		if (unit == NULL)
			return -1;
		max >>= 10 * (unit - units + 1);
	}
	return errno == 0 && number <= max && (*end == '\0' || end[1] == '\0') ? 0 : -1;
}

static int
tmpfs_option(const char *word, struct job_tmpfs *out)
{
	static const char *const no_effect[] = { "rw", "exec", "nosuid", "nodev" };
	size_t len = strlen(word);

	if (strncmp(word, "size=", 5) == 0) {
		if (check_size(word + 5) == -1)
			return -1;
		memcpy(out->size, word + 5, len - 4);
		return 0;
	}
	if (strncmp(word, "mode=", 5) == 0) {
		if (len < 8 || len > 10 || strspn(word + 5, "01234567") != len - 5)
			return -1;
		memcpy(out->mode, word + 5, len - 4);
		return 0;
	}
	if (strcmp(word, "ro") == 0)
		out->readonly = true;
	else if (strcmp(word, "noexec") == 0)
		out->noexec = true;
	else {
		for (size_t i = 0; i < sizeof(no_effect) / sizeof(no_effect[0]); i++)
			if (strcmp(word, no_effect[i]) == 0)
				return 0;
		return -1;
	}
	return 0;
}

int
job_tmpfs_parse(const char *options, struct job_tmpfs *out)
{
	char copy[TMPFS_OPTIONS_MAX];
	char *save = NULL;

	*out = (struct job_tmpfs){ .mode = "1777" };
	if (options == NULL)
		return 0;
	if (strlen(options) >= sizeof(copy))
		return -1;
	memcpy(copy, options, strlen(options) + 1);
	for (char *word = strtok_r(copy, ",", &save); word != NULL;
	     word = strtok_r(NULL, ",", &save))
		if (tmpfs_option(word, out) == -1)
			return -1;
	return 0;
}

static int
check_target(const char *target, struct err *err)
{
	if (target == NULL)
		return err_set(err, ERR_USAGE, "a mount has no target");
	if (job_check_path(target, "mount target", err) == -1)
		return -1;
	if (strcmp(target, "/") == 0)
		return err_set(err, ERR_USAGE, "nothing can be mounted on / of a job");
	if (!path_is_beneath("/proc", target) && !path_is_beneath("/sys", target))
		return 0;
	err_set(err, ERR_USAGE, "nothing can be mounted on %s in a job", target);
	return err_why(err, "/proc and /sys are the job's own");
}

/* Members that only one type, or two, have. */
static int
check_members(const struct job_mount *mount, struct err *err)
{
	bool bind = mount->type == JOB_MOUNT_BIND;
	bool volume = mount->type == JOB_MOUNT_VOLUME;
	bool secret = mount->type == JOB_MOUNT_SECRET;
	const char *wrong = NULL;

	if (!bind && (mount->nonrecursive || mount->propagation != JOB_PROPAGATION_PRIVATE))
		wrong = "propagation and submounts are of a directory of the host";
	else if (!volume && (mount->nocopy || mount->match || mount->labels.n > 0))
		wrong = "labels and what is copied are of a volume";
	else if (!bind && !secret && mount->mapped)
		wrong = "only a directory of the host and a secret are given an owner";
	else if (!secret && mount->mode != 0)
		wrong = "a mode is of a secret";
	else if ((mount->fd >= 0) != (bind || secret))
		wrong = "its source does not fit its type";
	if (wrong == NULL)
		return 0;
	err_set(
	    err, ERR_USAGE, "mount %s has an option that its type does not have", mount->target);
	return err_why(err, "%s", wrong);
}

static int
check_ids(const struct job_mount *mount, struct err *err)
{
	if (mount->uid > ID_MAX || mount->gid > ID_MAX ||
	    (!mount->mapped && (mount->uid != 0 || mount->gid != 0)))
		return err_set(err, ERR_USAGE, "mount %s: its owner has no such id", mount->target);
	if (mount->propagation == JOB_PROPAGATION_PRIVATE || !job_mount_is_mapped(mount))
		return 0;
	err_set(
	    err, ERR_USAGE, "mount %s cannot have both an owner and propagation", mount->target);
	return err_why(err, "a directory with uid= and gid= is mounted alone");
}

static int
check_tmpfs(const struct job_mount *mount, struct err *err)
{
	struct job_tmpfs tmpfs;

	if (mount->source == NULL && job_tmpfs_parse(mount->options, &tmpfs) == 0)
		return 0;
	err_set(err, ERR_USAGE, "tmpfs %s has options that do not exist", mount->target);
	return err_why(err, "they are size=, mode=, ro, rw, exec, noexec");
}

static int
check_volume(const struct job_mount *mount, struct err *err)
{
	if (mount->options != NULL)
		return err_set(err, ERR_USAGE, "volume %s has options", mount->target);
	if (mount->match && (mount->source == NULL || mount->labels.n == 0))
		return err_set(err, ERR_USAGE, "volume %s has no name or no labels to be known by",
		    mount->target);
	if (mount->source != NULL && job_check_volume(mount->source, err) == -1)
		return -1;
	return job_check_labels(&mount->labels, err);
}

static int
check_secret(const struct job_mount *mount, struct err *err)
{
	if (mount->source == NULL || !job_is_name(mount->source)) {
		err_set(err, ERR_USAGE, "a secret cannot be called that");
		return err_why(err, "letters, digits, _ . and -, at most %u", JOB_NAME_MAX);
	}
	if (mount->options != NULL)
		return err_set(err, ERR_USAGE, "secret %s has options", mount->source);
	if (mount->mode != 0 && (mount->mode & ~SECRET_MODES) == 0)
		return 0;
	err_set(err, ERR_USAGE, "secret %s cannot have the mode %04o", mount->source, mount->mode);
	return err_why(err, "it can only be read: bits of 0444");
}

int
job_mount_check(const struct job_mount *mount, struct err *err)
{
	if (check_target(mount->target, err) == -1 || check_members(mount, err) == -1 ||
	    check_ids(mount, err) == -1)
		return -1;
	switch (mount->type) {
	case JOB_MOUNT_TMPFS:
		return check_tmpfs(mount, err);
	case JOB_MOUNT_VOLUME:
		return check_volume(mount, err);
	case JOB_MOUNT_SECRET:
		return check_secret(mount, err);
	case JOB_MOUNT_BIND:
		if (mount->source == NULL || mount->options != NULL)
			break;
		return job_check_path(mount->source, "mount source", err);
	case JOB_MOUNT_INVALID:
		break;
	}
	return err_set(err, ERR_USAGE, "mount %s has no source", mount->target);
}
