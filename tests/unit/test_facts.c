/* SPDX-License-Identifier: ISC */
/*
 * What the launcher tells the engine is whole and sealed, or it is an error.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that a short text is never handed over as a whole one
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/mman.h>
#include <unistd.h>

#include "common/facts.h"

#define HEAD (FACTS_HEAD * sizeof(uint32_t))

static gid_t groups[] = { 5, 6 };
static const struct caller caller = { .uid = 1000, .gid = 1001, .ngroups = 2, .groups = groups };
static const struct idmap_line uids[] = { { 0, 100000, 5 }, { 5, 1000, 1 } },
			       gids[] = { { 0, 1001, 1 } };
static const struct grant grant = { .owner_id = 7,
	.subuid = { 100000, 65536 },
	.subgid = { 200000, 9 },
	.uids = { 2, uids },
	.gids = { 1, gids } };

/* A memfd that takes no byte beyond the first size ones. */
static int
bounded(off_t size)
{
	int fd = memfd_create("facts", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	return (fd);
}

static void
they_are_whole_and_sealed(void **state)
{
	const uint32_t wanted[] = { FACTS_MAGIC, FACTS_VERSION, FACTS_ONCE, 1000, 1001, 7, 100000,
		65536, 200000, 9, 2, 2, 1, 5, 6, 0, 100000, 5, 5, 1000, 1, 0, 1001, 1 };
	int fd = memfd_create("facts", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint32_t got[FACTS_HEAD + 12];

	(void)state;
	assert_int_equal(facts_write(fd, FACTS_ONCE, &caller, &grant), 0);
	assert_int_equal(pread(fd, got, sizeof(got), 0), sizeof(wanted));
	assert_memory_equal(got, wanted, sizeof(wanted));
	assert_int_equal(fcntl(fd, F_GET_SEALS), FACTS_SEALS);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	close(fd);
}

static void
what_cannot_be_written_is_an_error(void **state)
{
	const struct grant bare = { .owner_id = 7 };
	const off_t sizes[] = { 0, HEAD - 1, HEAD, HEAD + sizeof(groups) - 1, HEAD + sizeof(groups),
		HEAD + sizeof(groups) + sizeof(uids) - 1,
		HEAD + sizeof(groups) + sizeof(uids) + sizeof(gids) - 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int fd = bounded(sizes[i]);

		assert_int_equal(facts_write(fd, FACTS_SHARED, &caller, &grant), -1);
		close(fd);
		if (sizes[i] >= (off_t)(HEAD + sizeof(groups)))
			continue;
		/* Not because something that follows is missing as well. */
		fd = bounded(sizes[i]);
		assert_int_equal(facts_write(fd, FACTS_SHARED, &caller, &bare), -1);
		close(fd);
	}
}

static void
what_cannot_be_sealed_is_an_error(void **state)
{
	int fd = memfd_create("facts", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(facts_write(fd, FACTS_SHARED, &caller, &grant), -1);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_whole_and_sealed),
		cmocka_unit_test(what_cannot_be_written_is_an_error),
		cmocka_unit_test(what_cannot_be_sealed_is_an_error),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
