/* SPDX-License-Identifier: ISC */
/*
 * How the engine tells the launcher that it serves, or why it cannot: protocol in common/facts.h.
 * TRUST: unprivileged
 * INPUT: an error of ours
 * MUST: say exactly one of the two, once.
 */
#ifndef CLIENT_ENGINE_READY_H
#define CLIENT_ENGINE_READY_H

#include "common/err.h"

/* "R". The descriptor is closed afterwards. */
void ready_serving(void);

/* The error; ends the engine. */
void ready_failed(const struct err *err) __attribute__((noreturn));

#endif
