/* SPDX-License-Identifier: ISC */
/*
 * Work that is done in a child: with a user's rights, or by another program. Only this file names
 * fork, set*id and exec.
 * TRUST: privileged
 * INPUT: an account; what the child prints (may be a user's)
 * MUST: read every identity back before anything is done with it; wait for no child longer than
 *       was said, for the user may stop it; leave no descriptor but 0 to 2 to it.
 */
#ifndef HELPER_ADMIN_CHILD_H
#define HELPER_ADMIN_CHILD_H

#include "helper/admin/account.h"

enum child_identity {
	CHILD_INVALID = 0,
	CHILD_ROOT, /* stays what it is */
	CHILD_USER, /* the account and nothing else, for good */
	CHILD_USER_FILES /* root who reaches files as the account does: fsuid, fsgid, groups */
};

struct child {
	enum child_identity identity;
	const struct account *account; /* NULL with CHILD_ROOT */
	int (*work)(void *arg); /* its value, 0 to 255, is the exit status */
	void *arg;
	unsigned int seconds; /* after which it is killed */
	char *output; /* what it wrote to stdout and stderr, cut and NUL-terminated; or NULL */
	size_t size; /* of output */
};

/* The exit status, 128+n when signal n ended it, or -1 with err. */
int child_run(const struct child *child, struct err *err) __attribute__((warn_unused_result));

/* For work(): executes argv[0] with the environment "PATH=..." or, without path, an empty one. */
int child_exec(char *const argv[], bool path);

#endif
