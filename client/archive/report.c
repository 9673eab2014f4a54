/* SPDX-License-Identifier: ISC */
/*
 * What berth-archive says of its work: see report.h.
 * TRUST: unprivileged
 * INPUT: names out of a hostile archive or tree
 * MUST: as in report.h
 */
#include "client/archive/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/io.h"

/* Names are cut so that a line is written as a whole: pipe(7). */
#define LINE_MAX_LEN 3072

/* kind: what stands before the first text, which may be a name. */
static void
line(const char *kind, const char *first, const char *between, const char *second)
{
	static char name[2048];
	char why[512];
	static char text[LINE_MAX_LEN];
	int len;

	err_escape(name, sizeof(name), first);
	err_escape(why, sizeof(why), second);
	len = snprintf(text, sizeof(text), "%s%s%s%s\n", kind, name, between, why);
	/* nobody is left to tell when it cannot be said */
	if (len > 0)
		(void)!io_write_all(STDERR_FILENO, text, (size_t)len);
}

int
report_entry(struct report *report, const char *name, const char *why)
{
	if (report->status == REPORT_ALL)
		report->status = REPORT_PART;
	line("W", name, ": ", why);
	return -1;
}

int
report_errno(struct report *report, const char *name)
{
	return report_entry(report, name, strerror(errno));
}

int
report_fatal(struct report *report, const char *what, const char *why)
{
	line("E", what, "\t", why != NULL ? why : strerror(errno));
	report->status = REPORT_NONE;
	return -1;
}

int
report_name(struct report *report, bool to, const char *name, const char *why)
{
	line(to ? "Ecannot copy to " : "Ecannot copy ", name, "\t",
	    why != NULL ? why : strerror(errno));
	report->status = REPORT_NONE;
	return -1;
}
