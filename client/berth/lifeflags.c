/* SPDX-License-Identifier: ISC */
/*
 * What becomes of a job when it ends, how it is ended and what it is called by: -d, --rm, --restart,
 * --stop-signal, labels, --security-opt. Contract in options.h.
 * TRUST: unprivileged
 * INPUT: the command line and the label files of the caller
 * MUST: refuse what contradicts another flag, by the names of both.
 */
#include "client/berth/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/berth/signame.h"

int
options_contradict(const char *one, const char *other, const char *why, struct err *err)
{
	err_set(err, ERR_USAGE, "%s contradicts %s", one, other);
	return (err_why(err, "%s", why));
}

int
options_label(struct job_words *labels, const char *line, struct err *err)
{
	char *pair;
	int rc;

	if (line[0] == '\0' || line[0] == '=')
		return (err_set(err, ERR_USAGE, "a label has no name: \"%s\"", line));
	if (strchr(line, '=') != NULL)
		return (options_set_pair(labels, line, err));
	if (asprintf(&pair, "%s=", line) < 0)
		return (err_sys(err, "cannot read the flags"));
	rc = options_set_pair(labels, pair, err);
	free(pair);
	return (rc);
}

static int
set_labels(struct run_options *options, struct err *err)
{
	struct job_words *labels = &options->job.labels;
	struct line_file file = { .kind = "a label", .take = options_label };

	for (size_t i = 0; i < options->label_files.n; i++) {
		file.name = options->label_files.v[i];
		if (options_lines(&file, labels, err) != 0)
			return (-1);
	}
	for (size_t i = 0; i < options->labels.n; i++) {
		if (options_label(labels, options->labels.v[i], err) != 0)
			return (-1);
	}
	return (0);
}

/* N of on-failure:N; 0 is no limit. */
static bool
parse_count(const char *text, uint32_t *count)
{
	unsigned long number;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return (false);
	errno = 0;
	number = strtoul(text, &end, 10);
	*count = (uint32_t)number;
	return (errno == 0 && *end == '\0' && number <= JOB_RESTARTS_MAX);
}

/*
 * What a person stopped stays so under every policy: that is what docker(1) calls unless-stopped,
 * and no daemon of berth starts jobs because it was started itself.
 */
bool
options_policy(const char *text, struct job *job)
{
	static const char failure[] = "on-failure";

	if (text[0] == '\0' || strcmp(text, "no") == 0) {
		job->restart = JOB_RESTART_NO;
		return (true);
	}
	if (strcmp(text, "always") == 0 || strcmp(text, "unless-stopped") == 0) {
		job->restart = JOB_RESTART_ALWAYS;
		return (true);
	}
	job->restart = JOB_RESTART_ON_FAILURE;
	if (strncmp(text, failure, sizeof(failure) - 1) != 0)
		return (false);
	text += sizeof(failure) - 1;
	return (text[0] == '\0' || (text[0] == ':' && parse_count(text + 1, &job->restart_max)));
}

static int
set_restart(struct run_options *options, struct err *err)
{
	const char *policy = options->restart;

	if (policy == NULL)
		return (0);
	if (!options_policy(policy, &options->job)) {
		err_set(err, ERR_USAGE, "--restart=%s: unknown policy", policy);
		return (err_why(err, "it is no, always, unless-stopped or on-failure[:N]"));
	}
	if (options->job.restart == JOB_RESTART_NO)
		return (0);
	if (options->rm == FLAG_YES)
		return (options_contradict(
		    "--restart", "--rm", "what is removed cannot be started again", err));
	if (options->detach)
		return (0);
	err_set(err, ERR_USAGE, "--restart=%s needs -d", policy);
	return (err_why(err, "a job in the foreground ends with its command"));
}

static int
set_stop_signal(struct run_options *options, struct err *err)
{
	const char *name = options->stop_signal;

	if (name == NULL)
		return (0);
	options->job.stop_signal = signame_parse(name);
	if (options->job.stop_signal > 0)
		return (0);
	err_set(err, ERR_USAGE, "--stop-signal=%s: unknown signal", name);
	return (err_why(err, "it is a name as TERM or SIGTERM, or a number; kill -l  lists them"));
}

/* The one that is here; as docker(1) has it, "=" or ":" before its value. */
static int
set_security(struct run_options *options, struct err *err)
{
	static const char known[] = "no-new-privileges";

	for (size_t i = 0; i < options->security.n; i++) {
		const char *word = options->security.v[i], *value = word + strcspn(word, "=:");
		bool named = (size_t)(value - word) == sizeof(known) - 1 &&
			     memcmp(word, known, sizeof(known) - 1) == 0;

		if (!named) {
			err_set(err, ERR_USAGE,
			    "--security-opt=%s is not available in this version", word);
			return (err_why(err, "the only one is no-new-privileges"));
		}
		options->job.no_new_privileges = strcmp(value + (*value != '\0'), "false") != 0;
		if (*value != '\0' && options->job.no_new_privileges &&
		    strcmp(value + 1, "true") != 0) {
			err_set(err, ERR_USAGE, "--security-opt=%s: not a switch's value", word);
			return (err_why(err, "a switch is true or false"));
		}
	}
	return (0);
}

static int
set_detach(struct run_options *options, struct err *err)
{
	struct job *job = &options->job;

	if (options->detach && options->once)
		return (options_contradict("-d", "--once",
		    "the engine of this call ends with it, and its job with the engine", err));
	job->detach = options->detach;
	job->interactive = options->interactive;
	job->keep = options->rm == FLAG_NO || (options->detach && options->rm != FLAG_YES);
	return (0);
}

int
options_life(struct run_options *options, struct err *err)
{
	if (set_detach(options, err) != 0 || set_restart(options, err) != 0 ||
	    set_stop_signal(options, err) != 0 || set_security(options, err) != 0)
		return (-1);
	return (set_labels(options, err));
}
