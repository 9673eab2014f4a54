/* SPDX-License-Identifier: ISC */
/*
 * stalk [-i] UID ROUNDS start|once LAUNCHER   calls the launcher ROUNDS times as UID (and the group of
 *     that number), and tries from its execve(2) until all that it made has ended to look into each
 *     of its processes, to write there, and to steer it. -i: the launcher runs when nothing else does,
 *     beside a process that always does.
 * stalk UID pid PID COUNT    the same against one process that runs already; UID "-": as who calls
 * stalk UID share LAUNCHER   calls it while another process shares its directory and root
 * Prints "rounds N good N tries N hits N" and a line "hit KIND N" for each kind that worked: one that
 * worked on a process which had a memory then, and was the launcher's (not yet our own before its
 * execve). Signals, priorities and limits count where none of the process's ids is UID.
 * TRUST: unprivileged
 * INPUT: a test's words
 * MUST: try with handles from before the execve too; take no dying process for a live one
 */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/kcmp.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OURS "stalk"
#define FDS 8
#define PIDS 4096

struct prey {
	pid_t pid;
	int dir, task, pidfd;
	bool was_root; /* after its execve */
};

static const char *const reads[] = { "maps", "smaps", "smaps_rollup", "numa_maps", "pagemap",
	"environ", "auxv", "syscall", "io", "personality" };
static const char *const writes[] = { "clear_refs", "coredump_filter", "oom_score_adj", "sched",
	"autogroup", "uid_map", "gid_map", "projid_map", "setgroups", "make-it-fail" };
static const char *const links[] = { "exe", "cwd", "root", "fd/0", "fd/3", "fd/4", "fd/5", "fd/6",
	"fd/7", "ns/user", "ns/mnt", "ns/pid", "ns/net", "ns/cgroup" };
static const char *const lists[] = { "fd", "fdinfo", "map_files" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KINDS 96
static struct shared {
	atomic_long tries, hits;
	atomic_int child, stop;
	struct kind {
		char name[32];
		atomic_long count;
	} kinds[KINDS];
} * shared;
static uid_t uid;
static bool counts; /* the process that calls, not the one beside it */
static pid_t before[PIDS]; /* what ran before us */
static size_t nbefore;

static void
note(const char *how, const char *what)
{
	char name[sizeof(shared->kinds[0].name)];

	snprintf(name, sizeof(name), "%s %s", how, what);
	shared->hits++;
	for (size_t i = 0; i < KINDS; i++) {
		if (shared->kinds[i].name[0] == '\0')
			strcpy(shared->kinds[i].name, name);
		if (strcmp(shared->kinds[i].name, name) == 0) {
			shared->kinds[i].count++;
			return;
		}
	}
}

static ssize_t
read_at(int dir, const char *name, char *text, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);

	text[len > 0 ? len : 0] = '\0';
	close(fd);
	return (len);
}

/* A process that ends has no memory any more, and with it nothing that could be protected. */
static bool
has_memory(const struct prey *prey)
{
	char text[128];

	return (read_at(prey->dir, "statm", text, sizeof(text)) > 0 && text[0] != '0');
}

static void
tried(const struct prey *prey, bool worked, const char *how, const char *what)
{
	shared->tries++;
	if (worked && prey->was_root && has_memory(prey))
		note(how, what);
}

/* What the kernel says when we are let in, but there is nothing at that address. */
static void
try_memory(const struct prey *prey, int dir)
{
	struct iovec local = { &(char){ 0 }, 1 }, remote = { NULL, 1 };
	int fd = openat(dir, "mem", O_RDWR | O_CLOEXEC);
	char byte = 0;

	tried(prey,
	    fd >= 0 && (pread(fd, &byte, 1, 0) > 0 || errno == EIO) &&
		(pwrite(fd, &byte, 1, 0) > 0 || errno == EIO),
	    "write", "mem");
	close(fd);
	fd = openat(dir, "mem", O_RDONLY | O_CLOEXEC);
	tried(prey, fd >= 0 && (pread(fd, &byte, 1, 0) > 0 || errno == EIO), "read", "mem");
	close(fd);
	tried(prey, process_vm_readv(prey->pid, &local, 1, &remote, 1, 0) >= 0 || errno == EFAULT,
	    "call", "process_vm_readv");
	tried(prey, process_vm_writev(prey->pid, &local, 1, &remote, 1, 0) >= 0 || errno == EFAULT,
	    "call", "process_vm_writev");
}

static bool
lists_one(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool found = false;

	while (stream != NULL && (entry = readdir(stream)) != NULL)
		found |= entry->d_name[0] != '.';
	if (stream != NULL)
		closedir(stream);
	return (found);
}

static void
try_files(const struct prey *prey, int dir)
{
	char text[512];

	for (size_t i = 0; i < COUNT(reads); i++)
		tried(prey, read_at(dir, reads[i], text, sizeof(text)) > 0, "read", reads[i]);
	for (size_t i = 0; i < COUNT(writes); i++) {
		int fd = openat(dir, writes[i], O_WRONLY | O_CLOEXEC);

		tried(prey, fd >= 0, "write", writes[i]);
		close(fd);
	}
	for (size_t i = 0; i < COUNT(links); i++) {
		int fd = openat(dir, links[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);

		tried(prey, fd >= 0 || readlinkat(dir, links[i], text, sizeof(text)) > 0, "follow",
		    links[i]);
		close(fd);
	}
	for (size_t i = 0; i < COUNT(lists); i++)
		tried(prey, lists_one(dir, lists[i]), "list", lists[i]);
}

/* proc(5): where its code and its stack are, for who may know. */
static bool
tells_addresses(int dir)
{
	unsigned long code = 0, stack = 0;
	char text[1024], *rest;

	if (read_at(dir, "stat", text, sizeof(text)) <= 0 || (rest = strrchr(text, ')')) == NULL)
		return (false);
	for (int field = 2; field < 28 && rest != NULL; field++) {
		rest = strchr(rest + 1, ' ');
		if (rest != NULL && field == 25)
			code = strtoul(rest, NULL, 10);
		if (rest != NULL && field == 27)
			stack = strtoul(rest, NULL, 10);
	}
	return (code > 1 || stack > 0);
}

static void
try_calls(const struct prey *prey)
{
	struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE,
		.size = sizeof(event),
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.exclude_kernel = 1 };
	void *head;
	size_t len;
	int fd;

	for (int i = 0; i < FDS; i++) {
		fd = pidfd_getfd(prey->pidfd, i, 0);
		tried(prey, fd >= 0 || errno == EBADF, "call", "pidfd_getfd");
		close(fd);
	}
	tried(prey, syscall(SYS_kcmp, getpid(), prey->pid, KCMP_FILE, 0, 0) >= 0 || errno == EBADF,
	    "call", "kcmp");
	tried(prey, syscall(SYS_get_robust_list, prey->pid, &head, &len) == 0, "call",
	    "get_robust_list");
	tried(prey, syscall(SYS_move_pages, prey->pid, 0, NULL, NULL, NULL, 0) == 0, "call",
	    "move_pages");
	fd = (int)syscall(SYS_perf_event_open, &event, prey->pid, -1, -1, 0);
	tried(prey, fd >= 0, "call", "perf_event_open");
	close(fd);
	tried(prey, tells_addresses(prey->dir), "read", "addresses in stat");
}

static void
try_trace(const struct prey *prey)
{
	static const int requests[] = { PTRACE_SEIZE, PTRACE_ATTACH };
	siginfo_t info = { 0 };

	for (size_t i = 0; i < COUNT(requests); i++) {
		bool let = ptrace((enum __ptrace_request)requests[i], prey->pid, NULL, NULL) == 0;

		tried(prey, let, "call",
		    requests[i] == PTRACE_SEIZE ? "PTRACE_SEIZE" : "PTRACE_ATTACH");
		if (!let)
			continue;
		ptrace(PTRACE_INTERRUPT, prey->pid, NULL, NULL);
		/* It may end meanwhile; a child's status is for who counts. */
		waitid(P_PID, (id_t)prey->pid, &info, WEXITED | WSTOPPED | WNOWAIT | __WALL);
		if (info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED)
			ptrace(PTRACE_DETACH, prey->pid, NULL, NULL);
		else if (!counts)
			waitpid(prey->pid, NULL, WNOHANG | __WALL);
	}
}

/* Its ids; false when it is gone. */
static bool
ids_of(const struct prey *prey, unsigned int ids[4])
{
	char text[2048];
	const char *line;

	return (read_at(prey->dir, "status", text, sizeof(text)) > 0 &&
		(line = strstr(text, "\nUid:")) != NULL &&
		sscanf(line, "\nUid: %u %u %u %u", &ids[0], &ids[1], &ids[2], &ids[3]) == 4);
}

static bool
is_foreign(const struct prey *prey)
{
	unsigned int ids[4];

	return (ids_of(prey, ids) && ids[0] != uid && ids[1] != uid && ids[2] != uid);
}

static void
try_steering(const struct prey *prey)
{
	const struct sched_param none = { 0 };
	struct rlimit limit;
	cpu_set_t cpus;
	bool worked[6];
	static const char *const names[] = { "kill", "pidfd_send_signal", "prlimit", "setpriority",
		"sched_setaffinity", "sched_setscheduler" };

	if (!is_foreign(prey))
		return;
	memset(&cpus, 0xff, sizeof(cpus));
	worked[0] = kill(prey->pid, 0) == 0;
	worked[1] = pidfd_send_signal(prey->pidfd, 0, NULL, 0) == 0;
	worked[2] = prlimit(prey->pid, RLIMIT_CORE, NULL, &limit) == 0;
	worked[3] = setpriority(PRIO_PROCESS, (id_t)prey->pid, 19) == 0;
	worked[4] = sched_setaffinity(prey->pid, sizeof(cpus), &cpus) == 0;
	worked[5] = sched_setscheduler(prey->pid, SCHED_IDLE, &none) == 0;
	for (size_t i = 0; i < COUNT(names); i++)
		tried(prey, worked[i] && is_foreign(prey), "steer", names[i]);
}

static void
attack(struct prey *prey)
{
	unsigned int ids[4];

	if (!prey->was_root && ids_of(prey, ids) && (ids[1] != uid || ids[2] != uid))
		prey->was_root = true;
	try_memory(prey, prey->dir);
	try_files(prey, prey->dir);
	if (prey->task >= 0) {
		try_memory(prey, prey->task);
		try_files(prey, prey->task);
	}
	try_calls(prey);
	try_steering(prey);
	try_trace(prey);
}

static bool
find(struct prey *prey, pid_t pid)
{
	char name[64];

	*prey = (struct prey){ .pid = pid };
	snprintf(name, sizeof(name), "/proc/%d", pid);
	prey->dir = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(name, sizeof(name), "/proc/%d/task/%d", pid, pid);
	prey->task = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	prey->pidfd = pidfd_open(pid, 0);
	return (prey->dir >= 0);
}

static void
leave(struct prey *prey)
{
	close(prey->dir);
	close(prey->task);
	close(prey->pidfd);
}

static bool
was_before(pid_t pid)
{
	for (size_t i = 0; i < nbefore; i++) {
		if (before[i] == pid)
			return (true);
	}
	return (false);
}

/* Calls work for each process that is new and not one of ours; how many there are. */
static int
each_new(void (*work)(struct prey *prey))
{
	DIR *stream = opendir("/proc");
	const struct dirent *entry;
	int found = 0;

	while (stream != NULL && (entry = readdir(stream)) != NULL) {
		pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
		struct prey prey;
		char comm[32];

		if (pid == 0 || was_before(pid))
			continue;
		if (find(&prey, pid) && read_at(prey.dir, "comm", comm, sizeof(comm)) > 0 &&
		    strcmp(comm, OURS "\n") != 0 && pid != shared->child) {
			prey.was_root = true;
			found++;
			if (work != NULL)
				work(&prey);
		}
		leave(&prey);
	}
	if (stream != NULL)
		closedir(stream);
	return (found);
}

static void
list_before(void)
{
	DIR *stream = opendir("/proc");
	const struct dirent *entry;

	while (stream != NULL && (entry = readdir(stream)) != NULL && nbefore < PIDS) {
		if (isdigit((unsigned char)entry->d_name[0]))
			before[nbefore++] = atoi(entry->d_name);
	}
	closedir(stream);
}

static void
become(const char *text)
{
	if (strcmp(text, "-") == 0) {
		uid = getuid();
		return;
	}
	uid = (uid_t)atoi(text);
	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
		err(99, "cannot become %s", text);
	/* As one's own program that was started: the change of ids took that away. */
	prctl(PR_SET_DUMPABLE, 1);
}

static void
last_in_line(void)
{
	const struct sched_param none = { 0 };
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0 || setpriority(PRIO_PROCESS, 0, 19) < 0 ||
	    sched_setscheduler(0, SCHED_IDLE, &none) < 0)
		err(99, "SCHED_IDLE");
}

static pid_t
spin(void)
{
	pid_t pid = fork();
	cpu_set_t one;

	if (pid != 0)
		return (pid);
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sched_setaffinity(0, sizeof(one), &one);
	for (;;)
		;
}

/* A process that becomes the launcher once something is written to *gate. */
static pid_t
make_child(char *const words[], bool idle, int *gate, int *request)
{
	int ends[2], pair[2];
	pid_t pid;
	char byte;

	if (pipe2(ends, O_CLOEXEC) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		err(99, "pipe");
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		close(ends[1]);
		if (idle)
			last_in_line();
		if (read(ends[0], &byte, 1) != 1 || dup2(pair[1], 3) < 0 || dup2(null, 2) < 0)
			_exit(99);
		execl(words[1], words[1], words[0], NULL);
		_exit(99);
	}
	close(ends[0]);
	close(pair[1]);
	*gate = ends[1];
	*request = pair[0];
	return (pid);
}

/* One call; its status. */
static int
stalk_once(char *const words[], bool idle)
{
	int gate, request, status, result = -1;
	struct prey prey;
	pid_t pid = make_child(words, idle, &gate, &request), ended;
	time_t end;

	if (pid < 0 || !find(&prey, pid))
		err(99, "fork");
	shared->child = pid;
	if (write(gate, "g", 1) != 1)
		err(99, "gate");
	close(gate);
	do {
		attack(&prey);
		ended = waitpid(pid, &status, WNOHANG | __WALL);
		if (ended == pid && (WIFEXITED(status) || WIFSIGNALED(status)))
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	} while (result < 0);
	leave(&prey);
	close(request);
	/* The next one shall find nobody in its way. Of `once` the init is a child of ours. */
	end = time(NULL) + 30;
	while (each_new(NULL) > 0 && time(NULL) < end) {
		while (waitpid(-1, &status, WNOHANG | __WALL) > 0)
			;
	}
	return (result);
}

static int
stalk(long rounds, char *const words[], bool idle)
{
	pid_t spinner = idle ? spin() : 0, other = fork();
	long good = 0;

	if (other == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (!shared->stop)
			each_new(attack);
		_exit(0);
	}
	counts = true;
	for (long i = 0; i < rounds; i++) {
		int status = stalk_once(words, idle);

		good += status == 0;
		if (status != 0)
			fprintf(stderr, "status %d\n", status);
	}
	shared->stop = 1;
	if (spinner > 0)
		kill(spinner, SIGKILL);
	printf("rounds %ld good %ld", rounds, good);
	return (0);
}

static int
stalk_pid(pid_t pid, long count)
{
	struct prey prey;

	if (!find(&prey, pid))
		err(99, "%d", pid);
	prey.was_root = true;
	for (long i = 0; i < count; i++)
		attack(&prey);
	printf("rounds %ld good 0", count);
	return (0);
}

static int
run_launcher(void *launcher)
{
	execl(launcher, launcher, "start", NULL);
	_exit(99);
}

static int
share(char *launcher)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid = clone(run_launcher, stack + sizeof(stack), CLONE_FS | SIGCHLD, launcher);
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		err(99, "clone");
	return (WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

int
main(int argc, char *argv[])
{
	bool idle = argc > 1 && strcmp(argv[1], "-i") == 0;

	argc -= idle;
	argv += idle;
	if (argc < 4)
		errx(99, "usage");
	shared =
	    mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		err(99, "mmap");
	list_before();
	become(argv[1]);
	if (strcmp(argv[2], "share") == 0)
		return (share(argv[3]));
	if (argc < 5)
		errx(99, "usage");
	if (strcmp(argv[2], "pid") == 0)
		stalk_pid(atoi(argv[3]), atol(argv[4]));
	else
		stalk(atol(argv[2]), argv + 3, idle);
	printf(" tries %ld hits %ld\n", (long)shared->tries, (long)shared->hits);
	for (size_t i = 0; i < KINDS && shared->kinds[i].name[0] != '\0'; i++)
		printf("hit %s %ld\n", shared->kinds[i].name, (long)shared->kinds[i].count);
	return (0);
}
