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

#include "common/io.h"

static int
malformed(void)
{
	errno = EPROTO;
	return (-1);
}

static int
read_groups(int fd, struct caller *caller, size_t count)
{
	size_t len = count * sizeof(gid_t);

	if (count > NGROUPS_MAX)
		return (malformed());
	caller->groups = malloc(len + 1); /* never 0 bytes */
	if (caller->groups == NULL)
		return (-1);
	/* Trailing bytes make it EFBIG. */
	if (io_read_all(fd, caller->groups, len) != (ssize_t)len) {
		free(caller->groups);
		caller->groups = NULL;
		return (malformed());
	}
	caller->ngroups = count;
	return (0);
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
	return (read_groups(fd, caller, head[10]));
}
