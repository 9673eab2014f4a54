/* SPDX-License-Identifier: ISC */
/*
 * An error: what failed, why, what to do. Contract in err.h.
 * TRUST: privileged, pure
 * INPUT: fixed formats of ours; their arguments may be hostile text
 * MUST: as err.h says; the escape is applied when the line is made, so that no line of a struct
 *       err ever holds a raw byte of somebody else's.
 */
#include "common/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum err_code
err_code_of(int status, enum err_code otherwise)
{
	bool known = status == ERR_USAGE || status == ERR_UNAVAILABLE || status == ERR_BUG ||
		     status == ERR_SYSTEM || status == ERR_REFUSED || status == ERR_CONFIG;

	return (known ? (enum err_code)status : otherwise);
}

void
err_escape(char *dst, size_t dstlen, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t used = 0;

	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;
		bool plain = byte >= 0x20 && byte <= 0x7e && byte != '\\';

		if (used + (plain ? 1 : 4) >= dstlen)
			break;
		if (plain) {
			dst[used++] = (char)byte;
			continue;
		}
		dst[used++] = '\\';
		dst[used++] = 'x';
		dst[used++] = hex[byte >> 4];
		dst[used++] = hex[byte & 0xf];
	}
	dst[used] = '\0';
}

/* The finished text is escaped, not the arguments: fixed formats hold printable ASCII only. */
__attribute__((format(printf, 2, 0))) static void
set_line(char line[ERR_LINE], const char *fmt, va_list args)
{
	char raw[ERR_LINE];

	if (vsnprintf(raw, sizeof(raw), fmt, args) < 0)
		raw[0] = '\0';
	err_escape(line, ERR_LINE, raw);
}

int
err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list args;

	*err = (struct err){ .code = code };
	va_start(args, fmt);
	set_line(err->what, fmt, args);
	va_end(args);
	return (-1);
}

int
err_sys(struct err *err, const char *fmt, ...)
{
	int errnum = errno;
	va_list args;

	*err = (struct err){ .code = ERR_SYSTEM, .errnum = errnum };
	va_start(args, fmt);
	set_line(err->what, fmt, args);
	va_end(args);
	/* strerror(3) would ask the locale. */
	const char *text = strerrordesc_np(errnum);
	return (err_why(err, "%s", text != NULL ? text : "unknown error"));
}

int
err_why(struct err *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_line(err->why, fmt, args);
	va_end(args);
	return (-1);
}

int
err_todo(struct err *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_line(err->todo, fmt, args);
	va_end(args);
	return (-1);
}

void
err_print(int fd, const struct err *err)
{
	char text[3 * ERR_LINE + 32];
	int len;

	len = snprintf(text, sizeof(text), "berth: %s\n%s%s%s%s%s%s", err->what,
	    err->why[0] ? "  " : "", err->why, err->why[0] ? "\n" : "", err->todo[0] ? "  " : "",
	    err->todo, err->todo[0] ? "\n" : "");
	if (len > 0)
		(void)!write(fd, text, (size_t)len);
}
