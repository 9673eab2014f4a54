/* SPDX-License-Identifier: ISC */
/*
 * The host's /etc/passwd. Contract in passwd.h.
 * TRUST: shared, reads hostile input
 * INPUT: /etc/passwd, which is root's, but maybe damaged
 * MUST: as passwd.h says
 */
#include "client/lib/passwd.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Names stand in commands that are pasted into a root shell: nothing that a shell would see. */
static bool
name_is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-";

	return (name[0] != '\0' && name[0] != '-' && name[strspn(name, plain)] == '\0');
}

void
passwd_find(uint32_t uid, struct passwd_entry *found)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry;

	found->name[0] = found->home[0] = '\0';
	if (file == NULL)
		return;
	while ((entry = fgetpwent(file)) != NULL) {
		if (entry->pw_uid != uid)
			continue;
		if (name_is_plain(entry->pw_name) && strlen(entry->pw_name) < sizeof(found->name))
			snprintf(found->name, sizeof(found->name), "%s", entry->pw_name);
		if (entry->pw_dir[0] == '/' && strlen(entry->pw_dir) < sizeof(found->home))
			snprintf(found->home, sizeof(found->home), "%s", entry->pw_dir);
		break;
	}
	fclose(file);
}
