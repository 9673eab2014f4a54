/* SPDX-License-Identifier: ISC */
/*
 * The network of a job: see netns.h.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: as in netns.h
 */
#include "client/engine/job/netns.h"

#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/io.h"

int
netns_make(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int AUTO_CLOSE fd = -1;

	if (unshare(CLONE_NEWNET) == -1)
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return fd == -1 ? -1 : ioctl(fd, SIOCSIFFLAGS, &request);
}
