/* SPDX-License-Identifier: ISC */
/*
 * Questions about path names that no file system is asked for.
 * TRUST: privileged, pure
 * INPUT: paths from policy files and from requests (hostile)
 * MUST: compare whole components (CVE-2026-48785: /data/safe allowed /data/safe-but-unsafe).
 */
#ifndef COMMON_PATH_H
#define COMMON_PATH_H

#include <stdbool.h>

/* Absolute, no empty, "." or ".." component, no trailing slash but in "/", shorter than PATH_MAX. */
bool path_is_canonical(const char *path);

/* Is path the same as, or below, parent? Both canonical, else false. */
bool path_is_beneath(const char *parent, const char *path);

#endif
