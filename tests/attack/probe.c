/* SPDX-License-Identifier: ISC */
/*
 * What a hostile job tries, one subject a call. Prints a line "NAME RESULT" for each attempt, where
 * RESULT is "ok" or the name of the error.
 *   probe tty            types into every descriptor, terminals above all, and tries to get one
 *   probe fds            every open descriptor, and whether it is a terminal
 *   probe nodes DIR...   makes device nodes in each DIR
 *   probe open FILE...   opens each FILE for reading and for writing
 *   probe write FILE...  opens each FILE for writing and, if that works, writes what was in it
 *   probe writable DIR...   prints what has a write bit and opens for writing below each DIR;
 *                        process and thread ids as N, but for process 1
 *   probe namespaces     every call that makes or enters a namespace
 *   probe mounts PATH... undoes, covers and moves the mounts at each PATH, and makes new ones
 *   probe sockets        connects to every abstract name of /proc/net/unix
 *   probe connect PATH...   connects to each socket
 *   probe processes MAX  signals, traces, opens and reads every process id up to MAX; prints those
 *                        that are there but not in this /proc, or that can be had
 *   probe clocks         sets the host's time and name
 *   probe self [stay]    all that a process has from who started it, a line each, then "end"; then, with
 *                        stay, stays
 *   probe stalk FILE     until FILE is there: stops each process that has not become its command yet, and
 *                        tries to get into it; prints what can be had of one, then "met N" at the end
 * TRUST: unprivileged
 * INPUT: the command line
 * MUST: use the system calls themselves, so that no C library stands between.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define HIGH (UINT64_C(1) << 32)
#define MS_REMOUNT_BIND_RW (32UL | 4096UL)

static void
say(const char *what, const char *of, long result)
{
	printf("%s%s%s %s\n", what, *of == '\0' ? "" : " ", of,
	    result >= 0 ? "ok" : strerrorname_np(errno));
	fflush(stdout);
}

static void
type_into(int fd)
{
	static const struct {
		const char *name;
		uint64_t request;
	} calls[] = {
		{ "TIOCSTI", TIOCSTI },
		{ "TIOCSTI+high", TIOCSTI | HIGH },
		{ "TIOCSTI+sign", TIOCSTI | UINT64_C(0xffffffff00000000) },
		{ "TIOCLINUX", TIOCLINUX },
		{ "TIOCLINUX+high", TIOCLINUX | HIGH },
	};
	char number[16];
	/* TIOCLINUX 2: set the selection; 3: paste it. */
	char arg[2] = "\003";

	snprintf(number, sizeof(number), "%d", fd);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		arg[0] = strncmp(calls[i].name, "TIOCSTI", 7) == 0 ? 'x' : 3;
		say(calls[i].name, number, syscall(SYS_ioctl, fd, calls[i].request, arg));
	}
	say("TIOCSCTTY", number, syscall(SYS_ioctl, fd, (uint64_t)TIOCSCTTY, 0));
	say("TIOCSCTTY+steal", number, syscall(SYS_ioctl, fd, (uint64_t)TIOCSCTTY, 1));
}

static void
probe_tty(void)
{
	int fd;

	for (fd = 0; fd < 3; fd++)
		type_into(fd);
	fd = open("/dev/tty", O_RDWR);
	say("open /dev/tty", "", fd);
	/* A session of its own is no obstacle for the job: it tries with a fresh one as well. */
	if (fork() == 0) {
		setsid();
		for (fd = 0; fd < 3; fd++)
			say("new session TIOCSCTTY", "", ioctl(fd, TIOCSCTTY, 1));
		say("new session open /dev/tty", "", open("/dev/tty", O_RDWR));
		_exit(0);
	}
	wait(NULL);
}

static void
probe_fds(void)
{
	for (int fd = 0; fd < 4096; fd++) {
		struct stat st;

		if (fstat(fd, &st) != 0)
			continue;
		printf("%d %s\n", fd, isatty(fd) ? "tty" : "other");
	}
}

static void
probe_nodes(char **dirs)
{
	static const struct {
		const char *name;
		mode_t mode;
		unsigned int major, minor;
	} nodes[] = {
		{ "null", S_IFCHR | 0666, 1, 3 },
		{ "mem", S_IFCHR | 0666, 1, 1 },
		{ "tty", S_IFCHR | 0666, 5, 0 },
		{ "fuse", S_IFCHR | 0666, 10, 229 },
		{ "disk", S_IFBLK | 0666, 254, 0 },
		{ "sda", S_IFBLK | 0666, 8, 0 },
	};

	for (; *dirs != NULL; dirs++) {
		for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
			char path[4096];

			snprintf(path, sizeof(path), "%s/probe-%s", *dirs, nodes[i].name);
			say("mknod", path,
			    syscall(SYS_mknod, path, nodes[i].mode,
				makedev(nodes[i].major, nodes[i].minor)));
		}
	}
}

static void
probe_open(char **files)
{
	for (; *files != NULL; files++) {
		say("read", *files, open(*files, O_RDONLY | O_NONBLOCK));
		say("write", *files, open(*files, O_WRONLY | O_NONBLOCK));
	}
}

/* What was in it does no harm anywhere; nor does an empty line where nothing can be read. */
static void
probe_write(char **files)
{
	char content[4096];

	for (; *files != NULL; files++) {
		int in = open(*files, O_RDONLY | O_NONBLOCK);
		ssize_t len = in < 0 ? -1 : read(in, content, sizeof(content));
		int out = open(*files, O_WRONLY | O_NONBLOCK);

		if (len <= 0)
			len = snprintf(content, sizeof(content), "\n");
		say("write", *files, out < 0 ? -1 : write(out, content, (size_t)len));
		close(in);
		close(out);
	}
}

static int
try_writable(const char *path, const struct stat *st, int type, struct FTW *where)
{
	const char *rest = path + strcspn(path, "0123456789");
	bool process = strncmp(path, "/proc/", 6) == 0 && rest == path + 6;
	size_t digits = strspn(rest, "0123456789");
	int fd;

	(void)where;
	/* What nobody may write opens for who has CAP_DAC_OVERRIDE, and takes nothing. */
	if (type != FTW_F || (st->st_mode & 0222) == 0)
		return 0;
	fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	close(fd);
	if (!process || (digits == 1 && *rest == '1')) {
		printf("%s\n", path);
		return 0;
	}
	rest += digits;
	if (strncmp(rest, "/task/", 6) == 0)
		rest += 6 + strspn(rest + 6, "0123456789");
	printf("/proc/N%s\n", rest);
	return 0;
}

static void
probe_writable(char **dirs)
{
	for (; *dirs != NULL; dirs++)
		nftw(*dirs, try_writable, 32, FTW_PHYS);
}

static void
probe_namespaces(void)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} kinds[] = {
		{ "user", CLONE_NEWUSER },
		{ "mount", CLONE_NEWNS },
		{ "pid", CLONE_NEWPID },
		{ "net", CLONE_NEWNET },
		{ "ipc", CLONE_NEWIPC },
		{ "uts", CLONE_NEWUTS },
		{ "cgroup", CLONE_NEWCGROUP },
		{ "time", CLONE_NEWTIME },
		{ "user+mount", CLONE_NEWUSER | CLONE_NEWNS },
	};
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	long pid;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		say("unshare", kinds[i].name, syscall(SYS_unshare, kinds[i].flag));
		if (kinds[i].flag == CLONE_NEWTIME)
			continue;
		pid = syscall(SYS_clone, kinds[i].flag | SIGCHLD, NULL, NULL, NULL, 0);
		if (pid == 0)
			_exit(0);
		say("clone", kinds[i].name, pid);
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		_exit(0);
	say("clone3", "user", pid);
	/* Nothing to do, and so a success wherever the call itself is not refused. */
	say("unshare", "nothing", syscall(SYS_unshare, 0UL));
	say("setns", "nothing", syscall(SYS_setns, -1, 0));
}

static void
undo(const char *path)
{
	struct mount_attr clear = { .attr_clr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV |
						MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC };
	long tree;

	say("umount", path, syscall(SYS_umount2, path, 0));
	say("umount-lazy", path, syscall(SYS_umount2, path, 2));
	say("remount-rw", path, syscall(SYS_mount, "none", path, NULL, MS_REMOUNT_BIND_RW, NULL));
	say("bind-over", path, syscall(SYS_mount, "/tmp", path, NULL, 4096UL, NULL));
	say("bind-from", path, syscall(SYS_mount, path, "/tmp", NULL, 4096UL | 16384UL, NULL));
	say("move-away", path, syscall(SYS_mount, path, "/tmp", NULL, 8192UL, NULL));
	say("tmpfs-over", path, syscall(SYS_mount, "t", path, "tmpfs", 0UL, NULL));
	say("private", path, syscall(SYS_mount, "none", path, NULL, 1UL << 18 | 16384UL, NULL));
	say("setattr", path,
	    syscall(SYS_mount_setattr, AT_FDCWD, path, 0x8000, &clear, sizeof(clear)));
	tree = syscall(SYS_open_tree, AT_FDCWD, path, 1);
	say("open_tree", path, tree);
	say("move_mount", path, syscall(SYS_move_mount, AT_FDCWD, path, AT_FDCWD, "/tmp", 0));
}

static void
probe_mounts(char **paths)
{
	static const char *const types[] = { "proc", "sysfs", "tmpfs", "devpts", "cgroup2",
		"overlay", "mqueue", "devtmpfs" };

	for (; *paths != NULL; paths++)
		undo(*paths);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		say("mount-new", types[i], syscall(SYS_mount, "x", "/tmp", types[i], 0UL, NULL));
		say("fsopen", types[i], syscall(SYS_fsopen, types[i], 0));
	}
	say("pivot_root", "", syscall(SYS_pivot_root, "/tmp", "/tmp"));
	/*
	 * Without a capability the kernel itself refuses all of these. Told nonsense it would first
	 * say so: only the filter answers EPERM here.
	 */
	say("nonsense-umount2", "", syscall(SYS_umount2, NULL, 0));
	say("nonsense-mount", "", syscall(SYS_mount, NULL, (void *)1, NULL, 0UL, NULL));
	say("nonsense-pivot_root", "", syscall(SYS_pivot_root, (void *)1, (void *)1));
	say("nonsense-open_tree", "", syscall(SYS_open_tree, -1, NULL, ~0U));
	say("nonsense-mount_setattr", "", syscall(SYS_mount_setattr, -1, NULL, ~0U, NULL, 0));
	say("nonsense-fsconfig", "", syscall(SYS_fsconfig, -1, 99, NULL, NULL, 0));
	say("nonsense-fsmount", "", syscall(SYS_fsmount, -1, ~0U, 0));
	say("nonsense-fspick", "", syscall(SYS_fspick, -1, NULL, ~0U));
}

static long
connect_to(const char *name, size_t len)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
	long result = -1;

	if (len > sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, name, len);
	for (size_t i = 0; result != 0 && i < sizeof(types) / sizeof(types[0]); i++) {
		int fd = socket(AF_UNIX, types[i], 0);

		result = connect(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
		if (result != 0) {
			int errnum = errno;

			close(fd);
			errno = errnum;
			if (errnum != EPROTOTYPE)
				break;
		}
	}
	return result;
}

static void
probe_sockets(void)
{
	FILE *file = fopen("/proc/net/unix", "r");
	char line[512];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		char *at = strchr(line, '@');

		line[strcspn(line, "\n")] = '\0';
		if (at == NULL)
			continue;
		size_t len = strlen(at);
		char name[512];

		memcpy(name, at, len + 1);
		name[0] = '\0';
		say("connect", at, connect_to(name, len));
	}
}

static void
probe_connect(char **paths)
{
	for (; *paths != NULL; paths++)
		say("connect", *paths, connect_to(*paths, strlen(*paths)));
}

static bool
in_procfs(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	return access(path, F_OK) == 0;
}

/* Only what is no thread or process of this /proc; a sibling job has no number here at all. */
static void
probe_processes(const char *max)
{
	static char byte;
	struct iovec ours = { &byte, 1 }, theirs = { &byte, 1 };
	int seen = 0;

	for (pid_t pid = 1; pid <= atoi(max); pid++) {
		char number[16];

		if (kill(pid, 0) != 0 && errno == ESRCH && syscall(SYS_pidfd_open, pid, 0) < 0)
			continue;
		seen++;
		if (in_procfs(pid))
			continue;
		snprintf(number, sizeof(number), "%d", pid);
		say("kill", number, kill(pid, 0));
		say("ptrace", number, ptrace(PTRACE_SEIZE, pid, NULL, NULL));
		say("read", number, process_vm_readv(pid, &ours, 1, &theirs, 1, 0));
	}
	printf("seen %d\n", seen);
}

static void
probe_clocks(void)
{
	struct timespec now;
	struct timeval day;
	struct timex timex = { .modes = ADJ_OFFSET };

	clock_gettime(CLOCK_REALTIME, &now);
	gettimeofday(&day, NULL);
	say("clock_settime", "", syscall(SYS_clock_settime, CLOCK_REALTIME, &now));
	say("settimeofday", "", syscall(SYS_settimeofday, &day, NULL));
	say("adjtimex", "", syscall(SYS_adjtimex, &timex));
	say("sethostname", "", syscall(SYS_sethostname, "probe", 5UL));
	say("setdomainname", "", syscall(SYS_setdomainname, "probe", 5UL));
	say("unshare-time", "", syscall(SYS_unshare, (unsigned long)CLONE_NEWTIME));
}

/* The lines of a file that begin with one of the words, or all. */
static void
print_lines(const char *path, const char *words)
{
	char line[4096];
	FILE *file = fopen(path, "re");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		char word[32] = " ";

		snprintf(word + 1, sizeof(word) - 1, "%.*s ", (int)strcspn(line, ":"), line);
		if (words == NULL || strstr(words, word) != NULL)
			printf("%s: %s", path, line);
	}
	if (file != NULL)
		fclose(file);
}

static void
print_link(const char *path)
{
	char to[256];
	ssize_t len = readlink(path, to, sizeof(to));

	if (len > 0)
		printf("%s -> %.*s\n", path, (int)len, to);
}

static void
print_links(void)
{
	static const char *const ns[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user",
		"uts" };
	char path[64];

	for (size_t i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", ns[i]);
		print_link(path);
	}
	for (int fd = 3; fd < 4096; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		print_link(path);
	}
}

static void
print_place(const char *path)
{
	char name[4096];
	struct stat st;

	if (stat(path, &st) == 0)
		printf("%s %lx:%lu %s\n", path, (unsigned long)st.st_dev, (unsigned long)st.st_ino,
		    *path != '.'			 ? ""
		    : getcwd(name, sizeof(name)) != NULL ? name
							 : "nowhere");
}

static void
print_limits(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit limit = { 0 };

		syscall(SYS_prlimit64, 0, i, NULL, &limit);
		printf("limit %d %lu %lu\n", i, (unsigned long)limit.rlim_cur,
		    (unsigned long)limit.rlim_max);
	}
	for (int i = 0; i < 3; i++) {
		struct itimerval timer = { 0 };

		getitimer(i, &timer);
		printf("timer %d %ld %ld\n", i, (long)timer.it_value.tv_sec,
		    (long)timer.it_value.tv_usec);
	}
}

static void
print_process(void)
{
	int signal_of_death = -1;
	int subreaper = -1;

	prctl(PR_GET_PDEATHSIG, &signal_of_death);
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
	printf("pdeathsig %d subreaper %d keepcaps %d securebits %d dumpable %d slack %d thp %d\n",
	    signal_of_death, subreaper, prctl(PR_GET_KEEPCAPS), prctl(PR_GET_SECUREBITS),
	    prctl(PR_GET_DUMPABLE), prctl(PR_GET_TIMERSLACK),
	    prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	printf("session %d group %d parent %d personality %d\n", getsid(0) == getpid(),
	    getpgrp() == getpid(), getppid(), personality(0xffffffff));
	printf("policy %d nice %d ioprio %ld\n", sched_getscheduler(0),
	    getpriority(PRIO_PROCESS, 0), syscall(SYS_ioprio_get, 1, 0));
	say("terminal", "", open("/dev/tty", O_RDWR | O_CLOEXEC));
}

static void
print_signals(void)
{
	for (int i = 1; i < 65; i++) {
		struct sigaction act;

		if (sigaction(i, NULL, &act) == 0 && act.sa_handler != SIG_DFL)
			printf("signal %d is not the default\n", i);
	}
}

static void
probe_self(bool stay)
{
	print_links();
	for (int i = 0; i < 3; i++)
		printf("stream %d %s\n", i, isatty(i) ? "tty" : "other");
	print_lines("/proc/self/status",
	    " Umask Uid Gid Groups TracerPid SigPnd ShdPnd SigBlk SigIgn SigCgt CapInh CapPrm "
	    "CapEff "
	    "CapBnd CapAmb NoNewPrivs Seccomp Seccomp_filters Speculation_Store_Bypass "
	    "SpeculationIndirectBranch Cpus_allowed Mems_allowed ");
	print_process();
	print_signals();
	print_limits();
	print_lines("/proc/self/oom_score_adj", NULL);
	print_lines("/proc/self/cgroup", NULL);
	print_lines("/proc/self/uid_map", NULL);
	print_lines("/proc/self/gid_map", NULL);
	print_lines("/proc/self/setgroups", NULL);
	print_place("/");
	print_place(".");
	for (char **variable = environ; *variable != NULL; variable++)
		printf("env %s\n", *variable);
	puts("end");
	fflush(stdout);
	while (stay)
		pause();
}

/* Is it one of the job's supervisor, and has it not become its command? stopped: for certain, as it stands:
 * in the middle of execve(2) a process has its new memory and its old name for a moment. */
static bool
is_early(pid_t pid, bool stopped)
{
	static const char name[] = "(berth-job) ";
	char path[64];
	char text[128] = "";
	char *at;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	at = strstr(text, name);
	return at != NULL && (!stopped || at[sizeof(name) - 1] == 'T');
}

/* What can be had of a process, which is no command yet all the time. */
static void
stalk(pid_t number)
{
	static const char *const files[] = { "mem", "environ", "maps", "fd", "fdinfo", "exe",
		"root", "cwd", "ns/mnt", "ns/net", "ns/user", "syscall", "stack", "auxv", "fd/3",
		"fd/4", "fd/5", "map_files", "io", "clear_refs", "pagemap" };
	static char buffer[1];
	struct iovec ours = { buffer, 1 };
	struct iovec theirs = { (void *)&buffer, 1 };
	int pidfd = (int)syscall(SYS_pidfd_open, number, 0);
	char path[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/%s", number, files[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd != -1 && is_early(number, true))
			printf("had %s\n", files[i]);
		if (fd != -1)
			close(fd);
	}
	for (int fd = 0; fd < 16; fd++)
		if (syscall(SYS_pidfd_getfd, pidfd, fd, 0) >= 0 && is_early(number, true))
			printf("had descriptor %d\n", fd);
	if (process_vm_readv(number, &ours, 1, &theirs, 1, 0) >= 0 && is_early(number, true))
		puts("had memory");
	if (ptrace(PTRACE_SEIZE, number, NULL, NULL) == 0) {
		if (is_early(number, true))
			puts("had it");
		/* else it was the command already, and is to go on */
		ptrace(PTRACE_INTERRUPT, number, NULL, NULL);
		waitpid(number, NULL, __WALL);
		ptrace(PTRACE_DETACH, number, NULL, NULL);
	}
	if (pidfd != -1)
		close(pidfd);
}

static void
probe_stalk(const char *until)
{
	int met = 0;

	puts("ready");
	fflush(stdout);
	while (access(until, F_OK) != 0) {
		DIR *proc = opendir("/proc");
		struct dirent *entry;

		while (proc != NULL && (entry = readdir(proc)) != NULL) {
			pid_t pid = (pid_t)atoi(entry->d_name);

			/* the supervisor itself is what "probe processes" is for */
			if (pid <= 1 || !is_early(pid, false))
				continue;
			kill(pid, SIGSTOP);
			while (is_early(pid, false) && !is_early(pid, true))
				;
			met += is_early(pid, true);
			stalk(pid);
			kill(pid, SIGCONT);
		}
		closedir(proc);
	}
	printf("met %d\n", met);
}

int
main(int argc, char *argv[])
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (strcmp(verb, "tty") == 0)
		probe_tty();
	else if (strcmp(verb, "fds") == 0)
		probe_fds();
	else if (strcmp(verb, "nodes") == 0)
		probe_nodes(argv + 2);
	else if (strcmp(verb, "open") == 0)
		probe_open(argv + 2);
	else if (strcmp(verb, "write") == 0)
		probe_write(argv + 2);
	else if (strcmp(verb, "writable") == 0)
		probe_writable(argv + 2);
	else if (strcmp(verb, "namespaces") == 0)
		probe_namespaces();
	else if (strcmp(verb, "mounts") == 0)
		probe_mounts(argv + 2);
	else if (strcmp(verb, "sockets") == 0)
		probe_sockets();
	else if (strcmp(verb, "connect") == 0)
		probe_connect(argv + 2);
	else if (strcmp(verb, "processes") == 0 && argc == 3)
		probe_processes(argv[2]);
	else if (strcmp(verb, "clocks") == 0)
		probe_clocks();
	else if (strcmp(verb, "self") == 0)
		probe_self(argc > 2);
	else if (strcmp(verb, "stalk") == 0 && argc == 3)
		probe_stalk(argv[2]);
	else {
		fprintf(stderr,
		    "usage: probe tty|fds|nodes|open|write|writable|namespaces|mounts|sockets|"
		    "connect|processes|clocks|self|stalk\n");
		return 99;
	}
	return 0;
}
