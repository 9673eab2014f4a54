/* SPDX-License-Identifier: ISC */
/*
 * The watcher of a grant that ends: what it does before it lets the init go on, when it kills, and
 * what its filter leaves it. The clock of the host is not changed by a test: that the timer is one
 * that follows it is what is looked at.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: signal nobody, change no identity; end with what was started
 */
/* WRAP: timerfd_create timerfd_settime cgroup_launcher launch_clone priv_become_watcher priv_filter */
/* WRAP: openat pread pwrite setsid fcntl dup2 close_range close write poll pidfd_send_signal */
#include "tests/unit/launcher_unit.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>

#include "common/filter.h"
#include "helper/launcher/launch.h"
#include "helper/launcher/priv.h"
#include "helper/launcher/split.h"

#define UNTIL 1800000000
#define PROCFS 900
#define INIT 910
#define OWN 901 /* .../oom_score_adj of the watcher, of the init */
#define INITS 902

static struct {
	bool child; /* what the clone returns to */
	int was, lowest; /* badness, and how far down it may go */
	int own, inits; /* now */
	int wakes; /* the polls that are interrupted before one is not */
	int stays; /* the kills that the init outlives */
	struct itimerspec end;
	int clock, flags, cgroup;
} world;

int __wrap_timerfd_create(int clock, int flags);
int __wrap_timerfd_settime(
    int fd, int flags, const struct itimerspec *end, struct itimerspec *before);
int __wrap_cgroup_launcher(int *fd, struct err *err);
pid_t __wrap_launch_clone(uint64_t flags, int cgroup, int *pidfd);
void __wrap_priv_become_watcher(uint32_t owner_id, uint32_t watch_id);
void __wrap_priv_filter(const struct sock_filter *filter, unsigned short len);
int __wrap_openat(int dirfd, const char *path, int flags, ...);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t at);
pid_t __wrap_setsid(void);
int __real_fcntl(int fd, int cmd, ...);
int __wrap_fcntl(int fd, int cmd, ...);
int __real_dup2(int from, int to);
int __wrap_dup2(int from, int to);
int __wrap_close_range(unsigned int first, unsigned int last, int flags);
int __real_close(int fd);
int __wrap_close(int fd);
ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned int flags);

int
__wrap_timerfd_create(int clock, int flags)
{
	world.clock = clock;
	assert_int_equal(flags, TFD_CLOEXEC);
	return (fault("timerfd_create") ? -1 : 700);
}

int
__wrap_timerfd_settime(int fd, int flags, const struct itimerspec *end, struct itimerspec *before)
{
	assert_int_equal(fd, 700);
	assert_null(before);
	world.flags = flags;
	world.end = *end;
	return (fault("timerfd_settime") ? -1 : 0);
}

int
__wrap_cgroup_launcher(int *fd, struct err *err)
{
	*fd = -1;
	if (fault("cgroup_launcher"))
		return (err_set(err, ERR_SYSTEM, "no cgroup"));
	*fd = 777;
	return (0);
}

pid_t
__wrap_launch_clone(uint64_t flags, int cgroup, int *pidfd)
{
	assert_int_equal(flags, 0);
	assert_null(pidfd);
	world.cgroup = cgroup;
	if (fault("launch_clone"))
		return (-1);
	return (world.child ? 0 : 4242);
}

/* In the child each says its name. */
void
__wrap_priv_become_watcher(uint32_t owner_id, uint32_t watch_id)
{
	CHILD_CHECK(owner_id == 2147480000 && watch_id == 2147480001);
	dprintf(2, "watcher ");
}

void
__wrap_priv_filter(const struct sock_filter *filter, unsigned short len)
{
	CHILD_CHECK(filter == filter_watch && len == filter_watch_len);
	dprintf(2, "filter ");
}

int
__wrap_openat(int dirfd, const char *path, int flags, ...)
{
	bool own = dirfd == PROCFS;

	CHILD_CHECK(flags == (O_RDWR | O_CLOEXEC) && (own || dirfd == INIT));
	CHILD_CHECK(strcmp(path, own ? "self/oom_score_adj" : "oom_score_adj") == 0);
	return (fault("openat") ? -1 : own ? OWN : INITS);
}

ssize_t
__wrap_pread(int fd, void *buf, size_t len, off_t at)
{
	CHILD_CHECK(fd == OWN && at == 0);
	if (fault("pread"))
		return (-1);
	return (snprintf(buf, len, "%d\n", world.was));
}

ssize_t
__wrap_pwrite(int fd, const void *buf, size_t len, off_t at)
{
	char text[16] = "";
	int to;

	CHILD_CHECK((fd == OWN || fd == INITS) && len < sizeof(text) && at == 0);
	memcpy(text, buf, len);
	to = (int)strtol(text, NULL, 10);
	if (fault("pwrite") || to < world.lowest || to > 1000)
		return (-1);
	*(fd == OWN ? &world.own : &world.inits) = to;
	return ((ssize_t)len);
}

pid_t
__wrap_setsid(void)
{
	return (fault("setsid") ? -1 : 1);
}

/* 500: the init, 700: the timer, 600: the pipe. */
int
__wrap_fcntl(int fd, int cmd, ...)
{
	va_list args;
	long arg;

	va_start(args, cmd);
	arg = va_arg(args, long);
	va_end(args);
	/* The coverage build writes what it has counted before a process ends. */
	if (cmd != F_DUPFD_CLOEXEC)
		return (__real_fcntl(fd, cmd, arg));
	return (fault("fcntl") ? -1 : fd + 1000);
}

int
__wrap_dup2(int from, int to)
{
	if (to == 2)
		return (__real_dup2(from, to));
	CHILD_CHECK(
	    (from == 1500 && to == 3) || (from == 1700 && to == 4) || (from == 1600 && to == 5));
	dprintf(2, "%d ", to);
	return (fault("dup2") ? -1 : to);
}

/* What a test prints goes to 2. */
int
__wrap_close_range(unsigned int first, unsigned int last, int flags)
{
	CHILD_CHECK(flags == 0 && ((first == 6 && last == ~0U) || (first == 0 && last == 2)));
	dprintf(2, "close:%u ", first);
	return (fault("close_range") ? -1 : 0);
}

int
__wrap_close(int fd)
{
	if (fd == 5) {
		dprintf(2, "shut ");
		return (fault("close") ? -1 : 0);
	}
	return (fd >= 700 ? 0 : __real_close(fd));
}

ssize_t
__wrap_write(int fd, const void *buf, size_t len)
{
	if (fd != 5)
		return (__real_write(fd, buf, len));
	CHILD_CHECK(len == 1 && *(const char *)buf == 'w');
	dprintf(2, "go ");
	return (fault("write") ? -1 : 1);
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	if (n == 1) {
		/* Is it gone? */
		CHILD_CHECK(fds[0].fd == 3 && fds[0].events == POLLIN && timeout == 1000);
		return (world.stays-- > 0 ? 0 : 1);
	}
	CHILD_CHECK(n == 2 && timeout == -1);
	CHILD_CHECK(
	    fds[0].fd == 3 && fds[0].events == POLLIN && fds[1].fd == 4 && fds[1].events == POLLIN);
	dprintf(2, "sleep ");
	if (world.wakes-- > 0) {
		errno = EINTR;
		return (-1);
	}
	return (fault("poll") ? -1 : 1);
}

int
__wrap_pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned int flags)
{
	CHILD_CHECK(pidfd == 3 && sig == SIGKILL && info == NULL && flags == 0);
	dprintf(2, "kill own:%d init:%d ", world.own, world.inits);
	return (fault("pidfd_send_signal") ? -1 : 0);
}

static const struct grant grant = {
	.uid = 1000, .gid = 100, .owner_id = 2147480000, .watch_id = 2147480001, .until = UNTIL
};
static const struct split split = {
	.grant = &grant, .procfd = PROCFS, .pidfd = 500, .go = { 599, 600 }
};

static int
set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.own = world.inits = -9999;
	fault_none();
	return (0);
}

/* --- in the launcher ----------------------------------------------------------------------------- */

/* An absolute timer on the wall clock is moved with it by the kernel. */
static void
its_timer_is_on_the_wall_clock(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(split_watch(&split, INIT, &err), 0);
	assert_int_equal(world.clock, CLOCK_REALTIME);
	assert_int_equal(world.flags, TFD_TIMER_ABSTIME);
	assert_int_equal(world.end.it_value.tv_sec, UNTIL);
	assert_int_equal(world.end.it_value.tv_nsec, 0);
	assert_int_equal(world.end.it_interval.tv_sec, 0);
	assert_int_equal(world.cgroup, 777);
}

static void
without_it_the_start_fails(void **state)
{
	static const struct {
		const char *call, *what;
	} plans[] = { { "timerfd_create", "cannot set a timer" },
		{ "timerfd_settime", "cannot set a timer" }, { "cgroup_launcher", "no cgroup" },
		{ "launch_clone", "cannot leave a watcher" } };
	struct err err;

	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		set_up(state);
		fault_set(plans[i].call, 1, EMFILE);
		assert_int_equal(split_watch(&split, INIT, &err), -1);
		assert_failed(&err, ERR_SYSTEM, plans[i].what);
	}
}

/* --- in the watcher ------------------------------------------------------------------------------ */

static void
be_watcher(void *arg)
{
	struct err err;

	(void)arg;
	world.child = true;
	(void)!split_watch(&split, INIT, &err);
	/* It does not come back. */
	_exit(97);
}

#define BEFORE "3 4 5 close:6 watcher close:0 filter go shut "

/* Everything that can be reached is given up before the init may go on, and the filter is there. */
static void
it_is_complete_before_the_init_goes_on(void **state)
{
	(void)state;
	assert_child(in_child(be_watcher, NULL), 0);
	assert_string_equal(child_text, BEFORE "sleep kill own:-9999 init:1 ");
}

static void
it_dies_without_a_word_to_the_init(void **state)
{
	static const struct {
		const char *call;
		int at;
	} plans[] = { { "openat", 1 }, { "openat", 2 }, { "pread", 1 }, { "pwrite", 1 },
		{ "setsid", 1 }, { "fcntl", 1 }, { "fcntl", 3 }, { "dup2", 1 }, { "dup2", 3 },
		{ "close_range", 1 }, { "close_range", 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		fault_set(plans[i].call, plans[i].at, EIO);
		if (in_child(be_watcher, NULL) != ERR_SYSTEM || strstr(child_text, "go") != NULL)
			fail_msg("%s %d: %s", plans[i].call, plans[i].at, child_text);
	}
	fault_set("write", 1, EPIPE);
	assert_child(in_child(be_watcher, NULL), ERR_SYSTEM);
}

/* Sleep is only interrupted; whatever else ends it, is taken for the time. */
static void
it_kills_when_in_doubt(void **state)
{
	(void)state;
	world.wakes = 2;
	assert_child(in_child(be_watcher, NULL), 0);
	assert_string_equal(child_text, BEFORE "sleep sleep sleep kill own:-9999 init:1 ");
	set_up(state);
	/* The init is on its way. */
	fault_set("close", 1, EIO);
	assert_child(in_child(be_watcher, NULL), 0);
	assert_string_equal(child_text, BEFORE "sleep kill own:-9999 init:1 ");
	set_up(state);
	fault_set("poll", 1, ENOMEM);
	assert_child(in_child(be_watcher, NULL), 0);
	assert_string_equal(child_text, BEFORE "sleep kill own:-9999 init:1 ");
	/* It is asked for until it has happened. */
	set_up(state);
	world.stays = 2;
	assert_child(in_child(be_watcher, NULL), 0);
	assert_string_equal(child_text,
	    BEFORE "sleep kill own:-9999 init:1 kill own:-9999 init:1 kill own:-9999 init:1 ");
	/* The init has ended by itself. */
	fault_set("pidfd_send_signal", 1, ESRCH);
	assert_child(in_child(be_watcher, NULL), 0);
}

static void
assert_badness(int was, int lowest, const char *then)
{
	set_up(NULL);
	world.was = was;
	world.lowest = lowest;
	assert_child(in_child(be_watcher, NULL), 0);
	if (strstr(child_text, then) == NULL)
		fail_msg("from %d, at least %d: %s", was, lowest, child_text);
}

/* Where memory runs out the init goes first, and all that is watched with it. */
static void
it_stands_below_the_init(void **state)
{
	(void)state;
	assert_badness(0, 0, "own:-9999 init:1 ");
	assert_badness(1000, 0, "own:0 init:-9999 ");
	assert_badness(1, 0, "own:0 init:-9999 ");
	assert_badness(500, 200, "own:200 init:-9999 ");
	assert_badness(200, 200, "own:-9999 init:201 ");
	assert_badness(-500, -500, "own:-9999 init:-499 ");
	assert_badness(-1000, -1000, "own:-9999 init:-999 ");
	/* There is no way up from the top. */
	assert_badness(1000, 1000, "own:-9999 init:-9999 ");
}

/* --- its filter ---------------------------------------------------------------------------------- */

/* Runs filter_watch on a call: classic BPF as far as filtergen uses it. */
static uint32_t
verdict(const struct seccomp_data *data)
{
	uint32_t value = 0;

	for (size_t i = 0; i < filter_watch_len; i++) {
		const struct sock_filter *insn = &filter_watch[i];

		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&value, (const char *)data + insn->k, sizeof(value));
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			i += value == insn->k ? insn->jt : insn->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			i += value >= insn->k ? insn->jt : insn->jf;
			break;
		case BPF_RET | BPF_K:
			return (insn->k);
		default:
			fail_msg("an instruction that is not known: %#x", insn->code);
		}
	}
	fail_msg("the filter has no end");
	return (0);
}

static bool
allows(long nr, uint64_t first, uint64_t second)
{
	/* The architecture is what the second instruction compares with. */
	const struct seccomp_data data = {
		.nr = (int)nr, .arch = filter_watch[1].k, .args = { first, second }
	};

	return (verdict(&data) == SECCOMP_RET_ALLOW);
}

static bool
is_plain(long nr)
{
	static const long plain[] = {
#ifdef SYS_poll
		SYS_poll,
#endif
		SYS_ppoll, SYS_restart_syscall, SYS_exit, SYS_exit_group
	};

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (plain[i] == nr)
			return (true);
	}
	return (false);
}

static void
its_filter_lets_it_sleep_kill_and_end(void **state)
{
	static const uint64_t values[] = { 0, 1, 2, 3, 4, 5, 6, 9, 19, 21, 22, UINT32_MAX,
		(1ULL << 32) + 3, (1ULL << 32) + 5, (1ULL << 32) + 9, (1ULL << 32) + 21,
		UINT64_MAX };
	const size_t n = sizeof(values) / sizeof(values[0]);

	(void)state;
	for (long nr = 0; nr < 2000; nr++) {
		for (size_t at = 0; at < n * n; at++) {
			uint64_t a = values[at / n], b = values[at % n];
			bool wanted = is_plain(nr) || (nr == SYS_write && a == 5) ||
				      (nr == SYS_close && a == 5) ||
				      (nr == SYS_prctl && a == PR_GET_SECCOMP) ||
				      (nr == SYS_pidfd_send_signal && a == 3 && b == SIGKILL);

			if (allows(nr, a, b) != wanted)
				fail_msg(
				    "call %ld(%#lx, %#lx)", nr, (unsigned long)a, (unsigned long)b);
		}
	}
	/* x32, and another architecture. */
	assert_false(allows(SYS_exit_group + 0x40000000L, 0, 0));
	assert_int_not_equal(
	    verdict(&(struct seccomp_data){ .nr = SYS_exit_group, .arch = 0x40000003 }),
	    SECCOMP_RET_ALLOW);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(its_timer_is_on_the_wall_clock, set_up),
		cmocka_unit_test_setup(without_it_the_start_fails, set_up),
		cmocka_unit_test_setup(it_is_complete_before_the_init_goes_on, set_up),
		cmocka_unit_test_setup(it_dies_without_a_word_to_the_init, set_up),
		cmocka_unit_test_setup(it_kills_when_in_doubt, set_up),
		cmocka_unit_test_setup(it_stands_below_the_init, set_up),
		cmocka_unit_test_setup(its_filter_lets_it_sleep_kill_and_end, set_up),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
