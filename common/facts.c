/* SPDX-License-Identifier: ISC */
/*
 * What the launcher tells the engine. Contract and wire format in facts.h.
 * TRUST: privileged, pure
 * INPUT: the caller's ids and groups; the grant
 * MUST: seal what it wrote
 */
#include "common/facts.h"

#include "common/io.h"

int
facts_write(int fd, enum facts_mode mode, const struct caller *caller, const struct grant *grant)
{
	const uint32_t head[FACTS_HEAD] = { FACTS_MAGIC, FACTS_VERSION, mode, caller->uid,
		caller->gid, grant->owner_id, grant->subuid.start, grant->subuid.count,
		grant->subgid.start, grant->subgid.count, (uint32_t)caller->ngroups,
		(uint32_t)grant->uids.n, (uint32_t)grant->gids.n };

	if (io_write_all(fd, head, sizeof(head)) < 0 ||
	    io_write_all(fd, caller->groups, caller->ngroups * sizeof(gid_t)) < 0 ||
	    io_write_all(fd, grant->uids.lines, grant->uids.n * sizeof(struct idmap_line)) < 0 ||
	    io_write_all(fd, grant->gids.lines, grant->gids.n * sizeof(struct idmap_line)) < 0)
		return (-1);
	return (fcntl(fd, F_ADD_SEALS, FACTS_SEALS));
}
