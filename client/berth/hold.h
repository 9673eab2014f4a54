/* SPDX-License-Identifier: ISC */
/*
 * Signals that come while a call is on its way to the engine. What the call starts may be at work before its
 * client knows of it, and whoever has seen that may send a signal that is for it.
 * TRUST: unprivileged
 * INPUT: signals
 * MUST: end this program as ever while it waits for an engine, or a launcher, that does not answer; an old
 *       engine that is asked to leave, when the job is on its way already, may take its time to answer.
 */
#ifndef CLIENT_BERTH_HOLD_H
#define CLIENT_BERTH_HOLD_H

#include <poll.h>

#include "client/berth/connect.h"

/* From here on way->held is blocked, if way->hold is set; hold_end: as it was before. */
void hold_begin(struct way *way);
void hold_end(struct way *way);

/* As poll(2). What is held is let in as long as nothing has come; then it waits for who takes it. */
int hold_poll(const struct way *way, struct pollfd *fds, nfds_t n, int patience);

#endif
