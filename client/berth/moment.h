/* SPDX-License-Identifier: ISC */
/*
 * Points in time: as a record of a log has them, and as a person types them.
 * TRUST: unprivileged
 * INPUT: texts of a log file, which its user can edit, and of the command line
 * MUST: know no locale and no time zone file; never overflow.
 */
#ifndef CLIENT_BERTH_MOMENT_H
#define CLIENT_BERTH_MOMENT_H

#include <stddef.h>
#include <stdint.h>

#define MOMENT_SECOND INT64_C(1000000000) /* all moments are nanoseconds since the epoch, UTC */

/*
 * RFC 3339 in len bytes: "2026-11-26T12:00:00Z", with up to nine digits behind a point, and "+01:00"
 * instead of the Z. Years 1970 to 2261. 0 and *when, or -1.
 */
int moment_stamp(const char *text, size_t len, int64_t *when) __attribute__((warn_unused_result));

/*
 * What --since and --until take: RFC 3339, where time, seconds and zone (then UTC) may be missing; a
 * number of seconds since the epoch, "1700000000.5"; or how long ago, "1h30m", "90s", "500ms". 0 and
 * *when, or -1.
 */
int moment_typed(const char *text, int64_t now, int64_t *when) __attribute__((warn_unused_result));

/* The wall clock. */
int64_t moment_now(void);

#endif
