/* SPDX-License-Identifier: ISC */
/*
 * io.berth.Engine.Info and State: what the user gets, and how the engine is.
 * TRUST: unprivileged
 * INPUT: none but a call without parameters
 * MUST: change nothing: asking does not keep an idle engine alive.
 */
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/engine/api/authority.h"
#include "client/engine/api/call.h"
#include "client/engine/clock.h"
#include "client/engine/job/adopted.h"
#include "client/engine/job/children.h"
#include "client/engine/log.h"
#include "client/lib/json.h"
#include "common/io.h"

#define ROLLUP_MAX 2048

static int
put_range(struct json_object *out, const char *key, const struct id_range *range)
{
	struct json_object *obj = json_object_new_object();
	int status = json_put_number(obj, "start", range->start);

	status |= json_put_number(obj, "count", range->count);
	return json_put(out, key, obj) | status;
}

static int
put_common(struct json_object *out, const struct engine *engine)
{
	static char root[4 * sizeof(engine->root)];

	err_escape(root, sizeof(root), engine->root);
	return json_put_text(out, "version", BERTH_VERSION) |
	       json_put_text(out, "mode", engine_mode_name(engine)) |
	       json_put_text(out, "root", root) |
	       json_put(out, "entitlements", authority_list(engine));
}

int
call_info(struct call *call)
{
	const struct engine *engine = call->engine;
	struct json_object *out;
	int status;

	if (call_no_parameters(call) == -1)
		return -1;
	out = json_object_new_object();
	status = put_common(out, engine);
	status |= json_put_number(out, "uid", engine->caller.uid);
	status |= json_put_number(out, "gid", engine->caller.gid);
	status |= put_range(out, "subuid", &engine->grant.subuid);
	status |= put_range(out, "subgid", &engine->grant.subgid);
	return call_answer(call, out, status);
}

/* Bytes that the engine has for itself, and its share of what it has with its jobs' supervisors;
 * -1 when the kernel does not tell. */
static int64_t
memory(void)
{
	int AUTO_CLOSE fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
	char text[ROLLUP_MAX];
	ssize_t len = fd == -1 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *line;

	if (len <= 0)
		return -1;
	text[len] = '\0';
	line = strstr(text, "\nPss:");
	return line == NULL ? -1 : strtoll(line + strlen("\nPss:"), NULL, 10) * 1024;
}

/* Its members that change. */
static int
put_state(struct json_object *out, struct engine *engine)
{
	int64_t bytes = memory();
	size_t jobs = children_jobs(engine) + adopted_count(engine);
	int status = json_put_number(out, "uptime", (clock_ms() - engine->started) / 1000);

	status |= json_put_number(out, "jobs", (int64_t)jobs);
	if (bytes != -1)
		status |= json_put_number(out, "memory", bytes);
	status |= json_put_number(out, "timeout", engine->timeout);
	if (jobs == 0 && (engine->timeout != 0 || engine->retire))
		status |= json_put_number(out, "exits_in", (idle_left(engine) + 999) / 1000);
	return status | json_put_bool(out, "leaving", engine->retire || engine->stop_by != 0);
}

int
call_state(struct call *call)
{
	struct json_object *out;
	int status;

	if (call_no_parameters(call) == -1)
		return -1;
	out = json_object_new_object();
	status = put_common(out, call->engine);
	status |= put_state(out, call->engine);
	return call_answer(call, out, status);
}
