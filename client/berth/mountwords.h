/* SPDX-License-Identifier: ISC */
/*
 * The words of -v and --mount as a mount, in docker's syntax and with berth's uid= and gid=.
 *   -v        [SRC:]DST[:OPTIONS], where SRC with a slash (or . or ..) is a path, else a volume's name
 *   --mount   KEY[=VALUE],...  a field may stand in double quotes, as in CSV: RFC 4180
 * TRUST: unprivileged
 * INPUT: the command line of the caller
 * MUST: open nothing; refuse by its name what is unknown, of another type, or not in this version.
 */
#ifndef CLIENT_BERTH_MOUNTWORDS_H
#define CLIENT_BERTH_MOUNTWORDS_H

#include "client/lib/job.h"

/*
 * Into *mount, which is empty before: source (as it was written) and target (tidied) of its own, fd -1.
 * What job_check says of it comes later. 0, or -1 with err; job_mount_free in both cases.
 */
int mountwords_volume(const char *text, struct job_mount *mount, struct err *err)
    __attribute__((warn_unused_result));
int mountwords_mount(const char *text, struct job_mount *mount, struct err *err)
    __attribute__((warn_unused_result));

/*
 * The next field of a line of CSV, unquoted in place; *rest is what follows, NULL behind the last one. NULL
 * when a quote stands where none can.
 */
char *mountwords_field(char **rest);

/* "private", "rprivate", "slave" or "rslave". 0, or -1 with err. */
int mountwords_propagation(const char *text, enum job_propagation *propagation, struct err *err)
    __attribute__((warn_unused_result));

/* "64m", "1g", "65536", "512k": bytes. 0 or -1. */
int mountwords_size(const char *text, uint64_t *bytes) __attribute__((warn_unused_result));

/* The options of a tmpfs, "size=64m,mode=1777,ro": size and mode as they stand, of at most 32 bytes each, or
 * NULL. NULL: memory is short. */
char *mountwords_tmpfs(const char *size, const char *mode, bool readonly);

/* Is it a path, unlike the name of a volume or of an image? */
bool mountwords_is_path(const char *text);

#endif
