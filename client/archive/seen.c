/* SPDX-License-Identifier: ISC */
/*
 * A set of files: see seen.h. Open addressing, at most half full.
 * TRUST: unprivileged
 * INPUT: as in seen.h
 * MUST: as in seen.h
 */
#include "client/archive/seen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CAP_FIRST 256

/* Inode numbers are mostly in a row: they are spread. */
static size_t
slot(const struct seen *seen, dev_t dev, ino_t ino)
{
	uint64_t hash = ((uint64_t)ino ^ ((uint64_t)dev << 40)) * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (size_t)(hash >> 32) & (seen->cap - 1);

	while (seen->files[at].used && (seen->files[at].ino != ino || seen->files[at].dev != dev))
		at = (at + 1) & (seen->cap - 1);
	return at;
}

static int
grow(struct seen *seen)
{
	struct seen more = *seen;

	more.cap = seen->cap == 0 ? CAP_FIRST : seen->cap * 2;
	more.files = calloc(more.cap, sizeof(*more.files));
	if (more.files == NULL)
		return -1;
	for (size_t i = 0; i < seen->cap; i++)
		if (seen->files[i].used)
			more.files[slot(&more, seen->files[i].dev, seen->files[i].ino)] =
			    seen->files[i];
	free(seen->files);
	*seen = more;
	return 0;
}

int
seen_add(struct seen *seen, const struct stat *st, const char *text)
{
	size_t len = text != NULL ? strlen(text) + 1 : 0;
	char *copy = NULL;
	struct seen_file *file;

	if (seen->n >= SEEN_MAX || seen->bytes + len > SEEN_TEXT_MAX)
		return -1;
	if (seen->n * 2 >= seen->cap && grow(seen) == -1)
		return -1;
	if (text != NULL && (copy = strdup(text)) == NULL)
		return -1;
	file = &seen->files[slot(seen, st->st_dev, st->st_ino)];
	if (!file->used)
		seen->n++;
	else if (file->text != NULL)
		seen->bytes -= strlen(file->text) + 1;
	free(file->text);
	*file =
	    (struct seen_file){ .dev = st->st_dev, .ino = st->st_ino, .text = copy, .used = true };
	seen->bytes += len;
	return 0;
}

const struct seen_file *
seen_find(const struct seen *seen, const struct stat *st)
{
	const struct seen_file *file;

	if (seen->cap == 0)
		return NULL;
	file = &seen->files[slot(seen, st->st_dev, st->st_ino)];
	return file->used ? file : NULL;
}

void
seen_free(struct seen *seen)
{
	for (size_t i = 0; i < seen->cap; i++)
		free(seen->files[i].text);
	free(seen->files);
	*seen = (struct seen){ .cap = 0 };
}
