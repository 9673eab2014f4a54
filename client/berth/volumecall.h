/* SPDX-License-Identifier: ISC */
/*
 * Calls about volumes, and which of them are meant: --filter KEY=VALUE, as docker(1) has it.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: refuse a key or a value that means nothing, instead of ignoring it.
 */
#ifndef CLIENT_BERTH_VOLUMECALL_H
#define CLIENT_BERTH_VOLUMECALL_H

#include <stdbool.h>

#include "client/berth/cli.h"

struct json_object;

#define VOLUME_FILTERS_MAX 32

/* Of several names one has to be found in the volume's, and every label has to be there. */
struct volume_filter {
	enum flag_choice dangling; /* no job uses it */
	size_t nnames;
	const char *names[VOLUME_FILTERS_MAX];
	size_t nlabels;
	const char *labels[VOLUME_FILTERS_MAX]; /* NAME or NAME=VALUE */
};

/* name=, label=, dangling=. 0, or -1 with err. */
int volume_filter_add(struct volume_filter *filter, const char *value, struct err *err)
    __attribute__((warn_unused_result));

/* Does it take the volume, an object of the interface's type? */
bool volume_filter_takes(const struct volume_filter *filter, struct json_object *volume);

/* The volumes as an array of the interface's Volume, the caller's with 0 alone; -1 with err. */
int volume_list(struct cli *cli, struct json_object **list, struct err *err)
    __attribute__((warn_unused_result));

/* For completion, as job_list_running. 0, or -1: there is none. */
int volume_list_running(struct cli *cli, struct json_object **list)
    __attribute__((warn_unused_result));

#endif
