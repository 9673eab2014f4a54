/* SPDX-License-Identifier: ISC */
/*
 * berth-engine: serves one user's jobs. Started by berth-launcher with the descriptors of
 * common/facts.h, as uid 0 of the user's namespace, which mostly is the user on the host: owner.h.
 * TRUST: unprivileged
 * INPUT: descriptors and sealed facts from the launcher; the user's state directory
 * MUST: say "ready" only when it can serve; keep the user's lock for as long as it lives.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/engine/api/authority.h"
#include "client/engine/api/server.h"
#include "client/engine/clock.h"
#include "client/engine/engine.h"
#include "client/engine/hide.h"
#include "client/engine/job/adopted.h"
#include "client/engine/job/children.h"
#include "client/engine/job/host.h"
#include "client/engine/job/spare.h"
#include "client/engine/job/sweep.h"
#include "client/engine/owner.h"
#include "client/engine/ready.h"
#include "client/engine/state.h"
#include "common/facts.h"
#include "common/io.h"

/* 1, 0 for a socket that is connected, -1 for what is none. */
static int
listens(void)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	if (getsockopt(ENGINE_FD_SOCKET, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == -1)
		return -1;
	return listening;
}

/* A wrong descriptor is a wrong launcher, or somebody who calls the engine by hand. */
static int
check_descriptors(struct err *err)
{
	struct stat st;

	if (fstat(ENGINE_FD_READY, &st) == -1 || !S_ISFIFO(st.st_mode) || listens() == -1 ||
	    fstat(ENGINE_FD_LOCK, &st) == -1 || fstat(ENGINE_FD_POLICY, &st) == -1 ||
	    !S_ISDIR(st.st_mode)) {
		err_set(err, ERR_USAGE, "berth-engine was not started by berth-launcher");
		err_why(err, "it takes its work from descriptors that are not there");
		return err_todo(err, "use:  berth run");
	}
	for (int fd = ENGINE_FD_SOCKET; fd < ENGINE_FD_END; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
			return err_sys(err, "a descriptor cannot be kept from jobs");
	return 0;
}

static int
take_facts(struct engine *engine, struct err *err)
{
	if (facts_read(ENGINE_FD_FACTS, &engine->mode, &engine->caller, &engine->grant) == -1) {
		err_sys(err, "the launcher's facts cannot be read");
		err->code = ERR_BUG;
		return -1;
	}
	close(ENGINE_FD_FACTS);
	if (listens() == (engine->mode == FACTS_ONCE))
		return err_set(err, ERR_BUG, "the engine's socket is not what the facts say");
	return 0;
}

/*
 * Jobs inherit what is ignored. Not by sigaction(3), which hides two signals from its callers; the
 * kernel's struct is handler, flags, restorer and mask, zero being the default.
 */
static void
default_signals(void)
{
	const unsigned long action[4] = { 0 };

	for (int sig = 1; sig < NSIG; sig++)
		(void)!syscall(SYS_rt_sigaction, sig, action, NULL, sizeof(uint64_t));
}

/* Not reachable by ptrace, no reaction to signals that are for jobs, room for many jobs. */
static int
settle(struct engine *engine, struct err *err)
{
	struct rlimit all;
	sigset_t set;

	default_signals();
	sigfillset(&set);
	umask(0);
	if (umask(0) != 0 || prctl(PR_SET_DUMPABLE, 0) == -1 || prctl(PR_GET_DUMPABLE) != 0 ||
	    sigprocmask(SIG_SETMASK, &set, NULL) == -1 ||
	    getrlimit(RLIMIT_NOFILE, &engine->host.nofile) == -1)
		return err_sys(err, "the engine cannot start");
	all = engine->host.nofile;
	all.rlim_cur = all.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &all) == -1)
		return err_sys(err, "the engine cannot start");
	engine->started = engine->used = clock_ms();
	engine->host.gid_tty = owner_has_gid(engine, 5);
	engine->host.keeps_groups = engine->grant.subgid.count == 0;
	engine->finished =
	    mmap(NULL, ENGINE_JOBS_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (engine->finished == MAP_FAILED)
		return err_sys(err, "the engine cannot start");
	return 0;
}

/* What is mounted here is for jobs alone: nothing propagates out of this namespace. */
static int
leave_host(struct err *err)
{
	return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == -1
		   ? err_sys(err, "the engine's mounts cannot be made private")
		   : 0;
}

static int
start(struct engine *engine, struct err *err)
{
	if (check_descriptors(err) == -1 || take_facts(engine, err) == -1 ||
	    owner_take(engine, err) == -1 || settle(engine, err) == -1 ||
	    authority_start(engine, err) == -1 || leave_host(err) == -1 ||
	    server_open(engine, err) == -1)
		return -1;
	host_look(&engine->host);
	if (state_open(engine, err) == -1 || hide_sockets(engine, err) == -1)
		return -1;
	/* the one job finds out itself what it needs */
	if (engine->mode == FACTS_ONCE)
		return 0;
	return host_prepare(engine, err) == -1 ? -1 : state_probe(engine, err);
}

int
main(void)
{
	static struct engine engine = { .epoll = -1, .jobs = -1, .probe = -1, .over = -1 };
	struct err err;

	if (start(&engine, &err) == -1)
		ready_failed(&err);
	ready_serving();
	if (engine.mode != FACTS_ONCE) {
		adopted_find(&engine);
		engine_look_at(&engine, 0);
	}
	sweep_leftovers(&engine);
	spare_prepare(&engine);
	io_close(&engine.probe);
	server_run(&engine);
	return 0;
}
