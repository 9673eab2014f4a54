/* SPDX-License-Identifier: ISC */
/*
 * Whether to colour, and with what: a few looks, each the same everywhere.
 * TRUST: unprivileged
 * INPUT: the environment of the caller
 * MUST: emit no escape sequence to what is no terminal; honour NO_COLOR (no-color.org) and a
 *       terminal that says it is dumb.
 */
#ifndef CLIENT_BERTH_COLOUR_H
#define CLIENT_BERTH_COLOUR_H

#include <stdbool.h>

enum look {
	LOOK_INVALID = 0,
	LOOK_ERROR, /* the "berth:" of an error */
	LOOK_FAINT, /* notes */
	LOOK_HEAD, /* headings of tables */
	LOOK_YES, /* a verdict that allows */
	LOOK_NO,
	LOOK_END /* back to what it was */
};

/* Pure. no_color and term are the variables NO_COLOR and TERM, NULL when they are not set. */
bool colour_wanted(bool terminal, const char *no_color, const char *term);

/* For descriptor fd, with the environment of this process. */
bool colour_for(int fd);

/* The escape sequence of a look, "" unless on. */
const char *colour(bool on, enum look look);

#endif
