/* SPDX-License-Identifier: ISC */
/*
 * Whether to colour, and with what. Contract in colour.h.
 * TRUST: unprivileged
 * INPUT: the environment of the caller
 * MUST: as colour.h says
 */
#include "client/berth/colour.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
colour_wanted(bool terminal, const char *no_color, const char *term)
{
	if (!terminal || (no_color != NULL && no_color[0] != '\0'))
		return (false);
	return (term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0);
}

bool
colour_for(int fd)
{
	return (colour_wanted(isatty(fd) == 1, getenv("NO_COLOR"), getenv("TERM")));
}

/* ECMA-48 SGR of the first eight colours, which every terminal's user has chosen for themselves. */
const char *
colour(bool on, enum look look)
{
	if (!on)
		return ("");
	switch (look) {
	case LOOK_ERROR:
		return ("\033[1;31m");
	case LOOK_FAINT:
		return ("\033[2m");
	case LOOK_HEAD:
		return ("\033[1m");
	case LOOK_YES:
		return ("\033[32m");
	case LOOK_NO:
		return ("\033[31m");
	case LOOK_END:
		return ("\033[0m");
	case LOOK_INVALID:
		break;
	}
	return ("");
}
