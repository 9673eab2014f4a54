/* SPDX-License-Identifier: ISC */
/*
 * The lines of a job file. Contract in jobscan.h.
 * TRUST: unprivileged
 * INPUT: the bytes of a job file, which is somebody else's (hostile)
 * MUST: as jobscan.h says
 */
#include "client/berth/jobscan.h"

#include <string.h>

#include "common/inistrict.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789-"

/* Says why the line cannot be used. todo may be NULL. */
static void
refuse(struct jobscan *scan, const char *what, const char *todo)
{
	scan->lost = true;
	problems_add(scan->problems, &scan->at, "%s", what);
	if (todo != NULL)
		problems_todo(scan->problems, "%s", todo);
}

/* "[kind]" and "[kind NAME]", alone on a line. Of what follows a malformed one nobody knows where it belongs. */
static void
open_section(struct jobscan *scan, char *kind)
{
	size_t len = strspn(kind, LOWER);
	char *name = kind[len] == ' ' ? kind + len + 1 : NULL;
	char *end = name != NULL ? name + strspn(name, LOWER) : kind + len;

	scan->opened = true;
	scan->passing = true;
	if (len == 0 || end == name || strcmp(end, "]") != 0) {
		refuse(scan, "a section is [NAME] or [KIND NAME], alone on its line",
		    "names are lower-case letters, digits and -, with one blank between the two");
		return;
	}
	if (name != NULL && (size_t)(end - name) > JOBSCAN_NAME_MAX) {
		refuse(scan, "the name of a section is longer than 64 bytes", "shorten it");
		return;
	}
	*end = '\0';
	kind[len] = '\0';
	scan->passing = !scan->section(scan, kind, name);
}

static bool
has_comment(const char *value)
{
	return (strstr(value, " ;") != NULL || strstr(value, " #") != NULL || *value == ';' ||
		*value == '#');
}

static void
take_key(struct jobscan *scan, char *line)
{
	size_t len = strspn(line, LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	char *value = line + len + strspn(line + len, " "), *end;

	if (len == 0 || *value != '=') {
		refuse(scan,
		    "a line is a comment that begins with ';', a [section], or 'key = value'",
		    NULL);
		return;
	}
	value += 1 + strspn(value + 1, " ");
	for (end = value + strlen(value); end > value && end[-1] == ' '; end--)
		end[-1] = '\0';
	line[len] = '\0';
	if (!scan->opened) {
		refuse(scan, "a key stands before the first section", NULL);
		problems_todo(scan->problems, "write  %s  above it", scan->first);
	} else if (scan->passing)
		return;
	else if (has_comment(value))
		refuse(scan, "a comment stands on a line of its own",
		    "where ';' or '#' is a part of the value, write no blank before it");
	else if (end == value)
		refuse(scan, "the value is empty", "leave the line out");
	else
		scan->key(scan, line, value);
}

/* What is wrong with its form, whatever it says, or NULL. */
static const char *
bad_form(const char *line, size_t len)
{
	if (len > INI_LINE_MAX)
		return ("the line is longer than 4096 bytes");
	if (line[0] == ' ' || line[0] == '\t')
		return ("the line begins with a blank");
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			return ("the line holds a control character (NUL, carriage return, tab?)");
	}
	return (NULL);
}

static void
take_line(struct jobscan *scan, char *line, size_t len)
{
	const char *wrong = bad_form(line, len);

	if (wrong != NULL) {
		refuse(scan, wrong,
		    line[len - 1] == '\r' ? "save the file with the line ends of Unix" : NULL);
		return;
	}
	if (len == 0 || line[0] == ';')
		return;
	if (line[0] == '[')
		open_section(scan, line + 1);
	else
		take_key(scan, line);
}

void
jobscan_run(struct jobscan *scan, char *text, size_t len)
{
	static const char mark[] = "\xef\xbb\xbf";
	char *end = text + len, *newline;

	scan->at = (struct spot){ .file = scan->file };
	if (len > INI_FILE_MAX) {
		refuse(scan, "the file is larger than 64 KiB", NULL);
		return;
	}
	if (len >= 3 && memcmp(text, mark, 3) == 0) {
		scan->at.line = 1;
		refuse(scan, "the file begins with a byte order mark", "save it without one");
		scan->at.line = 0;
		text += 3;
	}
	for (; text < end; text = newline + 1) {
		scan->at.line++;
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL) {
			refuse(scan,
			    "the last line does not end with a newline: is the file cut off?",
			    NULL);
			return;
		}
		*newline = '\0';
		take_line(scan, text, (size_t)(newline - text));
	}
}
