/* SPDX-License-Identifier: ISC */
/*
 * As whom the engine acts: see owner.h.
 * TRUST: unprivileged
 * INPUT: the maps in the launcher's facts
 * MUST: as in owner.h
 */
#include "client/engine/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/engine/job/identity.h"

/* The number that the host's id has in the namespace; the launcher's usual map has the caller as 0. */
static int
number_of(const struct idmap *map, uint32_t id, uint32_t *number)
{
	*number = 0;
	for (size_t i = 0; i < map->n; i++) {
		const struct idmap_line *line = &map->lines[i];

		if (id < line->outside || id - line->outside >= line->count)
			continue;
		*number = line->inside + (id - line->outside);
		return 0;
	}
	return map->n == 0 ? 0 : -1;
}

/* Does everything have the user's own numbers, as most engines have? */
static bool
is_usual(const struct engine *engine)
{
	return engine->uid == 0 && engine->gid == 0;
}

bool
owner_has_gid(const struct engine *engine, uint32_t gid)
{
	const struct idmap *map = &engine->grant.gids;

	for (size_t i = 0; i < map->n; i++)
		if (gid >= map->lines[i].inside && gid - map->lines[i].inside < map->lines[i].count)
			return true;
	return map->n == 0 && gid <= engine->grant.subgid.count;
}

bool
owner_is_peer(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && len == sizeof(peer) &&
	       peer.uid == geteuid() && peer.uid != ID_OVERFLOW;
}

static int
take(uint32_t uid, uint32_t gid)
{
	uid_t u[3];
	gid_t g[3];

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1 || prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == -1 ||
	    identity_raise() == -1 || getresuid(&u[0], &u[1], &u[2]) == -1 ||
	    getresgid(&g[0], &g[1], &g[2]) == -1)
		return -1;
	for (size_t i = 0; i < 3; i++) {
		if (u[i] == uid && g[i] == gid)
			continue;
		errno = EPERM;
		return -1;
	}
	return 0;
}

int
owner_take(struct engine *engine, struct err *err)
{
	if (number_of(&engine->grant.uids, engine->caller.uid, &engine->uid) == -1 ||
	    number_of(&engine->grant.gids, engine->caller.gid, &engine->gid) == -1)
		return err_set(err, ERR_BUG, "the user is not in the engine's namespace");
	if (!is_usual(engine) && take(engine->uid, engine->gid) == -1)
		return err_sys(err, "the engine cannot act as its user");
	return 0;
}

int
owner_give(const struct engine *engine, int dir, const char *name)
{
	return is_usual(engine) ? 0 : fchownat(dir, name, 0, 0, AT_SYMLINK_NOFOLLOW);
}

/* One entry. Each directory comes twice, and once is enough. */
static int
give_entry(const struct engine *engine, FTS *tree, FTSENT *entry, const char *except)
{
	switch (entry->fts_info) {
	case FTS_DP:
		return 0;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		errno = entry->fts_errno;
		return -1;
	default:
		break;
	}
	if (entry->fts_level == 1 && strcmp(entry->fts_name, except) == 0)
		return fts_set(tree, entry, FTS_SKIP);
	if (entry->fts_statp->st_uid != engine->uid)
		return 0;
	return owner_give(engine, AT_FDCWD, entry->fts_accpath);
}

int
owner_give_below(const struct engine *engine, const char *path, const char *except)
{
	char *const paths[] = { (char *)(uintptr_t)path, NULL };
	FTSENT *entry;
	FTS *tree;
	int ret = 0;
	int saved;

	if (is_usual(engine))
		return 0;
	tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	if (tree == NULL)
		return -1;
	errno = 0;
	while (ret == 0 && (entry = fts_read(tree)) != NULL)
		ret = give_entry(engine, tree, entry, except);
	if (ret == 0 && errno != 0)
		ret = -1;
	saved = errno;
	fts_close(tree);
	errno = saved;
	return ret;
}

/* A change of these takes capabilities away, gives some back, and can make the process dumpable
 * (capabilities(7), prctl(2)). */
static int
set_fs(uint32_t uid, uint32_t gid)
{
	setfsgid(gid);
	setfsuid(uid);
	if ((uint32_t)setfsgid((gid_t)-1) != gid || (uint32_t)setfsuid((uid_t)-1) != uid) {
		errno = EPERM;
		return -1;
	}
	if (identity_raise() == -1 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return -1;
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0)
		return 0;
	errno = EPERM;
	return -1;
}

int
owner_job(const struct engine *engine)
{
	return is_usual(engine) ? 0 : set_fs(0, 0);
}

int
owner_user(const struct engine *engine)
{
	return is_usual(engine) ? 0 : set_fs(engine->uid, engine->gid);
}
