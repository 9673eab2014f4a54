/* SPDX-License-Identifier: ISC */
/*
 * Can this directory be a state root? Contract in probe.h.
 * TRUST: privileged
 * INPUT: a path of the administrator's; directories of the user's
 * MUST: as probe.h says. Two children do it: one with the user's identity alone, one that is still
 *       allowed to mount but reaches files as the user does.
 */
#include "helper/admin/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/io.h"
#include "common/path.h"
#include "helper/admin/admin.h"
#include "helper/admin/child.h"
#include "helper/admin/trust.h"

#define PROBE_SECONDS 10
#define TRIAL ".berth-trial"

/* Shared with the children. */
struct probe {
	const struct account *who;
	bool parents; /* make missing parents as well */
	char path[PATH_MAX];
	char real[PATH_MAX]; /* set by try_write */
	char type[64]; /* of the file system, when it could be told */
	struct err err;
};

/* A mount that is tried out. */
struct trial {
	int root; /* the directory, opened */
	uint32_t uid; /* whose it is */
	int fs; /* fsopen(2) */
};

static int
not_writable(struct probe *probe, const char *path, int errnum)
{
	struct err *err = &probe->err;

	err_set(err, ERR_FAILED, "%s cannot use %s as state directory", probe->who->shown, path);
	switch (errnum) {
	case EROFS:
		err_why(err, "the file system is read-only");
		break;
	case ENOSPC:
		err_why(err, "the file system is full");
		break;
	case EDQUOT:
		err_why(err, "the user's quota there is used up");
		break;
	case ENOENT:
		err_why(err, "its parent directory does not exist");
		return (err_todo(
		    err, "name another one, or make the parent, owned by %s", probe->who->typed));
	case ENOTDIR:
		err_why(err, "it, or a part of its path, is not a directory");
		break;
	case EACCES:
	case EPERM:
		err_why(err, "with the user's own rights it cannot be written");
		break;
	default:
		err_why(err, "%s", strerrordesc_np(errnum));
		break;
	}
	return (err_todo(err,
	    "name a directory where the user may write:  --root=DIR, for example " BERTH_STATE_DIR
	    "/%u",
	    probe->who->id));
}

/* Makes the directories above path that are missing, as mkdir -p does. */
static int
make_parents(const char *path)
{
	char part[PATH_MAX / 2];
	size_t len = strlen(path);

	if (len >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	for (size_t at = 1; at < len; at++) {
		if (path[at] != '/')
			continue;
		memcpy(part, path, at);
		part[at] = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST && errno != EACCES && errno != EROFS)
			return (-1);
	}
	return (0);
}

static bool
is_empty(int dir)
{
	struct stat st;
	char buf[1024];
	ssize_t got;

	if (fstat(dir, &st) < 0 || st.st_nlink > 2 || lseek(dir, 0, SEEK_SET) < 0)
		return (false);
	/* "." and "..": two records of 24 bytes. */
	got = syscall(SYS_getdents64, dir, buf, sizeof(buf));
	return (got >= 0 && got <= 48);
}

/* A directory of the user's alone: others could run what jobs leave there (setuid files). */
static int
judge_root(struct probe *probe, int dir)
{
	const struct account *who = probe->who;
	struct err *err = &probe->err;
	struct stat st;

	if (fstat(dir, &st) < 0)
		return (not_writable(probe, probe->path, errno));
	if (st.st_uid != who->id) {
		err_set(err, ERR_FAILED, "%s cannot be the state directory of %s", probe->path,
		    who->shown);
		err_why(err, "it belongs to uid %u", st.st_uid);
		return (err_todo(err,
		    "name one that is the user's own, or that does not exist "
		    "yet:  --root=%.256s/berth",
		    probe->path));
	}
	if ((st.st_mode & 077) == 0 || (is_empty(dir) && fchmod(dir, 0700) == 0))
		return (0);
	err_set(
	    err, ERR_FAILED, "%s is open to others (mode %04o)", probe->path, st.st_mode & 07777U);
	err_why(err, "a state directory holds files that only its user may reach, and this one "
		     "is in use");
	return (
	    err_todo(err, "name one that does not exist yet:  --root=%.256s/berth", probe->path));
}

static void
clean_trial(int dir)
{
	unlinkat(dir, TRIAL "/upper/file", 0);
	unlinkat(dir, TRIAL "/work/work", AT_REMOVEDIR);
	unlinkat(dir, TRIAL "/work/index", AT_REMOVEDIR);
	unlinkat(dir, TRIAL "/work", AT_REMOVEDIR);
	unlinkat(dir, TRIAL "/upper", AT_REMOVEDIR);
	unlinkat(dir, TRIAL "/lower", AT_REMOVEDIR);
	unlinkat(dir, TRIAL, AT_REMOVEDIR);
}

static int
write_something(int dir)
{
	static const char zeros[8192];
	AUTO_CLOSE int fd = openat(
	    dir, TRIAL "/upper/file", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || io_write_all(fd, zeros, sizeof(zeros)) < 0 || fsync(fd) < 0)
		return (-1);
	return (unlinkat(dir, TRIAL "/upper/file", 0));
}

/* Runs with the user's identity and nothing else. */
static int
try_write(void *arg)
{
	struct probe *probe = arg;
	AUTO_CLOSE int dir = -1;
	int made;

	if (probe->parents && make_parents(probe->path) < 0)
		return (not_writable(probe, probe->path, errno) < 0);
	made = mkdir(probe->path, 0700) == 0;
	if (!made && errno != EEXIST)
		return (not_writable(probe, probe->path, errno) < 0);
	dir = open(probe->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || realpath(probe->path, probe->real) == NULL)
		return (not_writable(probe, probe->path, errno) < 0);
	if (judge_root(probe, dir) < 0)
		return (1);
	clean_trial(dir);
	if (mkdirat(dir, TRIAL, 0700) < 0 || mkdirat(dir, TRIAL "/lower", 0700) < 0 ||
	    mkdirat(dir, TRIAL "/upper", 0700) < 0 || mkdirat(dir, TRIAL "/work", 0700) < 0 ||
	    write_something(dir) < 0) {
		not_writable(probe, probe->path, errno);
		clean_trial(dir);
		if (made)
			rmdir(probe->path);
		return (1);
	}
	return (0);
}

/* "ext4": the ninth or later word of the mount's line in mountinfo (proc_pid_mountinfo(5)). */
static void
find_type(int dir, char *type, size_t len)
{
	struct statx stx;
	char *line = NULL;
	size_t cap = 0;
	FILE *in;

	if (statx(dir, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) < 0 ||
	    (in = fopen("/proc/self/mountinfo", "re")) == NULL)
		return;
	while (getline(&line, &cap, in) > 0) {
		char *dash = strstr(line, " - ");

		if (strtoull(line, NULL, 10) != stx.stx_mnt_id || dash == NULL)
			continue;
		dash[3 + strcspn(dash + 3, " \n")] = '\0';
		snprintf(type, len, "%s", dash + 3);
	}
	free(line);
	fclose(in);
}

/*
 * The kernel makes the overlay's inner work directory with mode 0 and then wants to write there,
 * which an engine may as root of its namespace. Only while the trial is mounted: what it touches is
 * below three directories that were opened and belong to the user.
 */
static int
set_override(cap_flag_value_t value)
{
	static const cap_value_t cap = CAP_DAC_OVERRIDE;
	cap_t own = cap_get_proc();
	int rc = -1;

	if (own != NULL && cap_set_flag(own, CAP_EFFECTIVE, 1, &cap, value) == 0)
		rc = cap_set_proc(own);
	cap_free(own);
	return (rc);
}

/* The descriptor of the layer, which the link given to the overlay goes through; or -1. */
static int
set_layer(const struct trial *trial, const char *key, const char *name)
{
	char link[64];
	struct stat st;
	/* The directory that was opened, whatever its name leads to by now. */
	int dir = openat(trial->root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int rc;

	if (dir < 0)
		return (-1);
	rc = fstat(dir, &st);
	if (rc == 0 && st.st_uid != trial->uid) {
		errno = EPERM;
		rc = -1;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	if (rc < 0 || fsconfig(trial->fs, FSCONFIG_SET_STRING, key, link, 0) < 0) {
		io_close(&dir);
		return (-1);
	}
	return (dir);
}

/* Mounts an overlay nowhere (the mount is never attached) and makes a file in it. */
static int
mount_trial(struct trial *trial)
{
	AUTO_CLOSE int fs = fsopen("overlay", FSOPEN_CLOEXEC);
	AUTO_CLOSE int mount = -1;
	AUTO_CLOSE int file = -1;
	AUTO_CLOSE int lower = -1;
	AUTO_CLOSE int upper = -1;
	AUTO_CLOSE int work = -1;
	int rc;

	trial->fs = fs;
	if (fs < 0)
		return (-1);
	/* Open until the overlay is made: older kernels look the links up only then. */
	lower = set_layer(trial, "lowerdir", TRIAL "/lower");
	upper = set_layer(trial, "upperdir", TRIAL "/upper");
	work = set_layer(trial, "workdir", TRIAL "/work");
	if (lower < 0 || upper < 0 || work < 0 ||
	    fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0 || set_override(CAP_SET) < 0)
		return (-1);
	rc = fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (set_override(CAP_CLEAR) < 0 || rc < 0)
		return (-1);
	mount = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (mount < 0)
		return (-1);
	file = openat(mount, "file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return (file < 0 ? -1 : 0);
}

static int
no_overlay(struct probe *probe, int errnum)
{
	struct err *err = &probe->err;

	err_set(err, ERR_FAILED, "%s cannot carry the overlays of jobs", probe->path);
	err_why(err, "its file system is %s: a trial mount fails (%s)",
	    probe->type[0] != '\0' ? probe->type : "of an unknown type", strerrordesc_np(errnum));
	return (err_todo(err,
	    "name a directory on a local file system (ext4, xfs, btrfs, tmpfs):"
	    "  --root=" BERTH_STATE_DIR "/%u",
	    probe->who->id));
}

/* Runs with CAP_SYS_ADMIN, but with the user's rights to files. */
static int
try_overlay(void *arg)
{
	struct probe *probe = arg;
	AUTO_CLOSE int dir = open(probe->real, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int rc = 0;

	if (dir < 0)
		return (not_writable(probe, probe->real, errno) < 0);
	struct trial trial = { .root = dir, .uid = probe->who->id };
	if (mount_trial(&trial) < 0) {
		int errnum = errno;

		find_type(dir, probe->type, sizeof(probe->type));
		no_overlay(probe, errnum);
		rc = 1;
	}
	clean_trial(dir);
	return (rc);
}

static int
run_child(struct probe *probe, enum child_identity identity, int (*work)(void *), struct err *err)
{
	struct child child = { .identity = identity,
		.account = probe->who,
		.work = work,
		.arg = probe,
		.seconds = PROBE_SECONDS };
	int status = child_run(&child, err);

	if (status < 0 && err->code == ERR_SYSTEM && err->todo[0] == '\0')
		return (err_todo(err, "look at the directory as the user:  sudo -u %s ls -la %s",
		    probe->who->typed, probe->path));
	if (status < 0)
		return (-1);
	if (status == 0)
		return (0);
	if (probe->err.code == ERR_INVALID)
		return (
		    err_set(err, ERR_SYSTEM, "cannot try out %s (status %d)", probe->path, status));
	*err = probe->err;
	return (-1);
}

static int
probe_path(struct probe *probe, char real[PATH_MAX], struct err *err)
{
	if (run_child(probe, CHILD_USER, try_write, err) < 0)
		return (-1);
	probe->real[PATH_MAX - 1] = '\0';
	if (!path_is_canonical(probe->real))
		return (err_set(err, ERR_FAILED, "%s leads nowhere", probe->path));
	memcpy(real, probe->real, PATH_MAX);
	return (run_child(probe, CHILD_USER_FILES, try_overlay, err));
}

static struct probe *
probe_new(const struct account *who, const char *path, struct err *err)
{
	struct probe *probe =
	    mmap(NULL, sizeof(*probe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (probe == MAP_FAILED) {
		err_sys(err, "cannot try out %s", path);
		return (NULL);
	}
	probe->who = who;
	snprintf(probe->path, sizeof(probe->path), "%s", path);
	return (probe);
}

/* BERTH_STATE_DIR/UID, which only root can make. */
static int
make_state(const struct account *who, const char *path, struct err *err)
{
	AUTO_CLOSE int dir = trust_open_dir(BERTH_STATE_DIR, err);
	char name[16];

	if (dir < 0)
		return (-1);
	snprintf(name, sizeof(name), "%u", who->id);
	if (mkdirat(dir, name, 0700) < 0)
		return (errno == EEXIST ? 0 : err_sys(err, "cannot make %s", path));
	if (fchownat(dir, name, who->id, who->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return (err_sys(err, "cannot give %s to its user", path));
	return (0);
}

int
probe_root(const struct account *who, const char *path, char real[PATH_MAX], struct err *err)
{
	char state[64];
	struct probe *probe;
	int rc;

	if (!path_is_canonical(path) || strcmp(path, "/") == 0) {
		err_set(err, ERR_USAGE, "not a state directory: %.256s", path);
		err_why(err, "it must be an absolute path without '.', '..' or empty components");
		return (err_todo(err, "for example:  --root=" BERTH_STATE_DIR "/%u", who->id));
	}
	snprintf(state, sizeof(state), BERTH_STATE_DIR "/%u", who->id);
	if (strcmp(path, state) == 0 && make_state(who, state, err) < 0)
		return (-1);
	probe = probe_new(who, path, err);
	if (probe == NULL)
		return (-1);
	rc = probe_path(probe, real, err);
	munmap(probe, sizeof(*probe));
	return (rc);
}

int
probe_default(const struct account *who, char real[PATH_MAX], struct err *err)
{
	char path[640];
	struct probe *probe;
	int rc = -1;

	if (who->home[0] != '\0') {
		snprintf(path, sizeof(path), "%s/.local/state/berth", who->home);
		probe = probe_new(who, path, err);
		if (probe == NULL)
			return (-1);
		probe->parents = true;
		rc = probe_path(probe, real, err);
		munmap(probe, sizeof(*probe));
	}
	if (rc == 0)
		return (0);
	snprintf(path, sizeof(path), BERTH_STATE_DIR "/%u", who->id);
	return (probe_root(who, path, real, err));
}
