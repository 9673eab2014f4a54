/* SPDX-License-Identifier: ISC */
/*
 * Every way into the kernel, tried: what the filters of this process say to it, and what comes of it.
 *   calls [-w FILE] table FIRST LAST   each call number from FIRST to LAST
 *   calls [-w FILE] arguments    calls whose arguments a filter looks at, or ought to
 *   calls [-w FILE] beyond       numbers above all that exist, and with the bit of x32
 *   calls compat LAST            each number of the 32-bit table through int 0x80, socketcall too
 *   calls [-w FILE] reach        what needs more than a call: netlink's subsystems, the first process
 *   calls filters PID            the filters of another process (for root), for -w FILE
 * A row is "KEY FILTER RESULT". KEY: a number, or NAME(ARGUMENT). FILTER: pass, or the error that the
 * filter gives; several, when they depend on the arguments (all bits set, 0, 1); -: not asked. RESULT: ok, an error,
 * a signal, ended, hangs; untried where that would do harm. -w: with these filters besides; they are
 * installed in children alone. As berth-engine it takes these words, lines of them, from engine-tries in the
 * policy directory, writes the rows to /tmp/calls and stays.
 * FILTER is found without the call being made: a filter of our own sends it to a tracer, unless
 * another one has refused it.
 * TRUST: unprivileged
 * INPUT: the command line
 * MUST: a process for each attempt, an end for each; no argument with which a call has an effect
 *       beyond that process; make the calls themselves, with no C library between.
 */
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/facts.h"

#ifndef __x86_64__
#error "the table is that of x86-64"
#endif

#define ALL_BITS (~0UL)
#define HIGH (1UL << 32)
#define SIGN 0xffffffff00000000UL
#define X32_BIT 0x40000000UL
#define FAMILIES 64UL
#define OPTIONS 80UL
#define MARK 0x62657274U /* in the sixth argument: a call whose filter is asked for */
#define FILTERS_MAX 8
#define HANG_SECONDS 60
#define NOT_THERE (-5000L) /* no result was stored */

#define NUMBERS_MAX 1024U

struct attempt {
	unsigned long nr;
	unsigned long args[6];
};

/* A child tells its parent by memory: a filter may leave it no other way. */
static struct {
	struct attempt asked;
	volatile long result;
	volatile unsigned int next; /* int 0x80: the number that is tried now */
	volatile long results[NUMBERS_MAX];
} * shared;

static struct sock_filter insns[FILTERS_MAX][BPF_MAXINSNS];
static struct sock_fprog extra[FILTERS_MAX];
static int nextra;

static inline long
call(const struct attempt *a)
{
	register unsigned long r10 __asm__("r10") = a->args[3];
	register unsigned long r8 __asm__("r8") = a->args[4];
	register unsigned long r9 __asm__("r9") = a->args[5];
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(a->nr), "D"(a->args[0]), "S"(a->args[1]), "d"(a->args[2]), "r"(r10),
			 "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return (result);
}

static inline void
leave(void)
{
	const struct attempt end = { SYS_exit_group, { 0 } };

	call(&end);
	__builtin_trap();
}

static void
install(const struct sock_fprog *prog)
{
	const struct attempt set = { SYS_seccomp,
		{ SECCOMP_SET_MODE_FILTER, 0, (unsigned long)prog, 0, 0, 0 } };

	if (call(&set) != 0)
		leave();
}

static void
install_extra(void)
{
	if (nextra > 0)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (int i = 0; i < nextra; i++)
		install(&extra[i]);
}

static const char *
name_of(long result)
{
	if (result == NOT_THERE)
		return ("ended");
	return (result >= 0 || result < -4095 ? "ok" : strerrorname_np((int)-result));
}

static const char *
signal_name(int sig)
{
	static char name[32];

	snprintf(name, sizeof(name), "SIG%s", sigabbrev_np(sig));
	return (name);
}

/* --- what the filters say ----------------------------------------------------------------------- */

/* Makes the call that its tracer has put there, again and again; each time it stops before that. */
static void
answer_as_child(void)
{
	struct sock_filter marked[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MARK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(marked) / sizeof(marked[0]), marked };

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	install(&prog);
	install_extra();
	for (;;) {
		__asm__ volatile("int3" ::: "memory");
		shared->result = call(&shared->asked);
	}
}

/* To its next stop, whose status it gives. */
static int
step(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_CONT, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) != pid)
		err(99, "cannot trace");
	return (status);
}

static pid_t
start_answering(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		answer_as_child();
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) < 0)
		err(99, "cannot trace");
	status = step(pid);
	if (!WIFSTOPPED(status) || status >> 8 != SIGTRAP)
		errx(99, "cannot install a filter");
	return (pid);
}

/* Where it is refused, the call was made, and this is what came of it. */
static const char *
ask(const struct attempt *a)
{
	static pid_t pid;
	int status;

	if (pid == 0)
		pid = start_answering();
	shared->asked = *a;
	shared->asked.args[5] = MARK;
	shared->result = NOT_THERE;
	status = step(pid);
	if (WIFSTOPPED(status) && status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
		ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), -1L);
		if (step(pid) >> 8 != SIGTRAP)
			errx(99, "call %lu was to be left out", a->nr);
		return ("pass");
	}
	if (WIFSTOPPED(status) && status >> 8 == SIGTRAP)
		return (name_of(shared->result));
	/* A filter, or the kernel in spite of all filters, has sent it a signal. */
	kill(pid, SIGKILL);
	if (WIFSTOPPED(status))
		waitpid(pid, NULL, 0);
	pid = 0;
	return (signal_name(WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status)));
}

/* --- what comes of it --------------------------------------------------------------------------- */

static void
nothing(int sig)
{
	(void)sig;
}

static void
try_as_child(struct attempt a)
{
	const struct sigaction act = { .sa_handler = nothing };
	/* The one that waits for a signal, and soon; any other that would wait. */
	const struct itimerval timer = { .it_value = { a.nr == SYS_pause ? 0 : 20, 100000 } };
	const bool forks = a.nr == SYS_fork || a.nr == SYS_vfork || a.nr == SYS_clone;
	long result;

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	install_extra();
	result = call(&a);
	if (forks && result == 0)
		leave();
	shared->result = result;
	leave();
}

static const char *
end_of(pid_t pid)
{
	const struct timespec limit = { HANG_SECONDS, 0 };
	sigset_t child;
	int status;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (sigtimedwait(&child, NULL, &limit) > 0)
			continue;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return ("hangs");
	}
	if (WIFSIGNALED(status))
		return (signal_name(WTERMSIG(status)));
	return (name_of(shared->result));
}

static const char *
try(const struct attempt *a)
{
	pid_t pid;

	shared->result = NOT_THERE;
	pid = fork();
	if (pid == 0)
		try_as_child(*a);
	return (end_of(pid));
}

/* --- rows --------------------------------------------------------------------------------------- */

/* Where all bits set are no nonsense to the kernel, or another kind of nonsense by its configuration. */
static const struct attempt gentle[] = {
	{ SYS_msgget, { MARK, 0, 0, 0, 0, 0 } },
	{ SYS_semget, { MARK, 1, 0, 0, 0, 0 } },
	{ SYS_shmget, { MARK, 1, 0, 0, 0, 0 } },
	{ SYS_futex, { 0, 1, 0, 0, 0, 0 } },
	{ SYS_modify_ldt, { 0, 0, 0, 0, 0, 0 } },
};

static struct attempt
harmless(unsigned long nr)
{
	struct attempt a = { nr, { ALL_BITS, ALL_BITS, ALL_BITS, ALL_BITS, ALL_BITS, ALL_BITS } };

	for (size_t i = 0; i < sizeof(gentle) / sizeof(gentle[0]); i++) {
		if (gentle[i].nr == nr)
			return (gentle[i]);
	}
	return (a);
}

static const char *
same_bits(unsigned long nr, unsigned long bits)
{
	return (ask(&(struct attempt){ nr, { bits, bits, bits, bits, bits, bits } }));
}

static void
number_row(unsigned long nr)
{
	const struct attempt a = harmless(nr);
	const char *all = same_bits(nr, ALL_BITS);
	bool passes = strcmp(all, "pass") == 0;
	const char *zero, *one;

	printf("%lu %s", nr, all);
	zero = same_bits(nr, 0);
	one = same_bits(nr, 1);
	if (strcmp(all, zero) != 0 || strcmp(all, one) != 0)
		printf("|%s|%s", zero, one);
	/* sync(2) takes no argument, and the time that the host's disks take. */
	printf(" %s\n", !passes ? all : nr == SYS_sync ? "untried" : try(&a));
}

/* One whose arguments count. Where it passes it is made only if it is harmless then. */
static void
argument_row(const char *key, struct attempt a, bool harmless_if_it_passes)
{
	const char *filter = ask(&a);

	printf("%s %s %s\n", key, filter,
	    strcmp(filter, "pass") != 0 ? filter
	    : harmless_if_it_passes	? try(&a)
					: "untried");
}

static void
row_of(const char *name, const char *what, struct attempt a, bool harmless_if_it_passes)
{
	char key[64];

	snprintf(key, sizeof(key), "%s(%s)", name, what);
	argument_row(key, a, harmless_if_it_passes);
}

static void
row_by_number(const char *name, unsigned long value, struct attempt a, bool harmless_if_it_passes)
{
	char what[32];

	snprintf(what, sizeof(what), value < 1024 ? "%lu" : "0x%lx", value);
	row_of(name, what, a, harmless_if_it_passes);
}

static void
socket_rows(void)
{
	const unsigned long tricky[] = { AF_UNIX | HIGH, AF_ALG | HIGH, AF_VSOCK | HIGH,
		AF_ALG | SIGN, AF_VSOCK | SIGN, ALL_BITS, 0xffffffffUL };
	static int pair[2];

	for (unsigned long f = 0; f < FAMILIES; f++) {
		row_by_number("socket", f, (struct attempt){ SYS_socket, { f, SOCK_DGRAM } }, true);
		row_by_number("socketpair", f,
		    (struct attempt){ SYS_socketpair, { f, SOCK_STREAM, 0, (unsigned long)pair } },
		    true);
	}
	/* Its algorithms take this type and no other. */
	row_of("socket", "AF_ALG,SOCK_SEQPACKET",
	    (struct attempt){ SYS_socket, { AF_ALG, SOCK_SEQPACKET } }, true);
	row_of("socket", "AF_VSOCK,SOCK_STREAM",
	    (struct attempt){ SYS_socket, { AF_VSOCK, SOCK_STREAM } }, true);
	for (size_t i = 0; i < sizeof(tricky) / sizeof(tricky[0]); i++)
		row_by_number("socket", tricky[i],
		    (struct attempt){ SYS_socket, { tricky[i], SOCK_SEQPACKET } }, true);
}

static void
ioctl_rows(void)
{
	static const struct {
		const char *name;
		unsigned long request;
	} requests[] = {
		{ "TIOCSTI", TIOCSTI },
		{ "TIOCLINUX", TIOCLINUX },
		{ "TCGETS", TCGETS },
		{ "TIOCGWINSZ", TIOCGWINSZ },
	};
	char what[32];

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		unsigned long request = requests[i].request;

		row_of("ioctl", requests[i].name,
		    (struct attempt){ SYS_ioctl, { ALL_BITS, request } }, true);
		for (unsigned int bit = 32; bit < 64; bit += bit % 16 == 15 ? 1 : 15) {
			snprintf(what, sizeof(what), "%s+bit%u", requests[i].name, bit);
			row_of("ioctl", what,
			    (struct attempt){ SYS_ioctl, { ALL_BITS, request | 1UL << bit } },
			    true);
		}
		snprintf(what, sizeof(what), "%s+sign", requests[i].name);
		row_of("ioctl", what, (struct attempt){ SYS_ioctl, { ALL_BITS, request | SIGN } },
		    true);
	}
}

static void
process_rows(void)
{
	const unsigned long personas[] = { 0, 1, 8, 0x20000, 0x20008, 0x40000, 0x400000, 0x8000000,
		0xffffffff, HIGH, 8 | HIGH, 0x40000 | HIGH, ALL_BITS };

	for (unsigned int bit = 8; bit < 64; bit++)
		row_by_number("clone", 1UL << bit,
		    (struct attempt){ SYS_clone, { 1UL << bit | SIGCHLD } }, false);
	/* In the place of the signal, where clone3 has another flag. */
	row_by_number("clone", 0x80, (struct attempt){ SYS_clone, { 0x80 } }, false);
	for (unsigned int bit = 0; bit < 33; bit++) {
		row_by_number(
		    "unshare", 1UL << bit, (struct attempt){ SYS_unshare, { 1UL << bit } }, false);
		row_by_number("setns", 1UL << bit,
		    (struct attempt){ SYS_setns, { ALL_BITS, 1UL << bit } }, false);
	}
	for (size_t i = 0; i < sizeof(personas) / sizeof(personas[0]); i++)
		row_by_number("personality", personas[i],
		    (struct attempt){ SYS_personality, { personas[i] } }, false);
	for (unsigned long option = 0; option < OPTIONS; option++)
		row_by_number("prctl", option, (struct attempt){ SYS_prctl, { option } }, false);
	for (unsigned long fd = 0; fd < 9; fd++) {
		row_by_number("write", fd, (struct attempt){ SYS_write, { fd } }, false);
		row_by_number("close", fd, (struct attempt){ SYS_close, { fd } }, false);
		row_by_number("pidfd_send_signal:9", fd,
		    (struct attempt){ SYS_pidfd_send_signal, { fd, SIGKILL } }, false);
		row_by_number("pidfd_send_signal:15", fd,
		    (struct attempt){ SYS_pidfd_send_signal, { fd, SIGTERM } }, false);
		row_by_number(
		    "write", fd | HIGH, (struct attempt){ SYS_write, { fd | HIGH } }, false);
	}
}

/* The first process, which is a job's supervisor; and by way of users, who are 0 for oneself. */
static void
first_rows(void)
{
	static const struct {
		const char *name;
		unsigned long nr;
		unsigned long args[3]; /* ALL_BITS: the process */
	} calls[] = {
		{ "prlimit64:read", SYS_prlimit64, { ALL_BITS, 7, 0 } },
		{ "prlimit64", SYS_prlimit64, { ALL_BITS, 7, MARK } },
		{ "sched_setaffinity", SYS_sched_setaffinity, { ALL_BITS, 8, MARK } },
		{ "sched_setscheduler", SYS_sched_setscheduler, { ALL_BITS, 5, MARK } },
		{ "sched_setparam", SYS_sched_setparam, { ALL_BITS, MARK } },
		{ "sched_setattr", SYS_sched_setattr, { ALL_BITS, MARK } },
		{ "setpriority:process", SYS_setpriority, { 0, ALL_BITS, 19 } },
		{ "setpriority:group", SYS_setpriority, { 1, ALL_BITS, 19 } },
		{ "setpriority:user", SYS_setpriority, { 2, ALL_BITS, 19 } },
		{ "ioprio_set:process", SYS_ioprio_set, { 1, ALL_BITS, 0x6000 } },
		{ "ioprio_set:group", SYS_ioprio_set, { 2, ALL_BITS, 0x6000 } },
		{ "ioprio_set:user", SYS_ioprio_set, { 3, ALL_BITS, 0x6000 } },
	};
	const unsigned long who[] = { 0, 1, 2, HIGH, 1 | HIGH, 1 | SIGN };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (size_t n = 0; n < sizeof(who) / sizeof(who[0]); n++) {
			struct attempt a = { calls[i].nr, { 0 } };

			for (size_t arg = 0; arg < 3; arg++)
				a.args[arg] =
				    calls[i].args[arg] == ALL_BITS ? who[n] : calls[i].args[arg];
			row_by_number(calls[i].name, who[n], a, false);
		}
	}
}

static void
argument_rows(void)
{
	socket_rows();
	ioctl_rows();
	process_rows();
	first_rows();
}

static void
table_rows(unsigned long first, unsigned long last)
{
	for (unsigned long nr = first; nr <= last; nr++)
		number_row(nr);
}

/* Far above what is known, at the ends of the number's type, and what x32 would have. */
static void
beyond_rows(void)
{
	const unsigned long numbers[] = { 1023, 1024, 1025, 4095, 4096, 0xffff, 0x10000, 0x3fffffff,
		0x7fffffff, 0x80000000, 0xbfffffff, 0xfffffffe };
	const unsigned long lists[] = { SYS_read, SYS_getpid, SYS_socket, SYS_mount, SYS_bpf,
		SYS_io_uring_setup, 512, 520, 547, 600 };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		number_row(numbers[i]);
	/* The native number and the bit: with x32 in the kernel these are the same calls. */
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		number_row(lists[i] | X32_BIT);
	/* The upper half of the register is not part of the number. */
	number_row(SYS_mount | HIGH);
}

/* --- what the kernel answers beyond the call -------------------------------------------------------- */

/* Sends one request of a subsystem, asks for the answer, and gives it as a call would. */
static long
netlink(int protocol, unsigned short type, const void *body, size_t len)
{
	struct {
		struct nlmsghdr head;
		char body[64];
	} message = { { (unsigned int)(NLMSG_HDRLEN + len), type, NLM_F_REQUEST | NLM_F_ACK, 1, 0 },
		{ 0 } };
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[8192];
	} answer;
	const struct timeval limit = { 20, 0 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return (-errno);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	memcpy(message.body, body, len);
	if (send(fd, &message, NLMSG_HDRLEN + len, 0) < 0)
		return (-errno);
	if (recv(fd, &answer, sizeof(answer), 0) < (ssize_t)sizeof(answer.head))
		return (-errno);
	close(fd);
	return (answer.head.nlmsg_type == NLMSG_ERROR ? answer.error.error : 0);
}

static void
say(const char *key, long result)
{
	printf("%s pass %s\n", key, name_of(result));
}

static void
reach_rows(void)
{
	const struct ifinfomsg up = {
		.ifi_family = AF_UNSPEC, .ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP
	};
	const struct tcmsg queue = {
		.tcm_ifindex = 1, .tcm_handle = 0x10000, .tcm_parent = TC_H_ROOT
	};
	const struct nfgenmsg nft = { AF_INET, NFNETLINK_V0, 0 };
	const unsigned int flags = 0;
	long result;

	say("route(RTM_NEWLINK)", netlink(NETLINK_ROUTE, RTM_NEWLINK, &up, sizeof(up)));
	say("route(RTM_NEWQDISC)", netlink(NETLINK_ROUTE, RTM_NEWQDISC, &queue, sizeof(queue)));
	say("route(RTM_NEWTFILTER)", netlink(NETLINK_ROUTE, RTM_NEWTFILTER, &queue, sizeof(queue)));
	say("netfilter(nftables)",
	    netlink(
		NETLINK_NETFILTER, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, &nft, sizeof(nft)));
	say("netfilter(ipset)",
	    netlink(NETLINK_NETFILTER, NFNL_SUBSYS_IPSET << 8 | 1, &nft, sizeof(nft)));
	say("netfilter(queue)",
	    netlink(NETLINK_NETFILTER, NFNL_SUBSYS_QUEUE << 8 | 2, &nft, sizeof(nft)));
	say("xfrm(GETSPDINFO)", netlink(NETLINK_XFRM, XFRM_MSG_GETSPDINFO, &flags, sizeof(flags)));
	say("audit(AUDIT_SET)", netlink(NETLINK_AUDIT, AUDIT_SET, &flags, sizeof(flags)));
	result = ptrace(PTRACE_SEIZE, 1, NULL, NULL);
	say("ptrace(1)", result < 0 ? -errno : result);
}

/* --- the 32-bit entry --------------------------------------------------------------------------- */

static long
call32(unsigned int nr, unsigned int first, unsigned int second)
{
	int result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(nr), "b"(first), "c"(second), "d"(~0U), "S"(~0U), "D"(~0U)
			 : "r8", "r9", "r10", "r11", "memory");
	return (result);
}

/* Tries from shared->next on, up to last, as long as it lives. */
static void
try32_as_child(unsigned int last)
{
	const struct sigaction act = { .sa_handler = nothing };
	long result;

	sigaction(SIGALRM, &act, NULL);
	for (; shared->next <= last; shared->next++) {
		unsigned int nr = shared->next;
		/* 29: pause */
		const struct itimerval timer = { .it_value = { nr == 29 ? 0 : 20, 100000 } };

		/* 36: sync */
		if (nr == 36)
			continue;
		setitimer(ITIMER_REAL, &timer, NULL);
		result = call32(nr, ~0U, ~0U);
		/* fork, clone, vfork */
		if (result == 0 && (nr == 2 || nr == 120 || nr == 190))
			leave();
		shared->results[nr] = result;
	}
	leave();
}

/* Each number with all bits set. What ends the one who tries is its result. */
static void
numbers32(unsigned int last)
{
	unsigned int begin = 0;
	const char *end;
	pid_t pid;

	while (begin <= last && last < NUMBERS_MAX) {
		shared->result = NOT_THERE;
		shared->next = begin;
		pid = fork();
		if (pid == 0)
			try32_as_child(last);
		end = end_of(pid);
		for (; begin < shared->next; begin++) {
			if (begin != 36)
				printf("i386:%u - %s\n", begin, name_of(shared->results[begin]));
		}
		if (begin <= last)
			printf("i386:%u - %s\n", begin++, end);
	}
}

static void
socketcalls(void)
{
	unsigned int *args = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (args == MAP_FAILED)
		err(99, "mmap");
	/* SYS_SOCKET: the family is in memory, where no filter can look at it. */
	for (unsigned int family = AF_UNIX; family <= AF_VSOCK; family++) {
		if (family != AF_UNIX && family != AF_INET && family < AF_ALG)
			continue;
		args[0] = family;
		args[1] = family == AF_ALG ? SOCK_SEQPACKET : SOCK_DGRAM;
		args[2] = 0;
		printf("socketcall(%u) - %s\n", family,
		    name_of(call32(102, 1, (unsigned int)(uintptr_t)args)));
	}
}

static void
compat_rows(unsigned int last)
{
	numbers32(last);
	socketcalls();
}

/* --- filters of others -------------------------------------------------------------------------- */

static int
print_filters(pid_t pid)
{
	static struct sock_filter found[BPF_MAXINSNS];
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 || waitpid(pid, &status, __WALL) != pid)
		err(99, "cannot trace");
	for (long i = 0;; i++) {
		long n = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, i, found);

		if (n < 0 && errno == ENOENT)
			return (i == 0);
		if (n < 0)
			err(99, "cannot read its filters");
		printf("%ld\n", n);
		for (long j = 0; j < n; j++)
			printf(
			    "%x %x %x %x\n", found[j].code, found[j].jt, found[j].jf, found[j].k);
	}
}

static void
read_filters(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned int n;

	if (file == NULL)
		err(99, "%s", path);
	while (nextra < FILTERS_MAX && fscanf(file, "%u", &n) == 1) {
		for (unsigned int i = 0; i < n; i++) {
			unsigned int code, jt, jf, k;

			if (n > BPF_MAXINSNS ||
			    fscanf(file, "%x %x %x %x", &code, &jt, &jf, &k) != 4)
				errx(99, "%s: not what filters prints", path);
			insns[nextra][i] = (struct sock_filter){ (unsigned short)code,
				(unsigned char)jt, (unsigned char)jf, k };
		}
		extra[nextra].len = (unsigned short)n;
		extra[nextra].filter = insns[nextra];
		nextra++;
	}
	fclose(file);
	if (nextra == 0)
		errx(99, "%s: no filter in it", path);
}

static bool
print_rows(int argc, char *const argv[])
{
	const char *verb = argc > 0 ? argv[0] : "";

	if (strcmp(verb, "table") == 0 && argc == 3)
		table_rows(strtoul(argv[1], NULL, 10), strtoul(argv[2], NULL, 10));
	else if (strcmp(verb, "arguments") == 0)
		argument_rows();
	else if (strcmp(verb, "beyond") == 0)
		beyond_rows();
	else if (strcmp(verb, "reach") == 0)
		reach_rows();
	else if (strcmp(verb, "compat") == 0 && argc == 2)
		compat_rows((unsigned int)strtoul(argv[1], NULL, 10));
	else
		return (false);
	return (true);
}

/* --- as the engine ------------------------------------------------------------------------------ */

static void
engine(void)
{
	int fd = openat(ENGINE_FD_POLICY, "engine-tries", O_RDONLY | O_CLOEXEC);
	FILE *tries = fd < 0 ? NULL : fdopen(fd, "r");
	char line[64], *words[4];

	if (tries == NULL || write(ENGINE_FD_READY, "R", 1) != 1 || close(ENGINE_FD_READY) < 0 ||
	    freopen("/tmp/calls.part", "we", stdout) == NULL)
		exit(1);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), tries) != NULL) {
		int n = 0;

		for (char *word = strtok(line, " \n"); word != NULL && n < 4;
		     word = strtok(NULL, " \n"))
			words[n++] = word;
		if (!print_rows(n, words))
			exit(1);
	}
	fflush(stdout);
	if (rename("/tmp/calls.part", "/tmp/calls") < 0)
		exit(1);
	for (;;)
		pause();
}

static void
prepare(void)
{
	sigset_t child;

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	shared =
	    mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		err(99, "mmap");
}

int
main(int argc, char *argv[])
{
	prepare();
	if (argc == 1 && strcmp(argv[0], "berth-engine") == 0)
		engine();
	if (argc > 2 && strcmp(argv[1], "-w") == 0) {
		read_filters(argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc == 3 && strcmp(argv[1], "filters") == 0)
		return (print_filters(atoi(argv[2])));
	if (!print_rows(argc - 1, argv + 1))
		errx(99, "usage: calls [-w FILE] table FIRST LAST|arguments|beyond|compat LAST|"
			 "reach|filters PID");
	return (0);
}
