/* SPDX-License-Identifier: ISC */
/*
 * Signals as people write them. Contract in signame.h.
 * TRUST: unprivileged
 * INPUT: the command line of the caller
 * MUST: as signame.h says
 */
#include "client/berth/signame.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What kill(1) and docker(1) know beside the names of the C library. */
static const struct {
	const char *name;
	int number;
} others[] = { { "IOT", SIGABRT }, { "CLD", SIGCHLD }, { "IO", SIGPOLL }, { "POLL", SIGPOLL } };

/* 32 and 33 are the threads' own (nptl(7)). */
static bool
is_signal(int number)
{
	return (number >= 1 && number <= SIGRTMAX && (number < 32 || number >= SIGRTMIN));
}

bool
signame_format(int number, char *buf, size_t len)
{
	const char *name = sigabbrev_np(number);

	if (!is_signal(number))
		return (false);
	if (name != NULL)
		snprintf(buf, len, "%s", name);
	else if (number == SIGRTMIN || number == SIGRTMAX)
		snprintf(buf, len, "%s", number == SIGRTMIN ? "RTMIN" : "RTMAX");
	else
		snprintf(buf, len, "RTMIN+%d", number - SIGRTMIN);
	return (true);
}

/* Digits and nothing else, of a number that an int holds. -1: it is none. */
static int
parse_number(const char *text)
{
	int number = 0;

	if (*text == '\0' || strlen(text) > 3 || text[strspn(text, "0123456789")] != '\0')
		return (-1);
	for (; *text != '\0'; text++)
		number = number * 10 + (*text - '0');
	return (number);
}

/* RTMAX-3; RTMIN+3 is found by its name. */
static int
parse_from_the_end(const char *name)
{
	int back = strncasecmp(name, "RTMAX-", 6) == 0 ? parse_number(name + 6) : -1;

	return (back >= 0 && back <= SIGRTMAX - SIGRTMIN ? SIGRTMAX - back : -1);
}

static int
parse_name(const char *name)
{
	char known[16];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcasecmp(name, others[i].name) == 0)
			return (others[i].number);
	}
	for (int number = 1; number <= SIGRTMAX; number++) {
		if (signame_format(number, known, sizeof(known)) && strcasecmp(name, known) == 0)
			return (number);
	}
	return (parse_from_the_end(name));
}

int
signame_parse(const char *text)
{
	int number = parse_number(text);

	if (number >= 0)
		return (is_signal(number) ? number : -1);
	return (parse_name(strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text));
}
