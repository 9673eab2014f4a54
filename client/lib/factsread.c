/* SPDX-License-Identifier: ISC */
/*
 * What the launcher told the engine. Contract and wire format in common/facts.h.
 * TRUST: unprivileged
 * INPUT: a memfd from the launcher, believed only after its seals and every length were checked
 * MUST: as common/facts.h says
 */
#include "common/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
malformed(void)
{
	errno = EPROTO;
	return (-1);
}

/* The next len bytes, malloc(3)ed; or NULL. */
static void *
read_array(int fd, size_t len)
{
	void *array = malloc(len + 1); /* never 0 bytes */

	if (array != NULL && read(fd, array, len) != (ssize_t)len) {
		free(array);
		(void)malformed();
		return (NULL);
	}
	return (array);
}

static int
read_map(int fd, struct idmap *map, size_t count)
{
	if (count == 0)
		return (0);
	map->lines = read_array(fd, count * sizeof(*map->lines));
	map->n = map->lines != NULL ? count : 0;
	return (map->lines != NULL ? 0 : -1);
}

/* What follows the head, in which the three numbers stand. */
static int
read_arrays(int fd, const uint32_t count[3], struct caller *caller, struct grant *grant)
{
	char more;

	if (count[0] > NGROUPS_MAX || count[1] > IDMAP_LINES_MAX || count[2] > IDMAP_LINES_MAX)
		return (malformed());
	caller->groups = read_array(fd, count[0] * sizeof(gid_t));
	if (caller->groups == NULL)
		return (-1);
	caller->ngroups = count[0];
	if (read_map(fd, &grant->uids, count[1]) < 0 || read_map(fd, &grant->gids, count[2]) < 0)
		return (-1);
	return (read(fd, &more, 1) == 0 ? 0 : malformed());
}

static void
forget(struct caller *caller, struct grant *grant)
{
	int saved = errno;

	free(caller->groups);
	/* They are ours: facts_read has made them. */
	free((void *)(uintptr_t)grant->uids.lines);
	free((void *)(uintptr_t)grant->gids.lines);
	memset(caller, 0, sizeof(*caller));
	memset(grant, 0, sizeof(*grant));
	errno = saved;
}

int
facts_read(int fd, enum facts_mode *mode, struct caller *caller, struct grant *grant)
{
	uint32_t head[FACTS_HEAD];
	int seals = fcntl(fd, F_GET_SEALS);

	memset(caller, 0, sizeof(*caller));
	memset(grant, 0, sizeof(*grant));
	if (seals < 0 || (seals & FACTS_SEALS) != FACTS_SEALS || lseek(fd, 0, SEEK_SET) != 0)
		return (malformed());
	if (read(fd, head, sizeof(head)) != (ssize_t)sizeof(head))
		return (malformed());
	if (head[0] != FACTS_MAGIC || head[1] != FACTS_VERSION)
		return (malformed());
	if (head[2] < FACTS_SHARED || head[2] > FACTS_ROOTLESS)
		return (malformed());
	*mode = (enum facts_mode)head[2];
	caller->uid = grant->uid = head[3];
	caller->gid = grant->gid = head[4];
	grant->owner_id = head[5];
	grant->subuid = (struct id_range){ head[6], head[7] };
	grant->subgid = (struct id_range){ head[8], head[9] };
	if (read_arrays(fd, head + 10, caller, grant) == 0)
		return (0);
	forget(caller, grant);
	return (-1);
}
