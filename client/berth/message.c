/* SPDX-License-Identifier: ISC */
/*
 * What berth prints. Contract in message.h.
 * TRUST: unprivileged
 * INPUT: texts of the engine, of the launcher, of file names and arguments (hostile)
 * MUST: as message.h says
 */
#include "client/berth/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/berth/ascii.h"
#include "client/berth/colour.h"
#include "client/lib/json.h"

static const char *
reason_of(const struct cli *cli, const struct err *err)
{
	if (cli->reason[0] != '\0')
		return (cli->reason);
	switch (err->code) {
	case ERR_USAGE:
		return ("usage");
	case ERR_UNAVAILABLE:
		return ("unavailable");
	case ERR_SYSTEM:
		return ("system");
	case ERR_REFUSED:
		return ("refused");
	case ERR_CONFIG:
		return ("configuration");
	case ERR_FAILED:
		return ("failed");
	case ERR_INVALID:
	case ERR_BUG:
		break;
	}
	return ("bug");
}

/* Below the first line of an error: each place with what is wrong there, and what to do. */
static void
print_problems(const struct problems *problems)
{
	bool on = colour_for(STDERR_FILENO);

	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *row = &problems->v[i];

		dprintf(STDERR_FILENO, "  %s%s:%s %s\n%s%s%s", colour(on, LOOK_HEAD), row->where,
		    colour(on, LOOK_END), row->what, row->todo[0] ? "    " : "", row->todo,
		    row->todo[0] ? "\n" : "");
	}
	if (problems->more > 0)
		dprintf(STDERR_FILENO, "  and %zu more\n", problems->more);
}

static struct json_object *
json_problems(const struct problems *problems)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *row = &problems->v[i];
		struct json_object *object = json_object_new_object();

		json_object_object_add(object, "where", json_object_new_string(row->where));
		json_object_object_add(object, "line", json_object_new_int64(row->line));
		json_object_object_add(object, "what", json_object_new_string(row->what));
		json_object_object_add(object, "todo", json_object_new_string(row->todo));
		json_object_array_add(list, object);
	}
	return (list);
}

/* The three lines of err_print, their first word coloured; of several problems a line or two each. */
static void
print_error(const struct problems *problems, const struct err *err)
{
	bool on = colour_for(STDERR_FILENO);

	if (problems->n > 1) {
		dprintf(STDERR_FILENO, "%sberth:%s %s\n", colour(on, LOOK_ERROR),
		    colour(on, LOOK_END), err->what);
		print_problems(problems);
		if (err->todo[0] != '\0')
			dprintf(STDERR_FILENO, "  %s\n", err->todo);
		return;
	}
	if (!on) {
		err_print(STDERR_FILENO, err);
		return;
	}
	dprintf(STDERR_FILENO, "%sberth:%s %s\n%s%s%s%s%s%s", colour(on, LOOK_ERROR),
	    colour(on, LOOK_END), err->what, err->why[0] ? "  " : "", err->why,
	    err->why[0] ? "\n" : "", err->todo[0] ? "  " : "", err->todo, err->todo[0] ? "\n" : "");
}

/* Takes the object, one line for standard error. False: memory is short. */
static bool
print_object(struct json_object *object)
{
	char *text = ascii_json(object, JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text != NULL)
		dprintf(STDERR_FILENO, "%s\n", text);
	json_object_put(object);
	free(text);
	return (text != NULL);
}

void
message_error(const struct cli *cli, const struct err *err)
{
	struct json_object *object;

	message_progress_end();
	if (!cli->json) {
		print_error(&cli->problems, err);
		return;
	}
	object = json_object_new_object();
	json_object_object_add(object, "reason", json_object_new_string(reason_of(cli, err)));
	json_object_object_add(object, "code", json_object_new_int((int)err->code));
	json_object_object_add(object, "what", json_object_new_string(err->what));
	json_object_object_add(object, "why", json_object_new_string(err->why));
	json_object_object_add(object, "todo", json_object_new_string(err->todo));
	if (problems_count(&cli->problems) > 0) {
		json_object_object_add(object, "problems", json_problems(&cli->problems));
		json_object_object_add(object, "problems_left_out",
		    json_object_new_int64((int64_t)cli->problems.more));
	}
	if (!print_object(object))
		print_error(&cli->problems, err);
}

/* The one line that is there for a while: there is one terminal. */
static bool progress_is_shown;

void
message_progress(const struct cli *cli, const char *text)
{
	if (progress_is_shown || cli->json || cli->level < LEVEL_INFO)
		return;
	/* Behind a pager's back nothing is written, either. */
	if (isatty(STDOUT_FILENO) != 1 || isatty(STDERR_FILENO) != 1 ||
	    !colour_wanted(true, NULL, getenv("TERM")))
		return;
	progress_is_shown = true;
	dprintf(STDERR_FILENO, "berth: %s ...", text);
}

void
message_progress_end(void)
{
	if (progress_is_shown)
		dprintf(STDERR_FILENO, "\r\033[K");
	progress_is_shown = false;
}

/* Microseconds since the start of this program. */
static int64_t
age(const struct cli *cli)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)(now.tv_sec - cli->began.tv_sec) * 1000000 +
		(now.tv_nsec - cli->began.tv_nsec) / 1000);
}

static void line(const struct cli *cli, enum cli_level level, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

static void
line(const struct cli *cli, enum cli_level level, const char *fmt, va_list args)
{
	bool on = colour_for(STDERR_FILENO);
	char raw[ERR_LINE], text[ERR_LINE], when[32] = "";
	struct json_object *object;

	if (cli->level < level || vsnprintf(raw, sizeof(raw), fmt, args) < 0)
		return;
	message_progress_end();
	err_escape(text, sizeof(text), raw);
	if (cli->json && (object = json_object_new_object()) != NULL) {
		json_object_object_add(
		    object, cli_levels[level - LEVEL_ERROR], json_object_new_string(text));
		if (level == LEVEL_DEBUG)
			json_object_object_add(object, "us", json_object_new_int64(age(cli)));
		(void)print_object(object);
		return;
	}
	if (level == LEVEL_DEBUG)
		snprintf(when, sizeof(when), "[%.1f ms] ", (double)age(cli) / 1e3);
	dprintf(STDERR_FILENO, "%sberth: %s%s%s\n", colour(on, LOOK_FAINT), when, text,
	    colour(on, LOOK_END));
}

void
message_warning(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line(cli, LEVEL_WARNING, fmt, args);
	va_end(args);
}

void
message_note(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	if (cli->json)
		return;
	va_start(args, fmt);
	line(cli, LEVEL_INFO, fmt, args);
	va_end(args);
}

void
message_debug(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line(cli, LEVEL_DEBUG, fmt, args);
	va_end(args);
}

void
message_foreign(char out[ERR_LINE], const char *text)
{
	char one[2] = "";
	size_t used = 0;

	for (; *text != '\0' && *text != '\n' && used + 4 < ERR_LINE; text++) {
		one[0] = *text;
		if (*text == '\\')
			out[used++] = '\\';
		else {
			err_escape(out + used, ERR_LINE - used, one);
			used += strlen(out + used);
		}
	}
	out[used] = '\0';
}

void
message_shell(char *buf, size_t len, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-+=./:,@%";
	size_t used = strlen(buf);
	bool quote = text[0] == '\0' || text[strspn(text, plain)] != '\0';

	if (used > 0 && used + 1 < len)
		buf[used++] = ' ';
	if (quote && used + 1 < len)
		buf[used++] = '\'';
	/* '\'' is the one way to put a quote between quotes. */
	for (; *text != '\0' && used + 5 < len; text++) {
		if (*text == '\'') {
			memcpy(buf + used, "'\\''", 4);
			used += 4;
		} else
			buf[used++] = *text;
	}
	if (quote && used + 1 < len)
		buf[used++] = '\'';
	buf[used] = '\0';
}

struct json_object *
message_json_text(const char *text)
{
	size_t size = 4 * strlen(text) + 1;
	struct json_object *object;
	char *escaped;

	if (json_is_utf8(text))
		return (json_object_new_string(text));
	escaped = malloc(size);
	if (escaped == NULL)
		return (NULL);
	err_escape(escaped, size, text);
	object = json_object_new_string(escaped);
	free(escaped);
	return (object);
}

int
message_json(struct json_object *object, struct err *err)
{
	char *text = ascii_json(object,
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);

	json_object_put(object);
	if (text == NULL)
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	printf("%s\n", text);
	free(text);
	return (message_done(err));
}

int
message_done(struct err *err)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		err_sys(err, "cannot write to standard output");
		err->code = ERR_FAILED;
		return (-1);
	}
	return (0);
}
