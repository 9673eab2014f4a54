/* SPDX-License-Identifier: ISC */
/*
 * Which files apply to a caller, and that one bad file refuses all.
 * TRUST: unprivileged
 * INPUT: none: files come from a table
 * MUST: show that no failure of the reader, of a file or of memory ends as a policy
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include <cmocka.h>

#include "common/inistrict.h"
#include "common/policy.h"

/* WRAP: malloc free */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void __real_free(void *at);
void __wrap_free(void *at);

/* The call of malloc(3), counted from 1, that fails; 0: none. */
static unsigned int malloc_calls, malloc_fails;
static int live; /* and how many have not been freed */

void *
__wrap_malloc(size_t size)
{
	if (++malloc_calls != malloc_fails) {
		live++;
		return (__real_malloc(size));
	}
	errno = ENOMEM;
	return (NULL);
}

void
__wrap_free(void *at)
{
	live -= at != NULL;
	__real_free(at);
}

/* What is below /etc/berth. With all_groups every group has a file as well. */
struct file {
	const char *name;
	const char *text; /* NULL: the reader fails */
};

static const struct file *files;
static bool all_groups;
static char names_read[8192];

static int
fake_read(void *ctx, const char *name, char *buf, size_t cap, size_t *len, struct err *err)
{
	unsigned int gid;

	assert_ptr_equal(ctx, names_read);
	assert_int_equal(cap, INI_FILE_MAX);
	snprintf(
	    names_read + strlen(names_read), sizeof(names_read) - strlen(names_read), "%s\n", name);
	for (const struct file *file = files; file->name != NULL; file++) {
		if (strcmp(file->name, name) != 0)
			continue;
		if (file->text == NULL)
			return (err_set(err, ERR_CONFIG, "%s: has a wrong owner", name));
		*len = strlen(file->text);
		memcpy(buf, file->text, *len);
		return (1);
	}
	if (!all_groups || sscanf(name, "allow/gid-%u.conf", &gid) != 1)
		return (0);
	*len = (size_t)snprintf(buf, cap, "[grant]\ngid = %u\n", gid);
	return (1);
}

static const struct policy_source source = { fake_read, names_read };
static struct policy policy;
static struct err err;

static int
load_groups(const struct file *table, uint32_t gid, const gid_t *groups, size_t ngroups)
{
	gid_t copy[256];
	struct caller caller = { 1000, gid, ngroups, copy };

	if (ngroups > 0)
		memcpy(copy, groups, ngroups * sizeof(*groups));
	files = table;
	names_read[0] = '\0';
	malloc_calls = 0;
	memset(&policy, 0xff, sizeof(policy));
	return (policy_load(&policy, &caller, &source, &err));
}

static int
load(const struct file *table)
{
	return (load_groups(table, 1000, (const gid_t[]){ 2000, 27, 1000, 100 }, 4));
}

static void
assert_refused(const struct file *table, const char *what)
{
	if (load(table) == 0)
		fail_msg("loaded, instead of: %s", what);
	assert_int_equal(err.code, ERR_CONFIG);
	if (strncmp(err.what, what, strlen(what)) != 0)
		fail_msg("\"%s\" is not \"%s...\"", err.what, what);
	policy_free(&policy);
}

#define ALICE "[grant]\nuid = 1000\nentitlements = network.host\n"
#define GROUP(gid) "[grant]\ngid = " #gid "\n"

static int
teardown(void **state)
{
	(void)state;
	all_groups = false;
	malloc_fails = 0;
	policy_free(&policy);
	assert_int_equal(live, 0);
	return (0);
}

static void
reads_what_the_kernel_says_and_no_other_file(void **state)
{
	static const struct file table[] = { { "berth.conf", "" }, { NULL, NULL } };

	(void)state;
	assert_int_equal(load(table), 0);
	assert_int_equal(policy.nfiles, 0);
	assert_string_equal(names_read,
	    "berth.conf\nallow/uid-1000.conf\nallow/gid-1000.conf\nallow/gid-2000.conf\n"
	    "allow/gid-27.conf\nallow/gid-1000.conf\nallow/gid-100.conf\n");
}

static void
the_user_comes_first_then_groups_by_number(void **state)
{
	static const struct file table[] = { { "berth.conf", "" }, { "allow/uid-1000.conf", ALICE },
		{ "allow/gid-1000.conf", GROUP(1000) }, { "allow/gid-2000.conf", GROUP(2000) },
		{ "allow/gid-27.conf", GROUP(27) }, { "allow/gid-100.conf", GROUP(100) },
		{ "allow/gid-3000.conf", GROUP(3000) }, { NULL, NULL } };
	static const uint32_t wanted[] = { 1000, 27, 100, 1000, 2000 };

	(void)state;
	assert_int_equal(load(table), 0);
	assert_int_equal(policy.nfiles, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(policy.files[i]->kind, i == 0 ? PRINCIPAL_UID : PRINCIPAL_GID);
		assert_int_equal(policy.files[i]->id, wanted[i]);
	}
	assert_int_equal(policy.files[0]->rules[0].ent.id, ENT_NETWORK_HOST);
}

static void
the_primary_group_counts_once(void **state)
{
	static const struct file table[] = { { "berth.conf", "" },
		{ "allow/gid-1000.conf", GROUP(1000) }, { NULL, NULL } };

	(void)state;
	assert_int_equal(load_groups(table, 1000, (const gid_t[]){ 1000, 1000 }, 2), 0);
	assert_int_equal(policy.nfiles, 1);
	policy_free(&policy);
	/* Also when it is no supplementary group. */
	assert_int_equal(load_groups(table, 1000, NULL, 0), 0);
	assert_int_equal(policy.nfiles, 1);
}

static void
a_user_and_a_group_of_one_number_are_two(void **state)
{
	static const struct file table[] = { { "berth.conf", "" }, { "allow/uid-1000.conf", ALICE },
		{ "allow/gid-1000.conf", GROUP(1000) }, { NULL, NULL } };

	(void)state;
	assert_int_equal(load(table), 0);
	assert_int_equal(policy.nfiles, 2);
}

static void
takes_the_pool_of_berth_conf(void **state)
{
	static const struct file table[] = {
		{ "berth.conf", "[ids]\nbase = 1000000000\ncount = 65536\nfirst-uid = 1000\n" },
		{ NULL, NULL }
	};

	(void)state;
	assert_int_equal(load(table), 0);
	assert_int_equal(policy.host.pool.start, 1000000000);
	assert_int_equal(policy.host.first_uid, 1000);
}

static void
refuses_without_berth_conf(void **state)
{
	static const struct file table[] = { { "allow/uid-1000.conf", ALICE }, { NULL, NULL } };

	(void)state;
	assert_refused(table, "refused: /etc/berth/berth.conf is missing");
	assert_int_equal(policy.nfiles, 0);
	assert_string_equal(names_read, "berth.conf\n");
}

static void
refuses_a_malformed_berth_conf(void **state)
{
	static const struct file table[] = { { "berth.conf", "\nx\n" },
		{ "allow/uid-1000.conf", ALICE }, { NULL, NULL } };

	(void)state;
	assert_refused(table, "/etc/berth/berth.conf:2: ");
}

static void
refuses_all_for_one_malformed_file(void **state)
{
	static const struct file user[] = { { "berth.conf", "" }, { "allow/uid-1000.conf", "x\n" },
		{ "allow/gid-27.conf", GROUP(27) }, { NULL, NULL } };
	static const struct file group[] = { { "berth.conf", "" }, { "allow/uid-1000.conf", ALICE },
		{ "allow/gid-27.conf", GROUP(27) }, { "allow/gid-100.conf", "[grant]\n\nx\n" },
		{ NULL, NULL } };
	static const struct file other[] = { { "berth.conf", "" }, { "allow/uid-1000.conf", ALICE },
		{ "allow/gid-1000.conf", GROUP(1001) }, { NULL, NULL } };

	(void)state;
	assert_refused(user, "/etc/berth/allow/uid-1000.conf:1: ");
	assert_refused(group, "/etc/berth/allow/gid-100.conf:3: ");
	assert_refused(other, "/etc/berth/allow/gid-1000.conf: [grant] must say whose it is");
}

static void
refuses_what_the_reader_refuses(void **state)
{
	static const struct file conf[] = { { "berth.conf", NULL }, { NULL, NULL } };
	static const struct file user[] = { { "berth.conf", "" }, { "allow/uid-1000.conf", NULL },
		{ "allow/gid-27.conf", GROUP(27) }, { NULL, NULL } };
	static const struct file primary[] = { { "berth.conf", "" },
		{ "allow/uid-1000.conf", ALICE }, { "allow/gid-1000.conf", NULL }, { NULL, NULL } };
	static const struct file last[] = { { "berth.conf", "" }, { "allow/uid-1000.conf", ALICE },
		{ "allow/gid-100.conf", NULL }, { NULL, NULL } };

	(void)state;
	assert_refused(conf, "berth.conf: has a wrong owner");
	assert_refused(user, "allow/uid-1000.conf: has a wrong owner");
	assert_refused(primary, "allow/gid-1000.conf: has a wrong owner");
	assert_refused(last, "allow/gid-100.conf: has a wrong owner");
}

static void
refuses_more_files_than_there_is_room(void **state)
{
	static const struct file table[] = { { "berth.conf", "" }, { "allow/uid-1000.conf", ALICE },
		{ NULL, NULL } };
	gid_t groups[POLICY_FILES_MAX];

	(void)state;
	all_groups = true;
	for (size_t i = 0; i < POLICY_FILES_MAX; i++)
		groups[i] = (gid_t)(5000 - i);
	/* One of the user, one of the primary group, and 126 more. */
	assert_int_equal(load_groups(table, 1000, groups, POLICY_FILES_MAX - 2), 0);
	assert_int_equal(policy.nfiles, POLICY_FILES_MAX);
	for (size_t i = 2; i < policy.nfiles; i++)
		assert_true(policy.files[i - 1]->id < policy.files[i]->id);
	policy_free(&policy);
	assert_int_equal(load_groups(table, 1000, groups, POLICY_FILES_MAX - 1), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_string_equal(err.what, "refused: too many files of /etc/berth/allow apply");
	assert_string_equal(err.why, "at most 128: the user's and one for each group that has one");
}

/* Groups without a file are no files. */
static void
accepts_more_groups_than_files(void **state)
{
	static const struct file table[] = { { "berth.conf", "" }, { "allow/gid-7.conf", GROUP(7) },
		{ NULL, NULL } };
	gid_t groups[200];

	(void)state;
	for (size_t i = 0; i < 200; i++)
		groups[i] = (gid_t)i;
	assert_int_equal(load_groups(table, 1000, groups, 200), 0);
	assert_int_equal(policy.nfiles, 1);
}

/* Each allocation in turn; the sanitizer sees that nothing is lost. */
static void
refuses_when_memory_is_short(void **state)
{
	static const struct file table[] = { { "berth.conf", "" }, { "allow/uid-1000.conf", ALICE },
		{ "allow/gid-27.conf", GROUP(27) }, { NULL, NULL } };
	unsigned int calls;

	(void)state;
	assert_int_equal(load(table), 0);
	calls = malloc_calls;
	assert_true(calls >= 3);
	for (malloc_fails = 1; malloc_fails <= calls; malloc_fails++) {
		policy_free(&policy);
		assert_int_equal(load(table), -1);
		assert_int_equal(err.code, ERR_SYSTEM);
		assert_int_equal(err.errnum, ENOMEM);
	}
}

static void
a_freed_policy_is_empty(void **state)
{
	static const struct file table[] = { { "berth.conf", "" }, { "allow/uid-1000.conf", ALICE },
		{ NULL, NULL } };

	(void)state;
	assert_int_equal(load(table), 0);
	policy_free(&policy);
	assert_int_equal(policy.nfiles, 0);
	assert_null(policy.files[0]);
	policy_free(&policy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(reads_what_the_kernel_says_and_no_other_file, teardown),
		cmocka_unit_test_teardown(the_user_comes_first_then_groups_by_number, teardown),
		cmocka_unit_test_teardown(the_primary_group_counts_once, teardown),
		cmocka_unit_test_teardown(a_user_and_a_group_of_one_number_are_two, teardown),
		cmocka_unit_test_teardown(takes_the_pool_of_berth_conf, teardown),
		cmocka_unit_test_teardown(refuses_without_berth_conf, teardown),
		cmocka_unit_test_teardown(refuses_a_malformed_berth_conf, teardown),
		cmocka_unit_test_teardown(refuses_all_for_one_malformed_file, teardown),
		cmocka_unit_test_teardown(refuses_what_the_reader_refuses, teardown),
		cmocka_unit_test_teardown(refuses_more_files_than_there_is_room, teardown),
		cmocka_unit_test_teardown(accepts_more_groups_than_files, teardown),
		cmocka_unit_test_teardown(refuses_when_memory_is_short, teardown),
		cmocka_unit_test_teardown(a_freed_policy_is_empty, teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
