/* SPDX-License-Identifier: ISC */
/*
 * Volumes: directories that outlive the jobs that write to them, volumes/NAME/data below the state root, with
 * volume.json beside, and "unused" until the first job fills one that was made without a job. A name that begins with a '.' is no volume: one that is being made or removed.
 * Locks (flock(2)) on volumes/NAME: shared by each job that runs with it, exclusive by who removes it.
 * TRUST: unprivileged
 * INPUT: the state root, which its user, and each job that is shown it, can change at any time
 * MUST: open nothing but real directories of the file system that the state root is on, each below the
 *       one before, by descriptors; believe nothing in volume.json before it was checked; let nobody else
 *       in: the directory of volumes has mode 0700 before anything is used in it (row C31 of the attack
 *       list).
 */
#ifndef CLIENT_ENGINE_VOLUME_VOLUME_H
#define CLIENT_ENGINE_VOLUME_VOLUME_H

#include "client/engine/engine.h"

#define VOLUME_SCAN_MAX 65536 /* entries of the directory */
#define VOLUME_FILE "volume.json"
#define VOLUME_DATA "data"
#define VOLUME_UNUSED "unused" /* a file: no job has had it yet */
#define VOLUME_TEMP_SIZE 20 /* of the name of one that is being made or removed */

/* What is known of a volume. Labels are the struct's. */
struct volume {
	char name[JOB_VOLUME_MAX + 1];
	int64_t created; /* milliseconds since the epoch; 0: not known */
	struct job_words labels; /* NAME=VALUE */
};

/*
 * The directory of volumes, in the working directory; with make it is made if it is missing. -1 with
 * errno: ENOENT when there is none; ENOTDIR, ELOOP, EXDEV when it is something else.
 */
int volumes_open(bool make) __attribute__((warn_unused_result));

/* A volume's directory, to be locked; -1 with errno as above, ENOENT for what no volume is called. */
int volume_open(int volumes, const char *name) __attribute__((warn_unused_result));

/* What its jobs see. -1 with errno. */
int volume_data(int dir) __attribute__((warn_unused_result));

/* Takes a lock, LOCK_SH or LOCK_EX, without waiting. True when dir is still the volume of this name. */
bool volume_lock(int volumes, const char *name, int dir, int how);

/*
 * A new directory with data in it, which is the job's root's, locked, with a name of its own that is no
 * volume's. Its descriptor, or -1 with errno.
 */
int volume_begin(int volumes, char temp[VOLUME_TEMP_SIZE]) __attribute__((warn_unused_result));

/* Takes away what volume_begin made, also where descriptors are short; errno is as before. */
void volume_abandon(int volumes, const char *temp, int dir);

/* Gives it its name and its file. 0, or -1 with errno: EEXIST when there is such a volume. */
int volume_finish(int volumes, const char *temp, int dir, const struct volume *volume)
    __attribute__((warn_unused_result));

/*
 * Makes one that no job has had yet: the first one that has it fills it. 1; 0: there is one of this name;
 * -1 with errno.
 */
int volume_make(int volumes, const struct volume *volume) __attribute__((warn_unused_result));

/* Has no job had it yet? And: one has it now. 0, or -1 with errno. */
bool volume_is_unused(int dir);
int volume_is_used_now(int dir) __attribute__((warn_unused_result));

/* Reads what is known of it; a file that is none says nothing. volume_free afterwards. */
void volume_read(int dir, const char *name, struct volume *volume);
void volume_free(struct volume *volume);

/*
 * Takes the name from a volume that the caller has the exclusive lock of: there is none any more, whatever
 * comes; then remove_tree(volumes, temp). 0, or -1 with errno.
 */
int volume_unname(int volumes, const char *name, char temp[VOLUME_TEMP_SIZE])
    __attribute__((warn_unused_result));

/*
 * Calls work with each name of a volume, until it says -1. 0, or -1 when not all were seen.
 */
int volume_each(int volumes, int (*work)(void *arg, int volumes, const char *name), void *arg)
    __attribute__((warn_unused_result));

/* Would volumes_sweep(false) take something away? */
bool volumes_left(void);

/* Takes away what who made or removed one has left; with all everything, the directory itself too. */
void volumes_sweep(bool all);

#endif
