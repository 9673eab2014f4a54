/* SPDX-License-Identifier: ISC */
/*
 * Errors about jobs that are named: see config/io.berth.Engine.varlink.
 * TRUST: unprivileged
 * INPUT: texts that are UTF-8, from json_string
 * MUST: as reply.h
 */
#ifndef CLIENT_ENGINE_API_ANSWER_H
#define CLIENT_ENGINE_API_ANSWER_H

#include "client/engine/api/call.h"
#include "client/engine/job/found.h"

/* All: 0, or -1 when the client does not take it. */
int answer_no_such_job(int fd, const char *job);
int answer_ambiguous(int fd, const char *job, const struct found_ids *ids);
int answer_not_running(int fd, const char *job, enum record_state state);
/* restarting: it is between two runs */
int answer_running(int fd, const char *job, bool restarting);
int answer_name_taken(int fd, const char *name, const char *id);

/* To Wait, from the record of a job that is over. */
int answer_status(int fd, const struct record *record);

/*
 * The one job that a word stands for. 0: *found is it; else the error was sent and the connection goes
 * on (1) or is of no use any more (-1). found_close in every case.
 */
int answer_find(const struct call *call, const char *word, struct found *found)
    __attribute__((warn_unused_result));

/* A json_store for the word: a const char *, which belongs to the message. */
int answer_store_job(void *out, struct json_object *value, struct err *err);

/* For what is not one of the errors above: reply_failed, and 0 or -1 as call_handle. */
int answer_failed(const struct call *call, const struct err *err);

#endif
