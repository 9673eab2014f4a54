/* SPDX-License-Identifier: ISC */
/*
 * JSON for a terminal. Contract in ascii.h.
 * TRUST: unprivileged
 * INPUT: texts of the engine, of files and of the caller (hostile, maybe not UTF-8)
 * MUST: as ascii.h says
 */
#include "client/berth/ascii.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#define ESCAPE 6 /* \uXXXX; of four bytes there are two of them */
#define REPLACEMENT 0xfffd

/* The character that begins at text, which ends with a NUL. Returns its length; 1 for a bad byte. */
static size_t
take(const char *text, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)*text;
	size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	*code = len == 1 ? first : first & (0x7fU >> len);
	for (size_t i = 1; i < len; i++) {
		unsigned char next = (unsigned char)text[i];

		if (first < 0xc2 || first > 0xf4 || (next & 0xc0) != 0x80) {
			*code = REPLACEMENT;
			return (1);
		}
		*code = *code << 6 | (next & 0x3f);
	}
	if (*code < least[len] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
		*code = REPLACEMENT;
	return (len);
}

/* RFC 8259, 7: beyond 0xffff a pair of surrogates. Returns where the next one goes. */
static char *
escape(char *out, uint32_t code)
{
	if (code >= 0x10000) {
		out = escape(out, 0xd800 + ((code - 0x10000) >> 10));
		code = 0xdc00 + (code & 0x3ff);
	}
	return (out + snprintf(out, ESCAPE + 1, "\\u%04x", code));
}

char *
ascii_json(struct json_object *object, int flags)
{
	size_t len = 0;
	const char *text = json_object_to_json_string_length(object, flags, &len);
	char *line = text != NULL ? malloc(len * ESCAPE + 1) : NULL, *out = line;
	uint32_t code;

	if (line == NULL)
		return (NULL);
	/* The encoder escapes what is below a blank; a newline of its own stays. */
	while (*text != '\0') {
		text += take(text, &code);
		if (code < 0x7f)
			*out++ = (char)code;
		else
			out = escape(out, code);
	}
	*out = '\0';
	return (line);
}
