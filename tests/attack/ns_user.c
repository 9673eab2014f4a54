/* SPDX-License-Identifier: ISC */
/*
 * ns_user owner FILE   prints the uid that owns the user namespace (NS_GET_OWNER_UID)
 * ns_user join FILE    tries to enter the namespace: prints "joined" or the error's name
 * TRUST: unprivileged
 * INPUT: a file of /proc/PID/ns
 * MUST: tell a file that cannot be opened from a namespace that cannot be entered
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	uid_t owner;
	int fd;

	if (argc != 3)
		errx(99, "usage");
	/* "-": a descriptor that somebody with more rights has opened. */
	fd = strcmp(argv[2], "-") == 0 ? STDIN_FILENO : open(argv[2], O_RDONLY);
	if (fd < 0) {
		printf("open: %s\n", strerrorname_np(errno));
		return (0);
	}
	if (strcmp(argv[1], "owner") == 0) {
		if (ioctl(fd, NS_GET_OWNER_UID, &owner) < 0)
			err(99, "NS_GET_OWNER_UID");
		printf("%u\n", owner);
	} else if (setns(fd, 0) == 0) {
		printf("joined\n");
	} else {
		printf("setns: %s\n", strerrorname_np(errno));
	}
	return (0);
}
