/* SPDX-License-Identifier: ISC */
/*
 * What was probably meant by a word that is none of those that are known.
 * TRUST: unprivileged
 * INPUT: words of the command line of the caller
 * MUST: name nothing that is not near: a wrong guess costs more than none.
 */
#ifndef CLIENT_BERTH_NEAR_H
#define CLIENT_BERTH_NEAR_H

#include <stdbool.h>

/* Longer words are far from everything. */
#define NEAR_LEN_MAX 32U
#define NEAR_FAR 1000U

/*
 * How many slips of the fingers make b of a: a letter too much, too few, another one, or two
 * neighbours swapped, which is one slip, not two (optimal string alignment, Damerau 1964). NEAR_FAR
 * for a word that is longer than NEAR_LEN_MAX.
 */
unsigned int near_distance(const char *a, const char *b);

/* The nearest of the names that were tried; the first of several. */
struct near {
	const char *word; /* what was typed */
	const char *best; /* NULL: none is near */
	unsigned int distance;
};

/* Tries a name. In reach is one slip for every three letters of the word, at least one. */
void near_try(struct near *near, const char *name);

#endif
