/* SPDX-License-Identifier: ISC */
/*
 * /etc/berth/ids: every id range and reserved id that was ever given. What is given once is never
 * given to somebody else: a setuid file of a range can outlive the grant.
 * Format: lines "subuid UID START COUNT", "subgid UID START COUNT", "owner UID ID",
 * "watch UID ID", one blank between words; comments begin with ';'. It only grows.
 * TRUST: privileged
 * INPUT: the file (root's, but maybe damaged)
 * MUST: refuse a file with a line that it does not understand; record before anything is used.
 */
#ifndef HELPER_ADMIN_IDS_H
#define HELPER_ADMIN_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/idmap.h"

enum ids_kind {
	IDS_INVALID = 0,
	IDS_SUBUID,
	IDS_SUBGID,
	IDS_OWNER,
	IDS_WATCH
};

struct ids_entry {
	enum ids_kind kind;
	uint32_t uid; /* whose */
	struct id_range range; /* of one id for owner and watch */
	unsigned int line;
};

struct ids {
	size_t n;
	size_t cap;
	struct ids_entry *entries; /* malloc(3) */
};

/* Parses len bytes of text, changing them. 0, or -1 with err. ids_free in both cases. */
int ids_parse(char *text, size_t len, struct ids *ids, struct err *err)
    __attribute__((warn_unused_result));

/* Reads the file in the directory /etc/berth; none is empty. As ids_parse. */
int ids_load(int dirfd, struct ids *ids, struct err *err) __attribute__((warn_unused_result));
void ids_free(struct ids *ids);
#define AUTO_IDS __attribute__((cleanup(ids_free)))

/* The first entry of that kind of uid, or NULL. */
const struct ids_entry *ids_find(const struct ids *ids, enum ids_kind kind, uint32_t uid);

/* Adds to *ids, in memory. 0, or -1 with err. */
int ids_add(struct ids *ids, const struct ids_entry *entry, struct err *err)
    __attribute__((warn_unused_result));

/* Writes the entries from number first on behind the file's end, on disk. 0, or -1 with err. */
int ids_record(int dirfd, const struct ids *ids, size_t first, struct err *err)
    __attribute__((warn_unused_result));

#endif
