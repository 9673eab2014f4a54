/* SPDX-License-Identifier: ISC */
/*
 * berth top: the processes of a job, as ps(1) shows them.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers; procfs of a job
 * MUST: show no byte of a process's title that a terminal would obey.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "common/io.h"

#include "client/berth/jobcall.h"
#include "client/berth/message.h"
#include "client/berth/moment.h"
#include "client/berth/procread.h"
#include "client/berth/table.h"

#define TITLE_MAX 4096
#define TTY_MAJOR_PTS 136 /* to 143: the kernel's Documentation/admin-guide/devices.txt */
#define DAY_SECONDS 86400

/* What is needed to say more than proc(5) does. */
struct frame {
	int procfs;
	struct proc_map users; /* of the job */
	int64_t boot; /* seconds since the epoch */
	int64_t now;
	long hz;
};

/* Seconds since the epoch at which this host was booted. */
static int64_t
boot_time(void)
{
	struct timespec up;

	if (clock_gettime(CLOCK_BOOTTIME, &up) != 0)
		return (0);
	return ((moment_now() - ((int64_t)up.tv_sec * MOMENT_SECOND + up.tv_nsec)) / MOMENT_SECOND);
}

/* The user as the job has it. */
static void
user_text(const struct frame *frame, const struct proc *proc, char *buf, size_t len)
{
	uint32_t inside = proc_map_inside(&frame->users, proc->uid);

	if (inside == 0)
		snprintf(buf, len, "root");
	else if (inside == PROC_UNKNOWN)
		snprintf(buf, len, "?");
	else
		snprintf(buf, len, "%" PRIu32, inside);
}

static void
tty_text(const struct proc *proc, char *buf, size_t len)
{
	int major = proc->tty >> 8 & 0xfff,
	    minor = (proc->tty & 0xff) | (proc->tty >> 12 & 0xfff00);

	if (major >= TTY_MAJOR_PTS && major < TTY_MAJOR_PTS + 8)
		snprintf(buf, len, "pts/%d", minor + ((major - TTY_MAJOR_PTS) << 20));
	else
		snprintf(buf, len, "?");
}

/* "12:34" of the last day, else "Nov26". */
static void
began_text(const struct frame *frame, int64_t began, char *buf, size_t len)
{
	time_t when = (time_t)began;
	struct tm local;

	snprintf(buf, len, "?");
	if (localtime_r(&when, &local) != NULL)
		strftime(buf, len, frame->now - began < DAY_SECONDS ? "%H:%M" : "%b%d", &local);
}

static int64_t
began_at(const struct frame *frame, const struct proc *proc)
{
	return (frame->boot + (int64_t)(proc->began / (uint64_t)frame->hz));
}

/* Seconds of a processor. */
static int64_t
spent(const struct frame *frame, const struct proc *proc)
{
	return ((int64_t)(proc->ticks / (uint64_t)frame->hz));
}

/* Per cent of its life on a processor. */
static int64_t
load(const struct frame *frame, const struct proc *proc)
{
	int64_t life = frame->now - began_at(frame, proc);

	return (life > 0 ? spent(frame, proc) * 100 / life : 0);
}

/* The arguments, each with its NUL; len 0: it has none, or they are not for us. */
static size_t
read_title(const struct frame *frame, const struct proc *proc, char title[TITLE_MAX])
{
	char path[48];
	int64_t len;

	snprintf(path, sizeof(path), "%d/cmdline", proc->pid);
	len = proc_text(frame->procfs, path, title, TITLE_MAX);
	while (len > 0 && title[len - 1] == '\0')
		len--;
	return (len > 0 ? (size_t)len : 0);
}

static void
title_text(const struct frame *frame, const struct proc *proc, char title[TITLE_MAX])
{
	size_t len = read_title(frame, proc, title);

	for (size_t i = 0; i < len; i++)
		title[i] = title[i] == '\0' ? ' ' : title[i];
	if (len == 0)
		snprintf(title, TITLE_MAX, "[%s]", proc->name);
}

static void
add_row(struct table *table, const struct frame *frame, const struct proc *proc, char *title)
{
	int64_t seconds = spent(frame, proc);
	char text[64];

	user_text(frame, proc, text, sizeof(text));
	table_add(table, text);
	snprintf(text, sizeof(text), "%d", proc->pid);
	table_add(table, text);
	snprintf(text, sizeof(text), "%d", proc->parent);
	table_add(table, text);
	snprintf(text, sizeof(text), "%" PRId64, load(frame, proc));
	table_add(table, text);
	began_text(frame, began_at(frame, proc), text, sizeof(text));
	table_add(table, text);
	tty_text(proc, text, sizeof(text));
	table_add(table, text);
	snprintf(text, sizeof(text), "%02" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600,
	    seconds / 60 % 60, seconds % 60);
	table_add(table, text);
	title_text(frame, proc, title);
	table_add(table, title);
}

static int
print_table(const struct frame *frame, const struct proc *list, int64_t count, struct err *err)
{
	static const char *const heads[] = { "UID", "PID", "PPID", "C", "STIME", "TTY", "TIME",
		"CMD", NULL };
	char *title = malloc(TITLE_MAX);
	struct table table;

	if (title == NULL)
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	table_begin(&table, heads);
	for (int64_t i = 0; i < count; i++)
		add_row(&table, frame, &list[i], title);
	free(title);
	if (!table_print(&table))
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	return (message_done(err));
}

/* The words of its command line; without one, the name that it has. */
static struct json_object *
json_words(const struct frame *frame, const struct proc *proc, char title[TITLE_MAX])
{
	struct json_object *list = json_object_new_array();
	size_t len = read_title(frame, proc, title), at = 0;

	for (; at < len; at += strlen(title + at) + 1)
		json_object_array_add(list, message_json_text(title + at));
	if (len == 0)
		json_object_array_add(list, message_json_text(proc->name));
	return (list);
}

static struct json_object *
json_one(const struct frame *frame, const struct proc *proc, char title[TITLE_MAX])
{
	struct json_object *object = json_object_new_object();
	uint32_t inside = proc_map_inside(&frame->users, proc->uid);
	char tty[32];

	tty_text(proc, tty, sizeof(tty));
	json_object_object_add(
	    object, "uid", inside != PROC_UNKNOWN ? json_object_new_int64(inside) : NULL);
	json_object_object_add(object, "pid", json_object_new_int(proc->pid));
	json_object_object_add(object, "ppid", json_object_new_int(proc->parent));
	json_object_object_add(object, "cpu", json_object_new_int64(load(frame, proc)));
	json_object_object_add(
	    object, "started", json_object_new_int64(began_at(frame, proc) * 1000));
	json_object_object_add(object, "tty", tty[0] != '?' ? json_object_new_string(tty) : NULL);
	json_object_object_add(object, "time", json_object_new_int64(spent(frame, proc)));
	json_object_object_add(object, "name", message_json_text(proc->name));
	json_object_object_add(object, "command", json_words(frame, proc, title));
	return (object);
}

static int
print_json(const struct frame *frame, const struct proc *list, int64_t count, struct err *err)
{
	struct json_object *array = json_object_new_array();
	char *title = malloc(TITLE_MAX);

	if (title == NULL || array == NULL) {
		free(title);
		json_object_put(array);
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	}
	for (int64_t i = 0; i < count; i++)
		json_object_array_add(array, json_one(frame, &list[i], title));
	free(title);
	return (message_json(array, err));
}

/* Process 1 is berth's own, and not for people. */
static int64_t
drop_supervisor(struct proc *list, int64_t count)
{
	int64_t kept = 0;

	for (int64_t i = 0; i < count; i++) {
		if (list[i].pid != 1)
			list[kept++] = list[i];
	}
	return (kept);
}

static int
show(const struct cli *cli, struct frame *frame, struct err *err)
{
	char map[PROC_MAPS * 34 + 1];
	struct proc *list;
	int64_t count;
	int rc;

	frame->hz = sysconf(_SC_CLK_TCK);
	frame->boot = boot_time();
	frame->now = moment_now() / MOMENT_SECOND;
	if (proc_text(frame->procfs, "1/uid_map", map, sizeof(map)) > 0)
		proc_parse_map(map, &frame->users);
	if ((count = proc_list(frame->procfs, false, &list, err)) < 0)
		return (-1);
	count = drop_supervisor(list, count);
	rc = cli->json ? print_json(frame, list, count, err) : print_table(frame, list, count, err);
	free(list);
	return (rc);
}

int
cmd_top(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct flag_parse parse = { .argc = argc, .argv = argv };
	struct frame frame = { .procfs = -1 };
	int rc;

	if (cli_flags(cli, &parse, err) != 0 || cli_words(cli, parse.argc, 1, 1, err) != 0 ||
	    job_open(cli, parse.argv[0], "processes", &frame.procfs, err) != 0)
		return (-1);
	rc = show(cli, &frame, err);
	io_close(&frame.procfs);
	return (rc);
}
