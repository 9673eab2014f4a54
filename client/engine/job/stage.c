/* SPDX-License-Identifier: ISC */
/*
 * Mounts made ahead: see stage.h.
 * TRUST: unprivileged
 * INPUT: the host's device nodes
 * MUST: as in stage.h
 */
#include "client/engine/job/stage.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "client/engine/engine.h"
#include "client/engine/job/dev.h"
#include "client/engine/job/kernfs.h"
#include "client/engine/job/mnt.h"
#include "client/engine/job/rootfs.h"
#include "client/engine/state.h"
#include "common/io.h"

/* A directory of that name in the tmpfs stays empty: mnt is mounted there until a job has it. */
static int
put(int base, const char *name, int mnt)
{
	if (mnt == -1 || mkdirat(base, name, 0700) == -1)
		return -1;
	return mnt_attach(mnt, base, name);
}

int
stage_make(struct stage *stage, const struct host *host, struct err *err)
{
	static const struct mnt_option options[] = {
		{ "mode", "700" },
		{ "size", "64k" },
		{ NULL, NULL },
	};
	/* a clone of the tree above it, for a job that has that mounted, leaves it out */
	struct mount_attr alone = { .propagation = MS_UNBINDABLE };
	struct kernfs kernfs = { .cpus = host->cpus };
	int AUTO_CLOSE base = mnt_new("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);

	if (base == -1 || mount_setattr(base, "", AT_EMPTY_PATH, &alone, sizeof(alone)) == -1 ||
	    mnt_attach(base, AT_FDCWD, STATE_RUN) == -1)
		return err_sys(err, "nothing can be mounted ahead");
	stage->proc = kernfs_proc(err);
	stage->sys = kernfs_sys(false, err);
	if (stage->proc == -1 || stage->sys == -1)
		return -1;
	stage->dev = dev_new();
	stage->tmp = rootfs_scratch("1777");
	stage->run = rootfs_scratch("755");
	if (stage->tmp == -1 || stage->run == -1 || put(base, "dev", stage->dev) == -1 ||
	    put(base, "proc", stage->proc) == -1 || put(base, "sys", stage->sys) == -1 ||
	    dev_fill(stage->dev) == -1)
		return err_sys(err, "nothing can be mounted ahead");
	kernfs.dev = stage->dev;
	return kernfs_protect(stage->proc, stage->sys, &kernfs, err);
}

bool
stage_is_fresh(const struct stage *stage)
{
	return stage->dev != -1 && dev_is_fresh(stage->dev);
}

void
stage_drop(struct stage *stage)
{
	io_close(&stage->dev);
	io_close(&stage->proc);
	io_close(&stage->sys);
	io_close(&stage->tmp);
	io_close(&stage->run);
	*stage = (struct stage)STAGE_NONE;
}
