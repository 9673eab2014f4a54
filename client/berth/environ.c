/* SPDX-License-Identifier: ISC */
/*
 * The job's variables, as docker(1) has them: those of --env-file, then those of -e; the last one
 * of a name counts; a name alone takes the caller's value and is left out if there is none. A job
 * with a terminal gets TERM, for which the caller's is a good guess: it is what will show it.
 * TRUST: unprivileged
 * INPUT: files and the environment of the caller
 * MUST: take no variable of the caller's that was not named, but TERM if it is a plain word.
 */
#include "client/berth/options.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"

#define ENV_FILE_MAX (1U << 20)

static int
set_pair(struct job_words *env, const char *pair, struct err *err)
{
	size_t len = strcspn(pair, "=") + 1;

	for (size_t i = 0; i < env->n; i++) {
		if (strncmp(env->v[i], pair, len) != 0)
			continue;
		char *copy = strdup(pair);

		if (copy == NULL)
			return (err_sys(err, "cannot read the variables"));
		free(env->v[i]);
		env->v[i] = copy;
		return (0);
	}
	return (job_add_word(env, pair, err));
}

static int
set_variable(struct job_words *env, const char *word, struct err *err)
{
	const char *value;
	char *pair;
	int rc;

	if (word[0] == '\0' || word[0] == '=')
		return (err_set(err, ERR_USAGE, "a variable has no name: \"%s\"", word));
	if (strchr(word, '=') != NULL)
		return (set_pair(env, word, err));
	value = getenv(word);
	if (value == NULL)
		return (0);
	if (asprintf(&pair, "%s=%s", word, value) < 0)
		return (err_sys(err, "cannot read the variables"));
	rc = set_pair(env, pair, err);
	free(pair);
	return (rc);
}

/* Lines are taken as they are: no quotes, no expansion; '#' first is a comment. */
static int
read_lines(struct job_words *env, const char *file, char *text, struct err *err)
{
	unsigned int number = 0;
	char *line;

	while ((line = strsep(&text, "\n")) != NULL) {
		size_t name;

		number++;
		line[strcspn(line, "\r")] = '\0';
		line += strspn(line, " \t");
		name = strcspn(line, "=");
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (name == 0 || strcspn(line, " \t") < name) {
			err_set(err, ERR_USAGE, "%s:%u: not a variable", file, number);
			return (err_why(
			    err, "a line is NAME=VALUE or NAME, without blanks in the name"));
		}
		if (set_variable(env, line, err) != 0)
			return (-1);
	}
	return (0);
}

static int
read_file(struct job_words *env, const char *file, struct err *err)
{
	int fd AUTO_CLOSE = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *text;
	ssize_t len;
	int rc;

	if (fd < 0)
		return (err_sys(err, "cannot open %s", file));
	if ((text = malloc(ENV_FILE_MAX + 1)) == NULL)
		return (err_sys(err, "cannot read %s", file));
	len = io_read_all(fd, text, ENV_FILE_MAX);
	if (len < 0)
		rc = err_sys(err, "cannot read %s", file);
	else if (memchr(text, '\0', (size_t)len) != NULL)
		rc = err_set(err, ERR_USAGE, "%s: there is a NUL byte in it", file);
	else {
		text[len] = '\0';
		rc = read_lines(env, file, text, err);
	}
	free(text);
	return (rc);
}

static int
set_term(struct job_words *env, struct err *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_+-.";
	const char *name = getenv("TERM");
	char pair[80];

	for (size_t i = 0; i < env->n; i++) {
		if (strncmp(env->v[i], "TERM=", 5) == 0)
			return (0);
	}
	if (name == NULL || name[0] == '\0' || strlen(name) > 64 ||
	    name[strspn(name, plain)] != '\0')
		name = "xterm";
	snprintf(pair, sizeof(pair), "TERM=%s", name);
	return (job_add_word(env, pair, err));
}

int
options_environ(struct run_options *options, struct err *err)
{
	struct job_words *env = &options->job.run.env;

	for (size_t i = 0; i < options->env_files.n; i++) {
		if (read_file(env, options->env_files.v[i], err) != 0)
			return (-1);
	}
	for (size_t i = 0; i < options->env.n; i++) {
		if (set_variable(env, options->env.v[i], err) != 0)
			return (-1);
	}
	return (options->job.run.tty ? set_term(env, err) : 0);
}
