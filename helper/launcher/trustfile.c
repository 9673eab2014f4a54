/* SPDX-License-Identifier: ISC */
/*
 * Files that only root can have written.
 * TRUST: privileged
 * INPUT: paths fixed in the program; names made from numbers
 * MUST: judge the open descriptor, never a name; follow no symbolic link; cross no mount beneath
 *       /etc/berth; never block on a FIFO; read a bounded number of bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launcher.h"

static int
refuse(struct err *err, const char *name, const char *why)
{
	err_set(err, ERR_CONFIG, "refused: %s %s", name, why);
	err_why(err, "only root may be able to change it, or it could not be believed");
	return (err_todo(err, "an administrator can find and mend it:  sudo berth check"));
}

/* A POSIX ACL that grants writing shows as the group's write bit (acl(5)). */
static int
check_inode(int fd, const char *name, mode_t type, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return (err_sys(err, "cannot examine %s", name));
	if ((st.st_mode & S_IFMT) != type)
		return (refuse(
		    err, name, type == S_IFDIR ? "is not a directory" : "is not a regular file"));
	if (st.st_uid != 0)
		return (refuse(err, name, "is not owned by root"));
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return (refuse(err, name, "can be written by others than root"));
	if (type == S_IFREG && st.st_nlink != 1)
		return (refuse(err, name, "has more than one name (hard links)"));
	return (0);
}

static int
open_judged(int dirfd, const char *name, struct open_how how, int *fd, struct err *err)
{
	mode_t type = how.flags & O_DIRECTORY ? S_IFDIR : S_IFREG;

	how.flags |= O_CLOEXEC | O_NOFOLLOW;
	how.resolve |= RESOLVE_NO_SYMLINKS; /* magic links too: openat2(2) */
	/* SYSCALL: openat2(2) has no wrapper. */
	*fd = (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
	if (*fd < 0 && errno == ENOENT)
		return (0);
	if (*fd < 0 && errno == EXDEV)
		return (refuse(err, name, "is a mount point"));
	if (*fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return (refuse(err, name, "is a symbolic link or not a directory"));
	if (*fd < 0)
		return (err_sys(err, "cannot open %s", name));
	return (check_inode(*fd, name, type, err) < 0 ? -1 : 1);
}

int
trust_file(int dirfd, const char *name, int flags, int *fd, struct err *err)
{
	struct open_how how = { .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV };

	/* A FIFO must not block the open; openat2(2) takes neither flag beside O_PATH. */
	how.flags = (unsigned int)flags | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY);
	return (open_judged(dirfd, name, how, fd, err));
}

int
trust_dir(const char *path, int *fd, struct err *err)
{
	const struct open_how how = { .flags = O_PATH | O_DIRECTORY };
	const char *whole = path;
	char part[NAME_MAX + 1];
	int rc = open_judged(AT_FDCWD, "/", how, fd, err);

	while (rc > 0 && *path == '/') {
		size_t len = strcspn(++path, "/");
		AUTO_CLOSE int parent = *fd;

		*fd = -1;
		if (len >= sizeof(part))
			return (err_set(err, ERR_BUG, "%s has too long a name", whole));
		memcpy(part, path, len);
		part[len] = '\0';
		rc = open_judged(parent, part, how, fd, err);
		path += len;
	}
	if (rc < 0 && err->errnum == 0)
		err_why(err, "it is a part of %s, which only root may be able to change", whole);
	return (rc);
}

int
trust_read(void *ctx, const char *name, char *buf, size_t cap, size_t *len, struct err *err)
{
	AUTO_CLOSE int dir = -1;
	AUTO_CLOSE int fd = -1;
	const int *etcfd = ctx;
	const char *slash = strchr(name, '/');
	ssize_t got;
	int rc = 1;

	if (slash != NULL)
		rc = trust_file(*etcfd, "allow", O_PATH | O_DIRECTORY, &dir, err);
	if (rc > 0)
		rc = trust_file(slash != NULL ? dir : *etcfd, slash != NULL ? slash + 1 : name,
		    O_RDONLY, &fd, err);
	if (rc < 0 && err->errnum == 0)
		err_why(err,
		    "it is a part of " POLICY_DIR "/%s, which only root may be able to change",
		    name);
	if (rc <= 0)
		return (rc);
	got = io_read_all(fd, buf, cap);
	if (got < 0 && errno == EFBIG)
		return (refuse(err, name, "is larger than 64 KiB"));
	if (got < 0)
		return (err_sys(err, "cannot read %s", name));
	*len = (size_t)got;
	return (1);
}
