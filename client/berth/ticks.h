/* SPDX-License-Identifier: ISC */
/*
 * The clock of waits: nobody sets it, and it stands still while the host sleeps, so that who waits for
 * an engine has not waited in vain after that.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: never go back.
 */
#ifndef CLIENT_BERTH_TICKS_H
#define CLIENT_BERTH_TICKS_H

#include <stdint.h>

/* Milliseconds, of which only differences mean something (CLOCK_MONOTONIC). */
int64_t ticks_ms(void);

#endif
