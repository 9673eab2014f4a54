/* SPDX-License-Identifier: ISC */
/*
 * Keeps the files and sockets of jobs and engines from a job at whichever mount shows them: see hide_jobs.h.
 * TRUST: unprivileged
 * INPUT: the table of mounts, whose mount points have any names; directories of the user's
 * MUST: as in hide_jobs.h
 */
#include "client/engine/hide_jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/engine/job/mnt.h"
#include "common/io.h"

#define COVER (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define TABLE "/proc/self/mountinfo"

/* A directory: the mount through which it is seen, and its path. */
struct place {
	uint64_t mount;
	char path[PATH_MAX];
};

/* A line of the table. */
struct line {
	uint64_t mount;
	uint64_t parent;
	const char *device; /* "8:1" */
	char *root; /* of the file system, what is mounted */
	char *point;
};

/* What is hidden. */
struct secret {
	struct place place;
	const char *device;
	char path[PATH_MAX]; /* within the file system */
};

struct hiding {
	struct place image; /* path "": there is none */
	struct hide_image *in;
	bool covers; /* or only looks at the image */
	size_t n;
	struct secret secrets[HIDE_MAX];
};

/* --- places ------------------------------------------------------------------------------------------ */

static int
place_of(int fd, struct place *place)
{
	char link[40];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, place->path, sizeof(place->path) - 1);
	if (len <= 0)
		return -1;
	place->path[len] = '\0';
	return mnt_id(fd, &place->mount);
}

/* The rest of path below dir, with its '/' in front; "" for dir itself, NULL when it is not in there. */
static const char *
below(const char *path, const char *dir)
{
	size_t len = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	if (strncmp(path, dir, len) != 0 || (path[len] != '/' && path[len] != '\0'))
		return NULL;
	return path[len] == '/' && path[len + 1] == '\0' ? "" : path + len;
}

static int
join(char out[PATH_MAX], const char *dir, const char *rest)
{
	int n = snprintf(out, PATH_MAX, "%s%s", strcmp(dir, "/") == 0 ? "" : dir, rest);

	if (n < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/* --- covers ------------------------------------------------------------------------------------------- */

static int
cover(int dir)
{
	static const struct mnt_option options[] = { { "size", "4k" }, { "mode", "755" },
		{ NULL, NULL } };
	int AUTO_CLOSE mnt = mnt_new("tmpfs", options, COVER);

	return mnt == -1 ? -1 : mnt_attach(mnt, dir, "");
}

static int
open_place(int at, const char *path, uint64_t resolve)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = resolve | RESOLVE_NO_SYMLINKS };

	return (int)syscall(SYS_openat2, at, path, &how, sizeof(how));
}

/* Nothing is there; or something else is mounted over it, and has a line of its own. */
static bool
is_nothing(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

static int
cover_place(const struct place *place, struct err *err)
{
	int AUTO_CLOSE fd = open_place(AT_FDCWD, place->path, 0);
	uint64_t mount;

	/* what this user cannot reach no job of theirs can */
	if (fd == -1 && (is_nothing(errno) || errno == EACCES))
		return 0;
	if (fd != -1 && mnt_id(fd, &mount) == 0 && (mount != place->mount || cover(fd) == 0))
		return 0;
	return err_sys(err, "%s cannot be hidden from jobs", place->path);
}

int
hide_image(const struct hide_image *in, int root, struct err *err)
{
	for (size_t i = 0; i < in->n; i++) {
		int AUTO_CLOSE fd =
		    open_place(root, in->inside[i], RESOLVE_BENEATH | RESOLVE_NO_XDEV);

		if (fd == -1 && is_nothing(errno))
			continue;
		if (fd == -1 || cover(fd) == -1)
			return err_sys(
			    err, "the image's %s cannot be hidden from the job", in->inside[i]);
	}
	return 0;
}

/* Is this place in the image, or the image in it? */
static int
look_at_image(const struct hiding *hiding, const struct place *place, struct err *err)
{
	struct hide_image *in = hiding->in;
	const char *rest;

	if (hiding->image.path[0] == '\0' || hiding->image.mount != place->mount)
		return 0;
	if (below(hiding->image.path, place->path) != NULL) {
		err_set(err, ERR_FAILED, "%s cannot be an image", hiding->image.path);
		return err_why(err, "files of jobs and engines are in there");
	}
	rest = below(place->path, hiding->image.path);
	if (rest == NULL)
		return 0;
	if (in->n == HIDE_MAX)
		return err_set(
		    err, ERR_FAILED, "%s shows the state root twice", hiding->image.path);
	snprintf(in->inside[in->n++], PATH_MAX, "%s", rest + 1);
	return 0;
}

/* --- the table of mounts ------------------------------------------------------------------------------ */

/* "\040" and the like: four characters in the place of one. */
static void
decode(char *text)
{
	char *out = text;

	while (*text != '\0') {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' &&
		    text[2] <= '7' && text[3] >= '0' && text[3] <= '7') {
			*out++ =
			    (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/* "36 35 98:0 /root /point options..." */
static int
split(char *text, struct line *line)
{
	char *save = NULL;
	const char *id = strtok_r(text, " ", &save);
	const char *parent = strtok_r(NULL, " ", &save);

	line->device = strtok_r(NULL, " ", &save);
	line->root = strtok_r(NULL, " ", &save);
	line->point = strtok_r(NULL, " ", &save);
	if (id == NULL || parent == NULL || line->point == NULL)
		return -1;
	line->mount = strtoull(id, NULL, 10);
	line->parent = strtoull(parent, NULL, 10);
	decode(line->root);
	decode(line->point);
	return 0;
}

static char *
read_table(void)
{
	int AUTO_CLOSE fd = open(TABLE, O_RDONLY | O_CLOEXEC);
	size_t room = 1 << 16;
	size_t len = 0;
	char *text = fd == -1 ? NULL : malloc(room);
	ssize_t n;

	while (text != NULL && (n = read(fd, text + len, room - 1 - len)) != 0) {
		char *more = text;

		len += n > 0 ? (size_t)n : 0;
		if (n > 0 && len == room - 1) {
			room *= 2;
			errno = E2BIG;
			more = room > HIDE_MOUNTS_MAX ? NULL : realloc(text, room);
		}
		if ((n == -1 && errno != EINTR) || more == NULL) {
			free(text);
			return NULL;
		}
		text = more;
	}
	if (text != NULL)
		text[len] = '\0';
	return text;
}

/* The lines; *lines is the caller's, and points into the text. How many, or -1. */
static ssize_t
parse(char *text, struct line **lines)
{
	char *save = NULL;
	size_t n = 1;

	for (const char *at = text; *at != '\0'; at++)
		n += *at == '\n';
	*lines = calloc(n, sizeof(**lines));
	if (*lines == NULL)
		return -1;
	n = 0;
	for (char *at = strtok_r(text, "\n", &save); at != NULL; at = strtok_r(NULL, "\n", &save))
		if (split(at, &(*lines)[n++]) == -1) {
			errno = EINVAL;
			return -1;
		}
	return (ssize_t)n;
}

/* --- what is hidden ----------------------------------------------------------------------------------- */

/* Where the directory is in its file system: from the line of the mount that shows it. */
static int
locate(struct secret *secret, const struct line *lines, size_t n, struct err *err)
{
	const char *rest;

	for (size_t i = 0; i < n; i++) {
		if (lines[i].mount != secret->place.mount)
			continue;
		rest = below(secret->place.path, lines[i].point);
		if (rest == NULL || join(secret->path, lines[i].root, rest) == -1)
			break;
		secret->device = lines[i].device;
		return 0;
	}
	err_set(err, ERR_SYSTEM, "%s cannot be hidden from jobs", secret->place.path);
	return err_why(err, TABLE " does not show where it is");
}

static int
cover_line(const struct hiding *hiding, const struct secret *secret, const struct line *line,
    struct err *err)
{
	static struct place place;
	const char *rest = below(secret->path, line->root);

	if (strcmp(line->device, secret->device) != 0)
		return 0;
	place.mount = line->mount;
	/* a part of it alone is hidden as well */
	if (rest == NULL && below(line->root, secret->path) != NULL)
		rest = "";
	if (rest == NULL)
		return 0;
	if (join(place.path, line->point, rest) == -1)
		return err_sys(err, "%s cannot be hidden from jobs", line->point);
	if (look_at_image(hiding, &place, err) == -1)
		return -1;
	return !hiding->covers || line->mount == secret->place.mount ? 0 : cover_place(&place, err);
}

static int
cover_lines(struct hiding *hiding, const struct line *lines, size_t n, struct err *err)
{
	for (size_t i = 0; i < hiding->n; i++) {
		struct secret *secret = &hiding->secrets[i];

		if (locate(secret, lines, n, err) == -1)
			return -1;
		for (size_t k = 0; k < n; k++)
			if (cover_line(hiding, secret, &lines[k], err) == -1)
				return -1;
	}
	return 0;
}

/* The directory of this name in dir, which can be covered already. Its own mount is not meant then. */
static int
add(struct hiding *hiding, const char *dir, const char *name)
{
	struct secret *secret = &hiding->secrets[hiding->n];
	int AUTO_CLOSE fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char rest[32];
	static char parent[PATH_MAX];

	if (fd == -1)
		return is_nothing(errno) || errno == EACCES ? 0 : -1;
	if (place_of(fd, &secret->place) == -1)
		return -1;
	snprintf(rest, sizeof(rest), "/%s", name);
	memcpy(parent, secret->place.path, sizeof(parent));
	hiding->n++;
	return join(secret->place.path, parent, rest);
}

static int
cover_all(struct hiding *hiding, struct err *err)
{
	struct line *lines = NULL;
	char *text = read_table();
	ssize_t n = text == NULL ? -1 : parse(text, &lines);
	int ret;

	if (n == -1)
		ret = err_sys(err, TABLE " cannot be read");
	else
		ret = cover_lines(hiding, lines, (size_t)n, err);
	free(lines);
	free(text);
	return ret;
}

/* All of them. 0, or -1 with err. */
static int
find_secrets(struct hiding *hiding, const struct engine *engine, struct err *err)
{
	char user[32];

	snprintf(user, sizeof(user), "/run/user/%u", engine->caller.uid);
	if (add(hiding, ".", STATE_JOBS) == 0 && add(hiding, ".", STATE_RUN) == 0 &&
	    add(hiding, "/run", "berth") == 0 && add(hiding, user, "berth") == 0)
		return 0;
	return err_sys(err, "what is hidden from jobs cannot be found");
}

/* The arrays are large, and most of them is not used. */
static void
begin(struct hiding *hiding)
{
	hiding->n = 0;
	hiding->image.path[0] = '\0';
}

int
hide_jobs(const struct hide_wanted *wanted, struct hide_image *in, struct err *err)
{
	static struct hiding hiding;

	begin(&hiding);
	in->n = 0;
	hiding.in = in;
	hiding.covers = wanted->covers;
	if (find_secrets(&hiding, wanted->engine, err) == -1)
		return -1;
	if (wanted->image != -1 && place_of(wanted->image, &hiding.image) == -1)
		return err_sys(err, "what is hidden from jobs cannot be found");
	if (cover_all(&hiding, err) == -1)
		return -1;
	if (!wanted->covers ||
	    mount("tmpfs", STATE_JOBS, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		"size=4k,mode=755") == 0)
		return 0;
	return err_sys(err, "%s cannot be hidden from jobs", STATE_JOBS);
}

/* --- at a mount of the job's own ---------------------------------------------------------------------- */

/* A mount, what it shows, and what it is called. */
struct shown {
	int mount;
	const char *source;
	const struct line *line;
};

static int
cover_in(const struct shown *shown, const struct secret *secret, struct err *err)
{
	const char *rest = below(secret->path, shown->line->root);
	int AUTO_CLOSE fd = -1;

	if (strcmp(shown->line->device, secret->device) != 0)
		return 0;
	if (below(shown->line->root, secret->path) != NULL) {
		err_set(err, ERR_FAILED, "%s cannot be mounted", shown->source);
		return err_why(err, "files of jobs and engines are in there");
	}
	if (rest == NULL)
		return 0;
	fd = open_place(shown->mount, rest + 1, RESOLVE_BENEATH | RESOLVE_NO_XDEV);
	if (fd == -1 ? is_nothing(errno) : cover(fd) == 0)
		return 0;
	return err_sys(err, "%s in %s cannot be hidden from jobs", rest + 1, shown->source);
}

/* Its line, and where the secrets are. */
static int
find_line(
    struct hiding *hiding, struct shown *shown, const struct line *lines, size_t n, struct err *err)
{
	uint64_t id = 0;

	if (mnt_id(shown->mount, &id) == -1)
		return err_sys(err, "the mount of %s has no number", shown->source);
	for (size_t i = 0; i < n; i++)
		if (lines[i].mount == id)
			shown->line = &lines[i];
	if (shown->line == NULL) {
		err_set(err, ERR_SYSTEM, "%s cannot be mounted", shown->source);
		return err_why(err, TABLE " does not show it");
	}
	for (size_t i = 0; i < hiding->n; i++)
		if (locate(&hiding->secrets[i], lines, n, err) == -1)
			return -1;
	return 0;
}

/* Who made the mount can have mounted something in it: nothing of that is what was granted. */
static int
check_bare(const struct shown *shown, const struct line *lines, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (lines[i].parent != shown->line->mount)
			continue;
		err_set(err, ERR_FAILED, "%s cannot be mounted", shown->source);
		return err_why(err, "what came for it has mounts in it");
	}
	return 0;
}

static int
cover_shown(
    struct hiding *hiding, struct shown *shown, const struct line *lines, size_t n, struct err *err)
{
	if (find_line(hiding, shown, lines, n, err) == -1 || check_bare(shown, lines, n, err) == -1)
		return -1;
	for (size_t i = 0; i < hiding->n; i++)
		if (cover_in(shown, &hiding->secrets[i], err) == -1)
			return -1;
	return 0;
}

/* The table, and what of it is secret. The number of lines, or -1 with err; both texts are the caller's. */
static ssize_t
look(struct hiding *hiding, const struct engine *engine, char **text, struct line **lines,
    struct err *err)
{
	ssize_t n;

	begin(hiding);
	*lines = NULL;
	*text = NULL;
	if (find_secrets(hiding, engine, err) == -1)
		return -1;
	*text = read_table();
	n = *text == NULL ? -1 : parse(*text, lines);
	return n != -1 ? n : err_sys(err, TABLE " cannot be read");
}

int
hide_mount(const struct engine *engine, int mount, const char *source, struct err *err)
{
	static struct hiding hiding;
	struct shown shown = { .mount = mount, .source = source };
	struct line *lines;
	char *text;
	ssize_t n = look(&hiding, engine, &text, &lines, err);
	int ret = n == -1 ? -1 : cover_shown(&hiding, &shown, lines, (size_t)n, err);

	free(lines);
	free(text);
	return ret;
}

/* A cover at this mount, or what lies beneath one. The secrets are located. */
static bool
is_ours(const struct hiding *hiding, const struct line *mount, const char *rest)
{
	static char path[PATH_MAX];

	if (join(path, mount->root, rest) == -1)
		return false;
	for (size_t i = 0; i < hiding->n; i++)
		if (strcmp(hiding->secrets[i].device, mount->device) == 0 &&
		    below(path, hiding->secrets[i].path) != NULL)
			return true;
	return false;
}

/* One that is mounted on it at that point, in the directory. */
static int
check_alone(const struct hiding *hiding, const struct shown *shown, const struct line *line,
    struct err *err)
{
	const char *rest = below(line->point, shown->line->point);
	const char *in = below(line->point, shown->source);

	if (line->parent != shown->line->mount || rest == NULL || in == NULL || *in == '\0' ||
	    is_ours(hiding, shown->line, rest))
		return 0;
	err_set(err, ERR_UNAVAILABLE, "%s cannot belong to another id in the job", shown->source);
	err_why(err, "it has mounts beneath it: %s", line->point);
	return err_todo(err, "mount that directory, and what is mounted in it, one by one");
}

int
hide_check_alone(const struct engine *engine, int directory, struct err *err)
{
	static struct hiding hiding;
	static struct place place;
	struct shown shown = { .mount = directory, .source = place.path };
	struct line *lines;
	char *text;
	ssize_t n = look(&hiding, engine, &text, &lines, err);
	int ret = -1;

	if (n != -1 && place_of(directory, &place) == -1)
		err_sys(err, "a directory to be mounted has no name");
	else if (n != -1)
		ret = find_line(&hiding, &shown, lines, (size_t)n, err);
	for (ssize_t i = 0; i < n && ret == 0; i++)
		ret = check_alone(&hiding, &shown, &lines[i], err);
	free(lines);
	free(text);
	return ret;
}

/* --- submounts ---------------------------------------------------------------------------------------- */

/* A file is covered by a device that nobody can open: the mount is nodev. */
static int
cover_kind(int fd)
{
	struct stat st;
	int AUTO_CLOSE mnt = -1;

	if (fstat(fd, &st) == -1)
		return -1;
	if (S_ISDIR(st.st_mode))
		return cover(fd);
	mnt = mnt_clone(AT_FDCWD, "/dev/null", COVER);
	return mnt == -1 ? -1 : mnt_attach(mnt, fd, "");
}

/* One that is mounted in the mount itself; what is mounted in that is covered with it. */
static int
cover_submount(int mount, const struct line *top, const struct line *line, struct err *err)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH };
	const char *rest = below(line->point, top->point);
	int AUTO_CLOSE fd = -1;
	uint64_t id = top->mount;

	/* mounted on the very top: it is what is asked for */
	if (line->parent != top->mount || rest == NULL || *rest == '\0')
		return 0;
	fd = (int)syscall(SYS_openat2, mount, rest + 1, &how, sizeof(how));
	/* what this user cannot reach no job of theirs can */
	if (fd == -1 && errno == EACCES)
		return 0;
	if (fd != -1 && mnt_id(fd, &id) == 0 && id != top->mount && cover_kind(fd) == 0)
		return 0;
	err_sys(err, "what is mounted at %s cannot be left out", line->point);
	return err_todo(err, "try again, or mount it without bind-nonrecursive");
}

int
hide_submounts(int mount, struct err *err)
{
	const struct line *top = NULL;
	struct line *lines = NULL;
	char *text = read_table();
	ssize_t n = text == NULL ? -1 : parse(text, &lines);
	uint64_t id = 0;
	int ret = 0;

	if (n == -1 || mnt_id(mount, &id) == -1)
		ret = err_sys(err, TABLE " cannot be read");
	for (ssize_t i = 0; i < n && top == NULL; i++)
		if (lines[i].mount == id)
			top = &lines[i];
	if (ret == 0 && top == NULL)
		ret = err_set(err, ERR_SYSTEM, TABLE " does not show a mount of the job");
	for (ssize_t i = 0; i < n && ret == 0; i++)
		ret = cover_submount(mount, top, &lines[i], err);
	free(lines);
	free(text);
	return ret;
}
