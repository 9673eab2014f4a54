/* SPDX-License-Identifier: ISC */
/*
 * What the launcher tells the engine that the engine cannot see from inside its user namespace:
 * who the user is on the host, with which ids and for which way to live it was started. Carried by a
 * sealed memfd.
 * Wire format: native 32-bit words: FACTS_MAGIC, FACTS_VERSION, mode, uid, gid, owner id, subuid start,
 * subuid count, subgid start, subgid count, number of groups, of lines of the uid map and of the gid map;
 * the groups; the lines, of three words each: inside, outside, count. Nothing may follow.
 * TRUST: privileged, pure
 * INPUT: encode: the launcher's own structs; decode: the memfd (the engine believes its launcher,
 *        but only after the seals and every length were checked)
 * MUST: refuse another version, a short text, trailing bytes.
 */
#ifndef COMMON_FACTS_H
#define COMMON_FACTS_H

#include <fcntl.h>
#include <stddef.h>

#include "common/decide.h"
#include "common/policy.h"

#define FACTS_MAGIC 0x62727468U /* "brth" */
#define FACTS_VERSION 3U
#define FACTS_HEAD 13U
#define FACTS_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

_Static_assert(sizeof(gid_t) == sizeof(uint32_t), "groups are copied as 32-bit words");
_Static_assert(sizeof(struct idmap_line) == 3 * sizeof(uint32_t), "and so are lines of a map");

/* Who started the engine, and whom it serves. */
enum facts_mode {
	FACTS_INVALID = 0,
	FACTS_SHARED, /* the launcher: all calls of the user */
	FACTS_ONCE, /* the launcher: one call, whose connection is the socket */
	FACTS_ROOTLESS /* the user, without a grant: all calls */
};

/* The descriptors that an engine starts with; 0 to 2 are /dev/null. */
enum engine_fd {
	ENGINE_FD_SOCKET = 3, /* listening; accept(2) at once */
	ENGINE_FD_LOCK = 4, /* keeps the user's lock while it is open; never into a job */
	ENGINE_FD_POLICY = 5, /* /etc/berth, checked by the launcher; O_PATH. FACTS_ROOTLESS: the
				 state root */
	ENGINE_FD_FACTS = 6, /* this memfd, sealed */
	ENGINE_FD_READY = 7, /* pipe: 'R' and close, or an exit status byte and up to 1999 bytes
				 of "what\nwhy\ntodo" */
	ENGINE_FD_END = 8
};

/* Writes the facts to fd and seals it (who starts an engine). 0, or -1 with errno. */
int facts_write(int fd, enum facts_mode mode, const struct caller *caller,
    const struct grant *grant) __attribute__((warn_unused_result));

/* Reads them back (the engine); groups and lines are malloc(3)ed. 0, or -1 with errno (EPROTO: malformed). */
int facts_read(int fd, enum facts_mode *mode, struct caller *caller, struct grant *grant)
    __attribute__((warn_unused_result));

#endif
