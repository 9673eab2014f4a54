/* SPDX-License-Identifier: ISC */
/*
 * Keeps the sockets of the user's engines from jobs: see hide.h.
 * TRUST: unprivileged
 * INPUT: directories of the user's
 * MUST: as in hide.h
 */
#include "client/engine/hide.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/facts.h"

/* Is it our own empty mount? Any other mount at such a place is one more to be hidden. */
static bool
is_hidden(const char *dir)
{
	struct statfs fs;

	return statfs(dir, &fs) == 0 && (unsigned long)fs.f_type == TMPFS_MAGIC &&
	       (fs.f_flags & ST_RDONLY) != 0 && fs.f_blocks == 1;
}

static unsigned int changes;

unsigned int
hide_changes(void)
{
	return changes;
}

static int
hide(const char *dir, struct err *err)
{
	if (is_hidden(dir))
		return 0;
	if (mount("tmpfs", dir, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		"size=4k,mode=755") == 0) {
		changes++;
		return 0;
	}
	/* What this user cannot reach no job of theirs can. */
	if (errno == ENOENT || errno == ENOTDIR || errno == EACCES)
		return 0;
	return err_sys(err, "%s cannot be hidden from jobs", dir);
}

/*
 * The directory in which a rootless engine's socket was bound: whoever made it says where. It is asked
 * once, as what the engine forks to copy out of a job has no socket any more.
 */
static int
hide_own(struct err *err)
{
	static struct sockaddr_un address = { .sun_family = AF_UNSPEC };
	socklen_t len = sizeof(address) - 1;
	char *slash;

	if (address.sun_family == AF_UNIX)
		return hide(address.sun_path, err);
	if (getsockname(ENGINE_FD_SOCKET, (struct sockaddr *)&address, &len) == -1)
		return err_sys(err, "the engine's socket has no name");
	slash = strrchr(address.sun_path, '/');
	if (address.sun_family != AF_UNIX || slash == NULL || slash == address.sun_path) {
		address.sun_family = AF_UNSPEC;
		return err_set(err, ERR_BUG, "the engine's socket has no name");
	}
	*slash = '\0';
	return hide(address.sun_path, err);
}

/* Makes the directory first, where its parent is there: one that comes later would not be covered. In
 * a parent that others may enter no engine has its socket. */
static int
make_and_hide(const char *parent, const char *dir, struct err *err)
{
	struct stat st;

	if (!is_hidden(dir) && stat(parent, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & 077) == 0)
		(void)!mkdir(dir, 0700);
	return hide(dir, err);
}

int
hide_sockets(const struct engine *engine, struct err *err)
{
	char parent[32];
	char path[40];

	snprintf(parent, sizeof(parent), "/run/user/%u", engine->caller.uid);
	snprintf(path, sizeof(path), "%s/berth", parent);
	if (hide("/run/berth", err) == -1 || make_and_hide(parent, path, err) == -1 ||
	    make_and_hide(".", STATE_RUN, err) == -1)
		return -1;
	return engine->mode == FACTS_ROOTLESS ? hide_own(err) : 0;
}
