/* SPDX-License-Identifier: ISC */
/*
 * Where something is mounted inside a job's root. The root is the work of an image's author and,
 * through bind mounts, of other jobs that run: any name in it can be a symlink to anywhere, a FIFO,
 * or become one at any moment.
 * TRUST: unprivileged
 * INPUT: a hostile tree; paths from the request
 * MUST: resolve every name by the kernel beneath the root (openat2, RESOLVE_IN_ROOT), hand out
 *       descriptors and never names, open nothing but with O_PATH, create nothing on a file system
 *       that is the host's (CVE-2024-45310), accept no target in procfs or sysfs (CVE-2019-16884).
 */
#ifndef CLIENT_ENGINE_JOB_TARGET_H
#define CLIENT_ENGINE_JOB_TARGET_H

#include <stdbool.h>
#include <sys/types.h>

#define TARGET_DEVS_MAX 80

/* A root under construction. */
struct root {
	int fd;
	size_t ndevs; /* file systems that were made for this job: there names may be created */
	dev_t devs[TARGET_DEVS_MAX];
};

/* Notes that the file system of mnt was made for this job. 0 or -1 with errno. */
int root_own(struct root *root, int mnt) __attribute__((warn_unused_result));

/*
 * path (absolute, as the job sees it) as a descriptor to mount on; symlinks are followed inside
 * the root. What is missing is made, the last component as a directory or an empty file.
 * -1 with errno (EXDEV: would have to be made on the host; ENOTDIR, EISDIR: is the other kind;
 * EPERM: inside procfs or sysfs; EBUSY: a symlink leads to the root itself; ELOOP, ENOENT: a symlink
 * that leads nowhere).
 */
int target_open(const struct root *root, const char *path, bool directory)
    __attribute__((warn_unused_result));

/*
 * The entry name of the directory parent (a path in the root) as a descriptor to mount on. If it
 * is of the wrong kind, a symlink above all, it is replaced in the job's own upper layer.
 */
int target_replace(const struct root *root, const char *parent, const char *name, bool directory)
    __attribute__((warn_unused_result));

#endif
