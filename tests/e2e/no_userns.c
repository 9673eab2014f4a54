/* SPDX-License-Identifier: ISC */
/*
 * no_userns UID PROGRAM ARGS...: runs a program, a setuid one too, as UID on a kernel that seems to
 * have user.max_user_namespaces=0: clone3(2) with CLONE_NEWUSER fails with ENOSPC, in all that it
 * starts. Not every root may set the switch itself, and nobody likes it set on a host at work.
 * TRUST: unprivileged
 * INPUT: a test's words
 * MUST: be root, or the setuid bit of a traced program has no effect
 */
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS                                                                                   \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
	    PTRACE_O_EXITKILL)

static bool
wants_namespace(pid_t pid, const struct user_regs_struct *regs)
{
	uint64_t flags = 0;
	struct iovec local = { &flags, sizeof(flags) };
	struct iovec remote = { (void *)(uintptr_t)regs->rdi, sizeof(flags) };

	return regs->orig_rax == SYS_clone3 &&
	       process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)sizeof(flags) &&
	       (flags & CLONE_NEWUSER) != 0;
}

/* Entry and exit of a system call look alike: at the exit rax is no longer -ENOSYS. */
static void
at_call(pid_t pid)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0 || (long)regs.rax != -ENOSYS ||
	    !wants_namespace(pid, &regs))
		return;
	/* No such call; it returns ENOSYS, which the next stop makes ENOSPC. */
	regs.orig_rax = (unsigned long)-1;
	ptrace(PTRACE_SETREGS, pid, NULL, &regs);
	ptrace(PTRACE_SYSCALL, pid, NULL, 0);
	waitpid(pid, NULL, __WALL);
	regs.rax = (unsigned long)-ENOSPC;
	ptrace(PTRACE_SETREGS, pid, NULL, &regs);
}

static int
follow(pid_t first)
{
	int status, result = 99;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int deliver = 0;

		if (!WIFSTOPPED(status)) {
			if (pid == first)
				return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			at_call(pid);
		else if (WSTOPSIG(status) != SIGSTOP && WSTOPSIG(status) != SIGTRAP)
			deliver = WSTOPSIG(status);
		ptrace(PTRACE_SYSCALL, pid, NULL, deliver);
	}
	return result;
}

int
main(int argc, char *argv[])
{
	uid_t uid = argc > 2 ? (uid_t)strtoul(argv[1], NULL, 10) : 0;
	pid_t pid = argc > 2 ? fork() : -1;

	if (pid < 0)
		errx(99, "usage");
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		if (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 ||
		    setresuid(uid, uid, uid) != 0)
			err(99, "ids");
		execve(argv[2], argv + 2, (char *[]){ NULL });
		err(99, "%s", argv[2]);
	}
	waitpid(pid, NULL, 0);
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, OPTIONS) != 0)
		err(99, "ptrace");
	ptrace(PTRACE_SYSCALL, pid, NULL, 0);
	return follow(pid);
}
