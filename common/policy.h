/* SPDX-License-Identifier: ISC */
/*
 * The policy that applies to one caller: berth.conf and the allow-list files of the caller's uid
 * and groups. Format: berth.conf(5), berth-allow(5).
 * TRUST: privileged, pure
 * INPUT: file contents handed over by a reader that has judged where they come from
 * MUST: refuse all when one file is malformed or berth.conf is missing; a file only adds rights.
 */
#ifndef COMMON_POLICY_H
#define COMMON_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/entitlement.h"
#include "common/err.h"
#include "common/idmap.h"

#define POLICY_DIR "/etc/berth"

#define ALLOW_RULES_MAX 256
#define ALLOW_EXCEPT_MAX 64
#define ALLOW_TEXT_MAX 8192
#define POLICY_FILES_MAX 128
/* Ids that one user takes out of the pool with "subids = auto": all but the last two are mapped,
 * those own the namespace and its watcher. */
#define SUBIDS_AUTO 65536U

/* Facts about the caller, from the kernel. Users are numbers here. */
struct caller {
	uint32_t uid;
	uint32_t gid;
	size_t ngroups;
	gid_t *groups; /* malloc(3); supplementary groups, in the kernel's order */
};

enum principal {
	PRINCIPAL_INVALID = 0,
	PRINCIPAL_UID,
	PRINCIPAL_GID
};

/* "engine =": bits. */
enum engine_mode {
	ENGINE_INVALID = 0,
	ENGINE_SHARED = 1,
	ENGINE_ONCE = 2,
	ENGINE_ANY = 3
};

struct rule {
	struct entitlement ent; /* value points into the text of its struct allow */
	unsigned int line;
};

/* One file of the allow-list. */
struct allow {
	enum principal kind;
	uint32_t id;
	char file[64]; /* /etc/berth/allow/uid-1000.conf */
	char name[33]; /* for people, never used to decide; "" when not given */
	const char *root; /* state root, or NULL */
	bool subids_auto; /* "subids = auto": ids derived from the uid: SUBIDS_AUTO */
	struct id_range subuid;
	struct id_range subgid;
	uint32_t owner_id; /* 0: none */
	uint32_t watch_id; /* 0: none */
	enum engine_mode engine;
	uint32_t uid; /* the one that the file names itself, or UINT32_MAX: one of the two is id */
	uint32_t gid;
	unsigned int line; /* while it is parsed */
	int64_t until; /* seconds since the epoch, 0: no end */
	int64_t revoked; /* the same; not 0: a tombstone, which grants nothing */
	uint32_t timeout; /* seconds, 0: not given */
	size_t nexcept;
	uint32_t except[ALLOW_EXCEPT_MAX];
	size_t nrules;
	struct rule rules[ALLOW_RULES_MAX];
	size_t text_used;
	char text[ALLOW_TEXT_MAX];
};

/* berth.conf */
struct hostconf {
	struct id_range pool; /* "[ids] base=, count="; count 0: no pool */
	uint32_t first_uid; /* the uid that gets the first 65536 ids of the pool */
};

struct policy {
	struct hostconf host;
	size_t nfiles; /* the uid's file first if there is one, then groups by ascending gid */
	struct allow *files[POLICY_FILES_MAX];
};

/*
 * Reads the file called name ("berth.conf", "allow/uid-1000.conf") into buf, at most cap bytes.
 * 1 and *len, 0 when there is no such file, -1 with err. A reader judges owner and mode if it can.
 */
typedef int policy_reader(
    void *ctx, const char *name, char *buf, size_t cap, size_t *len, struct err *err);

struct policy_source {
	policy_reader *read;
	void *ctx;
};

/*
 * Parse one file each, changing text. file is the name to show. 0, or -1 with err (ERR_CONFIG, file
 * and line).
 */
int hostconf_parse(const char *file, char *text, size_t len, struct hostconf *conf, struct err *err)
    __attribute__((warn_unused_result));
int allow_parse(struct allow *allow, char *text, size_t len, struct err *err)
    __attribute__((warn_unused_result));

/* Sets kind, id, file and the defaults of an otherwise empty allow. Before allow_parse. */
void allow_init(struct allow *allow, enum principal kind, uint32_t id);

/* Loads all that applies to caller. 0, or -1 with err. policy_free in both cases. */
int policy_load(struct policy *policy, const struct caller *caller,
    const struct policy_source *source, struct err *err) __attribute__((warn_unused_result));
void policy_free(struct policy *policy);

/* "2027-01-01T00:00Z" or "2027-01-01T00:00:00Z", UTC only. 0 or -1. */
int time_parse(const char *text, int64_t *when) __attribute__((warn_unused_result));

/* "90", "90s", "10m", "4h", "7d": at least 1 s, at most 366 d. 0 or -1. */
int duration_parse(const char *text, uint32_t *seconds) __attribute__((warn_unused_result));

#endif
