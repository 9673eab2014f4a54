/* SPDX-License-Identifier: ISC */
/*
 * User and group ids as numbers, ranges of them, and maps: the lines of a uid_map or gid_map.
 * TRUST: privileged, pure
 * INPUT: decimal texts from policy files (root's) and from command lines (hostile)
 * MUST: accept one spelling of each id and no other (CVE-2019-14287: -1 and 4294967295 became 0);
 *       never let host id 0, 65534, the caller's own id or a reserved id into a mapped range.
 */
#ifndef COMMON_IDMAP_H
#define COMMON_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest id that is accepted anywhere. (uid_t)-1 means "no change" to setresuid(2), and
 * programs that keep ids in an int see what is above 2^31-1 as negative. */
#define ID_MAX 2147483646U
/* The overflow id of the kernel (user_namespaces(7)): what is not mapped looks like it. */
#define ID_OVERFLOW 65534U
/* Below it live system accounts and people's accounts (SUB_UID_MIN of login.defs(5) is 100000). */
#define ID_SUB_MIN 65536U
/* From here on berth-admin takes the ids that own namespaces of users with a file of their own.
 * Never mapped, never an account. With "subids = auto" they are the last two of a user's block. */
#define ID_RESERVED_MIN 2147400000U

/* count ids from start on; count 0 means none. */
struct id_range {
	uint32_t start;
	uint32_t count;
};

/* text up to end is (0|[1-9][0-9]*) and at most ID_MAX. 0, or -1 with *value unchanged. */
int id_digits_parse(const char *text, const char *end, uint32_t *value)
    __attribute__((warn_unused_result));

/* As id_digits_parse, all of text. */
int id_parse(const char *text, uint32_t *id) __attribute__((warn_unused_result));

/* START:COUNT, both as id_parse; COUNT at least 1; the last id at most ID_MAX. 0 or -1. */
int id_range_parse(const char *text, struct id_range *range) __attribute__((warn_unused_result));

/* Do they share an id? One without ids shares none. */
bool id_range_overlaps(const struct id_range *a, const struct id_range *b);
bool id_range_contains(const struct id_range *range, uint32_t id);

/*
 * May this range be mapped into a namespace of the user own? It must not be empty, start below
 * ID_SUB_MIN, end above ID_MAX, or contain own, ID_OVERFLOW or an id from ID_RESERVED_MIN on.
 */
bool id_range_mappable(const struct id_range *range, uint32_t own);

/* user_namespaces(7), "Defining user and group ID mappings": the lines that the kernel takes at most.
 * Their text must be shorter than a page; a little less lets it stand on the stack. */
#define IDMAP_LINES_MAX 340
#define IDMAP_TEXT_MAX 3968

/* count ids from inside on are, on the host, those from outside on. */
struct idmap_line {
	uint32_t inside;
	uint32_t outside;
	uint32_t count;
};

/* A uid_map or gid_map; the lines are somebody else's. */
struct idmap {
	size_t n;
	const struct idmap_line *lines;
};

/*
 * C:H:N[,C:H:N...]: N ids from C on are those from H on, all as id_parse. N is at least 1; the last id
 * on the host is at most ID_MAX, and inside below ID_RESERVED_MIN, which is left for the launcher to see
 * that what is not mapped cannot be taken; no id stands in two lines on the same side, and all of it fits
 * into IDMAP_TEXT_MAX. Says nothing about whose ids they are: decide.h. lines has room for
 * IDMAP_LINES_MAX and must outlive map. 0, or -1 with map unchanged.
 */
int idmap_parse(const char *text, struct idmap_line *lines, struct idmap *map)
    __attribute__((warn_unused_result));

/* The map of a grant that asks for none of its own: 0 is own, 1 and what follows is range. */
struct idmap idmap_usual(struct idmap_line lines[2], uint32_t own, const struct id_range *range);

/* As the kernel reads it, "INSIDE OUTSIDE COUNT" a line. The length, or -1 when len is too small;
 * IDMAP_TEXT_MAX is enough for what idmap_parse has taken. */
int idmap_format(char *buf, size_t len, const struct idmap *map)
    __attribute__((warn_unused_result));

#endif
