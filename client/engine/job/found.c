/* SPDX-License-Identifier: ISC */
/*
 * Jobs by what people call them: see found.h.
 * TRUST: unprivileged
 * INPUT: texts of clients; the state root, which its user can change at any time
 * MUST: as in found.h
 */
#include "client/engine/job/found.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "client/engine/job/beneath.h"
#include "client/engine/job/ctl.h"
#include "client/engine/job/names.h"
#include "client/engine/job/scratch.h"
#include "common/io.h"

#define LOCK_TRIES 10 /* who only looks whether a lock is held has it for a moment */
#define LOCK_PAUSE_NS 1000000L

bool
found_is_held(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) == -1)
		return true;
	(void)!flock(fd, LOCK_UN);
	return false;
}

int
found_lock(const struct found *found)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(found->dir, LOCK_EX | LOCK_NB) == 0)
			return 0;
		nanosleep(&pause, NULL);
	}
	return -1;
}

/* A record of a job of which nothing is known. */
static int
make_up(struct found *found)
{
	struct job job;
	struct err err;
	int ret;

	record_free(&found->record);
	job_init(&job);
	ret = job_add_word(&job.run.args, "?", &err);
	if (ret == 0)
		ret = record_begin(&found->record, found->id, NULL, &job);
	job_free(&job);
	found->record.state = RECORD_RUNNING;
	found->record.created = 0;
	return ret;
}

/* There is a file, but it is no record: the job can be seen and removed, and nothing else. */
static int
pretend(struct found *found)
{
	int ret = make_up(found);

	found->broken = found->record.kept = true;
	if (!found->alive)
		record_end(&found->record, RECORD_REASON_FAILED, RECORD_LOST,
		    "its record (" RECORD_FILE ") cannot be read");
	found->record.finished = 0;
	return ret;
}

/* A supervisor that listens, and has not written its record yet: one of a job that is not kept. */
static int
take_young(struct found *found)
{
	found->young =
	    found->alive && faccessat(found->dir, CTL_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (found->young)
		return make_up(found);
	errno = ENOENT;
	return -1;
}

/*
 * Nobody has it, and its record does not say that it is over. Under the lock once more: it may just have
 * been started again.
 */
static int
settle(struct found *found)
{
	int ret;

	if (flock(found->dir, LOCK_EX | LOCK_NB) == -1) {
		found->alive = true;
		return 0;
	}
	record_free(&found->record);
	ret = record_read(found->dir, &found->record);
	if (ret == 0 && found->record.state != RECORD_EXITED) {
		record_end(&found->record, RECORD_REASON_LOST, RECORD_LOST,
		    "what looked after it was killed");
		(void)!record_write(found->dir, &found->record);
	}
	(void)!flock(found->dir, LOCK_UN);
	return ret;
}

int
found_open(int jobs, const char *id, struct found *found)
{
	int ret;

	*found = FOUND_NONE;
	record_init(&found->record);
	if (!scratch_is_name(id)) {
		errno = ENOENT;
		return -1;
	}
	memcpy(found->id, id, sizeof(found->id));
	found->dir = beneath_open(jobs, id, O_DIRECTORY);
	if (found->dir == -1) {
		errno = errno == ENOMEM || errno == EMFILE || errno == ENFILE ? errno : ENOENT;
		return -1;
	}
	/* first the lock: who ends writes the record, and then lets it go */
	found->alive = found_is_held(found->dir);
	ret = record_read(found->dir, &found->record);
	if (ret == -1 && errno == ENOENT)
		return take_young(found);
	if (ret == -1 && errno == ENOMEM)
		return -1;
	if (ret == -1 || strcmp(found->record.id, id) != 0)
		return pretend(found);
	return found->alive || found->record.state == RECORD_EXITED ? 0 : settle(found);
}

void
found_close(struct found *found)
{
	record_free(&found->record);
	io_close(&found->dir);
	found->dir = -1;
}

bool
found_runs(int jobs, const char *id, struct found *found)
{
	/* what is held and has neither a record nor a socket is being made or removed */
	if (found_open(jobs, id, found) == -1)
		return errno != ENOENT;
	return found->alive && found->record.state != RECORD_EXITED;
}

bool
found_is_gone(const struct found *found)
{
	return found->record.state == RECORD_EXITED && !found->record.kept;
}

int
found_each(int jobs, int (*work)(void *arg, int jobs, const char *id), void *arg)
{
	int fd = openat(jobs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	size_t seen = 0;
	int ret = 0;

	if (stream == NULL) {
		io_close(&fd);
		return -1;
	}
	while (ret == 0 && (errno = 0, entry = readdir(stream)) != NULL) {
		if (seen++ == FOUND_SCAN_MAX)
			ret = -1;
		else if (scratch_is_name(entry->d_name) &&
			 (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
			ret = work(arg, jobs, entry->d_name);
	}
	if (errno != 0)
		ret = -1;
	closedir(stream);
	return ret;
}

static void
add_id(struct found_ids *ids, const char *id)
{
	if (ids->n < FOUND_NAMED_MAX)
		memcpy(ids->v[ids->n], id, JOB_ID_LEN + 1);
	ids->n++;
}

/* Is there such a file, of whatever kind? */
static bool
has(int jobs, const char *id, const char *name)
{
	char path[JOB_ID_LEN + 32];

	snprintf(path, sizeof(path), "%s/%s", id, name);
	return faccessat(jobs, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What has neither a record nor a socket is being made or removed. */
static bool
is_job(int jobs, const char *id)
{
	return has(jobs, id, RECORD_FILE) || has(jobs, id, CTL_FILE);
}

struct beginning {
	const char *text;
	struct found_ids *ids;
};

static int
compare(void *arg, int jobs, const char *id)
{
	const struct beginning *beginning = arg;

	if (strncmp(id, beginning->text, strlen(beginning->text)) == 0 && is_job(jobs, id))
		add_id(beginning->ids, id);
	return 0;
}

/* The name of a job that has it still: a link may be old, or anybody's. */
static bool
by_name(int jobs, const char *word, char id[JOB_ID_LEN + 1])
{
	struct found found;
	bool its;

	if (names_read(word, id) == -1)
		return false;
	its = found_open(jobs, id, &found) == 0 &&
	      (found.young || strcmp(found.record.name, word) == 0);
	found_close(&found);
	return its;
}

void
found_ids(int jobs, const char *word, struct found_ids *ids)
{
	struct beginning beginning = { word, ids };
	char id[JOB_ID_LEN + 1];
	size_t len = strlen(word);

	ids->n = 0;
	if (by_name(jobs, word, id)) {
		add_id(ids, id);
		return;
	}
	if (len == 0 || len > JOB_ID_LEN || strspn(word, "0123456789abcdef") != len)
		return;
	if (len < JOB_ID_LEN)
		(void)!found_each(jobs, compare, &beginning);
	else if (is_job(jobs, word))
		add_id(ids, word);
}
