/* SPDX-License-Identifier: ISC */
/*
 * What the user gives a job file: --param NAME=VALUE, NAME-uid=ID, NAME-gid=ID, and files of them.
 * TRUST: unprivileged
 * INPUT: the command line and the parameter files of the caller
 * MUST: give nothing to a name that the job file does not ask for; let the command line win over files,
 *       and a later word over an earlier one.
 */
#ifndef CLIENT_BERTH_JOBPARAMS_H
#define CLIENT_BERTH_JOBPARAMS_H

#include "client/berth/jobfile.h"

/*
 * Puts what files and words say into the items of jf: value, uid, gid, from. What is wrong is added to
 * problems; paths are not looked at here. 0; 1: a file could not be read, so that it is not known what is given;
 * -1 with err.
 */
int jobparams_give(struct jobfile *jf, const struct job_words *files, const struct job_words *words,
    struct problems *problems, struct err *err) __attribute__((warn_unused_result));

/* Adds a problem for each item that must be given and was not. */
void jobparams_missing(const struct jobfile *jf, struct problems *problems);

#endif
