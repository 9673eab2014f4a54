/* SPDX-License-Identifier: ISC */
/*
 * Jobs that run and that an engine before this one has started: see adopted.h.
 * TRUST: unprivileged
 * INPUT: the directory of jobs; its user can change it
 * MUST: as in adopted.h
 */
#include "client/engine/job/adopted.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "client/engine/clock.h"
#include "client/engine/job/ctl.h"
#include "client/engine/job/found.h"
#include "client/engine/job/sweep.h"
#include "client/engine/log.h"
#include "client/lib/json.h"

static int
adopt(void *arg, int jobs, const char *id)
{
	struct engine *engine = arg;
	struct adopted *adopted = NULL;
	struct found found;

	if (found_runs(jobs, id, &found) && !found.record.once)
		adopted = calloc(1, sizeof(*adopted));
	if (adopted != NULL) {
		memcpy(adopted->id, id, sizeof(adopted->id));
		adopted->next = engine->adopted;
		engine->adopted = adopted;
		log_line(engine, "job %s goes on from an engine before", id);
	}
	found_close(&found);
	return 0;
}

void
adopted_find(struct engine *engine)
{
	engine->adopted_at = clock_ms();
	(void)!found_each(engine->jobs, adopt, engine);
}

static bool
runs(const struct engine *engine, const char *id)
{
	struct found found;
	bool ret = found_runs(engine->jobs, id, &found);

	found_close(&found);
	return ret;
}

size_t
adopted_count(struct engine *engine)
{
	struct adopted **at = &engine->adopted;
	bool ended = false;
	size_t n = 0;

	while (*at != NULL) {
		struct adopted *adopted = *at;

		if (runs(engine, adopted->id)) {
			n++;
			at = &adopted->next;
			continue;
		}
		log_line(engine, "job %s, of an engine before, has ended", adopted->id);
		*at = adopted->next;
		free(adopted);
		ended = true;
	}
	engine->adopted_at = clock_ms();
	if (ended) {
		engine->used = clock_ms();
		engine_look_at(engine, 0);
		sweep_leftovers(engine);
	}
	return n;
}

void
adopted_end(const struct engine *engine, unsigned int seconds)
{
	for (const struct adopted *at = engine->adopted; at != NULL; at = at->next) {
		struct json_object *parameters = json_object_new_object();

		if (json_put_number(parameters, "seconds", seconds) == 0) {
			(void)!ctl_ask(at->id, "StopJob", parameters);
			continue;
		}
		json_object_put(parameters);
	}
}

int
adopted_wait(const struct engine *engine)
{
	return engine->adopted == NULL ? -1 : clock_until(engine->adopted_at + ADOPTED_PAUSE);
}
