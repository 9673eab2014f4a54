/* SPDX-License-Identifier: ISC */
/*
 * Which jobs name which volumes: see uses.h.
 * TRUST: unprivileged
 * INPUT: the directory of jobs, which its user can change at any time
 * MUST: as in uses.h
 */
#include "client/engine/volume/uses.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/engine/job/found.h"
#include "client/engine/job/request.h"

#define USES_MAX (1U << 20)

struct reading {
	struct uses *uses;
	const char *job;
	size_t room;
	bool failed;
};

static void
add(void *arg, const char *name)
{
	struct reading *reading = arg;
	struct uses *uses = reading->uses;

	if (uses->n == reading->room) {
		size_t room = reading->room == 0 ? 64 : 2 * reading->room;
		struct use *v = room > USES_MAX ? NULL : reallocarray(uses->v, room, sizeof(*v));

		if (v == NULL) {
			reading->failed = true;
			return;
		}
		uses->v = v;
		reading->room = room;
	}
	snprintf(uses->v[uses->n].volume, sizeof(uses->v->volume), "%s", name);
	snprintf(uses->v[uses->n++].job, sizeof(uses->v->job), "%s", reading->job);
}

static int
look_at(void *arg, int jobs, const char *id)
{
	struct reading *reading = arg;
	struct found found;

	if (found_open(jobs, id, &found) == -1) {
		/* ENOENT: it is gone, or no job */
		if (errno != ENOENT)
			reading->uses->unknown = true;
	} else if (!found_is_gone(&found)) {
		reading->job = found.record.name;
		if (request_volumes(found.dir, add, reading) == -1 && errno != ENOENT)
			reading->uses->unknown = true;
	}
	found_close(&found);
	return reading->failed ? -1 : 0;
}

static int
compare(const void *a, const void *b)
{
	const struct use *x = a;
	const struct use *y = b;
	int order = strcmp(x->volume, y->volume);

	return order != 0 ? order : strcmp(x->job, y->job);
}

int
uses_read(int jobs, struct uses *uses)
{
	struct reading reading = { .uses = uses };

	*uses = (struct uses){ 0 };
	if (found_each(jobs, look_at, &reading) == -1)
		uses->unknown = true;
	if (reading.failed)
		return -1;
	if (uses->n > 0)
		qsort(uses->v, uses->n, sizeof(*uses->v), compare);
	return 0;
}

void
uses_free(struct uses *uses)
{
	free(uses->v);
	*uses = (struct uses){ 0 };
}

const struct use *
uses_of(const struct uses *uses, const char *volume, size_t *n)
{
	size_t low = 0, high = uses->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(uses->v[middle].volume, volume) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (*n = 0; low + *n < uses->n && strcmp(uses->v[low + *n].volume, volume) == 0;)
		(*n)++;
	return *n > 0 ? &uses->v[low] : NULL;
}
