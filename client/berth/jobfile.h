/* SPDX-License-Identifier: ISC */
/*
 * A job file: what a job is and what it needs, written by somebody who does not know the host. Its
 * format is berth-job(5); the table of its keys is jobfile_keys, which parser, schema and manual share.
 * TRUST: unprivileged
 * INPUT: the bytes of a job file, which is somebody else's (hostile)
 * MUST: find all that is wrong with it; name no path of the host: the image is one below the file,
 *       directories and secrets are the user's to give.
 */
#ifndef CLIENT_BERTH_JOBFILE_H
#define CLIENT_BERTH_JOBFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/berth/problems.h"
#include "client/lib/job.h"

#define JOBFILE_ITEMS_MAX JOB_MOUNTS_MAX
#define JOBFILE_PARAMS_MAX 16U /* files of parameters */

enum jobfile_kind {
	JOBFILE_INVALID = 0,
	JOBFILE_JOB,
	JOBFILE_ENV,
	JOBFILE_DIRECTORY,
	JOBFILE_SECRET,
	JOBFILE_MOUNT,
	JOBFILE_PORT
};

/* A number that can be left out. */
struct jobfile_number {
	bool given;
	uint32_t value;
};

/* A section with a name. Texts point into the text of its file. */
struct jobfile_item {
	enum jobfile_kind kind;
	struct spot at;
	uint64_t seen; /* bit i: jobfile_keys[i] was there */
	const char *name;
	const char *path; /* canonical, in the job; NULL of a secret: /run/secrets/NAME */
	bool writable;
	bool optional;
	bool replaced; /* a mount of a flag has its place */
	struct jobfile_number uid, gid; /* of a directory, of a secret */
	struct jobfile_number mode; /* of a secret */
	const char *description;
	bool volume; /* of a mount: type = volume, else tmpfs */
	const char *size, *permissions; /* of a tmpfs */
	const char *store; /* of a volume: its name; NULL: it goes with the job */
	struct jobfile_number container; /* of a port */
	/* What the user gives: of a directory, a secret and a volume, the name of another one. */
	const char *value; /* NULL: nothing. Not of the text */
	struct spot from;
};

struct jobfile {
	const char *file; /* as the user wrote it */
	char *text;
	struct spot at; /* its section [job] */
	uint64_t seen;
	const char *name, *image, *user, *workdir, *isolation, *restart;
	struct spot image_at, network_at;
	enum job_network network; /* INVALID: not given */
	uint32_t timeout;
	struct job_words command;
	struct job_words env; /* NAME=VALUE */
	bool has_env;
	struct job_words kept; /* copies that jobparams.c needs as long as this lives */
	size_t nparams;
	char *params[JOBFILE_PARAMS_MAX];
	size_t nitems;
	struct jobfile_item items[JOBFILE_ITEMS_MAX];
};

/* Turns value, which it may change, into what field holds. NULL, or what is wrong with it. */
typedef const char *jobfile_store(void *field, char *value);

struct jobfile_key {
	enum jobfile_kind section;
	const char *key;
	const char *value; /* what it is, for people and editors: words with | are all there are */
	const char *otherwise; /* when it is left out; NULL: nothing */
	bool required;
	const char *meaning;
	jobfile_store *store;
	/* Of field in struct jobfile; of a section with a name, in struct jobfile_item. */
	size_t offset;
};

/* Ends with a row of JOBFILE_INVALID. */
extern const struct jobfile_key jobfile_keys[];

/* "directory"; and the other way, JOBFILE_INVALID for a word that is none. */
const char *jobfile_kind_name(enum jobfile_kind kind);
enum jobfile_kind jobfile_kind_of(const char *name);

/* Do sections of this kind have names, and can there be many? */
bool jobfile_is_named(enum jobfile_kind kind);

/*
 * Parses a copy of the len bytes. What is wrong is added to problems: when there is none there, all is
 * as berth-job(5) says. jobfile_free in any case.
 */
void jobfile_parse(
    struct jobfile *jf, const char *file, const char *text, size_t len, struct problems *problems);

/* The same with the file itself: a regular one. 0, or -1 with err when it cannot be read. */
int jobfile_read(struct jobfile *jf, const char *file, struct problems *problems, struct err *err)
    __attribute__((warn_unused_result));

/* The contents of a regular file of at most INI_FILE_MAX bytes; free(3) it. NULL with err. */
char *jobfile_bytes(const char *file, size_t *len, struct err *err);

void jobfile_free(struct jobfile *jf);

/* The section of this kind and name, or NULL. JOBFILE_INVALID: a parameter, be it a directory, a secret or a mount. */
struct jobfile_item *jobfile_find(
    struct jobfile *jf, enum jobfile_kind kind, const char *name, size_t len);

/* Does its user have to give it, and has not? */
bool jobfile_is_missing(const struct jobfile_item *item);

/* Where the job sees it. */
const char *jobfile_target(const struct jobfile_item *item, char *buf, size_t len);

#endif
