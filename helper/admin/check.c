/* SPDX-License-Identifier: ISC */
/*
 * check: reads all of /etc/berth as the launcher would and says what it means, like visudo -c. With
 * a file, that file alone, wherever it lies: a draft can be checked before it is put into place.
 * TRUST: privileged
 * INPUT: the files (root's, but maybe damaged), the account database, a file that any user names;
 *        may be run by any user, with their rights
 * MUST: change nothing; look at every file, also behind one that is wrong.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/inistrict.h"
#include "common/io.h"
#include "helper/admin/admin.h"
#include "helper/admin/check_allow.h"
#include "helper/admin/cross.h"
#include "helper/admin/ending.h"
#include "helper/admin/ids.h"
#include "helper/admin/idset.h"
#include "helper/admin/page.h"
#include "helper/admin/store.h"
#include "helper/admin/subid.h"
#include "helper/admin/trust.h"

#define IDS_FILE_MAX (64UL << 20)

struct check {
	const struct args *args;
	struct store store;
	struct check_known known;
	size_t pages;
	bool failed;
	/* What all grants and the record hold together. */
	struct cross subuids;
	struct cross subgids;
	struct cross reserved;
};

static void
show(struct check *check, struct page *page)
{
	check->failed |= page->failed;
	page_print(page, check->args->json, check->pages == 0);
	check->pages++;
}

static bool
is_known_name(const char *name, bool in_allow)
{
	static const char *const names[] = { "berth.conf", "ids", "allow", ".lock" };
	enum principal kind;
	uint32_t id;

	if (in_allow)
		return (store_parse_name(name, &kind, &id) == 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return (true);
	}
	return (false);
}

/* A note of a change that is not over. */
static bool
is_note(const char *name)
{
	enum principal kind;
	uint32_t id;

	return (strncmp(name, ENDING_PREFIX, strlen(ENDING_PREFIX)) == 0 &&
		store_parse_name(name + strlen(ENDING_PREFIX), &kind, &id) == 0);
}

/* Owner and mode of each entry; files that nobody reads. */
static void
check_entries(int dirfd, const char *shown, struct page *page)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	bool in_allow = strcmp(shown, POLICY_DIR) != 0;
	struct dirent *entry;
	char path[384];
	struct err err;
	struct stat st;

	if (dir == NULL) {
		io_close(&fd);
		page_add(page, NOTE_ERROR, "%s cannot be listed", shown);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", shown, entry->d_name);
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    trust_judge(&st, path, &err) < 0)
			page_err(page, &err);
		if (in_allow && is_note(entry->d_name))
			page_add(page, NOTE_ERROR,
			    "%s is taken back in part or as a whole, but what runs on it may not "
			    "have ended: the same command once more ends it",
			    entry->d_name + strlen(ENDING_PREFIX));
		else if (!is_known_name(entry->d_name, in_allow))
			page_add(page, NOTE_WARNING, "%s is none of berth's files and is not read",
			    path);
	}
	closedir(dir);
}

static void
check_dir(struct check *check)
{
	struct page page = { .file = POLICY_DIR };
	struct err err;

	if (store_open(&check->store, &err) < 0)
		page_err(&page, &err);
	else if (check->store.dir < 0)
		page_add(&page, NOTE_ERROR, "it does not exist: nobody is granted anything");
	else if (check->store.allow < 0)
		page_add(&page, NOTE_WARNING, "there is no allow/: nobody is granted anything");
	if (check->store.dir >= 0)
		check_entries(check->store.dir, POLICY_DIR, &page);
	if (check->store.allow >= 0)
		check_entries(check->store.allow, POLICY_DIR "/allow", &page);
	show(check, &page);
}

static void
check_overlap(
    struct page *page, const struct idset *set, const struct id_range *pool, const char *where)
{
	const struct id_range *hit = idset_overlap(set, pool);

	if (hit != NULL)
		page_add(page, NOTE_WARNING, "the pool overlaps %s: ids %u to %u", where,
		    hit->start, hit->start + hit->count - 1);
}

/* A pool that is somebody else's already would give two users the same ids. */
static void
check_pool(struct check *check, struct page *page)
{
	const struct hostconf *host = &check->known.host;
	struct subid subid;
	struct err err;

	page_add(page, NOTE_MEANING, "group grants give 65536 ids each to uids %u to %u",
	    host->first_uid, host->first_uid + host->pool.count / SUBIDS_AUTO - 1);
	if (subid_load("/etc/subuid", NULL, &subid, &err) < 0)
		page_err(page, &err);
	check_overlap(page, &subid.others, &host->pool, "/etc/subuid");
	subid_free(&subid);
	if (subid_load("/etc/subgid", NULL, &subid, &err) < 0)
		page_err(page, &err);
	check_overlap(page, &subid.others, &host->pool, "/etc/subgid");
	subid_free(&subid);
	for (size_t i = 0; i < check->known.ids.n; i++) {
		const struct ids_entry *entry = &check->known.ids.entries[i];

		if (id_range_overlaps(&entry->range, &host->pool))
			page_add(page, NOTE_WARNING, "the pool overlaps " POLICY_DIR "/ids:%u",
			    entry->line);
	}
}

static void
page_hostconf(struct check *check, struct page *page, char *text, size_t len)
{
	struct err err;

	if (hostconf_parse(page->file, text, len, &check->known.host, &err) < 0) {
		page_err(page, &err);
		check->known.host = (struct hostconf){ 0 };
	} else if (check->known.host.pool.count == 0) {
		page_add(page, NOTE_MEANING, "no pool of ids: grants to users only");
	} else {
		check_pool(check, page);
	}
}

static void
page_ids(struct check *check, struct page *page, char *text, size_t len)
{
	struct err err;

	ids_free(&check->known.ids);
	if (ids_parse(text, len, &check->known.ids, &err) < 0) {
		page_err(page, &err);
		ids_free(&check->known.ids);
		return;
	}
	page_add(page, NOTE_MEANING, "%zu ranges and reserved ids were given so far",
	    check->known.ids.n);
}

/* One of the two files of which there is one. */
static void
check_single(struct check *check, const char *name,
    void (*read)(struct check *, struct page *, char *, size_t))
{
	char shown[64];
	struct trust_file file = { .shown = shown, .cap = IDS_FILE_MAX };
	struct page page = { .file = shown };
	struct err err;
	int rc;

	snprintf(shown, sizeof(shown), POLICY_DIR "/%s", name);
	rc = check->store.dir < 0 ? 0 : trust_read(check->store.dir, name, &file, &err);
	if (rc < 0)
		page_err(&page, &err);
	else if (rc > 0)
		read(check, &page, file.text, file.len);
	else if (strcmp(name, "ids") == 0)
		page_add(&page, NOTE_MEANING, "not there: no ids were given yet");
	else
		page_add(&page, NOTE_ERROR,
		    "it is missing, so everything is refused; any grant "
		    "makes it");
	free(file.text);
	show(check, &page);
}

static int
collect(struct check *check, const struct allow *allow)
{
	const struct id_range owner = { allow->owner_id, allow->owner_id != 0 },
			      watch = { allow->watch_id, allow->watch_id != 0 };

	if (allow->kind != PRINCIPAL_UID)
		return (0);
	if (cross_add(&check->subuids, allow->id, &allow->subuid) < 0 ||
	    cross_add(&check->subgids, allow->id, &allow->subgid) < 0 ||
	    cross_add(&check->reserved, allow->id, &owner) < 0 ||
	    cross_add(&check->reserved, allow->id, &watch) < 0)
		return (-1);
	return (0);
}

static int
collect_ids(struct check *check)
{
	for (size_t i = 0; i < check->known.ids.n; i++) {
		const struct ids_entry *entry = &check->known.ids.entries[i];
		struct cross *cross = &check->reserved;

		if (entry->kind == IDS_SUBUID)
			cross = &check->subuids;
		else if (entry->kind == IDS_SUBGID)
			cross = &check->subgids;
		if (cross_add(cross, entry->uid, &entry->range) < 0)
			return (-1);
	}
	return (0);
}

static int
check_one(void *ctx, enum principal kind, uint32_t id, struct err *err)
{
	struct check *check = ctx;
	AUTO_FREE struct allow *allow = malloc(sizeof(*allow));
	struct page page = { 0 };
	int rc;

	if (allow == NULL)
		return (err_sys(err, "cannot check a grant"));
	allow_init(allow, kind, id);
	page.file = allow->file;
	rc = store_allow(&check->store, allow, NULL, err);
	if (rc < 0)
		page_err(&page, err);
	else if (rc > 0)
		check_allow(allow, &check->known, &page);
	rc = rc > 0 ? collect(check, allow) : 0;
	show(check, &page);
	return (rc < 0 ? err_sys(err, "cannot check a grant") : 0);
}

static void
found_pair(void *ctx, const struct cross_item *a, const struct cross_item *b)
{
	page_add(ctx, NOTE_ERROR, "uid %u and uid %u have the same ids: %u to %u and %u to %u",
	    a->uid, b->uid, a->range.start, a->range.start + a->range.count - 1, b->range.start,
	    b->range.start + b->range.count - 1);
}

static int
check_all(struct check *check, struct err *err)
{
	struct page page = { .file = POLICY_DIR "/ids and " POLICY_DIR "/allow together" };

	check_dir(check);
	check_single(check, "ids", page_ids);
	check_single(check, "berth.conf", page_hostconf);
	if (store_each(&check->store, check_one, check, err) < 0 || collect_ids(check) < 0)
		return (-1);
	cross_check(&check->subuids, found_pair, &page);
	cross_check(&check->subgids, found_pair, &page);
	cross_check(&check->reserved, found_pair, &page);
	if (!page.failed)
		page_add(&page, NOTE_MEANING, "no two users have the same ids");
	show(check, &page);
	return (0);
}

/* Any user may name any file: it is opened with their rights, and a FIFO does not hold us up. */
static int
read_named(const char *path, char **text, size_t *len, struct err *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) < 0)
		return (err_sys(err, "cannot open %s", path));
	if (!S_ISREG(st.st_mode))
		return (err_set(err, ERR_FAILED, "%s is not a regular file", path));
	*text = malloc(IDS_FILE_MAX + 1);
	got = *text != NULL ? io_read_all(fd, *text, IDS_FILE_MAX) : -1;
	if (got < 0)
		return (err_sys(err, "cannot read %s", path));
	*len = (size_t)got;
	return (0);
}

static int
page_named(struct check *check, struct page *page, char *text, size_t len, struct err *err)
{
	const char *slash = strrchr(page->file, '/');
	const char *name = slash != NULL ? slash + 1 : page->file;
	AUTO_FREE struct allow *allow = NULL;
	enum principal kind;
	uint32_t id;

	if (strcmp(name, "berth.conf") == 0) {
		page_hostconf(check, page, text, len);
		return (0);
	}
	if (strcmp(name, "ids") == 0) {
		page_ids(check, page, text, len);
		return (0);
	}
	if (store_parse_name(name, &kind, &id) < 0) {
		err_set(err, ERR_USAGE, "%s has none of the names of berth's files", page->file);
		return (
		    err_todo(err, "they are berth.conf, ids, uid-NUMBER.conf, gid-NUMBER.conf"));
	}
	allow = malloc(sizeof(*allow));
	if (allow == NULL)
		return (err_sys(err, "cannot check %s", page->file));
	allow_init(allow, kind, id);
	/* Errors shall name the file that was read. */
	snprintf(allow->file, sizeof(allow->file), "%s", page->file);
	if (allow_parse(allow, text, len, err) < 0)
		page_err(page, err);
	else
		check_allow(allow, &check->known, page);
	return (0);
}

/* One file, in the light of the others as far as they can be read. */
static int
check_named(struct check *check, struct err *err)
{
	struct page page = { .file = check->args->file };
	char *text = NULL;
	struct stat st;
	size_t len = 0;
	int rc;

	if (store_open(&check->store, err) < 0 ||
	    store_hostconf(&check->store, &check->known.host, err) < 0)
		check->known.host = (struct hostconf){ 0 };
	if (ids_load(check->store.dir, &check->known.ids, err) < 0)
		ids_free(&check->known.ids);
	rc = read_named(page.file, &text, &len, err);
	if (rc == 0 && strncmp(page.file, POLICY_DIR "/", sizeof(POLICY_DIR)) == 0 &&
	    lstat(page.file, &st) == 0 && trust_judge(&st, page.file, err) < 0)
		page_err(&page, err);
	if (rc == 0)
		rc = page_named(check, &page, text, len, err);
	free(text);
	if (rc == 0)
		show(check, &page);
	return (rc);
}

static int
run(struct check *check, struct err *err)
{
	int rc;

	if (check->args->json)
		printf("{\"files\":[");
	rc = check->args->file != NULL ? check_named(check, err) : check_all(check, err);
	if (check->args->json)
		printf("\n],\"valid\":%s}\n", rc < 0 || check->failed ? "false" : "true");
	return (rc < 0 ? -1 : check->failed ? ERR_CONFIG : 0);
}

int
admin_check(const struct args *args, struct err *err)
{
	struct check check = { .args = args, .store = { -1, -1, -1 } };
	int rc = run(&check, err);

	store_close(&check.store);
	ids_free(&check.known.ids);
	cross_free(&check.subuids);
	cross_free(&check.subgids);
	cross_free(&check.reserved);
	return (rc);
}
