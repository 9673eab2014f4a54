/* SPDX-License-Identifier: ISC */
/*
 * The system log. Contract in audit.h.
 * TRUST: privileged
 * INPUT: arguments, SUDO_UID, loginuid (whatever they hold)
 * MUST: as audit.h says
 */
#include "helper/admin/audit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "common/err.h"
#include "common/io.h"
#include "helper/admin/quote.h"

static void
read_loginuid(char *text, size_t size)
{
	AUTO_CLOSE int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);

	text[len > 0 ? len : 0] = '\0';
}

void
audit_format(int argc, char *const *argv, char line[AUDIT_LINE])
{
	char raw[AUDIT_LINE - 100];
	struct quote quote = { .buf = raw, .cap = sizeof(raw), .shell = true };

	raw[0] = '\0';
	for (int i = 1; i < argc; i++) {
		if (quote_append(&quote, argv[i]) < 0)
			break;
	}
	err_escape(line, AUDIT_LINE, raw);
}

void
audit_write(const char *line, const char *sudo_uid, int result)
{
	char who[64], login[16];

	err_escape(who, sizeof(who), sudo_uid);
	read_loginuid(login, sizeof(login));
	openlog("berth-admin", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_NOTICE, "uid=%u sudo_uid=%s loginuid=%s command=\"%s\" result=%d", getuid(), who,
	    login, line, result);
	closelog();
}
