/* SPDX-License-Identifier: ISC */
/*
 * Opening what only root may have made. Contract in trust.h.
 * TRUST: privileged
 * INPUT: the file system; names of ours
 * MUST: as trust.h says
 */
#include "helper/admin/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"

int
trust_judge(const struct stat *st, const char *shown, struct err *err)
{
	if (st->st_uid == 0 && (S_ISLNK(st->st_mode) || (st->st_mode & 022) == 0))
		return (0);
	if (st->st_uid != 0) {
		err_set(err, ERR_CONFIG, "%s belongs to uid %u, not to root", shown, st->st_uid);
		err_why(err, "who owns it could change what berth grants");
		return (err_todo(err, "look at it, then:  sudo chown root:root %s", shown));
	}
	err_set(err, ERR_CONFIG, "%s is writable by others than root (mode %04o)", shown,
	    st->st_mode & 07777U);
	err_why(err, "who can write it could change what berth grants");
	return (err_todo(err, "look at it, then:  sudo chmod go-w %s", shown));
}

/* One step down; closes *dir. shown is the path up to and with name. */
static int
step_down(int dir, const char *name, const char *shown, struct err *err)
{
	struct stat st;
	int next = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int saved;

	if (next < 0) {
		err_sys(err, "cannot open %s", shown);
		next = -1;
	} else if (fstat(next, &st) < 0) {
		err_sys(err, "cannot look at %s", shown);
		io_close(&next);
		next = -1;
	} else if (!S_ISDIR(st.st_mode)) {
		err_set(err, ERR_CONFIG, "%s is %s", shown,
		    S_ISLNK(st.st_mode) ? "a symbolic link" : "not a directory");
		err_why(err, "every part of this path must be a directory of root's");
		io_close(&next);
		next = -1;
		errno = ENOTDIR;
	} else if (trust_judge(&st, shown, err) < 0) {
		io_close(&next);
		next = -1;
		errno = EPERM;
	}
	saved = errno;
	close(dir);
	errno = saved;
	return (next);
}

int
trust_open_dir(const char *path, struct err *err)
{
	char shown[512], name[NAME_MAX + 1];
	size_t at = 0, len = strlen(path);
	int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 || len >= sizeof(shown))
		return (err_sys(err, "cannot open %s", path));
	while (dir >= 0 && at < len) {
		size_t part = strcspn(path + at + 1, "/");

		if (part >= sizeof(name)) {
			close(dir);
			return (err_set(err, ERR_CONFIG, "%s: a component is too long", path));
		}
		memcpy(name, path + at + 1, part);
		name[part] = '\0';
		at += 1 + part;
		memcpy(shown, path, at);
		shown[at] = '\0';
		dir = step_down(dir, name, shown, err);
	}
	return (dir);
}

int
trust_open_file(int dirfd, const char *name, const char *shown, struct err *err)
{
	struct stat st;
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		int saved = errno;

		err_sys(err, "cannot open %s", shown);
		errno = saved;
		return (-1);
	}
	if (fstat(fd, &st) < 0) {
		err_sys(err, "cannot look at %s", shown);
	} else if (!S_ISREG(st.st_mode) || st.st_nlink != 1) {
		err_set(err, ERR_CONFIG, "%s is not a regular file with one name", shown);
		err_why(err, "a link or a special file could lead elsewhere than it says");
		err_todo(err, "look at it:  ls -l %s", shown);
	} else if (trust_judge(&st, shown, err) == 0) {
		return (fd);
	}
	close(fd);
	errno = EPERM;
	return (-1);
}

int
trust_read(int dirfd, const char *name, struct trust_file *file, struct err *err)
{
	AUTO_CLOSE int fd = trust_open_file(dirfd, name, file->shown, err);
	ssize_t len;

	file->text = NULL;
	if (fd < 0)
		return (errno == ENOENT ? 0 : -1);
	file->text = malloc(file->cap + 1);
	if (file->text == NULL)
		return (err_sys(err, "cannot read %s", file->shown));
	len = io_read_all(fd, file->text, file->cap);
	if (len < 0) {
		err_sys(err, "cannot read %s", file->shown);
		free(file->text);
		file->text = NULL;
		return (-1);
	}
	file->len = (size_t)len;
	file->text[len] = '\0';
	return (1);
}
