/* SPDX-License-Identifier: ISC */
/*
 * Stands in for berth-engine in tests of keyrings: says over the ready pipe which keys it can see,
 * and what comes of each call that would use them, as a start that failed would; then ends.
 * TRUST: unprivileged
 * INPUT: the descriptors of enum engine_fd; /proc/keys
 * MUST: change nothing
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/facts.h"

static const char *
result(long got)
{
	return (got >= 0 ? "ok" : strerrorname_np(errno));
}

int
main(void)
{
	static char keys[1 << 16];
	int fd = open("/proc/keys", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, keys, sizeof(keys) - 1);
	int lines = 0;

	for (ssize_t i = 0; i < len; i++)
		lines += keys[i] == '\n';
	dprintf(ENGINE_FD_READY, "%c%s caller=%d\n", 71, len > 0 ? "keys seen" : "no key seen",
	    strstr(keys, "berth-test-key") != NULL);
	dprintf(ENGINE_FD_READY, "keyctl=%s ",
	    result(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0)));
	dprintf(ENGINE_FD_READY, "request_key=%s ",
	    result(syscall(SYS_request_key, "user", "berth-test-key", NULL, 0)));
	dprintf(ENGINE_FD_READY, "add_key=%s\n",
	    result(syscall(SYS_add_key, "user", "x", "y", (size_t)1, KEY_SPEC_SESSION_KEYRING)));
	dprintf(ENGINE_FD_READY, "lines=%d", lines);
	return (0);
}
