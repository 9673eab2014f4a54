/* SPDX-License-Identifier: ISC */
/*
 * The job's variables, as docker(1) has them: those of --env-file, then those of -e; the last one
 * of a name counts; a name alone takes the caller's value and is left out if there is none. A job
 * with a terminal gets TERM, for which the caller's is a good guess: it is what will show it.
 * TRUST: unprivileged
 * INPUT: files and the environment of the caller
 * MUST: take no variable of the caller's that was not named, but TERM if it is a plain word; leave
 *       no value of a variable in the words of the command line.
 */
#include "client/berth/options.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"

#define ENV_FILE_MAX (1U << 20)

int
options_set_pair(struct job_words *env, const char *pair, struct err *err)
{
	size_t len = strcspn(pair, "=") + 1;

	for (size_t i = 0; i < env->n; i++) {
		if (strncmp(env->v[i], pair, len) != 0)
			continue;
		char *copy = strdup(pair);

		if (copy == NULL)
			return (err_sys(err, "cannot read the flags"));
		free(env->v[i]);
		env->v[i] = copy;
		return (0);
	}
	return (job_add_word(env, pair, err));
}

int
options_take_variable(void *env, char *word, struct err *err)
{
	char *value = strchr(word, '=');

	if (job_add_word(env, word, err) != 0)
		return (-1);
	if (value != NULL)
		memset(value + 1, '*', strlen(value + 1));
	return (0);
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
		return (options_set_pair(env, word, err));
	value = getenv(word);
	if (value == NULL)
		return (0);
	if (asprintf(&pair, "%s=%s", word, value) < 0)
		return (err_sys(err, "cannot read the variables"));
	rc = options_set_pair(env, pair, err);
	free(pair);
	return (rc);
}

/* Lines are taken as they are: no quotes, no expansion; '#' first is a comment. */
static int
read_lines(const struct line_file *file, struct job_words *out, char *text, struct err *err)
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
			err_set(err, ERR_USAGE, "%s:%u: not %s", file->name, number, file->kind);
			return (err_why(
			    err, "a line is NAME=VALUE or NAME, without blanks in the name"));
		}
		if (file->take(out, line, err) != 0)
			return (-1);
	}
	return (0);
}

int
options_lines(const struct line_file *file, struct job_words *out, struct err *err)
{
	int fd AUTO_CLOSE = open(file->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *text;
	ssize_t len;
	int rc;

	if (fd < 0)
		return (err_sys(err, "cannot open %s", file->name));
	if ((text = malloc(ENV_FILE_MAX + 1)) == NULL)
		return (err_sys(err, "cannot read %s", file->name));
	len = io_read_all(fd, text, ENV_FILE_MAX);
	if (len < 0)
		rc = err_sys(err, "cannot read %s", file->name);
	else if (memchr(text, '\0', (size_t)len) != NULL)
		rc = err_set(err, ERR_USAGE, "%s: there is a NUL byte in it", file->name);
	else {
		text[len] = '\0';
		rc = read_lines(file, out, text, err);
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
options_environ(struct job_run *run, const struct job_words *files, const struct job_words *env,
    struct err *err)
{
	struct line_file file = { .kind = "a variable", .take = set_variable };

	for (size_t i = 0; i < files->n; i++) {
		file.name = files->v[i];
		if (options_lines(&file, &run->env, err) != 0)
			return (-1);
	}
	for (size_t i = 0; i < env->n; i++) {
		if (set_variable(&run->env, env->v[i], err) != 0)
			return (-1);
	}
	return (run->tty ? set_term(&run->env, err) : 0);
}
