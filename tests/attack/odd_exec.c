/* SPDX-License-Identifier: ISC */
/*
 * Executes a program the way no shell does:
 *	odd_exec argc0 PROGRAM                 with no argument at all, not even a name
 *	odd_exec ids R,E,S R,E,S PROGRAM ARGS  with these user and group ids (real, effective, saved)
 *	odd_exec fds HIGH LIMIT PROGRAM ARGS   with descriptors of many kinds up to HIGH, and then
 *	                                       RLIMIT_NOFILE lowered to LIMIT
 *	odd_exec environ KIND PROGRAM ARGS     environments that are malformed: twice, bare, many
 * TRUST: unprivileged
 * INPUT: a test's words
 * MUST: fail loudly when the odd state could not be made
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MANY 20000

extern char **environ;

static void
parse_ids(const char *text, unsigned int ids[3])
{
	if (sscanf(text, "%u,%u,%u", &ids[0], &ids[1], &ids[2]) != 3)
		errx(99, "not three ids: %s", text);
}

static void
set_ids(char *argv[])
{
	unsigned int uid[3], gid[3];

	parse_ids(argv[0], uid);
	parse_ids(argv[1], gid);
	if (setresgid(gid[0], gid[1], gid[2]) < 0 || setresuid(uid[0], uid[1], uid[2]) < 0)
		err(99, "setresuid");
}

/* A descriptor of the i-th kind. */
static int
open_one(int i)
{
	int pair[2];

	switch (i % 7) {
	case 0:
		return (open("/", O_RDONLY | O_DIRECTORY));
	case 1:
		return (open("/", O_PATH));
	case 2:
		return (memfd_create("odd", 0));
	case 3:
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
			return (-1);
		close(pair[1]);
		return (pair[0]);
	case 4:
		return (open("/dev/ptmx", O_RDWR | O_NOCTTY));
	case 5:
		return (open("/proc/self/ns/mnt", O_RDONLY));
	default:
		return (open("/proc/self/ns/user", O_RDONLY));
	}
}

static void
open_fds(char *argv[])
{
	int high = atoi(argv[0]);
	struct rlimit limit;

	for (int i = 3; i <= high; i++) {
		int fd = open_one(i);

		/* Ones that run out of their own kind are replaced. */
		if (fd < 0)
			fd = open("/", O_PATH);
		if (fd < 0)
			err(99, "descriptor %d", i);
		if (fd != i && (dup2(fd, i) < 0 || close(fd) < 0))
			err(99, "descriptor %d", i);
	}
	limit.rlim_cur = limit.rlim_max = (rlim_t)atoi(argv[1]);
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		err(99, "setrlimit");
}

static void
set_environ(const char *kind)
{
	static char path[] = "PATH=/tmp/trap", other[] = "PATH=/tmp/trap/2";
	static char bare[] = "BARE", nothing[] = "", equals[] = "=", pair[] = "A=B";
	static char *block[MANY + 1];

	if (strcmp(kind, "twice") == 0) {
		block[0] = path, block[1] = other;
	} else if (strcmp(kind, "bare") == 0) {
		block[0] = bare, block[1] = nothing, block[2] = equals;
	} else {
		for (int i = 0; i < MANY; i++)
			block[i] = pair;
	}
	environ = block;
}

int
main(int argc, char *argv[])
{
	char *none[] = { NULL };

	if (argc == 3 && strcmp(argv[1], "argc0") == 0)
		execve(argv[2], none, environ);
	else if (argc > 4 && strcmp(argv[1], "ids") == 0)
		set_ids(argv + 2), argv += 4;
	else if (argc > 4 && strcmp(argv[1], "fds") == 0)
		open_fds(argv + 2), argv += 4;
	else if (argc > 3 && strcmp(argv[1], "environ") == 0)
		set_environ(argv[2]), argv += 3;
	else
		errx(99, "usage");
	execv(argv[0], argv);
	err(99, "%s", argv[0]);
}
