/* SPDX-License-Identifier: ISC */
/*
 * The user of a process in a job: see account.h.
 * TRUST: unprivileged
 * INPUT: "-u" from the request; hostile files in the job's root
 * MUST: as in account.h
 */
#include "client/engine/job/account.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/engine/job/beneath.h"
#include "common/idmap.h"
#include "common/io.h"

#define PASSWD "etc/passwd"
#define GROUP "etc/group"
#define FILE_MAX (16U << 20) /* a group with a million members has room */
#define FIELD_MAX 256
#define FIELDS 6 /* of passwd(5), up to the home */
#define END (-1)

/* A file on its way through memory, once, a line after the other and of a line a field. */
struct reader {
	int fd; /* -1: there is no such file, or it is of no use; then it has no line */
	off_t left; /* of what it had when it was opened: it may grow for ever */
	size_t pos;
	size_t len;
	int end; /* what ended the last field: ':', ',', '\n' or END */
	int errnum; /* it could not be read to its end */
	char buf[1024];
	char f[FIELDS][FIELD_MAX]; /* of this line */
};

/* A number of one's own is the way out of all that can be wrong with the files. */
static int
advise(struct err *err)
{
	err->code = ERR_FAILED;
	return err_todo(err, "numbers for both need no file:  -u UID:GID");
}

static int
unreadable(const char *path, struct err *err)
{
	err_sys(err, "the image's /%s cannot be read", path);
	return advise(err);
}

/*
 * Begins to read a file. 0 (also when there is none: then it has no line) or -1 with err, and no
 * line. What is no regular file is not opened: to open a device or a FIFO can do things.
 */
static int
reader_open(struct reader *r, int root, const char *path, struct err *err)
{
	int AUTO_CLOSE seen = root_open(root, path, O_PATH);
	struct stat st;

	*r = (struct reader){ .fd = -1, .end = '\n' };
	if (seen == -1 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (seen == -1 || fstat(seen, &st) == -1)
		return unreadable(path, err);
	if (S_ISREG(st.st_mode)) {
		r->fd = root_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
		if (r->fd == -1 || fstat(r->fd, &st) == -1)
			return unreadable(path, err);
	}
	if (S_ISREG(st.st_mode) && st.st_size <= FILE_MAX) {
		r->left = st.st_size;
		return 0;
	}
	err_set(err, ERR_FAILED, "the image's /%s cannot be read", path);
	err_why(err, S_ISREG(st.st_mode) ? "it is larger than 16 MiB" : "it is no regular file");
	return advise(err);
}

static int
next_char(struct reader *r)
{
	if (r->pos == r->len) {
		size_t want = r->left < (off_t)sizeof(r->buf) ? (size_t)r->left : sizeof(r->buf);
		ssize_t got = want == 0 ? 0 : read(r->fd, r->buf, want);

		if (got <= 0) {
			r->errnum = got == -1 ? errno : 0;
			r->left = 0;
			return END;
		}
		r->left -= got;
		r->pos = 0;
		r->len = (size_t)got;
	}
	return (unsigned char)r->buf[r->pos++];
}

/*
 * The next field of this line, up to ':' or to also. What is too long, or has a NUL in it, becomes
 * "", which is nobody's name and no number.
 */
static void
next_field(struct reader *r, char out[FIELD_MAX], int also)
{
	bool whole = true;
	size_t n = 0;
	int c;

	for (c = next_char(r); c != ':' && c != also && c != '\n' && c != END; c = next_char(r)) {
		whole = whole && c != '\0' && n < FIELD_MAX - 1;
		if (whole)
			out[n++] = (char)c;
	}
	out[whole ? n : 0] = '\0';
	r->end = c;
}

/* The next line with so many fields and a name, which no remark has; those are in r->f. False at the
 * end. */
static bool
next_line(struct reader *r, size_t fields)
{
	while (r->end != END) {
		size_t n = 0;

		/* what is left of the line before */
		while (r->end != '\n' && r->end != END)
			r->end = next_char(r);
		if (r->end == END)
			break;
		do
			next_field(r, r->f[n++], ':');
		while (n < fields && r->end == ':');
		if (n == fields && r->f[0][0] != '\0' && strchr("#+-", r->f[0][0]) == NULL)
			return true;
	}
	return false;
}

static int
unknown(const char *kind, const char *name, struct err *err)
{
	err_set(err, ERR_FAILED, "the image has no %s %s", kind, name);
	err_why(err, "its /etc/%s does not name it", *kind == 'u' ? "passwd" : "group");
	return err_todo(err, "a number can be given instead:  -u UID:GID");
}

static int
bad_line(const char *path, const char *name, struct err *err)
{
	err_set(err, ERR_FAILED, "%s cannot be looked up in the image", name);
	err_why(err, "the line in its /%s has no valid number", path);
	return advise(err);
}

/* What is all digits is a number, or nothing (CVE-2016-3697). 1, or 0 when it is a name, or -1. */
static int
number(const char *text, uint32_t *id, struct err *err)
{
	if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0')
		return 0;
	if (id_parse(text, id) == 0)
		return 1;
	err_set(err, ERR_FAILED, "%s is not the number of a user or group", text);
	return err_why(err, "these are 0 to %u, without leading zeros", ID_MAX);
}

/* What is asked for, and what is found out on the way. */
struct search {
	int root;
	struct identity *identity;
	bool by_number; /* the user was given as one: it is in identity */
	char user[80]; /* as given; "0" if it was not */
	const char *group; /* in user, or NULL */
	char name[FIELD_MAX]; /* of the user; "" when passwd does not know the number */
	struct reader reader;
};

/* The first line of the name decides, or of the number. 1, 0 when there is none, or -1 with err. */
static int
scan_passwd(struct search *s, struct err *err)
{
	struct identity *identity = s->identity;
	char(*f)[FIELD_MAX] = s->reader.f;
	uint32_t uid;
	uint32_t gid;

	while (next_line(&s->reader, 6)) {
		bool valid = id_parse(f[2], &uid) == 0;

		if (s->by_number ? !valid || uid != identity->uid : strcmp(f[0], s->user) != 0)
			continue;
		if (!valid || id_parse(f[3], &gid) == -1)
			return bad_line(PASSWD, s->user, err);
		identity->uid = uid;
		identity->gid = gid;
		memcpy(s->name, f[0], sizeof(s->name));
		if (f[5][0] == '/')
			memcpy(identity->home, f[5], sizeof(identity->home));
		return 1;
	}
	return 0;
}

/* As scan_passwd, for the name of the group that was given. */
static int
scan_group(struct search *s, struct err *err)
{
	while (next_line(&s->reader, 3)) {
		if (strcmp(s->reader.f[0], s->group) != 0)
			continue;
		if (id_parse(s->reader.f[2], &s->identity->gid) == -1)
			return bad_line(GROUP, s->group, err);
		return 1;
	}
	return 0;
}

static int
add_group(struct identity *identity, gid_t gid)
{
	for (size_t i = 0; i < identity->ngroups; i++)
		if (identity->groups[i] == gid)
			return 0;
	if (identity->ngroups == IDENTITY_GROUPS_MAX)
		return -1;
	identity->groups[identity->ngroups++] = gid;
	return 0;
}

/* Is name in the fourth field of this line, which is a list and may be long? */
static bool
next_is_member(struct reader *r, const char *name)
{
	char member[FIELD_MAX];

	if (r->end != ':')
		return false;
	do {
		next_field(r, member, ',');
		if (strcmp(member, name) == 0)
			return true;
	} while (r->end == ',');
	return false;
}

/* The groups that list the user as a member. 0 or -1 with err. */
static int
scan_members(struct search *s, struct err *err)
{
	struct reader *r = &s->reader;
	uint32_t gid;

	while (next_line(r, 3)) {
		if (id_parse(r->f[2], &gid) == -1)
			continue;
		if (!next_is_member(r, s->name) || add_group(s->identity, gid) == 0)
			continue;
		err_set(err, ERR_FAILED, "%s is in too many groups", s->user);
		err_why(err, "the image's /%s names more than %d", GROUP, IDENTITY_GROUPS_MAX);
		return advise(err);
	}
	return 0;
}

/* Opens a file, scans it to where the answer is, and closes it. As the scan, or -1 with err. */
static int
search(
    struct search *s, const char *path, int (*scan)(struct search *, struct err *), struct err *err)
{
	struct reader *r = &s->reader;
	int found = -1;

	if (reader_open(r, s->root, path, err) == 0)
		found = scan(s, err);
	if (found == 0 && r->errnum != 0) {
		errno = r->errnum;
		found = unreadable(path, err);
	}
	if (r->fd != -1)
		close(r->fd);
	return found;
}

/* Number, name, home and group of the user. Of a number that is not there: group 0. */
static int
find_user(struct search *s, struct err *err)
{
	int numeric = number(s->user, &s->identity->uid, err);
	int found;

	if (numeric == -1)
		return -1;
	s->by_number = numeric == 1;
	found = search(s, PASSWD, scan_passwd, err);
	if (found == 1 || (found == 0 && s->by_number))
		return 0;
	if (found == 0)
		return unknown("user", s->user, err);
	/* with a group that was given, nothing but the home depends on the file */
	return s->by_number && s->group != NULL ? 0 : -1;
}

static int
find_group(struct search *s, struct err *err)
{
	int numeric = number(s->group, &s->identity->gid, err);
	int found;

	if (numeric != 0)
		return numeric == 1 ? 0 : -1;
	found = search(s, GROUP, scan_group, err);
	return found == 0 ? unknown("group", s->group, err) : found == 1 ? 0 : -1;
}

/* The user that s->user names, with or without a group, of which the colon tells. */
static int
find_both(struct search *s, struct err *err)
{
	char *colon = strchr(s->user, ':');

	*s->identity = (struct identity){ .home = "/" };
	if (colon != NULL) {
		*colon = '\0';
		s->group = colon + 1;
	}
	if (find_user(s, err) == -1 || (s->group != NULL && find_group(s, err) == -1))
		return -1;
	/* a program of the image that is setgid must not shed the group (CVE-2022-36109) */
	(void)add_group(s->identity, s->identity->gid);
	if (s->group != NULL || s->name[0] == '\0')
		return 0;
	return search(s, GROUP, scan_members, err);
}

int
account_find(int root, const char *user, struct identity *identity, struct err *err)
{
	struct search s = { .root = root, .identity = identity };

	snprintf(s.user, sizeof(s.user), "%s%s", user == NULL || *user == ':' ? "0" : "",
	    user == NULL ? "" : user);
	if (find_both(&s, err) == 0)
		return 0;
	if (user != NULL)
		return -1;
	/* nobody was asked for: a broken image is no reason not to look into it */
	*identity = (struct identity){ .home = "/", .ngroups = 1 };
	return 0;
}

int
account_of_run(
    const struct task *task, const struct job_run *run, struct identity *identity, struct err *err)
{
	const char *user = run->user != NULL ? run->user : task->job->run.user;
	int AUTO_CLOSE root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root == -1)
		return err_sys(err, "the job's root cannot be opened");
	if (account_find(root, user, identity, err) == -1)
		return -1;
	identity->keeps_groups = task_keeps_groups(task);
	return 0;
}
