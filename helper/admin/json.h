/* SPDX-License-Identifier: ISC */
/*
 * The little JSON that berth-admin prints.
 * TRUST: privileged
 * INPUT: texts of files (root's, but maybe damaged), account names
 * MUST: print valid JSON whatever the bytes: what is not printable ASCII is \xNN in the string.
 */
#ifndef HELPER_ADMIN_JSON_H
#define HELPER_ADMIN_JSON_H

#include <stdio.h>

#include "common/idmap.h"

/* "text", or null. */
void json_string(FILE *out, const char *text);

/* "START:COUNT", or null when it is empty. */
void json_range(FILE *out, const struct id_range *range);

/* The number, or null when it is 0. */
void json_number(FILE *out, uint64_t number);

#endif
