/* SPDX-License-Identifier: ISC */
/*
 * hostile_mount SEED CALLS WORKERS LAUNCHER SPEC...
 * A client of the launcher's verb "mount" that hands over whatever there is, in random order: each slot of
 * descriptors 3, 4 and 5 is what the launcher wants, or something of another kind, or missing; the words
 * are ids, numbers in other forms, too few or too many; what comes behind 5 is more of the same. CALLS calls
 * in all, shared out among WORKERS processes of alice's (uid 1000). Run by root, who can open things in the
 * namespaces of others. SPEC is one of
 *   count=N            the ids that are granted, beside the caller's own
 *   start=N            the first of them on the host
 *   ns=NAME:WHERE:FILE     something for descriptor 3: FILE below /proc
 *   dir=NAME:WHERE:PID:PATH    something for descriptor 4: PATH as process PID sees it
 * WHERE: a letter for a mount namespace, the same for a namespace and for what was opened in it, when with the
 * two the launcher does what it is asked for; "-": none. Behind a letter, "?" if it may refuse as well, "!" if
 * it must although the two belong together.
 *
 * Prints what was wrong, a line each, with the call as it was; then
 *   calls N: granted G of W that were right, M of others; hung H
 *   kinds K: each was handed over
 * Status 0 when nothing was wrong. Wrong is: a success that the grant does not contain, a refusal of what it
 * does; a descriptor that comes back but the one mount with the ids that were asked for; a status that the
 * launcher does not have; a process or a descriptor that is left when it has ended (but one without any
 * power, which asks a file system that is called "mute"); a call of more than PATIENCE.
 * TRUST: unprivileged
 * INPUT: a test's words
 * MUST: judge each call by itself: who of several could have left something is known
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/attack/fds.h"

#define UID 1000
#define OTHER 1001
#define FIRST_OWN 64 /* what is below is for the launcher */
#define PATIENCE 60000 /* ms */
#define OVERFLOW 65534
#define KINDS 96
#define SAID 2048
#define STUCK 64
#define ENOUGH 20
#define ENOUGH_HUNG 4

/* Something for descriptor 3 or 4. */
struct kind {
	const char *name;
	int fd; /* -1: nothing is there */
	char where; /* 0: nowhere */
	bool never; /* it is wrong, also with what belongs to it */
	bool maybe; /* may be refused although it is right */
};

enum wire {
	PAIR, /* right */
	CONNECTED, /* right */
	FULL,
	GONE,
	DEAF,
	DATAGRAM,
	PACKET,
	LONELY,
	LISTENING,
	INTERNET,
	THEIRS,
	PIPE,
	A_FILE,
	NO_WIRE,
	WIRES
};
static const char *const wire_names[] = { "a pair", "a connection", "a pair that is full",
	"a pair whose other end is closed", "a pair whose other end does not read",
	"a datagram socket", "a packet socket", "a socket without a peer", "a listener",
	"an internet socket", "another user's pair", "a pipe", "a file", "nothing" };

static struct kind namespaces[KINDS], directories[KINDS];
static size_t nnamespaces, ndirectories;
static unsigned long granted_count, granted_start;
static const char *launcher;
static int foreign[2]; /* a pair of OTHER's */

struct shared {
	unsigned long calls, right, granted, others, hung, wrong;
	unsigned long used_ns[KINDS], used_dir[KINDS], used_wire[WIRES];
};
static struct shared *shared;

/* --- chance ----------------------------------------------------------------------------------------- */

static uint64_t state;

static unsigned int
chance(unsigned int n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return ((unsigned int)((state >> 16) % n));
}

/* --- one call --------------------------------------------------------------------------------------- */

static const char *const right_words[] = { "0", "1", "101", "1000", "65535", "65536" };
static const char *const wrong_words[] = { "65537", "100000", "165535", "2147482000", "2147483646",
	"2147483647", "2147483648", "4294967295", "4294967296", "4294967397",
	"18446744073709551616", "18446744073709551717", "-1", "-0", "+1", "01", "00", "0x65", "1e2",
	"", " 1", "1 ", "1\n", "\t1", "1:1", "1,1", "1.0", "101:101", "a", "root", "alice",
	"\xd9\xa1", "\xef\xbc\x91", "\xff", "$(id)", "%d", "--", "-h", "--help", "*", "mount" };
static char many_digits[5000];

struct call {
	size_t ns, dir;
	enum wire wire;
	const char *argv[10];
	bool words; /* are they right? */
	bool odd; /* it lacks a standard stream */
	int more[3]; /* behind descriptor 5 */
	int ours; /* our end of the wire; -1 */
	int theirs; /* the launcher's */
	int canary; /* hangs up when nobody has its other end any more */
};

/* Half of all are right, or nearly. */
static size_t
choose(const struct kind *kinds, size_t n)
{
	static bool asked[KINDS];
	size_t i = chance((unsigned int)n);

	/* The first ones are those that are right. */
	if (chance(100) < 55)
		i = chance(2);
	/* Who waits for a file system that does not answer waits five seconds: once each, and rarely again. */
	if (strncmp(kinds[i].name, "mute", 4) == 0) {
		if (asked[i] && chance(300) != 0)
			i = 0;
		else
			asked[i] = true;
	}
	return (i);
}

static const char *
word(bool *right)
{
	unsigned int i = chance(100);

	if (i < 80)
		return (right_words[chance(sizeof(right_words) / sizeof(*right_words))]);
	*right = false;
	return (i == 80 ? many_digits
			: wrong_words[chance(sizeof(wrong_words) / sizeof(*wrong_words))]);
}

static void
choose_words(struct call *call)
{
	size_t n = 0, words = chance(100) < 94 ? 2 : chance(5);

	call->words = words == 2;
	call->argv[n++] = "berth-launcher";
	call->argv[n++] = "mount";
	if (chance(100) == 0) {
		static const char *const verbs[] = { "Mount", "mount ", "moun", "", "umount",
			"-mount" };

		call->argv[1] = verbs[chance(sizeof(verbs) / sizeof(*verbs))];
		call->words = false;
	}
	while (words-- > 0)
		call->argv[n++] = word(&call->words);
	call->argv[n] = NULL;
}

static int
own(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_OWN);

	if (fd < 0 || high < 0)
		err(99, "a descriptor");
	close(fd);
	return (high);
}

static void
make_pair(struct call *call, int type)
{
	int pair[2];

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) < 0)
		err(99, "socketpair");
	call->ours = own(pair[0]);
	call->theirs = own(pair[1]);
}

static void
make_connection(struct call *call)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(address.sun_family);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* The kernel names it. */
	if (bind(listener, (struct sockaddr *)&address, len) < 0 || listen(listener, 1) < 0)
		err(99, "a listener");
	len = sizeof(address);
	call->theirs = own(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (getsockname(listener, (struct sockaddr *)&address, &len) < 0 ||
	    connect(call->theirs, (struct sockaddr *)&address, len) < 0)
		err(99, "connect");
	call->ours = own(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	close(listener);
}

static void
make_internet(struct call *call)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };

	call->theirs = own(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	address.sin_port = htons(9);
	if (connect(call->theirs, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(99, "connect");
}

static void
make_wire(struct call *call)
{
	static const char block[4096];
	int ends[2];

	call->ours = call->theirs = -1;
	switch (call->wire) {
	case CONNECTED:
		make_connection(call);
		break;
	case DATAGRAM:
		make_pair(call, SOCK_DGRAM);
		break;
	case PACKET:
		make_pair(call, SOCK_SEQPACKET);
		break;
	case LONELY:
	case LISTENING:
		call->theirs = own(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
		if (call->wire == LISTENING)
			(void)!(
			    bind(call->theirs, (struct sockaddr *)&(sa_family_t){ AF_UNIX }, 2) ||
			    listen(call->theirs, 1));
		break;
	case INTERNET:
		make_internet(call);
		break;
	case THEIRS:
		call->theirs = own(dup(foreign[1]));
		break;
	case PIPE:
		if (pipe2(ends, O_CLOEXEC) < 0)
			err(99, "pipe");
		call->ours = own(ends[0]);
		call->theirs = own(ends[1]);
		break;
	case A_FILE:
		call->theirs = own(open("/dev/null", O_RDWR | O_CLOEXEC));
		break;
	case NO_WIRE:
		break;
	default:
		make_pair(call, SOCK_STREAM);
		if (call->wire == FULL)
			while (send(call->theirs, block, sizeof(block), MSG_DONTWAIT) > 0)
				continue;
		if (call->wire == DEAF)
			shutdown(call->ours, SHUT_RD);
		if (call->wire == GONE) {
			close(call->ours);
			call->ours = -1;
		}
	}
}

/* The first ones of the first worker: each kind once, with all else right. */
static void
choose_one(struct call *call, size_t number)
{
	call->ns = call->dir = 0;
	call->wire = PAIR;
	call->odd = false;
	if (number < ndirectories) {
		call->dir = number;
		while (call->ns + 1 < nnamespaces &&
		       namespaces[call->ns].where != directories[number].where)
			call->ns++;
		if (directories[number].where == 0)
			call->ns = 0;
	} else if (number < ndirectories + nnamespaces) {
		call->ns = number - ndirectories;
		while (namespaces[call->ns].where != 0 &&
		       directories[call->dir].where != namespaces[call->ns].where)
			call->dir++;
	} else {
		call->wire = (enum wire)(number - ndirectories - nnamespaces);
	}
	call->words = true;
	call->argv[1] = "mount";
	call->argv[2] = call->argv[3] = "101";
	call->argv[4] = NULL;
}

static void
prepare(struct call *call, size_t number, int *kept)
{
	int ends[2];

	*call = (struct call){ .ns = choose(namespaces, nnamespaces),
		.dir = choose(directories, ndirectories),
		.wire = chance(100) < 60 ? (enum wire)chance(2) : (enum wire)chance(WIRES),
		.odd = chance(20) == 0 };
	/* Often what was opened there with what it was opened in. */
	if (chance(2) == 0 && namespaces[call->ns].where != 0)
		while (directories[call->dir].where != namespaces[call->ns].where)
			call->dir = chance((unsigned int)ndirectories);
	choose_words(call);
	if (number < ndirectories + nnamespaces + WIRES)
		choose_one(call, number);
	make_wire(call);
	if (pipe2(ends, O_CLOEXEC) < 0)
		err(99, "pipe");
	call->canary = own(ends[0]);
	*kept = own(ends[1]);
	for (size_t i = 0; i < 3; i++)
		call->more[i] = -1;
	if (chance(4) == 0) {
		call->more[0] = *kept;
		call->more[1] = namespaces[chance((unsigned int)nnamespaces)].fd;
		call->more[2] = directories[chance((unsigned int)ndirectories)].fd;
	}
	/* What nobody has asked for, in the way of descriptors and in the queue of the wire. */
	if (call->ours >= 0 && chance(4) == 0)
		(void)!send_fd(call->ours, *kept);
}

/* Behind vfork(2): nothing but calls. */
static void
execute(const struct call *call, int says, int null, char *const env[])
{
	static const int high[] = { 6, 7, 1000 };
	int fds[] = { namespaces[call->ns].fd, directories[call->dir].fd, call->theirs };

	dup2(null, 0);
	dup2(null, 1);
	dup2(says, 2);
	if (call->odd)
		close((int)(call->ns % 3));
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			dup2(fds[i], 3 + i);
	for (int i = 0; i < 3; i++)
		if (call->more[i] >= 0)
			dup2(call->more[i], high[i]);
	execve(launcher, (char *const *)(uintptr_t)call->argv, env);
	_exit(99);
}

static char *const plain[] = { "PATH=/usr/bin:/bin", NULL };
static char *const strange[] = { "LD_PRELOAD=/tmp/x.so", "LD_LIBRARY_PATH=/tmp", "PATH=", "=", "x",
	"IFS=x", "NOTIFY_SOCKET=/run/x", "MALLOC_CHECK_=3", NULL };

/* Its status as a shell says it; -1: it hangs. */
static int
perform(const struct call *call, int says, int null)
{
	char *const *env = chance(10) == 0 ? strange : plain;
	struct pollfd end = { .events = POLLIN };
	siginfo_t info = { 0 };
	pid_t child = vfork();
	int ready;

	if (child == 0)
		execute(call, says, null, env);
	if (child < 0)
		err(99, "vfork");
	end.fd = (int)syscall(SYS_pidfd_open, child, 0);
	ready = poll(&end, 1, PATIENCE);
	if (ready == 0)
		kill(child, SIGKILL);
	if (waitid(P_PIDFD, (id_t)end.fd, &info, WEXITED) < 0)
		err(99, "waitid");
	close(end.fd);
	if (ready == 0)
		return (-1);
	return (info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status);
}

/* --- its verdict ------------------------------------------------------------------------------------ */

static struct call now;
static const struct call *const judged = &now;
static char said[SAID];

static void
wrong(const char *what, int status)
{
	char line[PIPE_BUF];
	int n = snprintf(line, sizeof(line), "wrong: %s (status %d): 3 %s, 4 %s, 5 %s, %s; words",
	    what, status, namespaces[judged->ns].name, directories[judged->dir].name,
	    wire_names[judged->wire], judged->odd ? "a stream is missing" : "");

	for (size_t i = 1; judged->argv[i] != NULL; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " '%.40s'", judged->argv[i]);
	n += snprintf(line + n, sizeof(line) - (size_t)n, ": %.600s\n", said);
	if (__atomic_fetch_add(&shared->wrong, 1, __ATOMIC_RELAXED) < ENOUGH)
		(void)!write(1, line, (size_t)n);
}

static bool
is_right(const struct call *call)
{
	return (call->words && call->wire <= CONNECTED && namespaces[call->ns].where != 0 &&
		!namespaces[call->ns].never && !directories[call->dir].never &&
		namespaces[call->ns].where == directories[call->dir].where);
}

/* A message with nothing but one descriptor: that, or -1; *end: the other end is closed. */
static int
receive(int from, bool *end, int status)
{
	char bytes[8], control[CMSG_SPACE(8 * sizeof(int))];
	int found = -1, fd;

	*end = false;
	for (;;) {
		struct iovec iov = { bytes, sizeof(bytes) };
		struct msghdr msg = { .msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(from, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		struct cmsghdr *cmsg = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

		if (n <= 0) {
			*end = n == 0 || errno == ECONNRESET || errno == ENOTSOCK;
			return (found);
		}
		/* What it was full of. */
		if (cmsg == NULL && judged->wire == FULL)
			continue;
		if (cmsg == NULL || cmsg->cmsg_type != SCM_RIGHTS ||
		    cmsg->cmsg_len != CMSG_LEN(sizeof(int)) || n != 1 || found >= 0) {
			wrong("something else comes back", status);
			continue;
		}
		memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
		found = own(fd);
	}
}

static unsigned long
on_host(const char *id)
{
	unsigned long n = strtoul(id, NULL, 10);

	return (n == 0 ? UID : granted_start + n - 1);
}

/* Is it the mount that was asked for, and nothing more? */
static void
check_mount(const struct call *call, int tree, int status)
{
	int dir = directories[call->dir].fd;
	struct stat it, was, entry;
	struct statx mnt, before;
	struct statvfs fs;

	if (fstat(tree, &it) < 0 || fstat(dir, &was) < 0 || fstatvfs(tree, &fs) < 0 ||
	    statx(tree, "", AT_EMPTY_PATH, STATX_MNT_ID, &mnt) < 0 ||
	    statx(dir, "", AT_EMPTY_PATH, STATX_MNT_ID, &before) < 0)
		err(99, "a mount");
	if (it.st_dev != was.st_dev || it.st_ino != was.st_ino ||
	    mnt.stx_mnt_id == before.stx_mnt_id)
		wrong("what comes back is no mount of the directory", status);
	if ((fcntl(tree, F_GETFL) & O_PATH) == 0)
		wrong("what comes back can be read", status);
	if ((fs.f_flag & (ST_NOSUID | ST_NODEV)) != (ST_NOSUID | ST_NODEV))
		wrong("the mount is not nosuid and nodev", status);
	if (directories[call->dir].maybe)
		return;
	if (it.st_uid != on_host(call->argv[2]) || it.st_gid != on_host(call->argv[3]))
		wrong("the mount has other owners", status);
	/* Somebody else's file in there has no owner. */
	if (fstatat(tree, "theirs", &entry, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (entry.st_uid != OVERFLOW || entry.st_gid != OVERFLOW))
		wrong("another user's file is mapped", status);
	if (fstatat(tree, "mine", &entry, AT_SYMLINK_NOFOLLOW) == 0 && entry.st_uid != it.st_uid)
		wrong("the caller's file is not mapped", status);
}

/* Who asks a file system that never answers stays with it: it is nobody but the caller. */
static pid_t stuck[STUCK];
static size_t nstuck;

static bool
is_stuck(pid_t pid)
{
	for (size_t i = 0; i < nstuck; i++)
		if (stuck[i] == pid)
			return (true);
	return (false);
}

/* Has it any power? Something that is said of it in status, or of one that is gone. */
static void
check_power(pid_t pid, int status)
{
	static const char *const lines[] = { "\nUid:\t1000\t1000\t1000\t1000\n",
		"\nGid:\t1000\t1000\t1000\t1000\n", "\nCapPrm:\t0000000000000000\n",
		"\nCapEff:\t0000000000000000\n", "\nCapInh:\t0000000000000000\n" };
	char path[64], text[4096];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	for (size_t i = 0; len > 0 && i < sizeof(lines) / sizeof(*lines); i++)
		if (strstr(text, lines[i]) == NULL)
			wrong("who asks a file system has power", status);
}

/* One child that is there, and was not there before; 0. */
static pid_t
new_child(void)
{
	char path[64], text[4096], *word, *save = NULL;
	pid_t found = 0;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	for (word = strtok_r(text, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
		if (!is_stuck((pid_t)atoi(word)))
			found = (pid_t)atoi(word);
	return (found);
}

/* Whoever the launcher has started and not waited for is ours now. */
static void
check_children(const struct call *call, int status)
{
	bool mute = strncmp(directories[call->dir].name, "mute", 4) == 0;
	pid_t child;

	for (int i = 0; waitpid(-1, NULL, WNOHANG) >= 0; i++) {
		child = new_child();
		if (child == 0)
			return;
		if (i == (mute ? 1000 : 10000)) {
			if (!mute || nstuck == STUCK)
				wrong("a process is left", status);
			check_power(child, status);
			if (nstuck < STUCK)
				stuck[nstuck++] = child;
			return;
		}
		usleep(500);
	}
}

static void
judge(const struct call *call, int status)
{
	static const int statuses[] = { 0, 64, 69, 71, 77 };
	bool right = is_right(call), known = false, end = true;
	int tree = call->ours < 0 ? -1 : receive(call->ours, &end, status);
	struct pollfd canary = { .fd = call->canary };

	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		known = known || status == statuses[i];
	if (status == -1)
		wrong("it hangs", status);
	else if (!known)
		wrong("no status of the launcher's", status);
	if ((status == 0) != (tree >= 0))
		wrong("its status and what came back do not agree", status);
	if (tree >= 0 && !right)
		wrong("a mount that is not granted", status);
	if (right && status != 0 && !call->odd && !directories[call->dir].maybe)
		wrong("what is granted is refused", status);
	if (call->wire <= CONNECTED && !end)
		wrong("somebody has the reply socket still", status);
	if (tree >= 0)
		check_mount(call, tree, status);
	if (tree >= 0)
		close(tree);
	if (call->ours >= 0)
		close(call->ours);
	if (poll(&canary, 1, 0) != 1 || (canary.revents & POLLHUP) == 0)
		wrong("somebody has a descriptor still", status);
	close(call->canary);
	__atomic_fetch_add(&shared->calls, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&shared->hung, status == -1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&shared->right, right, __ATOMIC_RELAXED);
	__atomic_fetch_add(right ? &shared->granted : &shared->others, tree >= 0, __ATOMIC_RELAXED);
}

static void
work(unsigned long calls, size_t number)
{
	int says[2], null = own(open("/dev/null", O_RDWR | O_CLOEXEC));
	int kept, status;
	ssize_t n;

	if (pipe2(says, O_CLOEXEC | O_NONBLOCK) < 0)
		err(99, "pipe");
	says[0] = own(says[0]);
	says[1] = own(says[1]);
	close_range(3, FIRST_OWN - 1, 0);
	for (; calls > 0 && shared->wrong < ENOUGH && shared->hung < ENOUGH_HUNG;
	     calls--, number++) {
		prepare(&now, number, &kept);
		shared->used_ns[now.ns] = shared->used_dir[now.dir] = shared->used_wire[now.wire] =
		    1;
		status = perform(&now, says[1], null);
		close(kept);
		if (now.theirs >= 0)
			close(now.theirs);
		n = read(says[0], said, sizeof(said) - 1);
		said[n > 0 ? n : 0] = '\0';
		check_children(&now, status);
		judge(&now, status);
	}
}

/* --- what there is ---------------------------------------------------------------------------------- */

static void
add(struct kind *kinds, size_t *n, const char *name, const char *where, int fd)
{
	if (*n == KINDS)
		errx(99, "too many kinds");
	kinds[(*n)++] = (struct kind){ .name = name,
		.fd = fd < 0 ? -1 : own(fd),
		.where = *where == '-' ? '\0' : *where,
		.never = where[1] == '!',
		.maybe = where[1] == '?' };
}

/* A mount namespace of alice's own making. */
static int
own_namespace(void)
{
	char name[64];
	int ready[2], fd;
	char byte;
	pid_t child;

	if (pipe2(ready, O_CLOEXEC) < 0)
		err(99, "pipe");
	child = fork();
	if (child == 0) {
		if (setresgid(UID, UID, UID) < 0 || setresuid(UID, UID, UID) < 0 ||
		    unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			err(99, "a namespace of one's own");
		(void)!write(ready[1], "r", 1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		errx(99, "a namespace of one's own");
	close(ready[0]);
	snprintf(name, sizeof(name), "/proc/%d/ns/mnt", child);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return (fd);
}

static void
add_common(struct kind *kinds, size_t *n)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		err(99, "pipe");
	add(kinds, n, "nothing", "-", -1);
	add(kinds, n, "a pipe", "-", ends[0]);
	close(ends[1]);
	add(kinds, n, "a file of memory", "-", memfd_create("x", MFD_CLOEXEC));
	add(kinds, n, "an eventfd", "-", eventfd(0, EFD_CLOEXEC));
	add(kinds, n, "an epoll", "-", epoll_create1(EPOLL_CLOEXEC));
	add(kinds, n, "a socket", "-", socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	add(kinds, n, "null", "-", open("/dev/null", O_RDWR));
	add(kinds, n, "a terminal", "-", open("/dev/ptmx", O_RDWR | O_NOCTTY));
	add(kinds, n, "the root directory, to be read", "-", open("/", O_RDONLY));
	add(kinds, n, "a file", "-", open("/etc/passwd", O_RDONLY));
	add(kinds, n, "a file of proc", "-", open("/proc/self/status", O_RDONLY));
	add(kinds, n, "a process", "-", (int)syscall(SYS_pidfd_open, getpid(), 0));
	add(kinds, n, "a namespace of one's own", "-", own_namespace());
	add(kinds, n, "the host's user namespace", "-", open("/proc/self/ns/user", O_RDONLY));
	add(kinds, n, "the name of a namespace", "-",
	    open("/proc/self/ns/mnt", O_PATH | O_NOFOLLOW));
	add(kinds, n, "a namespace without a way in", "-", open("/proc/self/ns/mnt", O_PATH));
}

static void
spec(char *text)
{
	char *save = NULL, *what = strtok_r(text, "=", &save), *name, *where, *pid, *path;

	if (strcmp(what, "count") == 0) {
		granted_count = strtoul(strtok_r(NULL, "", &save), NULL, 10);
		return;
	}
	if (strcmp(what, "start") == 0) {
		granted_start = strtoul(strtok_r(NULL, "", &save), NULL, 10);
		return;
	}
	name = strtok_r(NULL, ":", &save);
	where = strtok_r(NULL, ":", &save);
	if (strcmp(what, "ns") == 0) {
		path = strtok_r(NULL, "", &save);
		add(namespaces, &nnamespaces, name, where, open(path, O_RDONLY | O_CLOEXEC));
		if (namespaces[nnamespaces - 1].fd < 0)
			err(99, "%s", path);
		return;
	}
	pid = strtok_r(NULL, ":", &save);
	path = strtok_r(NULL, "", &save);
	add(directories, &ndirectories, name, where,
	    open_there(pid, path,
		strcmp(what, "read") == 0   ? O_RDONLY
		: strcmp(what, "link") == 0 ? O_PATH | O_NOFOLLOW
					    : O_PATH));
}

/* Each worker begins elsewhere, whatever the others do. */
static void
begin(unsigned long seed, unsigned long i, unsigned long calls)
{
	const gid_t group = UID;

	state = (seed + 1) * 0x9e3779b97f4a7c15ULL + i * 0xbf58476d1ce4e5b9ULL;
	for (int k = 0; k < 16; k++)
		chance(2);
	if (setgroups(1, &group) < 0 || setresgid(UID, UID, UID) < 0 ||
	    setresuid(UID, UID, UID) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		err(99, "cannot become the client");
	signal(SIGPIPE, SIG_IGN);
	work(calls, i == 0 ? 0 : KINDS * 4);
	exit(0);
}

static unsigned long
count_used(const unsigned long *used, size_t n, const char *(*name)(size_t))
{
	unsigned long count = 0;

	for (size_t i = 0; i < n; i++) {
		count += used[i];
		if (used[i] == 0)
			printf("never: %s\n", name(i));
	}
	return (count);
}

static const char *
name_of_ns(size_t i)
{
	return (namespaces[i].name);
}

static const char *
name_of_dir(size_t i)
{
	return (directories[i].name);
}

static const char *
name_of_wire(size_t i)
{
	return (wire_names[i]);
}

int
main(int argc, char *argv[])
{
	unsigned long seed, calls, workers, kinds;
	int status, failed = 0;

	if (argc < 6)
		errx(99, "usage");
	seed = strtoul(argv[1], NULL, 10);
	calls = strtoul(argv[2], NULL, 10);
	workers = strtoul(argv[3], NULL, 10);
	launcher = argv[4];
	memset(many_digits, '1', sizeof(many_digits) - 1);
	for (int i = 5; i < argc; i++)
		spec(argv[i]);
	add_common(namespaces, &nnamespaces);
	add_common(directories, &ndirectories);
	shared =
	    mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		err(99, "mmap");
	if (seteuid(OTHER) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, foreign) < 0 ||
	    seteuid(0) < 0)
		err(99, "another user's pair");
	foreign[0] = own(foreign[0]);
	foreign[1] = own(foreign[1]);
	fflush(stdout);
	for (unsigned long i = 0; i < workers; i++)
		if (fork() == 0)
			begin(seed, i, (calls + workers - 1) / workers);
	while (wait(&status) > 0)
		failed += status != 0;
	kinds = count_used(shared->used_ns, nnamespaces, name_of_ns) +
		count_used(shared->used_dir, ndirectories, name_of_dir) +
		count_used(shared->used_wire, WIRES, name_of_wire);
	printf("calls %lu: granted %lu of %lu that were right, %lu of others; hung %lu\n",
	    shared->calls, shared->granted, shared->right, shared->others, shared->hung);
	printf("kinds %lu of %lu\n", kinds, nnamespaces + ndirectories + WIRES);
	return (failed != 0 || shared->wrong != 0 || shared->calls < calls);
}
