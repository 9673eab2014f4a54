/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: the launcher's verb "mount" with a hostile caller (attacks.md B01, B03). An input is a grant,
 * two ids, what the three descriptors are, and for each call to the kernel whether it fails.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when something is done with privilege that the grant and the descriptors do not allow,
 *       when the mount goes out before it is complete or by who is not the caller yet, when an id on the
 *       other side of a map is not one of the grant's, when a descriptor stays open.
 */
/* WRAP: fcntl is_callers_stream pipe2 launch_clone close poll read ioctl fstat openat write_maps waitpid */
/* WRAP: priv_drop_forever priv_become_owner priv_become_root priv_raise priv_lower setns open_tree */
/* WRAP: mount_setattr sendmsg */
#define FUZZ_NAME "fuzz_launcher_mount"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "helper/launcher/launch.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"
#include "tests/unit/mount_wraps.h"

#define PROCFS 900
#define CHILD 4242
#define FIRST 1000 /* what we open; below are the caller's */

static struct {
	struct input input;
	/* what the descriptors are */
	bool open, path, stream;
	long namespace_type, directory_type;
	int kind;
	uint32_t owner;
	struct stat st;
	/* what was done */
	int next, opened; /* descriptors */
	uint32_t raised;
	bool matched, root, dropped, made, mapped, inside, attributes, sent;
	int map, tree, children, waited;
	char maps[2][64];
} world;

static struct grant grant;
static struct handles handles;

int __real_poll(struct pollfd *fds, nfds_t n, int timeout);

/* One call of 16 or so does, and why. */
static bool
fails(void)
{
	static const int why[] = { EINVAL, EPERM, ENOMEM, EAGAIN, EMFILE, EINTR };
	uint8_t byte = take_byte(&world.input);

	errno = why[byte % (sizeof(why) / sizeof(why[0]))];
	return (byte >= 0xf0);
}

static int
new_fd(void)
{
	world.opened++;
	return (world.next++);
}

/* May this be mounted? By another way than the launcher's. */
static bool
is_allowed(void)
{
	bool good = world.directory_type == EXT4_SUPER_MAGIC ||
		    world.directory_type == 0x58465342 ||
		    world.directory_type == BTRFS_SUPER_MAGIC ||
		    world.directory_type == F2FS_SUPER_MAGIC || world.directory_type == TMPFS_MAGIC;

	return (world.open && world.path && world.stream && good &&
		world.namespace_type == NSFS_MAGIC && world.kind == CLONE_NEWNS &&
		world.owner == grant.owner_id && S_ISDIR(world.st.st_mode) &&
		world.st.st_uid == grant.uid && handles.uid <= grant.subuid.count &&
		handles.gid <= grant.subgid.count);
}

int
__wrap_fcntl(int fd, int cmd, ...)
{
	must((fd == 3 && cmd == F_GETFD) || (fd == 4 && cmd == F_GETFL), "it asks for flags alone");
	if (fd == 3)
		return (world.open ? 0 : -1);
	return (world.path ? O_PATH : O_RDONLY);
}

bool
__wrap_is_callers_stream(int fd)
{
	must(fd == 5, "it asks about the socket");
	return (world.stream);
}

int
__wrap_pipe2(int ends[2], int flags)
{
	must(flags == O_CLOEXEC, "nothing is inherited");
	if (fails())
		return (-1);
	ends[0] = new_fd();
	ends[1] = new_fd();
	return (0);
}

pid_t
__wrap_launch_clone(uint64_t flags, int cgroup, int *pidfd)
{
	must(cgroup == -1 && pidfd == NULL, "it stays in the caller's cgroup");
	must(flags == 0 || (flags == CLONE_NEWUSER && world.matched && !world.root &&
			       world.raised == 1U << CAP_SYS_ADMIN),
	    "a namespace is the owner's, and made after all was judged");
	must(flags != 0 || world.raised == 0, "who asks has nothing");
	if (fails())
		return (-1);
	world.children++;
	world.made = flags != 0;
	return (CHILD);
}

int
__wrap_close(int fd)
{
	if (fd < FIRST)
		return (__real_close(fd));
	world.opened--;
	return (0);
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	/* The target's own. */
	if (fds->fd < FIRST)
		return (__real_poll(fds, n, timeout));
	must(timeout > 0 && timeout <= 5000, "it waits for a few seconds at most");
	return (fails() ? 0 : 1);
}

ssize_t
__wrap_read(int fd, void *buf, size_t len)
{
	struct statfs fs[2] = { 0 };

	if (fd < FIRST)
		return (__real_read(fd, buf, len));
	if (fails())
		return ((ssize_t)(take_byte(&world.input) % len));
	must(len == sizeof(fs), "an answer has its length");
	fs[0].f_type = world.namespace_type;
	fs[1].f_type = world.directory_type;
	memcpy(buf, fs, sizeof(fs));
	return ((ssize_t)len);
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;

	must(world.raised == 0, "questions need nothing");
	must(fd >= FIRST || (fd == 3 && world.namespace_type == NSFS_MAGIC),
	    "only a namespace is asked what it is");
	if (fails())
		return (-1);
	if (request == NS_GET_NSTYPE)
		return (world.kind);
	if (request == NS_GET_USERNS)
		return (new_fd());
	va_start(args, request);
	*va_arg(args, uid_t *) = world.owner;
	va_end(args);
	return (0);
}

int
__wrap_fstat(int fd, struct stat *st)
{
	must(fd == 4 && world.directory_type != FUSE_SUPER_MAGIC &&
		 world.directory_type != NFS_SUPER_MAGIC,
	    "nothing is asked that may not answer");
	if (fails())
		return (-1);
	*st = world.st;
	return (0);
}

int
__wrap_openat(int dirfd, const char *path, int flags, ...)
{
	must(!world.inside, "nothing is opened by a path in that namespace");
	must(dirfd == PROCFS || dirfd >= FIRST, "nor by a descriptor of the caller's");
	must(strcmp(path, "4242") == 0 || strcmp(path, "ns/user") == 0, "but the child's");
	must((flags & O_CLOEXEC) != 0, "nothing is inherited");
	return (fails() ? -1 : new_fd());
}

int
__wrap_write_maps(int child, const struct idmap *uids, const struct idmap *gids, struct err *err)
{
	must(child >= FIRST, "the child's");
	must(idmap_format(world.maps[0], sizeof(world.maps[0]), uids) > 0 &&
		 idmap_format(world.maps[1], sizeof(world.maps[1]), gids) > 0,
	    "a map can be written");
	if (fails())
		return (err_sys(err, "cannot write a map"));
	world.mapped = true;
	return (0);
}

pid_t
__wrap_waitpid(pid_t pid, int *status, int options)
{
	(void)status;
	must(pid == CHILD && options == 0 && world.made, "it waits for the namespace's process");
	world.waited++;
	return (pid);
}

void
__wrap_priv_drop_forever(uint32_t uid, uint32_t gid)
{
	must(uid == grant.uid && gid == grant.gid, "it drops to the caller");
	world.dropped = true;
	world.root = false;
}

void
__wrap_priv_become_owner(uint32_t owner_id)
{
	must(owner_id == grant.owner_id && world.matched && !world.dropped, "the grant's owner");
	world.root = false;
}

void
__wrap_priv_become_root(void)
{
	must(!world.dropped, "a drop is for ever");
	world.root = true;
	world.raised = 0;
}

void
__wrap_priv_raise(int cap, int other)
{
	must(world.matched && !world.dropped, "nothing is raised before all was judged");
	must(world.raised == 0, "nor twice");
	world.raised = 1U << cap | 1U << other;
}

void
__wrap_priv_lower(void)
{
	world.raised = 0;
}

int
__wrap_setns(int fd, int type)
{
	must(fd == 3 && type == CLONE_NEWNS, "it enters a mount namespace");
	must(is_allowed() && world.mapped && world.waited == 1, "of the grant's making alone");
	if (fails())
		return (-1);
	world.inside = true;
	return (0);
}

int
__wrap_open_tree(int dirfd, const char *path, unsigned int flags)
{
	must(dirfd == 4 && path[0] == '\0' && world.inside, "it clones what it was handed");
	must(flags == (AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), "and nothing beneath");
	if (fails())
		return (-1);
	return (world.tree = new_fd());
}

int
__wrap_mount_setattr(
    int dirfd, const char *path, unsigned int flags, struct mount_attr *attr, size_t size)
{
	must(dirfd == world.tree && path[0] == '\0' && flags == AT_EMPTY_PATH &&
		 size == sizeof(*attr),
	    "what it has cloned");
	must(attr->attr_set == (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_IDMAP) &&
		 attr->attr_clr == 0 && attr->propagation == MS_PRIVATE,
	    "all at once");
	if (fails())
		return (-1);
	world.attributes = true;
	return (0);
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	int sent;

	must(fd == 5 && flags == (MSG_DONTWAIT | MSG_NOSIGNAL),
	    "it answers once and waits for nobody");
	must(world.dropped && world.attributes && world.raised == 0, "when all is done");
	memcpy(&sent, CMSG_DATA(CMSG_FIRSTHDR(msg)), sizeof(sent));
	must(sent == world.tree, "with the mount");
	if (fails())
		return (-1);
	world.sent = true;
	return (1);
}

static uint32_t
take_word(void)
{
	uint32_t word = 0;

	for (int i = 0; i < 4; i++)
		word = word << 8 | take_byte(&world.input);
	return (word);
}

/* Near one of the usual values, most of the time. */
static uint32_t
take_near(uint32_t usual)
{
	uint8_t how = take_byte(&world.input);

	return (how < 0xc0 ? usual : how < 0xe0 ? usual + how % 5 - 2 : take_word());
}

static void
take_grant(void)
{
	grant = (struct grant){ .uid = 1000, .gid = 100, .owner_id = 2147480000 };
	grant.subuid = (struct id_range){ 100000, 1 + take_byte(&world.input) % 4U * 20000 };
	grant.subgid = (struct id_range){ 300000, 1 + take_byte(&world.input) % 4U * 20000 };
	handles = (struct handles){ .etcfd = -1, .procfd = PROCFS };
	handles.uid = take_near(take_byte(&world.input) % 2 != 0 ? grant.subuid.count : 101);
	handles.gid = take_near(take_byte(&world.input) % 2 != 0 ? grant.subgid.count : 0);
}

static void
take_descriptors(void)
{
	static const long types[] = { EXT4_SUPER_MAGIC, TMPFS_MAGIC, BTRFS_SUPER_MAGIC, 0x58465342,
		F2FS_SUPER_MAGIC, EXT4_SUPER_MAGIC, TMPFS_MAGIC, OVERLAYFS_SUPER_MAGIC,
		FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC, PROC_SUPER_MAGIC, NSFS_MAGIC, 0 };
	uint8_t bits = take_byte(&world.input);

	world.open = bits < 0xfd;
	world.path = bits != 0xfc;
	world.stream = bits != 0xfb;
	world.namespace_type = (long)take_near(NSFS_MAGIC);
	world.directory_type = types[take_byte(&world.input) % (sizeof(types) / sizeof(types[0]))];
	world.kind = (int)take_near(CLONE_NEWNS);
	world.owner = take_near(grant.owner_id);
	world.st.st_uid = take_near(grant.uid);
	world.st.st_mode = (mode_t)take_near(S_IFDIR | 0755);
}

/* One line, the caller's own id and one that was granted. */
static void
check_map(const char *text, uint32_t own, const struct id_range *range)
{
	unsigned int inside, outside, count;
	int len = 0;

	must(
	    sscanf(text, "%u %u %u\n%n", &inside, &outside, &count, &len) == 3 && text[len] == '\0',
	    "a map has one line");
	must(inside == own && count == 1 &&
		 (outside == own ||
		     (outside >= range->start && outside - range->start < range->count)),
	    "from the caller to an id of the grant");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	int rc;

	memset(&world, 0, sizeof(world));
	world.input = (struct input){ data, size };
	world.next = FIRST;
	world.tree = -1;
	world.root = true;
	take_grant();
	take_descriptors();
	rc = mount_check_request(&err);
	if (rc == 0)
		rc = mount_check_grant(&grant, &handles, &err);
	world.matched = rc == 0;
	must(!world.matched || is_allowed(), "it goes on with what is allowed alone");
	world.children = 0;
	if (world.matched)
		rc = verb_mount(NULL, &grant, &handles, &err);
	must((rc == 0) == world.sent, "it ends well when the mount was sent, and only then");
	must(rc == 0 || err.code == ERR_USAGE || err.code == ERR_UNAVAILABLE ||
		 err.code == ERR_SYSTEM || err.code == ERR_REFUSED,
	    "it ends in one of its ways");
	must(is_printable(err.what) && is_printable(err.why) && is_printable(err.todo),
	    "what it says is printable");
	must(world.raised == 0 && world.opened == 0 && world.children == world.waited,
	    "nothing is left");
	if (world.maps[0][0] != '\0') {
		check_map(world.maps[0], grant.uid, &grant.subuid);
		check_map(world.maps[1], grant.gid, &grant.subgid);
	}
	return (0);
}
