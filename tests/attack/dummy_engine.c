/* SPDX-License-Identifier: ISC */
/*
 * Stands in for berth-engine in tests of the launcher. Without a file "engine-says" in its policy
 * directory it is ready at once and then does nothing, so that what the launcher hands over can be
 * looked at from outside; with it, it writes these bytes to the ready pipe and ends. With a file
 * "engine-runs" there it is ready, and then this shell script of the test's.
 * TRUST: unprivileged
 * INPUT: the descriptors of enum engine_fd
 * MUST: change nothing
 */
#include <fcntl.h>
#include <unistd.h>

#include "common/facts.h"

int
main(void)
{
	static char says[65536];
	int fd = openat(ENGINE_FD_POLICY, "engine-says", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, says, sizeof(says));

	if (len >= 0) {
		if (write(ENGINE_FD_READY, says, (size_t)len) != len)
			return (1);
		return (0);
	}
	if (write(ENGINE_FD_READY, "R", 1) != 1 || close(ENGINE_FD_READY) < 0)
		return (1);
	if (faccessat(ENGINE_FD_POLICY, "engine-runs", R_OK, 0) == 0)
		execl("/bin/sh", "sh", "/etc/berth/engine-runs", (char *)NULL);
	for (;;)
		pause();
}
