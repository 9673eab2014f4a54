/* SPDX-License-Identifier: ISC */
/*
 * The strict INI dialect of berth's files: every line is a comment, a section, a key with a value,
 * or an error. No INI library stands behind it: one that guesses (inih splits long lines, stops at
 * a NUL, joins indented lines, goes on after an error) would need a scan of every line in front of
 * it that already knows all there is to know, and two opinions about one line are one too many.
 * TRUST: privileged, pure
 * INPUT: the bytes of a policy file (root's, but maybe damaged), of a job file (hostile)
 * MUST: name file and line of the first error and stop there; refuse NUL, CR, BOM and control
 *       bytes, leading blanks, lines over INI_LINE_MAX, a last line without its newline (a cut
 *       file), comments behind values, ':' as separator, duplicate or unknown keys and sections,
 *       empty values.
 */
#ifndef COMMON_INISTRICT_H
#define COMMON_INISTRICT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

#define INI_LINE_MAX 4096
#define INI_FILE_MAX 65536

/* Turns value, which it may change, into what field holds. NULL, or a fixed text that says what is
 * wrong with the value. */
typedef const char *ini_value(void *field, char *value);

struct ini_key {
	const char *section;
	const char *key;
	ini_value *parse;
	size_t offset; /* of field in what is filled */
};

#define INI_KEYS_MAX 32

/* A file's grammar and where its values go. */
struct ini_format {
	const struct ini_key *keys;
	size_t nkeys; /* at most INI_KEYS_MAX */
	void *out;
	unsigned int *line; /* kept at the current line */
};

/*
 * Parses the len bytes of text, which it changes. 0, or -1 with ERR_CONFIG and "FILE:LINE: ..." in
 * err. After an error what was stored so far is there and must not be used.
 */
int ini_strict(const char *file, char *text, size_t len, const struct ini_format *format,
    struct err *err) __attribute__((warn_unused_result));

/*
 * Cuts the next word off *cursor, in place: words are separated by blanks; '...', "..." and
 * backslash quote as in sh(1), nothing is expanded. NULL at the end; *bad is set and NULL
 * returned when a quote is not closed or a backslash ends the text.
 */
char *ini_word(char **cursor, bool *bad);

#endif
