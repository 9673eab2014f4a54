/* SPDX-License-Identifier: ISC */
/*
 * The command line of berth-admin.
 * TRUST: privileged
 * INPUT: argv of an administrator, or of any user who calls check or grants
 * MUST: refuse what it does not know by name; "--flag=value" and "--flag value" are the same.
 */
#ifndef HELPER_ADMIN_ARGS_H
#define HELPER_ADMIN_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/policy.h"

enum args_verb {
	VERB_INVALID = 0,
	VERB_START = 1,
	VERB_GRANT = 2,
	VERB_REVOKE = 4,
	VERB_GRANTS = 8,
	VERB_CHECK = 16
};

struct args {
	enum args_verb verb;
	const char *principal; /* USER, @GROUP or NULL */
	const char *file; /* of check, or NULL */
	char *root; /* without trailing slashes, or NULL */
	const char *timeout; /* or NULL */
	const char *engine; /* shared, once, any, or NULL */
	const char *lasting; /* of --for, or NULL */
	const char *until; /* or NULL */
	char *list; /* the value of --entitlements, or NULL; cut into words */
	bool json;
	bool quiet; /* no report on stdout */
	size_t nwords;
	char *words[ALLOW_RULES_MAX]; /* entitlements */
};

/* Fills *args, which points into argv and may change it. 0, or -1 with ERR_USAGE. */
int args_parse(int argc, char **argv, struct args *args, struct err *err)
    __attribute__((warn_unused_result));

#endif
