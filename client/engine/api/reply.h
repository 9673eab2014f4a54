/* SPDX-License-Identifier: ISC */
/*
 * Everything that the engine and its supervisors say to a client: replies, events, errors of
 * config/io.berth.Engine.varlink.
 * TRUST: unprivileged
 * INPUT: texts of ours that may carry hostile parts, already escaped by err_set
 * MUST: never wait for a client; say nothing that is not UTF-8.
 */
#ifndef CLIENT_ENGINE_API_REPLY_H
#define CLIENT_ENGINE_API_REPLY_H

#include "client/engine/job/task.h"
#include "common/decide.h"

struct json_object;

/* How a job ended: see client/lib/job.h. */
struct outcome {
	int status;
	const char *reason;
	const char *why;
};

/* All: 0, or -1 when the client does not take it; then the connection is of no use any more. */

/* A reply with these parameters (NULL: none), which it frees. */
int reply_send(int fd, struct json_object *parameters);

/* The error io.berth.Engine.Failed. */
int reply_failed(int fd, const struct err *err);

/* The error io.berth.Engine.Refused; by what and where comes from the decision. */
int reply_refused(int fd, const struct decision *decision, const struct err *err);

/* The error io.berth.Engine.Busy. */
int reply_busy(int fd, size_t jobs);

/* An error of org.varlink.service with its one parameter, key and value. */
int reply_service(int fd, const char *error, const char *key, const char *value);

/* Events of Run. terminal: the master that goes with it, or -1. */
int reply_started(const struct task *task, int terminal);
int reply_detached(int fd);
int reply_exited(int fd, const struct outcome *outcome);

#endif
