/* SPDX-License-Identifier: ISC */
/*
 * The host's /etc/passwd. Contract in passwd.h.
 * TRUST: shared, reads hostile input
 * INPUT: /etc/passwd, which is root's, but maybe damaged
 * MUST: as passwd.h says
 */
#include "client/lib/passwd.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names stand in commands that are pasted into a root shell: nothing that a shell would see. */
static bool
name_is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-";

	return (name[0] != '\0' && name[0] != '-' && name[strspn(name, plain)] == '\0');
}

/* name:password:uid:gid:text:home:shell; cuts the line. Is it an entry of uid? */
static bool
take_line(char *line, uint32_t uid, struct passwd_entry *found)
{
	const char *fields[6] = { "" };
	char *rest = line, *end;
	unsigned long number;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		fields[i] = strsep(&rest, ":");
		if (rest == NULL)
			return (false);
	}
	number = strtoul(fields[2], &end, 10);
	if (fields[2][0] < '0' || fields[2][0] > '9' || *end != '\0' || number != uid)
		return (false);
	if (name_is_plain(fields[0]) && strlen(fields[0]) < sizeof(found->name))
		snprintf(found->name, sizeof(found->name), "%s", fields[0]);
	if (fields[5][0] == '/' && strlen(fields[5]) < sizeof(found->home))
		snprintf(found->home, sizeof(found->home), "%s", fields[5]);
	return (true);
}

/* fgetpwent(3) asks the kernel twice for each line where it is in the file. */
void
passwd_find(uint32_t uid, struct passwd_entry *found)
{
	FILE *file = fopen("/etc/passwd", "re");
	size_t size = 0;
	char *line = NULL;

	found->name[0] = found->home[0] = '\0';
	if (file == NULL)
		return;
	while (getline(&line, &size, file) > 0 && !take_line(line, uid, found))
		continue;
	free(line);
	fclose(file);
}
