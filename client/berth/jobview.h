/* SPDX-License-Identifier: ISC */
/*
 * A job as the engine tells of it (type Job of the interface), for tables and filters.
 * TRUST: shared, reads hostile input
 * INPUT: what the engine answers
 * MUST: take whatever comes: a member that is missing or of another type is an empty one.
 */
#ifndef CLIENT_BERTH_JOBVIEW_H
#define CLIENT_BERTH_JOBVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/* Texts belong to the object; none is NULL. Times are milliseconds since the epoch, 0: none. */
struct jobview {
	struct json_object *object;
	const char *id;
	const char *name;
	const char *image;
	const char *state;
	int64_t created;
	int64_t started;
	int64_t finished;
	int64_t status;
};

void jobview_read(struct json_object *object, struct jobview *view);

bool jobview_is(const struct jobview *view, const char *state);

/* "Up 5 minutes", "Exited (0) 2 hours ago", "Restarting (1) 3 seconds ago", "Created". */
void jobview_status(const struct jobview *view, int64_t now, char *buf, size_t len);

/* Its words with blanks between, in memory that the caller frees. NULL: memory is short. */
char *jobview_command(const struct jobview *view) __attribute__((warn_unused_result));

/* The label's value; NULL: it has no such label. */
const char *jobview_label(const struct jobview *view, const char *name);

/* Has a job or a volume, as the engine lists it, the label "NAME", or "NAME=VALUE" with that value? */
bool jobview_has_label(struct json_object *object, const char *term);

/* Is it named so: by its name, its id, or the beginning of its id? */
bool jobview_named(const struct jobview *view, const char *word);

/* Milliseconds since the epoch. */
int64_t jobview_now(void);

#endif
