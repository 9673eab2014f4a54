/* SPDX-License-Identifier: ISC */
/*
 * Directories that the launcher mounts for a job. Contract in mapcall.h.
 * TRUST: unprivileged
 * INPUT: the event "map"; what the launcher says
 * MUST: as mapcall.h says
 */
#include "client/berth/mapcall.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/bootstrap.h"
#include "client/berth/engine.h"
#include "client/berth/message.h"
#include "client/berth/ticks.h"
#include "client/lib/fstype.h"
#include "client/lib/json.h"

#define DIGITS 11 /* of an id, with the NUL */
#define DIRECTORY 1 /* of the descriptors */

/* The event, checked. */
struct wanted {
	const char *source; /* belongs to the message */
	uint32_t uid, gid;
	int fds[LAUNCH_FDS];
};

bool
mapcall_is(struct json_object *params)
{
	return (strcmp(engine_text(params, "event"), "map") == 0);
}

bool
mapcall_is_refusal(struct json_object *params)
{
	return (strcmp(engine_text(params, "event"), "unmappable") == 0);
}

static int
malformed(struct err *err)
{
	err_set(err, ERR_UNAVAILABLE, "the engine's answer is malformed");
	return (err_why(err, "it asks for a mount that this job does not have"));
}

/* -1 when it is no id: the last number is none. */
static int
take_id(struct json_object *params, const char *name, uint32_t *id)
{
	int64_t number = json_number(params, name, -1);

	*id = (uint32_t)number;
	return (number < 0 || number >= UINT32_MAX ? -1 : 0);
}

static int
take_event(const struct varlink *conn, struct json_object *params, struct wanted *wanted)
{
	static const char *const names[LAUNCH_FDS] = { "namespace", "directory", "reply" };

	wanted->source = engine_text(params, "source");
	if (take_id(params, "uid", &wanted->uid) != 0 || take_id(params, "gid", &wanted->gid) != 0)
		return (-1);
	for (size_t i = 0; i < LAUNCH_FDS; i++) {
		int64_t index = json_number(params, names[i], -1);

		if (index < 0 || (uint64_t)index >= conn->nfds)
			return (-1);
		wanted->fds[i] = conn->fds[index];
	}
	return (0);
}

/* Has the job such a mount? */
static bool
is_of_job(const struct job *job, const struct wanted *wanted)
{
	for (size_t i = 0; job != NULL && i < job->nmounts; i++) {
		const struct job_mount *mount = &job->mounts[i];

		if (job_mount_is_mapped(mount) && mount->uid == wanted->uid &&
		    mount->gid == wanted->gid && strcmp(mount->source, wanted->source) == 0)
			return (true);
	}
	return (job == NULL);
}

/* The launcher has no names of file systems. This one has just answered it: nobody waits here. */
static void
name_type(int directory, char why[ERR_LINE])
{
	char type[FSTYPE_MAX];
	struct statfs fs;

	if (strcmp(why, "its file system is none that berth maps") != 0)
		return;
	fstype_name(fstatfs(directory, &fs) == 0 ? &fs : NULL, type);
	snprintf(why, ERR_LINE, "its file system (%s) is none that berth maps", type);
}

/* The launcher knows a descriptor; which directory it is stands here. Its words are escaped already. */
static int explain(struct mapcall *call, const struct launch *launch, const struct wanted *wanted,
    struct err *err) __attribute__((noinline));

static int
explain(
    struct mapcall *call, const struct launch *launch, const struct wanted *wanted, struct err *err)
{
	static const char refused[] = "refused: ";
	const size_t skip = sizeof(refused) - 1;
	char text[ERR_LINE];

	call->unsupported = launch->status == ERR_UNAVAILABLE;
	(void)bootstrap_refusal(
	    call->cli, launch, call->cli->once ? ENGINE_ONCE : ENGINE_SHARED, err);
	/* These are about the user or the host, not about a directory. */
	if (err->code == ERR_CONFIG || call->cli->reason[0] != '\0')
		return (-1);
	name_type(wanted->fds[DIRECTORY], err->why);
	snprintf(text, sizeof(text), "%.300s%s%.300s",
	    err->what + (strncmp(err->what, refused, skip) == 0 ? skip : 0),
	    err->why[0] == '\0' ? "" : ": ", err->why);
	memcpy(err->why, text, sizeof(text));
	err_escape(text, sizeof(text), wanted->source);
	snprintf(err->what, sizeof(err->what), "%s%.500s cannot belong to %u:%u in the job",
	    err->code == ERR_REFUSED ? refused : "", text, wanted->uid, wanted->gid);
	return (-1);
}

static int
run(struct mapcall *call, const struct wanted *wanted, struct err *err)
{
	char uid[DIGITS], gid[DIGITS];
	struct launch launch = { .verb = "mount", .words = { uid, gid }, .nfds = LAUNCH_FDS };
	struct way way = { .cli = call->cli, .began = ticks_ms() };

	snprintf(uid, sizeof(uid), "%u", wanted->uid);
	snprintf(gid, sizeof(gid), "%u", wanted->gid);
	memcpy(launch.fds, wanted->fds, sizeof(launch.fds));
	if (bootstrap(&way, &launch, err) != 0)
		return (-1);
	message_debug(
	    call->cli, "berth-launcher mount %s %s ended with status %d", uid, gid, launch.status);
	return (launch.status == 0 ? 0 : explain(call, &launch, wanted, err));
}

int
mapcall_serve(
    struct mapcall *call, struct varlink *conn, struct json_object *params, struct err *err)
{
	struct wanted wanted;
	int rc;

	if (take_event(conn, params, &wanted) != 0 || !is_of_job(call->job, &wanted) ||
	    ++call->made > JOB_MOUNTS_MAX)
		rc = malformed(err);
	else
		rc = run(call, &wanted, err);
	varlink_drop_fds(conn);
	return (rc);
}
