/* SPDX-License-Identifier: ISC */
/*
 * The root of a job: see overlay.h.
 * TRUST: unprivileged
 * INPUT: names below the state root, made by the engine
 * MUST: as in overlay.h
 */
#include "client/engine/job/overlay.h"

#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "client/engine/job/mnt.h"

int
overlay_directories(int dir)
{
	/* the root directory of the job has the mode of the upper one */
	if (mkdirat(dir, OVERLAY_UPPER, 0755) == -1)
		return -1;
	return mkdirat(dir, OVERLAY_WORK, 0700);
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
