/* SPDX-License-Identifier: ISC */
/*
 * The user of a job: see account.h.
 * TRUST: unprivileged
 * INPUT: "-u" from the request; hostile files in the job's root
 * MUST: as in account.h
 */
#include "client/engine/job/account.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/idmap.h"
#include "common/io.h"

#define FILE_MAX (4U << 20)
#define FIELDS 7

/* The whole file with a NUL behind it, "" if it is missing or not a file that can be believed. */
static char *
read_text(const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS,
	};
	int AUTO_CLOSE fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	struct stat st;
	ssize_t len = 0;
	char *text;

	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return calloc(1, 1);
	text = calloc(1, (size_t)st.st_size + 1);
	if (text == NULL)
		return NULL;
	while (len < st.st_size) {
		ssize_t got = read(fd, text + len, (size_t)(st.st_size - len));

		if (got <= 0)
			break;
		len += got;
	}
	text[len] = '\0';
	return text;
}

/* Cuts the next line off *text and splits it at ':' in place. The number of fields, -1 at the end. */
static int
next_line(char **text, char *fields[FIELDS])
{
	char *line = *text;
	char *end;
	int n = 0;

	if (*line == '\0')
		return -1;
	end = strchrnul(line, '\n');
	*text = *end == '\0' ? end : end + 1;
	*end = '\0';
	while (n < FIELDS && line != NULL)
		fields[n++] = strsep(&line, ":");
	return n;
}

/* Fills in what passwd says about the user, who is wanted by name or (name NULL) by uid. */
static bool
find_user(char *text, const char *name, struct identity *identity)
{
	char *f[FIELDS];
	int n;

	while ((n = next_line(&text, f)) != -1) {
		uint32_t uid;
		uint32_t gid;

		if (n < 6 || id_parse(f[2], &uid) == -1 || id_parse(f[3], &gid) == -1 ||
		    (name != NULL ? strcmp(f[0], name) != 0 : uid != identity->uid))
			continue;
		identity->uid = uid;
		identity->gid = gid;
		if (f[5][0] == '/' && strlen(f[5]) < sizeof(identity->home))
			memcpy(identity->home, f[5], strlen(f[5]) + 1);
		return true;
	}
	return false;
}

static bool
find_group(char *text, const char *name, struct identity *identity)
{
	char *f[FIELDS];
	uint32_t gid;
	int n;

	while ((n = next_line(&text, f)) != -1) {
		if (n >= 3 && strcmp(f[0], name) == 0 && id_parse(f[2], &gid) == 0) {
			identity->gid = gid;
			return true;
		}
	}
	return false;
}

/* The groups that list the user as a member; what is too much for the array is left out. */
static void
find_groups(char *text, const char *name, struct identity *identity)
{
	const size_t max = sizeof(identity->groups) / sizeof(identity->groups[0]);
	char *f[FIELDS];
	uint32_t gid;
	int n;

	while ((n = next_line(&text, f)) != -1 && identity->ngroups < max) {
		char *members;
		const char *member;

		if (n < 4 || id_parse(f[2], &gid) == -1)
			continue;
		members = f[3];
		while ((member = strsep(&members, ",")) != NULL) {
			if (strcmp(member, name) != 0)
				continue;
			identity->groups[identity->ngroups++] = gid;
			break;
		}
	}
}

static int
unknown(const char *kind, const char *name, struct err *err)
{
	err_set(err, ERR_FAILED, "the image has no %s %s", kind, name);
	err_why(err, "its /etc/%s does not name it", *kind == 'u' ? "passwd" : "group");
	return err_todo(err, "a number can be given instead:  -u UID:GID");
}

static int
resolve_group(const char *group, struct identity *identity, struct err *err)
{
	char *text;
	uint32_t gid;
	bool found;

	if (id_parse(group, &gid) == 0) {
		identity->gid = gid;
		return 0;
	}
	text = read_text("/etc/group");
	found = text != NULL && find_group(text, group, identity);
	free(text);
	return found ? 0 : unknown("group", group, err);
}

/* By name: the groups that list it come along, unless a group was given. */
static int
resolve_name(const char *name, bool groups, struct identity *identity, struct err *err)
{
	char *text = read_text("/etc/passwd");
	bool found = text != NULL && find_user(text, name, identity);

	free(text);
	if (!found)
		return unknown("user", name, err);
	if (!groups)
		return 0;
	text = read_text("/etc/group");
	if (text != NULL)
		find_groups(text, name, identity);
	free(text);
	return 0;
}

static void
resolve_number(uid_t uid, struct identity *identity)
{
	char *text = read_text("/etc/passwd");

	identity->uid = uid;
	if (text != NULL)
		find_user(text, NULL, identity);
	free(text);
}

int
account_find(const char *user, struct identity *identity, struct err *err)
{
	char copy[80];
	char *group;
	uint32_t uid;

	*identity = (struct identity){ .home = "/" };
	snprintf(copy, sizeof(copy), "%s", user == NULL ? "0" : user);
	group = strchr(copy, ':');
	if (group != NULL)
		*group++ = '\0';
	if (id_parse(copy, &uid) == 0)
		resolve_number(uid, identity);
	else if (resolve_name(copy, group == NULL, identity, err) == -1)
		return -1;
	return group == NULL ? 0 : resolve_group(group, identity, err);
}
