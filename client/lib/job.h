/* SPDX-License-Identifier: ISC */
/*
 * The description of a job, and its form on the wire: the parameters of io.berth.Engine.Run.
 * Text travels as JSON (so it must be UTF-8), arguments and environment as bytes in a memfd, the
 * blob; all other things that have a descriptor (standard streams, directories) as descriptors.
 * In the JSON a descriptor is the index into what came with the message.
 *
 * Blob: native 32-bit words JOB_BLOB_MAGIC, JOB_BLOB_VERSION, number of arguments, number of
 * variables; then that many strings, each ended by a NUL, arguments first. Nothing may follow.
 * It is a memfd sealed against writing, growing and shrinking, so that reading it neither blocks
 * nor races.
 *
 * Replies to Run (called with "more"): {event: "started", id, name} once the command was executed,
 * then {event: "exited", status, reason, why}. When the command cannot be executed there is no
 * "started". reason is "exited", "signaled" (status 128+n), "timeout" (124), "expired" (125: what it
 * was allowed by ended), "not_found" (127) or "not_executable" (126); why is a text for people, ""
 * unless one of the last three.
 *
 * With tty the job has a terminal instead of the three streams, which are then absent. "started"
 * carries its master as the one descriptor, index 0 in "terminal". The client reads and writes that
 * itself and sets its size. After "started" it may send Detach: the answer is {event: "detached"},
 * the last one, and the job goes on; what it writes goes to its log, what a later process (Exec) writes
 * is dropped.
 * TRUST: shared, reads hostile input
 * INPUT: encode: the client's own struct; decode: JSON, blob and descriptors from any client
 * MUST: refuse unknown members, wrong types, missing and surplus bytes, indices that do not exist;
 *       hold every limit below on both sides; decode only what check accepts.
 */
#ifndef CLIENT_LIB_JOB_H
#define CLIENT_LIB_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/lib/varlink.h"
#include "common/entitlement.h"
#include "common/err.h"

struct json_object;

#define JOB_BLOB_MAGIC 0x626a6f62U
#define JOB_BLOB_VERSION 1U
#define JOB_BLOB_MAX (4U << 20) /* bytes */
#define JOB_STRINGS_MAX 65536U /* arguments, variables: each */
#define JOB_MOUNTS_MAX 64U
#define JOB_WORDS_MAX 64U /* cap_add, cap_drop, entitlements: each */
#define JOB_ULIMITS_MAX 16U
#define JOB_NAME_MAX 64U /* bytes */
#define JOB_VOLUME_MAX 128U /* bytes of a volume's name */
#define JOB_SECRET_MAX (512U << 10) /* bytes in a secret */
#define JOB_SECRET_MODE 0400U
#define JOB_LABELS_SIZE 8192U /* bytes of all labels together: a record of them fits a message */
#define JOB_RESTARTS_MAX 1000000000U /* of on-failure:N */
#define JOB_TIMEOUT_MAX 31622400U /* 366 d, as for duration_parse */

enum job_image {
	JOB_IMAGE_INVALID = 0,
	JOB_IMAGE_HOST, /* the host's /usr */
	JOB_IMAGE_DIRECTORY /* a root file system at a path */
};

enum job_network {
	JOB_NETWORK_INVALID = 0,
	JOB_NETWORK_NONE,
	JOB_NETWORK_USER, /* can be asked for; the decision says that it is not available */
	JOB_NETWORK_HOST
};

enum job_mount_type {
	JOB_MOUNT_INVALID = 0,
	JOB_MOUNT_BIND,
	JOB_MOUNT_TMPFS,
	JOB_MOUNT_VOLUME,
	JOB_MOUNT_SECRET
};

/* Whether what the host mounts beneath a source later is seen in the job; never the other way. */
enum job_propagation {
	JOB_PROPAGATION_PRIVATE = 0,
	JOB_PROPAGATION_SLAVE
};

/* When a job that ended is started again by its supervisor. */
enum job_restart {
	JOB_RESTART_INVALID = 0,
	JOB_RESTART_NO,
	JOB_RESTART_ALWAYS,
	JOB_RESTART_ON_FAILURE /* its status was not 0 */
};

struct job_words {
	size_t n;
	char **v; /* with a NULL behind the last, as execve(2) wants it */
};

struct job_mount {
	enum job_mount_type type;
	/* bind: canonical path without symlinks; volume: its name, NULL: one without a name; secret: its
	 * name; tmpfs: NULL */
	char *source;
	char *target; /* canonical path inside; not "/" */
	char *options; /* tmpfs: as job_tmpfs_parse takes them; NULL: none */
	bool readonly;
	bool nonrecursive; /* bind: without what is mounted beneath source */
	enum job_propagation propagation; /* bind */
	bool nocopy; /* volume: a new one stays empty */
	struct job_words labels; /* volume: of a new one, as struct job has them */
	bool match; /* volume: one that is there already must have these labels */
	bool mapped; /* uid and gid were said */
	uint32_t
	    uid; /* bind: whom in the job the user's files belong to; secret: whom it belongs to */
	uint32_t gid;
	uint32_t mode; /* secret: bits of 0444, JOB_SECRET_MODE when not given; else 0 */
	int fd; /* bind: O_PATH descriptor of source; secret: sealed memfd with what it holds; else -1 */
};

struct job_ulimit {
	char *name; /* as docker: "nofile" */
	int64_t soft; /* -1: no limit */
	int64_t hard;
};

/*
 * What is of one process in the job's container: the first one, or a later one that enters it.
 * Strings are malloc(3)ed and the struct's; descriptors are borrowed and never closed here.
 */
struct job_run {
	int stdio[3]; /* -1 with a terminal, and of what runs detached */
	bool tty;
	uint16_t rows; /* of the terminal at its start; 0: not known */
	uint16_t columns;
	struct job_words args; /* at least one */
	struct job_words env; /* NAME=VALUE */
	char *workdir; /* canonical, or NULL: "/" */
	char *user; /* "UID[:GID]" or "NAME[:GROUP]", or NULL: 0:0 */
};

/* What the container is, and its first process; strings and descriptors as in struct job_run. */
struct job {
	struct job_run run;
	enum job_image image;
	char *image_path; /* JOB_IMAGE_DIRECTORY: canonical path without symlinks; else NULL */
	int image_fd; /* O_PATH descriptor of it; else -1 */
	char *hostname; /* NULL: the job's id */
	char *name; /* NULL: the job's id */
	enum job_network network;
	bool read_only;
	struct job_words cap_add; /* "CHOWN", "CAP_CHOWN", "ALL", any case */
	struct job_words cap_drop;
	struct job_words entitlements; /* asked for by name, "device=/dev/kvm" */
	size_t nulimits;
	struct job_ulimit *ulimits;
	size_t nmounts;
	struct job_mount *mounts;
	uint32_t timeout; /* seconds; 0: none */
	struct job_words labels; /* NAME=VALUE; of two with the same name the last one holds */
	enum job_restart restart; /* other than no: only with detach and keep */
	uint32_t restart_max; /* JOB_RESTART_ON_FAILURE: how often at most; 0: no limit */
	int stop_signal; /* 0: SIGTERM */
	bool no_new_privileges;
	bool keep_groups; /* the caller's supplementary groups */
	bool detach; /* runs without a client */
	bool keep; /* its directory stays when it is over */
	bool interactive; /* its input stays open without a client */
};

/* A later process of a job that runs: the parameters of Exec. */
struct job_exec {
	char *job; /* id, prefix of an id, or name */
	struct job_run run; /* workdir and user NULL: the job's own */
	bool detach;
	bool interactive; /* for the client alone: what stdin is says the rest */
};

/* An empty job: image host, network none, no restart, descriptors -1. */
void job_init(struct job *job);
void job_free(struct job *job);
void job_exec_init(struct job_exec *exec);
void job_exec_free(struct job_exec *exec);

/*
 * Append; what is appended is copied, descriptors are borrowed. 0, or -1 when memory is short
 * (then err says so).
 */
int job_add_word(struct job_words *words, const char *word, struct err *err)
    __attribute__((warn_unused_result));
/* Frees them, and wipes them before. */
void job_words_free(struct job_words *words);

/* With the mode that a secret has when none is given. */
int job_add_mount(struct job *job, const struct job_mount *mount, struct err *err)
    __attribute__((warn_unused_result));
/* Frees what is its own and empties it: type JOB_MOUNT_INVALID, fd -1. */
void job_mount_free(struct job_mount *mount);

/* Can a volume be called so? As docker(1) has it: a letter or digit, then those, _ . and -. */
bool job_is_volume(const char *text);

/* The same, told. 0, or -1 with ERR_USAGE. */
int job_check_volume(const char *text, struct err *err) __attribute__((warn_unused_result));

/* Is it a directory whose files belong to another than the job's root? That needs idmap.mount. */
bool job_mount_is_mapped(const struct job_mount *mount);
/* Has it such a directory? */
bool job_is_mapped(const struct job *job);
int job_add_ulimit(struct job *job, const struct job_ulimit *ulimit, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Is this a job at all? Every rule that needs no policy and no file system: names, paths, counts,
 * capabilities, limits, mount options. Client and engine both ask. 0, or -1 with ERR_USAGE.
 */
int job_check(const struct job *job, struct err *err) __attribute__((warn_unused_result));

/* The same of a later process, and of what names its job. */
int job_exec_check(const struct job_exec *exec, struct err *err)
    __attribute__((warn_unused_result));

/* Can it be a job's name? Whatever names a job has this form: an id and the beginning of one as well. */
bool job_is_name(const char *text);

/* The same of what is to name a job; NULL does not. 0, or -1 with ERR_USAGE. */
int job_check_named(const char *text, struct err *err) __attribute__((warn_unused_result));

/* Are these labels: names, UTF-8, within JOB_LABELS_SIZE? 0, or -1 with ERR_USAGE. */
int job_check_labels(const struct job_words *labels, struct err *err)
    __attribute__((warn_unused_result));

/* "no", "always", "on_failure"; JOB_RESTART_INVALID and NULL when it is none. */
enum job_restart job_restart_of(const char *name);
const char *job_restart_name(enum job_restart restart);

/* What "--tmpfs PATH:options" says. */
struct job_tmpfs {
	char size[24]; /* "size=" as tmpfs(5) takes it; "" when not given */
	char mode[8]; /* octal; "1777" when not given */
	bool readonly;
	bool noexec;
};

/*
 * Parses "size=64m,mode=1777,ro,noexec": size (number with k, m, g or %), mode, ro, rw, exec,
 * noexec; nosuid and nodev are accepted and always so. NULL and "" are no options. 0 or -1.
 */
int job_tmpfs_parse(const char *options, struct job_tmpfs *out) __attribute__((warn_unused_result));

/* The names of limits, one by one; NULL behind the last. */
const char *job_ulimit_name(size_t i);

/* The number of "nofile" for setrlimit(2), or -1. */
int job_ulimit_resource(const char *name);

#define JOB_WANTS_MAX (JOB_MOUNTS_MAX + JOB_WORDS_MAX + 5)

/* What must be granted for a job. */
struct job_wants {
	size_t n;
	struct entitlement v[JOB_WANTS_MAX]; /* point into the job and into text */
	char text[8192];
};

/*
 * Translates a checked job into entitlements, for decide(). The job must outlive *wants. Client
 * (explain, --dry-run) and engine use the same function. 0, or -1 with ERR_USAGE.
 */
int job_wants(const struct job *job, struct job_wants *wants, struct err *err)
    __attribute__((warn_unused_result));

/* A job on the wire. */
struct job_message {
	struct json_object *params;
	size_t nfds;
	int fds[VARLINK_FDS_MAX]; /* the first is the blob and is owned; the others are borrowed */
};

/* Checks and encodes. 0, or -1 with err. job_message_free in both cases. */
int job_encode(const struct job *job, struct job_message *message, struct err *err)
    __attribute__((warn_unused_result));

/* The same for Exec. */
int job_exec_encode(const struct job_exec *exec, struct job_message *message, struct err *err)
    __attribute__((warn_unused_result));

/*
 * The job as those parameters without what is a descriptor: what is kept of it on disk. NULL when
 * memory is short.
 */
struct json_object *job_request(const struct job *job);

/* Labels as an object, the other direction of what decoding does; NULL when memory is short. */
struct json_object *job_labels(const struct job_words *labels);

/* The labels of an object, appended. 0, or -1 with err: ERR_USAGE when it is none of texts. */
int job_labels_take(struct json_object *object, struct job_words *labels, struct err *err)
    __attribute__((warn_unused_result));

/* Frees params, closes the blob. After params was given to varlink_call set it to NULL before. */
void job_message_free(struct job_message *message);

/*
 * Decodes and checks. The job borrows from fds. 0, or -1: ERR_USAGE when a member is malformed, its
 * name up to a ':' first in err->what; ERR_FAILED when it is no job (job_check); ERR_SYSTEM when
 * memory is short. job_free in both cases.
 */
int job_decode(struct json_object *params, const struct varlink *conn, struct job *job,
    struct err *err) __attribute__((warn_unused_result));

/* The same for Exec. job_exec_free in both cases. */
int job_exec_decode(struct json_object *params, const struct varlink *conn, struct job_exec *exec,
    struct err *err) __attribute__((warn_unused_result));

#endif
