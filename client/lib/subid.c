/* SPDX-License-Identifier: ISC */
/*
 * Subordinate ids. Contract in subid.h.
 * TRUST: shared, reads hostile input
 * INPUT: /etc/subuid and /etc/subgid
 * MUST: as subid.h says
 */
#include "client/lib/subid.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"

/* NAME:START:COUNT, to the letter. A line that is not, or that names somebody else, gives nothing. */
static bool
parse_line(char *line, const struct subid_owner *owner, struct id_range *range)
{
	char *colon = strchr(line, ':');
	struct id_range parsed;
	uint32_t number;

	if (colon == NULL || colon == line)
		return (false);
	*colon = '\0';
	/* A name of digits is a number: newuidmap(1) takes it for one, too. */
	if (id_parse(line, &number) == 0 ? number != owner->uid
					 : owner->name[0] == '\0' || strcmp(line, owner->name) != 0)
		return (false);
	if (id_range_parse(colon + 1, &parsed) < 0 || !id_range_mappable(&parsed, owner->own))
		return (false);
	*range = parsed;
	return (true);
}

bool
subid_find(char *text, size_t len, const struct subid_owner *owner, struct id_range *range)
{
	char *line = text, *end = text + len;

	/* The last byte of text is the caller's NUL: each line ends within it. */
	while (line < end) {
		char *newline = memchr(line, '\n', (size_t)(end - line));

		if (newline == NULL)
			newline = end;
		*newline = '\0';
		/* A NUL of the file's own would hide the rest of the line. */
		if (strlen(line) == (size_t)(newline - line) && parse_line(line, owner, range))
			return (true);
		line = newline + 1;
	}
	return (false);
}

bool
subid_load(const char *path, const struct subid_owner *owner, struct id_range *range)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool found = false;
	struct stat st;
	ssize_t len;
	char *text;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return (false);
	text = malloc(SUBID_FILE_MAX + 1);
	len = text != NULL ? io_read_all(fd, text, SUBID_FILE_MAX) : -1;
	if (len >= 0)
		found = subid_find(text, (size_t)len, owner, range);
	free(text);
	return (found);
}
