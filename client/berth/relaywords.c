/* SPDX-License-Identifier: ISC */
/*
 * What is said about a job that runs, and at its end. Contract in relaywait.h.
 * TRUST: unprivileged
 * INPUT: the engine's answers
 * MUST: as relay.h says
 */
#include "client/berth/relaywait.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "client/berth/engine.h"
#include "client/berth/message.h"
#include "client/berth/view.h"

/* A slow file system, or an engine that was stopped with the call in its hands: who knows says so. */
void
relay_late(struct wait *wait)
{
	static const char *const words[] = { [RELAY_RUN] = "the job has not started",
		[RELAY_EXEC] = "the command has not started",
		[RELAY_ATTACH] = "the job has not answered" };

	wait->late = true;
	peer_late(wait->cli, &wait->relay->engine, words[wait->relay->kind]);
}

static void
tell_expired(struct wait *wait)
{
	struct err err;

	(void)err_set(&err, ERR_REFUSED, "the job was ended: what it was allowed by has ended");
	snprintf(wait->cli->reason, sizeof(wait->cli->reason), "expired");
	(void)view_ended(wait->since, &err);
	(void)err_todo(&err, "see what is left:  berth info");
	message_error(wait->cli, &err);
}

/* The cursor is wherever the job has left it. */
static void
tell_detached(const struct wait *wait)
{
	const char *name = wait->relay->name;

	if (!wait->cli->quiet && isatty(STDERR_FILENO))
		(void)!write(STDERR_FILENO, "\n", 1);
	if (wait->relay->kind == RELAY_EXEC) {
		message_note(wait->cli, "detached: the command goes on in the job %s", name);
		return;
	}
	message_note(wait->cli, "detached: the job %s goes on", name);
	message_note(
	    wait->cli, "to return to it:  berth attach %s   to end it:  berth stop %s", name, name);
}

void
relay_unmoved(const struct wait *wait)
{
	static const char *const words[] = { [RELAY_RUN] = "the job is ended",
		[RELAY_EXEC] = "the command is killed",
		[RELAY_ATTACH] = "the job is left as it is" };

	message_warning(wait->cli, "it was told to end, and has not: %s", words[wait->relay->kind]);
}

/* What is said at the end is said on a terminal that is the caller's again. */
void
relay_report(struct wait *wait)
{
	const char *reason = engine_text(wait->result, "reason");
	struct err note = { .code = ERR_FAILED };

	if (wait->detached)
		tell_detached(wait);
	if (strcmp(reason, "timeout") == 0)
		message_warning(wait->cli, "the job was ended: its time (--timeout) is over");
	if (strcmp(reason, "expired") == 0)
		tell_expired(wait);
	if (strcmp(reason, "lost") == 0) {
		message_foreign(note.why, engine_text(wait->result, "why"));
		message_warning(wait->cli, "the job was ended: %s", note.why);
	}
	if (strcmp(reason, "not_found") != 0 && strcmp(reason, "not_executable") != 0)
		return;
	snprintf(wait->cli->reason, sizeof(wait->cli->reason), "%s", reason);
	err_set(&note, ERR_FAILED, "cannot run %s in the job", wait->relay->command);
	message_foreign(note.why, engine_text(wait->result, "why"));
	message_error(wait->cli, &note);
}
