/* SPDX-License-Identifier: ISC */
/*
 * The engine's state: one process, one thread, one event loop for one user.
 * TRUST: unprivileged
 * INPUT: facts from the launcher; everything else comes from the user and is hostile to jobs only
 * MUST: hold nothing that a job needs to go on when the engine is killed.
 */
#ifndef CLIENT_ENGINE_ENGINE_H
#define CLIENT_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "client/lib/job.h"
#include "client/lib/varlink.h"
#include "common/decide.h"
#include "common/facts.h"
#include "common/policy.h"

#define ENGINE_JOBS_MAX 4096
#define JOB_ID_LEN 12
#define HOST_BINDS_MAX 16

/* Names below the state root, which is the engine's working directory. */
#define STATE_JOBS "jobs" /* jobs/ID/: overlay.h, record.h, request.h, joblog.h, ctl.h */
#define STATE_VOLUMES "volumes" /* volumes/NAME/: volume/volume.h */
#define STATE_HOST "host" /* skeleton of the image "host" */
#define STATE_LOG "engine.log" /* log.h; and the one before it */
#define STATE_LOG_OLD "engine.log.1"
#define STATE_RUN "run" /* socket and lock of a rootless engine: client/berth/place.h */

/* What the event loop watches; the first member of what an event points to. */
enum source {
	SOURCE_INVALID = 0,
	SOURCE_LISTENER,
	SOURCE_CONNECTION,
	SOURCE_CHILD,
	SOURCE_SIGNAL,
	SOURCE_OVER, /* a job is, and its supervisor about to be */
	SOURCE_STARTING /* a supervisor whose answer the engine waits for: api/start.h */
};

/*
 * A child of the engine: a job's supervisor, the spare (without an id), a sweeper, the resetter, or one
 * that answers a client (api/worker.h, copier.h).
 */
struct child {
	enum source source;
	struct child *next;
	int pidfd;
	bool is_job;
	bool kept; /* its directory stays when it is over */
	bool copier; /* of the job with this id */
	bool worker; /* api/worker.h: what it had to remove is left when it was killed */
	int sock; /* to the spare, else -1 */
	size_t slot; /* of finished */
	char id[JOB_ID_LEN + 1];
	char name[JOB_NAME_MAX + 1];
};

/* A job that an engine before this one has started: job/adopted.h. */
struct adopted {
	struct adopted *next;
	char id[JOB_ID_LEN + 1];
};

/* What was found out once and holds for all jobs. */
struct host {
	size_t nbinds;
	char *binds[HOST_BINDS_MAX]; /* directories that the image "host" shows, "/usr" */
	unsigned int cpus; /* with a thermal_throttle directory in /sys; 0: none have */
	struct rlimit nofile; /* as the launcher gave it; the engine raises its own */
	bool gid_tty; /* is gid 5 mapped, so that pts/N can have it? */
	bool keeps_groups; /* no gid but 0 is mapped: then setgroups(2) is denied */
};

struct engine {
	enum facts_mode mode;
	struct caller caller;
	struct grant grant; /* as it was at the start */
	uint32_t uid, gid; /* the user's numbers in the engine's namespace: owner.h */
	char name[33]; /* the account's, from the allow-list; "" if it has none */
	char root[4096]; /* path of the state root, for messages */
	struct host host;
	int epoll;
	int signals; /* SIGTERM comes over it */
	int over; /* eventfd(2): supervisors add one when they have told everybody; -1 for one call */
	int jobs; /* directory of the same name */
	int probe; /* the mount of state_probe, until somebody has time to undo it; -1 */
	struct child *spare; /* one of the children, or NULL: spare.h */
	unsigned int spare_made; /* hide_changes when it was */
	int64_t spare_at; /* clock_ms, when one is to be made; 0: not by the clock */
	int64_t started; /* clock_ms */
	uint32_t timeout; /* seconds without use until it leaves by itself; 0: it does not */
	int64_t used; /* clock_ms of the last use: its start, the end of a job, a call of Run, Exec,
	               * StartJob or Copy */
	/* Shared with the supervisors: a supervisor sets its byte before it tells the client that
	 * the job is over, so that a call that follows never finds the job still there. */
	volatile unsigned char *finished;
	unsigned char slots[ENGINE_JOBS_MAX]; /* bytes of finished that are taken */
	struct child *children;
	struct adopted *adopted;
	int64_t adopted_at; /* clock_ms of the last look at them */
	struct starting *starting; /* jobs that begin once more: api/start.h */
	int64_t look_at; /* clock_ms: when to look for jobs that were lost; 0: not */
	int64_t sweep_after; /* clock_ms: when to look for leftovers again; a look costs time */
	bool sweep_due; /* a look is to be made up for then */
	struct connection *connections;
	size_t nconnections;
	bool short_of_fds; /* somebody could not be let in */
	struct child *resetter; /* empties the state root, or NULL: reset.h */
	int reset_turn; /* eventfd(2): one, for whoever is first: the resetter begins, or the
	                 * engine gives it up */
	int64_t stop_by; /* clock_ms; 0: nobody asked for the end of the jobs */
	bool retire; /* leaves as soon as no job runs */
	bool no_log; /* its log was removed for good */
	const char *leave; /* why it leaves now, or NULL */
};

/* Has a look for jobs that were lost in so many milliseconds, or sooner. */
void engine_look_at(struct engine *engine, int64_t left);

#endif
