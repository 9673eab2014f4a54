/* SPDX-License-Identifier: ISC */
/*
 * What a job takes of the machine. Contract in usage.h.
 * TRUST: shared, reads hostile input
 * INPUT: as procread.h
 * MUST: as usage.h says
 */
#include "client/berth/usage.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"

#define SUPERVISOR 1
#define NET "1/net/dev"
#define NET_MAX 65536

static uint64_t
plus(uint64_t a, uint64_t b)
{
	return (a + b < a ? UINT64_MAX : a + b);
}

void
usage_sum(const struct proc *list, int64_t count, struct usage *usage)
{
	*usage = (struct usage){ .ticks = 0 };
	for (int64_t i = 0; i < count; i++) {
		const struct proc *proc = &list[i];

		/* What it has reaped was the job's. */
		usage->ticks = plus(usage->ticks, proc->reaped);
		if (proc->pid == SUPERVISOR)
			continue;
		usage->ticks = plus(usage->ticks, proc->ticks);
		usage->memory = plus(usage->memory, proc->memory);
		usage->read = plus(usage->read, proc->read);
		usage->written = plus(usage->written, proc->written);
		usage->told |= proc->told;
		usage->tasks += proc->threads;
	}
}

static void
read_network(int procfs, struct usage *usage)
{
	char *text = malloc(NET_MAX);

	if (text != NULL && proc_text(procfs, NET, text, NET_MAX) > 0)
		proc_parse_net(text, &usage->received, &usage->sent);
	free(text);
}

int
usage_read(int procfs, bool network, struct usage *usage, struct err *err)
{
	struct timespec now;
	struct proc *list;
	int64_t count = proc_list(procfs, true, &list, err);

	if (count < 0)
		return (-1);
	usage_sum(list, count, usage);
	free(list);
	if (network)
		read_network(procfs, usage);
	clock_gettime(CLOCK_MONOTONIC, &now);
	usage->at = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	return (count == 0);
}

double
usage_cpu(const struct usage *before, const struct usage *after, long hz)
{
	if (after->at <= before->at || after->ticks <= before->ticks || hz <= 0)
		return (0);
	return ((double)(after->ticks - before->ticks) / (double)hz * 100 * 1e9 /
		(double)(after->at - before->at));
}

uint64_t
usage_total(void)
{
	int procfs AUTO_CLOSE = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t total = 0;
	char text[2048];

	if (procfs < 0 || proc_text(procfs, "meminfo", text, sizeof(text)) <= 0 ||
	    proc_parse_line(text, "MemTotal", &total) != 0 || total >> 50 != 0)
		return (0);
	return (total << 10);
}
