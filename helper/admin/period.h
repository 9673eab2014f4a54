/* SPDX-License-Identifier: ISC */
/*
 * How long a grant lasts: from the flags to the file, and from the file to people.
 * TRUST: privileged
 * INPUT: words of the administrator's; the wall clock
 * MUST: refuse an end that is no later than now, and two ends.
 */
#ifndef HELPER_ADMIN_PERIOD_H
#define HELPER_ADMIN_PERIOD_H

#include <stdint.h>

#include "helper/admin/args.h"

/* Room for a date and for what is left. */
#define PERIOD_TEXT 32

/* What --for and --until ask for. */
struct period {
	bool asked;
	int64_t end; /* 0: no end */
	char text[PERIOD_TEXT]; /* end as a value of "until" */
};

/* 0, or -1 with ERR_USAGE. */
int period_parse(const struct args *args, int64_t now, struct period *period, struct err *err)
    __attribute__((warn_unused_result));

/* "2027-01-01T00:00:00Z" in UTC; "" for 0. */
void period_date(int64_t when, char text[PERIOD_TEXT]);

/* "35 d 4 h", "4 h 10 min", "10 min", "30 s", "ended"; "" when until is 0. */
void period_left(int64_t until, int64_t now, char text[PERIOD_TEXT]);

#endif
