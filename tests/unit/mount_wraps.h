/* SPDX-License-Identifier: ISC */
/*
 * What of the kernel and of the launcher is another one below the verb "mount", for its unit test and its
 * fuzz target, which both say what it does.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: be included by a file whose WRAP line names all of it
 */
#ifndef TESTS_UNIT_MOUNT_WRAPS_H
#define TESTS_UNIT_MOUNT_WRAPS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "common/err.h"
#include "common/idmap.h"

int __wrap_fcntl(int fd, int cmd, ...);
bool __wrap_is_callers_stream(int fd);
int __wrap_pipe2(int ends[2], int flags);
pid_t __wrap_launch_clone(uint64_t flags, int cgroup, int *pidfd);
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);
ssize_t __real_read(int fd, void *buf, size_t len);
ssize_t __wrap_read(int fd, void *buf, size_t len);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_openat(int dirfd, const char *path, int flags, ...);
int __wrap_write_maps(
    int child, const struct idmap *uids, const struct idmap *gids, struct err *err);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);
void __wrap_priv_drop_forever(uint32_t uid, uint32_t gid);
void __wrap_priv_become_owner(uint32_t owner_id);
void __wrap_priv_become_root(void);
void __wrap_priv_raise(int cap, int other);
void __wrap_priv_lower(void);
int __wrap_setns(int fd, int type);
int __wrap_open_tree(int dirfd, const char *path, unsigned int flags);
int __wrap_mount_setattr(
    int dirfd, const char *path, unsigned int flags, struct mount_attr *attr, size_t size);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags);

#endif
