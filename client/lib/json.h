/* SPDX-License-Identifier: ISC */
/*
 * JSON objects by a table of their members, so that nothing unknown is ever accepted.
 * TRUST: shared, reads hostile input
 * INPUT: parsed JSON from the other end of a socket
 * MUST: refuse unknown members, missing ones that are required, other types than the table's, and
 *       strings with a NUL inside.
 */
#ifndef CLIENT_LIB_JSON_H
#define CLIENT_LIB_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct json_object;

/* Stores value into out. 0, or -1 with err. */
typedef int json_store(void *out, struct json_object *value, struct err *err);

/* One that only evaluates expression, with out as declared: "struct x *x". value and err are its names. */
#define JSON_STORE(function, declared, expression)                                 \
	static int function(void *out, struct json_object *value, struct err *err) \
	{                                                                          \
		declared = out;                                                    \
                                                                                   \
		return expression;                                                 \
	}

/* One for a bool. */
json_store json_store_bool;

struct json_field {
	const char *key;
	json_store *store;
	bool required;
};

/*
 * Calls store for each member of obj; null members count as missing. 0, or -1 with ERR_USAGE and
 * the member's name first in err->what, followed by ": ".
 */
int json_fields(struct json_object *obj, const struct json_field *fields, void *out,
    struct err *err) __attribute__((warn_unused_result));

/*
 * The member's text; NULL when there is none, or no string, or it has a NUL or is not UTF-8. Belongs
 * to obj.
 */
const char *json_text(struct json_object *obj, const char *key);

/* The value itself as a text, or NULL. */
const char *json_string(struct json_object *value);

/* 0 and *number when value is an integer from min to max and above INT64_MIN, else -1. */
int json_integer(struct json_object *value, int64_t min, int64_t max, int64_t *number)
    __attribute__((warn_unused_result));

/* The member's number, or fallback when it is missing or not an integer. */
int64_t json_number(struct json_object *obj, const char *key, int64_t fallback);

/*
 * Add a member; text NULL adds nothing. 0, or -1 when memory is short. Text that is not UTF-8 must
 * not come here: json_is_utf8 tells.
 */
int json_put(struct json_object *obj, const char *key, struct json_object *value)
    __attribute__((warn_unused_result));
int json_put_text(struct json_object *obj, const char *key, const char *text)
    __attribute__((warn_unused_result));
int json_put_number(struct json_object *obj, const char *key, int64_t number)
    __attribute__((warn_unused_result));
int json_put_bool(struct json_object *obj, const char *key, bool value)
    __attribute__((warn_unused_result));

/* Is text UTF-8 as RFC 3629 has it (no overlong form, no surrogate)? */
bool json_is_utf8(const char *text);

/*
 * text as UTF-8: each byte of no character is U+FFFD. out holds room bytes and a NUL; of a longer text the
 * beginning, whole characters (3 * strlen(text) is always enough). True: it is all there.
 */
bool json_make_utf8(const char *text, char *out, size_t room);

#endif
