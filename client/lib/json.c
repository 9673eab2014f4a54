/* SPDX-License-Identifier: ISC */
/*
 * JSON objects by a table: see json.h.
 * TRUST: shared, reads hostile input
 * INPUT: parsed JSON from the other end of a socket
 * MUST: as in json.h
 */
#include "client/lib/json.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static const struct json_field *
find(const struct json_field *fields, const char *key)
{
	for (; fields->key != NULL; fields++)
		if (strcmp(fields->key, key) == 0)
			return fields;
	return NULL;
}

/* Puts the member's name before what is wrong with it. */
static int
name_member(struct err *err, const char *key)
{
	char what[ERR_LINE];

	memcpy(what, err->what, sizeof(what));
	err_set(err, err->code, "%s: %s", key, what);
	return -1;
}

/* Stores one member. */
static int
take_member(const struct json_field *fields, const char *key, struct json_object *value, void *out,
    struct err *err)
{
	const struct json_field *field = find(fields, key);

	if (field == NULL) {
		err_set(err, ERR_USAGE, "unknown");
		return name_member(err, key);
	}
	if (value != NULL && field->store(out, value, err) == -1)
		return name_member(err, key);
	return 0;
}

int
json_store_bool(void *out, struct json_object *value, struct err *err)
{
	if (!json_object_is_type(value, json_type_boolean))
		return err_set(err, ERR_USAGE, "neither true nor false");
	*(bool *)out = json_object_get_boolean(value) != 0;
	return 0;
}

int
json_fields(struct json_object *obj, const struct json_field *fields, void *out, struct err *err)
{
	struct json_object_iterator it;
	struct json_object_iterator end;

	if (!json_object_is_type(obj, json_type_object))
		return err_set(err, ERR_USAGE, "not an object");
	it = json_object_iter_begin(obj);
	end = json_object_iter_end(obj);
	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it))
		if (take_member(fields, json_object_iter_peek_name(&it),
			json_object_iter_peek_value(&it), out, err) == -1)
			return -1;
	for (; fields->key != NULL; fields++) {
		if (fields->required && json_object_object_get(obj, fields->key) == NULL) {
			err_set(err, ERR_USAGE, "missing");
			return name_member(err, fields->key);
		}
	}
	return 0;
}

const char *
json_string(struct json_object *value)
{
	const char *text;

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	text = json_object_get_string(value);
	/* json-c lets surrogates pass, which are no characters */
	if (strlen(text) != (size_t)json_object_get_string_len(value) || !json_is_utf8(text))
		return NULL;
	return text;
}

const char *
json_text(struct json_object *obj, const char *key)
{
	return json_string(json_object_object_get(obj, key));
}

int
json_integer(struct json_object *value, int64_t min, int64_t max, int64_t *number)
{
	int64_t n;

	if (!json_object_is_type(value, json_type_int))
		return -1;
	n = json_object_get_int64(value);
	if (n < min || n > max)
		return -1;
	/* json-c takes what is beyond for the bound itself */
	if (n == INT64_MIN || (n == INT64_MAX && json_object_get_uint64(value) != INT64_MAX))
		return -1;
	*number = n;
	return 0;
}

int64_t
json_number(struct json_object *obj, const char *key, int64_t fallback)
{
	int64_t number;

	if (json_integer(json_object_object_get(obj, key), INT64_MIN, INT64_MAX, &number) == -1)
		return fallback;
	return number;
}

int
json_put(struct json_object *obj, const char *key, struct json_object *value)
{
	if (value != NULL && json_object_object_add(obj, key, value) == 0)
		return 0;
	json_object_put(value);
	return -1;
}

int
json_put_text(struct json_object *obj, const char *key, const char *text)
{
	if (text == NULL)
		return 0;
	return json_put(obj, key, json_object_new_string(text));
}

int
json_put_number(struct json_object *obj, const char *key, int64_t number)
{
	return json_put(obj, key, json_object_new_int64(number));
}

int
json_put_bool(struct json_object *obj, const char *key, bool value)
{
	return json_put(obj, key, json_object_new_boolean(value));
}

/* The length of the character that text starts with, 0 when it is none; of NUL 1. */
static size_t
utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char low = 0x80;
	unsigned char high = 0xbf;
	size_t len;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool
json_is_utf8(const char *text)
{
	while (*text != '\0') {
		size_t len = utf8_length(text);

		if (len == 0)
			return false;
		text += len;
	}
	return true;
}

bool
json_make_utf8(const char *text, char *out, size_t room)
{
	size_t used = 0;

	while (*text != '\0') {
		size_t len = utf8_length(text);
		const char *from = len > 0 ? text : REPLACEMENT;
		size_t put = len > 0 ? len : strlen(REPLACEMENT);

		if (used + put > room) {
			out[used] = '\0';
			return false;
		}
		memcpy(out + used, from, put);
		used += put;
		text += len > 0 ? len : 1;
	}
	out[used] = '\0';
	return true;
}
