/* SPDX-License-Identifier: ISC */
/*
 * Units of owner.c: who is the user, at the other end of a socket.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show every answer of the kernel that is not the user
 */
/* WRAP: getsockopt geteuid */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/engine/owner.h"

static struct {
	struct ucred peer;
	uid_t self;
	socklen_t short_by;
	int rc;
} world;

int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len);
uid_t __wrap_geteuid(void);

int
__wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
	assert_int_equal(fd, 7);
	assert_int_equal(level, SOL_SOCKET);
	assert_int_equal(option, SO_PEERCRED);
	assert_int_equal(*len, sizeof(world.peer));
	*(struct ucred *)value = world.peer;
	*len -= world.short_by;
	errno = ENOTCONN;
	return (world.rc);
}

uid_t
__wrap_geteuid(void)
{
	return (world.self);
}

static bool
is_peer(uint32_t peer, uint32_t self)
{
	world.peer = (struct ucred){ .pid = 1, .uid = peer, .gid = self };
	world.self = self;
	world.short_by = 0;
	world.rc = 0;
	return (owner_is_peer(7));
}

static void
serves_one_number(void **state)
{
	static const uint32_t users[] = { 0, 1, 1000, 65533, 65535, 70000, 2147399999 };

	(void)state;
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		assert_true(is_peer(users[i], users[i]));
		assert_false(is_peer(users[i] + 1, users[i]));
		assert_false(is_peer(65534, users[i]));
		/* No credentials at all: a socket that nobody connected. */
		assert_false(is_peer(UINT32_MAX, users[i]));
	}
	assert_false(is_peer(0, 1000));
	assert_false(is_peer(1000, 0));
}

/* A number that everybody has who is not in the namespace is nobody's, whoever this process is. */
static void
serves_nobody(void **state)
{
	(void)state;
	assert_false(is_peer(65534, 65534));
}

static void
believes_whole_answers_only(void **state)
{
	(void)state;
	assert_true(is_peer(1000, 1000));
	world.rc = -1;
	assert_false(owner_is_peer(7));
	world.rc = 0;
	world.short_by = sizeof(world.peer.gid);
	assert_false(owner_is_peer(7));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serves_one_number),
		cmocka_unit_test(serves_nobody),
		cmocka_unit_test(believes_whole_answers_only),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
