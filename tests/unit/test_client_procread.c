/* SPDX-License-Identifier: ISC */
/*
 * Units of procread.c: what is read of proc(5), where processes choose their own names.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: hold each number to its field, and what is not proc(5) to be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/berth/procread.h"

#define STAT(pid, name, rest) pid " (" name ") S 7 8 9 34816 8 4194560 1 2 3 4 " rest
#define REST "100 20 3 4 20 0 5 0 777 10485760 250 184467 1 1\n"

static void
stats(void **state)
{
	static const char *const wrong[] = { "", "1", "1 ", "1 (", "1 (a", "1 (a)", "1 (a) ",
		"1 (a) S", "1 (a) S 7", "(a) S 7", "x (a) S 7", STAT("0", "a", REST),
		STAT("-1", "a", REST), STAT("99999999999", "a", REST), "1 a) S (", "1(a) S 7",
		STAT("1", "a", "100 20 3 4 20 0 5 0 777 10485760"),
		STAT("1", "a", "100 20 3 4 20 0 5 0 99999999999999999999 1 250 1\n"),
		STAT("1", "a", "9999999999999999999 20 3 4 20 0 5 0 777 1 250 1\n"),
		STAT("1", "a", "100 x 3 4 20 0 5 0 777 1 250 1\n"),
		STAT("1", "a", "100  20 3 4 20 0 5 0 777 1 250 1\n") };
	struct proc proc;

	(void)state;
	assert_int_equal(proc_parse_stat(STAT("42", "sleep", REST), &proc), 0);
	assert_int_equal(proc.pid, 42);
	assert_int_equal(proc.parent, 7);
	assert_int_equal(proc.tty, 34816);
	assert_int_equal(proc.ticks, 120);
	assert_int_equal(proc.reaped, 7);
	assert_int_equal(proc.threads, 5);
	assert_int_equal(proc.began, 777);
	assert_int_equal(proc.memory, 250);
	assert_string_equal(proc.name, "sleep");
	/* Names that look like more of it. */
	assert_int_equal(proc_parse_stat(STAT("42", "x) R 1 (", REST), &proc), 0);
	assert_int_equal(proc.parent, 7);
	assert_string_equal(proc.name, "x) R 1 (");
	assert_int_equal(proc_parse_stat(STAT("42", "", REST), &proc), 0);
	assert_string_equal(proc.name, "");
	assert_int_equal(proc_parse_stat(STAT("42", "a name of more than 16", REST), &proc), 0);
	assert_string_equal(proc.name, "a name of more t");
	/* tpgid is -1 without a terminal. */
	assert_int_equal(
	    proc_parse_stat("9 (a) S 1 9 9 0 -1 0 1 2 3 4 1 2 3 4 20 0 1 0 5 6 7 8\n", &proc), 0);
	assert_int_equal(proc.tty, 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(proc_parse_stat(wrong[i], &proc), -1);
}

static void
lines(void **state)
{
	static const char text[] = "Rss:       100 kB\nPss:\t50 kB\nPss_Dirty: x\nUid:\t1000\t0\n"
				   "Big: 99999999999999999999\nEnd: 7";
	uint64_t value;

	(void)state;
	assert_int_equal(proc_parse_line(text, "Rss", &value), 0);
	assert_int_equal(value, 100);
	assert_int_equal(proc_parse_line(text, "Pss", &value), 0);
	assert_int_equal(value, 50);
	assert_int_equal(proc_parse_line(text, "Uid", &value), 0);
	assert_int_equal(value, 1000);
	assert_int_equal(proc_parse_line(text, "End", &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(proc_parse_line(text, "Pss_Dirty", &value), -1);
	assert_int_equal(proc_parse_line(text, "Big", &value), -1);
	assert_int_equal(proc_parse_line(text, "ss", &value), -1);
	assert_int_equal(proc_parse_line("", "Rss", &value), -1);
}

static void
maps(void **state)
{
	struct proc_map map;
	char text[PROC_MAPS * 40 + 64] = "";

	(void)state;
	proc_parse_map(
	    "         0       1000          1\n         1     100000      65535\n", &map);
	assert_int_equal(map.lines, 2);
	assert_int_equal(proc_map_inside(&map, 1000), 0);
	assert_int_equal(proc_map_inside(&map, 1001), PROC_UNKNOWN);
	assert_int_equal(proc_map_inside(&map, 999), PROC_UNKNOWN);
	assert_int_equal(proc_map_inside(&map, 100000), 1);
	assert_int_equal(proc_map_inside(&map, 165534), 65535);
	assert_int_equal(proc_map_inside(&map, 165535), PROC_UNKNOWN);
	proc_parse_map("0 0 4294967295\n", &map);
	assert_int_equal(proc_map_inside(&map, 7), 7);
	assert_int_equal(proc_map_inside(&map, PROC_UNKNOWN), PROC_UNKNOWN);
	proc_parse_map("0 0 4294967296\n", &map);
	assert_int_equal(map.lines, 0);
	proc_parse_map("0 5 1\nx\n1 6 1\n", &map);
	assert_int_equal(map.lines, 1);
	proc_parse_map("0 5 1", &map);
	assert_int_equal(map.lines, 0);
	for (int i = 0; i < PROC_MAPS + 2; i++)
		strcat(text, "1 1 1\n");
	proc_parse_map(text, &map);
	assert_int_equal(map.lines, PROC_MAPS);
}

static void
nets(void **state)
{
	static const char head[] =
	    "Inter-|   Receive                                                |  Transmit\n"
	    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n";
	uint64_t received, sent;
	char text[1024];

	(void)state;
	strcpy(text, head);
	strcat(text, "    lo: 5 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n"
		     "  eth0: 1000 1 0 0 0 0 0 0 200 1 0 0 0 0 0 0\n"
		     "wlan:0: 7 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n"
		     "  lo1:30 1 0 0 0 0 0 0 4 1 0 0 0 0 0 0\n");
	proc_parse_net(text, &received, &sent);
	assert_int_equal(received, 1030);
	assert_int_equal(sent, 204);
	proc_parse_net("", &received, &sent);
	assert_int_equal(received + sent, 0);
	proc_parse_net("eth0: 1 2 3", &received, &sent);
	assert_int_equal(received + sent, 0);
	proc_parse_net("eth0: 1 2 3 4\neth1: 1 0 0 0 0 0 0 0 9 1 0\n", &received, &sent);
	assert_int_equal(received, 1);
	assert_int_equal(sent, 9);
}

/* The processes of this test, with itself among them. */
static void
own(void **state)
{
	int procfs = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct proc *list, *self = NULL;
	struct err err;
	int64_t count = proc_list(procfs, true, &list, &err);

	(void)state;
	assert_true(count > 0);
	for (int64_t i = 0; i < count; i++) {
		if (list[i].pid == getpid())
			self = &list[i];
	}
	assert_non_null(self);
	assert_int_equal(self->parent, getppid());
	assert_int_equal(self->uid, getuid());
	assert_true(self->memory > 0 && self->threads > 0 && self->began > 0 && self->told);
	free(list);
	close(procfs);
}

static void
put(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* A directory that somebody made look like one: nothing is believed that does not fit. */
static void
fakes(void **state)
{
	char path[] = "/tmp/procread.XXXXXX", command[64] = "rm -r ";
	struct proc *list;
	struct err err;
	int dir;

	(void)state;
	assert_non_null(mkdtemp(path));
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(dir, "5", 0700) | mkdirat(dir, "6", 0700) |
			     mkdirat(dir, "12345678901", 0700) | mkdirat(dir, "7", 0700) |
			     mkdirat(dir, "7x", 0700),
	    0);
	put(dir, "5/stat", STAT("5", "five", REST));
	put(dir, "5/status", "Name:\tfive\nUid:\t99999999999\nRssAnon: 1 kB\nRssShmem: x\n");
	put(dir, "5/io", "read_bytes: 77\nwrite_bytes: -5\n");
	put(dir, "6/stat", STAT("5", "not six", REST));
	put(dir, "7x/stat", STAT("7", "seven", REST));
	assert_int_equal(mkfifoat(dir, "7/stat", 0600), 0);
	assert_int_equal(proc_list(dir, true, &list, &err), 1);
	assert_string_equal(list[0].name, "five");
	assert_int_equal(list[0].uid, PROC_UNKNOWN);
	assert_int_equal(list[0].memory, 250 * sysconf(_SC_PAGESIZE));
	assert_false(list[0].told);
	assert_int_equal(list[0].read, 0);
	assert_int_equal(list[0].written, 0);
	free(list);
	strcat(command, path);
	assert_int_equal(system(command), 0);
	assert_int_equal(proc_list(dir, false, &list, &err), 0);
	free(list);
	close(dir);
	assert_int_equal(proc_list(-1, false, &list, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stats),
		cmocka_unit_test(lines),
		cmocka_unit_test(maps),
		cmocka_unit_test(nets),
		cmocka_unit_test(own),
		cmocka_unit_test(fakes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
