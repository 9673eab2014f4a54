/* SPDX-License-Identifier: ISC */
/*
 * What berth-archive gives up: see confine.h.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: as in confine.h
 */
#include "client/archive/confine.h"

#include <errno.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/io.h"

#define MEMORY_MAX ((rlim_t)768 << 20)

#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define MAKES                                                             \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |   \
	    LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_FIFO)
/* What is handled and not allowed by a rule is refused: all of the first version, and REFER. */
#define ALL ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

int
confine_limits(struct err *err)
{
	const struct rlimit memory = { MEMORY_MAX, MEMORY_MAX };
	const struct rlimit core = { 0, 0 };
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == -1)
		return err_sys(err, "the limits cannot be read");
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) == -1 || setrlimit(RLIMIT_CORE, &core) == -1 ||
	    setrlimit(RLIMIT_AS, &memory) == -1 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_sys(err, "the limits cannot be set");
	return 0;
}

/* Before the second version no file can be linked from one directory to another under it. */
static int
landlock(int dir, bool writable)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = ALL | LANDLOCK_ACCESS_FS_REFER };
	struct landlock_path_beneath_attr rule = {
		.allowed_access = READS | (writable ? MAKES | LANDLOCK_ACCESS_FS_REFER : 0),
		.parent_fd = dir,
	};
	int AUTO_CLOSE rules = -1;

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 2)
		return 0;
	rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (rules == -1)
		return -1;
	if (dir != -1 &&
	    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == -1)
		return -1;
	return (int)syscall(SYS_landlock_restrict_self, rules, 0);
}

int
confine_access(int dir, bool writable, struct err *err)
{
	const struct sock_fprog program = { .len = filter_archive_len,
		.filter = (struct sock_filter *)(uintptr_t)filter_archive };

	if (landlock(dir, writable) == -1)
		return err_sys(err, "access to files cannot be given up");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == -1)
		return err_sys(err, "system calls cannot be given up");
	return 0;
}
