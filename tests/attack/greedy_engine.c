/* SPDX-License-Identifier: ISC */
/*
 * An engine that was taken over and takes all that it is not refused: inotify instances, user
 * namespaces and other namespaces, processes, keys; then says that it is ready and keeps them.
 * With a file "engine-counts" in /etc/berth it fails with these numbers instead of being ready.
 * TRUST: unprivileged
 * INPUT: the descriptors of enum engine_fd
 * MUST: keep what it took until it is killed
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/facts.h"

#define INSTANCES 100000
#define PROCESSES 300

/* The launcher waits for the end of the pipe, which must not be with a child. */
static pid_t
fork_apart(void)
{
	pid_t pid = fork();

	if (pid == 0)
		close(ENGINE_FD_READY);
	return (pid);
}

/* Instances until the kernel refuses: each needs a descriptor, so children hold them by 500. */
static int
take_inotify(void)
{
	int taken = 0;

	for (int i = 0; i < INSTANCES / 500; i++) {
		int pipes[2], got = 0;

		if (pipe(pipes) < 0)
			return (taken);
		if (fork_apart() == 0) {
			close(pipes[0]);
			while (got < 500 && inotify_init1(IN_CLOEXEC) >= 0)
				got++;
			if (write(pipes[1], &got, sizeof(got)) != sizeof(got))
				_exit(1);
			for (;;)
				pause();
		}
		close(pipes[1]);
		if (read(pipes[0], &got, sizeof(got)) != sizeof(got))
			got = 0;
		close(pipes[0]);
		taken += got;
		if (got < 500)
			break;
	}
	return (taken);
}

/* A namespace of each kind that may be nested, in processes that stay. */
static int
take_namespaces(int flag, int most)
{
	int taken = 0;

	for (int i = 0; i < most; i++) {
		int pipes[2];
		char ok = 0;

		if (pipe(pipes) < 0)
			return (taken);
		if (fork_apart() == 0) {
			ok = unshare(flag) == 0;
			if (write(pipes[1], &ok, 1) != 1 || !ok)
				_exit(1);
			for (;;)
				pause();
		}
		close(pipes[1]);
		if (read(pipes[0], &ok, 1) != 1 || !ok) {
			close(pipes[0]);
			break;
		}
		close(pipes[0]);
		taken++;
	}
	return (taken);
}

static int
take_processes(void)
{
	const struct rlimit limit = { PROCESSES, PROCESSES };
	int taken = 0;

	setrlimit(RLIMIT_NPROC, &limit);
	for (; taken < 4 * PROCESSES; taken++) {
		pid_t pid = fork_apart();

		if (pid < 0)
			break;
		if (pid == 0) {
			for (;;)
				pause();
		}
	}
	return (taken);
}

int
main(void)
{
	int inotify = take_inotify(), users = take_namespaces(CLONE_NEWUSER, 3);
	int uts = take_namespaces(CLONE_NEWUTS, 20), processes = take_processes();

	/* Refused as the launcher's text, so that the numbers reach the test. */
	if (access("/etc/berth/engine-counts", F_OK) == 0)
		dprintf(ENGINE_FD_READY, "Minotify=%d users=%d uts=%d processes=%d\n", inotify,
		    users, uts, processes);
	else if (write(ENGINE_FD_READY, "R", 1) != 1)
		return (1);
	close(ENGINE_FD_READY);
	for (;;)
		pause();
}
