/* SPDX-License-Identifier: ISC */
/*
 * Who calls: real uid, gid and supplementary groups, from the kernel alone.
 * TRUST: privileged
 * INPUT: credentials of this process
 * MUST: know no names, no NSS, no SUDO_UID; refuse mixes that no plain execve(2) makes.
 */
#include <stdlib.h>
#include <unistd.h>

#include "helper/launcher/launcher.h"

static int
read_groups(struct caller *caller, struct err *err)
{
	int count = getgroups(0, NULL);

	if (count >= 0)
		caller->groups = calloc((size_t)count + 1, sizeof(gid_t));
	if (caller->groups == NULL || getgroups(count, caller->groups) != count)
		return (err_sys(err, "cannot read the caller's groups"));
	caller->ngroups = (size_t)count;
	return (0);
}

int
caller_read(struct caller *caller, struct err *err)
{
	uid_t real, effective, saved;
	gid_t rgid, egid, sgid;

	if (getresuid(&real, &effective, &saved) < 0 || getresgid(&rgid, &egid, &sgid) < 0)
		return (err_sys(err, "cannot read the caller's ids"));
	if (effective != 0 || saved != 0 || egid != rgid || sgid != rgid) {
		err_set(err, ERR_REFUSED, "refused: the launcher was started with mixed ids");
		err_why(err, "real, effective and saved ids are %u %u %u and %u %u %u", real,
		    effective, saved, rgid, egid, sgid);
		return (
		    err_todo(err, "start berth directly, not through a setuid or setgid program"));
	}
	*caller = (struct caller){ .uid = real, .gid = rgid };
	return (read_groups(caller, err));
}
