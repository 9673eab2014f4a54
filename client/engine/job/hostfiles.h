/* SPDX-License-Identifier: ISC */
/*
 * The files in /etc of the image "host".
 * TRUST: unprivileged
 * INPUT: the host's /etc; the user's name from the allow-list
 * MUST: show no account of the host but the user's own; replace files, never write into them.
 */
#ifndef CLIENT_ENGINE_JOB_HOSTFILES_H
#define CLIENT_ENGINE_JOB_HOSTFILES_H

#include "client/engine/engine.h"

/* Writes them to the directory dir where they are not what they should be. 0 or -1 with errno. */
int hostfiles_write(const struct engine *engine, int dir) __attribute__((warn_unused_result));

/* Removes them from dir, and nothing else. */
void hostfiles_remove(int dir);

#endif
