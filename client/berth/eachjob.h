/* SPDX-License-Identifier: ISC */
/*
 * One thing done to each of several jobs: what was done is printed as it is done, as docker(1) does;
 * an error of one keeps nothing from the others.
 * TRUST: unprivileged
 * INPUT: names that the caller typed; what the engine answers
 * MUST: exit with a failure when any of them failed.
 */
#ifndef CLIENT_BERTH_EACHJOB_H
#define CLIENT_BERTH_EACHJOB_H

#include "client/berth/cli.h"

struct json_object;

/* Does it; done is an object with the member "job", for more of them. 0, or -1 with err. */
typedef int each_act(
    struct cli *cli, const char *job, struct json_object *done, void *ctx, struct err *err);

struct each {
	each_act *act;
	void *ctx;
	const char
	    *shown; /* the member of done that is printed without --format=json; NULL: none */
};

/* The exit status, or -1 with err. The words are the jobs. */
int each_job(struct cli *cli, const struct flag_parse *words, const struct each *each,
    struct err *err) __attribute__((warn_unused_result));

#endif
