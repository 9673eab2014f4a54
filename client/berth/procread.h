/* SPDX-License-Identifier: ISC */
/*
 * The processes of a job, from a descriptor of the job's own procfs: proc(5).
 * TRUST: shared, reads hostile input
 * INPUT: files of the kernel's, in which titles and names are the job's; a directory that is no
 *        procfs at all, of an engine that is none
 * MUST: bound how much is read and how many processes are counted; take no number that overflows; let
 *       what a process calls itself pass for nothing else.
 */
#ifndef CLIENT_BERTH_PROCREAD_H
#define CLIENT_BERTH_PROCREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define PROC_MANY 65536 /* more are not counted */
#define PROC_MAPS 64
#define PROC_UNKNOWN UINT32_MAX

struct proc {
	int pid, parent; /* as the job sees them */
	uint32_t uid; /* as this program sees it */
	int tty; /* the number of its controlling terminal; 0: it has none */
	uint64_t ticks; /* of a processor, its own */
	uint64_t reaped; /* those of its children that have ended */
	uint64_t began; /* ticks since the boot */
	uint64_t memory; /* bytes in use but for files (RssAnon and RssShmem), or all of them */
	bool told; /* what follows is known: the kernel does not tell it of every process */
	uint64_t read, written; /* bytes, of block devices */
	uint32_t threads;
	char name[17];
};

/* Ids as a job sees them. */
struct proc_map {
	size_t lines;
	struct {
		uint32_t inside, outside, count;
	} line[PROC_MAPS];
};

/* The text of stat in proc(5); memory in pages. 0, or -1: it is none. */
int proc_parse_stat(const char *text, struct proc *proc) __attribute__((warn_unused_result));

/* A number of a text of "name:  number" lines; 0 and *value, or -1. */
int proc_parse_line(const char *text, const char *name, uint64_t *value)
    __attribute__((warn_unused_result));

/* The text of uid_map. What is no line of one ends it. */
void proc_parse_map(const char *text, struct proc_map *map);

/* The id inside that is outside here; PROC_UNKNOWN: none is. */
uint32_t proc_map_inside(const struct proc_map *map, uint32_t outside);

/* The text of net/dev: bytes of all interfaces but the loopback. */
void proc_parse_net(const char *text, uint64_t *received, uint64_t *sent);

/*
 * All processes in the order of their ids, at most PROC_MANY; *list is the caller's to free. costly:
 * memory without files, read and written are asked for, too. The number, or -1 with err.
 */
int64_t proc_list(int procfs, bool costly, struct proc **list, struct err *err)
    __attribute__((warn_unused_result));

/*
 * The text of a file of procfs, cut at len - 1 bytes, with a NUL behind it. The length, or -1 with
 * errno.
 */
int64_t proc_text(int procfs, const char *path, char *buf, size_t len)
    __attribute__((warn_unused_result));

#endif
