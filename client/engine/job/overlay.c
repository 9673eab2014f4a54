/* SPDX-License-Identifier: ISC */
/*
 * The root of a job: see overlay.h.
 * TRUST: unprivileged
 * INPUT: names below the state root, made by the engine
 * MUST: as in overlay.h
 */
#include "client/engine/job/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/engine/job/mnt.h"
#include "client/engine/job/remove.h"
#include "common/io.h"

int
overlay_directories(int dir)
{
	/* the root directory of the job has the mode of the upper one */
	if (mkdirat(dir, OVERLAY_UPPER, 0755) == -1)
		return -1;
	return mkdirat(dir, OVERLAY_WORK, 0700);
}

/* The kernel mounts no volatile overlay twice: work holds a mark of the first time. */
int
overlay_again(int dir)
{
	struct stat st;

	if (fstatat(dir, OVERLAY_UPPER, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	if (unlinkat(dir, OVERLAY_LOWER, AT_REMOVEDIR) == -1 && errno != ENOENT)
		return -1;
	return remove_tree(dir, OVERLAY_WORK) == -1 ? -1 : mkdirat(dir, OVERLAY_WORK, 0700);
}

int
overlay_mount(int job, const char *lower, unsigned int attributes)
{
	/* volatile: nothing is ever synced, since nothing is kept */
	const struct mnt_option options[] = {
		{ "userxattr", NULL },
		{ "volatile", NULL },
		{ "lowerdir", lower },
		{ "upperdir", OVERLAY_UPPER },
		{ "workdir", OVERLAY_WORK },
		{ NULL, NULL },
	};
	int AUTO_CLOSE here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int mnt = -1;

	if (here == -1 || fchdir(job) == -1)
		return -1;
	mnt = mnt_new("overlay", options, attributes | MOUNT_ATTR_NODEV);
	if (fchdir(here) == 0)
		return mnt;
	io_close(&mnt);
	return -1;
}
