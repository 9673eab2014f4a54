/* SPDX-License-Identifier: ISC */
/*
 * The state root: see state.h.
 * TRUST: unprivileged
 * INPUT: a path from the policy; a directory that its user can change at any time
 * MUST: as in state.h
 */
#include "client/engine/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "client/engine/job/overlay.h"
#include "client/engine/job/remove.h"
#include "client/engine/job/scratch.h"
#include "client/lib/fstype.h"
#include "common/io.h"

#define PROBE_FILE "probe"
#define PROBE_SIZE 4096

static int
name_another(const struct engine *engine, struct err *err)
{
	if (engine->mode == FACTS_ROOTLESS)
		return err_todo(err, "name another one:  XDG_STATE_HOME=/some/directory berth ...");
	return err_todo(err, "an administrator can choose another:  sudo berth grant %u --root=DIR",
	    engine->caller.uid);
}

int
state_unusable(const struct engine *engine, struct err *err)
{
	char why[ERR_LINE];

	err_sys(err, "the state directory %s cannot be used", engine->root);
	memcpy(why, err->why, sizeof(why));
	switch (err->errnum) {
	case EROFS:
		err_why(err, "its file system is read-only");
		break;
	case ENOSPC:
	case EDQUOT:
		err_why(err, "its file system is full (%s)", why);
		break;
	case ENOENT:
		err_why(err, "the directory above it does not exist");
		break;
	case EBUSY:
		err_why(err, "it is being emptied:  berth daemon reset");
		return err_todo(err, "try again when that is done");
	default:
		break;
	}
	if (err->errnum == ENOSPC || err->errnum == EDQUOT)
		return err_todo(
		    err, "make room there:  df -h %s; df -i %s", engine->root, engine->root);
	return name_another(engine, err);
}

int
state_open(struct engine *engine, struct err *err)
{
	int AUTO_CLOSE fd = -1;
	struct stat st;

	if (mkdir(engine->root, 0700) == -1 && errno != EEXIST && errno != EROFS && errno != EACCES)
		return state_unusable(engine, err);
	fd = open(engine->root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1 || fchdir(fd) == -1)
		return state_unusable(engine, err);
	if (st.st_uid != engine->uid || (st.st_mode & 022) != 0) {
		err_set(err, ERR_SYSTEM, "the state directory %s cannot be used", engine->root);
		err_why(err, st.st_uid != engine->uid ? "it belongs to somebody else"
						      : "others can write to it");
		if (st.st_uid != engine->uid)
			return name_another(engine, err);
		return err_todo(err, "close it:  chmod 700 %s", engine->root);
	}
	if (mkdir(STATE_JOBS, 0700) == -1 && errno != EEXIST)
		return state_unusable(engine, err);
	engine->jobs = open(STATE_JOBS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (engine->jobs == -1 || fchmod(engine->jobs, 0700) == -1)
		return state_unusable(engine, err);
	return 0;
}

/* Some file systems are full for files while directories can still be made. */
static int
probe_space(int dir)
{
	static const char zeroes[PROBE_SIZE];
	int AUTO_CLOSE fd = openat(dir, PROBE_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd == -1 ? -1 : io_write_all(fd, zeroes, sizeof(zeroes));
}

int
state_no_overlay(const struct engine *engine, struct err *err)
{
	char type[FSTYPE_MAX];
	struct statfs fs;

	if (errno == ENOSPC || errno == EDQUOT || errno == EROFS)
		return state_unusable(engine, err);
	err_sys(err, "the state directory %s cannot be used", engine->root);
	fstype_name(statfs(".", &fs) == 0 ? &fs : NULL, type);
	err_why(err, "its file system (%s) cannot carry an overlay", type);
	return name_another(engine, err);
}

static int
probe_overlay(struct engine *engine, int dir, struct err *err)
{
	engine->probe = overlay_mount(dir, OVERLAY_HOST, 0);
	return engine->probe == -1 ? state_no_overlay(engine, err) : 0;
}

int
state_probe(struct engine *engine, struct err *err)
{
	char name[JOB_ID_LEN + 1];
	int AUTO_CLOSE dir = scratch_directory(engine->jobs, name);
	int ret = -1;

	if (dir == -1)
		return state_unusable(engine, err);
	if (overlay_directories(dir) == -1 || probe_space(dir) == -1)
		state_unusable(engine, err);
	else
		ret = probe_overlay(engine, dir, err);
	/* A first call waits for this start, and to undo the probe takes longer than to make it: the
	 * process that sweeps does it. */
	if (ret == -1)
		(void)!remove_tree(engine->jobs, name);
	return ret;
}
