/* SPDX-License-Identifier: ISC */
/*
 * The engine's clock: it runs while the host sleeps, and nobody can set it.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: never go back.
 */
#ifndef CLIENT_ENGINE_CLOCK_H
#define CLIENT_ENGINE_CLOCK_H

#include <stdint.h>

/* Milliseconds since the host was started. */
int64_t clock_ms(void);

/* What is left until then, for poll(2): 0 when it is past, at most a quarter of an hour. */
int clock_until(int64_t then);

/* The shorter one of two waits for poll(2), where -1 is without end. */
int clock_sooner(int a, int b);

#endif
