/* SPDX-License-Identifier: ISC */
/*
 * What berth-archive says of its work: lines on standard error, which berth reads and shows.
 *   "W" NAME ": " WHY      an entry that was not copied, or not as it is; the rest goes on
 *   "E" WHAT "\t" WHY      nothing, or nothing more, was copied
 * TRUST: unprivileged
 * INPUT: names out of a hostile archive or tree
 * MUST: let no byte outside printable ASCII into a line; keep one record on one line.
 */
#ifndef CLIENT_ARCHIVE_REPORT_H
#define CLIENT_ARCHIVE_REPORT_H

#include <stdbool.h>

/* The exit statuses of berth-archive. */
enum report_status {
	REPORT_ALL = 0, /* everything was copied */
	REPORT_PART = 1, /* but what was named */
	REPORT_NONE = 2, /* it ended early, or did not begin */
	REPORT_USAGE = 64
};

/* How it went so far; starts as REPORT_ALL. */
struct report {
	enum report_status status;
};

/* An entry that was not copied, and why. Returns -1. */
int report_entry(struct report *report, const char *name, const char *why);

/* The same with the text of errno. */
int report_errno(struct report *report, const char *name);

/* The end; why may be NULL: then it is the text of errno. Returns -1. */
int report_fatal(struct report *report, const char *what, const char *why);

/* The same of a name: "cannot copy NAME" when to is false, else "cannot copy to NAME". */
int report_name(struct report *report, bool to, const char *name, const char *why);

#endif
