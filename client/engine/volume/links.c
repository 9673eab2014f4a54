/* SPDX-License-Identifier: ISC */
/*
 * Files with several names: see links.h.
 * TRUST: unprivileged
 * INPUT: as in links.h
 * MUST: as in links.h
 */
#include "client/engine/volume/links.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int
compare(const void *a, const void *b)
{
	const struct links_file *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->dev == y->dev ? 0 : x->dev < y->dev ? -1 : 1;
}

void
links_add(struct links *links, const struct links_file *file, const char *dir, const char *name)
{
	size_t dir_len = strlen(dir) + 1, name_len = strlen(name) + 1;
	struct links_file *new;
	void *const *at;

	if (links->n == LINKS_MAX || links->bytes + dir_len + name_len > LINKS_BYTES_MAX)
		return;
	new = malloc(sizeof(*new) + dir_len + name_len);
	if (new == NULL)
		return;
	*new = *file;
	memcpy(new->dir, dir, dir_len);
	memcpy(new->dir + dir_len, name, name_len);
	new->name = new->dir + dir_len;
	at = tsearch(new, &links->files, compare);
	if (at == NULL || *at != new) {
		free(new);
		return;
	}
	links->n++;
	links->bytes += dir_len + name_len;
}

const struct links_file *
links_find(const struct links *links, const struct stat *st)
{
	const struct links_file wanted = { .dev = st->st_dev, .ino = st->st_ino };
	void *const *at = tfind(&wanted, &links->files, compare);

	return at == NULL ? NULL : *at;
}

void
links_free(struct links *links)
{
	tdestroy(links->files, free);
	*links = (struct links){ .files = NULL };
}
