/* SPDX-License-Identifier: ISC */
/*
 * Capabilities by name, and the set that a confined job has.
 * TRUST: shared, reads hostile input
 * INPUT: names from command lines and requests
 * MUST: know each capability once; never let a set of a job exceed the default one without the
 *       decision knowing (caps_exceed).
 */
#ifndef CLIENT_LIB_CAPS_H
#define CLIENT_LIB_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/lib/job.h"

#define CAPS_COUNT 41 /* CAP_CHOWN to CAP_CHECKPOINT_RESTORE */

/* "CHOWN", "CAP_CHOWN", any case: its bit; "ALL": all bits; 0: no such capability. */
uint64_t caps_parse(const char *name);

/* The name of capability number cap, which is less than CAPS_COUNT. */
const char *caps_name(unsigned int cap);

/* docker's default set: capabilities(7) of the job's user namespace, never of the host. */
uint64_t caps_default(void);

/* Does cap_add ask for more than the default set? */
bool caps_exceed(const struct job *job);

/* What a checked job has: the default set, less cap_drop, with cap_add; "ALL" dropped goes first. */
uint64_t caps_of(const struct job *job);

#endif
