/* SPDX-License-Identifier: ISC */
/*
 * The root of a job: see overlay.h.
 * TRUST: unprivileged
 * INPUT: names below the state root, made by the engine
 * MUST: as in overlay.h
 */
#include "client/engine/job/overlay.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "client/engine/job/mnt.h"
#include "common/io.h"

int
overlay_directories(int at, const char *name)
{
	int AUTO_CLOSE dir = -1;

	if (mkdirat(at, name, 0700) == -1)
		return -1;
	dir = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir == -1)
		return -1;
	/* the root directory of the job has the mode of the upper one */
	return mkdirat(dir, OVERLAY_UPPER, 0755) | mkdirat(dir, OVERLAY_WORK, 0700);
}

int
overlay_mount(const char *lower, const char *job, unsigned int attributes)
{
	char upper[64];
	char work[64];
	/* volatile: nothing is ever synced, since nothing is kept */
	const struct mnt_option options[] = {
		{ "userxattr", NULL },
		{ "volatile", NULL },
		{ "lowerdir", lower },
		{ "upperdir", upper },
		{ "workdir", work },
		{ NULL, NULL },
	};

	snprintf(upper, sizeof(upper), "%s/" OVERLAY_UPPER, job);
	snprintf(work, sizeof(work), "%s/" OVERLAY_WORK, job);
	return mnt_new("overlay", options, attributes | MOUNT_ATTR_NODEV);
}
