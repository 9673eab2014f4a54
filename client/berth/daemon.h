/* SPDX-License-Identifier: ISC */
/*
 * The verbs of berth daemon, a file each.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: as each file says
 */
#ifndef CLIENT_BERTH_DAEMON_H
#define CLIENT_BERTH_DAEMON_H

#include <json-c/json.h>

#include "client/berth/cli.h"
#include "client/berth/peer.h"

/* Rows of daemon_verbs, in cmd_daemon.c. */
command_run daemon_state, daemon_stop, daemon_reset, daemon_logs;
extern const struct flag daemon_stop_flags[], daemon_reset_flags[], daemon_logs_flags[];

/* Prints the answer to State, which it frees, of an engine that peer names. */
int daemon_print(const struct cli *cli, const struct peer *peer, struct json_object *params,
    struct err *err) __attribute__((warn_unused_result));

/*
 * Asks what cannot be undone: true only for a yes that a person typed. False, and nothing is
 * printed, when there is no terminal or the output is for a program.
 */
bool daemon_confirm(const struct cli *cli, const char *question);

#endif
