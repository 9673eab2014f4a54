/* SPDX-License-Identifier: ISC */
/*
 * /etc/berth. Contract in store.h.
 * TRUST: privileged
 * INPUT: the files there (root's, but maybe damaged, maybe edited by hand)
 * MUST: as store.h says
 */
#include "helper/admin/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/inistrict.h"
#include "common/io.h"
#include "helper/admin/admin.h"
#include "helper/admin/trust.h"
#include "helper/admin/writefile.h"

#define SHOWN_MAX 384

static const char default_hostconf[] =
    "; berth.conf: settings of this host. Format: berth.conf(5).\n"
    "; A comment stands on a line of its own. Nothing here is needed to grant a user.\n"
    "\n"
    "; Group grants give each member 65536 ids of this pool, by the member's uid.\n"
    "; [ids]\n"
    "; base = 1000000000\n"
    "; count = 65536000\n"
    "; first-uid = 1000\n";

static int
open_dirs(struct store *store, struct err *err)
{
	*store = (struct store){ -1, -1, -1 };
	store->dir = trust_open_dir(POLICY_DIR, err);
	if (store->dir < 0)
		return (errno == ENOENT ? 0 : -1);
	store->allow = trust_open_dir(POLICY_DIR "/allow", err);
	return (store->allow < 0 && errno != ENOENT ? -1 : 0);
}

int
store_open(struct store *store, struct err *err)
{
	return (open_dirs(store, err));
}

void
store_close(struct store *store)
{
	io_close(&store->dir);
	io_close(&store->allow);
	io_close(&store->lock);
	*store = (struct store){ -1, -1, -1 };
}

/* Nothing in a directory that we build on may be somebody else's, whatever it is for. */
static int
judge_entries(int dirfd, const char *shown, struct err *err)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	char path[SHOWN_MAX];
	struct dirent *entry;
	struct stat st;

	if (dir == NULL) {
		io_close(&fd);
		return (err_sys(err, "cannot list %s", shown));
	}
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", shown, entry->d_name);
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			rc = trust_judge(&st, path, err);
		else if (errno != ENOENT)
			rc = err_sys(err, "cannot look at %s", path);
	}
	closedir(dir);
	return (rc);
}

static int
make_dir(const char *path, struct err *err)
{
	if (mkdir(path, 0755) == 0) {
		/* Whatever the umask was. */
		if (chmod(path, 0755) < 0)
			return (err_sys(err, "cannot set the mode of %s", path));
		return (0);
	}
	return (errno == EEXIST ? 0 : err_sys(err, "cannot make %s", path));
}

static int
take_lock(struct store *store, struct err *err)
{
	struct stat st;

	store->lock = openat(
	    store->dir, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (store->lock < 0)
		return (err_sys(err, "cannot open " POLICY_DIR "/.lock"));
	if (fstat(store->lock, &st) < 0 || !S_ISREG(st.st_mode))
		return (err_set(err, ERR_CONFIG, POLICY_DIR "/.lock is not a regular file"));
	if (trust_judge(&st, POLICY_DIR "/.lock", err) < 0)
		return (-1);
	for (int tries = STORE_LOCK_SECONDS * 20; tries > 0; tries--) {
		if (flock(store->lock, LOCK_EX | LOCK_NB) == 0)
			return (0);
		if (errno != EWOULDBLOCK && errno != EINTR)
			return (err_sys(err, "cannot lock " POLICY_DIR "/.lock"));
		usleep(50000);
	}
	err_set(err, ERR_UNAVAILABLE, POLICY_DIR " is locked by another berth-admin");
	err_why(err, "it was not done after %d seconds", STORE_LOCK_SECONDS);
	return (
	    err_todo(err, "see who it is, then try again:  sudo fuser -v " POLICY_DIR "/.lock"));
}

static int
make_hostconf(const struct store *store, struct err *err)
{
	if (faccessat(store->dir, "berth.conf", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return (0);
	return (writefile_at(
	    store->dir, "berth.conf", default_hostconf, sizeof(default_hostconf) - 1, err));
}

int
store_open_locked(struct store *store, struct err *err)
{
	*store = (struct store){ -1, -1, -1 };
	if (make_dir(POLICY_DIR, err) < 0)
		return (-1);
	store->dir = trust_open_dir(POLICY_DIR, err);
	if (store->dir < 0 || take_lock(store, err) < 0 || make_dir(POLICY_DIR "/allow", err) < 0)
		return (-1);
	store->allow = trust_open_dir(POLICY_DIR "/allow", err);
	if (store->allow < 0 || judge_entries(store->dir, POLICY_DIR, err) < 0)
		return (-1);
	if (judge_entries(store->allow, POLICY_DIR "/allow", err) < 0)
		return (-1);
	return (make_hostconf(store, err));
}

int
store_hostconf(const struct store *store, struct hostconf *host, struct err *err)
{
	struct trust_file file = { .shown = POLICY_DIR "/berth.conf", .cap = INI_FILE_MAX };
	int rc = store->dir < 0 ? 0 : trust_read(store->dir, "berth.conf", &file, err);

	if (rc < 0)
		return (-1);
	if (rc > 0) {
		rc = hostconf_parse(file.shown, file.text, file.len, host, err);
		free(file.text);
		return (rc);
	}
	err_set(err, ERR_CONFIG, POLICY_DIR "/berth.conf is missing");
	err_why(err, "without it nobody is granted anything on this host");
	return (err_todo(err, "any grant makes it:  sudo berth grant USER"));
}

const char *
store_base(const struct allow *allow)
{
	return (allow->file + sizeof(POLICY_DIR "/allow"));
}

int
store_allow(const struct store *store, struct allow *allow, char **raw, struct err *err)
{
	struct trust_file file = { .shown = allow->file, .cap = INI_FILE_MAX };
	int rc = store->allow < 0 ? 0 : trust_read(store->allow, store_base(allow), &file, err);

	if (raw != NULL)
		*raw = NULL;
	if (rc <= 0)
		return (rc);
	if (raw != NULL) {
		/* The parser changes what it reads. */
		*raw = malloc(INI_FILE_MAX + 1);
		if (*raw == NULL) {
			free(file.text);
			return (err_sys(err, "cannot read %s", allow->file));
		}
		memcpy(*raw, file.text, file.len + 1);
	}
	rc = allow_parse(allow, file.text, file.len, err);
	free(file.text);
	return (rc < 0 ? -1 : 1);
}

int
store_parse_name(const char *name, enum principal *kind, uint32_t *id)
{
	size_t len = strlen(name);
	char number[16];

	if (len < 10 || len - 9 >= sizeof(number) || strcmp(name + len - 5, ".conf") != 0)
		return (-1);
	if (strncmp(name, "uid-", 4) == 0)
		*kind = PRINCIPAL_UID;
	else if (strncmp(name, "gid-", 4) == 0)
		*kind = PRINCIPAL_GID;
	else
		return (-1);
	memcpy(number, name + 4, len - 9);
	number[len - 9] = '\0';
	return (id_parse(number, id));
}

/* An entry of allow/, in an order that a person expects. */
struct name {
	enum principal kind;
	uint32_t id;
};

static int
by_kind_and_id(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->kind != y->kind)
		return (x->kind < y->kind ? -1 : 1);
	return (x->id < y->id ? -1 : x->id > y->id);
}

static int
list_names(int allow, struct name **names, size_t *n)
{
	int fd = openat(allow, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	struct name name;

	if (dir == NULL) {
		io_close(&fd);
		return (-1);
	}
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		struct name *grown;

		if (store_parse_name(entry->d_name, &name.kind, &name.id) < 0)
			continue;
		/* Doubled at each power of two. */
		grown =
		    (*n & (*n - 1)) != 0 ? *names : reallocarray(*names, *n * 2 + 1, sizeof(name));
		if (grown == NULL) {
			rc = -1;
			break;
		}
		*names = grown;
		(*names)[(*n)++] = name;
	}
	closedir(dir);
	return (rc);
}

int
store_each(const struct store *store, store_visit *each, void *ctx, struct err *err)
{
	AUTO_FREE struct name *names = NULL;
	size_t n = 0;
	int rc = 0;

	if (store->allow < 0)
		return (0);
	if (list_names(store->allow, &names, &n) < 0)
		return (err_sys(err, "cannot list " POLICY_DIR "/allow"));
	if (n > 1)
		qsort(names, n, sizeof(*names), by_kind_and_id);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = each(ctx, names[i].kind, names[i].id, err);
	return (rc);
}
