/* SPDX-License-Identifier: ISC */
/*
 * The vocabulary: what can be granted. The only place that knows these names.
 * TRUST: privileged, pure
 * INPUT: words from policy files and from requests (hostile)
 * MUST: know each name once; parser, decision, explain, completion and man page ask this table.
 */
#ifndef COMMON_ENTITLEMENT_H
#define COMMON_ENTITLEMENT_H

#include <stdbool.h>
#include <stddef.h>

enum entitlement_id {
	ENT_INVALID = 0,
	ENT_SECURITY_CONFINED,
	ENT_SECURITY_NESTED,
	ENT_SECURITY_INSECURE,
	ENT_NETWORK_NONE,
	ENT_NETWORK_USER,
	ENT_NETWORK_HOST,
	ENT_MOUNT,
	ENT_DEVICE,
	ENT_IDMAP_MOUNT,
	ENT_IMAGE,
	ENT_SERVICE,
	ENT_ISOLATION_NONE,
	ENT_COUNT
};

enum entitlement_value {
	ENT_VALUE_INVALID = 0,
	ENT_VALUE_NONE, /* network.host */
	ENT_VALUE_PATH, /* mount=PATH[:ro], mount=*[:ro] */
	ENT_VALUE_NODE, /* device=PATH */
	ENT_VALUE_GLOB, /* image=GLOB */
	ENT_VALUE_NAME /* service=NAME */
};

struct entitlement_info {
	enum entitlement_id id;
	enum entitlement_value value;
	const char *name;
	const char *granted_by_default; /* the word that a new grant gets, or NULL */
	bool always; /* needs no grant */
	bool available; /* its operation exists in this version */
	const char *meaning; /* completes "a job may ..." */
};

/* A word of an allow-list or of a request: security.confined, mount=/data:ro. */
struct entitlement {
	enum entitlement_id id;
	bool readonly; /* ENT_VALUE_PATH only: ":ro" */
	const char *value; /* NULL without one; points into the text that was parsed */
};

/* The row of id; NULL when id is none. */
const struct entitlement_info *entitlement_info(enum entitlement_id id);

/*
 * Parses word in place: ":ro" is cut off, value points into word, which must outlive *out.
 * Returns NULL, or a fixed text that says what is wrong with the word.
 */
const char *entitlement_parse(char *word, struct entitlement *out)
    __attribute__((warn_unused_result));

/* Writes the word back, so that parse(format(e)) is e. Returns the length or -1 if len is short. */
int entitlement_format(const struct entitlement *ent, char *buf, size_t len)
    __attribute__((warn_unused_result));

/* Does having held allow wanted? Same id, not less access, value within held's. */
bool entitlement_covers(const struct entitlement *held, const struct entitlement *wanted);

#endif
