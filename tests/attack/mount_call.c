/* SPDX-License-Identifier: ISC */
/*
 * mount_call [-u UID] [-m ID] [-n NAMESPACE] [-o PID] [-h] [-a HOW] PID DIR [PROGRAM WORDS...]
 * Calls the launcher's verb "mount" as UID (and the group of that number) with the mount namespace of
 * process PID and DIR as it is to be seen in there, prints "status N", and then, if a mount came back, does with it
 * what HOW says. Run by root, who can look into any process.
 * -n: descriptor 3 is this file instead. -o: DIR is opened in the namespace of this process. -h: no
 * launcher: the mount is made in the namespace of this process, as a careless launcher would do it; -m is
 * the id on the host that the caller's files belong to then.
 * HOW: engine: as who has all power over the namespaces of PID
 *      user:   in namespaces of UID's own
 *      files:  in those of PID as the owner of the directory, who writes
 * Each attack prints "NAME ok" or "NAME ERRNO".
 * TRUST: unprivileged
 * INPUT: a test's words
 * MUST: fail loudly (99) when what it needs could not be made
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *pid, *uid = "1000", *host_uid = "101";

static void
become(const char *text)
{
	uid_t id = (uid_t)atoi(text);

	if (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
		err(99, "cannot become %s", text);
}

static int
open_of(const char *process, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/%s", process, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(99, "%s", path);
	return (fd);
}

static void
send_fd(int to, int fd)
{
	char byte = 'd', control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(to, &msg, 0) != 1)
		err(99, "sendmsg");
}

/* -1 when none came. */
static int
receive_fd(int from, int flags)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	const struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(from, &msg, flags | MSG_CMSG_CLOEXEC) != 1)
		return (-1);
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg == NULL || cmsg->cmsg_type != SCM_RIGHTS || cmsg->cmsg_len != CMSG_LEN(sizeof(fd)))
		return (-1);
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return (fd);
}

/* A directory as that process sees it. */
static int
open_there(const char *process, const char *dir)
{
	int pair[2], fd, namespace = open_of(process, "ns/mnt");

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		err(99, "socketpair");
	if (fork() == 0) {
		if (setns(namespace, CLONE_NEWNS) < 0)
			err(99, "setns");
		fd = open(dir, O_PATH | O_NOFOLLOW);
		if (fd < 0)
			err(99, "%s", dir);
		send_fd(pair[1], fd);
		_exit(0);
	}
	close(pair[1]);
	close(namespace);
	fd = receive_fd(pair[0], 0);
	close(pair[0]);
	(void)wait(NULL);
	if (fd < 0)
		errx(99, "cannot open %s", dir);
	return (fd);
}

/* --- what a careless launcher would make ----------------------------------------------------------- */

static void
write_line(pid_t child, const char *name)
{
	char path[64], line[64];
	int fd, len = snprintf(line, sizeof(line), "%s %s 1\n", uid, host_uid);

	snprintf(path, sizeof(path), "/proc/%d/%s", child, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, line, (size_t)len) != len)
		err(99, "%s", path);
	close(fd);
}

static int
make_here(const char *dir)
{
	struct mount_attr attr = { .attr_set =
				       MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_IDMAP,
		.propagation = MS_PRIVATE };
	char text[16];
	int ends[2], tree;
	pid_t child;

	if (pipe(ends) < 0)
		err(99, "pipe");
	child = fork();
	if (child == 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			err(99, "unshare");
		(void)!write(ends[1], "u", 1);
		pause();
	}
	(void)!read(ends[0], text, 1);
	write_line(child, "uid_map");
	write_line(child, "gid_map");
	snprintf(text, sizeof(text), "%d", child);
	attr.userns_fd = (unsigned int)open_of(text, "ns/user");
	tree = open_tree(AT_FDCWD, dir, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		err(99, "cannot map %s", dir);
	kill(child, 9);
	(void)wait(NULL);
	return (tree);
}

/* --- the attacks ----------------------------------------------------------------------------------- */

static void
say(const char *prefix, const char *name, bool done)
{
	printf("%s%s %s\n", prefix, name, done ? "ok" : strerrorname_np(errno));
}

static const struct {
	const char *name;
	unsigned int flag;
} flags[] = { { "ro", MOUNT_ATTR_RDONLY }, { "nosuid", MOUNT_ATTR_NOSUID },
	{ "nodev", MOUNT_ATTR_NODEV }, { "noexec", MOUNT_ATTR_NOEXEC },
	{ "idmap", MOUNT_ATTR_IDMAP } };

/* One after the other, and all at once. */
static void
clear_flags(const char *prefix, int tree)
{
	struct mount_attr all = { 0 };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct mount_attr attr = { .attr_clr = flags[i].flag };

		if (flags[i].flag != MOUNT_ATTR_IDMAP)
			all.attr_clr |= flags[i].flag;
		say(prefix, flags[i].name,
		    mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0);
	}
	say(prefix, "all", mount_setattr(tree, "", AT_EMPTY_PATH, &all, sizeof(all)) == 0);
}

static void
show(int tree)
{
	struct statvfs vfs;
	struct stat st;

	if (fstatvfs(tree, &vfs) < 0 || fstat(tree, &st) < 0)
		err(99, "cannot look at the mount");
	printf("flags %s%s%s%s\n", vfs.f_flag & ST_RDONLY ? "ro" : "rw",
	    vfs.f_flag & ST_NOSUID ? ",nosuid" : "", vfs.f_flag & ST_NODEV ? ",nodev" : "",
	    vfs.f_flag & ST_NOEXEC ? ",noexec" : "");
	printf("owner %u:%u\n", st.st_uid, st.st_gid);
}

static void
try_files(int tree)
{
	int fd = openat(tree, "node", O_RDONLY | O_CLOEXEC);

	say("", "node", fd >= 0);
	fd = openat(tree, "secret/beneath", O_RDONLY | O_CLOEXEC);
	say("", "beneath", fd >= 0);
	fd = openat(tree, "new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 06755);
	say("", "create", fd >= 0);
	say("", "chmod", fd >= 0 && fchmod(fd, 06755) == 0);
	say("", "mknod", mknodat(tree, "dev", S_IFCHR | 0666, 0x103) == 0);
	say("", "chown", fd >= 0 && fchown(fd, 0, 0) == 0);
	if (faccessat(tree, "program", X_OK, 0) == 0 && fork() == 0) {
		char *const argv[] = { "program", NULL };

		execveat(tree, "program", argv, argv + 1, 0);
		_exit(errno);
	} else {
		int status = 0;

		errno = wait(&status) > 0 ? WEXITSTATUS(status) : ENOENT;
		say("", "exec", errno == 0);
	}
}

static void
attack(int tree)
{
	int again;

	show(tree);
	clear_flags("detached ", tree);
	if (mount("none", "/tmp", "tmpfs", 0, NULL) < 0 || mkdir("/tmp/at", 0700) < 0)
		err(99, "cannot make a place");
	say("", "attach", move_mount(tree, "", AT_FDCWD, "/tmp/at", MOVE_MOUNT_F_EMPTY_PATH) == 0);
	again = open("/tmp/at", O_PATH | O_CLOEXEC);
	clear_flags("attached ", again);
	say("", "remount", mount(NULL, "/tmp/at", NULL, MS_REMOUNT | MS_BIND, NULL) == 0);
	again = open_tree(AT_FDCWD, "/tmp/at", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	say("", "clone", again >= 0);
	clear_flags("cloned ", again);
	show(again);
	printf("files\n");
	try_files(again);
	say("", "umount beneath", umount2("/tmp/at/secret", MNT_DETACH) == 0);
}

/* As the one to whom the directory belongs. */
static void
write_as_owner(int tree)
{
	struct stat st;
	int fd;

	show(tree);
	if (fstat(tree, &st) < 0 || setresgid(st.st_gid, st.st_gid, st.st_gid) < 0 ||
	    setresuid(st.st_uid, st.st_uid, st.st_uid) < 0)
		err(99, "cannot become the owner");
	fd = openat(tree, "made", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	say("", "made", fd >= 0);
	say("", "give away", fchown(fd, 0, (gid_t)-1) == 0);
	say("", "device", mknodat(tree, "device", S_IFCHR | 0666, 0x103) == 0);
}

static void
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err(99, "%s", path);
	close(fd);
}

/* In a child, which can enter what it likes. */
static void
act(const char *how, int tree)
{
	char line[64];
	int user, mnt;

	if (strcmp(how, "user") != 0) {
		user = open_of(pid, "ns/user");
		mnt = open_of(pid, "ns/mnt");
		if (setns(user, CLONE_NEWUSER) < 0 || setns(mnt, CLONE_NEWNS) < 0 ||
		    setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
			err(99, "cannot enter the namespaces of %s", pid);
		if (unshare(CLONE_NEWNS) < 0)
			err(99, "unshare");
	} else {
		become(uid);
		/* Whose /proc/self would be root's else. */
		if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
			err(99, "prctl");
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			err(99, "unshare");
		write_file("/proc/self/setgroups", "deny");
		snprintf(line, sizeof(line), "0 %s 1\n", uid);
		write_file("/proc/self/uid_map", line);
		write_file("/proc/self/gid_map", line);
	}
	if (strcmp(how, "files") == 0)
		write_as_owner(tree);
	else
		attack(tree);
	fflush(stdout);
	_exit(0);
}

/* --- the call -------------------------------------------------------------------------------------- */

static int
make_pair(int type, int *ours)
{
	int pair[2];

	if (seteuid((uid_t)atoi(uid)) < 0 ||
	    socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) < 0 || seteuid(0) < 0)
		err(99, "socketpair");
	*ours = pair[0];
	return (pair[1]);
}

static void
launch(int fds[3], char *argv[])
{
	for (int i = 0; i < 3; i++) {
		fds[i] = fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, 64);
	}
	close_range(3, 5, 0);
	for (int i = 0; i < 3; i++) {
		if (fds[i] >= 0 && dup2(fds[i], 3 + i) < 0)
			err(99, "dup2");
	}
	become(uid);
	execv(argv[0], argv);
	err(99, "%s", argv[0]);
}

static int
call(int namespace, int directory, char *argv[], int *status)
{
	int fds[3] = { namespace, directory, -1 }, ours, tree;
	pid_t child;

	fds[2] = make_pair(SOCK_STREAM, &ours);
	child = fork();
	if (child == 0)
		launch(fds, argv);
	close(fds[2]);
	if (waitpid(child, status, 0) != child)
		err(99, "waitpid");
	tree = receive_fd(ours, MSG_DONTWAIT);
	close(ours);
	return (tree);
}

int
main(int argc, char *argv[])
{
	const char *namespace = NULL, *opener = NULL, *how = NULL;
	int option, status = 0, tree = -1, child, directory = -1;
	bool here = false;

	while ((option = getopt(argc, argv, "+u:m:n:o:a:h")) != -1) {
		if (option == 'u')
			uid = optarg;
		else if (option == 'm')
			host_uid = optarg;
		else if (option == 'n')
		namespace = optarg;
		else if (option == 'o') opener = optarg;
		else if (option == 'a') how = optarg;
		else if (option == 'h') here = true;
		else errx(99, "usage");
	}
	argv += optind;
	if (argc - optind < (here ? 2 : 3))
		errx(99, "usage");
	pid = argv[0];
	if (here)
		tree = make_here(argv[1]);
	else {
		directory = open_there(opener != NULL ? opener : pid, argv[1]);
		tree = call(namespace != NULL ? open(namespace, O_RDONLY | O_CLOEXEC)
					      : open_of(pid, "ns/mnt"),
		    directory, argv + 2, &status);
		printf("status %d\n",
		    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		printf("mount %s\n", tree >= 0 ? "yes" : "no");
	}
	fflush(stdout);
	if (tree >= 0 && how != NULL) {
		child = fork();
		if (child == 0)
			act(how, tree);
		if (waitpid(child, &status, 0) != child || status != 0)
			errx(99, "the attack could not be made");
	}
	return (0);
}
