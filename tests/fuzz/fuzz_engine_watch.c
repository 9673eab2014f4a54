/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: the control socket of a job that runs: what its client says to its supervisor. The
 * first byte of an input says whether the job has a terminal and whether its command was executed,
 * the rest are messages.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a signal goes to anybody but the job, when what is no oneway call of Signal or
 *       Detach does not end it, when one that is does; judged by code of its own.
 */
/* WRAP: kill */
#define FUZZ_NAME "fuzz_engine_watch"
#include "tests/fuzz/fuzz.h"

#include <sys/socket.h>
#include <unistd.h>

#include "common/io.h"

#include "client/engine/job/calls.c"

#define MAIN 12345
#define SIGNALS_MAX 65536

/* What was sent to whom. */
static struct {
	pid_t pid;
	int number;
} sent[SIGNALS_MAX];
static size_t nsent;

int __wrap_kill(pid_t pid, int number);

int
__wrap_kill(pid_t pid, int number)
{
	if (nsent < SIGNALS_MAX) {
		sent[nsent].pid = pid;
		sent[nsent++].number = number;
	}
	return (0);
}

static bool
is_sent(size_t at, pid_t pid, int number)
{
	return (at < nsent && sent[at].pid == pid && sent[at].number == number);
}

/* --- a second opinion ----------------------------------------------------------------------------- */

enum said {
	SAID_NONSENSE = 0,
	SAID_SIGNAL,
	SAID_DETACH
};

static struct json_object *
member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	return (json_object_object_get_ex(object, key, &value) ? value : NULL);
}

/* A member that is null is as if it were not there. */
static size_t
count(struct json_object *object, bool (*counts)(const char *key))
{
	struct json_object_iterator at = json_object_iter_begin(object),
				    end = json_object_iter_end(object);
	size_t n = 0;

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
		n += counts(json_object_iter_peek_name(&at));
	return (n);
}

static bool
is_unknown(const char *key)
{
	return (strcmp(key, "method") != 0 && strcmp(key, "parameters") != 0 &&
		strcmp(key, "oneway") != 0 && strcmp(key, "more") != 0);
}

static bool
is_no_signal(const char *key)
{
	return (strcmp(key, "signal") != 0);
}

static bool
is_any(const char *key)
{
	(void)key;
	return (true);
}

static enum said
judge(struct json_object *message, int *number)
{
	struct json_object *method = member(message, "method"),
			   *params = member(message, "parameters"),
			   *oneway = member(message, "oneway"), *more = member(message, "more"),
			   *value;

	if (count(message, is_unknown) > 0 || !json_object_is_type(method, json_type_string) ||
	    !json_object_is_type(oneway, json_type_boolean) || !json_object_get_boolean(oneway))
		return (SAID_NONSENSE);
	if (more != NULL &&
	    (!json_object_is_type(more, json_type_boolean) || json_object_get_boolean(more)))
		return (SAID_NONSENSE);
	if (params != NULL && !json_object_is_type(params, json_type_object))
		return (SAID_NONSENSE);
	if (strcmp(json_object_get_string(method), "io.berth.Engine.Detach") == 0)
		return (params == NULL || count(params, is_any) == 0 ? SAID_DETACH : SAID_NONSENSE);
	if (strcmp(json_object_get_string(method), "io.berth.Engine.Signal") != 0 || params == NULL)
		return (SAID_NONSENSE);
	value = member(params, "signal");
	if (count(params, is_no_signal) > 0 || !json_object_is_type(value, json_type_int) ||
	    json_object_get_int64(value) < 1 || json_object_get_int64(value) > 64)
		return (SAID_NONSENSE);
	*number = (int)json_object_get_int64(value);
	return (SAID_SIGNAL);
}

static bool
is_gone(const struct watch *watch)
{
	return (watch->clients->done && watch->first->client == NULL);
}

/* What must have happened, message by message. True: it goes on behind this one. */
static bool
expect(const struct watch *watch, struct json_object *message, bool *stopped, size_t *at)
{
	int number = 0;

	switch (judge(message, &number)) {
	case SAID_SIGNAL:
		if (number == SIGTSTP) {
			must(is_sent((*at)++, -1, SIGSTOP), "all of the job is stopped");
			*stopped = true;
		} else if (number == SIGCONT && *stopped) {
			must(is_sent((*at)++, -1, SIGCONT), "and goes on");
			*stopped = false;
		} else {
			must(is_sent((*at)++, MAIN, number), "a signal goes to the command");
		}
		return (true);
	case SAID_DETACH:
		if (!watch->first->unread)
			break;
		if (*stopped)
			must(is_sent((*at)++, -1, SIGCONT), "what is left alone goes on");
		must(is_gone(watch) && watch->task->job->run.tty,
		    "a job with a terminal is left alone");
		must(*at == nsent, "nothing behind that counts");
		return (false);
	case SAID_NONSENSE:
		must(!watch->first->unread, "what says nothing of the kind detaches nobody");
		break;
	}
	must(is_gone(watch) && is_sent((*at)++, -1, SIGKILL), "what is no call ends the job");
	must(*at == nsent, "nothing behind that counts");
	return (false);
}

static void
check(const struct watch *watch, const uint8_t *data, size_t size)
{
	struct json_object *message;
	struct varlink conn;
	bool stopped = false, going_on = true;
	size_t at = 0;
	int ends[2], ret = 0;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "there is a socket");
	must(write(ends[1], data, size) == (ssize_t)size, "it takes the messages");
	varlink_init(&conn, ends[0]);
	must(size == 0 || varlink_receive(&conn) == 1, "they come");
	while (going_on && (ret = varlink_next(&conn, &message)) == 1) {
		going_on = expect(watch, message, &stopped, &at);
		json_object_put(message);
	}
	if (going_on && ret == -1) {
		must(is_gone(watch) && !watch->first->unread && is_sent(at++, -1, SIGKILL),
		    "what is no message ends the job");
	} else if (going_on) {
		must(!is_gone(watch) && !watch->first->unread, "calls end no job");
	}
	must(at == nsent, "no signal is sent but those");
	close(ends[1]);
	varlink_close(&conn);
}

/* -------------------------------------------------------------------------------------------------- */

#define PIECE 4000 /* less than one receive takes */

static void
set_up(struct watch *watch, uint8_t what, int conn, int spare)
{
	watch->first = watch->processes = process_new(true);
	must(watch->first != NULL, "memory");
	watch->first->pid = MAIN;
	watch->first->report = (what & 2) != 0 ? dup(spare) : -1;
	watch->first->pty.master = (what & 1) != 0 ? dup(spare) : -1;
	watch->first->client = clients_add(&watch->clients, CLIENT_PROCESS, conn);
	must(watch->first->client != NULL, "memory");
	watch->first->client->process = watch->first;
	record_init(&watch->record);
}

static void
tear_down(struct watch *watch)
{
	process_free(watch->first);
	if (!watch->clients->done)
		varlink_close(&watch->clients->conn);
	free(watch->clients);
	output_free(watch->output);
	free(watch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	uint8_t what = take_byte(&input);
	struct job job = { .run.tty = (what & 1) != 0, .timeout = 0 };
	struct task task = { .job = &job, .dir = -1 };
	struct watch *watch = calloc(1, sizeof(*watch));
	size_t len = input.left < PIECE ? input.left : PIECE;
	int ends[2];

	must(watch != NULL, "memory");
	watch->task = &task;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0,
	    "there is a socket");
	must(write(ends[1], input.at, len) == (ssize_t)len, "it takes the messages");
	set_up(watch, what, ends[0], ends[1]);
	nsent = 0;
	if (len > 0)
		calls_take(watch, watch->clients);
	must(watch->first->report == -1 || !watch->first->unread,
	    "nobody leaves before the command runs");
	check(watch, input.at, len);
	/* And then it is gone. */
	if (!watch->clients->done) {
		io_close(&watch->first->report);
		io_close(&watch->first->pty.master);
		watch->first->report = watch->first->pty.master = -1;
		close(ends[1]);
		nsent = 0;
		calls_take(watch, watch->clients);
		must(is_gone(watch) && is_sent(0, -1, SIGKILL), "a job ends with its client");
	} else {
		close(ends[1]);
	}
	tear_down(watch);
	return (0);
}
