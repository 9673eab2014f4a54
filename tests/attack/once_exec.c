/* SPDX-License-Identifier: ISC */
/*
 * once_exec [-u UID] [-o OTHER] [-m COUNT] [-w] KIND PROGRAM ARGS...
 * Executes a program with descriptor 3 being what KIND says, as UID (and the group of that number)
 * if that is given. Then it waits for the program, prints "status N" and "child PID" for each child
 * that it has got meanwhile, and with -w stays with the other end of a pair open until its input
 * ends. -o: the pair was made by OTHER. -m: COUNT more descriptors behind 3.
 * Kinds: closed pair hungup file write dir opath pipe fuse fusefile listening unconnected dgram
 * seqpacket tcp udp netlink memfd self
 * TRUST: unprivileged
 * INPUT: a test's words
 * MUST: fail loudly (99) when the odd state could not be made
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *uid, *other;
static int ours = -1; /* the other end of a pair */

static void
become(const char *text)
{
	uid_t id = (uid_t)atoi(text);

	if (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
		err(99, "cannot become %s", text);
}

/* Who makes a socket, or listens, is what SO_PEERCRED shows. */
static void
act_as(const char *text)
{
	if (text != NULL && seteuid((uid_t)atoi(text)) < 0)
		err(99, "seteuid");
}

static int
make_pair(int type)
{
	int pair[2];

	act_as(other);
	if (socketpair(AF_UNIX, type, 0, pair) < 0)
		err(99, "socketpair");
	act_as(other != NULL ? "0" : NULL);
	ours = pair[0];
	return (pair[1]);
}

static int
make_listener(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd;

	act_as(other);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&at, sizeof(sa_family_t)) < 0 || listen(fd, 8) < 0)
		err(99, "listen");
	act_as(other != NULL ? "0" : NULL);
	return (fd);
}

static int
make_inet(int type)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int server = socket(AF_INET, type, 0), fd = socket(AF_INET, type, 0);

	if (bind(server, (struct sockaddr *)&at, len) < 0 ||
	    (type == SOCK_STREAM && listen(server, 1) < 0) ||
	    getsockname(server, (struct sockaddr *)&at, &len) < 0 ||
	    connect(fd, (struct sockaddr *)&at, len) < 0)
		err(99, "loopback");
	ours = server;
	return (fd);
}

/* Answers what an open needs, and never anything after it. */
static void
serve_fuse(int fuse)
{
	char in[65536], out[512];

	for (;;) {
		const struct fuse_in_header *head = (void *)in;
		struct fuse_out_header *answer = (void *)out;
		struct fuse_init_out *init = (void *)(answer + 1);
		struct fuse_attr_out *attr = (void *)(answer + 1);
		bool last = false;

		if (read(fuse, in, sizeof(in)) <= 0)
			_exit(99);
		memset(out, 0, sizeof(out));
		answer->unique = head->unique;
		answer->len = sizeof(*answer);
		if (head->opcode == FUSE_INIT) {
			init->major = FUSE_KERNEL_VERSION;
			init->minor = 31;
			init->max_write = 4096;
			answer->len += sizeof(*init);
		} else if (head->opcode == FUSE_GETATTR) {
			attr->attr.ino = 1;
			attr->attr.mode = S_IFDIR | 0755;
			answer->len += sizeof(*attr);
		} else if (head->opcode == FUSE_OPENDIR) {
			answer->len += sizeof(struct fuse_open_out);
			last = true;
		} else {
			answer->error = -ENOSYS;
		}
		if (write(fuse, out, answer->len) < 0)
			_exit(98);
		while (last)
			pause();
	}
}

/* A directory of a file system that never answers again. */
static int
make_fuse_file(void)
{
	char dir[] = "/tmp/fuse.XXXXXX", options[128];
	int fuse = open("/dev/fuse", O_RDWR), fd;

	if (mkdtemp(dir) == NULL)
		err(99, "mkdtemp");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
	    fuse);
	if (mount("fuse", dir, "fuse", 0, options) < 0)
		err(99, "mount");
	if (fork() == 0) {
		/* Whose end this is must be allowed to kill it. */
		if (uid != NULL)
			become(uid);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve_fuse(fuse);
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	umount2(dir, MNT_DETACH);
	rmdir(dir);
	return (fd);
}

static int
make_pipe(void)
{
	int ends[2];

	if (pipe(ends) < 0)
		err(99, "pipe");
	ours = ends[1];
	return (ends[0]);
}

static int
make(const char *kind)
{
	int fd = -1;

	if (strcmp(kind, "pair") == 0)
		return (make_pair(SOCK_STREAM));
	if (strcmp(kind, "hungup") == 0) {
		fd = make_pair(SOCK_STREAM);
		close(ours);
		ours = -1;
		return (fd);
	}
	if (strcmp(kind, "dgram") == 0)
		return (make_pair(SOCK_DGRAM));
	if (strcmp(kind, "seqpacket") == 0)
		return (make_pair(SOCK_SEQPACKET));
	if (strcmp(kind, "listening") == 0)
		return (make_listener());
	if (strcmp(kind, "unconnected") == 0)
		return (socket(AF_UNIX, SOCK_STREAM, 0));
	if (strcmp(kind, "netlink") == 0)
		return (socket(AF_NETLINK, SOCK_RAW, 0));
	if (strcmp(kind, "tcp") == 0)
		return (make_inet(SOCK_STREAM));
	if (strcmp(kind, "udp") == 0)
		return (make_inet(SOCK_DGRAM));
	if (strcmp(kind, "pipe") == 0)
		return (make_pipe());
	if (strcmp(kind, "file") == 0)
		return (open("/etc/passwd", O_RDONLY));
	if (strcmp(kind, "write") == 0)
		return (open("/tmp/written", O_RDWR | O_CREAT, 0666));
	if (strcmp(kind, "dir") == 0)
		return (open("/", O_RDONLY | O_DIRECTORY));
	if (strcmp(kind, "opath") == 0)
		return (open("/dev/log", O_PATH));
	if (strcmp(kind, "fuse") == 0)
		return (open("/dev/fuse", O_RDWR));
	if (strcmp(kind, "fusefile") == 0)
		return (make_fuse_file());
	if (strcmp(kind, "memfd") == 0)
		return (memfd_create("x", 0));
	if (strcmp(kind, "self") == 0)
		return (open("/proc/self/mem", O_RDWR));
	errx(99, "no such kind: %s", kind);
	return (fd);
}

static void
execute(const char *kind, int fd, int more, char *argv[])
{
	if (strcmp(kind, "closed") == 0)
		close(3);
	else if (fd != 3 && dup2(fd, 3) != 3)
		err(99, "dup2");
	for (int i = 4; i < 4 + more; i++) {
		if (dup2(i % 2 ? 2 : 0, i) != i)
			err(99, "dup2");
	}
	close_range(4 + (unsigned int)more, ~0U, 0);
	if (uid != NULL)
		become(uid);
	execvp(argv[0], argv);
	err(99, "%s", argv[0]);
}

static void
show_children(void)
{
	FILE *file = fopen("/proc/thread-self/children", "r");
	int pid;

	while (file != NULL && fscanf(file, "%d", &pid) == 1)
		printf("child %d\n", pid);
	if (file != NULL)
		fclose(file);
}

int
main(int argc, char *argv[])
{
	bool stay = false;
	int more = 0, option, status, fd = -1;
	const char *kind;
	pid_t pid;

	while ((option = getopt(argc, argv, "+u:o:m:w")) != -1) {
		if (option == 'u')
			uid = optarg;
		else if (option == 'o')
			other = optarg;
		else if (option == 'm')
			more = atoi(optarg);
		else if (option == 'w')
			stay = true;
		else
			errx(99, "usage");
	}
	if (argc - optind < 2)
		errx(99, "usage");
	kind = argv[optind];
	if (other == NULL)
		other = uid;
	if (strcmp(kind, "closed") != 0 && (fd = make(kind)) < 0)
		err(99, "%s", kind);
	pid = fork();
	if (pid == 0)
		execute(kind, fd, more, argv + optind + 1);
	close(fd);
	if (uid != NULL)
		become(uid);
	if (waitpid(pid, &status, 0) != pid)
		err(99, "waitpid");
	printf("status %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	show_children();
	fflush(stdout);
	while (stay && read(0, &option, 1) > 0)
		;
	return (WIFEXITED(status) ? WEXITSTATUS(status) : 98);
}
