/* SPDX-License-Identifier: ISC */
/*
 * Ends what runs on a grant. Contract in end.h.
 * TRUST: privileged
 * INPUT: /proc and the cgroup tree: the kernel's facts about hostile processes
 * MUST: as end.h says. A descriptor of /proc/PID is the process itself: what is read through it and
 *       signalled with it (pidfd_send_signal(2) takes it) is never another one with its number.
 */
#include "helper/admin/end.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/admin/ids.h"

#define END_PASSES 400 /* of 25 ms: ten seconds */
#define END_PAUSE_US 25000
#define NESTING_MAX 32 /* the kernel's limit for user namespaces */

/* What /proc/PID/status says. */
struct status {
	bool dead;
	bool has_uid; /* one of the grant's subordinate ids, as whichever of its four */
	bool in_group; /* whose grant it is */
};

static int
no_memory(struct err *err)
{
	return (err_sys(err, "cannot note what is to be ended"));
}

/* "subids = auto": the block of uid, laid out as common/decide.c does. */
static int
add_auto(struct end *end, uint32_t uid, struct err *err)
{
	const struct hostconf *host = end->host;
	uint64_t at;

	if (host->pool.count == 0 || uid < host->first_uid)
		return (0);
	at = (uint64_t)(uid - host->first_uid) * SUBIDS_AUTO;
	if (at + SUBIDS_AUTO > host->pool.count)
		return (0);
	const struct id_range block = { host->pool.start + (uint32_t)at, SUBIDS_AUTO };
	if (idset_add(&end->uids, &block) < 0 ||
	    idset_add_id(&end->owners, block.start + SUBIDS_AUTO - 2) < 0)
		return (no_memory(err));
	return (0);
}

static int
add_recorded(struct end *end, uint32_t uid, int storedir, struct err *err)
{
	AUTO_IDS struct ids ids = { 0 };
	int rc = ids_load(storedir, &ids, err);

	for (size_t i = 0; rc == 0 && i < ids.n; i++) {
		if (ids.entries[i].uid != uid)
			continue;
		if (ids.entries[i].kind == IDS_OWNER)
			rc = idset_add(&end->owners, &ids.entries[i].range);
		else if (ids.entries[i].kind == IDS_SUBUID)
			rc = idset_add(&end->uids, &ids.entries[i].range);
		if (rc < 0)
			return (no_memory(err));
	}
	return (rc);
}

int
end_add_grant(struct end *end, const struct allow *allow, int storedir, struct err *err)
{
	if (allow != NULL && allow->owner_id != 0 &&
	    idset_add_id(&end->owners, allow->owner_id) < 0)
		return (no_memory(err));
	if (allow != NULL && idset_add(&end->uids, &allow->subuid) < 0)
		return (no_memory(err));
	if (end->kind == PRINCIPAL_GID)
		return (idset_add_id(&end->gids, end->id) < 0 ? no_memory(err) : 0);
	if (add_auto(end, end->id, err) < 0)
		return (-1);
	return (add_recorded(end, end->id, storedir, err));
}

/* Is one of the numbers of text in set? Decimal numbers and blanks: the kernel's. */
static bool
has_number(const char *text, const struct idset *set)
{
	char *next;

	for (unsigned long value = strtoul(text, &next, 10); next != text;
	     value = strtoul(text, &next, 10)) {
		if (value <= UINT32_MAX && idset_contains(set, (uint32_t)value))
			return (true);
		text = next;
	}
	return (false);
}

static void
read_line(const struct end *end, const char *line, struct status *status)
{
	if (strncmp(line, "State:\t", 7) == 0)
		status->dead = line[7] == 'Z' || line[7] == 'X';
	else if (strncmp(line, "Uid:\t", 5) == 0)
		status->has_uid = has_number(line + 5, &end->uids);
	else if (strncmp(line, "Gid:\t", 5) == 0)
		status->in_group |= has_number(line + 5, &end->gids);
	else if (strncmp(line, "Groups:\t", 8) == 0)
		status->in_group |= has_number(line + 8, &end->gids);
}

/* The kernel escapes the one text in it that a user chooses (Name). */
static int
read_status(const struct end *end, int proc, struct status *status)
{
	int fd = openat(proc, "status", O_RDONLY | O_CLOEXEC);
	FILE *in = fd >= 0 ? fdopen(fd, "r") : NULL;
	char *line = NULL;
	size_t cap = 0;

	if (in == NULL) {
		io_close(&fd);
		return (-1);
	}
	*status = (struct status){ 0 };
	while (getline(&line, &cap, in) > 0)
		read_line(end, line, status);
	free(line);
	fclose(in);
	return (0);
}

/* The owner of the process's user namespace that is in owners, or of one above it; 0: none. */
static uint32_t
find_owner(int proc, const struct idset *owners)
{
	int ns = openat(proc, "ns/user", O_RDONLY | O_CLOEXEC);
	uint32_t found = 0;
	uid_t owner;

	for (int depth = 0; ns >= 0 && depth < NESTING_MAX; depth++) {
		int parent;

		if (ioctl(ns, NS_GET_OWNER_UID, &owner) < 0)
			break;
		if (idset_contains(owners, owner)) {
			found = owner;
			break;
		}
		/* EPERM at our own namespace, which is the end. */
		parent = ioctl(ns, NS_GET_PARENT);
		close(ns);
		ns = parent;
	}
	io_close(&ns);
	return (found);
}

/*
 * A member of the group that lives in a namespace which only the launcher can have made leads to
 * all else that lives there, whatever groups that has.
 */
static int
add_member(struct end *end, int proc)
{
	const struct hostconf *host = end->host;
	struct idset all = { 0 };
	struct err ignored;
	uint32_t owner, at;
	int rc = 0;

	if (idset_add(&all, &(struct id_range){ ID_RESERVED_MIN, ID_MAX - ID_RESERVED_MIN + 1 }) <
		0 ||
	    idset_add(&all, &host->pool) < 0)
		rc = -1;
	owner = rc == 0 ? find_owner(proc, &all) : 0;
	idset_free(&all);
	if (owner == 0 || idset_contains(&end->owners, owner))
		return (rc);
	if (owner >= ID_RESERVED_MIN)
		return (idset_add_id(&end->owners, owner));
	at = owner - host->pool.start;
	if (at % SUBIDS_AUTO != SUBIDS_AUTO - 2)
		return (0);
	return (add_auto(end, host->first_uid + at / SUBIDS_AUTO, &ignored));
}

/* Whose is the outermost namespace that the process lives in, below ours? False: it lives in ours. */
static bool
find_outermost(int proc, uid_t *owner)
{
	int ns = openat(proc, "ns/user", O_RDONLY | O_CLOEXEC), parent;
	bool below = false;

	for (int depth = 0; ns >= 0 && depth < NESTING_MAX; depth++) {
		parent = ioctl(ns, NS_GET_PARENT);
		if (parent >= 0)
			below |= ioctl(ns, NS_GET_OWNER_UID, owner) == 0;
		close(ns);
		ns = parent;
	}
	io_close(&ns);
	return (below);
}

/* The ids of the range are the user's by /etc/subuid as well: what runs with them in a namespace that
 * somebody made with newuidmap(1) is no matter of the grant. What came out of the grant's namespace,
 * by a setuid file for one, is in none, or in one that it has made itself. */
static bool
is_ours(const struct end *end, int proc, const struct status *status)
{
	uid_t owner;

	if (find_owner(proc, &end->owners) != 0)
		return (true);
	return (status->has_uid &&
		(!find_outermost(proc, &owner) || idset_contains(&end->uids, owner)));
}

/* 1 when it was one of ours and alive, 0 when not, -1 out of memory. */
static int
visit(struct end *end, int procfs, const char *pid)
{
	AUTO_CLOSE int proc = openat(procfs, pid, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct status status;

	if (proc < 0 || read_status(end, proc, &status) < 0 || status.dead)
		return (0);
	if (status.in_group && add_member(end, proc) < 0)
		return (-1);
	if (!is_ours(end, proc, &status))
		return (0);
	if (pidfd_send_signal(proc, SIGKILL, NULL, 0) == 0)
		end->any = true;
	return (1);
}

/* How many were found alive, or -1 with err. */
static int
pass(struct end *end, struct err *err)
{
	DIR *procfs = opendir("/proc");
	struct dirent *entry;
	struct statfs fs;
	int found = 0;

	if (procfs == NULL)
		return (err_sys(err, "cannot list /proc"));
	if (fstatfs(dirfd(procfs), &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC) {
		closedir(procfs);
		return (err_set(err, ERR_SYSTEM, "/proc is not what it should be"));
	}
	while ((entry = readdir(procfs)) != NULL) {
		int one = 0;

		if (isdigit((unsigned char)entry->d_name[0]))
			one = visit(end, dirfd(procfs), entry->d_name);
		if (one < 0) {
			closedir(procfs);
			return (no_memory(err));
		}
		found += one;
	}
	closedir(procfs);
	return (found);
}

/* The directory that the launcher makes cgroups in; "" without cgroup2. */
static void
find_cgroups(uint32_t uid, char path[96])
{
	static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs fs;

	path[0] = '\0';
	for (size_t i = 0; i < 2 && path[0] == '\0'; i++) {
		if (statfs(mounts[i], &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			snprintf(path, 96, "%s/berth/%u", mounts[i], uid);
	}
}

/* All at once, before the passes: a fork bomb cannot outrun it. */
static void
kill_cgroups(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char name[300];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		AUTO_CLOSE int fd = -1;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/cgroup.kill", entry->d_name);
		fd = openat(dirfd(dir), name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
		/* Kernels before 5.14 have no such file; the passes find all the same. */
		if (fd >= 0 && write(fd, "1", 1) < 0)
			continue;
	}
	if (dir != NULL)
		closedir(dir);
}

static int
remove_cgroup(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	/* One that is still in use stays; the next start removes it. */
	if (type == FTW_DP && rmdir(path) < 0)
		return (0);
	return (0);
}

static int
left_over(int found, struct err *err)
{
	err_set(err, ERR_SYSTEM, "%d processes of the grant do not end", found);
	err_why(err, "the grant is changed, but they wait for something in the kernel");
	return (err_todo(err, "try again when it has come; the same command ends them"));
}

int
end_all(struct end *end, struct err *err)
{
	char cgroups[96] = "";
	int found = 0, quiet = 0;

	if (end->kind == PRINCIPAL_UID)
		find_cgroups(end->id, cgroups);
	if (cgroups[0] != '\0')
		kill_cgroups(cgroups);
	/* Twice none: one that was being started as we looked is seen by the second look. */
	for (int i = 0; quiet < 2; i++) {
		if (i == END_PASSES)
			return (left_over(found, err));
		found = pass(end, err);
		if (found < 0)
			return (-1);
		quiet = found == 0 ? quiet + 1 : 0;
		if (quiet < 2)
			usleep(END_PAUSE_US);
	}
	if (cgroups[0] != '\0')
		nftw(cgroups, remove_cgroup, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return (0);
}

void
end_free(struct end *end)
{
	idset_free(&end->owners);
	idset_free(&end->uids);
	idset_free(&end->gids);
}
