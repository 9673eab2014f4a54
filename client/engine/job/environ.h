/* SPDX-License-Identifier: ISC */
/*
 * The environment of a job: built, never inherited.
 * TRUST: unprivileged
 * INPUT: variables from the request
 * MUST: hold each name once; add only PATH, HOME and HOSTNAME, and only where the request has none.
 */
#ifndef CLIENT_ENGINE_JOB_ENVIRON_H
#define CLIENT_ENGINE_JOB_ENVIRON_H

#include "client/lib/job.h"

/* For execve(2); the last of several with one name wins. malloc(3)ed; NULL when memory is short. */
char **environ_build(const struct job_words *given, const char *home, const char *hostname);

#endif
