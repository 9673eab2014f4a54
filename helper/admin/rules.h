/* SPDX-License-Identifier: ISC */
/*
 * A set of entitlements, before and after a change.
 * TRUST: privileged
 * INPUT: words of the administrator's, parsed allow-list files
 * MUST: grant no word that this version cannot honour; notice every narrowing.
 */
#ifndef HELPER_ADMIN_RULES_H
#define HELPER_ADMIN_RULES_H

#include "common/policy.h"

/* The longest word of a grant, and room for it when it is written out. */
#define RULES_WORD_MAX 1024
#define RULES_WORD_SIZE (RULES_WORD_MAX + 64)

/* The longest value of "entitlements". */
#define RULES_VALUE_SIZE 3072

struct rules {
	size_t n;
	struct entitlement ents[ALLOW_RULES_MAX]; /* values point into whatever was parsed */
};

/* Parses words, which must outlive *rules, in place. 0, or -1 with err. */
int rules_parse(char *const *words, size_t n, struct rules *rules, struct err *err)
    __attribute__((warn_unused_result));

/* Refuses, by its name, what is no operation of this version. 0, or -1 with err. */
int rules_available(const struct rules *rules, struct err *err) __attribute__((warn_unused_result));

void rules_of(const struct allow *allow, struct rules *rules);

/* What a new grant gets. The texts are made in store, which must outlive *rules. */
#define RULES_DEFAULTS_TEXT 256
void rules_defaults(char store[RULES_DEFAULTS_TEXT], struct rules *rules);

/*
 * Adds what asked has and held has not, and security.confined. A path in asked takes "mount=*" out
 * of held, and a pattern "image=*", unless that is asked for too. 0, or -1 with err.
 */
int rules_merge(struct rules *held, const struct rules *asked, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Takes asked out of held. 0, or -1 with err when one of them is not there, which with again is none
 * to take: it may have been taken before.
 */
int rules_remove(struct rules *held, const struct rules *asked, bool again, struct err *err)
    __attribute__((warn_unused_result));

/* Does after allow all that before did? */
bool rules_cover(const struct rules *after, const struct rules *before);

/* The words as a value of an allow-list file. 0, or -1 with err when a line cannot hold them. */
int rules_value(const struct rules *rules, char *buf, size_t cap, struct err *err)
    __attribute__((warn_unused_result));

#endif
