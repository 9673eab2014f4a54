/* SPDX-License-Identifier: ISC */
/*
 * The phases of the launcher and what passes from one to the next. Each leaves less power than
 * the one before; main.c is the list of them.
 * TRUST: privileged
 * INPUT: see each file
 * MUST: hold no state between the phases but what these structs say.
 */
#ifndef HELPER_LAUNCHER_LAUNCHER_H
#define HELPER_LAUNCHER_LAUNCHER_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/decide.h"
#include "common/err.h"
#include "common/idmap.h"
#include "common/policy.h"

/* end.c: prints err and ends the program with its code. The user's lock and all else is closed
 * before: whoever does not read our messages must not make anybody wait. */
_Noreturn void end_with(const struct err *err);

/* The longest that a start may take before SIGALRM ends it; nothing of it waits without a limit. */
#define START_SECONDS 60
#define STATE_DIR "/var/lib/berth"
/* The one descriptor that a caller hands over to the verb "once". */
#define REQUEST_FD 3
/* And to "mount": a mount namespace, a directory as it was opened in there (O_PATH), and the socket for the
 * answer. */
enum mount_fd {
	MOUNT_FD_NAMESPACE = 3,
	MOUNT_FD_DIRECTORY,
	MOUNT_FD_REPLY,
	MOUNT_FD_END
};

/* Every other function returns 0 (or what its comment says), or -1 with err; the first error ends the
 * program. */

/* sanitize.c: what a caller can hand over through execve(2), made harmless. Descriptors from
 * first on are closed. */
int sanitize(unsigned int first, struct err *err) __attribute__((warn_unused_result));

/* user_namespaces(7): the inode number of the initial one, which no other has (PROC_USER_INIT_INO of the
 * kernel's proc_ns.h). */
#define USER_NAMESPACE_INITIAL 0xEFFFFFFDU

/* self.c: is this program installed and started so that it can be what it claims to be? */
int self_check(struct err *err) __attribute__((warn_unused_result));

/* caller.c: who calls, from the kernel alone. groups are malloc(3)ed. */
int caller_read(struct caller *caller, struct err *err) __attribute__((warn_unused_result));

/* trustfile.c: files that only root can have written. trust_dir opens an absolute path (fixed in
 * the program) one component after the other, O_PATH; trust_file opens name in dirfd. Both judge
 * owner, mode, type and links on the open descriptor and follow no symbolic link. 1 and *fd
 * (CLOEXEC), 0 and -1 in *fd when there is no such file, -1 with err (*fd is to be closed if it
 * is not -1). trust_read is a policy_reader; ctx points to the descriptor of /etc/berth. */
int trust_dir(const char *path, int *fd, struct err *err) __attribute__((warn_unused_result));
int trust_file(int dirfd, const char *name, int flags, int *fd, struct err *err)
    __attribute__((warn_unused_result));
int trust_read(void *ctx, const char *name, char *buf, size_t cap, size_t *len, struct err *err);

/* audit.c: one line to the system log, authpriv: err, or that decision allowed it. Never waits. -1, with
 * err in the place of what was there, when the caller's own limits keep it from being counted. number is
 * the verb's, below AUDIT_VERBS: each has lines of its own. ids: uid and gid are what was asked for. */
#define AUDIT_VERBS 3
struct audit_call {
	const char *verb;
	unsigned int number;
	bool ids;
	uint32_t uid, gid;
};
int audit(const struct audit_call *call, const struct caller *caller,
    const struct decision *decision, struct err *err) __attribute__((warn_unused_result));

/* place.c: *procfd is a procfs of the launcher's own. */
int procfs_open(int *procfd, struct err *err) __attribute__((warn_unused_result));

/* place.c: out of what belongs to the caller, into what belongs to the host: namespaces, cgroup,
 * session, limits. Returns in a child; the process that was called drops all privilege, waits for it
 * and ends with its status. */
int place(const struct grant *grant, int procfd, struct err *err)
    __attribute__((warn_unused_result));

/* share.c: limits, priority and the like as the user could have them at most, not as the first
 * caller happens to have them. procfd as in place. */
int share_reset(int procfd, struct err *err) __attribute__((warn_unused_result));

/* share.c: takes a usual priority and all processors, and gives back what was before: who calls may
 * have put themselves behind everybody on one busy processor, and all that we start with them. */
#define SHARE_CPU_SETS 8 /* of 1,024; the kernel has 8,192 at most */
struct share {
	bool taken;
	int policy, nice;
	cpu_set_t cpus[SHARE_CPU_SETS];
};
int share_take(struct share *share, struct err *err) __attribute__((warn_unused_result));
int share_return(const struct share *share, struct err *err) __attribute__((warn_unused_result));

/* cgroup.c: the launcher's own cgroup, and a fresh one for all that is started. *fd is -1 on a
 * host without cgroup v2. */
int cgroup_launcher(int *fd, struct err *err) __attribute__((warn_unused_result));
int cgroup_fresh(uint32_t uid, int *fd, struct err *err) __attribute__((warn_unused_result));

/* runtime_dir.c: /run/berth/UID, /var/lib/berth/UID. ERR_UNAVAILABLE when the lock is taken. */
struct runtime {
	int lock; /* the user's lock, held */
	int socket; /* listening, at /run/berth/UID/engine.sock */
};
int runtime_prepare(const struct grant *grant, struct runtime *runtime, struct err *err)
    __attribute__((warn_unused_result));

/* runtime_dir.c: /var/lib/berth/UID, for a grant that names no state root. */
int state_prepare(const struct grant *grant, struct err *err) __attribute__((warn_unused_result));

/* namespaces.c: the parent's, the init's and the engine's part of making the namespaces. child is the
 * init's directory in a procfs. The init has no mounts that a full namespace could make it clear away
 * before it ends. */
int write_maps(int child, const struct idmap *uids, const struct idmap *gids, struct err *err)
    __attribute__((warn_unused_result));
int confine(int procfd, struct err *err) __attribute__((warn_unused_result));
int separate_mounts(struct err *err) __attribute__((warn_unused_result));

/* What the phases before a verb have read, opened and judged. */
struct handles {
	int etcfd; /* POLICY_DIR */
	int procfd; /* see procfs_open */
	uint32_t uid, gid; /* mount: the ids of the job, as its namespace numbers them */
	struct idmap uids, gids; /* once: maps that the caller wants; no lines: none */
};

/* verb_start.c, verb_once.c and verb_mount.c */
int verb_start(const struct caller *caller, const struct grant *grant,
    const struct handles *handles, struct err *err) __attribute__((warn_unused_result));
int verb_once(const struct caller *caller, const struct grant *grant, const struct handles *handles,
    struct err *err) __attribute__((warn_unused_result));
int verb_mount(const struct caller *caller, const struct grant *grant,
    const struct handles *handles, struct err *err) __attribute__((warn_unused_result));

/* verb_once.c: is fd a connected stream socket of the caller's? And is REQUEST_FD one? */
bool is_callers_stream(int fd);
int once_check_request(struct err *err) __attribute__((warn_unused_result));

/* verb_mount.c: are there three descriptors of the right kinds? Asks no file system. */
int mount_check_request(struct err *err) __attribute__((warn_unused_result));

/* verb_mount.c: are the ids, and is the namespace, of what this grant makes, and the directory the caller's
 * own, on a file system that can be mapped? */
int mount_check_grant(const struct grant *grant, const struct handles *handles, struct err *err)
    __attribute__((warn_unused_result));

#endif
