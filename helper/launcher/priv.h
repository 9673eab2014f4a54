/* SPDX-License-Identifier: ISC */
/*
 * Privilege as a verb. The only file of the launcher that calls set*id(2), capset(2) and prctl(2).
 * TRUST: privileged
 * INPUT: ids that decide() has put into a grant
 * MUST: read every change back and die when it did not happen (CVE-2026-35535, CVE-2023-38496: a
 *       drop that failed unnoticed); never do so under an #ifdef.
 */
#ifndef HELPER_LAUNCHER_PRIV_H
#define HELPER_LAUNCHER_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/decide.h"

struct sock_filter;

/* All of these die (ERR_SYSTEM, ERR_BUG) instead of returning an error. */

/* Permitted is cut to what the launcher needs, effective, inheritable and ambient are emptied,
 * and the process can no longer be traced or dumped. */
void priv_init(void);

/* The effective uid is the caller's until priv_step_back(what this returned): around calls that may
 * take as long as the caller likes. Without privilege it stays what it is. */
uid_t priv_step_aside(void);
void priv_step_back(uid_t was);

/* The caller's uid in all three places, for good, before anything was done: who prints then, and is
 * perhaps not read, is no process of root's. */
void priv_abandon(void);

/* rdtsc, forbidden by PR_SET_TSC(2const), would end whoever reads the clock, and a timer slack stretches
 * every wait; execve(2) keeps both. */
void priv_reset_clock(void);

/* Two capabilities into the effective set around one system call (the same one twice where one
 * is enough), and out again. */
void priv_raise(int cap, int other);
void priv_lower(void);

/* Real, effective and saved ids 0: the caller can no longer signal this process. */
void priv_become_root(void);

/* All uids are the grant's owner id until priv_become_root: who clones a user namespace then makes that
 * id its owner and charges it for all that happens inside. */
void priv_become_owner(uint32_t owner_id);

/* The caller's own ids, no capability, no_new_privs, for good. */
void priv_drop_forever(uint32_t uid, uint32_t gid);

/* The watcher: no group, real and saved ids of nobody else's; the effective uid alone is the owner of the
 * namespace. No capability, no_new_privs, for good. */
void priv_become_watcher(uint32_t owner_id, uint32_t watch_id);

/* The init after the split: gid 0 of its namespace, which is the caller's outside, or with a map of its own
 * one of the granted. Its uid stays the owner's, for which the namespace has no name. */
void priv_enter_groups(void);

/* The engine's process: uid 0 of its namespace, which is the caller's outside, or with a map of its own one
 * of the granted. */
void priv_enter_namespace(void);

/* Bounding, permitted and effective set are the ceiling of a confined grant; ambient and
 * inheritable are empty. */
void priv_ceiling(void);

/* The tiny init: no capability, no_new_privs. */
void priv_drop_in_namespace(void);

/* Installs a system call filter for this process and all it starts. */
void priv_filter(const struct sock_filter *filter, unsigned short len);

/* prctl(PR_GET_NO_NEW_PRIVS). */
bool priv_is_no_new_privs(void);

#endif
