/* SPDX-License-Identifier: ISC */
/*
 * An engine for this one call. Contract in once.h.
 * TRUST: unprivileged
 * INPUT: SLURM_JOB_ID (the caller's), the policy, what launcher and engine answer
 * MUST: as once.h says
 */
#include "client/berth/once.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/io.h"

#include "client/berth/bootstrap.h"
#include "client/berth/hold.h"
#include "client/berth/message.h"
#include "client/berth/view.h"

#define INIT_NAME "berth-launcher\n" /* it never executes anything */

static bool
in_batch_job(void)
{
	const char *id = getenv("SLURM_JOB_ID");

	return (id != NULL && id[0] != '\0');
}

/* What the policy says of this user's engines; a policy that cannot be read is the launcher's to
 * explain. */
static bool
policy_prefers_once(void)
{
	const struct entitlement want = { .id = ENT_SECURITY_CONFINED };
	struct decision once = { .verdict = VERDICT_REFUSE }, shared = once;
	struct err ignored;
	struct view view;

	if (view_load(&view, &ignored) == 0) {
		view_decide(&view, ENGINE_ONCE, &want, &once);
		view_decide(&view, ENGINE_SHARED, &want, &shared);
	}
	view_free(&view);
	return (
	    once.verdict == VERDICT_ALLOW && (shared.refusal == REFUSAL_ENGINE || in_batch_job()));
}

int
once_choose(struct cli *cli, bool asked, struct err *err)
{
	if (asked && cli->host != NULL) {
		err_set(err, ERR_USAGE, "--once contradicts --host and BERTH_HOST");
		err_why(err, "with --once the job gets an engine of its own, not the one at %s",
		    cli->host);
		return (err_todo(err, "leave one of them away:  env -u BERTH_HOST berth run ..."));
	}
	cli->once = asked || (cli->host == NULL && policy_prefers_once());
	cli->unsettled = false;
	return (0);
}

bool
once_can_wait(const struct cli *cli)
{
	return (cli->host == NULL && !in_batch_job());
}

/* Children that the caller's shell had when it became this program are none of ours. */
static pid_t
find_init(void)
{
	FILE *list = fopen("/proc/thread-self/children", "re");
	pid_t found = -1;
	int pid;

	while (list != NULL && found < 0 && fscanf(list, "%d", &pid) == 1) {
		char path[32], name[32] = "";
		FILE *comm;

		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		comm = fopen(path, "re");
		if (comm == NULL)
			continue;
		if (fgets(name, sizeof(name), comm) != NULL && strcmp(name, INIT_NAME) == 0)
			found = pid;
		fclose(comm);
	}
	if (list != NULL)
		fclose(list);
	return (found);
}

static int
ended_early(struct err *err)
{
	err_set(err, ERR_UNAVAILABLE, "the engine of this call ended before it took the call");
	err_why(err, "something has killed it: a limit of this session or batch job perhaps");
	return (err_todo(err, "try again"));
}

/* With the connection the launcher ends, or the engine that it has just started. */
static void give_up(struct way *way, struct launch *launch, struct varlink *conn)
    __attribute__((noinline));

static void
give_up(struct way *way, struct launch *launch, struct varlink *conn)
{
	struct err ignored;

	hold_end(way);
	varlink_close(conn);
	if (bootstrap_end(way, launch, &ignored) == 0)
		once_reap(find_init());
}

/* The call goes out before the launcher has ended, so that the engine finds it when it begins. A
 * launcher that refuses closes the other end: then it is the one to be heard. */
static int
launch(struct way *way, struct engine_call *call, struct varlink *conn, struct err *err)
{
	struct launch launch = { .verb = "once", .words = { way->cli->uidmap, way->cli->gidmap } };
	int pair[2], sent;

	varlink_init(conn, -1);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return (err_sys(err, "cannot make a socket"));
	conn->fd = pair[0];
	launch.fds[0] = pair[1];
	launch.nfds = 1;
	sent = bootstrap_begin(&launch, err);
	close(pair[1]);
	if (sent != 0)
		return (-1);
	hold_begin(way);
	sent = engine_send(call, conn, err);
	if (sent < 0) {
		give_up(way, &launch, conn);
		return (-1);
	}
	if (bootstrap_end(way, &launch, err) != 0)
		return (-1);
	message_debug(way->cli, "berth-launcher once ended with status %d", launch.status);
	if (launch.status != 0)
		return (bootstrap_refusal(way->cli, &launch, ENGINE_ONCE, err));
	return (sent <= 0 ? sent : ended_early(err));
}

int
once_open(
    struct way *way, struct engine_call *call, struct varlink *conn, pid_t *init, struct err *err)
{
	int rc = launch(way, call, conn, err);

	*init = rc == 0 ? find_init() : -1;
	if (rc == 0)
		rc = engine_greet(way, conn, err);
	if (rc > 0)
		rc = ended_early(err);
	if (rc < 0) {
		hold_end(way);
		varlink_close(conn);
		once_reap(*init);
	}
	return (rc);
}

void
once_reap(pid_t init)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t set;

	if (init <= 0)
		return;
	/* What came while the job ended was for the job, and is forgotten. */
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct sigaction action;

		if (sigaction(ends[i], NULL, &action) != 0 || action.sa_handler == SIG_IGN)
			continue;
		signal(ends[i], SIG_IGN);
		signal(ends[i], SIG_DFL);
		sigaddset(&set, ends[i]);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	while (waitpid(init, NULL, 0) < 0 && errno == EINTR)
		;
}
