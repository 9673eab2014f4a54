/* SPDX-License-Identifier: ISC */
/*
 * The strict INI dialect. Contract in inistrict.h.
 * TRUST: privileged, pure
 * INPUT: the bytes of a policy file (root's, but maybe damaged), of a job file (hostile)
 * MUST: as inistrict.h says; the first error is the last
 */
#include "common/inistrict.h"

#include <stdint.h>
#include <string.h>

/* Each function below returns NULL, or what is wrong with the line. */
struct parser {
	const struct ini_format *format;
	const char *section; /* the one of format's that is open, or NULL */
	uint32_t opened; /* bit i: the section of keys[i] was there */
	uint32_t seen; /* bit i: keys[i] had its value */
};

_Static_assert(INI_KEYS_MAX <= 32, "opened and seen are 32 bits");

static size_t
name_length(const char *text)
{
	return (strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-"));
}

static const char *
open_section(struct parser *parser, char *name)
{
	const struct ini_format *format = parser->format;
	size_t len = name_length(name);

	if (len == 0 || strcmp(name + len, "]") != 0)
		return ("a section is one lower-case name in brackets, alone on its line");
	name[len] = '\0';
	parser->section = NULL;
	for (size_t i = 0; i < format->nkeys; i++) {
		if (strcmp(format->keys[i].section, name) != 0)
			continue;
		if (parser->opened & (1U << i))
			return ("this section was there before");
		parser->opened |= 1U << i;
		parser->section = format->keys[i].section;
	}
	return (parser->section == NULL ? "unknown section" : NULL);
}

static const char *
store(struct parser *parser, const char *name, char *value)
{
	for (size_t i = 0; i < parser->format->nkeys; i++) {
		const struct ini_key *key = &parser->format->keys[i];

		if (strcmp(key->section, parser->section) != 0 || strcmp(key->key, name) != 0)
			continue;
		if (parser->seen & (1U << i))
			return ("this key was there before");
		parser->seen |= 1U << i;
		return (key->parse((char *)parser->format->out + key->offset, value));
	}
	return ("unknown key");
}

static const char *
split_line(struct parser *parser, char *line)
{
	size_t len = name_length(line);
	char *value = line + len + strspn(line + len, " "), *end;

	if (len == 0 || *value != '=')
		return ("a line is a comment that begins with ';', a [section], or 'key = value'");
	if (parser->section == NULL)
		return ("a key stands before the first section");
	line[len] = '\0';
	value += 1 + strspn(value + 1, " ");
	if (strstr(value, " ;") != NULL || strstr(value, " #") != NULL || *value == ';' ||
	    *value == '#')
		return ("a comment stands on a line of its own");
	for (end = value + strlen(value); end > value && end[-1] == ' '; end--)
		end[-1] = '\0';
	return (end == value ? "the value is empty" : store(parser, line, value));
}

static const char *
parse_line(struct parser *parser, char *line, size_t len)
{
	if (len > INI_LINE_MAX)
		return ("the line is longer than 4096 bytes");
	if (line[0] == ' ' || line[0] == '\t')
		return ("the line begins with a blank");
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			return ("the line holds a control character (NUL, carriage return, tab?)");
	}
	if (len == 0 || line[0] == ';')
		return (NULL);
	return (line[0] == '[' ? open_section(parser, line + 1) : split_line(parser, line));
}

int
ini_strict(
    const char *file, char *text, size_t len, const struct ini_format *format, struct err *err)
{
	const char *why = len > INI_FILE_MAX ? "the file is larger than 64 KiB" : NULL;
	struct parser parser = { .format = format };
	char *end = text + len, *newline;

	for (*format->line = 0; why == NULL && text < end; text = newline + 1) {
		++*format->line;
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL) {
			why = "the last line does not end with a newline: is the file cut off?";
			break;
		}
		*newline = '\0';
		why = parse_line(&parser, text, (size_t)(newline - text));
	}
	if (why == NULL)
		return (0);
	err_set(err, ERR_CONFIG, "%s:%u: %s", file, *format->line, why);
	err_why(err, "a file with an error grants nothing, so everything it governs is refused");
	return (err_todo(err, "an administrator can find and mend it:  sudo berth check"));
}

char *
ini_word(char **cursor, bool *bad)
{
	char *from = *cursor + strspn(*cursor, " "), *word = from, *to = from, quote = '\0';
	bool cut = false;

	for (; *from != '\0' && (quote != '\0' || *from != ' '); from++) {
		if (quote == '\0' && (*from == '\'' || *from == '"')) {
			quote = *from;
		} else if (*from == quote) {
			quote = '\0';
		} else {
			/* sh(1): within "..." a backslash quotes only what is special there. */
			if (*from == '\\' &&
			    (quote == '\0' || (quote == '"' && strchr("\"\\", from[1]))))
				from++;
			cut = *from == '\0';
			if (cut)
				break;
			*to++ = *from;
		}
	}
	*bad = cut || quote != '\0';
	*cursor = *from == '\0' ? from : from + 1;
	if (*bad || from == word)
		return (NULL);
	*to = '\0';
	return (word);
}
