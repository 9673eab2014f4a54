/* SPDX-License-Identifier: ISC */
/*
 * The verbs of berth-admin and what all of its files use.
 * TRUST: privileged
 * INPUT: none
 * MUST: be run by root itself, never by a setuid bit: main looks before any verb runs.
 */
#ifndef HELPER_ADMIN_ADMIN_H
#define HELPER_ADMIN_ADMIN_H

#include <stdlib.h>

#include "common/err.h"
#include "helper/admin/args.h"

#define BERTH_STATE_DIR "/var/lib/berth"
#define BERTH_LAUNCHER BERTH_LIBEXEC "/berth-launcher"

/* free(3) for the cleanup attribute: the variable is a pointer to an object. */
static inline void
admin_free(void *pointer)
{
	free(*(void **)pointer);
}

#define AUTO_FREE __attribute__((cleanup(admin_free)))

/* A verb returns an exit status, or -1 with err. */
typedef int admin_verb(const struct args *args, struct err *err);

admin_verb admin_start; /* grant.c: daemon start */
admin_verb admin_grant; /* grant.c */
admin_verb admin_revoke; /* revoke.c */
admin_verb admin_grants; /* grants.c */
admin_verb admin_check; /* check.c */

#endif
