/* SPDX-License-Identifier: ISC */
/*
 * /etc/berth: opened, judged, locked, read.
 * TRUST: privileged
 * INPUT: the files there (root's, but maybe damaged, maybe edited by hand)
 * MUST: change nothing without the lock; refuse to work where somebody else than root could have
 *       written.
 */
#ifndef HELPER_ADMIN_STORE_H
#define HELPER_ADMIN_STORE_H

#include "common/policy.h"

#define STORE_LOCK_SECONDS 30

struct store {
	int dir; /* /etc/berth, -1: there is none */
	int allow; /* /etc/berth/allow, -1: there is none */
	int lock; /* -1: only for reading */
};

/* For reading. A missing directory is no error. 0, or -1 with err. store_close in both cases. */
int store_open(struct store *store, struct err *err) __attribute__((warn_unused_result));

/*
 * For changing: makes what is missing, judges every entry, takes the lock (waits for it, but not
 * for ever). 0, or -1 with err. store_close in both cases.
 */
int store_open_locked(struct store *store, struct err *err) __attribute__((warn_unused_result));
void store_close(struct store *store);
#define AUTO_STORE __attribute__((cleanup(store_close)))

/* berth.conf. 0, or -1 with err. */
int store_hostconf(const struct store *store, struct hostconf *host, struct err *err)
    __attribute__((warn_unused_result));

/*
 * The file of a principal, which allow_init has set in allow. 1, 0 when there is none, -1 with
 * err. With raw, *raw is the unparsed text, malloc(3)ed with room for INI_FILE_MAX bytes and NUL.
 */
int store_allow(const struct store *store, struct allow *allow, char **raw, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Calls each for every well-named file of allow/, by kind and number; stops when it returns
 * not 0 and returns that. -1 with err. A name that is none of ours is skipped.
 */
typedef int store_visit(void *ctx, enum principal kind, uint32_t id, struct err *err);
int store_each(const struct store *store, store_visit *each, void *ctx, struct err *err)
    __attribute__((warn_unused_result));

/* "uid-1000.conf", "gid-2000.conf". 0 or -1. */
int store_parse_name(const char *name, enum principal *kind, uint32_t *id)
    __attribute__((warn_unused_result));

/* "uid-1000.conf" in an allow-list file's name to show. */
const char *store_base(const struct allow *allow);

#endif
