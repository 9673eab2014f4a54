/* SPDX-License-Identifier: ISC */
/*
 * mount_call [-u UID] [-m ID] [-n NAMESPACE] [-o PID] [-h] [-3|-4|-5 KIND] [-r] [-s] [-x COUNT] [-a HOW] PID DIR [PROGRAM WORDS...]
 * Calls the launcher's verb "mount" as UID (and the group of that number) with the mount namespace of
 * process PID and DIR as it is to be seen in there, prints "status N", and then, if a mount came back, does with it
 * what HOW says. Run by root, who can look into any process.
 * -n: descriptor 3 is this file instead. -o: DIR is opened in the namespace of this process. -h: no
 * launcher: the mount is made in the namespace of this process, as a careless launcher would do it; -m is
 * the id on the host that the caller's files belong to then.
 * -3, -4, -5: that descriptor is something else: see odd(), or a path, which is opened with O_PATH; own is a
 * directory of a detached mount that UID has made.
 * -r: DIR is removed once it was opened. -s: PROGRAM is run by root, as which the socket is not made.
 * -x: so many calls, one after the other; each answer must be a mount, nosuid and nodev when it comes.
 * HOW: engine: as who has all power over the namespaces of PID
 *      user:   in namespaces of UID's own
 *      owner:  in those of PID only looks whose it is
 *      again:  asks for it once more, with what came back as the directory; says how that ended
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
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/attack/fds.h"

static struct {
	const char *namespace, *opener, *how, *kinds[3];
	int count;
	int mapped;
	bool here, remove, stay;
} options = { .count = 1, .mapped = -1 };

static const char *pid, *uid = "1000", *host_uid = "101";

static void
become(const char *text)
{
	uid_t id = (uid_t)atoi(text);

	if (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
		err(99, "cannot become %s", text);
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

/* With all power over user and mount namespaces of UID's own, who is inside in there. */
static void
enter_own(const char *inside)
{
	char line[64];

	become(uid);
	/* Whose /proc/self would be root's else. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		err(99, "prctl");
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		err(99, "unshare");
	write_file("/proc/self/setgroups", "deny");
	snprintf(line, sizeof(line), "%s %s 1\n", inside, uid);
	write_file("/proc/self/uid_map", line);
	write_file("/proc/self/gid_map", line);
}

/* In a child, which can enter what it likes. */
static void
act(const char *how, int tree)
{
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
		enter_own("0");
	}
	if (strcmp(how, "owner") == 0)
		show(tree);
	else if (strcmp(how, "files") == 0)
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

static int
other_socket(const char *kind, int *ours)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char buffer[4096] = { 0 };
	int fd, value = 0;

	if (strcmp(kind, "dgram") == 0)
		return (make_pair(SOCK_DGRAM, ours));
	if (strcmp(kind, "seqpacket") == 0)
		return (make_pair(SOCK_SEQPACKET, ours));
	if (strcmp(kind, "bobs") == 0 || strcmp(kind, "roots") == 0) {
		const char *was = uid;

		uid = strcmp(kind, "bobs") == 0 ? "1001" : "0";
		fd = make_pair(SOCK_STREAM, ours);
		uid = was;
		return (fd);
	}
	if (strcmp(kind, "hungup") == 0 || strcmp(kind, "full") == 0) {
		fd = make_pair(SOCK_STREAM, ours);
		while (kind[0] == 'f' && send(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
			;
		if (kind[0] == 'h') {
			close(*ours);
			*ours = -1;
		}
		return (fd);
	}
	if (strcmp(kind, "passrights") == 0) {
		fd = make_pair(SOCK_STREAM, ours);
		/* SO_PASSRIGHTS, where the kernel has it: whoever listens wants no descriptors. */
		(void)setsockopt(*ours, SOL_SOCKET, 83, &value, sizeof(value));
		return (fd);
	}
	fd = socket(strcmp(kind, "tcp") == 0 ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (strcmp(kind, "listening") == 0 &&
	    (bind(fd, (struct sockaddr *)&at, sizeof(sa_family_t)) < 0 || listen(fd, 8) < 0))
		err(99, "listen");
	return (fd);
}

/* A directory in a file system of a user namespace of UID's own, with a setuid program in it. */
static int
make_own(void)
{
	int pair[2], fs, fd;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		err(99, "socketpair");
	if (fork() == 0) {
		enter_own(uid);
		fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
		if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
			err(99, "fsconfig");
		fs = fsmount(fs, FSMOUNT_CLOEXEC, 0);
		if (mkdirat(fs, "d", 0755) < 0 || (fd = openat(fs, "d", O_PATH)) < 0 ||
		    mknodat(fd, "program", S_IFREG | 0755, 0) < 0 ||
		    fchmodat(fd, "program", 06755, 0) < 0)
			err(99, "cannot make a directory");
		if (!send_fd(pair[1], fs) || !send_fd(pair[1], fd))
			err(99, "sendmsg");
		_exit(0);
	}
	close(pair[1]);
	/* It is taken apart when this one is closed. */
	(void)receive_fd(pair[0], 0);
	fd = receive_fd(pair[0], 0);
	close(pair[0]);
	(void)wait(NULL);
	return (fd);
}

/* What has no path. */
static int
odd(const char *kind)
{
	char dir[32];
	int fd = -1, pair[2];

	if (kind[0] == '/')
		return (open(kind, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (strcmp(kind, "closed") == 0)
		return (-1);
	if (strcmp(kind, "memfd") == 0)
		return (memfd_create("x", MFD_CLOEXEC));
	if (strcmp(kind, "pipe") == 0 && pipe(pair) == 0)
		return (pair[0]);
	if (strcmp(kind, "directory") == 0)
		return (open("/home/alice", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (strcmp(kind, "null") == 0)
		return (open("/dev/null", O_RDWR | O_CLOEXEC));
	if (strcmp(kind, "tty") == 0)
		return (open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
	if (strcmp(kind, "pidfd") == 0)
		return (pidfd_open(getpid(), 0));
	if (strcmp(kind, "own") == 0)
		return (make_own());
	if (strcmp(kind, "eventfd") == 0)
		return (eventfd(0, EFD_CLOEXEC));
	if (strncmp(kind, "ns/", 3) == 0)
		return (open_of(pid, kind));
	if (strcmp(kind, "opath") == 0) {
		snprintf(dir, sizeof(dir), "/proc/%.10s", pid);
		fd = open(dir, O_PATH | O_DIRECTORY);
		return (openat(fd, "ns/mnt", O_PATH | O_CLOEXEC));
	}
	return (other_socket(kind, &pair[0]));
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
	if (!options.stay)
		become(uid);
	execv(argv[0], argv);
	err(99, "%s", argv[0]);
}

static int
call(const char *dir, char *argv[], int *status)
{
	int fds[3], ours = -1, tree = -1;
	pid_t child;

	for (int i = 0; i < 3; i++) {
		if (options.kinds[i] == NULL)
			continue;
		fds[i] = i == 2 ? other_socket(options.kinds[i], &ours) : odd(options.kinds[i]);
		if (fds[i] < 0 && strcmp(options.kinds[i], "closed") != 0)
			err(99, "%s", options.kinds[i]);
	}
	if (options.kinds[0] == NULL)
		fds[0] = options.namespace != NULL ? open(options.namespace, O_RDONLY | O_CLOEXEC)
						   : open_of(pid, "ns/mnt");
	if (options.mapped >= 0)
		fds[1] = fcntl(options.mapped, F_DUPFD_CLOEXEC, 3);
	else if (options.kinds[1] == NULL)
		fds[1] = open_there(
		    options.opener != NULL ? options.opener : pid, dir, O_PATH | O_NOFOLLOW);
	if (options.remove && rmdir(dir) < 0)
		err(99, "%s", dir);
	if (options.kinds[2] == NULL)
		fds[2] = make_pair(SOCK_STREAM, &ours);
	child = fork();
	if (child == 0)
		launch(fds, argv);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	if (waitpid(child, status, 0) != child)
		err(99, "waitpid");
	if (ours >= 0) {
		tree = receive_fd(ours, MSG_DONTWAIT);
		close(ours);
	}
	return (tree);
}

/* Each of many is what it must be from the first moment. */
static void
call_often(const char *dir, char *argv[])
{
	struct statvfs vfs;
	int status, tree;

	for (int i = 0; i < options.count; i++) {
		tree = call(dir, argv, &status);
		if (tree < 0 || fstatvfs(tree, &vfs) < 0 || status != 0)
			errx(1, "call %d: no mount", i);
		if ((vfs.f_flag & (ST_NOSUID | ST_NODEV)) != (ST_NOSUID | ST_NODEV))
			errx(1, "call %d: without its flags", i);
		close(tree);
	}
	printf("calls %d\n", options.count);
}

static void
read_options(int argc, char *argv[])
{
	int option;

	while ((option = getopt(argc, argv, "+u:m:n:o:a:hrs3:4:5:x:")) != -1) {
		if (option == 'u')
			uid = optarg;
		else if (option == 'm')
			host_uid = optarg;
		else if (option == 'n')
			options.namespace = optarg;
		else if (option == 'o')
			options.opener = optarg;
		else if (option == 'a')
			options.how = optarg;
		else if (option == 'h')
			options.here = true;
		else if (option == 'r')
			options.remove = true;
		else if (option == 's')
			options.stay = true;
		else if (option == 'x')
			options.count = atoi(optarg);
		else if (option >= '3' && option <= '5')
			options.kinds[option - '3'] = optarg;
		else
			errx(99, "usage");
	}
	if (argc - optind < (options.here ? 2 : 3))
		errx(99, "usage");
}

int
main(int argc, char *argv[])
{
	int status = 0, tree = -1;
	pid_t child;

	read_options(argc, argv);
	argv += optind;
	pid = argv[0];
	if (options.count > 1) {
		call_often(argv[1], argv + 2);
		return (0);
	}
	if (options.here) {
		tree = make_here(argv[1]);
	} else {
		tree = call(argv[1], argv + 2, &status);
		printf("status %d\nmount %s\n",
		    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
		    tree >= 0 ? "yes" : "no");
	}
	fflush(stdout);
	if (tree >= 0 && options.how != NULL && strcmp(options.how, "again") == 0) {
		options.mapped = tree;
		if (call(argv[1], argv + 2, &status) >= 0)
			errx(1, "it was mapped again");
		printf("again %d\n", WEXITSTATUS(status));
		return (0);
	}
	if (tree >= 0 && options.how != NULL) {
		child = fork();
		if (child == 0)
			act(options.how, tree);
		if (waitpid(child, &status, 0) != child || status != 0)
			errx(99, "the attack could not be made");
	}
	return (0);
}
