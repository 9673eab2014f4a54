/* SPDX-License-Identifier: ISC */
/*
 * Secrets: files of the caller's that a job is given in memory.
 * TRUST: unprivileged
 * INPUT: the command line or a job file of the caller; files, opened with the caller's rights
 * MUST: open nothing but a regular file, read no more of it than JOB_SECRET_MAX; keep what it holds
 *       nowhere but in the memfd.
 */
#ifndef CLIENT_BERTH_SECRETS_H
#define CLIENT_BERTH_SECRETS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/lib/job.h"
#include "common/err.h"

/* One of them, as its user describes it; the strings are borrowed. */
struct secret {
	const char *name;
	const char *source; /* a path here */
	const char *target; /* in the job; NULL: /run/secrets/NAME */
	bool owned; /* uid and gid count; else it belongs to the job's user */
	uint32_t uid;
	uint32_t gid;
	uint32_t mode; /* bits of 0444; 0: JOB_SECRET_MODE */
};

/*
 * Reads the file and adds it to the job's mounts, whose descriptor is then to be closed as those of
 * directories are. Checked like all that is mounted (job_mount_check), and its name must be new. 0, or
 * -1 with err and nothing added.
 */
int secret_add(struct job *job, const struct secret *secret, struct err *err)
    __attribute__((warn_unused_result));

/*
 * The words of --secret, "id=NAME,src=FILE[,target=PATH][,uid=N,gid=N][,mode=0400]", as CSV, into
 * *secret, which then points into them. 0, or -1 with ERR_USAGE.
 */
int secret_parse(char *words, struct secret *secret, struct err *err)
    __attribute__((warn_unused_result));

/* All that --secret said; the words are cut. 0, or -1 with err. */
int secrets_take(struct job *job, const struct job_words *words, struct err *err)
    __attribute__((warn_unused_result));

/* The job has them: nobody can take them from this process any more. */
void secrets_close(struct job *job);

/* Octal, as chmod(1) takes it: bits of 0444, and one at least. 0 or -1. */
int secret_mode(const char *text, uint32_t *mode) __attribute__((warn_unused_result));

#endif
