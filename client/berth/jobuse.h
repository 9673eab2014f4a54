/* SPDX-License-Identifier: ISC */
/*
 * From a job file and what its user gives it to a job, before anything is started.
 * TRUST: unprivileged
 * INPUT: a job file, which is somebody else's (hostile); parameters and flags of the caller
 * MUST: tell of all that is wrong at once; open no path but those the user gave, and the image
 *       beneath the directory of the file; put the wants to the decide() that engine and launcher ask.
 */
#ifndef CLIENT_BERTH_JOBUSE_H
#define CLIENT_BERTH_JOBUSE_H

#include "client/berth/options.h"

/*
 * Reads options->file, gives it its parameters, opens what they name, and makes of it the defaults of
 * what no flag said. 0, or -1 with err, and the problems in cli.
 */
int jobuse_begin(struct cli *cli, struct run_options *options, struct err *err)
    __attribute__((warn_unused_result));

/*
 * When all mounts are there: those of the command line take the places of the file's. What the others have
 * twice is told by job_check.
 */
void jobuse_give_way(struct run_options *options);

/*
 * Is all of it granted? 0, or -1 with err and each refusal in cli, at the parameter or the line that
 * wants it. Only of a job file; cli->once is known.
 */
int jobuse_judge(struct cli *cli, const struct run_options *options, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Prints the job and what is decided, of a job file with the tables of what it asks for. 0 when all is granted,
 * else -1 with err.
 */
int jobuse_preview(struct cli *cli, const struct run_options *options, struct err *err)
    __attribute__((warn_unused_result));

/* Prints the format of job files, from jobfile_keys. 0, or -1 with err. */
int jobuse_schema(const struct cli *cli, struct err *err) __attribute__((warn_unused_result));

#endif
