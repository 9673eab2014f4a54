/* SPDX-License-Identifier: ISC */
/*
 * Prints "RUID:EUID RGID:EGID CAPEFF" of itself, and with an argument stays for some seconds.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: need nothing but itself: it is copied into images
 */
#include <inttypes.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	(void)argv;
	if (syscall(SYS_capget, &head, data) != 0)
		return 99;
	printf("%u:%u %u:%u %08" PRIx32 "%08" PRIx32 "\n", getuid(), geteuid(), getgid(), getegid(),
	    data[1].effective, data[0].effective);
	fflush(stdout);
	if (argc > 1)
		sleep(1000);
	return 0;
}
