/* SPDX-License-Identifier: ISC */
/*
 * Pid 1 of a rootless engine's namespaces. Contract in innerinit.h.
 * TRUST: unprivileged
 * INPUT: descriptors of the client that started it
 * MUST: as innerinit.h says
 */
#include "client/berth/innerinit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/err.h"
#include "common/filter.h"
#include "common/io.h"

#define BIT(cap) (UINT64_C(1) << (cap))

/* As ceiling in helper/launcher/priv.c, so that a job has the same sets with and without a grant. */
static const uint64_t ceiling =
    BIT(CAP_SYS_ADMIN) | BIT(CAP_NET_ADMIN) | BIT(CAP_SETPCAP) | BIT(CAP_CHOWN) |
    BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_KILL) | BIT(CAP_SETGID) |
    BIT(CAP_SETUID) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_NET_RAW) | BIT(CAP_SYS_CHROOT) |
    BIT(CAP_MKNOD) | BIT(CAP_AUDIT_WRITE) | BIT(CAP_SETFCAP);

/* Says what went wrong the way the engine would. */
static void report(const struct inner *inner, char code, const char *what)
    __attribute__((noreturn));

static void
report(const struct inner *inner, char code, const char *what)
{
	dprintf(inner->fds[ENGINE_FD_READY], "%c%s\n%s\n", code, what, strerrordesc_np(errno));
	_exit(ERR_SYSTEM);
}

/* What the client inherited from wherever it was called is nothing for an engine that stays. */
static int
forget_client(void)
{
	const unsigned long by_default[4] = { 0 }; /* the kernel's struct sigaction */
	const struct rlimit no_core = { 0, 0 };
	sigset_t none;

	/* Not sigaction(3), which hides two signals. */
	for (int sig = 1; sig < NSIG; sig++)
		(void)!syscall(SYS_rt_sigaction, sig, by_default, NULL, sizeof(uint64_t));
	sigemptyset(&none);
	umask(0077);
	if (sigprocmask(SIG_SETMASK, &none, NULL) != 0 || setsid() <= 0 || chdir("/") != 0 ||
	    setrlimit(RLIMIT_CORE, &no_core) != 0 || personality(PER_LINUX) < 0)
		return (-1);
	/* A kernel without keyrings(7), a container's filter or the user's quota may not let it: no
	 * call that uses keys is open to the engine or a job anyhow (ceiling.list). */
	(void)!syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	return (0);
}

/* proc(5): anybody can read the command line of a process. The first call's is not this one's, nor
 * is what stood in its environment. */
static void
forget_words(void)
{
	AUTO_CLOSE int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	char *start = program_invocation_name, *end = start + strlen(start) + 1, piece[256];
	ssize_t got, len = 0;

	while (fd >= 0 && (got = read(fd, piece, sizeof(piece))) > 0)
		len += got;
	if (start + len > end)
		end = start + len;
	for (char **word = environ; *word != NULL; word++) {
		if (*word + strlen(*word) + 1 > end)
			end = *word + strlen(*word) + 1;
	}
	memset(start, 0, (size_t)(end - start));
	prctl(PR_SET_NAME, "berth-init");
}

/* Beneath it an emptied bounding set would be full again. A host that shows its /proc read-only
 * takes this one away; the filter stays. */
static void
forbid_nesting(void)
{
	AUTO_CLOSE int fd = open("/proc/sys/user/max_user_namespaces", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)!io_write_all(fd, "0", 1);
}

static int
set_ceiling(void)
{
	const struct sock_fprog prog = { filter_ceiling_len,
		(struct sock_filter *)(uintptr_t)filter_ceiling };

	for (int cap = 0; cap < 64; cap++) {
		/* EINVAL: the kernel knows no such capability, nor any after it. */
		if ((ceiling >> cap & 1) == 0 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) {
			if (errno != EINVAL)
				return (-1);
			break;
		}
		if ((ceiling >> cap & 1) == 0 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 0)
			return (-1);
	}
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) != 0)
		return (-1);
	return (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER ? 0 : -1);
}

/* First out of the way of the targets, then onto them; dup2(2) also clears close-on-exec. What fds
 * names stays valid, so that a failure can still be told. */
static int
arrange(struct inner *inner)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	inner->engine = fcntl(inner->engine, F_DUPFD_CLOEXEC, ENGINE_FD_END);
	if (inner->engine < ENGINE_FD_END || null < 0)
		return (-1);
	for (int i = ENGINE_FD_SOCKET; i < ENGINE_FD_END; i++) {
		int high = fcntl(inner->fds[i], F_DUPFD_CLOEXEC, ENGINE_FD_END);

		if (high < ENGINE_FD_END)
			return (-1);
		inner->fds[i] = high;
	}
	null = fcntl(null, F_DUPFD_CLOEXEC, ENGINE_FD_END);
	for (int i = 0; i < ENGINE_FD_END; i++) {
		if (dup2(i < ENGINE_FD_SOCKET ? null : inner->fds[i], i) != i)
			return (-1);
	}
	return (close_range(ENGINE_FD_END, ~0U, CLOSE_RANGE_CLOEXEC));
}

static void execute(struct inner *inner) __attribute__((noreturn));

static void
execute(struct inner *inner)
{
	char name[] = "berth-engine";
	char *const argv[] = { name, NULL }, *const envp[] = { NULL };

	if (arrange(inner) == 0 && set_ceiling() == 0)
		execveat(inner->engine, "", argv, envp, AT_EMPTY_PATH);
	report(inner, ERR_SYSTEM, "cannot execute the engine");
}

static void reap(void) __attribute__((noreturn));

static void
reap(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[2] = { { 0, 0, 0 } };

	/* Nothing that it does from here on needs any of it. */
	if (close_range(0, ~0U, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || syscall(SYS_capset, &header, none) != 0)
		_exit(ERR_SYSTEM);
	for (;;) {
		if (waitpid(-1, NULL, __WALL) < 0 && errno == ECHILD)
			_exit(0);
	}
}

void
inner_run(struct inner *inner)
{
	char go;
	pid_t pid;

	if (forget_client() != 0)
		report(inner, ERR_SYSTEM, "cannot leave the caller's session");
	forget_words();
	if (read(inner->go, &go, 1) != 1)
		_exit(ERR_SYSTEM);
	/* Only now, for who is not dumpable has a uid_map that is root's to write. */
	if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_GET_DUMPABLE) != 0)
		report(inner, ERR_SYSTEM, "cannot forbid tracing");
	/* Mounts of the host arrive, none of ours leaves. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
		report(inner, INNER_CLOSED, "cannot separate the mount namespace");
	forbid_nesting();
	pid = fork();
	if (pid == 0)
		execute(inner);
	if (pid < 0)
		report(inner, ERR_SYSTEM, "cannot start the engine");
	reap();
}
