/* SPDX-License-Identifier: ISC */
/*
 * /etc/berth/ids: what is read, what is refused, what is appended; sets of ids; ids of two users.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that a damaged record is refused by its line and that a failed write leaves no trace
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper/admin/cross.h"
#include "helper/admin/ids.h"
#include "helper/admin/idset.h"
#include "helper/admin/store.h"

static struct ids ids;
static struct err err;

static int
parse(const char *text, size_t len)
{
	char copy[512];

	memcpy(copy, text, len);
	return (ids_parse(copy, len, &ids, &err));
}

static void
test_good(void **state)
{
	static const char text[] =
	    "; comment\n\nsubuid 1000 100000 65536\nsubgid 1000 100000 65536\n"
	    "owner 1000 2147400000\nwatch 1000 2147400001\n"
	    "owner 1001 2147400002\n";

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1), 0);
	assert_int_equal(ids.n, 5);
	assert_int_equal(ids_find(&ids, IDS_OWNER, 1001)->range.start, 2147400002U);
	assert_int_equal(ids_find(&ids, IDS_OWNER, 1001)->line, 7);
	assert_int_equal(ids_find(&ids, IDS_SUBUID, 1000)->range.count, 65536);
	assert_null(ids_find(&ids, IDS_WATCH, 1001));
	ids_free(&ids);
	assert_int_equal(parse("", 0), 0);
	assert_int_equal(ids.n, 0);
	ids_free(&ids);
}

static void
test_bad(void **state)
{
	static const char *const bad[] = { "owner 1000\n", "owner 1000 5 6\n", "owner 1000 -1\n",
		"owner  1000 5\n", "owner 1000 5 \n", " owner 1000 5\n", "owner 01 5\n",
		"owner 1 4294967295\n", "subuid 1 100000\n", "subuid 1 100000 0\n",
		"subuid 1 2147483646 2\n", "subuid 1 100000 65536 1\n", "uid 1 2\n", "owner 1 5",
		"owner\t1 5\n", "owner 1 5\r\n", "[grant]\n", "subuid 1 100000 65536 1 1 1\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[128];

		snprintf(text, sizeof(text), "; one\n%s", bad[i]);
		if (parse(text, strlen(text)) == 0)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(err.code, ERR_CONFIG);
		assert_non_null(strstr(err.what, "/ids:2:"));
		ids_free(&ids);
	}
	assert_int_equal(parse("; a\0b\n", 6), -1);
	ids_free(&ids);
}

/* The directory of the test: a place of its own below /tmp. */
static void
test_record(void **state)
{
	struct ids_entry entry = { .kind = IDS_SUBUID, .uid = 7, .range = { 100000, 65536 } };
	char dir[] = "/tmp/test_admin_ids.XXXXXX", text[1024];
	int fd, dirfd;
	ssize_t len;

	(void)state;
	if (geteuid() != 0) {
		print_message(
		    "test_record: only root can own the file; tried by tests/e2e/admin.t\n");
		return;
	}
	assert_non_null(mkdtemp(dir));
	dirfd = open(dir, O_RDONLY | O_DIRECTORY);
	assert_true(dirfd >= 0);
	ids = (struct ids){ 0 };
	assert_int_equal(ids_load(dirfd, &ids, &err), 0);
	assert_int_equal(ids_record(dirfd, &ids, 0, &err), 0);
	assert_int_equal(faccessat(dirfd, "ids", F_OK, 0), -1);
	assert_int_equal(ids_add(&ids, &entry, &err), 0);
	entry = (struct ids_entry){ .kind = IDS_WATCH, .uid = 7, .range = { 2147400001U, 1 } };
	assert_int_equal(ids_add(&ids, &entry, &err), 0);
	assert_int_equal(ids_record(dirfd, &ids, 0, &err), 0);
	assert_int_equal(ids_record(dirfd, &ids, 1, &err), 0);
	ids_free(&ids);
	fd = openat(dirfd, "ids", O_RDONLY);
	len = read(fd, text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	assert_non_null(strstr(text, ".\nsubuid 7 100000 65536\nwatch 7 2147400001\n"
				     "watch 7 2147400001\n"));
	assert_int_equal(ids_load(dirfd, &ids, &err), 0);
	assert_int_equal(ids.n, 3);
	ids_free(&ids);
	close(fd);
	unlinkat(dirfd, "ids", 0);
	close(dirfd);
	rmdir(dir);
}

static void
test_set(void **state)
{
	struct idset set = { 0 };

	(void)state;
	assert_int_equal(idset_add(&set, &(struct id_range){ 5, 0 }), 0);
	assert_int_equal(set.n, 0);
	for (uint32_t i = 200; i > 0; i--)
		assert_int_equal(idset_add(&set, &(struct id_range){ i * 10, 5 }), 0);
	assert_true(idset_contains(&set, 1004));
	assert_false(idset_contains(&set, 1005));
	assert_int_equal(idset_overlap(&set, &(struct id_range){ 1005, 6 })->start, 1010);
	idset_sort(&set);
	assert_int_equal(set.ranges[0].start, 10);
	idset_free(&set);
	assert_int_equal(idset_add_id(&set, 3), 0);
	assert_true(idset_contains(&set, 3));
	idset_free(&set);
}

static size_t pairs;

static void
count_pair(void *ctx, const struct cross_item *a, const struct cross_item *b)
{
	(void)ctx;
	assert_int_not_equal(a->uid, b->uid);
	assert_true(id_range_overlaps(&a->range, &b->range));
	pairs++;
}

static void
test_cross(void **state)
{
	struct cross cross = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(
		    cross_add(&cross, i, &(struct id_range){ 100 * (100 - i), 100 }), 0);
	assert_int_equal(cross_add(&cross, 3, &(struct id_range){ 9700, 100 }), 0);
	assert_int_equal(cross_add(&cross, 3, &(struct id_range){ 1, 0 }), 0);
	cross_check(&cross, count_pair, NULL);
	assert_int_equal(pairs, 0);
	/* A long one swallows a short one that is not its neighbour. */
	assert_int_equal(cross_add(&cross, 500, &(struct id_range){ 9950, 1 }), 0);
	cross_check(&cross, count_pair, NULL);
	assert_int_equal(pairs, 1);
	cross_free(&cross);
}

static void
test_names(void **state)
{
	static const char *const bad[] = { "uid-.conf", "uid-1000", "uid-01.conf", "xid-1.conf",
		"uid-1.conf~", ".uid-1.conf", "uid-99999999999.conf", "uid--1.conf",
		"uid-1 .conf" };
	enum principal kind;
	uint32_t id;

	(void)state;
	assert_int_equal(store_parse_name("uid-1000.conf", &kind, &id), 0);
	assert_int_equal(kind, PRINCIPAL_UID);
	assert_int_equal(id, 1000);
	assert_int_equal(store_parse_name("gid-7.conf", &kind, &id), 0);
	assert_int_equal(kind, PRINCIPAL_GID);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(store_parse_name(bad[i], &kind, &id), -1);
}

static void
test_overlaps(void **state)
{
	(void)state;
	for (uint32_t bits = 0; bits < 6 * 6 * 6 * 6; bits++) {
		struct id_range a = { bits % 6, bits / 6 % 6 };
		struct id_range b = { bits / 36 % 6, bits / 216 };
		unsigned int both = 0;

		for (uint32_t id = 0; id < 16; id++)
			both += id_range_contains(&a, id) && id_range_contains(&b, id);
		assert_int_equal(id_range_overlaps(&a, &b), both > 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_cross),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_overlaps),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
