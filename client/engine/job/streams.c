/* SPDX-License-Identifier: ISC */
/*
 * The streams that a client gives to a process: see streams.h.
 * TRUST: unprivileged
 * INPUT: descriptors of any client of the user's
 * MUST: as in streams.h
 */
#include "client/engine/job/streams.h"

#include <fcntl.h>
#include <sys/stat.h>

int
streams_check(int fd, int number, struct err *err)
{
	int flags = fcntl(fd, F_GETFL);
	struct statx st;

	/* no question to a file system that may be the user's own and never answers */
	if (flags == -1 || statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st) == -1)
		return err_sys(err, "stream %d cannot be used", number);
	if ((flags & O_PATH) == 0 && !S_ISDIR(st.stx_mode) && !S_ISBLK(st.stx_mode))
		return 0;
	err_set(err, ERR_USAGE, "stream %d of the job cannot be used", number);
	return err_why(err, "it is a directory, a disk or no open file at all");
}
