/* SPDX-License-Identifier: ISC */
/*
 * What Prune and PruneVolumes are limited to: type Filter of io.berth.Engine.
 * TRUST: unprivileged
 * INPUT: JSON from any client of the user's; labels and times out of files that their user can change
 * MUST: let through only what has the age and all the labels that were asked for.
 */
#ifndef CLIENT_ENGINE_API_FILTER_H
#define CLIENT_ENGINE_API_FILTER_H

#include "client/lib/job.h"

struct json_object;

struct filter {
	int64_t until; /* seconds; -1: any age */
	struct job_words labels; /* NAME or NAME=VALUE */
};

#define FILTER_ANY ((struct filter){ .until = -1 })

/* A json_store for a struct filter; filter_free in every case. */
int filter_store(void *out, struct json_object *value, struct err *err);
void filter_free(struct filter *filter);

/* Is it meant? created: milliseconds since the epoch; labels: NAME=VALUE. */
bool filter_matches(const struct filter *filter, int64_t created, const struct job_words *labels);

#endif
