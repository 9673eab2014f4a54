/* SPDX-License-Identifier: ISC */
/*
 * Keeps the files and sockets of jobs and engines from a job at whichever mount shows them: a directory can
 * be seen at several places, by bind mounts and by mounts of the top of its file system.
 * TRUST: unprivileged
 * INPUT: the table of mounts, whose mount points have any names; directories of the user's
 * MUST: cover each place that the job's user can reach, or refuse the job; follow no symlink; read no
 *       more than HIDE_MOUNTS_MAX bytes. Not covered: what is mounted later, other file systems that
 *       show the same files (an overlay of theirs, a network file system of this host's).
 */
#ifndef CLIENT_ENGINE_HIDE_JOBS_H
#define CLIENT_ENGINE_HIDE_JOBS_H

#include <limits.h>
#include <stdbool.h>

#include "client/engine/engine.h"

#define HIDE_MOUNTS_MAX (8 << 20) /* bytes of /proc/self/mountinfo */
#define HIDE_MAX 4 /* directories that are hidden */

/* Those that are in the image: the overlay of the job shows what lies beneath our mounts. */
struct hide_image {
	size_t n;
	char inside[HIDE_MAX][PATH_MAX]; /* relative to the image */
};

struct hide_wanted {
	const struct engine *engine;
	int image; /* the directory of the job's image, or -1 */
	bool covers; /* directories are about to be cloned, which are not the image */
};

/*
 * In a mount namespace that ends with the root of the host: covers the directory of jobs, and at all other
 * mounts the directories of sockets as well; those at the state root itself must be hidden before. in: what
 * of the image hide_image has to cover. Who makes the job has opened its directory before. 0, or -1 with err.
 */
int hide_jobs(const struct hide_wanted *wanted, struct hide_image *in, struct err *err)
    __attribute__((warn_unused_result));

/* Covers them in the root of the job. 0, or -1 with err. */
int hide_image(const struct hide_image *in, int root, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Is nothing mounted in this directory but our covers? What was there when the namespace was made cannot be
 * left away (EINVAL of open_tree(2)); what came later would be, and what it covers shown. 0, or -1 with err.
 */
int hide_check_alone(const struct engine *engine, int directory, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Covers them at a mount of the job's own, which is attached and shows what lies beneath our mounts. Refuses one
 * that has mounts in it; private by now, it gets none. 0, or -1 with err; source: what it is called then.
 */
int hide_mount(const struct engine *engine, int mount, const char *source, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Covers what is mounted beneath the top of a mount, in the job's tree already: empty directories, and files
 * that cannot be opened. What lies beneath those mounts is not for the job to see either. 0, or -1 with err.
 */
int hide_submounts(int mount, struct err *err) __attribute__((warn_unused_result));

#endif
