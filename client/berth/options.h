/* SPDX-License-Identifier: ISC */
/*
 * The flags of berth run and the job that they describe.
 * TRUST: unprivileged
 * INPUT: the command line, environment, working directory and files of the caller
 * MUST: open what is mounted once, without following a magic link; send no variable of the
 *       environment that was not asked for.
 */
#ifndef CLIENT_BERTH_OPTIONS_H
#define CLIENT_BERTH_OPTIONS_H

#include "client/berth/cli.h"
#include "client/berth/jobfile.h"
#include "client/lib/job.h"

/* What the flags said, and the job made of it. */
struct run_options {
	bool detach;
	bool interactive;
	enum flag_choice rm;
	const char *restart;
	const char *stop_signal;
	const char *cidfile;
	struct job_words labels;
	struct job_words label_files;
	struct job_words security;
	bool here;
	bool dry_run;
	bool once;
	const char *workdir;
	const char *user;
	const char *hostname;
	const char *name;
	const char *network;
	const char *timeout;
	const char *entrypoint;
	const char *detach_keys;
	const char *userns;
	struct job_words uidmaps;
	struct job_words gidmaps;
	struct job_words env;
	struct job_words env_files;
	struct job_words volumes;
	struct job_words mounts;
	struct job_words secrets;
	const char *file; /* a job file; NULL: there is an IMAGE */
	struct job_words params;
	struct job_words param_files;
	bool explaining; /* parameters may be missing */
	struct jobfile *jf; /* of file */
	size_t file_first; /* the first of job's mounts that are of file */
	size_t file_mounts; /* how many are */
	struct job job; /* standard streams are not set here */
};

/*
 * argv are the words after "run"; options->explaining is set. Parses, opens the directories and checks. 0, or -1 with err;
 * options_free in both cases.
 */
int options_parse(struct cli *cli, int argc, char **argv, struct run_options *options,
    struct err *err) __attribute__((warn_unused_result));
void options_free(struct run_options *options);

/* The same with a job file and no other flag: file, params, param_files and explaining are set. */
int options_of_file(struct cli *cli, struct run_options *options, struct err *err)
    __attribute__((warn_unused_result));

/* Of a flag that can be given several times: adds its value to the struct job_words at its offset. */
flag_store options_add_word;

/* environ.c: the same of -e, and takes the value out of the words of this process, which everybody on the
 * host can read in /proc for as long as the job runs. */
flag_store options_take_variable;

/* environ.c: a process's variables, from --env-file and -e. 0, or -1 with err. */
int options_environ(struct job_run *run, const struct job_words *files, const struct job_words *env,
    struct err *err) __attribute__((warn_unused_result));

/*
 * environ.c: each line of a file that is neither empty nor a comment, without blanks before it. kind
 * is what a line is: "a variable". 0, or -1 with err, with which take ends it as well.
 */
struct line_file {
	const char *name;
	const char *kind;
	int (*take)(struct job_words *out, const char *line, struct err *err);
};
int options_lines(const struct line_file *file, struct job_words *out, struct err *err)
    __attribute__((warn_unused_result));

/* Sets NAME=VALUE in a list: the last one of a name counts. 0, or -1 with err. */
int options_set_pair(struct job_words *words, const char *pair, struct err *err)
    __attribute__((warn_unused_result));

/* lifeflags.c: adds a label, KEY=VALUE; of KEY alone the value is empty. 0, or -1 with err. */
int options_label(struct job_words *labels, const char *line, struct err *err)
    __attribute__((warn_unused_result));

/* lifeflags.c: sets restart and restart_max to what "on-failure:5" says. False: it is no policy. */
bool options_policy(const char *text, struct job *job);

/* lifeflags.c: "ONE contradicts OTHER", and why. -1 with err. */
int options_contradict(const char *one, const char *other, const char *why, struct err *err);

/* lifeflags.c: what becomes of the job when it ends, and how it is ended. 0, or -1 with err. */
int options_life(struct run_options *options, struct err *err) __attribute__((warn_unused_result));

/* mounts.c: -v, --mount, --here and a root file system directory. 0, or -1 with err. */
int options_mounts(struct run_options *options, struct err *err)
    __attribute__((warn_unused_result));
int options_image(struct run_options *options, const char *image, struct err *err)
    __attribute__((warn_unused_result));

/*
 * mounts.c: opens the source of a bind with the caller's rights and gives it its canonical path; of another
 * type there is nothing to open. 0, or -1 with err; mount->fd is the caller's to close.
 */
int mounts_open(struct job_mount *mount, struct err *err) __attribute__((warn_unused_result));

/* mounts.c: a copy of path without empty and "." components; NULL when memory is short. */
char *path_tidy(const char *path);

#endif
