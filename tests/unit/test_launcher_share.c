/* SPDX-License-Identifier: ISC */
/*
 * The caller's share of the machine: that a start begins with what the user could have at most, and
 * with no more than that; and that what is taken for a while is given back.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: change this process nowhere
 */
/* WRAP: openat write getrlimit setrlimit sched_setaffinity sched_setscheduler setpriority */
/* WRAP: sched_getaffinity sched_getscheduler getpriority priv_raise priv_lower syscall */
#include "tests/unit/launcher_unit.h"

#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

#define PROCFS 900

static struct {
	struct rlimit limits[RLIM_NLIMITS];
	char score[8];
	int cpus;
	int policy;
	int nice;
	int ioprio, mempolicy;
	bool raised;
	bool strict; /* about what needs a capability */
	cpu_set_t mask[8]; /* the last that was set */
} world;

int __wrap_openat(int dirfd, const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);
int __wrap_getrlimit(int resource, struct rlimit *limit);
int __wrap_setrlimit(int resource, const struct rlimit *limit);
int __wrap_sched_setaffinity(pid_t pid, size_t len, const cpu_set_t *set);
int __wrap_sched_setscheduler(pid_t pid, int policy, const struct sched_param *param);
int __wrap_setpriority(int which, id_t who, int nice);
int __wrap_sched_getaffinity(pid_t pid, size_t len, cpu_set_t *set);
int __wrap_sched_getscheduler(pid_t pid);
int __wrap_getpriority(int which, id_t who);
void __wrap_priv_raise(int cap, int other);
void __wrap_priv_lower(void);
long __wrap_syscall(long nr, ...);

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
	memset(world.mask, 0, sizeof(world.mask));
	memcpy(world.mask, set, len);
	return (0);
}

int
__wrap_sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)
{
	assert_int_equal(pid, 0);
	assert_int_equal(param->sched_priority, 0);
	if (fault("sched_setscheduler"))
		return (-1);
	/* What needs the capability: out of SCHED_IDLE, and less nice. */
	if (world.policy == SCHED_IDLE && policy != SCHED_IDLE && !world.raised && world.strict) {
		errno = EPERM;
		return (-1);
	}
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
	if (nice < world.nice && !world.raised && world.strict) {
		errno = EACCES;
		return (-1);
	}
	world.nice = nice;
	return (0);
}

int
__wrap_sched_getaffinity(pid_t pid, size_t len, cpu_set_t *set)
{
	assert_int_equal(pid, 0);
	if (fault("sched_getaffinity"))
		return (-1);
	memset(set, 0, len);
	CPU_SET_S(1000 * 8 - 1, len, set);
	CPU_SET_S(3, len, set);
	return (0);
}

int
__wrap_sched_getscheduler(pid_t pid)
{
	assert_int_equal(pid, 0);
	return (fault("sched_getscheduler") ? -1 : world.policy);
}

int
__wrap_getpriority(int which, id_t who)
{
	assert_int_equal(which, PRIO_PROCESS);
	assert_int_equal(who, 0);
	return (world.nice);
}

void
__wrap_priv_raise(int cap, int other)
{
	assert_true(cap == CAP_SYS_NICE && other == CAP_SYS_NICE && !world.raised);
	world.raised = true;
}

void
__wrap_priv_lower(void)
{
	assert_true(world.raised);
	world.raised = false;
}

long
__wrap_syscall(long nr, ...)
{
	va_list args;
	long first, second, third;

	va_start(args, nr);
	first = va_arg(args, int);
	second = va_arg(args, long);
	third = va_arg(args, int);
	va_end(args);
	assert_true(second == 0 && third == 0);
	if (nr == SYS_ioprio_set) {
		assert_int_equal(first, IOPRIO_WHO_PROCESS);
		world.ioprio = 0;
		return (fault("ioprio_set") ? -1 : 0);
	}
	assert_int_equal(nr, SYS_set_mempolicy);
	world.mempolicy = (int)first;
	return (fault("set_mempolicy") ? -1 : 0);
}

static void
set_limits(rlim_t soft, rlim_t hard)
{
	memset(&world, 0, sizeof(world));
	world.policy = SCHED_IDLE;
	world.nice = 19;
	world.ioprio = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 7);
	world.mempolicy = MPOL_BIND;
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
	assert_int_equal(world.ioprio, 0);
	assert_int_equal(world.mempolicy, MPOL_DEFAULT);
	assert_false(was_called("priv_raise"));
}

static void
test_faults(void **state)
{
	/* What an administrator has lowered stays so, and is no reason to start nothing. */
	static const char *const allowed[] = { "openat", "write", "sched_setaffinity",
		"sched_setscheduler", "setpriority", "ioprio_set", "set_mempolicy" };
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

/* --- for a grant that ends ----------------------------------------------------------------------- */

static struct share share;

/* A turn for who has this; what is there then. */
static void
take_from(int policy, int nice)
{
	struct err err;

	memset(&world, 0, sizeof(world));
	memset(&share, 0, sizeof(share));
	world.strict = true;
	world.policy = policy;
	world.nice = nice;
	fault_none();
	assert_int_equal(share_take(&share, &err), 0);
	assert_false(world.raised);
	assert_int_equal(world.cpus, 8 * 1024);
}

/* As the user, without the capability, and never more than there was. */
static void
give_back(int policy, int nice)
{
	struct err err;

	assert_int_equal(share_return(&share, &err), 0);
	assert_int_equal(world.policy, policy);
	assert_int_equal(world.nice, nice);
	assert_int_equal(world.cpus, 2);
	assert_true(CPU_ISSET_S(1000 * 8 - 1, sizeof(world.mask), world.mask));
	assert_true(CPU_ISSET_S(3, sizeof(world.mask), world.mask));
}

static void
test_turn(void **state)
{
	(void)state;
	take_from(SCHED_IDLE, 19);
	assert_int_equal(world.policy, SCHED_OTHER);
	assert_int_equal(world.nice, 0);
	give_back(SCHED_IDLE, 19);
	take_from(SCHED_IDLE | SCHED_RESET_ON_FORK, 0);
	assert_int_equal(world.policy, SCHED_OTHER);
	give_back(SCHED_IDLE, 0);
	take_from(SCHED_OTHER, 1);
	assert_int_equal(world.nice, 0);
	assert_false(was_called("sched_setscheduler"));
	give_back(SCHED_OTHER, 1);
	/* What is better than usual stays so. */
	take_from(SCHED_FIFO, -5);
	assert_int_equal(world.policy, SCHED_FIFO);
	assert_int_equal(world.nice, -5);
	give_back(SCHED_FIFO, -5);
}

static void
test_no_turn(void **state)
{
	struct err err;

	(void)state;
	memset(&world, 0, sizeof(world));
	memset(&share, 0, sizeof(share));
	fault_none();
	assert_int_equal(share_return(&share, &err), 0);
	assert_string_equal(fault_log, "");
}

static void
test_turn_faults(void **state)
{
	static const struct {
		const char *call, *what;
	} plans[] = { { "sched_getscheduler", "cannot read the priority" },
		{ "sched_getaffinity", "cannot read the priority" },
		{ "sched_setaffinity", "cannot take a turn" },
		{ "sched_setscheduler", "cannot take a turn" },
		{ "setpriority", "cannot take a turn" } };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		take_from(SCHED_IDLE, 19);
		world.policy = SCHED_IDLE;
		world.nice = 19;
		fault_set(plans[i].call, 1, EPERM);
		assert_int_equal(share_take(&share, &err), -1);
		assert_failed(&err, ERR_SYSTEM, plans[i].what);
		assert_false(world.raised);
		if (i < 2)
			continue;
		take_from(SCHED_IDLE, 19);
		fault_set(plans[i].call, 1, EPERM);
		assert_int_equal(share_return(&share, &err), -1);
		assert_failed(&err, ERR_SYSTEM, "cannot give the caller's priority back");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_turn),
		cmocka_unit_test(test_no_turn),
		cmocka_unit_test(test_turn_faults),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
