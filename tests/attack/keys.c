/* SPDX-License-Identifier: ISC */
/*
 * Keys of the kernel, by system call: there need be no keyctl(1).
 *	keys with PROGRAM ARGS    runs it with a session keyring that has a key of type "user" named
 *	                          berth-test-key, which only who possesses the keyring can see
 *	keys try                  a line "CALL RESULT" for each call that would use keys; prints what
 *	                          the test's key holds if it can be had
 *	keys session              the serial number of the session keyring, or the name of the error
 * TRUST: unprivileged
 * INPUT: a test's words
 * MUST: fail loudly when the key could not be made
 */
#include <err.h>
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define POSSESSOR_ONLY 0x3f000000UL
#define NAME "berth-test-key"

static void
say(const char *what, long got)
{
	printf("%s %s\n", what, got >= 0 ? "ok" : strerrorname_np(errno));
}

static void
with_key(char *argv[])
{
	long key;

	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		err(99, "session keyring");
	key = syscall(
	    SYS_add_key, "user", NAME, "berth-test-secret", (size_t)17, KEY_SPEC_SESSION_KEYRING);
	if (key < 0 || syscall(SYS_keyctl, KEYCTL_SETPERM, key, POSSESSOR_ONLY) < 0)
		err(99, "key");
	execv(argv[0], argv);
	err(99, "%s", argv[0]);
}

static void
try(void)
{
	char text[64] = "";
	long key;

	key = syscall(SYS_request_key, "user", NAME, NULL, 0);
	say("request_key", key);
	if (key >= 0 && syscall(SYS_keyctl, KEYCTL_READ, key, text, sizeof(text) - 1) > 0)
		printf("read %s\n", text);
	say("session", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0));
	say("user", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 0));
	say("join", syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL));
	say("persistent", syscall(SYS_keyctl, KEYCTL_GET_PERSISTENT, -1, KEY_SPEC_PROCESS_KEYRING));
	say("add_key", syscall(SYS_add_key, "user", "x", "y", (size_t)1, KEY_SPEC_PROCESS_KEYRING));
}

int
main(int argc, char *argv[])
{
	long session;

	if (argc > 2 && strcmp(argv[1], "with") == 0)
		with_key(argv + 2);
	if (argc == 2 && strcmp(argv[1], "try") == 0) {
		try();
		return (0);
	}
	session = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
	printf("%s\n", session >= 0 ? "ok" : strerrorname_np(errno));
	return (0);
}
