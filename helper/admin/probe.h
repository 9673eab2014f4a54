/* SPDX-License-Identifier: ISC */
/*
 * Can this directory be a state root: may the user write there, and does the file system carry an
 * overlay?
 * TRUST: privileged
 * INPUT: a path of the administrator's; directories of the user's
 * MUST: touch files with the user's own rights only, so that nobody's disk is filled on a
 *       partition they have no right to, and no link of theirs leads root anywhere; leave nothing
 *       behind but the directory itself.
 */
#ifndef HELPER_ADMIN_PROBE_H
#define HELPER_ADMIN_PROBE_H

#include <limits.h>

#include "helper/admin/account.h"

/*
 * Makes path (0700) if it is missing, tries it out and writes its name without symbolic links to
 * real. 0, or -1 with err.
 */
int probe_root(const struct account *who, const char *path, char real[PATH_MAX], struct err *err)
    __attribute__((warn_unused_result));

/*
 * Chooses where none was named: ~/.local/state/berth, else /var/lib/berth/UID. Makes it, tries it
 * out. 0, or -1 with err.
 */
int probe_default(const struct account *who, char real[PATH_MAX], struct err *err)
    __attribute__((warn_unused_result));

#endif
