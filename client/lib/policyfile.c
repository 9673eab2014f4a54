/* SPDX-License-Identifier: ISC */
/*
 * The reader of policy files for programs without privilege: see policyfile.h.
 * TRUST: shared, reads hostile input
 * INPUT: files below /etc/berth
 * MUST: as in policyfile.h
 */
#include "client/lib/policyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/io.h"
#include "common/policy.h"

int
policyfile_read(void *ctx, const char *name, char *buf, size_t cap, size_t *len, struct err *err)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	int AUTO_CLOSE fd = -1;
	struct stat st;
	ssize_t got;

	fd = (int)syscall(SYS_openat2, *(const int *)ctx, name, &how, sizeof(how));
	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1 || fstat(fd, &st) == -1) {
		err_sys(err, "%s/%s cannot be read", "/etc/berth", name);
		err->code = ERR_CONFIG;
		return -1;
	}
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_CONFIG, "%s/%s is not a regular file", "/etc/berth", name);
	got = io_read_all(fd, buf, cap);
	if (got == -1) {
		err_sys(err, "%s/%s cannot be read", "/etc/berth", name);
		err->code = ERR_CONFIG;
		return -1;
	}
	*len = (size_t)got;
	return 1;
}
