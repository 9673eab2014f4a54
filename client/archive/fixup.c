/* SPDX-License-Identifier: ISC */
/*
 * Modes and times of new directories: see fixup.h.
 * TRUST: unprivileged
 * INPUT: as in fixup.h
 * MUST: as in fixup.h
 */
#include "client/archive/fixup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/archive/unpack.h"
#include "common/io.h"

/* What is not the same any more was exchanged or removed: its own affair. */
static void
fix(struct unpack *u, const struct fixup *fixup)
{
	int AUTO_CLOSE path = below_open(u, fixup->path);
	int AUTO_CLOSE fd = path == -1 ? -1 : where_read_directory(path, ".");
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1)
		(void)!report_errno(u->report, fixup->path);
	else if (st.st_ino != fixup->ino || st.st_dev != fixup->dev)
		(void)!report_entry(u->report, fixup->path, "it was exchanged meanwhile");
	else if (fchmod(fd, fixup->mode) == -1 || futimens(fd, fixup->times) == -1)
		(void)!report_errno(u->report, fixup->path);
}

void
fixup_all(struct unpack *u)
{
	struct fixups *fixups = &u->fixups;

	while (fixups->n > 0) {
		struct fixup *last = &fixups->list[--fixups->n];

		fix(u, last);
		free(last->path);
	}
	free(fixups->list);
	*fixups = (struct fixups){ .n = 0 };
}

static int
grow(struct fixups *fixups)
{
	size_t cap = fixups->cap == 0 ? 64 : fixups->cap * 2;
	struct fixup *list = reallocarray(fixups->list, cap, sizeof(*list));

	if (list == NULL)
		return -1;
	fixups->list = list;
	fixups->cap = cap;
	return 0;
}

int
fixup_add(struct unpack *u, const struct fixup *fixup)
{
	struct fixups *fixups = &u->fixups;
	char *path;

	if (fixups->n == FIXUPS_MAX)
		fixup_all(u);
	if (fixups->n == fixups->cap && grow(fixups) == -1)
		return -1;
	path = strdup(fixup->path);
	if (path == NULL)
		return -1;
	fixups->list[fixups->n] = *fixup;
	fixups->list[fixups->n++].path = path;
	return 0;
}
