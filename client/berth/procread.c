/* SPDX-License-Identifier: ISC */
/*
 * The processes of a job. Contract in procread.h.
 * TRUST: shared, reads hostile input
 * INPUT: files of the kernel's, in which titles and names are the job's; a directory that is no
 *        procfs at all, of an engine that is none
 * MUST: as procread.h says
 */
#include "client/berth/procread.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"

/* Fields of stat, counted from 3, the state: the first behind the name, proc(5). */
enum {
	FIELD_PARENT = 4,
	FIELD_TTY = 7,
	FIELD_UTIME = 14,
	FIELD_STIME,
	FIELD_CUTIME,
	FIELD_CSTIME,
	FIELD_THREADS = 20,
	FIELD_BEGAN = 22,
	FIELD_PAGES = 24,
	FIELD_COUNT
};

/* A number up to 2^62, so that two can be added; the place behind it, or NULL. */
static const char *
number(const char *at, uint64_t *value)
{
	*value = 0;
	if (*at < '0' || *at > '9')
		return (NULL);
	for (; *at >= '0' && *at <= '9'; at++) {
		if (*value > (UINT64_C(1) << 62) / 10 - 1)
			return (NULL);
		*value = *value * 10 + (uint64_t)(*at - '0');
	}
	return (at);
}

static void
take_name(const char *text, const char *end, struct proc *proc)
{
	size_t len = (size_t)(end - text);

	if (len >= sizeof(proc->name))
		len = sizeof(proc->name) - 1;
	memcpy(proc->name, text, len);
	proc->name[len] = '\0';
}

/* The fields behind the name. A negative one is 0 here: none of ours is negative. */
static int
take_fields(const char *at, uint64_t fields[FIELD_COUNT])
{
	/* The state is a letter. */
	if (at[0] != ' ' || at[1] == '\0' || at[2] != ' ')
		return (-1);
	at += 2;
	for (int i = FIELD_PARENT; i < FIELD_COUNT; i++) {
		bool negative = at[0] == ' ' && at[1] == '-';

		if (*at != ' ' || (at = number(at + 1 + negative, &fields[i])) == NULL)
			return (-1);
		if (negative)
			fields[i] = 0;
	}
	return (0);
}

int
proc_parse_stat(const char *text, struct proc *proc)
{
	/* A name may hold anything, ") R 1" as well: the last one ends it. */
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	uint64_t fields[FIELD_COUNT], pid;

	if (open == NULL || close == NULL || close < open || number(text, &pid) != open - 1 ||
	    open[-1] != ' ' || pid == 0 || pid > INT32_MAX || take_fields(close + 1, fields) != 0)
		return (-1);
	if (fields[FIELD_PARENT] > INT32_MAX || fields[FIELD_TTY] > INT32_MAX ||
	    fields[FIELD_THREADS] > INT32_MAX || fields[FIELD_PAGES] >> 40 != 0)
		return (-1);
	*proc = (struct proc){ .pid = (int)pid,
		.parent = (int)fields[FIELD_PARENT],
		.uid = PROC_UNKNOWN,
		.tty = (int)fields[FIELD_TTY],
		.ticks = fields[FIELD_UTIME] + fields[FIELD_STIME],
		.reaped = fields[FIELD_CUTIME] + fields[FIELD_CSTIME],
		.began = fields[FIELD_BEGAN],
		.memory = fields[FIELD_PAGES],
		.threads = (uint32_t)fields[FIELD_THREADS] };
	take_name(open + 1, close, proc);
	return (0);
}

int
proc_parse_line(const char *text, const char *name, uint64_t *value)
{
	size_t len = strlen(name);

	for (; text != NULL; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, name, len) == 0 && text[len] == ':')
			return (
			    number(text + len + 1 + strspn(text + len + 1, " \t"), value) == NULL
				? -1
				: 0);
	}
	return (-1);
}

void
proc_parse_map(const char *text, struct proc_map *map)
{
	map->lines = 0;
	while (map->lines < PROC_MAPS) {
		uint64_t number_of[3];

		for (size_t i = 0; i < 3; i++) {
			text = number(text + strspn(text, " "), &number_of[i]);
			if (text == NULL || number_of[i] > UINT32_MAX)
				return;
		}
		if (*text != '\n')
			return;
		text++;
		map->line[map->lines].inside = (uint32_t)number_of[0];
		map->line[map->lines].outside = (uint32_t)number_of[1];
		map->line[map->lines++].count = (uint32_t)number_of[2];
	}
}

uint32_t
proc_map_inside(const struct proc_map *map, uint32_t outside)
{
	for (size_t i = 0; i < map->lines; i++) {
		if (outside >= map->line[i].outside &&
		    outside - map->line[i].outside < map->line[i].count)
			return (map->line[i].inside + (outside - map->line[i].outside));
	}
	return (PROC_UNKNOWN);
}

void
proc_parse_net(const char *text, uint64_t *received, uint64_t *sent)
{
	const char *line, *end;

	*received = *sent = 0;
	for (line = text; *line != '\0'; line = *end == '\0' ? end : end + 1) {
		const char *name = line + strspn(line, " "), *at = strchr(name, ':');
		uint64_t values[9];
		size_t i = 0;

		end = name + strcspn(name, "\n");
		if (at == NULL || at > end || (at == name + 2 && memcmp(name, "lo", 2) == 0))
			continue;
		for (at++; i < 9 && at != NULL; i++) {
			at = number(at + strspn(at, " "), &values[i]);
			if (at == NULL)
				break;
		}
		if (i < 9 || *received + values[0] < *received || *sent + values[8] < *sent)
			continue;
		*received += values[0];
		*sent += values[8];
	}
}

int64_t
proc_text(int procfs, const char *path, char *buf, size_t len)
{
	int fd AUTO_CLOSE =
	    openat(procfs, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	size_t used = 0;
	ssize_t got = 1;

	buf[0] = '\0';
	if (fd < 0)
		return (-1);
	while (got > 0 && used < len - 1) {
		got = read(fd, buf + used, len - 1 - used);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			used += (size_t)got;
	}
	buf[used] = '\0';
	return (got < 0 ? -1 : (int64_t)used);
}

/* What a process has read and written of block devices, where that can be read. */
static void
read_io(int procfs, struct proc *proc)
{
	char path[48], text[1024];

	snprintf(path, sizeof(path), "%d/io", proc->pid);
	proc->told = proc_text(procfs, path, text, sizeof(text)) > 0 &&
		     proc_parse_line(text, "read_bytes", &proc->read) == 0 &&
		     proc_parse_line(text, "write_bytes", &proc->written) == 0;
	if (!proc->told)
		proc->read = proc->written = 0;
}

/* The text of status. */
static void
take_status(const char *text, bool costly, struct proc *proc)
{
	uint64_t uid, own, shared;

	if (proc_parse_line(text, "Uid", &uid) == 0 && uid < PROC_UNKNOWN)
		proc->uid = (uint32_t)uid;
	/* In KiB. */
	if (costly && proc_parse_line(text, "RssAnon", &own) == 0 &&
	    proc_parse_line(text, "RssShmem", &shared) == 0 && own + shared < UINT64_C(1) << 50)
		proc->memory = (own + shared) << 10;
}

/* 0 and *proc, or -1: it has ended, or is no process. */
static int
read_one(int procfs, const char *pid, bool costly, struct proc *proc)
{
	char path[48], text[3072];

	snprintf(path, sizeof(path), "%.10s/stat", pid);
	if (proc_text(procfs, path, text, sizeof(text)) <= 0 || proc_parse_stat(text, proc) != 0 ||
	    proc->pid != atoi(pid))
		return (-1);
	proc->memory *= (uint64_t)sysconf(_SC_PAGESIZE);
	snprintf(path, sizeof(path), "%.10s/status", pid);
	if (proc_text(procfs, path, text, sizeof(text)) > 0)
		take_status(text, costly, proc);
	return (0);
}

static bool
is_pid(const char *name)
{
	size_t len = strspn(name, "0123456789");

	return (len > 0 && len <= 9 && name[len] == '\0');
}

/* The processes in dir, as proc_list. */
static int64_t
collect(int procfs, DIR *dir, bool costly, struct proc **list)
{
	size_t count = 0, room = 0;
	struct dirent *entry;

	while (count < PROC_MANY && (entry = readdir(dir)) != NULL) {
		if (!is_pid(entry->d_name))
			continue;
		if (count == room) {
			struct proc *grown;

			room = room > 0 ? 2 * room : 64;
			grown = reallocarray(*list, room, sizeof(*grown));
			if (grown == NULL)
				return (-1);
			*list = grown;
		}
		if (read_one(procfs, entry->d_name, costly, &(*list)[count]) != 0)
			continue;
		if (costly)
			read_io(procfs, &(*list)[count]);
		count++;
	}
	return ((int64_t)count);
}

static int
by_pid(const void *a, const void *b)
{
	const struct proc *one = a, *other = b;

	return ((one->pid > other->pid) - (one->pid < other->pid));
}

int64_t
proc_list(int procfs, bool costly, struct proc **list, struct err *err)
{
	int fd = openat(procfs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	int64_t count;

	*list = NULL;
	if (dir == NULL) {
		err_sys(err, "cannot read the job's processes");
		io_close(&fd);
		return (-1);
	}
	count = collect(procfs, dir, costly, list);
	if (count < 0)
		err_sys(err, "cannot read the job's processes");
	closedir(dir);
	if (count > 0)
		qsort(*list, (size_t)count, sizeof(**list), by_pid);
	if (count < 0) {
		free(*list);
		*list = NULL;
	}
	return (count);
}
