/* SPDX-License-Identifier: ISC */
/*
 * The lines of a job file: the strict INI dialect of common/inistrict.h, with three differences. A
 * section may have a name, "[directory data]"; a key may have capitals and '_', for variables; and the scan
 * goes on behind an error, so that all that is wrong comes at once. What is behind an error is never used:
 * the caller looks whether there was one.
 * TRUST: unprivileged
 * INPUT: the bytes of a job file, which is somebody else's (hostile)
 * MUST: refuse each line that common/inistrict.c refuses for its form, by file and line; give out
 *       neither a section nor a key of such a line.
 */
#ifndef CLIENT_BERTH_JOBSCAN_H
#define CLIENT_BERTH_JOBSCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "client/berth/problems.h"

#define JOBSCAN_NAME_MAX 64U /* bytes, of a section's name */

struct jobscan {
	const char *file;
	const char *first; /* the section that has to come first, with its brackets */
	struct problems *problems;
	void *out; /* of the two functions */
	/* A section begins; name NULL: it has none. False: what it holds is passed over. */
	bool (*section)(struct jobscan *scan, const char *kind, char *name);
	void (*key)(struct jobscan *scan, const char *key, char *value);
	struct spot at; /* the current line */
	bool opened; /* there was a section */
	bool passing; /* it is not to be looked at */
	bool lost; /* a line was refused for its form: what is missing may stand in it */
};

/* Scans the len bytes of text, which it changes; names and values point into it. */
void jobscan_run(struct jobscan *scan, char *text, size_t len);

#endif
