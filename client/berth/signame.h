/* SPDX-License-Identifier: ISC */
/*
 * Signals as people write them: 15, TERM, SIGTERM, rtmin+3.
 * TRUST: unprivileged
 * INPUT: the command line of the caller
 * MUST: take no number that is no signal, nor the two that the C library keeps to itself.
 */
#ifndef CLIENT_BERTH_SIGNAME_H
#define CLIENT_BERTH_SIGNAME_H

#include <stdbool.h>
#include <stddef.h>

/* The number of a signal by number or name, with or without SIG, in any case; -1: there is none. */
int signame_parse(const char *text);

/* "TERM" of 15, "RTMIN+3" of 37: into buf. False: there is no such signal. */
bool signame_format(int number, char *buf, size_t len);

#endif
