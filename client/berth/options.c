/* SPDX-License-Identifier: ISC */
/*
 * The flags of berth run. Contract in options.h.
 * TRUST: unprivileged
 * INPUT: the command line of the caller
 * MUST: as options.h says
 */
#include "client/berth/options.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/policy.h"

#include "client/berth/jobuse.h"

int
options_add_word(void *out, char *value, struct err *err)
{
	return (job_add_word(out, value, err));
}

/* DST[:options] */
static int
store_tmpfs(void *out, char *value, struct err *err)
{
	struct run_options *options = out;
	char *comma = strchr(value, ':');
	struct job_mount mount = { .type = JOB_MOUNT_TMPFS, .fd = -1 };
	int rc;

	if (comma != NULL)
		*comma = '\0';
	mount.options = comma != NULL ? comma + 1 : NULL;
	mount.target = path_tidy(value);
	if (mount.target == NULL)
		return (err_sys(err, "cannot read --tmpfs %s", value));
	rc = job_add_mount(&options->job, &mount, err);
	free(mount.target);
	return (rc);
}

/* A number as setrlimit(2) takes it; -1 and "unlimited" are no limit. */
static bool
parse_limit(const char *text, int64_t *limit)
{
	char *end;

	if (strcmp(text, "-1") == 0 || strcmp(text, "unlimited") == 0) {
		*limit = -1;
		return (true);
	}
	if (text[0] < '0' || text[0] > '9')
		return (false);
	errno = 0;
	*limit = strtoll(text, &end, 10);
	return (errno == 0 && *end == '\0');
}

/* NAME=SOFT[:HARD] */
static int
store_ulimit(void *out, char *value, struct err *err)
{
	struct run_options *options = out;
	char *number = strchr(value, '='), *hard = NULL;
	struct job_ulimit limit = { .name = value };

	if (number != NULL) {
		*number++ = '\0';
		if ((hard = strchr(number, ':')) != NULL)
			*hard++ = '\0';
	}
	if (number == NULL || !parse_limit(number, &limit.soft) ||
	    !parse_limit(hard != NULL ? hard : number, &limit.hard)) {
		value[strlen(value)] = number != NULL ? '=' : '\0';
		err_set(err, ERR_USAGE, "--ulimit %s: not a limit", value);
		return (err_why(err, "it is NAME=SOFT[:HARD], as in nofile=1024:2048"));
	}
	return (job_add_ulimit(&options->job, &limit, err));
}

#define AT(member) offsetof(struct run_options, member)
/* Known to docker(1), podman(1) and interface.md, but not yet here. */
#define LATER(letter, name)                                   \
	{                                                     \
		FLAG_LATER, letter, name, 0, NULL, NULL, NULL \
	}
#define LATER_VALUE(letter, name)                                   \
	{                                                           \
		FLAG_LATER_VALUE, letter, name, 0, NULL, NULL, NULL \
	}

/* clang-format off */
const struct flag run_flags[] = {
	{ FLAG_STORE, 0, "cap-add", AT(job.cap_add), options_add_word, "CAP", "add a capability" },
	{ FLAG_STORE, 0, "cap-drop", AT(job.cap_drop), options_add_word, "CAP", "take a capability away, or ALL" },
	{ FLAG_STRING, 0, "cidfile", AT(cidfile), NULL, "FILE", "write the job's id to a new file" },
	{ FLAG_SWITCH, 'd', "detach", AT(detach), NULL, NULL,
	  "print the job's id and leave it running; it is kept until berth rm" },
	{ FLAG_STRING, 0, "detach-keys", AT(detach_keys), NULL, "KEYS",
	  "with -it: leave the job (default ctrl-p,ctrl-q)" },
	{ FLAG_SWITCH, 0, "dry-run", AT(dry_run), NULL, NULL, "say what would run; run nothing" },
	{ FLAG_STORE, 0, "entitlement", AT(job.entitlements), options_add_word, "E", "ask for an entitlement by name" },
	{ FLAG_STRING, 0, "entrypoint", AT(entrypoint), NULL, "PATH", "what COMMAND is given to" },
	{ FLAG_STORE, 'e', "env", AT(env), options_take_variable, "NAME[=VALUE]",
	  "set a variable, or pass the caller's" },
	{ FLAG_STORE, 0, "env-file", AT(env_files), options_add_word, "FILE", "variables, one a line" },
	{ FLAG_STRING, 'f', "file", AT(file), NULL, "JOBFILE",
	  "run what a job file says; there is no IMAGE then" },
	{ FLAG_STORE, 0, "gidmap", AT(gidmaps), options_add_word, "CONTAINER:HOST:COUNT",
	  "map these group ids in a namespace of the job's own" },
	{ FLAG_SWITCH, 0, "here", AT(here), NULL, NULL,
	  "mount the current directory at its own path and work in it" },
	{ FLAG_STRING, 'h', "hostname", AT(hostname), NULL, "NAME", "the job's host name" },
	{ FLAG_ALWAYS, 0, "init", 0, NULL, NULL, "always so: a job has an init" },
	{ FLAG_SWITCH, 'i', "interactive", AT(interactive), NULL, NULL, "pass standard input" },
	{ FLAG_SWITCH, 0, "keep-groups", AT(job.keep_groups), NULL, NULL,
	  "the command keeps the caller's groups" },
	{ FLAG_STORE, 'l', "label", AT(labels), options_add_word, "KEY[=VALUE]", "what ps can be asked for" },
	{ FLAG_STORE, 0, "label-file", AT(label_files), options_add_word, "FILE", "labels, one a line" },
	{ FLAG_STORE, 0, "mount", AT(mounts), options_add_word, "KEY=VALUE,...", "mount as docker: type=bind,src=,dst=" },
	{ FLAG_STRING, 0, "name", AT(name), NULL, "NAME", "the job's name" },
	{ FLAG_STRING, 0, "network", AT(network), NULL, "MODE", "none (default) or host" },
	{ FLAG_STRING, 0, "net", AT(network), NULL, "MODE", "the same as --network" },
	{ FLAG_SWITCH, 0, "once", AT(once), NULL, NULL,
	  "an engine for this call alone, in the caller's cgroup and limits" },
	{ FLAG_STORE, 0, "param", AT(params), options_add_word, "PARAM=VALUE",
	  "with -f: give it a directory, a file, or PARAM-uid=ID" },
	{ FLAG_STORE, 0, "params", AT(param_files), options_add_word, "FILE", "with -f: parameters, one a line" },
	{ FLAG_SWITCH, 0, "read-only", AT(job.read_only), NULL, NULL, "no writes to the root" },
	{ FLAG_STRING, 0, "restart", AT(restart), NULL, "POLICY",
	  "with -d: no (default), always or on-failure[:N]" },
	{ FLAG_CHOICE, 0, "rm", AT(rm), NULL, NULL,
	  "leave nothing behind; always so without -d, unless =false" },
	{ FLAG_STORE, 0, "secret", AT(secrets), options_add_word, "id=NAME,src=FILE",
	  "a file that the job has in memory, at /run/secrets/NAME" },
	{ FLAG_STORE, 0, "security-opt", AT(security), options_add_word, "OPTION", "no-new-privileges" },
	{ FLAG_STRING, 0, "stop-signal", AT(stop_signal), NULL, "SIGNAL",
	  "what berth stop sends first (default TERM)" },
	{ FLAG_STRING, 0, "timeout", AT(timeout), NULL, "TIME", "end it after 90s, 10m, 4h" },
	{ FLAG_STORE, 0, "tmpfs", 0, store_tmpfs, "DST[:OPTIONS]", "an empty directory in memory" },
	{ FLAG_SWITCH, 't', "tty", AT(job.run.tty), NULL, NULL, "a terminal of the job's own" },
	{ FLAG_STORE, 0, "ulimit", 0, store_ulimit, "NAME=SOFT[:HARD]", "a limit, as nofile=1024" },
	{ FLAG_STORE, 0, "uidmap", AT(uidmaps), options_add_word, "CONTAINER:HOST:COUNT",
	  "map these user ids in a namespace of the job's own" },
	{ FLAG_STRING, 'u', "user", AT(user), NULL, "USER[:GROUP]", "whom COMMAND runs as" },
	{ FLAG_STRING, 0, "userns", AT(userns), NULL, "keep-id[:uid=U,gid=G]",
	  "the job's user has the caller's number, and is the caller" },
	{ FLAG_STORE, 'v', "volume", AT(volumes), options_add_word, "[SRC:]DST[:OPTIONS]",
	  "mount SRC, a path of the host or a volume's name, at DST" },
	{ FLAG_STRING, 'w', "workdir", AT(workdir), NULL, "DIR", "where COMMAND starts" },
	LATER_VALUE('a', "attach"), LATER_VALUE(0, "add-host"), LATER_VALUE(0, "ca"),
	LATER_VALUE(0, "cpus"),
	LATER_VALUE(0, "device"), LATER_VALUE(0, "dns"),
	LATER_VALUE(0, "isolation"),
	LATER_VALUE('m', "memory"),
	LATER(0, "no-ca"),
	LATER_VALUE(0, "pids-limit"), LATER_VALUE(0, "preset"), LATER(0, "privileged"),
	LATER_VALUE('p', "publish"), LATER_VALUE(0, "pull"),
	LATER_VALUE(0, "service"),
	{ .kind = FLAG_INVALID },
};
/* clang-format on */

static int
set_network(struct run_options *options, struct err *err)
{
	const char *mode = options->network;

	/* The default until there is a network of the user's own. */
	if (mode == NULL || strcmp(mode, "none") == 0)
		options->job.network = JOB_NETWORK_NONE;
	else if (strcmp(mode, "host") == 0)
		options->job.network = JOB_NETWORK_HOST;
	else if (strcmp(mode, "user") == 0)
		options->job.network = JOB_NETWORK_USER;
	else {
		err_set(err, ERR_USAGE, "--network=%s: unknown network", mode);
		return (err_why(err, "the networks are none, user and host"));
	}
	return (0);
}

static int
copy_text(char **out, const char *text, struct err *err)
{
	if (text == NULL)
		return (0);
	*out = strdup(text);
	return (*out != NULL ? 0 : err_sys(err, "cannot read the flags"));
}

static int
set_texts(struct run_options *options, struct err *err)
{
	struct job *job = &options->job;

	if (options->timeout != NULL && duration_parse(options->timeout, &job->timeout) != 0) {
		err_set(err, ERR_USAGE, "--timeout=%s: not a time", options->timeout);
		return (
		    err_why(err, "it is a number of seconds, or one with s, m, h or d behind it"));
	}
	if (options->workdir != NULL && (job->run.workdir = path_tidy(options->workdir)) == NULL)
		return (err_sys(err, "cannot read the flags"));
	if (copy_text(&job->run.user, options->user, err) != 0 ||
	    copy_text(&job->hostname, options->hostname, err) != 0)
		return (-1);
	return (copy_text(&job->name, options->name, err));
}

/*
 * IMAGE [--] [COMMAND...]. With neither command nor entrypoint it is a shell, as images for
 * docker have it: "host" and a plain directory carry no configuration that would name another.
 */
static int
set_command(struct run_options *options, int argc, char **argv, struct err *err)
{
	struct job_words *args = &options->job.run.args;
	bool entry = options->entrypoint != NULL && options->entrypoint[0] != '\0';

	if (argc > 0 && strcmp(argv[0], "--") == 0) {
		argc--;
		argv++;
	}
	if (entry && job_add_word(args, options->entrypoint, err) != 0)
		return (-1);
	/* That of a job file is given to no other program than its own. */
	if (!entry && argc == 0 && options->jf != NULL && options->jf->command.n > 0) {
		argc = (int)options->jf->command.n;
		argv = options->jf->command.v;
	}
	if (!entry && argc == 0)
		return (job_add_word(args, "/bin/sh", err));
	for (int i = 0; i < argc; i++) {
		if (job_add_word(args, argv[i], err) != 0)
			return (-1);
	}
	return (0);
}

/* The words behind the flags, and what the flags left for later. image is NULL with a job file. */
static int
finish(struct run_options *options, const char *image, struct flag_parse *words, struct err *err)
{
	if (set_network(options, err) != 0 || set_texts(options, err) != 0 ||
	    options_life(options, err) != 0 ||
	    options_environ(&options->job.run, &options->env_files, &options->env, err) != 0 ||
	    set_command(options, words->argc, words->argv, err) != 0)
		return (-1);
	if ((image != NULL && options_image(options, image, err) != 0) ||
	    options_mounts(options, err) != 0)
		return (-1);
	jobuse_give_way(options);
	return (job_check(&options->job, err));
}

int
options_of_file(struct cli *cli, struct run_options *options, struct err *err)
{
	struct flag_parse none = { .argc = 0 };

	job_init(&options->job);
	return (jobuse_begin(cli, options, err) != 0 ? -1 : finish(options, NULL, &none, err));
}

int
options_parse(struct cli *cli, int argc, char **argv, struct run_options *options, struct err *err)
{
	struct flag_parse parse = {
		.own = { run_flags, options }, .stop_early = true, .argc = argc, .argv = argv
	};

	*options = (struct run_options){ .explaining = options->explaining };
	job_init(&options->job);
	if (cli_flags(cli, &parse, err) != 0)
		return (-1);
	if (options->file != NULL)
		return (
		    jobuse_begin(cli, options, err) != 0 ? -1 : finish(options, NULL, &parse, err));
	if (options->params.n > 0 || options->param_files.n > 0) {
		err_set(err, ERR_USAGE, "--param and --params need -f");
		return (err_why(err, "they give a job file what it asks for"));
	}
	if (parse.argc == 0) {
		err_set(err, ERR_USAGE, "run: there is no IMAGE");
		err_why(err, "it is used as: berth %s", command_find("run")->usage);
		return (err_todo(err, "a first one to try:  berth run host -- id"));
	}
	parse.argc--;
	return (finish(options, *parse.argv++, &parse, err));
}

void
options_free(struct run_options *options)
{
	struct job *job = &options->job;

	for (size_t i = 0; i < job->nmounts; i++) {
		if (job->mounts[i].fd >= 0)
			close(job->mounts[i].fd);
	}
	if (job->image_fd >= 0)
		close(job->image_fd);
	job_words_free(&options->params);
	job_words_free(&options->param_files);
	if (options->jf != NULL)
		jobfile_free(options->jf);
	free(options->jf);
	job_words_free(&options->env);
	job_words_free(&options->env_files);
	job_words_free(&options->volumes);
	job_words_free(&options->mounts);
	job_words_free(&options->secrets);
	job_words_free(&options->uidmaps);
	job_words_free(&options->gidmaps);
	job_words_free(&options->labels);
	job_words_free(&options->label_files);
	job_words_free(&options->security);
	job_free(job);
}
