/* SPDX-License-Identifier: ISC */
/*
 * Capabilities by name: see caps.h.
 * TRUST: shared, reads hostile input
 * INPUT: names from command lines and requests
 * MUST: as in caps.h
 */
#include "client/lib/caps.h"

#include <linux/capability.h>
#include <strings.h>

_Static_assert(CAPS_COUNT == CAP_LAST_CAP + 1, "the table below knows every capability");

/* In the order of their numbers: linux/capability.h. */
static const char *const names[CAPS_COUNT] = {
	"CHOWN",
	"DAC_OVERRIDE",
	"DAC_READ_SEARCH",
	"FOWNER",
	"FSETID",
	"KILL",
	"SETGID",
	"SETUID",
	"SETPCAP",
	"LINUX_IMMUTABLE",
	"NET_BIND_SERVICE",
	"NET_BROADCAST",
	"NET_ADMIN",
	"NET_RAW",
	"IPC_LOCK",
	"IPC_OWNER",
	"SYS_MODULE",
	"SYS_RAWIO",
	"SYS_CHROOT",
	"SYS_PTRACE",
	"SYS_PACCT",
	"SYS_ADMIN",
	"SYS_BOOT",
	"SYS_NICE",
	"SYS_RESOURCE",
	"SYS_TIME",
	"SYS_TTY_CONFIG",
	"MKNOD",
	"LEASE",
	"AUDIT_WRITE",
	"AUDIT_CONTROL",
	"SETFCAP",
	"MAC_OVERRIDE",
	"MAC_ADMIN",
	"SYSLOG",
	"WAKE_ALARM",
	"BLOCK_SUSPEND",
	"AUDIT_READ",
	"PERFMON",
	"BPF",
	"CHECKPOINT_RESTORE",
};

#define BIT(cap) (UINT64_C(1) << (cap))
#define ALL (BIT(CAPS_COUNT) - 1)

uint64_t
caps_parse(const char *name)
{
	if (strcasecmp(name, "ALL") == 0)
		return ALL;
	if (strncasecmp(name, "CAP_", 4) == 0)
		name += 4;
	for (unsigned int i = 0; i < CAPS_COUNT; i++)
		if (strcasecmp(name, names[i]) == 0)
			return BIT(i);
	return 0;
}

const char *
caps_name(unsigned int cap)
{
	return names[cap];
}

uint64_t
caps_default(void)
{
	return BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) |
	       BIT(CAP_KILL) | BIT(CAP_SETGID) | BIT(CAP_SETUID) | BIT(CAP_SETPCAP) |
	       BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_NET_RAW) | BIT(CAP_SYS_CHROOT) | BIT(CAP_MKNOD) |
	       BIT(CAP_AUDIT_WRITE) | BIT(CAP_SETFCAP);
}

static uint64_t
sum(const struct job_words *words)
{
	uint64_t caps = 0;

	for (size_t i = 0; i < words->n; i++)
		caps |= caps_parse(words->v[i]);
	return caps;
}

bool
caps_exceed(const struct job *job)
{
	return (sum(&job->cap_add) & ~caps_default()) != 0;
}

uint64_t
caps_of(const struct job *job)
{
	uint64_t add = sum(&job->cap_add);
	uint64_t drop = sum(&job->cap_drop);

	if (drop == ALL)
		return add;
	return (caps_default() | add) & ~drop;
}
