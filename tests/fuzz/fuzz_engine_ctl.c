/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: the socket ctl of a job: what an engine, or whoever of the user's connects there, hands on
 * to its supervisor. The first byte of an input says how the job is, the second which descriptors come,
 * the rest is the message.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a descriptor stays open that is not a client's, when a client is served whose
 *       connection did not come, when a process is forked without a command, or in a job that does not
 *       run; when a signal goes to anybody but the job.
 */
/* WRAP: kill fork rights_settle */
#define FUZZ_NAME "fuzz_engine_ctl"
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include "client/engine/job/control.c"
#include "client/lib/job_blob.h"

#define MAIN 12345
#define LATER 12346
#define PIECE 4000 /* less than one receive takes */

static size_t nforks;
static bool runs;

int __wrap_kill(pid_t pid, int number);
pid_t __wrap_fork(void);
int __wrap_rights_settle(const struct task *task);

int
__wrap_kill(pid_t pid, int number)
{
	must(number >= 0 && number < NSIG, "a signal is one");
	must(runs && (pid == MAIN || pid == -MAIN || pid == -1), "it goes to the job");
	return (0);
}

pid_t
__wrap_fork(void)
{
	must(runs, "only a job that runs gets another process");
	nforks++;
	return (LATER);
}

int
__wrap_rights_settle(const struct task *task)
{
	(void)task;
	return (0);
}

/* Which descriptors come first: the client's connection, what is none, nothing. */
enum came {
	CAME_CLIENT = 0,
	CAME_FILE,
	CAME_DATAGRAMS,
	CAME_LISTENER,
	CAME_NOTHING,
	CAME_KINDS
};

static int
make_first(enum came came, int *other)
{
	int ends[2];

	*other = -1;
	switch (came) {
	case CAME_CLIENT:
		must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "a socket");
		*other = ends[0];
		return (ends[1]);
	case CAME_DATAGRAMS:
		must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0, "a socket");
		*other = ends[0];
		return (ends[1]);
	case CAME_FILE:
		return (open("/dev/null", O_RDWR | O_CLOEXEC));
	case CAME_LISTENER:
		return (socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	case CAME_NOTHING:
	case CAME_KINDS:
		break;
	}
	return (-1);
}

/* A blob with one word and nothing else. */
static int
make_blob(void)
{
	static const uint32_t head[] = { JOB_BLOB_MAGIC, JOB_BLOB_VERSION, 1, 0 };
	int fd = memfd_create("blob", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	must(fd >= 0 && write(fd, head, sizeof(head)) == (ssize_t)sizeof(head) &&
		 write(fd, "sh", 3) == 3 &&
		 fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == 0,
	    "a blob");
	return (fd);
}

static void
send_all_of(int to, const struct input *input, const int *fds, size_t nfds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)input->at,
		input->left < PIECE ? input->left : PIECE };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nfds > 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		CMSG_FIRSTHDR(&msg)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&msg)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&msg)->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), fds, nfds * sizeof(int));
	}
	must(sendmsg(to, &msg, 0) == (ssize_t)iov.iov_len, "it takes the message");
}

/* The engine's end of a connection on which the message and its descriptors wait. */
static int
hand_on(const struct input *input, uint8_t how, int *other)
{
	enum came came = (enum came)(how % CAME_KINDS);
	int first = make_first(came, other);
	int fds[5];
	size_t n = 0;
	int ends[2];

	if (first != -1)
		fds[n++] = first;
	fds[n++] = make_blob();
	for (size_t i = 0; i < 3 && (how & 0x80) == 0; i++)
		fds[n++] = open("/dev/null", O_RDWR | O_CLOEXEC);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0,
	    "there is a socket");
	send_all_of(ends[1], input, fds, n);
	close(ends[1]);
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	return (ends[0]);
}

static void
check(const struct watch *watch, uint8_t how)
{
	const struct client *client = watch->clients;
	bool waits = client != NULL && !client->done && client->kind != CLIENT_ENGINE;

	must(!waits || how % CAME_KINDS == CAME_CLIENT, "who is served has a connection");
	must(nforks == (watch->processes->next != NULL || !watch->processes->first),
	    "a process is forked for one that is there");
	if (waits && client->kind == CLIENT_PROCESS)
		must(client->process != NULL && client->process->client == client &&
			 client->process->pid == LATER,
		    "its client has it");
	must(!waits || client->kind != CLIENT_INVALID, "it is known what it waits for");
}

static void
tear_down(struct watch *watch)
{
	for (struct client *at = watch->clients; at != NULL; at = at->next)
		if (!at->done)
			client_close(at);
	clients_sweep(&watch->clients);
	while (watch->processes != NULL) {
		struct process *process = watch->processes;

		watch->processes = process->next;
		process_free(process);
	}
	record_free(&watch->record);
	output_free(watch->output);
	free(watch);
}

static struct watch *
set_up(const struct task *task, uint8_t what)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	must(watch != NULL, "memory");
	watch->task = task;
	watch->first = watch->processes = process_new(true);
	must(watch->first != NULL, "memory");
	record_init(&watch->record);
	runs = (what & 1) != 0;
	watch->first->pid = runs ? MAIN : 0;
	watch->record.state = runs		? RECORD_RUNNING
			      : (what & 2) != 0 ? RECORD_RESTARTING
						: RECORD_EXITED;
	if ((what & 4) != 0)
		watch->output = output_new(-1);
	return (watch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	uint8_t what = take_byte(&input);
	uint8_t how = take_byte(&input);
	size_t before = count_fds();
	struct job job = { .run.tty = false };
	struct task task = { .job = &job,
		.id = "0123456789ab",
		.name = "job",
		.dir = -1,
		.ctl = -1,
		.proc = STDIN_FILENO,
		.devpts = -1 };
	struct watch *watch = set_up(&task, what);
	struct client *client;
	int other;

	nforks = 0;
	client = clients_add(&watch->clients, CLIENT_ENGINE, hand_on(&input, how, &other));
	must(client != NULL, "memory");
	control_take(watch, client);
	check(watch, how);
	runs = true;
	tear_down(watch);
	if (other != -1)
		close(other);
	must(count_fds() == before, "no descriptor stays open");
	return (0);
}
