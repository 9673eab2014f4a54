/* SPDX-License-Identifier: ISC */
/*
 * /etc/subuid and /etc/subgid. Contract in subid.h.
 * TRUST: privileged
 * INPUT: the two files (root's; other tools and people write them)
 * MUST: as subid.h says
 */
#include "helper/admin/subid.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/admin/admin.h"
#include "helper/admin/child.h"
#include "helper/admin/trust.h"

#define SUBID_FILE_MAX (16UL << 20)
#define USERMOD "/usr/sbin/usermod"
#define USERMOD_SECONDS 60

/* Is the first field of a line this user, by name or by number? */
static bool
is_own(const struct account *who, const char *field)
{
	uint32_t id;

	if (who == NULL)
		return (false);
	if (id_parse(field, &id) == 0)
		return (id == who->id);
	return (who->login[0] != '\0' && strcmp(field, who->login) == 0);
}

static int
parse_line(char *line, const struct account *who, struct subid *subid)
{
	char *colon = strchr(line, ':');
	struct id_range range;

	if (*line == '\0' || *line == '#')
		return (0);
	if (colon == NULL || colon == line)
		return (-1);
	*colon = '\0';
	/* A count of 0 gives nothing; tools write it. */
	if (strlen(colon + 1) > 2 && strcmp(colon + strlen(colon + 1) - 1, ":0") == 0)
		return (0);
	if (id_range_parse(colon + 1, &range) < 0)
		return (-1);
	return (idset_add(is_own(who, line) ? &subid->own : &subid->others, &range));
}

static int
parse(struct trust_file *file, const struct account *who, struct subid *subid, struct err *err)
{
	char *line = file->text, *end = file->text + file->len;

	for (unsigned int number = 1; line < end; number++) {
		char *newline = memchr(line, '\n', (size_t)(end - line));

		if (newline == NULL)
			newline = end;
		*newline = '\0';
		if (strlen(line) != (size_t)(newline - line) || parse_line(line, who, subid) < 0) {
			err_set(err, ERR_CONFIG, "%s:%u: not a line NAME:START:COUNT", file->shown,
			    number);
			err_why(err, "it may mean ids that are somebody's, so none can be given");
			return (err_todo(err, "mend that line; see  man 5 subuid"));
		}
		line = newline + 1;
	}
	return (0);
}

int
subid_load(const char *path, const struct account *who, struct subid *subid, struct err *err)
{
	struct trust_file file = { .shown = path, .cap = SUBID_FILE_MAX };
	int rc;

	*subid = (struct subid){ 0 };
	rc = trust_read(AT_FDCWD, path, &file, err);
	if (rc <= 0)
		return (rc);
	rc = parse(&file, who, subid, err);
	free(file.text);
	return (rc);
}

void
subid_free(struct subid *subid)
{
	idset_free(&subid->own);
	idset_free(&subid->others);
}

/* usermod wants the files to be there. */
static int
make_missing(const char *path, struct err *err)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return (errno == EEXIST ? 0 : err_sys(err, "cannot make %s", path));
	return (fchmod(fd, 0644) < 0 ? err_sys(err, "cannot make %s", path) : 0);
}

static int
work_exec(void *arg)
{
	char *const *argv = arg;

	return (child_exec(argv, true));
}

static int
failed(int status, const struct account *who, const struct id_range *range, const char *said,
    struct err *err)
{
	err_set(err, ERR_FAILED, "%s gets no subordinate ids from usermod (exit %d)", who->shown,
	    status);
	err_why(err, "%s", said);
	return (err_todo(err,
	    "add '%s:%u:%u' to /etc/subuid and /etc/subgid by hand, or grant to a group",
	    who->login, range->start, range->count));
}

int
subid_give(const struct account *who, const struct id_range *subuid, const struct id_range *subgid,
    struct err *err)
{
	char uids[32], gids[32], login[128], said[256];
	char program[] = USERMOD, flag_uids[] = "--add-subuids", flag_gids[] = "--add-subgids",
	     dashes[] = "--";
	char *argv[8] = { program };
	struct child child = { CHILD_ROOT, NULL, work_exec, argv, USERMOD_SECONDS, said,
		sizeof(said) };
	size_t argc = 1;
	int status;

	if (subuid->count == 0 && subgid->count == 0)
		return (0);
	if (make_missing("/etc/subuid", err) < 0 || make_missing("/etc/subgid", err) < 0)
		return (-1);
	snprintf(uids, sizeof(uids), "%u-%u", subuid->start, subuid->start + subuid->count - 1);
	snprintf(gids, sizeof(gids), "%u-%u", subgid->start, subgid->start + subgid->count - 1);
	snprintf(login, sizeof(login), "%s", who->login);
	if (subuid->count != 0) {
		argv[argc++] = flag_uids;
		argv[argc++] = uids;
	}
	if (subgid->count != 0) {
		argv[argc++] = flag_gids;
		argv[argc++] = gids;
	}
	argv[argc++] = dashes;
	argv[argc] = login;
	status = child_run(&child, err);
	if (status <= 0)
		return (status);
	return (failed(status, who, subuid->count != 0 ? subuid : subgid, said, err));
}
