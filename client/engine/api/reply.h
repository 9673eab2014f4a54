/* SPDX-License-Identifier: ISC */
/*
 * Everything that the engine and its supervisors say to a client: replies, events, errors of
 * config/io.berth.Engine.varlink.
 * TRUST: unprivileged
 * INPUT: texts of ours that may carry hostile parts, already escaped by err_set
 * MUST: never wait for a client where others are served; say nothing that is not UTF-8.
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

/*
 * From now on a full connection is waited on, if it waits: for a process of the engine's that serves one
 * client only (SO_SNDTIMEO bounds it).
 */
void reply_waits(void);

/* All others: 0, or -1 when the client does not take it; then the connection is of no use any more. */

/* A reply with these parameters (NULL: none), which it frees. */
int reply_send(int fd, struct json_object *parameters);

/*
 * The error of this name of io.berth.Engine; frees parameters, which are not sent when status is not 0.
 */
int reply_error(int fd, const char *error, struct json_object *parameters, int status);

/* The error io.berth.Engine.Failed. */
int reply_failed(int fd, const struct err *err);

/* The error io.berth.Engine.Refused; by what and where comes from the decision. */
int reply_refused(int fd, const struct decision *decision, const struct err *err);

/* The error io.berth.Engine.Busy. */
int reply_busy(int fd, size_t jobs);

/* An error of org.varlink.service with its one parameter, key and value. */
int reply_service(int fd, const char *error, const char *key, const char *value);

/* Its error InvalidParameter: the member that err->what, as json_fields has it, begins with. */
int reply_invalid(int fd, const struct err *err);

/* Events of Run and Exec. terminal: the master that goes with it, or -1; last: no other follows. */
int reply_started(int fd, const struct task *task, int terminal, bool last);
int reply_detached(int fd);

/* The files of a job's log (joblog_files), which may lose their names now; -1: not there. */
struct log_files {
	int older;
	int log;
};

/* The end of Run, Exec and Attach; files, of Attach alone, may be NULL. */
int reply_exited(int fd, const struct outcome *outcome, const struct log_files *files);

/*
 * The event "map" of Run and StartJob, with the three descriptors: mount namespace, directory, socket for
 * the mount.
 */
struct handover;
int reply_map(int fd, const struct handover *wanted, const int fds[3]);

/* The event "unmappable" of Run: what makes the error behind it is a directory that cannot be mapped. */
int reply_unmappable(int fd);

/* What goes with the event "attached" of Attach; -1: not there. */
struct attached {
	int log;
	int input;
	int terminal;
};

int reply_attached(int fd, const struct attached *attached);

/* To Wait; files, of what will not run again, may be NULL. */
int reply_status(int fd, const struct outcome *outcome, const struct log_files *files);

/* To Open. */
int reply_descriptor(int fd, int descriptor);

/* The error io.berth.Engine.NotRunning. */
int reply_not_running(int fd, const char *job, const char *state);

#endif
