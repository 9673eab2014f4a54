/* SPDX-License-Identifier: ISC */
/*
 * A note that a grant becomes narrower. Contract in ending.h.
 * TRUST: privileged
 * INPUT: what a killed berth-admin, or root, has left in /etc/berth/allow
 * MUST: as ending.h says
 */
#include "helper/admin/ending.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/inistrict.h"
#include "helper/admin/admin.h"
#include "helper/admin/trust.h"
#include "helper/admin/writefile.h"

#define NAME_SIZE 80

static void
note_name(const struct allow *allow, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, ENDING_PREFIX "%s", store_base(allow));
}

/* As trust_read. */
static int
read_note(const struct store *store, const struct allow *allow, struct trust_file *file)
{
	char name[NAME_SIZE];
	struct err ignored;

	note_name(allow, name);
	*file = (struct trust_file){ .shown = "the note", .cap = INI_FILE_MAX };
	return (trust_read(store->allow, name, file, &ignored));
}

static int
remove_note(const struct store *store, const struct allow *allow, struct err *err)
{
	char name[NAME_SIZE];

	note_name(allow, name);
	if (unlinkat(store->allow, name, 0) == 0 || errno == ENOENT)
		return (0);
	return (err_sys(err, "cannot remove " POLICY_DIR "/allow/%s", name));
}

/* ^C, a terminal or a session that goes: not between the file and the end of what runs. */
static void
hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

bool
ending_is_left(const struct store *store, const struct allow *allow, const char *raw)
{
	struct trust_file file;
	struct err ignored;
	int rc = read_note(store, allow, &file);
	bool same = rc > 0 && raw != NULL && strcmp(file.text, raw) == 0;

	free(file.text);
	if (same && remove_note(store, allow, &ignored) == 0)
		return (false);
	return (rc != 0);
}

int
ending_begin(const struct store *store, const struct allow *allow, const char *raw, struct err *err)
{
	char name[NAME_SIZE];

	hold_signals();
	note_name(allow, name);
	if (faccessat(store->allow, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return (0);
	if (raw == NULL)
		raw = "";
	return (writefile_at(store->allow, name, raw, strlen(raw), err));
}

/* Its ids need not stand in the record: a person can have made the file. */
static int
add_note(const struct store *store, const struct allow *allow, struct end *end, struct err *err)
{
	AUTO_FREE struct allow *was = malloc(sizeof(*was));
	struct trust_file file;
	struct err ignored;
	int rc = 0;

	if (was == NULL)
		return (err_sys(err, "cannot note what is to be ended"));
	allow_init(was, allow->kind, allow->id);
	if (read_note(store, allow, &file) > 0 &&
	    allow_parse(was, file.text, file.len, &ignored) == 0)
		rc = end_add_grant(end, was, store->dir, err);
	free(file.text);
	return (rc);
}

int
ending_finish(const struct store *store, const struct allow *allow, struct end *end, int known,
    struct err *err)
{
	hold_signals();
	if (known == 0)
		known = add_note(store, allow, end, err);
	/* Also what is known in part is ended, and then the first error is told. */
	if (end_all(end, err) < 0)
		return (-1);
	return (known < 0 ? -1 : remove_note(store, allow, err));
}
