/* SPDX-License-Identifier: ISC */
/*
 * One line in the system log for each command that changes something, or tried to.
 * TRUST: privileged
 * INPUT: arguments, SUDO_UID, loginuid (whatever they hold)
 * MUST: stay one line of printable ASCII (CVE-2023-28486).
 */
#ifndef HELPER_ADMIN_AUDIT_H
#define HELPER_ADMIN_AUDIT_H

#define AUDIT_LINE 800

/* The command line in one line of printable ASCII, cut where it is too long. */
void audit_format(int argc, char *const *argv, char line[AUDIT_LINE]);

/* result is the exit status; sudo_uid is whatever the environment said. */
void audit_write(const char *line, const char *sudo_uid, int result);

#endif
