/* SPDX-License-Identifier: ISC */
/*
 * Quoting. Contract in quote.h.
 * TRUST: privileged
 * INPUT: entitlements, paths, arguments (hostile)
 * MUST: as quote.h says. In files backslashes, because the parser sees a comment in " #" even
 *       where it is quoted, but quotes around a blank at the end, which would be no part of a line;
 *       for shells no backslash, because messages escape it.
 */
#include "helper/admin/quote.h"

#include <string.h>

static bool
is_plain(unsigned char byte)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./=:,@%+-";

	return (byte >= 0x80 || (byte != '\0' && strchr(plain, byte) != NULL));
}

bool
quote_possible(const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < 0x20 || byte == 0x7f)
			return (false);
	}
	return (true);
}

/* How the first byte of text is written; NULL: as it is. */
static const char *
spell(const struct quote *quote, const char *text, char escaped[3])
{
	char byte = text[0];

	if (quote->shell)
		return (byte == '\'' ? "'\"'\"'" : NULL);
	if (strcmp(text, " ") == 0)
		return ("' '");
	/* '*' is what most words of a file hold, and is nothing special there. */
	if (byte == '*' || is_plain((unsigned char)byte))
		return (NULL);
	escaped[0] = '\\';
	escaped[1] = byte;
	escaped[2] = '\0';
	return (escaped);
}

static bool
needs_quotes(const char *word)
{
	if (*word == '\0')
		return (true);
	while (*word != '\0' && is_plain((unsigned char)*word))
		word++;
	return (*word != '\0');
}

static bool
put(struct quote *quote, size_t *at, const char *text)
{
	size_t len = strlen(text);

	if (len >= quote->cap - *at)
		return (false);
	memcpy(quote->buf + *at, text, len + 1);
	*at += len;
	return (true);
}

int
quote_append(struct quote *quote, const char *word)
{
	const char *mark = quote->shell && needs_quotes(word) ? "'" : "";
	char escaped[3], plain[2] = "";
	size_t at = quote->used;
	bool fits = put(quote, &at, at > 0 ? " " : "") && put(quote, &at, mark);

	for (; fits && *word != '\0'; word++) {
		const char *text = spell(quote, word, escaped);

		plain[0] = *word;
		fits = put(quote, &at, text != NULL ? text : plain);
	}
	if (fits && put(quote, &at, mark)) {
		quote->used = at;
		return (0);
	}
	quote->buf[quote->used] = '\0';
	return (-1);
}
