/* SPDX-License-Identifier: ISC */
/*
 * What uses something up from within a job, and goes on as long as it lives. Each says "up" when it has all
 * that it gets.
 *   bomb forks          processes, which all try to have more
 *   bomb memory         memory, touched; so do some children
 *   bomb fds            descriptors, in the file table and on their way through sockets
 *   bomb ptys           pseudo terminals
 *   bomb orphans COUNT  that many processes that leave their parent and end; then ends
 *   bomb lines COUNT    writes that many MiB of short lines; then ends
 *   bomb line COUNT     the same as one line
 *   bomb tree FILES DEPTH   files, and directories in each other, in the working directory; then ends
 *   bomb ticks          uses up nothing: counts, with no help of others
 *   bomb signals        kills everybody that it can, all the time
 * TRUST: unprivileged
 * INPUT: the command line
 * MUST: be kept within bounds by limits of its caller's: there is no other end
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void
wait_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static void
up(void)
{
	(void)!write(1, "up\n", 3);
}

static void
forks(void)
{
	pid_t first = getpid();

	for (;;) {
		pid_t pid = fork();

		/* who comes last waits longest, or nobody would get on */
		if (pid == -1) {
			if (first == getpid()) {
				up();
				first = -1;
			}
			wait_ms(300);
		}
	}
}

static void
memory(void)
{
	for (int i = 0; i < 3 && fork() != 0; i++)
		;
	for (size_t size = 1 << 20; size >= 4096;) {
		char *p =
		    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			size /= 2;
		else
			memset(p, 1, size);
	}
	up();
	for (;;)
		pause();
}

static void
send_away(int sock, int fd)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { 0 };
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	(void)!sendmsg(sock, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
fds(void)
{
	int ends[2];

	for (int i = 0; i < 3 && fork() != 0; i++)
		;
	for (int i = 0; i < 4096; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
			break;
		send_away(ends[0], ends[0]);
		send_away(ends[0], ends[1]);
	}
	while (open("/", O_PATH) != -1)
		;
	up();
	for (;;)
		pause();
}

static void
terminals(void)
{
	for (int i = 0; i < 2 && fork() != 0; i++)
		;
	while (open("/dev/ptmx", O_RDWR | O_NOCTTY) != -1)
		;
	up();
	for (;;)
		pause();
}

static void
orphans(int count)
{
	for (int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			for (int j = 0; j < 9; j++)
				if (fork() == 0)
					_exit(0);
			_exit(0);
		}
		i += 9;
		if (pid != -1)
			waitpid(pid, NULL, 0);
	}
	up();
}

static void
lines(int mib, const char *text, size_t len)
{
	static char block[64 << 10];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = text[i % len];
	for (int i = 0; i < mib * 16; i++)
		for (size_t at = 0; at < sizeof(block);) {
			ssize_t n = write(1, block + at, sizeof(block) - at);

			if (n == -1)
				exit(1);
			at += (size_t)n;
		}
}

static void
tree(int files, int depth)
{
	char name[32];

	for (int i = 0; i < files; i++) {
		int fd;

		snprintf(name, sizeof(name), "f%d", i);
		fd = open(name, O_WRONLY | O_CREAT, 0);
		if (fd == -1)
			break;
		close(fd);
	}
	for (int i = 0; i < depth; i++)
		if (mkdir("d", 0700) == -1 || chdir("d") == -1)
			break;
	up();
}

static void
signals(void)
{
	up();
	for (;;) {
		kill(-1, SIGSTOP);
		kill(-1, SIGKILL);
		for (int sig = 1; sig < 32; sig++)
			kill(1, sig == SIGTERM ? SIGHUP : sig);
		wait_ms(5);
	}
}

static void
ticks(void)
{
	for (long n = 1;; n++) {
		printf("%ld\n", n);
		fflush(stdout);
		wait_ms(20);
	}
}

int
main(int argc, char *argv[])
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (strcmp(verb, "forks") == 0)
		forks();
	else if (strcmp(verb, "memory") == 0)
		memory();
	else if (strcmp(verb, "fds") == 0)
		fds();
	else if (strcmp(verb, "ptys") == 0)
		terminals();
	else if (strcmp(verb, "ticks") == 0)
		ticks();
	else if (strcmp(verb, "signals") == 0)
		signals();
	else if (strcmp(verb, "orphans") == 0 && argc == 3)
		orphans(atoi(argv[2]));
	else if (strcmp(verb, "lines") == 0 && argc == 3)
		lines(atoi(argv[2]), "short\n", 6);
	else if (strcmp(verb, "line") == 0 && argc == 3)
		lines(atoi(argv[2]), "x", 1);
	else if (strcmp(verb, "tree") == 0 && argc == 4)
		tree(atoi(argv[2]), atoi(argv[3]));
	else
		return 99;
	return 0;
}
