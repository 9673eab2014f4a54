/* SPDX-License-Identifier: ISC */
/*
 * /run/berth/UID with its lock and listening socket, and /var/lib/berth/UID for a grant that
 * names no state root.
 * TRUST: privileged
 * INPUT: the grant; what former starts left
 * MUST: make directories that only root can write, so that no name in them is ever the user's;
 *       never wait for the lock; leave the old socket in place until the new one listens.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

#define RUN_DIR "/run/berth"

/* The directory name in parent, made when it is missing. Modes are set after the fact: umask. */
static int
make_dir(int parent, const char *name, mode_t mode, struct err *err)
{
	int fd = -1, rc;

	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return (err_sys(err, "cannot make the directory %s", name));
	rc = trust_file(parent, name, O_RDONLY | O_DIRECTORY, &fd, err);
	if (rc > 0 && fchmod(fd, mode) == 0)
		return (fd);
	if (rc >= 0)
		err_sys(err, "cannot set up the directory %s", name);
	io_close(&fd);
	return (-1);
}

static int
open_base(const char *path, struct err *err)
{
	int fd = -1, rc = trust_dir(path, &fd, err);

	if (rc > 0)
		return (fd);
	io_close(&fd);
	return (rc < 0 ? -1 : err_set(err, ERR_SYSTEM, "there is no directory %s", path));
}

static int
take_lock(int dir, struct err *err)
{
	/* Not writable: the engine gets this descriptor, and the file is on /run and root's. */
	int fd = openat(dir, "lock", O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return (err_sys(err, "cannot open the lock of the runtime directory"));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return (fd);
	err_sys(err, "cannot lock the runtime directory");
	if (err->errnum == EWOULDBLOCK) {
		err_set(err, ERR_UNAVAILABLE, "an engine of this user is running or starting");
		err_todo(err, "try again; if it hangs:  berth daemon stop");
	}
	io_close(&fd);
	return (-1);
}

static int
give(int dir, const char *name, const struct grant *grant, mode_t mode)
{
	int rc;

	/* While it is root's: an owner may chmod(2) without CAP_FOWNER. */
	if (fchmodat(dir, name, mode, 0) < 0)
		return (-1);
	/* PRIV: chown(2) to somebody else. */
	priv_raise(CAP_CHOWN, CAP_CHOWN);
	rc = fchownat(dir, name, grant->uid, grant->gid, AT_SYMLINK_NOFOLLOW);
	priv_lower();
	return (rc);
}

/* unix(7). The name is root's alone, so between bind(2) and rename(2) nobody can take it. */
static int
listen_at(int dir, const struct grant *grant, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(
	    address.sun_path, sizeof(address.sun_path), RUN_DIR "/%u/engine.sock.new", grant->uid);
	if (fd < 0 || (unlinkat(dir, "engine.sock.new", 0) < 0 && errno != ENOENT) ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    give(dir, "engine.sock.new", grant, 0600) < 0 || listen(fd, SOMAXCONN) < 0 ||
	    renameat(dir, "engine.sock.new", dir, "engine.sock") < 0) {
		err_sys(err, "cannot make the socket in " RUN_DIR "/%u", grant->uid);
		io_close(&fd);
		return (-1);
	}
	return (fd);
}

/* While it is root's it is new, of this start or of one that died here; what is the user's is
 * judged by the engine, with the user's own rights. */
int
state_prepare(const struct grant *grant, struct err *err)
{
	AUTO_CLOSE int base = open_base(STATE_DIR, err);
	AUTO_CLOSE int state = -1;
	struct err theirs = { 0 };
	char name[16];
	int rc;

	if (base < 0)
		return (-1);
	snprintf(name, sizeof(name), "%u", grant->uid);
	if (mkdirat(base, name, 0700) < 0 && errno != EEXIST)
		return (err_sys(err, "cannot make " STATE_DIR "/%s", name));
	/* Not through a mount, which is the user's: their FUSE need not answer. */
	rc = trust_file(base, name, O_PATH | O_DIRECTORY, &state, &theirs);
	if (rc == 0 || theirs.errnum != 0)
		return (err_sys(err, "cannot open " STATE_DIR "/%s", name));
	/* EPERM: meanwhile another launcher has handed it over, and it is root's no longer. */
	if (rc > 0 && give(base, name, grant, 0700) < 0 && errno != EPERM)
		return (err_sys(err, "cannot hand " STATE_DIR "/%s to the user", name));
	return (0);
}

int
runtime_prepare(const struct grant *grant, struct runtime *runtime, struct err *err)
{
	AUTO_CLOSE int run = open_base("/run", err);
	AUTO_CLOSE int berth = run < 0 ? -1 : make_dir(run, "berth", 0755, err);
	AUTO_CLOSE int user = -1;
	char name[16];

	if (berth < 0)
		return (-1);
	snprintf(name, sizeof(name), "%u", grant->uid);
	user = make_dir(berth, name, 0711, err);
	runtime->lock = user < 0 ? -1 : take_lock(user, err);
	if (runtime->lock < 0 || (grant->root == NULL && state_prepare(grant, err) < 0))
		return (-1);
	runtime->socket = listen_at(user, grant, err);
	return (runtime->socket < 0 ? -1 : 0);
}
