/* SPDX-License-Identifier: ISC */
/*
 * Secrets of a job: see secrets.h.
 * TRUST: unprivileged
 * INPUT: as in secrets.h
 * MUST: as in secrets.h
 */
#include "client/engine/job/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/engine/job/account.h"
#include "client/engine/job/mnt.h"
#include "client/engine/state.h"
#include "common/io.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)
#define FLAGS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define NAME_SIZE 24 /* of a file in the tmpfs: its number */

struct placing {
	const struct root *root;
	int tmpfs;
	struct identity user; /* to whom the secrets belong that were given no owner */
};

bool
secrets_any(const struct job *job)
{
	for (size_t i = 0; i < job->nmounts; i++)
		if (job->mounts[i].type == JOB_MOUNT_SECRET)
			return true;
	return false;
}

int
secrets_again(const struct job *job, const char *name, struct err *err)
{
	if (!secrets_any(job))
		return 0;
	err_set(err, ERR_FAILED, "job %s cannot be started again", name);
	err_why(err, "it was given secrets, which are not kept");
	return err_todo(
	    err, "remove it, and run it anew with them:  berth run --secret id=NAME,src=FILE ...");
}

static int
cannot(const struct job_mount *mount, struct err *err)
{
	return err_sys(err, "secret %s cannot be given to the job", mount->source);
}

/* Only a memfd has seals. What has these neither changes any more nor lets its reader wait. */
static int
check_sealed(const struct job_mount *mount, off_t *size, struct err *err)
{
	int seals = fcntl(mount->fd, F_GET_SEALS);
	struct stat st;

	if (seals != -1 && (seals & SEALS) == SEALS && fstat(mount->fd, &st) == 0 &&
	    st.st_size <= (off_t)JOB_SECRET_MAX) {
		*size = st.st_size;
		return 0;
	}
	err_set(err, ERR_FAILED, "secret %s cannot be given to the job", mount->source);
	return err_why(
	    err, "it did not come as a sealed memfd of at most %u bytes", JOB_SECRET_MAX);
}

/* From file to file: no memory of this process sees it. */
static int
copy(int to, int from, off_t size)
{
	off_t at = 0;

	while (at < size) {
		ssize_t n = sendfile(to, from, &at, (size_t)(size - at));

		if (n == -1 && errno == EINTR)
			continue;
		if (n > 0)
			continue;
		errno = n == 0 ? EIO : errno;
		return -1;
	}
	return 0;
}

static int
give_away(const struct placing *placing, int fd, const struct job_mount *mount, struct err *err)
{
	uid_t uid = mount->mapped ? mount->uid : placing->user.uid;
	gid_t gid = mount->mapped ? mount->gid : placing->user.gid;

	if (fchmod(fd, mount->mode) == 0 && fchown(fd, uid, gid) == 0)
		return 0;
	if (errno != EINVAL)
		return cannot(mount, err);
	err_set(err, ERR_FAILED, "secret %s cannot belong to %u:%u", mount->source, uid, gid);
	err_why(err, "these numbers are not among the ids that you have");
	return err_todo(err, "berth info  shows them; without a range there is 0 alone");
}

/* Writes one into the tmpfs, which is still seen by nobody. 0, or -1 with err. */
static int
put(const struct placing *placing, const char *name, const struct job_mount *mount, struct err *err)
{
	int AUTO_CLOSE fd = -1;
	off_t size;

	if (check_sealed(mount, &size, err) == -1)
		return -1;
	fd = openat(placing->tmpfs, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 || copy(fd, mount->fd, size) == -1)
		return cannot(mount, err);
	return give_away(placing, fd, mount, err);
}

static int
explain_target(const struct job_mount *mount, struct err *err)
{
	err_sys(err, "secret %s cannot be at %s in the job", mount->source, mount->target);
	if (err->errnum == EXDEV) {
		err_why(err, "that file does not exist, and would have to be made on the host");
		return err_todo(err, "make an empty one there, or choose another target=");
	}
	return err->errnum == EISDIR ? err_why(err, "what is there is a directory") : -1;
}

/* The file, and nothing else of its file system, at its target. */
static int
show(
    const struct placing *placing, const char *name, const struct job_mount *mount, struct err *err)
{
	int AUTO_CLOSE mnt = mnt_clone(placing->tmpfs, name, FLAGS | MOUNT_ATTR_RDONLY);
	int AUTO_CLOSE target = -1;

	if (mnt == -1)
		return cannot(mount, err);
	target = target_open(placing->root, mount->target, false);
	if (target == -1 || mnt_attach(mnt, target, "") == -1)
		return explain_target(mount, err);
	return 0;
}

static int
place_all(struct placing *placing, const struct job *job, struct err *err)
{
	if (account_find(placing->root->fd, job->run.user, &placing->user, err) == -1)
		return -1;
	for (size_t i = 0; i < job->nmounts; i++) {
		const struct job_mount *mount = &job->mounts[i];
		char name[NAME_SIZE];

		if (mount->type != JOB_MOUNT_SECRET)
			continue;
		snprintf(name, sizeof(name), "%zu", i);
		if (put(placing, name, mount, err) == -1 || show(placing, name, mount, err) == -1)
			return -1;
	}
	return 0;
}

int
secrets_mount(const struct root *root, const struct job *job, struct err *err)
{
	static const struct mnt_option options[] = { { "mode", "700" }, { NULL, NULL } };
	int AUTO_CLOSE tmpfs = -1;
	struct placing placing = { .root = root };
	int ret;

	if (!secrets_any(job))
		return 0;
	tmpfs = mnt_new("tmpfs", options, FLAGS);
	/* a file can be cloned only out of a mount that is attached: here it is for as long as that takes,
	   in a namespace where nobody else looks */
	if (tmpfs == -1 || mnt_attach(tmpfs, AT_FDCWD, STATE_JOBS) == -1)
		return err_sys(err, "a place for the secrets of the job cannot be made");
	placing.tmpfs = tmpfs;
	ret = place_all(&placing, job, err);
	if (umount2(STATE_JOBS, MNT_DETACH | UMOUNT_NOFOLLOW) == -1)
		return err_sys(err, "the place of the job's secrets cannot be taken away");
	return ret;
}
