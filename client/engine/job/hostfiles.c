/* SPDX-License-Identifier: ISC */
/*
 * The files in /etc of the image "host": see hostfiles.h.
 * TRUST: unprivileged
 * INPUT: the host's /etc; the user's name from the allow-list
 * MUST: as in hostfiles.h
 */
#include "client/engine/job/hostfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/engine/api/authority.h"
#include "client/engine/job/scratch.h"
#include "common/io.h"

#define TEXT_MAX 1024
#define COPY_MAX (1U << 20)
#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_-"

/* Where the files go, and where they are written before they have their name. */
struct place {
	int jobs;
	int dir;
};

struct content {
	const char *text;
	size_t len;
	struct timespec times[2]; /* as futimens(2) takes them */
};

/* Copied as they are; a host that lacks one of them lacks it in the job too. */
static const char *const copied[] = { "gai.conf", "ld.so.cache", "ld.so.conf", "protocols", "rpc",
	"services" };

static const char *const written[] = { "group", "hosts", "nsswitch.conf", "passwd", "resolv.conf" };

/* As useradd(8) takes it; anything else could break the lines below. */
static bool
is_account(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= 32 && strspn(name, NAME_LETTERS) == len && name[0] != '-' &&
	       (name[0] < '0' || name[0] > '9') && strcmp(name, "root") != 0 &&
	       strcmp(name, "nobody") != 0;
}

/* Is the file already that text? Then its mode is right as well, for it was made here. */
static bool
is_same(int dir, const char *name, const char *text, size_t len)
{
	int AUTO_CLOSE fd = -1;
	struct stat st;
	char *now;
	bool same;

	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size != (off_t)len ||
	    (st.st_mode & 07777) != 0644)
		return false;
	now = malloc(len + 1);
	same = now != NULL && io_read_all(fd, now, len + 1) == (ssize_t)len &&
	       memcmp(now, text, len) == 0;
	free(now);
	return same;
}

/* By rename: a job may read the old file, and another engine may write the same one. */
static int
put(const struct place *place, const char *name, const struct content *content)
{
	char new[JOB_ID_LEN + 1];
	int AUTO_CLOSE fd = scratch_file(place->jobs, new);

	if (fd == -1 || fchmod(fd, 0644) == -1 ||
	    io_write_all(fd, content->text, content->len) == -1 ||
	    futimens(fd, content->times) == -1)
		return -1;
	return renameat(place->jobs, new, place->dir, name);
}

static int
put_text(const struct place *place, const char *name, const char *text)
{
	const struct content content = { text, strlen(text),
		{ { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } } };

	return is_same(place->dir, name, text, content.len) ? 0 : put(place, name, &content);
}

/* A copy has its original's time: what has the same size and time is the same. */
static bool
is_copy(int dir, const char *name, const struct stat *original)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_mode == (S_IFREG | 0644) && st.st_size == original->st_size &&
	       st.st_mtim.tv_sec == original->st_mtim.tv_sec &&
	       st.st_mtim.tv_nsec == original->st_mtim.tv_nsec;
}

static int
copy(const struct place *place, const char *name, char *buf)
{
	char path[32];
	int AUTO_CLOSE fd = -1;
	struct content content = { .text = buf };
	struct stat st;
	ssize_t len;

	snprintf(path, sizeof(path), "/etc/%s", name);
	if (stat(path, &st) == -1 || is_copy(place->dir, name, &st))
		return 0;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return 0;
	len = io_read_all(fd, buf, COPY_MAX);
	if (len == -1)
		return 0;
	content.len = (size_t)len;
	content.times[0] = content.times[1] = st.st_mtim;
	return put(place, name, &content);
}

/* The time zone: a link into /usr, or a small file. */
static int
copy_localtime(const struct place *place, char *buf)
{
	ssize_t len = readlink("/etc/localtime", buf, PATH_MAX - 1);

	if (len == -1)
		return copy(place, "localtime", buf);
	buf[len] = '\0';
	return scratch_put_link(place->jobs, place->dir, "localtime", buf);
}

static int
put_accounts(const struct engine *engine, const struct place *place)
{
	char name[33];
	char text[TEXT_MAX];
	uint32_t uid = engine->caller.uid;
	uint32_t gid = engine->caller.gid;

	authority_name(engine, name);
	if (!is_account(name))
		snprintf(name, sizeof(name), "user");
	/* uid 0 of the job is the user on the host; the account of the user's number is what
	   programs find who look the number up, and has no rights of its own, unless the job has
	   a map in which it is the user */
	snprintf(text, sizeof(text),
	    "root:x:0:0:root:/root:/bin/sh\n"
	    "%s:x:%u:%u:%s:/home:/bin/sh\n"
	    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
	    name, uid, gid, name);
	if (put_text(place, "passwd", text) == -1)
		return -1;
	snprintf(
	    text, sizeof(text), "root:x:0:\ntty:x:5:\n%s:x:%u:\nnogroup:x:65534:\n", name, gid);
	return put_text(place, "group", text);
}

int
hostfiles_write(const struct engine *engine, int dir)
{
	const struct place place = { .jobs = engine->jobs, .dir = dir };
	char *buf;
	int ret = 0;

	if (put_accounts(engine, &place) == -1 ||
	    put_text(&place, "hosts",
		"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n") == -1 ||
	    put_text(&place, "resolv.conf", "# no network\n") == -1 ||
	    put_text(&place, "nsswitch.conf",
		"passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n") == -1)
		return -1;
	buf = malloc(COPY_MAX);
	if (buf == NULL)
		return -1;
	for (size_t i = 0; ret == 0 && i < sizeof(copied) / sizeof(copied[0]); i++)
		ret = copy(&place, copied[i], buf);
	if (ret == 0)
		ret = copy_localtime(&place, buf);
	free(buf);
	return ret;
}

static void
remove_file(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
		(void)!unlinkat(dir, name, 0);
}

void
hostfiles_remove(int dir)
{
	struct stat st;

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		remove_file(dir, copied[i]);
	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++)
		remove_file(dir, written[i]);
	if (fstatat(dir, "localtime", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)))
		(void)!unlinkat(dir, "localtime", 0);
}
