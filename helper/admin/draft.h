/* SPDX-License-Identifier: ISC */
/*
 * The text of an allow-list file while it is changed. Only the lines of the keys that are set
 * change: what an administrator wrote by hand, comments too, stays as it is.
 * TRUST: privileged
 * INPUT: a text that allow_parse has accepted, or none
 * MUST: be parsed again before it is written: see draft_parse.
 */
#ifndef HELPER_ADMIN_DRAFT_H
#define HELPER_ADMIN_DRAFT_H

#include "common/inistrict.h"
#include "common/policy.h"

struct draft {
	size_t len;
	char text[INI_FILE_MAX + 1];
};

/* A new file for a principal. name may be "". */
void draft_begin(struct draft *draft, const struct allow *allow, const char *name);

/* Takes an existing text. 0 or -1 with err. */
int draft_load(struct draft *draft, const char *text, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Sets key of section [grant]: its line is replaced, or one is added behind the last one of the
 * section that holds a key. 0, or -1 with err when the file would become too long.
 */
int draft_set(struct draft *draft, const char *key, const char *value, struct err *err)
    __attribute__((warn_unused_result));

/* Takes the line of key out of section [grant], if it is there. */
void draft_unset(struct draft *draft, const char *key);

/* Parses what the draft says now into allow, which gets its kind and id from like. 0 or -1. */
int draft_parse(const struct draft *draft, const struct allow *like, struct allow *allow,
    struct err *err) __attribute__((warn_unused_result));

#endif
