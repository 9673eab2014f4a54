/* SPDX-License-Identifier: ISC */
/*
 * One line to the system log, and not more than a limit of them.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: send nothing to this host's log
 */
/* WRAP: trust_dir trust_file clock_gettime pread pwrite socket sendto */
#include "tests/unit/launcher_unit.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "helper/launcher/launcher.h"

static char sent[2048];
static int nsent, sent_flags, rate = -1;
static time_t now;

int __wrap_trust_dir(const char *path, int *fd, struct err *err);
int __wrap_trust_file(int dirfd, const char *name, int flags, int *fd, struct err *err);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
ssize_t __real_pread(int fd, void *buf, size_t len, off_t at);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t at);
ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t at);
int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
ssize_t __wrap_sendto(
    int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t tolen);

int
__wrap_trust_dir(const char *path, int *fd, struct err *err)
{
	assert_string_equal(path, "/var/lib/berth");
	*fd = -1;
	return (fault("trust_dir") ? err_sys(err, "no directory") : 1);
}

int
__wrap_trust_file(int dirfd, const char *name, int flags, int *fd, struct err *err)
{
	(void)dirfd;
	assert_string_equal(name, "audit-rate");
	assert_int_equal(flags, O_RDWR);
	*fd = -1;
	if (fault("trust_file"))
		return (errno == ENOENT ? 0 : err_sys(err, "no file"));
	*fd = dup(rate);
	return (1);
}

int
__wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
	/* Not one that an administrator or a time server turns back. */
	assert_int_equal(clock, CLOCK_BOOTTIME);
	*out = (struct timespec){ .tv_sec = now };
	return (0);
}

ssize_t
__wrap_pread(int fd, void *buf, size_t len, off_t at)
{
	ssize_t got = __real_pread(fd, buf, len, at);

	/* Whatever is there, it is not to be believed. */
	return (fault("pread") ? -1 : got);
}

ssize_t
__wrap_pwrite(int fd, const void *buf, size_t len, off_t at)
{
	return (fault("pwrite") ? -1 : __real_pwrite(fd, buf, len, at));
}

int
__wrap_socket(int domain, int type, int protocol)
{
	assert_int_equal(type, SOCK_DGRAM | SOCK_CLOEXEC);
	return (fault("socket") ? -1 : __real_socket(domain, type, protocol));
}

ssize_t
__wrap_sendto(
    int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t tolen)
{
	const struct sockaddr_un *log = (const struct sockaddr_un *)(const void *)to;

	(void)fd;
	assert_int_equal(tolen, sizeof(*log));
	assert_string_equal(log->sun_path, "/dev/log");
	assert_true(len < sizeof(sent));
	if (fault("sendto"))
		return (-1);
	memcpy(sent, buf, len);
	sent[len] = '\0';
	sent_flags = flags;
	nsent++;
	return ((ssize_t)len);
}

static const struct audit_call start = { .verb = "start", .number = 0, .uid = 7, .gid = 8 };
static const struct audit_call once = { .verb = "once", .number = 1 };
static const struct audit_call mount_call = {
	.verb = "mount", .number = 2, .ids = true, .uid = 101, .gid = 4294967294
};
static struct caller caller = { .uid = 1000, .gid = 1000 };
static struct decision decision;
static struct allow allow;
static struct err err;

static int
set_up(void **state)
{
	(void)state;
	if (rate >= 0)
		close(rate);
	rate = memfd_create("rate", 0);
	assert_int_equal(ftruncate(rate, 16384), 0);
	now = 5000;
	nsent = 0;
	sent[0] = '\0';
	allow_init(&allow, PRINCIPAL_UID, 1000);
	memset(&decision, 0, sizeof(decision));
	memset(&err, 0, sizeof(err));
	fault_none();
	return (0);
}

static void
refuse(void)
{
	decision.verdict = VERDICT_REFUSE;
	err_set(&err, ERR_REFUSED, "refused: %s", "\x1b[2J\nfake");
}

static void
permit(void)
{
	decision.verdict = VERDICT_ALLOW;
	decision.by = &allow;
	decision.line = 4;
	decision.grant.owner_id = 2147480000;
}

/* n times; each is without an error, whether there was a line or not. */
static void
audit_all(int n)
{
	while (n-- > 0)
		assert_int_equal(audit(&start, &caller, &decision, &err), 0);
}

static void
test_allow(void **state)
{
	(void)state;
	permit();
	audit_all(1);
	assert_int_equal(nsent, 1);
	assert_int_equal(strncmp(sent, "<86>berth-launcher[", 19), 0);
	assert_non_null(strstr(sent,
	    "]: allow uid=1000 verb=start rule=/etc/berth/allow/uid-1000.conf:4 owner=2147480000"));
	assert_int_equal(sent_flags, MSG_DONTWAIT | MSG_NOSIGNAL);
	assert_int_equal(audit(&once, &caller, &decision, &err), 0);
	assert_non_null(strstr(sent, "]: allow uid=1000 verb=once rule=/etc/berth/allow/"));
	assert_int_equal(err.code, ERR_INVALID);
	/* None counts as a refusal. */
	audit_all(30);
	assert_int_equal(nsent, 32);
	refuse();
	audit_all(1);
	assert_int_equal(nsent, 33);
}

static void
test_deny(void **state)
{
	(void)state;
	refuse();
	audit_all(1);
	assert_int_equal(nsent, 1);
	assert_int_equal(strncmp(sent, "<85>berth-launcher[", 19), 0);
	assert_non_null(strstr(sent, "]: deny uid=1000 verb=start: refused: \\x1b[2J\\x0afake"));
	assert_null(strchr(sent, '\n'));
	assert_int_equal(audit(&once, &caller, &decision, &err), 0);
	assert_non_null(strstr(sent, "]: deny uid=1000 verb=once: refused: "));
	assert_failed(&err, ERR_REFUSED, "refused: ");
}

/* Before there is a decision, or with one that an error overtook: never "allow". */
static void
test_not_allowed(void **state)
{
	(void)state;
	err_set(&err, ERR_CONFIG, "x");
	audit_all(1);
	assert_non_null(strstr(sent, "deny uid=1000"));
	decision.verdict = VERDICT_ALLOW;
	decision.by = &allow;
	audit_all(1);
	assert_non_null(strstr(sent, "deny uid=1000"));
	memset(&err, 0, sizeof(err));
	decision.verdict = VERDICT_REFUSE;
	audit_all(1);
	assert_non_null(strstr(sent, "deny uid=1000"));
	decision.verdict = (enum verdict)1;
	audit_all(1);
	assert_non_null(strstr(sent, "deny uid=1000"));
	assert_int_equal(nsent, 4);
}

static void
test_limit(void **state)
{
	(void)state;
	refuse();
	audit_all(30);
	assert_int_equal(nsent, 20);
	now += 9;
	audit_all(1);
	assert_int_equal(nsent, 20);
	now += 1;
	audit_all(1);
	assert_int_equal(nsent, 21);
	/* Another user has a budget of their own. */
	caller.uid = 1001;
	audit_all(1);
	assert_int_equal(nsent, 22);
	caller.uid = 1000;
	/* The host was started again: a window of the future is none. */
	now = 10;
	audit_all(30);
	assert_int_equal(nsent, 42);
}

/* What a mount was for stands in its line; in that of no other. */
static void
test_ids(void **state)
{
	(void)state;
	permit();
	assert_int_equal(audit(&mount_call, &caller, &decision, &err), 0);
	assert_non_null(strstr(sent,
	    "]: allow uid=1000 verb=mount rule=/etc/berth/allow/uid-1000.conf:4 owner=2147480000 "
	    "ids=101:4294967294"));
	audit_all(1);
	assert_null(strstr(sent, "ids="));
	refuse();
	assert_int_equal(audit(&mount_call, &caller, &decision, &err), 0);
	assert_non_null(strstr(sent, "]: deny uid=1000 verb=mount: refused: "));
}

/* So many of one verb that its window is full for good: the others have their lines. */
static void
test_limit_of_each_verb(void **state)
{
	static const struct audit_call *const calls[] = { &start, &once, &mount_call };

	(void)state;
	permit();
	for (size_t i = 0; i < 3; i++) {
		/* More than a counter of 16 bits has. */
		for (int line = 0; line < 65536 + 50; line++)
			assert_int_equal(audit(calls[i], &caller, &decision, &err), 0);
		assert_int_equal(nsent, 100 * (i + 1));
	}
	refuse();
	for (size_t i = 0; i < 3; i++) {
		for (int line = 0; line < 30; line++)
			assert_int_equal(audit(calls[i], &caller, &decision, &err), 0);
		assert_int_equal(nsent, 300 + 20 * (i + 1));
	}
	/* All in this uid's 16 bytes. */
	caller.uid = 1001;
	audit_all(1);
	caller.uid = 999;
	audit_all(1);
	caller.uid = 1000;
	assert_int_equal(nsent, 362);
}

/* A08: who has a grant can flood the log as well, and each kind leaves the other its lines. */
static void
test_limit_of_each_kind(void **state)
{
	(void)state;
	permit();
	audit_all(110);
	assert_int_equal(nsent, 100);
	refuse();
	audit_all(30);
	assert_int_equal(nsent, 120);
	set_up(state);
	refuse();
	audit_all(30);
	set_up(state);
	refuse();
	audit_all(30);
	memset(&err, 0, sizeof(err));
	permit();
	audit_all(110);
	assert_int_equal(nsent, 120);
	/* Both begin again. */
	now += 10;
	audit_all(110);
	assert_int_equal(nsent, 220);
}

/* 30 refusals, each with a fault: how many are logged. */
static int
logged_with(const char *call, int errnum)
{
	set_up(NULL);
	refuse();
	for (int line = 0; line < 30; line++) {
		fault_set(call, 1, errnum);
		audit_all(1);
	}
	return (nsent);
}

/* Silence must not be had for free: without the file, or with a short one, all are logged. */
static void
test_no_file(void **state)
{
	static const char *const calls[] = { "trust_dir", "trust_file", "pread", "pwrite" };

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		assert_int_equal(logged_with(calls[i], EIO), 30);
	assert_int_equal(logged_with("trust_file", ENOENT), 30);
	/* A disk that is full, with a hole in the file. */
	assert_int_equal(logged_with("pwrite", ENOSPC), 30);
	set_up(state);
	refuse();
	assert_int_equal(ftruncate(rate, 1000L * 16 + 15), 0);
	audit_all(30);
	assert_int_equal(nsent, 30);
}

/* A08: neither may a flood. Whoever has no descriptors to count with is not told. */
static void
test_no_descriptors(void **state)
{
	static const char *const calls[] = { "trust_dir", "trust_file" };

	for (size_t i = 0; i < 2; i++) {
		set_up(state);
		refuse();
		fault_set(calls[i], 1, EMFILE);
		assert_int_equal(audit(&start, &caller, &decision, &err), -1);
		assert_failed(&err, ERR_SYSTEM, "cannot count this call");
		assert_int_equal(nsent, 0);
	}
	/* The whole host's is not the caller's to choose. */
	assert_int_equal(logged_with("trust_file", ENFILE), 30);
}

/* A08: nor is a limit on files a way not to be counted, wherever it ends. */
static void
audit_limited(void *arg)
{
	const struct rlimit limit = { *(const rlim_t *)arg, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	refuse();
	CHILD_CHECK(audit(&start, &caller, &decision, &err) == -1);
	CHILD_CHECK(err.code == ERR_SYSTEM && err.errnum == EFBIG && nsent == 0);
	memset(&err, 0, sizeof(err));
	permit();
	CHILD_CHECK(audit(&start, &caller, &decision, &err) == -1);
	CHILD_CHECK(err.code == ERR_SYSTEM && err.errnum == EFBIG && nsent == 0);
}

static void
audit_unlimited(void *arg)
{
	const struct rlimit limit = { *(const rlim_t *)arg, RLIM_INFINITY };

	CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	refuse();
	audit_all(30);
	CHILD_CHECK(nsent == 20);
}

static void
test_file_limit(void **state)
{
	const rlim_t window = 1000 * 16; /* this uid's */
	rlim_t limit = 0;

	assert_child(in_child(audit_limited, &limit), 0);
	for (limit = window - 1; limit < window + 16; limit++)
		assert_child(in_child(audit_limited, &limit), 0);
	set_up(state);
	assert_child(in_child(audit_unlimited, &limit), 0);
}

static void
test_no_log(void **state)
{
	(void)state;
	refuse();
	fault_set("socket", 1, EMFILE);
	audit_all(1);
	fault_set("sendto", 1, ECONNREFUSED);
	audit_all(1);
	assert_int_equal(nsent, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_allow, set_up),
		cmocka_unit_test_setup(test_deny, set_up),
		cmocka_unit_test_setup(test_not_allowed, set_up),
		cmocka_unit_test_setup(test_limit, set_up),
		cmocka_unit_test_setup(test_ids, set_up),
		cmocka_unit_test_setup(test_limit_of_each_verb, set_up),
		cmocka_unit_test_setup(test_limit_of_each_kind, set_up),
		cmocka_unit_test_setup(test_no_file, set_up),
		cmocka_unit_test_setup(test_no_descriptors, set_up),
		cmocka_unit_test_setup(test_file_limit, set_up),
		cmocka_unit_test_setup(test_no_log, set_up),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
