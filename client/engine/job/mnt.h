/* SPDX-License-Identifier: ISC */
/*
 * Mounts as descriptors: made detached, given their flags, and only then put where they belong,
 * so that none is ever visible without its flags.
 * TRUST: unprivileged
 * INPUT: descriptors and fixed names; no path inside an image comes here
 * MUST: set flags before a mount is attached; take a clone of the host's only with nosuid; what
 *       the host mounts beneath one that follows it has the host's flags alone.
 */
#ifndef CLIENT_ENGINE_JOB_MNT_H
#define CLIENT_ENGINE_JOB_MNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A parameter of a file system; value NULL: a flag. */
struct mnt_option {
	const char *key;
	const char *value;
};

/*
 * Makes a file system, with the options up to the one without key (or NULL), and the attributes
 * MOUNT_ATTR_*. The detached mount, or -1 with errno.
 */
int mnt_new(const char *type, const struct mnt_option *options, unsigned int attributes)
    __attribute__((warn_unused_result));

/*
 * A detached clone of what is at name below at ("" for at itself) and of the mounts below that,
 * with the attributes added everywhere and cut off from changes on the host. The name's last
 * component is not followed. The mount, or -1 with errno.
 */
int mnt_clone(int at, const char *name, uint64_t attributes) __attribute__((warn_unused_result));

/* How a clone is made. */
struct mnt_how {
	uint64_t attributes; /* MOUNT_ATTR_* that are added */
	bool follows; /* what the host mounts beneath it later comes, with the host's flags */
	/* without the mounts below it: EINVAL where these cover what must not be seen */
	bool alone;
};

/* As mnt_clone, in another way. */
int mnt_clone_how(int at, const char *name, const struct mnt_how *how)
    __attribute__((warn_unused_result));

/* Puts a detached mount on name below at ("" for at itself). 0 or -1 with errno. */
int mnt_attach(int mnt, int at, const char *name) __attribute__((warn_unused_result));

/* The number of the mount that fd is in, as /proc/self/mountinfo has it. 0 or -1 with errno. */
int mnt_id(int fd, uint64_t *id) __attribute__((warn_unused_result));

#endif
