/* SPDX-License-Identifier: ISC */
/*
 * What a job was asked to be, in its directory: "request", the parameters of Run without what is a
 * descriptor, and "blob", its arguments and environment (client/lib/job.h has both formats). It is
 * shown, and the job is started again from it.
 * TRUST: unprivileged
 * INPUT: files that their user can change at any time
 * MUST: read as a client's call is read: bounded, checked by the same decoder, decided upon anew.
 */
#ifndef CLIENT_ENGINE_JOB_REQUEST_H
#define CLIENT_ENGINE_JOB_REQUEST_H

#include "client/lib/job.h"

struct json_object;

#define REQUEST_FILE "request"
#define REQUEST_BLOB "blob"
#define REQUEST_MAX 262144 /* bytes of the first file; JOB_BLOB_MAX of the other */

/* Writes both into the job's directory, in place of what is there. 0, or -1 with errno. */
int request_write(int dir, const struct job *job) __attribute__((warn_unused_result));

/*
 * The first file as an object, and a sealed memfd (the caller's) of the second. 0; -1 with errno: ENOENT
 * when one is not there, EBADMSG when it is not what an engine writes. Never waits.
 */
int request_read(int dir, struct json_object **params, int *blob)
    __attribute__((warn_unused_result));

/*
 * The job that the two files describe, as the decoder of Run takes it: as one that runs without a client
 * and is kept. It has no descriptors: who mounts opens the paths. 0, or -1 with err. job_free in both
 * cases.
 */
int request_job(int dir, struct job *job, struct err *err) __attribute__((warn_unused_result));

/*
 * Calls take with the name of each volume that it names. 0, or -1 with errno: ENOENT when nothing was kept,
 * EBADMSG when it cannot be read as a request.
 */
int request_volumes(int dir, void (*take)(void *arg, const char *name), void *arg)
    __attribute__((warn_unused_result));

#endif
