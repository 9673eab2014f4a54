/* SPDX-License-Identifier: ISC */
/*
 * The caller's share of the machine: that a start begins with what the user could have at most, and
 * with no more than that.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: change this process nowhere
 */
/* WRAP: openat write getrlimit setrlimit sched_setaffinity sched_setscheduler setpriority */
#include "tests/unit/launcher_unit.h"

#include <sched.h>
#include <sys/resource.h>

#include "helper/launcher/launcher.h"

#define PROCFS 900

static struct {
	struct rlimit limits[RLIM_NLIMITS];
	char score[8];
	int cpus;
	int policy;
	int nice;
} world;

int __wrap_openat(int dirfd, const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);
int __wrap_getrlimit(int resource, struct rlimit *limit);
int __wrap_setrlimit(int resource, const struct rlimit *limit);
int __wrap_sched_setaffinity(pid_t pid, size_t len, const cpu_set_t *set);
int __wrap_sched_setscheduler(pid_t pid, int policy, const struct sched_param *param);
int __wrap_setpriority(int which, id_t who, int nice);

int
__wrap_openat(int dirfd, const char *path, int flags, ...)
{
	assert_int_equal(dirfd, PROCFS);
	assert_string_equal(path, "self/oom_score_adj");
	assert_int_equal(flags, O_WRONLY | O_CLOEXEC);
	return (fault("openat") ? -1 : open("/dev/null", O_WRONLY));
}

ssize_t
__wrap_write(int fd, const void *buf, size_t len)
{
	if (fd == 1 || fd == 2)
		return (__real_write(fd, buf, len));
	assert_true(fd >= 0);
	if (fault("write"))
		return (-1);
	assert_true(len < sizeof(world.score));
	memcpy(world.score, buf, len);
	return ((ssize_t)len);
}

int
__wrap_getrlimit(int resource, struct rlimit *limit)
{
	if (fault("getrlimit"))
		return (-1);
	*limit = world.limits[resource];
	return (0);
}

int
__wrap_setrlimit(int resource, const struct rlimit *limit)
{
	if (fault("setrlimit"))
		return (-1);
	/* What the kernel refuses to a process without CAP_SYS_RESOURCE. */
	assert_true(limit->rlim_max <= world.limits[resource].rlim_max);
	assert_true(limit->rlim_cur <= limit->rlim_max);
	world.limits[resource] = *limit;
	return (0);
}

int
__wrap_sched_setaffinity(pid_t pid, size_t len, const cpu_set_t *set)
{
	assert_int_equal(pid, 0);
	if (fault("sched_setaffinity"))
		return (-1);
	world.cpus = CPU_COUNT_S(len, set);
	return (0);
}

int
__wrap_sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)
{
	assert_int_equal(pid, 0);
	assert_int_equal(param->sched_priority, 0);
	if (fault("sched_setscheduler"))
		return (-1);
	world.policy = policy;
	return (0);
}

int
__wrap_setpriority(int which, id_t who, int nice)
{
	assert_int_equal(which, PRIO_PROCESS);
	assert_int_equal(who, 0);
	if (fault("setpriority"))
		return (-1);
	world.nice = nice;
	return (0);
}

static void
set_limits(rlim_t soft, rlim_t hard)
{
	memset(&world, 0, sizeof(world));
	world.policy = SCHED_IDLE;
	world.nice = 19;
	for (int i = 0; i < RLIM_NLIMITS; i++)
		world.limits[i] = (struct rlimit){ soft, hard };
	fault_none();
}

static void
reset_from(rlim_t soft, rlim_t hard)
{
	struct err err;

	set_limits(soft, hard);
	assert_int_equal(share_reset(PROCFS, &err), 0);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		assert_int_equal(world.limits[i].rlim_max, hard);
}

static void
test_limits(void **state)
{
	static const rlim_t softs[] = { 0, 1, 4096, RLIM_INFINITY };

	(void)state;
	for (size_t i = 0; i < sizeof(softs) / sizeof(softs[0]); i++) {
		reset_from(softs[i], RLIM_INFINITY);
		for (int r = 0; r < RLIM_NLIMITS; r++) {
			rlim_t wanted = r == RLIMIT_STACK    ? 8 << 20
					: r == RLIMIT_NOFILE ? 1024
							     : RLIM_INFINITY;

			assert_int_equal(world.limits[r].rlim_cur, wanted);
		}
	}
	/* A hard limit binds, also where it is below what is usual. */
	for (rlim_t hard = 0; hard <= 1024; hard += 512) {
		reset_from(0, hard);
		for (int r = 0; r < RLIM_NLIMITS; r++)
			assert_int_equal(world.limits[r].rlim_cur, hard);
	}
}

static void
test_others(void **state)
{
	(void)state;
	reset_from(0, RLIM_INFINITY);
	assert_int_equal(world.cpus, CPU_SETSIZE);
	assert_int_equal(world.policy, SCHED_OTHER);
	assert_int_equal(world.nice, 0);
	assert_string_equal(world.score, "0");
}

static void
test_faults(void **state)
{
	/* What an administrator has lowered stays so, and is no reason to start nothing. */
	static const char *const allowed[] = { "openat", "write", "sched_setaffinity",
		"sched_setscheduler", "setpriority" };
	static const char *const fatal[] = { "getrlimit", "setrlimit" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		set_limits(0, RLIM_INFINITY);
		fault_set(allowed[i], 1, EACCES);
		assert_int_equal(share_reset(PROCFS, &err), 0);
		assert_int_equal(world.limits[RLIMIT_FSIZE].rlim_cur, RLIM_INFINITY);
	}
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		for (int at = 1; at <= RLIM_NLIMITS; at++) {
			set_limits(0, RLIM_INFINITY);
			fault_set(fatal[i], at, EPERM);
			assert_int_equal(share_reset(PROCFS, &err), -1);
			assert_failed(&err, ERR_SYSTEM, "the limit");
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_faults),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
