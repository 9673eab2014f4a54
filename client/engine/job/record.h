/* SPDX-License-Identifier: ISC */
/*
 * What is kept of a job, state.json in its directory: what it is, how it goes, how it ended. Its
 * supervisor writes it while the job lives, the engine before and after; each time before anybody is
 * told of the change.
 * TRUST: unprivileged
 * INPUT: a file that its user can change at any time
 * MUST: believe nothing that it reads before it was checked, and read no more than RECORD_MAX; leave
 *       the old or the new record when it is killed, never a part; fit, as JSON, into a message.
 */
#ifndef CLIENT_ENGINE_JOB_RECORD_H
#define CLIENT_ENGINE_JOB_RECORD_H

#include "client/engine/engine.h"

struct json_object;

#define RECORD_FILE "state.json"
#define RECORD_MAX 262144 /* bytes of the file */
#define RECORD_COMMAND_MAX \
	4096 /* bytes of the command that are kept; of a longer one the beginning */
#define RECORD_LOST 137 /* the status of a job whose supervisor was killed */

enum record_state {
	RECORD_STATE_INVALID = 0,
	RECORD_CREATED,
	RECORD_RUNNING,
	RECORD_RESTARTING, /* nothing of it runs; its supervisor starts it again */
	RECORD_EXITED
};

/* How the command ended; see struct outcome in api/reply.h and client/lib/job.h. */
enum record_reason {
	RECORD_REASON_INVALID = 0, /* it has not ended yet */
	RECORD_REASON_EXITED,
	RECORD_REASON_SIGNALED,
	RECORD_REASON_TIMEOUT,
	RECORD_REASON_EXPIRED,
	RECORD_REASON_NOT_FOUND,
	RECORD_REASON_NOT_EXECUTABLE,
	RECORD_REASON_FAILED, /* it could not be started: why says the reason */
	RECORD_REASON_LOST /* its supervisor was killed */
};

/* Texts are malloc(3)ed and the struct's. Times are milliseconds since the epoch, 0: not yet. */
struct record {
	char id[JOB_ID_LEN + 1];
	char name[JOB_NAME_MAX + 1]; /* the id when it was given none */
	char *image; /* "host" or a path */
	struct job_words command; /* UTF-8: what was none is U+FFFD */
	int64_t created;
	int64_t started; /* last */
	int64_t finished; /* last; 0 while it runs */
	enum record_state state;
	enum record_reason reason;
	int status; /* 0 to 255 */
	char *why; /* a text for people, or NULL: "" */
	uint32_t restarts; /* by its policy */
	bool stopped; /* a person asked for its end: no restart by its policy */
	bool detached;
	bool kept;
	bool tty;
	bool interactive;
	bool once; /* of an engine for one call, whose end is its caller's business */
	struct job_words labels; /* NAME=VALUE */
	enum job_restart restart;
	uint32_t restart_max;
	int stop_signal; /* 1 to NSIG - 1 */
};

/* An empty one: state created, no restart, SIGTERM. */
void record_init(struct record *record);
void record_free(struct record *record);

/*
 * Fills an empty record from a job that begins now; name NULL: the id. 0, or -1 with errno. record_free
 * in both cases.
 */
int record_begin(struct record *record, const char *id, const char *name, const struct job *job)
    __attribute__((warn_unused_result));

/* "running", "lost", ...; of no reason "". */
const char *record_state_name(enum record_state state);
const char *record_reason_name(enum record_reason reason);

/* The reason of this name, RECORD_REASON_INVALID when there is none. */
enum record_reason record_reason_of(const char *name);

/* Milliseconds since the epoch, as the record has them. */
int64_t record_now(void);

/*
 * Notes an end, now: state exited. why is copied, NULL and "" are none; when memory is short it is lost.
 */
void record_end(struct record *record, enum record_reason reason, int status, const char *why);

/* Writes it into the job's directory, in place of the one that is there. 0, or -1 with errno. */
int record_write(int dir, const struct record *record) __attribute__((warn_unused_result));

/*
 * Reads and checks the one of the job's directory. 0; -1 with errno: ENOENT when there is none, EBADMSG
 * when it is no record. Never waits. record_free in both cases.
 */
int record_read(int dir, struct record *record) __attribute__((warn_unused_result));

/* As an object with the members of type Job of config/io.berth.Engine.varlink. NULL: memory. */
struct json_object *record_json(const struct record *record) __attribute__((warn_unused_result));

#endif
