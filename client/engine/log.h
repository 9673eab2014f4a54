/* SPDX-License-Identifier: ISC */
/*
 * The engine's log, engine.log in the state root: what it was asked and what became of it, a line
 * each: time in UTC, the way the engine lives, the text.
 *   2026-11-26T06:22:40Z shared job 0a1b2c3d4e5f (web) ended with status 0
 * It is for people: berth daemon logs shows it. When it is full it becomes engine.log.1, and the
 * one that had this name is gone. Who keeps a full one locked loses lines, and stops nothing.
 * TRUST: unprivileged
 * INPUT: texts that may carry hostile parts; a directory that its user can change at any time
 * MUST: write printable ASCII only, one record on one line; stay below a size; follow no link, and
 *       write to nothing that is not a plain file of the user's with one name; be no reason to fail.
 */
#ifndef CLIENT_ENGINE_LOG_H
#define CLIENT_ENGINE_LOG_H

#include "client/engine/engine.h"

#define LOG_MAX (256 * 1024) /* bytes of each of the two files */

/* "shared", "once", "rootless". */
const char *engine_mode_name(const struct engine *engine);

/* A line; what does not fit into 1,000 bytes is cut. Several engines may write at once. */
void log_line(const struct engine *engine, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
