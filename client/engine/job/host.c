/* SPDX-License-Identifier: ISC */
/*
 * The image "host": a skeleton below the state root, which is the lower layer of the job's root,
 * and the list of host directories that are bound over it. See host.h.
 * TRUST: unprivileged
 * INPUT: the host's /usr and /etc; the state root
 * MUST: as in host.h
 */
#include "client/engine/job/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/engine/job/hostfiles.h"
#include "client/engine/job/scratch.h"
#include "client/engine/state.h"
#include "common/io.h"

static const struct {
	const char *path;
	mode_t mode;
} directories[] = {
	{ "dev", 0755 },
	{ "etc", 0755 },
	{ "home", 0755 },
	{ "media", 0755 },
	{ "mnt", 0755 },
	{ "opt", 0755 },
	{ "proc", 0555 },
	{ "root", 0700 },
	{ "run", 0755 },
	{ "srv", 0755 },
	{ "sys", 0555 },
	{ "tmp", 01777 },
	{ "usr", 0755 },
	{ "var", 0755 },
};

static const struct {
	const char *path;
	mode_t mode;
} var_directories[] = {
	{ "cache", 0755 },
	{ "lib", 0755 },
	{ "log", 0755 },
	{ "spool", 0755 },
	{ "tmp", 01777 },
};

/* Where a system keeps programs: a link into /usr, or a directory of its own. */
static const char *const top[] = { "bin", "sbin", "lib", "lib32", "lib64", "libx32" };

/* Trees of /etc that programs in /usr cannot do without; read-only, as /usr is. */
static const char *const etc[] = { "alternatives", "crypto-policies", "pki", "ssl" };

_Static_assert(1 + sizeof(top) / sizeof(top[0]) + sizeof(etc) / sizeof(etc[0]) <= HOST_BINDS_MAX,
    "every directory has room");

/* Makes a directory, whose mode is set whatever it was. Mostly it is there. */
static int
make_directory(int at, const char *name, mode_t mode)
{
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mode == (S_IFDIR | mode))
		return 0;
	if (mkdirat(at, name, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -1;
	return fchmodat(at, name, mode, 0);
}

static int
add_bind(struct host *host, const char *parent, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", parent, name) == -1)
		return -1;
	host->binds[host->nbinds++] = path;
	return 0;
}

/* The host's /NAME becomes the same link, or a directory that is bound. */
static int
take_top(struct engine *engine, int skeleton, const char *name)
{
	char path[16];
	char to[256];
	struct stat st;
	ssize_t len;

	snprintf(path, sizeof(path), "/%s", name);
	if (lstat(path, &st) == -1)
		return 0;
	if (S_ISLNK(st.st_mode)) {
		len = readlink(path, to, sizeof(to) - 1);
		if (len <= 0)
			return -1;
		to[len] = '\0';
		return scratch_put_link(engine->jobs, skeleton, name, to);
	}
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (make_directory(skeleton, name, 0755) == -1)
		return -1;
	return add_bind(&engine->host, "", name);
}

static int
take_etc(struct host *host, int dir, const char *name)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/etc/%s", name);
	if (lstat(path, &st) == -1 || !S_ISDIR(st.st_mode))
		return 0;
	if (make_directory(dir, name, 0755) == -1)
		return -1;
	return add_bind(host, "/etc", name);
}

/* The directories that the kernel's own masks need to know about: see kernfs.c. */
void
host_look(struct host *host)
{
	long cpus;

	if (access("/sys/devices/system/cpu/cpu0/thermal_throttle", F_OK) == -1)
		return;
	cpus = sysconf(_SC_NPROCESSORS_CONF);
	host->cpus = cpus > 0 ? (unsigned int)cpus : 0;
}

static int
fill(struct engine *engine, int skeleton)
{
	int AUTO_CLOSE dir = -1;
	int AUTO_CLOSE var = -1;

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		if (make_directory(skeleton, directories[i].path, directories[i].mode) == -1)
			return -1;
	dir = openat(skeleton, "etc", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	var = openat(skeleton, "var", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir == -1 || var == -1)
		return -1;
	for (size_t i = 0; i < sizeof(var_directories) / sizeof(var_directories[0]); i++)
		if (make_directory(var, var_directories[i].path, var_directories[i].mode) == -1)
			return -1;
	if (scratch_put_link(engine->jobs, var, "run", "/run") == -1 ||
	    scratch_put_link(engine->jobs, var, "lock", "/run/lock") == -1 ||
	    add_bind(&engine->host, "", "usr") == -1)
		return -1;
	for (size_t i = 0; i < sizeof(top) / sizeof(top[0]); i++)
		if (take_top(engine, skeleton, top[i]) == -1)
			return -1;
	for (size_t i = 0; i < sizeof(etc) / sizeof(etc[0]); i++)
		if (take_etc(&engine->host, dir, etc[i]) == -1)
			return -1;
	return hostfiles_write(engine, dir);
}

int
host_prepare(struct engine *engine, struct err *err)
{
	int AUTO_CLOSE skeleton = -1;

	if (engine->host.nbinds > 0)
		return 0;
	if (mkdir(STATE_HOST, 0755) == -1 && errno != EEXIST)
		return state_unusable(engine, err);
	skeleton = open(STATE_HOST, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (skeleton != -1 && fill(engine, skeleton) == 0)
		return 0;
	state_unusable(engine, err);
	while (engine->host.nbinds > 0)
		free(engine->host.binds[--engine->host.nbinds]);
	return -1;
}

static void
remove_link(int at, const char *name)
{
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
		(void)!unlinkat(at, name, 0);
}

/* rmdir(2) takes empty directories alone: whatever somebody put there keeps its own. */
void
host_remove(int skeleton)
{
	int AUTO_CLOSE dir =
	    openat(skeleton, "etc", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int AUTO_CLOSE var =
	    openat(skeleton, "var", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir != -1) {
		hostfiles_remove(dir);
		for (size_t i = 0; i < sizeof(etc) / sizeof(etc[0]); i++)
			(void)!unlinkat(dir, etc[i], AT_REMOVEDIR);
	}
	if (var != -1) {
		remove_link(var, "run");
		remove_link(var, "lock");
		for (size_t i = 0; i < sizeof(var_directories) / sizeof(var_directories[0]); i++)
			(void)!unlinkat(var, var_directories[i].path, AT_REMOVEDIR);
	}
	for (size_t i = 0; i < sizeof(top) / sizeof(top[0]); i++) {
		remove_link(skeleton, top[i]);
		(void)!unlinkat(skeleton, top[i], AT_REMOVEDIR);
	}
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		(void)!unlinkat(skeleton, directories[i].path, AT_REMOVEDIR);
}
