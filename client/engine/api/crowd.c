/* SPDX-License-Identifier: ISC */
/*
 * Who has to go when too many are connected: see crowd.h.
 * TRUST: unprivileged
 * INPUT: the connections of any clients of the user's
 * MUST: as in crowd.h
 */
#include "client/engine/api/crowd.h"

#include <stddef.h>

#include "client/engine/clock.h"

/* Who was silent for longest, of those that hold descriptors or of all. */
static struct connection *
most_silent(const struct engine *engine, bool with_fds)
{
	struct connection *found = NULL;

	/* its one connection is its one call, and its client may be stopped for as long as it likes */
	if (engine->mode == FACTS_ONCE)
		return NULL;
	for (struct connection *at = engine->connections; at != NULL; at = at->next) {
		if (at->stopping || at->resetting || at->deferred != DEFERRED_NONE ||
		    (with_fds && at->varlink.nfds == 0))
			continue;
		if (found == NULL || at->heard <= found->heard)
			found = at;
	}
	return found;
}

static size_t
queued_fds(const struct engine *engine)
{
	size_t n = 0;

	for (const struct connection *at = engine->connections; at != NULL; at = at->next)
		n += at->varlink.nfds;
	return n;
}

struct connection *
crowd_surplus(const struct engine *engine, bool crowded)
{
	struct connection *silent = most_silent(engine, false);

	if (silent == NULL || crowded || engine->nconnections >= CONNECTIONS_MAX ||
	    silent->heard + CROWD_SILENCE <= clock_ms())
		return silent;
	return queued_fds(engine) > CROWD_FDS_MAX ? most_silent(engine, true) : NULL;
}

int
crowd_wait(const struct engine *engine)
{
	const struct connection *silent = most_silent(engine, false);

	return silent == NULL ? -1 : clock_until(silent->heard + CROWD_SILENCE);
}
