/* SPDX-License-Identifier: ISC */
/*
 * Jobs that run and that an engine before this one has started: see adopted.h.
 * TRUST: unprivileged
 * INPUT: the directory of jobs; its user can change it
 * MUST: as in adopted.h
 */
#include "client/engine/job/adopted.h"

#include <errno.h>
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
	int ret;

	/* one without a record has just begun; one that cannot be looked at may be any */
	ret = found_open(jobs, id, &found);
	if ((ret == -1 && errno != ENOENT) || (found.alive && !found.record.once))
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
lives(const struct engine *engine, const char *id)
{
	struct found found;
	bool alive = found_open(engine->jobs, id, &found) == -1 && errno != ENOENT;

	alive = alive || found.alive;
	found_close(&found);
	return alive;
}

size_t
adopted_count(struct engine *engine)
{
	struct adopted **at = &engine->adopted;
	bool ended = false;
	size_t n = 0;

	while (*at != NULL) {
		struct adopted *adopted = *at;

		if (lives(engine, adopted->id)) {
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
