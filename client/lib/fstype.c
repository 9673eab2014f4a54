/* SPDX-License-Identifier: ISC */
/*
 * What a file system is called. Contract in fstype.h.
 * TRUST: unprivileged
 * INPUT: what statfs(2) says
 * MUST: as fstype.h says
 */
#include "client/lib/fstype.h"

#include <linux/magic.h>
#include <stdio.h>

/* Not all of these are in linux/magic.h: they are what other trees call themselves in statfs(2). */
static const struct {
	unsigned int magic;
	const char *name;
} types[] = {
	{ OVERLAYFS_SUPER_MAGIC, "overlay" },
	{ NFS_SUPER_MAGIC, "nfs" },
	{ TMPFS_MAGIC, "tmpfs" },
	{ EXT4_SUPER_MAGIC, "ext4" },
	{ XFS_SUPER_MAGIC, "xfs" },
	{ BTRFS_SUPER_MAGIC, "btrfs" },
	{ F2FS_SUPER_MAGIC, "f2fs" },
	{ FUSE_SUPER_MAGIC, "fuse" },
	{ CIFS_SUPER_MAGIC, "cifs" },
	{ SMB2_SUPER_MAGIC, "smb2" },
	{ V9FS_MAGIC, "9p" },
	{ ECRYPTFS_SUPER_MAGIC, "ecryptfs" },
	{ MSDOS_SUPER_MAGIC, "vfat" },
	{ RAMFS_MAGIC, "ramfs" },
	{ PROC_SUPER_MAGIC, "proc" },
	{ SYSFS_MAGIC, "sysfs" },
	{ CGROUP2_SUPER_MAGIC, "cgroup2" },
	{ AFS_SUPER_MAGIC, "afs" },
	{ CEPH_SUPER_MAGIC, "ceph" },
	{ 0x0bd00bd0, "lustre" },
	{ 0x47504653, "gpfs" },
	{ 0x19830326, "beegfs" },
	{ 0x2fc12fc1, "zfs" },
};

void
fstype_name(const struct statfs *fs, char name[FSTYPE_MAX])
{
	snprintf(name, FSTYPE_MAX, "unknown");
	if (fs == NULL)
		return;
	snprintf(name, FSTYPE_MAX, "of type 0x%x", (unsigned int)fs->f_type);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].magic == (unsigned int)fs->f_type)
			snprintf(name, FSTYPE_MAX, "%s", types[i].name);
	}
}
