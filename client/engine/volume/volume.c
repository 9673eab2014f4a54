/* SPDX-License-Identifier: ISC */
/*
 * Volumes on disk: see volume.h.
 * TRUST: unprivileged
 * INPUT: the state root, which its user can change at any time
 * MUST: as in volume.h
 */
#include "client/engine/volume/volume.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/engine/job/beneath.h"
#include "client/engine/job/jobfile.h"
#include "client/engine/job/record.h"
#include "client/engine/job/remove.h"
#include "client/lib/json.h"
#include "common/io.h"

#define FILE_MAX 65536 /* bytes of VOLUME_FILE */
#define TIME_MAX INT64_C(253402300799999) /* the end of the year 9999 */
#define TEMP_PREFIX ".new-"
#define TRIES 16

int
volumes_open(bool make)
{
	int AUTO_CLOSE fd = -1;
	struct stat st;
	int opened;

	if (make && mkdirat(AT_FDCWD, STATE_VOLUMES, 0700) == -1 && errno != EEXIST)
		return -1;
	fd = beneath_open(AT_FDCWD, STATE_VOLUMES, O_DIRECTORY);
	if (fd == -1 || fstat(fd, &st) == -1)
		return -1;
	/* a job's root can make setuid files in there: nobody else may come as far */
	if (((st.st_mode & 07777) != 0700 && fchmod(fd, 0700) == -1))
		return -1;
	opened = fd;
	fd = -1;
	return opened;
}

int
volume_open(int volumes, const char *name)
{
	if (job_is_volume(name))
		return beneath_open(volumes, name, O_DIRECTORY);
	errno = ENOENT;
	return -1;
}

int
volume_data(int dir)
{
	return beneath_open(dir, VOLUME_DATA, O_DIRECTORY);
}

static bool
is_named(int volumes, const char *name, int dir)
{
	struct stat ours;
	struct stat named;

	return fstat(dir, &ours) == 0 && fstatat(volumes, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

bool
volume_lock(int volumes, const char *name, int dir, int how)
{
	return flock(dir, how | LOCK_NB) == 0 && is_named(volumes, name, dir);
}

static int
make_temp(char temp[VOLUME_TEMP_SIZE])
{
	uint32_t number[2];

	if (getrandom(number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return -1;
	snprintf(temp, VOLUME_TEMP_SIZE, TEMP_PREFIX "%06x%08x", number[0] & 0xffffff, number[1]);
	return 0;
}

/* Whom it belongs to is said explicitly: who makes it need not be the job's root. */
static int
make_data(int dir)
{
	int AUTO_CLOSE data = -1;

	if (mkdirat(dir, VOLUME_DATA, 0700) == -1)
		return -1;
	data = volume_data(dir);
	return data == -1 || fchown(data, 0, 0) == -1 ? -1 : fchmod(data, 0755);
}

void
volume_abandon(int volumes, const char *temp, int dir)
{
	int errnum = errno;

	/* nothing is in it, mostly: that needs no descriptor, of which there may be none */
	if (dir != -1)
		(void)!unlinkat(dir, VOLUME_DATA, AT_REMOVEDIR);
	if (unlinkat(volumes, temp, AT_REMOVEDIR) == -1)
		(void)!remove_tree(volumes, temp);
	errno = errnum;
}

int
volume_begin(int volumes, char temp[VOLUME_TEMP_SIZE])
{
	for (int i = 0; i < TRIES; i++) {
		int AUTO_CLOSE dir = -1;
		int made;

		if (make_temp(temp) == -1)
			return -1;
		if (mkdirat(volumes, temp, 0700) == -1) {
			if (errno == EEXIST)
				continue;
			return -1;
		}
		dir = beneath_open(volumes, temp, O_DIRECTORY);
		/* a sweeper can have been faster */
		if (dir == -1 ? errno == ENOENT : !volume_lock(volumes, temp, dir, LOCK_EX))
			continue;
		if (dir == -1 || make_data(dir) == -1) {
			volume_abandon(volumes, temp, dir);
			return -1;
		}
		made = dir;
		dir = -1;
		return made;
	}
	errno = EAGAIN;
	return -1;
}

static int
write_file(int dir, const struct volume *volume)
{
	struct json_object *json = json_object_new_object();
	int status = json == NULL ? -1 : json_put_text(json, "name", volume->name);
	const char *text = NULL;
	size_t len;
	int ret = -1;

	status |= json_put_number(json, "created", volume->created);
	status |= json_put(json, "labels", job_labels(&volume->labels));
	if (status == 0)
		text = json_object_to_json_string_length(
		    json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	errno = ENOMEM;
	if (text != NULL)
		ret = jobfile_write(dir, VOLUME_FILE, text, len);
	json_object_put(json);
	return ret;
}

int
volume_finish(int volumes, const char *temp, int dir, const struct volume *volume)
{
	if (write_file(dir, volume) == -1)
		return -1;
	return renameat2(volumes, temp, volumes, volume->name, RENAME_NOREPLACE);
}

int
volume_make(int volumes, const struct volume *volume)
{
	int AUTO_CLOSE there = volume_open(volumes, volume->name);
	int AUTO_CLOSE dir = -1;
	char temp[VOLUME_TEMP_SIZE];

	if (there != -1 || errno != ENOENT)
		return there != -1 ? 0 : -1;
	dir = volume_begin(volumes, temp);
	if (dir == -1)
		return -1;
	if (jobfile_write(dir, VOLUME_UNUSED, "", 0) == 0 &&
	    volume_finish(volumes, temp, dir, volume) == 0)
		return 1;
	volume_abandon(volumes, temp, dir);
	return errno == EEXIST ? 0 : -1;
}

bool
volume_is_unused(int dir)
{
	struct stat st;

	return fstatat(dir, VOLUME_UNUSED, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int
volume_is_used_now(int dir)
{
	return unlinkat(dir, VOLUME_UNUSED, 0);
}

static int
store_name(void *out, struct json_object *value, struct err *err)
{
	(void)out;
	/* its directory says how it is called */
	return json_string(value) == NULL ? err_set(err, ERR_USAGE, "not a text") : 0;
}

static int
store_created(void *out, struct json_object *value, struct err *err)
{
	if (json_integer(value, 0, TIME_MAX, &((struct volume *)out)->created) == -1)
		return err_set(err, ERR_USAGE, "not a time");
	return 0;
}

static int
store_labels(void *out, struct json_object *value, struct err *err)
{
	return job_labels_take(value, &((struct volume *)out)->labels, err);
}

void
volume_read(int dir, const char *name, struct volume *volume)
{
	static const struct json_field fields[] = {
		{ "name", store_name, true },
		{ "created", store_created, true },
		{ "labels", store_labels, false },
		{ NULL, NULL, false },
	};
	size_t len;
	char *text = jobfile_read(dir, VOLUME_FILE, FILE_MAX, &len);
	struct json_object *json = NULL;
	struct err err;

	memset(volume, 0, sizeof(*volume));
	snprintf(volume->name, sizeof(volume->name), "%s", name);
	if (text != NULL && strlen(text) == len)
		json = varlink_parse(text, len);
	if (json == NULL || json_fields(json, fields, volume, &err) == -1 ||
	    job_check_labels(&volume->labels, &err) == -1) {
		volume->created = 0;
		job_words_free(&volume->labels);
	}
	json_object_put(json);
	free(text);
}

void
volume_free(struct volume *volume)
{
	job_words_free(&volume->labels);
}

int
volume_unname(int volumes, const char *name, char temp[VOLUME_TEMP_SIZE])
{
	for (int i = 0; i < TRIES; i++) {
		if (make_temp(temp) == -1)
			return -1;
		if (renameat2(volumes, name, volumes, temp, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

static DIR *
list(int volumes)
{
	int fd = beneath_open(volumes, ".", O_DIRECTORY);
	DIR *stream = fd == -1 ? NULL : fdopendir(fd);

	if (stream == NULL)
		io_close(&fd);
	return stream;
}

int
volume_each(int volumes, int (*work)(void *arg, int volumes, const char *name), void *arg)
{
	DIR *stream = list(volumes);
	const struct dirent *entry;
	size_t seen = 0;
	int ret = 0;

	if (stream == NULL)
		return -1;
	while (ret == 0 && (errno = 0, entry = readdir(stream)) != NULL) {
		if (seen++ == VOLUME_SCAN_MAX)
			ret = -1;
		else if (job_is_volume(entry->d_name) &&
			 (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
			ret = work(arg, volumes, entry->d_name);
	}
	if (ret == 0 && errno != 0)
		ret = -1;
	closedir(stream);
	return ret;
}

static bool
is_left(int volumes, const char *name, bool all)
{
	int AUTO_CLOSE fd = -1;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	if (all)
		return true;
	if (strncmp(name, TEMP_PREFIX, strlen(TEMP_PREFIX)) != 0)
		return false;
	fd = beneath_open(volumes, name, O_DIRECTORY);
	return fd == -1 ? errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != EXDEV
			: volume_lock(volumes, name, fd, LOCK_EX);
}

bool
volumes_left(void)
{
	int AUTO_CLOSE volumes = volumes_open(false);
	DIR *stream = volumes == -1 ? NULL : list(volumes);
	const struct dirent *entry;
	size_t seen = 0;
	bool left = false;

	while (stream != NULL && !left && seen++ < VOLUME_SCAN_MAX &&
	       (entry = readdir(stream)) != NULL)
		left = is_left(volumes, entry->d_name, false);
	if (stream != NULL)
		closedir(stream);
	return left;
}

void
volumes_sweep(bool all)
{
	int AUTO_CLOSE volumes = volumes_open(false);
	DIR *stream = volumes == -1 ? NULL : list(volumes);
	const struct dirent *entry;
	size_t seen = 0;

	while (stream != NULL && seen++ < VOLUME_SCAN_MAX && (entry = readdir(stream)) != NULL)
		if (is_left(volumes, entry->d_name, all))
			(void)!remove_tree(volumes, entry->d_name);
	if (stream != NULL)
		closedir(stream);
	if (all)
		(void)!unlinkat(AT_FDCWD, STATE_VOLUMES, AT_REMOVEDIR);
}
