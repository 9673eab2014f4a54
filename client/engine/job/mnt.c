/* SPDX-License-Identifier: ISC */
/*
 * Mounts as descriptors: see mnt.h.
 * TRUST: unprivileged
 * INPUT: descriptors and fixed names
 * MUST: as in mnt.h
 */
#include "client/engine/job/mnt.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "common/io.h"

int
mnt_new(const char *type, const struct mnt_option *options, unsigned int attributes)
{
	int AUTO_CLOSE fs = fsopen(type, FSOPEN_CLOEXEC);

	/* the source is what df(1) and findmnt(8) show; these file systems do not use it */
	if (fs == -1 || fsconfig(fs, FSCONFIG_SET_STRING, "source", type, 0) == -1)
		return -1;
	for (; options != NULL && options->key != NULL; options++)
		if (fsconfig(fs, options->value == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING,
			options->key, options->value, 0) == -1)
			return -1;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == -1)
		return -1;
	return fsmount(fs, FSMOUNT_CLOEXEC, attributes);
}

int
mnt_clone_how(int at, const char *name, const struct mnt_how *how)
{
	struct mount_attr attr = { .attr_set = how->attributes,
		.propagation = how->follows ? MS_SLAVE : MS_PRIVATE };
	unsigned int below = how->alone ? 0 : AT_RECURSIVE;
	int mnt = open_tree(at, name,
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | below | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW |
		AT_NO_AUTOMOUNT);

	if (mnt == -1)
		return -1;
	if (mount_setattr(mnt, "", AT_EMPTY_PATH | below, &attr, sizeof(attr)) == -1) {
		io_close(&mnt);
		return -1;
	}
	return mnt;
}

int
mnt_clone(int at, const char *name, uint64_t attributes)
{
	const struct mnt_how how = { .attributes = attributes };

	return mnt_clone_how(at, name, &how);
}

int
mnt_attach(int mnt, int at, const char *name)
{
	return move_mount(mnt, "", at, name,
	    MOVE_MOUNT_F_EMPTY_PATH | (*name == '\0' ? MOVE_MOUNT_T_EMPTY_PATH : 0));
}

int
mnt_id(int fd, uint64_t *id)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) == -1)
		return -1;
	*id = st.stx_mnt_id;
	return 0;
}
