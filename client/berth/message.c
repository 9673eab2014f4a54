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
#include <string.h>
#include <unistd.h>

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

void
message_error(const struct cli *cli, const struct err *err)
{
	struct json_object *object;

	if (!cli->json || (object = json_object_new_object()) == NULL) {
		err_print(STDERR_FILENO, err);
		return;
	}
	json_object_object_add(object, "reason", json_object_new_string(reason_of(cli, err)));
	json_object_object_add(object, "code", json_object_new_int((int)err->code));
	json_object_object_add(object, "what", json_object_new_string(err->what));
	json_object_object_add(object, "why", json_object_new_string(err->why));
	json_object_object_add(object, "todo", json_object_new_string(err->todo));
	dprintf(STDERR_FILENO, "%s\n",
	    json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static void line(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

static void
line(const char *fmt, va_list args)
{
	char raw[ERR_LINE], text[ERR_LINE];

	if (vsnprintf(raw, sizeof(raw), fmt, args) < 0)
		return;
	err_escape(text, sizeof(text), raw);
	dprintf(STDERR_FILENO, "berth: %s\n", text);
}

void
message_note(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	if (cli->quiet)
		return;
	va_start(args, fmt);
	line(fmt, args);
	va_end(args);
}

void
message_debug(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	if (!cli->debug)
		return;
	va_start(args, fmt);
	line(fmt, args);
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
	char escaped[4 * ERR_LINE];

	if (json_is_utf8(text))
		return (json_object_new_string(text));
	err_escape(escaped, sizeof(escaped), text);
	return (json_object_new_string(escaped));
}

int
message_json(struct json_object *object, struct err *err)
{
	const char *text = json_object_to_json_string_ext(object,
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text == NULL) {
		json_object_put(object);
		return (err_set(err, ERR_SYSTEM, "out of memory"));
	}
	printf("%s\n", text);
	json_object_put(object);
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
