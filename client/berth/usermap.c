/* SPDX-License-Identifier: ISC */
/*
 * The maps of a rootless engine's user namespace. Contract in usermap.h.
 * TRUST: unprivileged
 * INPUT: /etc/subuid and /etc/subgid; how newuidmap(1) and newgidmap(1) end
 * MUST: as usermap.h says
 */
#include "client/berth/usermap.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"

#include "client/lib/passwd.h"
#include "client/lib/subid.h"

/* One of the two. */
struct map {
	const char *file; /* "uid_map" */
	const char *program; /* "newuidmap" */
	const char *path; /* of the program */
	bool groups;
	uint32_t own;
	struct id_range *range;
};

static int
await(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return (-1);
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1);
}

/* The kernel lets a user map other ids with privilege only, which these two programs have. */
static enum usermap_lack
map_range(pid_t target, const struct map *map)
{
	char words[5][16], name[16];
	char *argv[] = { name, words[0], (char[]){ "0" }, words[1], (char[]){ "1" },
		(char[]){ "1" }, words[2], words[3], NULL };
	char *envp[] = { NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;
	int rc;

	snprintf(name, sizeof(name), "%s", map->program);
	snprintf(words[0], sizeof(words[0]), "%d", target);
	snprintf(words[1], sizeof(words[1]), "%u", map->own);
	snprintf(words[2], sizeof(words[2]), "%u", map->range->start);
	snprintf(words[3], sizeof(words[3]), "%u", map->range->count);
	if ((rc = posix_spawn_file_actions_init(&actions)) != 0)
		return (USERMAP_REFUSED);
	/* What they say is for who called them by hand; ours stands in the note. */
	for (int fd = 0; fd < 3 && rc == 0; fd++)
		rc = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	if (rc == 0)
		rc = posix_spawn(&pid, map->path, &actions, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	if (rc == 0)
		return (await(pid) == 0 ? USERMAP_WHOLE : USERMAP_REFUSED);
	return (rc == ENOENT ? USERMAP_NO_PROGRAM : USERMAP_REFUSED);
}

static int
put(pid_t pid, const char *name, const char *text, int len)
{
	AUTO_CLOSE int fd = -1;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	/* The kernel takes a map with one write(2) or not at all. */
	return (fd >= 0 && write(fd, text, (size_t)len) == len ? 0 : -1);
}

/* user_namespaces(7): what everybody may map is their own id, and of groups only when none can be
 * dropped any more. */
static int
map_own(pid_t pid, const struct map *map)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "0 %u 1\n", map->own);

	if (map->groups && put(pid, "setgroups", "deny", 4) != 0)
		return (-1);
	return (put(pid, map->file, text, len));
}

static int
write_map(pid_t pid, const struct map *map, enum usermap_lack *lack, struct err *err)
{
	enum usermap_lack found = map->range->count != 0 ? map_range(pid, map) : USERMAP_NO_RANGE;

	if (found > *lack)
		*lack = found;
	if (found == USERMAP_WHOLE)
		return (0);
	*map->range = (struct id_range){ 0, 0 };
	if (map_own(pid, map) == 0)
		return (0);
	return (err_sys(err, "cannot write the %s of the user namespace", map->file));
}

void
usermap_find(const struct caller *caller, struct id_range *subuid, struct id_range *subgid)
{
	struct passwd_entry account;
	struct subid_owner owner = { account.name, caller->uid, caller->uid };

	*subuid = *subgid = (struct id_range){ 0, 0 };
	passwd_find(caller->uid, &account);
	(void)subid_load("/etc/subuid", &owner, subuid);
	owner.own = caller->gid;
	(void)subid_load("/etc/subgid", &owner, subgid);
}

int
usermap_write(pid_t pid, const struct caller *caller, struct grant *grant, enum usermap_lack *lack,
    struct err *err)
{
	const struct map uids = { .file = "uid_map",
		.program = "newuidmap",
		.path = "/usr/bin/newuidmap",
		.own = caller->uid,
		.range = &grant->subuid };
	const struct map gids = { .file = "gid_map",
		.program = "newgidmap",
		.path = "/usr/bin/newgidmap",
		.groups = true,
		.own = caller->gid,
		.range = &grant->subgid };

	*lack = USERMAP_WHOLE;
	usermap_find(caller, &grant->subuid, &grant->subgid);
	return (write_map(pid, &uids, lack, err) != 0 || write_map(pid, &gids, lack, err) != 0 ? -1
											       : 0);
}

const char *
usermap_text(enum usermap_lack lack)
{
	switch (lack) {
	case USERMAP_WHOLE:
		return ("with the user's subordinate ids");
	case USERMAP_NO_RANGE:
		return (
		    "with one id, for /etc/subuid and /etc/subgid have no range of this user's");
	case USERMAP_NO_PROGRAM:
		return (
		    "with one id, for newuidmap and newgidmap (package uidmap) are not installed");
	case USERMAP_REFUSED:
		break;
	}
	return ("with one id, for newuidmap or newgidmap refused the user's range");
}
