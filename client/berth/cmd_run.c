/* SPDX-License-Identifier: ISC */
/*
 * berth run: gives a job to the engine and stays until it has ended, or with -d until it has started.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what engine and job send
 * MUST: exit as docker(1) does: with the job's status, EXIT_BERTH for a failure of ours.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "client/berth/engine.h"
#include "client/berth/jobuse.h"
#include "client/berth/preview.h"
#include "client/berth/message.h"
#include "client/berth/once.h"
#include "client/berth/options.h"
#include "client/berth/ownmap.h"
#include "client/berth/relay.h"
#include "client/berth/view.h"

#define END_MS 5000

/* The job that did not start gives up its name and its directory when it sees that nobody is here, and closes
 * its end when that is done. */
static void
wait_for_end(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLIN };
	char rest[512];

	(void)!shutdown(fd, SHUT_WR);
	while (poll(&end, 1, END_MS) > 0 && recv(fd, rest, sizeof(rest), MSG_DONTWAIT) > 0)
		;
}

/* As engine_open, to the engine that all calls share, if it is there. 1: it is not, and it is settled now who
 * gets the call, whose parameters are left. */
static int
open_if_there(
    struct way *way, const struct engine_call *call, struct varlink *conn, struct err *err)
{
	struct engine_call first = *call;
	int rc;

	first.params = json_object_get(call->params);
	way->only_shared = true;
	rc = engine_open(way, &first, conn, err);
	way->only_shared = false;
	if (rc == 1 && once_choose(way->cli, false, err) != 0)
		rc = -1;
	if (rc != 1)
		json_object_put(call->params);
	return (rc);
}

/* Sends the job and waits for its end. */
static int
give(struct relay *relay, struct job_message *message, struct err *err)
{
	struct engine_call call = { .method = "Run",
		.params = message->params,
		.more = true,
		.fds = message->fds,
		.nfds = message->nfds };
	struct varlink conn;
	struct way way;
	pid_t init = -1;
	int rc = 1;

	if (way_init(&way, relay->cli, true, err) != 0)
		return (-1);
	message->params = NULL;
	relay_hold(&way);
	if (relay->cli->unsettled)
		rc = open_if_there(&way, &call, &conn, err);
	if (rc == 1)
		rc = relay->cli->once ? once_open(&way, &call, &conn, &init, err)
				      : engine_open(&way, &call, &conn, err);
	if (rc != 0)
		return (-1);
	relay->engine = way.peer;
	relay_sent(relay);
	rc = relay_run(relay, &conn, err);
	if (rc < 0 && relay->maps.unsupported)
		wait_for_end(conn.fd);
	varlink_close(&conn);
	once_reap(init);
	return (rc);
}

/* All of it, as docker(1) does: it is for programs. */
static int
print_id(const struct relay *relay, struct err *err)
{
	struct json_object *object;

	if (!relay->cli->json) {
		printf("%s\n", relay->id);
		return (message_done(err));
	}
	object = json_object_new_object();
	json_object_object_add(object, "id", message_json_text(relay->id));
	json_object_object_add(object, "name", message_json_text(relay->name));
	return (message_json(object, err));
}

static int
run_as_asked(struct cli *cli, struct run_options *options, bool *unmappable, struct err *err)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	struct job_message message = { .params = NULL };
	struct terminal terminal = { .in = -1, .master = -1 };
	struct job *job = &options->job;
	int rc;

	if (relay == NULL)
		return (err_sys(err, "cannot run a job"));
	relay->cli = cli;
	relay->kind = RELAY_RUN;
	relay->detach = job->detach;
	relay->command = job->run.args.v[0];
	relay->cidfile = options->cidfile;
	relay->job = job;
	relay->maps = (struct mapcall){ .cli = cli, .job = job };
	rc = cidfile_check(options->cidfile, err);
	if (rc == 0 && job->run.tty && !job->detach) {
		relay->terminal = &terminal;
		/* what ends with its caller cannot be left alone */
		rc = terminal_open(&terminal, cli->once ? "" : options->detach_keys,
		    options->interactive, &job->run, err);
	}
	if (rc == 0)
		rc = relay_open(relay, options->interactive, job->run.stdio, err);
	if (rc == 0)
		rc = job_encode(job, &message, err);
	if (rc == 0)
		rc = give(relay, &message, err);
	/* It runs, whatever became of its file. */
	if (job->detach && relay->id[0] != '\0' && print_id(relay, err) != 0)
		rc = -1;
	*unmappable = relay->maps.unsupported;
	job_message_free(&message);
	relay_close(relay);
	terminal_close(&terminal);
	free(relay);
	/* The engine knows users as numbers; the words for people come from here. */
	if (rc < 0 && err->code == ERR_REFUSED)
		(void)preview_refusal(cli, job, err);
	return (rc);
}

/* The shared engine was started when the grant still had one. */
static bool
is_for_once(struct cli *cli, const struct err *refusal)
{
	struct err ignored;

	if (!cli->unsettled || refusal->code != ERR_REFUSED ||
	    once_choose(cli, false, &ignored) != 0 || !cli->once)
		return (false);
	(void)engine_retire(cli);
	return (true);
}

static int
run(struct cli *cli, struct run_options *options, struct err *err)
{
	bool unmappable = false;
	sigset_t signals;
	int rc;

	sigprocmask(SIG_SETMASK, NULL, &signals);
	rc = run_as_asked(cli, options, &unmappable, err);
	if (rc < 0 && is_for_once(cli, err)) {
		sigprocmask(SIG_SETMASK, &signals, NULL);
		cli->reason[0] = '\0';
		rc = run_as_asked(cli, options, &unmappable, err);
	}
	if (rc >= 0 || !unmappable || ownmap_instead(cli, &options->job, err) != 0)
		return (rc);
	message_note(cli,
	    "%s; so the job runs in a namespace of its own, as with --once, in which you are "
	    "that user",
	    err->what);
	/* the first try held them for its job */
	sigprocmask(SIG_SETMASK, &signals, NULL);
	return (run_as_asked(cli, options, &unmappable, err));
}

/* Root has no grant and needs none: decide() says so, in the words that the launcher has too. */
static int
refuse_root(struct cli *cli, struct err *err)
{
	struct decision decision;
	struct view view;

	if (view_caller(&view, err) != 0)
		return (-1);
	view_decide(&view, ENGINE_SHARED, NULL, &decision);
	(void)view_explain(&view, &decision, err);
	snprintf(cli->reason, sizeof(cli->reason), "%s", refusal_name(decision.refusal));
	view_free(&view);
	return (-1);
}

/* The policy can choose --once too. */
static int
check_engine(const struct cli *cli, const struct job *job, struct err *err)
{
	if (!cli->once || !job->detach)
		return (0);
	err_set(err, ERR_USAGE, "-d is not possible here");
	err_why(err, "the job gets an engine of this call alone, as with --once: this is a batch "
		     "job, or the grant has no shared engine");
	return (
	    err_todo(err, "leave -d away, and this program in the background:  berth run ... &"));
}

/* It is settled when the call goes out, but where something else depends on it. */
static int
choose_engine(struct cli *cli, const struct run_options *options, struct err *err)
{
	const struct job *job = &options->job;

	cli->unsettled = !options->once && !options->dry_run && options->jf == NULL &&
			 !job->detach && !job->run.tty && once_can_wait(cli);
	if (!cli->unsettled && once_choose(cli, options->once, err) != 0)
		return (-1);
	return (check_engine(cli, job, err));
}

int
cmd_run(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct run_options options = { .explaining = false };
	int rc = options_parse(cli, argc, argv, &options, err);

	if (rc == 0)
		rc = ownmap_choose(cli, &options, err);
	if (rc == 0)
		rc = choose_engine(cli, &options, err);
	if (rc == 0 && options.dry_run)
		rc = jobuse_preview(cli, &options, err);
	else if (rc == 0 && cli->uid == 0)
		rc = refuse_root(cli, err);
	else if (rc == 0)
		rc = options.jf != NULL && jobuse_judge(cli, &options, err) != 0
			 ? -1
			 : run(cli, &options, err);
	options_free(&options);
	return (rc);
}
