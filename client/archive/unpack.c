/* SPDX-License-Identifier: ISC */
/*
 * Reads a tar: see unpack.h. Here: what it becomes, and the names in it.
 * TRUST: unprivileged
 * INPUT: as in unpack.h
 * MUST: as in unpack.h
 */
#include "client/archive/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/archive/confine.h"
#include "client/archive/name.h"
#include "client/archive/stream.h"
#include "common/io.h"

#define NO_NAME "(an entry)"

int
unpack_name(const struct unpack *u, const char *raw, char clean[PATH_MAX], const char **why)
{
	static char name[PATH_MAX];
	size_t first;
	int len;

	if (u->as == NULL)
		return name_clean(raw, clean, why);
	if (name_clean(raw, name, why) == -1)
		return -1;
	first = u->top[0] == '\0' ? 0 : name_first(name);
	if (first != strlen(u->top) || memcmp(name, u->top, first) != 0) {
		*why = "it is beside what is copied";
		return -1;
	}
	first += name[first] == '/';
	len = snprintf(
	    clean, PATH_MAX, "%s%s%s", u->as, name[first] != '\0' ? "/" : "", name + first);
	if (len > 0 && len < PATH_MAX)
		return 0;
	*why = "its name is too long";
	return -1;
}

/* The first entry says whether a directory comes, and what its name is. */
static int
begin(struct unpack *u, struct archive_entry *entry, const char *raw)
{
	bool directory =
	    archive_entry_filetype(entry) == AE_IFDIR && archive_entry_hardlink(entry) == NULL;
	static char name[PATH_MAX];
	const char *why;

	u->begun = true;
	if (u->as == NULL)
		return 0;
	if (u->to.exists && directory)
		return report_name(
		    u->report, true, u->as, "a directory cannot take the place of a file");
	if (!u->to.exists && u->to.directory && !directory)
		return report_name(u->report, true, u->as, "there is no such directory");
	if (name_clean(raw, name, &why) == -1)
		return report_name(u->report, false, raw, why);
	snprintf(u->top, sizeof(u->top), "%.*s", (int)name_first(name), name);
	return 0;
}

/* 0; -1: nothing more can be unpacked. */
static int
take(struct unpack *u, struct archive_entry *entry)
{
	const char *raw = archive_entry_pathname(entry);
	static char path[PATH_MAX];
	const char *why;

	if (raw == NULL)
		raw = archive_entry_pathname_utf8(entry);
	if (raw == NULL) {
		(void)!report_entry(u->report, NO_NAME, "its name cannot be read");
		return 0;
	}
	if (!u->begun && begin(u, entry, raw) == -1)
		return -1;
	if (unpack_name(u, raw, path, &why) == -1) {
		(void)!report_entry(u->report, raw, why);
		return 0;
	}
	/* the destination itself, which is there; anything but a directory has no name */
	if (path[0] == '\0') {
		if (archive_entry_filetype(entry) != AE_IFDIR)
			(void)!report_entry(u->report, raw, "it has no name");
		return 0;
	}
	return make_entry(u, entry, path);
}

static void
take_all(struct unpack *u)
{
	struct archive_entry *entry;

	for (;;) {
		int ret = archive_read_next_header(u->in, &entry);

		if (ret == ARCHIVE_EOF) {
			stream_drain();
			break;
		}
		if (ret == ARCHIVE_RETRY)
			continue;
		if (ret < ARCHIVE_WARN) {
			report_fatal(
			    u->report, "the archive is damaged", archive_error_string(u->in));
			break;
		}
		if (take(u, entry) == -1)
			break;
	}
}

/* Into a directory, or in the place of the name in it. */
static int
choose(struct unpack *u)
{
	struct where *to = &u->to;
	bool into = to->exists && S_ISDIR(to->st.st_mode);
	int len;

	if (!into && (u->flags & UNPACK_DIRECTORY) != 0)
		return report_name(u->report, true, to->as, "it must be a directory");
	len = snprintf(
	    u->base, sizeof(u->base), "%s%s%s", to->path, into ? "/" : "", into ? to->name : "");
	if (len < 0 || (size_t)len >= sizeof(u->base))
		return report_name(u->report, true, to->as, strerror(ENAMETOOLONG));
	if (!into) {
		u->as = to->name;
		u->dir = dup(to->dir);
	} else {
		u->dir = openat(to->dir, to->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	return u->dir != -1 ? 0 : report_name(u->report, true, to->as, NULL);
}

/* From here on nothing but the destination can be reached. */
static int
enter(struct unpack *u)
{
	struct err err;

	if (choose(u) == -1)
		return -1;
	if (confine_access(u->tree.job ? u->tree.root : u->dir, true, &err) == -1)
		return report_fatal(u->report, err.what, err.why);
	u->in = stream_reader((u->flags & UNPACK_COMPRESSED) != 0);
	return u->in != NULL
		   ? 0
		   : report_fatal(u->report, "the archive cannot be read", "it is no tar");
}

static void
unpack_found(struct unpack *u)
{
	if (enter(u) == 0) {
		take_all(u);
		fixup_all(u);
	}
	io_close(&u->parent);
	io_close(&u->dir);
	seen_free(&u->made);
}

void
unpack(const struct tree *tree, const char *path, unsigned int flags, struct report *report)
{
	static struct unpack u;

	u = (struct unpack){
		.report = report, .tree = *tree, .flags = flags, .dir = -1, .parent = -1
	};
	if (where_find(tree, path, true, &u.to) == -1) {
		report_name(report, true, path, NULL);
		return;
	}
	unpack_found(&u);
	archive_read_free(u.in);
	io_close(&u.to.dir);
}
