/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: a hostile engine against the client: what it answers to berth run, exec and attach, and
 * to berth daemon state, stop and reset. The first byte of an input says which command it is and how it was called,
 * the second which descriptors come and what is said before the rest, which is what the engine says.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a byte that is not printable ASCII is written to standard error, or to standard
 *       output but for what a job with a terminal writes there; when what is to be JSON is none; when
 *       a failure says nothing; when a descriptor stays open.
 */
/* WRAP: way_connect way_again view_ended preview_refusal sigprocmask signalfd */
#define FUZZ_NAME "fuzz_client_answers"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/berth/connect.h"
#include "client/berth/daemon.h"
#include "client/berth/message.h"
#include "client/lib/job.h"

#define SAID_MAX 60000
#define CONNECTIONS_MAX 4

/* --- what is in main.c, without exit(3) ----------------------------------------------------------- */

const struct flag global_flags[] = {
	{ FLAG_SWITCH, 'q', "quiet", offsetof(struct cli, quiet), NULL, NULL, "" },
	{ .kind = FLAG_INVALID },
};

const struct command commands[] = {
	{ .name = "run", .usage = "run [flags] IMAGE [--] [COMMAND...]" },
	{ .name = NULL },
};

const char *const cli_levels[] = { "error", "warning", "info", "debug", NULL };

const struct command *
command_find(const char *name)
{
	return (strcmp(name, "run") == 0 ? &commands[0] : NULL);
}

int
cli_flags(struct cli *cli, struct flag_parse *parse, struct err *err)
{
	parse->global = (struct flag_set){ .flags = global_flags, .out = cli };
	return (flags_parse(parse, err));
}

int
cli_words(const struct cli *cli, int argc, int min, int max, struct err *err)
{
	(void)cli;
	return (argc >= min && argc <= max ? 0 : err_set(err, ERR_USAGE, "words"));
}

/* --- the engine ----------------------------------------------------------------------------------- */

static const char greeting[] = "{\"parameters\":{\"version\":\"" BERTH_VERSION "\",\"uid\":1000}}";
static const char started[] = "{\"parameters\":{\"event\":\"started\",\"id\":\"a\",\"name\":\"b\","
			      "\"terminal\":0},\"continues\":true}";
static const char attached[] = "{\"parameters\":{\"event\":\"attached\",\"log\":0,\"input\":0},"
			       "\"continues\":true}";

static struct {
	uint8_t how;
	bool attach;
	struct input says;
	size_t connections;
	int ends[CONNECTIONS_MAX]; /* kept open, so that what the client sends is no error */
} hostile;

int __wrap_way_connect(struct way *way, int *fd, struct err *err);
int __wrap_way_again(struct way *way, struct err *err);
const char *__wrap_view_ended(int64_t since, struct err *err);
int __wrap_preview_refusal(struct cli *cli, const struct job *job, struct err *err);
int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old);
int __wrap_signalfd(int fd, const sigset_t *set, int flags);

/* What may come as the terminal of a job. */
static int
make_master(uint8_t kind)
{
	int ends[2];

	switch (kind & 3) {
	case 0:
		return (open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
	case 1:
		return (open("/dev/null", O_RDWR | O_CLOEXEC));
	case 2:
		return (open("/", O_RDONLY | O_CLOEXEC));
	}
	must(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0, "there is a pipe");
	(void)!write(ends[1], "\033[2J\a", 5);
	close(ends[1]);
	return (ends[0]);
}

static void
say(int fd, const void *data, size_t size, size_t nfds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(3 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int master = nfds > 0 ? make_master(hostile.how >> 2) : -1;

	if (nfds > 0 && master >= 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(nfds * sizeof(int));
		for (size_t i = 0; i < nfds; i++)
			memcpy(CMSG_DATA(&control.align) + i * sizeof(int), &master, sizeof(int));
	}
	if (size > 0)
		(void)!sendmsg(fd, &msg, MSG_NOSIGNAL);
	if (master >= 0)
		close(master);
}

int
__wrap_way_connect(struct way *way, int *fd, struct err *err)
{
	int ends[2];

	(void)way;
	if (hostile.connections == CONNECTIONS_MAX)
		return (err_set(err, ERR_UNAVAILABLE, "no more"));
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "there is a socket");
	if ((hostile.how & 1) != 0)
		say(ends[1], greeting, sizeof(greeting), 0);
	if ((hostile.how & 2) != 0 && hostile.attach)
		say(ends[1], attached, sizeof(attached), 1);
	else if ((hostile.how & 2) != 0)
		say(ends[1], started, sizeof(started), 1);
	say(ends[1], hostile.says.at, hostile.says.left, (hostile.how >> 4) & 3);
	/* It says no more, and still listens. */
	shutdown(ends[1], SHUT_WR);
	hostile.ends[hostile.connections++] = ends[1];
	*fd = ends[0];
	return (0);
}

int
__wrap_way_again(struct way *way, struct err *err)
{
	(void)way;
	return (err_set(err, ERR_UNAVAILABLE, "no engine served this call"));
}

const char *
__wrap_view_ended(int64_t since, struct err *err)
{
	(void)since, (void)err;
	return (NULL);
}

int
__wrap_preview_refusal(struct cli *cli, const struct job *job, struct err *err)
{
	(void)cli, (void)job, (void)err;
	return (-1);
}

/* The fuzzer needs its signals. */
int
__wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	(void)how, (void)set, (void)old;
	return (0);
}

int
__wrap_signalfd(int fd, const sigset_t *set, int flags)
{
	(void)fd, (void)set, (void)flags;
	return (eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

/* --- what the client writes ----------------------------------------------------------------------- */

static int kept[3]; /* where 1 and 2 lead else */
static int written[3];

static void
redirect(void)
{
	for (int fd = 1; fd <= 2; fd++) {
		if (written[fd] == 0) {
			written[fd] = memfd_create("fuzz", MFD_CLOEXEC);
			kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
			__sanitizer_set_report_fd((void *)(intptr_t)kept[fd]);
		}
		(void)!ftruncate(written[fd], 0);
		(void)!lseek(written[fd], 0, SEEK_SET);
		dup2(written[fd], fd);
	}
}

static void
restore(void)
{
	fflush(stdout);
	for (int fd = 1; fd <= 2; fd++)
		dup2(kept[fd], fd);
}

static char *
text_of(int fd)
{
	off_t size = lseek(written[fd], 0, SEEK_END);
	char *text = malloc((size_t)size + 1);

	must(text != NULL && pread(written[fd], text, (size_t)size, 0) == size, "it can be read");
	must(memchr(text, '\0', (size_t)size) == NULL, "no NUL is written");
	text[size] = '\0';
	return (text);
}

static void
check_text(const char *text)
{
	for (; *text != '\0'; text++)
		must(*text == '\n' || (*text >= 0x20 && *text <= 0x7e),
		    "nothing but printable text is written");
}

/* With --format=json: each line of standard error, all of standard output. */
static void
check_json(char *text, bool lines)
{
	char *line;

	while ((line = lines ? strsep(&text, "\n") : text) != NULL) {
		struct json_object *object = *line != '\0' ? json_tokener_parse(line) : NULL;

		must(*line == '\0' || json_object_is_type(object, json_type_object),
		    "what is to be JSON is");
		json_object_put(object);
		if (!lines)
			break;
	}
}

/* -------------------------------------------------------------------------------------------------- */

enum command_id {
	COMMAND_RUN = 0,
	COMMAND_STATE,
	COMMAND_STOP,
	COMMAND_RESET
};

/* Of COMMAND_RUN: another verb that has a job's streams. */
#define INSTEAD_EXEC 0x20
#define INSTEAD_ATTACH 0x40

static command_run *
verb_of_run(uint8_t how)
{
	if ((how & INSTEAD_ATTACH) != 0)
		return (cmd_attach);
	return ((how & INSTEAD_EXEC) != 0 ? cmd_exec : cmd_run);
}

static int
call(uint8_t how, struct cli *cli, struct err *err)
{
	static const char *const words[][4] = { { "host", "true" }, { NULL }, { NULL },
		{ "--force" } };
	char *argv[6] = { NULL }, *made[6];
	bool attach = (how & 3) == COMMAND_RUN && (how & INSTEAD_ATTACH) != 0;
	int n = 0, rc = -1;

	if ((how & 3) == COMMAND_RUN && (how & 8) != 0 && !attach)
		argv[n++] = strdup("-t");
	/* Nobody types here. */
	if (attach)
		argv[n++] = strdup("--no-stdin");
	for (size_t i = 0; words[how & 3][i] != NULL && !(attach && i > 0); i++)
		argv[n++] = strdup(words[how & 3][i]);
	if ((how & 3) == COMMAND_STOP && (how & 8) != 0)
		argv[n++] = strdup("--force");
	/* Where the words were: argv is moved about. */
	memcpy(made, argv, sizeof(made));
	switch (how & 3) {
	case COMMAND_RUN:
		rc = verb_of_run(how)(cli, n, argv, err);
		break;
	case COMMAND_STATE:
		rc = daemon_state(cli, n, argv, err);
		break;
	case COMMAND_STOP:
		rc = daemon_stop(cli, n, argv, err);
		break;
	case COMMAND_RESET:
		rc = daemon_reset(cli, n, argv, err);
		break;
	}
	if (rc < 0)
		message_error(cli, err);
	for (int i = 0; i < n; i++)
		free(made[i]);
	return (rc);
}

static void
check(uint8_t how, bool json, int rc)
{
	bool run = (how & 3) == COMMAND_RUN;
	char *out = text_of(1), *err = text_of(2);

	must(rc >= -1 && rc <= 255, "there is a status");
	must(rc >= 0 || err[0] != '\0', "a failure says what");
	check_text(err);
	/* The terminal of a job is the job's, and so is what its log says. */
	run = run && (how & INSTEAD_ATTACH) == 0;
	if (!run || (how & 8) == 0)
		check_text(out);
	must(!run || (how & 8) != 0 || out[0] == '\0', "berth run itself has no output");
	must((how & 3) != COMMAND_RUN || (how & INSTEAD_ATTACH) == 0 || out[0] == '\0',
	    "a log that is none has no output");
	if (json)
		check_json(err, true);
	if (json && (how & 3) != COMMAND_RUN && rc == 0)
		check_json(out, false);
	free(out);
	free(err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct command command = { .name = "run" };
	struct input input = { data, size };
	uint8_t how = take_byte(&input);
	struct cli cli = { .uid = 1000, .command = &command, .json = (how & 4) != 0 };
	struct err err = { 0 };
	size_t before;
	int rc;

	hostile.how = take_byte(&input);
	hostile.attach = (how & 3) == COMMAND_RUN && (how & INSTEAD_ATTACH) != 0;
	if (input.left > SAID_MAX)
		return (0);
	cli.level = (how & 16) != 0 ? LEVEL_DEBUG : LEVEL_INFO;
	hostile.says = input;
	hostile.connections = 0;
	signal(SIGPIPE, SIG_IGN);
	fflush(stdout);
	redirect();
	before = count_fds();
	rc = call(how, &cli, &err);
	while (hostile.connections > 0)
		close(hostile.ends[--hostile.connections]);
	restore();
	check(how, cli.json, rc);
	must(count_fds() == before, "no descriptor stays open");
	return (0);
}
