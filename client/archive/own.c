/* SPDX-License-Identifier: ISC */
/*
 * Owner, mode, times and the capability of what is unpacked: see unpack.h.
 * TRUST: unprivileged
 * INPUT: numbers and attributes out of a hostile archive
 * MUST: give no set-id bit, and no capability, unless owners are kept and this one could be.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "client/archive/unpack.h"

#define CAPABILITY "security.capability"
#define SET_ID (S_ISUID | S_ISGID)

/* A number that the kernel can look up; -1 says "leave it" there. */
static uint32_t
number(int64_t id, bool *kept)
{
	if (id >= 0 && id < UINT32_MAX)
		return (uint32_t)id;
	*kept = false;
	return 0;
}

/* Both numbers, or root's in place of each that is not mapped (EINVAL): then *kept is false. */
static int
change_owner(
    const struct unpack *u, struct archive_entry *entry, int dir, const char *name, bool *kept)
{
	const int flags = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;
	uid_t uid = 0;
	gid_t gid = 0;

	*kept = (u->flags & UNPACK_OWNERS) != 0;
	if (!u->tree.job)
		return 0;
	if (*kept) {
		uid = number(archive_entry_uid(entry), kept);
		gid = number(archive_entry_gid(entry), kept);
	}
	if (fchownat(dir, name, uid, gid, flags) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	*kept = false;
	if (fchownat(dir, name, uid, (gid_t)-1, flags) == -1 &&
	    (errno != EINVAL || fchownat(dir, name, 0, (gid_t)-1, flags) == -1))
		return -1;
	if (fchownat(dir, name, (uid_t)-1, gid, flags) == -1 &&
	    (errno != EINVAL || fchownat(dir, name, (uid_t)-1, 0, flags) == -1))
		return -1;
	return 0;
}

void
own_times(struct archive_entry *entry, struct timespec times[2])
{
	times[0] = (struct timespec){ .tv_nsec = UTIME_OMIT };
	times[1] = (struct timespec){ .tv_sec = archive_entry_mtime(entry),
		.tv_nsec = archive_entry_mtime_nsec(entry) };
	if (!archive_entry_mtime_is_set(entry) || times[1].tv_nsec < 0 ||
	    times[1].tv_nsec >= 1000000000L)
		times[1].tv_nsec = UTIME_OMIT;
}

/* Mode after owner: chown(2) takes set-id bits away. The archive's author does not override a umask. */
static mode_t
mode_of(const struct unpack *u, struct archive_entry *entry, bool kept)
{
	mode_t bits = (mode_t)0777 | (kept ? SET_ID : 0);

	if (archive_entry_filetype(entry) == AE_IFDIR)
		bits |= S_ISVTX;
	return archive_entry_mode(entry) & bits & ~u->tree.umask;
}

static int
set_capability(struct archive_entry *entry, int fd)
{
	const char *name;
	const void *value;
	size_t len;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &len) == ARCHIVE_OK)
		if (name != NULL && strcmp(name, CAPABILITY) == 0)
			return fsetxattr(fd, CAPABILITY, value, len, 0);
	return 0;
}

int
own_file(const struct unpack *u, struct archive_entry *entry, int fd)
{
	struct timespec times[2];
	bool kept;

	own_times(entry, times);
	if (change_owner(u, entry, fd, "", &kept) == -1 ||
	    fchmod(fd, mode_of(u, entry, kept)) == -1 ||
	    (kept && u->tree.job && set_capability(entry, fd) == -1))
		return -1;
	return futimens(fd, times);
}

int
own_directory(const struct unpack *u, struct archive_entry *entry, int fd, mode_t *mode)
{
	bool kept;
	int ret = change_owner(u, entry, fd, "", &kept);

	*mode = mode_of(u, entry, kept);
	return ret;
}

int
own_name(const struct unpack *u, struct archive_entry *entry, int dir, const char *name)
{
	struct timespec times[2];
	bool kept;

	own_times(entry, times);
	if (change_owner(u, entry, dir, name, &kept) == -1)
		return -1;
	return utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW);
}
