/* SPDX-License-Identifier: ISC */
/*
 * Descriptor 3 of the verb "once": each question that is asked about it, and that each answer counts;
 * and that what fails before the split ends it.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: clone nothing
 */
/* WRAP: getsockopt getuid getppid pidfd_open split_prepare split_engine state_prepare */
#include "tests/unit/launcher_unit.h"

#include <sys/pidfd.h>
#include <sys/socket.h>

#include "helper/launcher/split.h"

/* What the kernel answers about descriptor 3; the fourth is its peer. */
static struct {
	int domain, type, listening;
	uid_t peer;
	socklen_t short_by;
} answer;

int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len);
uid_t __wrap_getuid(void);
pid_t __wrap_getppid(void);
int __wrap_pidfd_open(pid_t pid, unsigned int flags);
int __wrap_split_prepare(struct split *split, const struct caller *caller,
    const struct handles *handles, struct err *err);
int __wrap_split_engine(struct split *split, struct err *err);
int __wrap_state_prepare(const struct grant *grant, struct err *err);

int
__wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
	struct ucred *peer = value;

	assert_int_equal(fd, 3);
	assert_int_equal(level, SOL_SOCKET);
	/* What a call that fails leaves there is not to be believed. */
	switch (option) {
	case SO_DOMAIN:
		*(int *)value = answer.domain;
		break;
	case SO_TYPE:
		*(int *)value = answer.type;
		break;
	case SO_ACCEPTCONN:
		*(int *)value = answer.listening;
		break;
	case SO_PEERCRED:
		assert_int_equal(*len, sizeof(*peer));
		*peer = (struct ucred){ 1, answer.peer, 100 };
		*len = (socklen_t)sizeof(*peer) - answer.short_by;
		break;
	default:
		fail_msg("option %d", option);
	}
	return (fault("getsockopt") ? -1 : 0);
}

uid_t
__wrap_getuid(void)
{
	return (1000);
}

pid_t
__wrap_getppid(void)
{
	return (fault("getppid") ? 1 : 4711);
}

int
__wrap_pidfd_open(pid_t pid, unsigned int flags)
{
	assert_int_equal(pid, 4711);
	assert_int_equal(flags, 0);
	return (fault("pidfd_open") ? -1 : 44);
}

int
__wrap_split_prepare(struct split *split, const struct caller *caller,
    const struct handles *handles, struct err *err)
{
	assert_true(caller->uid == 1000 && handles->procfd == 77 && split->grant->uid == 1000);
	assert_int_equal(split->mode, FACTS_ONCE);
	assert_int_equal(split->cgroup, -1);
	assert_int_equal(split->parent, 44);
	return (fault("split_prepare") ? err_set(err, ERR_SYSTEM, "prepare") : 0);
}

int
__wrap_split_engine(struct split *split, struct err *err)
{
	assert_int_equal(split->fds[ENGINE_FD_SOCKET], 3);
	assert_int_equal(split->fds[ENGINE_FD_LOCK], -1);
	return (fault("split_engine") ? err_set(err, ERR_SYSTEM, "engine") : 0);
}

int
__wrap_state_prepare(const struct grant *grant, struct err *err)
{
	(void)grant;
	return (fault("state_prepare") ? err_set(err, ERR_SYSTEM, "state") : 0);
}

static int
set_up(void **state)
{
	(void)state;
	answer.domain = AF_UNIX;
	answer.type = SOCK_STREAM;
	answer.listening = 0;
	answer.peer = 1000;
	answer.short_by = 0;
	fault_none();
	return (0);
}

static void
assert_refused(void)
{
	struct err err;

	assert_int_equal(once_check_request(&err), -1);
	assert_failed(&err, ERR_USAGE, "descriptor 3 is not");
	set_up(NULL);
}

static void
test_request(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(once_check_request(&err), 0);
	assert_string_equal(fault_log, "getsockopt getsockopt getsockopt getsockopt ");
	answer.domain = AF_INET;
	assert_refused();
	answer.domain = AF_NETLINK;
	assert_refused();
	answer.type = SOCK_DGRAM;
	assert_refused();
	answer.type = SOCK_SEQPACKET;
	assert_refused();
	answer.listening = 1;
	assert_refused();
	answer.peer = 1001;
	assert_refused();
	answer.peer = 0;
	assert_refused();
	/* Not connected: unix(7). */
	answer.peer = (uid_t)-1;
	assert_refused();
	answer.short_by = 4;
	assert_refused();
	for (int at = 1; at <= 4; at++) {
		fault_set("getsockopt", at, ENOTSOCK);
		assert_refused();
	}
}

static void
test_verb(void **state)
{
	static const char *const calls[] = { "pidfd_open", "split_prepare", "state_prepare",
		"split_engine" };
	const struct caller caller = { .uid = 1000, .gid = 100 };
	const struct handles handles = { .etcfd = 76, .procfd = 77 };
	struct grant grant = { .uid = 1000, .gid = 100 };
	struct err err;

	(void)state;
	assert_int_equal(verb_once(&caller, &grant, &handles, &err), 0);
	assert_string_equal(
	    fault_log, "getppid pidfd_open getppid split_prepare state_prepare split_engine ");
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		fault_set(calls[i], 1, EIO);
		assert_int_equal(verb_once(&caller, &grant, &handles, &err), -1);
		assert_int_equal(strlen(strstr(fault_log, calls[i])), strlen(calls[i]) + 1);
	}
	/* Without it the engine would outlive the one whom it serves. */
	fault_set("pidfd_open", 1, ESRCH);
	assert_int_equal(verb_once(&caller, &grant, &handles, &err), -1);
	assert_failed(&err, ERR_SYSTEM, "cannot watch the process that called");
	/* Nor that of somebody who has the number by now. */
	fault_set("getppid", 2, 0);
	assert_int_equal(verb_once(&caller, &grant, &handles, &err), -1);
	assert_failed(&err, ERR_SYSTEM, "cannot watch the process that called");
	assert_false(was_called("split_prepare"));
	/* A state root of its own is the engine's to judge. */
	fault_none();
	grant.root = "/home/alice/state";
	assert_int_equal(verb_once(&caller, &grant, &handles, &err), 0);
	assert_false(was_called("state_prepare"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_request, set_up),
		cmocka_unit_test_setup(test_verb, set_up),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
