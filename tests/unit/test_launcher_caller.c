/* SPDX-License-Identifier: ISC */
/*
 * A36: who calls, from the kernel alone. The facts that the engine gets of it. The end of a start.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: need no other identity than its own
 */
/* WRAP: getresuid getresgid getgroups calloc */
#include "tests/unit/launcher_unit.h"

#include <signal.h>
#include <sys/mman.h>

#include "common/facts.h"
#include "helper/launcher/launcher.h"

static uid_t uids[3];
static gid_t gids[3], groups[4];
static int ngroups, second;

int __wrap_getresuid(uid_t *real, uid_t *effective, uid_t *saved);
int __wrap_getresgid(gid_t *real, gid_t *effective, gid_t *saved);
int __wrap_getgroups(int size, gid_t list[]);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

int
__wrap_getresuid(uid_t *real, uid_t *effective, uid_t *saved)
{
	*real = uids[0], *effective = uids[1], *saved = uids[2];
	return (fault("getresuid") ? -1 : 0);
}

int
__wrap_getresgid(gid_t *real, gid_t *effective, gid_t *saved)
{
	*real = gids[0], *effective = gids[1], *saved = gids[2];
	return (fault("getresgid") ? -1 : 0);
}

int
__wrap_getgroups(int size, gid_t list[])
{
	if (fault("getgroups"))
		return (-1);
	if (size == 0)
		return (ngroups);
	if (size < 0) {
		errno = EINVAL;
		return (-1);
	}
	memcpy(list, groups, (size_t)ngroups * sizeof(gid_t));
	return (second);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return (fault("calloc") ? NULL : __real_calloc(count, size));
}

static void
reset(void)
{
	uids[0] = 1000, uids[1] = uids[2] = 0;
	gids[0] = gids[1] = gids[2] = 100;
	groups[0] = 7, groups[1] = 100;
	ngroups = second = 2;
	fault_none();
}

static void
test_plain(void **state)
{
	struct caller caller;
	struct err err;

	(void)state;
	reset();
	assert_int_equal(caller_read(&caller, &err), 0);
	assert_int_equal(caller.uid, 1000);
	assert_int_equal(caller.gid, 100);
	assert_int_equal(caller.ngroups, 2);
	assert_int_equal(caller.groups[0], 7);
	assert_int_equal(caller.groups[1], 100);
	free(caller.groups);

	ngroups = second = 0;
	assert_int_equal(caller_read(&caller, &err), 0);
	assert_int_equal(caller.ngroups, 0);
	free(caller.groups);
}

/* The environment is not asked. */
static void
test_environ(void **state)
{
	struct caller caller;
	struct err err;

	(void)state;
	reset();
	setenv("SUDO_UID", "1001", 1);
	setenv("PKEXEC_UID", "1001", 1);
	assert_int_equal(caller_read(&caller, &err), 0);
	assert_int_equal(caller.uid, 1000);
	free(caller.groups);
}

static void
test_mixed(void **state)
{
	static const struct {
		uid_t uids[3];
		gid_t gids[3];
	} mixes[] = { { { 1000, 1000, 0 }, { 100, 100, 100 } },
		{ { 1000, 0, 1000 }, { 100, 100, 100 } },
		{ { 1000, 1000, 1000 }, { 100, 100, 100 } }, { { 0, 0, 1000 }, { 0, 0, 0 } },
		{ { 1000, 0, 0 }, { 100, 0, 100 } }, { { 1000, 0, 0 }, { 100, 100, 0 } },
		{ { 1000, 0, 0 }, { 0, 100, 100 } }, { { 1000, 0, 0 }, { 100, 0, 0 } } };
	struct caller caller;
	struct err err;

	(void)state;
	reset();
	for (size_t i = 0; i < sizeof(mixes) / sizeof(mixes[0]); i++) {
		memcpy(uids, mixes[i].uids, sizeof(uids));
		memcpy(gids, mixes[i].gids, sizeof(gids));
		assert_int_equal(caller_read(&caller, &err), -1);
		assert_failed(&err, ERR_REFUSED, "mixed ids");
	}
}

static void
test_faults(void **state)
{
	static const struct {
		const char *call;
		int at;
	} plans[] = { { "getresuid", 1 }, { "getresgid", 1 }, { "getgroups", 1 }, { "calloc", 1 },
		{ "getgroups", 2 } };
	struct caller caller;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		reset();
		fault_set(plans[i].call, plans[i].at, ENOMEM);
		caller.groups = NULL;
		assert_int_equal(caller_read(&caller, &err), -1);
		assert_failed(&err, ERR_SYSTEM, "cannot read the caller's");
		if (strcmp(plans[i].call, "getresuid") != 0 &&
		    strcmp(plans[i].call, "getresgid") != 0)
			free(caller.groups);
	}
	/* A group less than a moment before. */
	reset();
	second = 1;
	assert_int_equal(caller_read(&caller, &err), -1);
	free(caller.groups);
}

static void
test_facts(void **state)
{
	gid_t list[] = { 7, 100 };
	const struct caller caller = { 1000, 100, 2, list };
	const struct grant grant = {
		.owner_id = 2147480000, .subuid = { 100000, 10 }, .subgid = { 200000, 20 }
	};
	const uint32_t wanted[] = { FACTS_MAGIC, FACTS_VERSION, FACTS_ONCE, 1000, 100, 2147480000,
		100000, 10, 200000, 20, 2, 0, 0, 7, 100 };
	uint32_t got[18];
	int fd = memfd_create("facts", MFD_ALLOW_SEALING), closed = memfd_create("sealed", 0);

	(void)state;
	assert_int_equal(facts_write(fd, FACTS_ONCE, &caller, &grant), 0);
	assert_int_equal(pread(fd, got, sizeof(got), 0), sizeof(wanted));
	assert_memory_equal(got, wanted, sizeof(wanted));
	assert_int_equal(fcntl(fd, F_GET_SEALS), FACTS_SEALS);
	assert_int_equal(facts_write(fd, FACTS_ONCE, &caller, &grant), -1);
	/* One that cannot be sealed is not believed either. */
	assert_int_equal(facts_write(closed, FACTS_ONCE, &caller, &grant), -1);
	assert_int_equal(facts_write(-1, FACTS_ONCE, &caller, &grant), -1);
	close(fd);
	close(closed);
}

static void
end(void *arg)
{
	struct err err;

	(void)arg;
	err_set(&err, ERR_REFUSED, "what\nwhat");
	err_why(&err, "why");
	end_with(&err);
}

static void
test_end(void **state)
{
	int pipes[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_child(in_child(end, NULL), 77);
	assert_string_equal(child_text, "berth: what\\x0awhat\n  why\n");
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 0);
	close(pipes[0]);
}

/* Nobody reads our messages: by then what others wait for is closed. */
static void
end_into_full_pipe(void *arg)
{
	int *lock = arg, full[2];

	CHILD_CHECK(pipe2(full, O_NONBLOCK) == 0);
	while (write(full[1], "x", 1) == 1)
		;
	fcntl(full[1], F_SETFL, 0);
	/* The reader outlives close_range(3, ...) as descriptor 0. */
	CHILD_CHECK(dup2(full[0], 0) == 0 && dup2(full[1], 2) == 2);
	close(lock[0]);
	alarm(60);
	end(NULL);
}

static void
test_end_blocked(void **state)
{
	int lock[2], status;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(lock), 0);
	pid = fork();
	if (pid == 0)
		end_into_full_pipe(lock);
	close(lock[1]);
	/* End of file while the child is still stuck. */
	assert_int_equal(read(lock[0], &byte, 1), 0);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(lock[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_environ),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_end_blocked),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
