/* SPDX-License-Identifier: ISC */
/*
 * What the two halves of a start, and of one for one call, give up: the parent the lock while it waits, the init its
 * capabilities before it reaps.
 * TRUST: unprivileged
 * INPUT: none: each phase is a fake that tells its name on stderr
 * MUST: clone nothing
 */
/* WRAP: trust_dir trust_file runtime_prepare cgroup_fresh launch_clone launch_engine launch_init */
/* WRAP: write_maps confine priv_become_owner priv_become_root priv_raise priv_drop_forever */
/* WRAP: priv_enter_groups priv_enter_namespace priv_ceiling priv_drop_in_namespace priv_filter poll */
/* WRAP: read state_prepare openat listen separate_mounts share_take share_return split_watch */
/* WRAP: pidfd_open */
#include "tests/unit/launcher_unit.h"

#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "helper/launcher/launch.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"
#include "helper/launcher/split.h"

static int lock, clones;
static bool once;
static pid_t child, grandchild; /* what the first clone returns, and what the second one does */
static int64_t until;

int __wrap_trust_dir(const char *path, int *fd, struct err *err);
int __wrap_trust_file(int dirfd, const char *name, int flags, int *fd, struct err *err);
int __wrap_runtime_prepare(const struct grant *grant, struct runtime *runtime, struct err *err);
int __wrap_cgroup_fresh(uint32_t uid, int *fd, struct err *err);
pid_t __wrap_launch_clone(uint64_t flags, int cgroup, int *pidfd);
void __wrap_launch_engine(int engine, int fds[ENGINE_FD_END]);
void __wrap_launch_init(int born, int parent) __attribute__((noreturn));
int __wrap_write_maps(int dir, const struct idmap *uids, const struct idmap *gids, struct err *err);
int __wrap_confine(int procfd, struct err *err);
void __wrap_priv_become_owner(uint32_t owner_id);
void __wrap_priv_become_root(void);
void __wrap_priv_raise(int cap, int other);
void __wrap_priv_drop_forever(uint32_t uid, uint32_t gid);
void __wrap_priv_enter_namespace(void);
void __wrap_priv_ceiling(void);
void __wrap_priv_drop_in_namespace(void);
void __wrap_priv_enter_groups(void);
void __wrap_priv_filter(const struct sock_filter *filter, unsigned short len);
int __wrap_separate_mounts(struct err *err);
int __wrap_share_take(struct share *share, struct err *err);
int __wrap_share_return(const struct share *share, struct err *err);
int __wrap_split_watch(const struct split *split, int init, struct err *err);
int __wrap_pidfd_open(pid_t pid, unsigned int flags);
int __wrap_state_prepare(const struct grant *grant, struct err *err);
int __real_openat(int dir, const char *name, int flags, ...);
int __wrap_openat(int dir, const char *name, int flags, ...);
int __wrap_listen(int fd, int backlog);
int __wrap_poll(struct pollfd *fds, nfds_t nfds, int timeout);
ssize_t __real_read(int fd, void *buf, size_t len);
ssize_t __wrap_read(int fd, void *buf, size_t len);

int
__wrap_trust_dir(const char *path, int *fd, struct err *err)
{
	(void)path, (void)err;
	*fd = dup(0);
	return (1);
}

int
__wrap_trust_file(int dirfd, const char *name, int flags, int *fd, struct err *err)
{
	(void)dirfd, (void)name, (void)flags, (void)err;
	*fd = memfd_create("engine", 0);
	CHILD_CHECK(fchmod(*fd, 0711) == 0);
	return (1);
}

int
__wrap_runtime_prepare(const struct grant *grant, struct runtime *runtime, struct err *err)
{
	const struct sockaddr unnamed = { .sa_family = AF_UNIX };

	(void)grant, (void)err;
	runtime->lock = lock = dup(0);
	runtime->socket = socket(AF_UNIX, SOCK_STREAM, 0);
	CHILD_CHECK(bind(runtime->socket, &unnamed, sizeof(sa_family_t)) == 0);
	return (0);
}

int
__wrap_cgroup_fresh(uint32_t uid, int *fd, struct err *err)
{
	(void)uid, (void)err;
	*fd = -1;
	return (0);
}

pid_t
__wrap_launch_clone(uint64_t flags, int cgroup, int *pidfd)
{
	CHILD_CHECK(cgroup == -1);
	CHILD_CHECK((flags & CLONE_PARENT) == (clones == 0 && once ? CLONE_PARENT : 0));
	if (pidfd != NULL)
		*pidfd = -1;
	dprintf(2, "clone ");
	return (clones++ == 0 ? child : grandchild);
}

void
__wrap_launch_engine(int engine, int fds[ENGINE_FD_END])
{
	(void)engine, (void)fds;
	dprintf(2, "engine ");
}

void
__wrap_launch_init(int born, int parent)
{
	CHILD_CHECK(fcntl(born, F_GETFD) == FD_CLOEXEC);
	dprintf(2, "init:%d ", parent);
	_exit(5);
}

int
__wrap_write_maps(int dir, const struct idmap *uids, const struct idmap *gids, struct err *err)
{
	(void)uids, (void)gids, (void)err;
	CHILD_CHECK(fcntl(dir, F_GETFD) == FD_CLOEXEC);
	dprintf(2, "maps ");
	return (0);
}

int
__wrap_confine(int procfd, struct err *err)
{
	(void)procfd, (void)err;
	dprintf(2, "confine ");
	return (0);
}

void
__wrap_priv_become_owner(uint32_t owner_id)
{
	(void)owner_id;
	dprintf(2, "owner ");
}

void
__wrap_priv_become_root(void)
{
	dprintf(2, "root ");
}

void
__wrap_priv_raise(int cap, int other)
{
	(void)cap, (void)other;
	dprintf(2, "raise ");
}

void
__wrap_priv_drop_forever(uint32_t uid, uint32_t gid)
{
	dprintf(2, "drop:%u:%u ", uid, gid);
}

void
__wrap_priv_enter_groups(void)
{
	dprintf(2, "groups ");
}

void
__wrap_priv_filter(const struct sock_filter *filter, unsigned short len)
{
	(void)filter, (void)len;
	dprintf(2, "filter ");
}

int
__wrap_separate_mounts(struct err *err)
{
	(void)err;
	dprintf(2, "mounts ");
	return (0);
}

int
__wrap_share_take(struct share *share, struct err *err)
{
	(void)share, (void)err;
	dprintf(2, "take ");
	return (0);
}

int
__wrap_share_return(const struct share *share, struct err *err)
{
	(void)share, (void)err;
	dprintf(2, "return ");
	return (0);
}

int
__wrap_split_watch(const struct split *split, int init, struct err *err)
{
	(void)split, (void)init, (void)err;
	dprintf(2, "watch ");
	return (0);
}

int
__wrap_pidfd_open(pid_t pid, unsigned int flags)
{
	CHILD_CHECK(once && pid == getppid() && flags == 0);
	return (444);
}

void
__wrap_priv_enter_namespace(void)
{
	dprintf(2, "enter ");
}

void
__wrap_priv_ceiling(void)
{
	dprintf(2, "ceiling ");
}

void
__wrap_priv_drop_in_namespace(void)
{
	dprintf(2, "nothing ");
}

int
__wrap_poll(struct pollfd *fds, nfds_t nfds, int timeout)
{
	(void)fds, (void)nfds;
	/* Is the init still there? It is. */
	if (timeout == 0) {
		dprintf(2, "alive ");
		return (0);
	}
	CHILD_CHECK(timeout > 0);
	/* The init's wait for its bytes, and the engine's. */
	if (child == 0) {
		dprintf(2, "%s ", clones == 1 ? "go?" : "born?");
		return (1);
	}
	CHILD_CHECK(once || (fcntl(lock, F_GETFD) < 0 && errno == EBADF));
	dprintf(2, "wait ");
	return (1);
}

/* In the init the byte that says go; in the parent the end of the ready pipe. */
ssize_t
__wrap_read(int fd, void *buf, size_t len)
{
	if (clones == 0)
		return (__real_read(fd, buf, len));
	if (child != 0)
		return (0);
	*(char *)buf = 'g';
	return (1);
}

int
__wrap_state_prepare(const struct grant *grant, struct err *err)
{
	(void)err;
	CHILD_CHECK(grant->root == NULL);
	dprintf(2, "state ");
	return (0);
}

/* The child's directory in the procfs. */
int
__wrap_openat(int dir, const char *name, int flags, ...)
{
	CHILD_CHECK(dir == 555 && strcmp(name, "42") == 0 && (flags & O_CLOEXEC) != 0);
	return (__real_openat(AT_FDCWD, "/", flags));
}

int
__wrap_listen(int fd, int backlog)
{
	(void)fd, (void)backlog;
	dprintf(2, "listen ");
	return (0);
}

static void
start(void *arg)
{
	const struct caller caller = { .uid = 1000, .gid = 100 };
	const char *root = arg;
	const struct grant grant = { .uid = 1000, .gid = 100, .root = root, .until = until };
	const struct handles handles = { .etcfd = -1, .procfd = 555 };
	struct err err;

	CHILD_CHECK((once ? verb_once : verb_start)(&caller, &grant, &handles, &err) == -1);
	_exit(1);
}

static int
set_up(void **state)
{
	(void)state;
	once = false;
	until = 0;
	child = 42;
	grandchild = 43;
	return (0);
}

static void
the_parent_waits_without_power_and_without_the_lock(void **state)
{
	(void)state;
	assert_child(in_child(start, NULL), 1);
	assert_string_equal(child_text, "owner raise clone root alive maps drop:1000:100 wait ");
	until = 1800000000;
	assert_child(in_child(start, NULL), 1);
	assert_string_equal(
	    child_text, "take owner raise clone root alive maps watch drop:1000:100 wait ");
}

/* And never as the user, who could stop it. */
static void
the_init_reaps_without_power(void **state)
{
	(void)state;
	child = 0;
	assert_child(in_child(start, NULL), 5);
	assert_string_equal(
	    child_text, "owner raise clone go? groups confine clone nothing init:-1 ");
	/* The maps and the watcher. */
	until = 1800000000;
	assert_child(in_child(start, NULL), 5);
	assert_string_equal(
	    child_text, "take owner raise clone go? go? groups confine clone nothing init:-1 ");
}

/* When the init has closed all; and in this order: the filter leaves what comes before it no way back. */
static void
the_engine_is_the_users(void **state)
{
	(void)state;
	child = grandchild = 0;
	assert_child(in_child(start, NULL), ERR_SYSTEM);
	assert_string_equal(child_text,
	    "owner raise clone go? groups confine clone born? enter listen "
	    "mounts return ceiling filter engine ");
	once = true;
	assert_child(in_child(start, NULL), ERR_SYSTEM);
	assert_string_equal(child_text,
	    "state owner raise clone go? groups confine clone born? enter "
	    "mounts return ceiling filter engine ");
}

/* Without lock, cgroup and runtime directory; it ends with the process that called. */
static void
one_call_hangs_below_its_caller(void **state)
{
	static char root[] = "/home/alice/state";

	(void)state;
	once = true;
	assert_child(in_child(start, NULL), 1);
	assert_string_equal(
	    child_text, "state owner raise clone root alive maps drop:1000:100 wait ");
	assert_child(in_child(start, root), 1);
	assert_string_equal(child_text, "owner raise clone root alive maps drop:1000:100 wait ");
	child = 0;
	assert_child(in_child(start, root), 5);
	assert_string_equal(
	    child_text, "owner raise clone go? groups confine clone nothing init:444 ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_parent_waits_without_power_and_without_the_lock, set_up),
		cmocka_unit_test_setup(the_init_reaps_without_power, set_up),
		cmocka_unit_test_setup(the_engine_is_the_users, set_up),
		cmocka_unit_test_setup(one_call_hangs_below_its_caller, set_up),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
