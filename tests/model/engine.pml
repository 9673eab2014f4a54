/* SPDX-License-Identifier: ISC */
/*
 * The life of a user's engine: who may start it, who serves, and that no call is lost or served
 * twice, whatever is killed and whenever it leaves. Checked by tests/model/model.sh with spin(1).
 *
 * THE PROTOCOL  A client connects to /run/berth/UID/engine.sock. When nobody listens there it runs
 * the launcher. That takes the user's lock without waiting (busy: the client tries again), makes a
 * listening socket and renames it into place, makes the init of a user namespace and through it the
 * engine, which inherits lock and socket, and waits for its word on the ready pipe. The engine
 * greets before it acts on a call: a connection that ends before the greeting was not served, and
 * the client tries again.
 *
 * BOUNDS        CLIENTS calls of "berth run" (each by a client of its own), STOPS of "daemon stop",
 * at most CRASHES times kill -9 of any process at any step, IDLES idle exits. Fewer are included.
 *
 * NOT MODELLED  time: the client tries for ever here (10 s in the code), an idle engine may leave at
 * any moment at which it has nothing to do; the launcher's phases before the lock, which touch
 * nothing that others see; what a start finds wrong (full disk): that is told, and the next
 * start begins anew.
 *
 * PROPERTIES    (assertions, end states, cycles; model.sh runs them)
 *   one engine      two never serve at once, and who serves holds the lock
 *   no lost call    a call that fails had a process killed that it depended on; every other one is
 *                   served; no client waits or tries for ever, under weak fairness
 *   not twice       no job is started twice
 *   no stale lock   a lock that is taken has a living process behind it that is no job
 *   no deadlock
 *
 * NAMES         A comment "step: FILE FUNCTION" stands before the atomic step that this function of
 * the code is; "order: FILE FUNCTION: ..." lists calls that the function makes in this order, as the model does.
 * model.t holds both against the code.
 */

#ifndef CLIENTS
#define CLIENTS 2
#endif
#ifndef STOPS
#define STOPS 0
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef IDLES
#define IDLES 1
#endif

/* The last ones of them call "daemon stop". */
#define CALLERS (CLIENTS + STOPS)
#define IS_STOP(c) ((c) >= CLIENTS)

/* A slot is what one start makes: description of the lock, socket, ready pipe, init, engine. It is
 * used again when nothing refers to it any more. From 1 (0 is none); each end of an engine allows
 * one start more. */
#ifndef SLOTS
#define SLOTS (2 + CRASHES + IDLES + STOPS)
#endif

/* --- what the kernel keeps ----------------------------------------------------------------------- */

byte lock = 0; /* the slot whose open file description holds it: flock(2) */
byte lock_refs[SLOTS]; /* descriptors of that description */
byte sock_refs[SLOTS]; /* descriptors of the listening socket */
bit listening[SLOTS]; /* listen(2) was called */
byte name_new = 0; /* engine.sock.new: slot */
byte name = 0; /* engine.sock: slot */

bit go[SLOTS]; /* the byte in the pipe to the init */
bit go_open[SLOTS]; /* its writing end */
bit ready[SLOTS]; /* the byte in the ready pipe */
byte ready_refs[SLOTS]; /* its writing ends */

/* One connection of each client. */
byte queued[CALLERS]; /* in the backlog of this slot's socket */
byte peer[CALLERS]; /* descriptors of the server's end, once it is accepted */
bit ours[CALLERS]; /* the client's end is open */
byte sent[CALLERS]; /* 1: Hello has arrived; 2: the call as well */
bit greeted[CALLERS]; /* the greeting lies in the client's end */
bit answered[CALLERS]; /* the result does */

/* --- processes ------------------------------------------------------------------------------------ */

mtype = { IDLE, WANTED, UP };
mtype launcher[CALLERS] = IDLE;
mtype boot[SLOTS] = IDLE; /* the namespace's init */
mtype engine[SLOTS] = IDLE;
mtype job[CALLERS] = IDLE; /* supervisor and command */
bit endless[CALLERS]; /* a job that does not end by itself */
bit ask_job[CALLERS]; /* SIGTERM from "stop --force" */
byte home[CALLERS]; /* the slot in whose namespace the job is */
byte owner[CALLERS]; /* the slot whose engine has accepted the connection */
byte taken[CALLERS]; /* the slot that the launcher of this client has made */

mtype = { NOTHING, STARTED, BUSY, FAILED };
mtype status[CALLERS] = NOTHING; /* how the launcher ended */

/* SIGKILL was sent. */
bit kill_client[CALLERS];
bit kill_launcher[CALLERS];
bit kill_boot[SLOTS];
bit kill_engine[SLOTS];
bit kill_job[CALLERS];
bit client_up[CALLERS];

byte crashes = CRASHES;
byte idles = IDLES;

/* --- what is to be shown -------------------------------------------------------------------------- */

byte serving = 0; /* engines between ready and leaving */
byte jobs_started[CALLERS];
bit harmed[CALLERS]; /* something was killed that this call depends on */

#define CONNECTED(c) (queued[c] != 0 || peer[c] != 0)
#define HAS_TAKEN(c, s) (taken[c] == s)
#define HAS_JOB(c, s) (job[c] != IDLE && home[c] == s)
#if CALLERS == 2
#define NO(what, s) (!what(0, s) && !what(1, s))
#define EACH(option) option(0) option(1)
#elif CALLERS == 3
#define NO(what, s) (!what(0, s) && !what(1, s) && !what(2, s))
#define EACH(option) option(0) option(1) option(2)
#elif CALLERS == 4
#define NO(what, s) (!what(0, s) && !what(1, s) && !what(2, s) && !what(3, s))
#define EACH(option) option(0) option(1) option(2) option(3)
#endif

/* close(2) of one descriptor. The last one frees the lock, or resets who waits in the backlog. */
inline close_lock(s)
{
	lock_refs[s]--;
	if
	:: lock_refs[s] == 0 && lock == s ->
#ifndef LOCK_IS_A_FILE
		lock = 0
#else
		skip
#endif
	:: else
	fi
}

inline close_sock(s, i)
{
	sock_refs[s]--;
	if
	:: sock_refs[s] == 0 ->
		listening[s] = 0;
		for (i : 0 .. CALLERS - 1) {
			if
			:: queued[i] == s -> queued[i] = 0
			:: else
			fi
		}
	:: else
	fi
}

/* Whose launcher waits for this start, whose call this engine has. */
inline harm_by_engine(s, i)
{
	for (i : 0 .. CALLERS - 1) {
		if
		:: taken[i] == s || owner[i] == s -> harmed[i] = 1
		:: else
		fi
	}
	i = 0
}

inline hang_up(c)
{
	ours[c] = 0;
	queued[c] = 0;
	sent[c] = 0;
	greeted[c] = 0;
	answered[c] = 0
}

/* --- a client ------------------------------------------------------------------------------------- */

/* order: client/berth/engine.c exchange: way_connect varlink_write engine_greet way_again */
/* order: client/berth/connect.c way_connect: connect_once launch */
/* order: client/berth/connect.c launch: bootstrap way_again */
/* order: client/berth/cmd_run.c give: engine_open relay_run */
proctype Client(byte c)
{
	{
		skip;
connect:
		/* step: client/berth/connect.c connect_once */
		atomic {
			if
			:: name != 0 && listening[name] ->
				queued[c] = name;
				ours[c] = 1;
				goto send
			:: else /* ENOENT, ECONNREFUSED */
			fi;
			if
			:: IS_STOP(c) -> goto done /* there is none to stop */
			:: else
			fi;
			/* step: client/berth/connect.c launch */
			launcher[c] = WANTED
		}
		/* step: client/berth/bootstrap.c bootstrap */
		atomic {
			if
			:: status[c] == STARTED -> status[c] = NOTHING; goto connect
			:: status[c] == BUSY ->
				status[c] = NOTHING;
#ifdef BUSY_IS_FINAL
				goto lost
#else
				goto again
#endif
			:: status[c] == FAILED -> status[c] = NOTHING; goto lost
			fi
		}
send:
		/* A long call arrives in parts; the engine may see Hello before the rest. */
		/* step: client/lib/varlink.c varlink_write */
		atomic {
			if
			:: CONNECTED(c) -> sent[c] = 1
			:: !CONNECTED(c) -> goto again /* EPIPE, ECONNRESET */
			fi
		}
		atomic {
			if
			:: CONNECTED(c) -> sent[c] = 2
			:: !CONNECTED(c) -> goto again
			fi
		}
		/* What lies in the socket is read before its end is seen: unix(7). */
		/* step: client/berth/engine.c engine_greet */
		atomic {
			if
			:: greeted[c]
#ifndef NO_GREETING
			:: !greeted[c] && !CONNECTED(c) -> goto again
#else
			:: sent[c] == 2
#endif
			fi
		}
		/* step: client/berth/relay.c relay_run */
		if
		:: answered[c] -> goto served
		:: !answered[c] && !CONNECTED(c) -> goto cut_off
		:: endless[c] && job[c] == UP -> goto end_waiting
		fi;
end_waiting:
		if
		:: answered[c] -> goto served
		:: !answered[c] && !CONNECTED(c) -> goto cut_off
		fi;
cut_off:
#ifndef RETRY_AFTER_GREETING
		goto lost;
#endif
again:
		/* step: client/berth/connect.c way_again */
		atomic {
#ifdef WAITS
			lock == 0 || (name != 0 && listening[name]);
#endif
			hang_up(c);
			goto connect
		}
served:
		assert(IS_STOP(c) || jobs_started[c] == 1);
		goto done;
lost:
		/* no lost call */
		assert(harmed[c]);
done:
		skip
	} unless {
		kill_client[c]
	};
	d_step {
		client_up[c] = 0;
		/* Nobody asks any more. */
		harmed[c] = 1;
		kill_client[c] = 0;
		hang_up(c)
	}
}

/* --- the launcher --------------------------------------------------------------------------------- */

inline take_slot(s)
{
	s = 1;
	do
	:: s < SLOTS && (lock_refs[s] != 0 || sock_refs[s] != 0 || boot[s] != IDLE ||
		engine[s] != IDLE || name == s || name_new == s || lock == s ||
		!NO(HAS_TAKEN, s)) -> s++
	:: else -> break
	od;
	assert(s < SLOTS) /* else the bound of the model is too small */
}

/* order: helper/launcher/verb_start.c verb_start: split_prepare runtime_prepare split_engine */
/* order: helper/launcher/runtime_dir.c runtime_prepare: make_dir take_lock listen_at */
/* order: helper/launcher/runtime_dir.c listen_at: unlinkat bind listen renameat */
/* order: helper/launcher/split.c split_engine: make_namespace close vanish */
/* order: helper/launcher/split.c make_namespace: launch_clone run_init map_ids priv_drop_forever io_write_all */
proctype Launcher(byte c)
{
	byte s, i;
	bit locked, bound;
	mtype outcome = FAILED;

end_top:
	atomic {
		launcher[c] == WANTED;
		launcher[c] = UP;
		locked = 0;
		bound = 0;
		s = 0
	}
	{
#ifdef LISTEN_BEFORE_LOCK
		atomic {
			take_slot(s);
			sock_refs[s] = 1;
			bound = 1;
			listening[s] = 1;
			name = s
		}
#endif
		/* step: helper/launcher/runtime_dir.c take_lock */
		atomic {
			if
#ifndef NO_LOCK
			:: lock != 0 ->
				/* no stale lock */
				assert(lock_refs[lock] > 0);
				outcome = BUSY;
				goto leave
			:: lock == 0 ->
#else
			:: true ->
#endif
#ifndef LISTEN_BEFORE_LOCK
				take_slot(s);
#endif
				lock = s;
				lock_refs[s] = 1;
				locked = 1;
				taken[c] = s
			fi
		}
#ifndef LISTEN_BEFORE_LOCK
		/* step: helper/launcher/runtime_dir.c listen_at */
		d_step { /* unlinkat; bind, listen under a name that nobody connects to */
			name_new = s;
			sock_refs[s] = 1;
			listening[s] = 1;
			bound = 1
		}
		d_step { /* renameat */
			name = name_new;
			name_new = 0
		}
#endif
		/* step: helper/launcher/split.c make_namespace */
		d_step {
			boot[s] = WANTED;
			lock_refs[s]++;
			sock_refs[s]++;
			ready[s] = 0;
			ready_refs[s] = 1;
			go[s] = 0;
			go_open[s] = 1
		}
		go[s] = 1;
		/* step: helper/launcher/split.c split_engine */
		d_step {
			close_lock(s);
			locked = 0
		}
		/* step: helper/launcher/split.c vanish */
		atomic {
			ready_refs[s] == 0 ->
			if
			:: ready[s] -> outcome = STARTED
			:: else
			fi
		}
leave:
		skip
	} unless {
		kill_launcher[c]
	};
	/* What it held is closed before wait(2) tells who called it. */
	d_step {
		if
		:: locked -> close_lock(s)
		:: else
		fi;
		if
		:: bound -> close_sock(s, i)
		:: else
		fi;
		go_open[s] = 0;
		ready[s] = 0;
		taken[c] = 0;
		kill_launcher[c] = 0;
		launcher[c] = IDLE;
		if
		:: status[c] == NOTHING -> status[c] = outcome
		:: else /* the process that was called is dead and has told already */
		fi;
		outcome = FAILED;
		s = 0;
		i = 0;
		locked = 0;
		bound = 0
	}
	goto end_top
}

/* --- the namespace's init ------------------------------------------------------------------------- */

/* order: helper/launcher/split.c run_init: may_go priv_enter_groups confine launch_clone run_engine launch_init */
/* order: helper/launcher/split.c run_engine: may_go priv_enter_namespace listen launch_engine */
/* The engine waits until the init has closed everything; here it may begin at once, which has more orders. */
proctype Init(byte s)
{
	byte i;
	bit holds;

end_top:
	atomic {
		boot[s] == WANTED;
		boot[s] = UP;
		holds = 1
	}
	{
		/* step: helper/launcher/split.c may_go */
		if
		:: go[s] -> go[s] = 0
		:: !go[s] && !go_open[s] -> goto leave
		fi;
		/* step: helper/launcher/launch.c launch_clone */
		d_step {
			engine[s] = WANTED;
#ifndef LOCK_NOT_INHERITED
			lock_refs[s]++;
#endif
			sock_refs[s]++;
			ready_refs[s]++
		}
		/* step: helper/launcher/launch.c launch_init */
		d_step {
			close_lock(s);
			close_sock(s, i);
			ready_refs[s]--;
			holds = 0
		}
		/* waitpid(2), until nobody is left. */
end_wait:
		engine[s] == IDLE && NO(HAS_JOB, s);
leave:
		skip
	} unless {
		kill_boot[s]
	};
	d_step {
		if
		:: holds ->
			close_lock(s);
			close_sock(s, i);
			ready_refs[s]--
		:: else
		fi;
		holds = 0;
		go[s] = 0;
		/* With pid 1 of a pid namespace goes all that is in it: pid_namespaces(7). */
		if
		:: engine[s] != IDLE -> kill_engine[s] = 1; harm_by_engine(s, i)
		:: else
		fi;
		for (i : 0 .. CALLERS - 1) {
			if
			:: HAS_JOB(i, s) -> kill_job[i] = 1; harmed[i] = 1
			:: else
			fi
		}
		i = 0
	}
	atomic {
		engine[s] == IDLE && NO(HAS_JOB, s);
		kill_boot[s] = 0;
		boot[s] = IDLE;
		goto end_top
	}
}

/* --- the engine ----------------------------------------------------------------------------------- */

inline accept_one(c)
{
	/* one engine */
	assert(lock == s && serving == 1);
	queued[c] = 0;
	owner[c] = s;
	peer[c] = 1
}

/* drop of server.c; also what the end of the process does. */
inline drop(c)
{
	if
	:: owner[c] == s ->
		peer[c]--;
		owner[c] = 0
	:: else
	fi
}

inline start_job(c)
{
	assert(lock == s && serving == 1);
	jobs_started[c]++;
	/* not twice */
	assert(jobs_started[c] == 1);
	job[c] = WANTED;
	home[c] = s;
	peer[c]++;
#ifndef LOCK_NOT_INHERITED
	lock_refs[s]++;
#endif
	sock_refs[s]++
}

/* Without --force it is refused while jobs run. With it they end. Who has not been served yet is
 * sent away, to be served by the next engine. */
/* step: client/engine/api/server.c turn_away */
inline turn_away(c, i)
{
	stopper = c + 1;
	for (i : 0 .. CALLERS - 1) {
		if
		:: i != c -> drop(i)
		:: else
		fi;
		if
		:: HAS_JOB(i, s) -> ask_job[i] = 1
		:: else
		fi
	}
	i = 0
}

#define OF_ENGINE(c, s) (owner[c] == s || HAS_JOB(c, s))

#ifndef GREET_EARLY
#define GREET(c)
#define SERVE(c) :: atomic { stopper == 0 && owner[c] == s && sent[c] == 2 && !greeted[c] -> \
		greeted[c] = 1 }; serve_call(c)
#else
#define GREET(c) :: atomic { stopper == 0 && owner[c] == s && sent[c] >= 1 && !greeted[c] -> \
		greeted[c] = 1 }
#define SERVE(c) :: stopper == 0 && owner[c] == s && sent[c] == 2 && greeted[c] -> serve_call(c)
#endif
#define ACCEPT(c) :: atomic { stopper == 0 && queued[c] == s -> accept_one(c) }
#define HANG_UP(c) :: atomic { owner[c] == s && !ours[c] -> drop(c) }

/* Here the engine may be killed between its greeting, the new process and the end of its own copy
 * of the connection. */
inline serve_call(c)
{
	if
	:: d_step { IS_STOP(c) && !NO(HAS_JOB, s) -> answered[c] = 1; drop(c) } /* Busy */
	:: d_step { IS_STOP(c) -> turn_away(c, i) }
	:: d_step { !IS_STOP(c) -> start_job(c) };
		d_step { drop(c) }
	fi
}

/* order: client/engine/main.c main: start ready_serving server_run */
/* order: client/engine/api/server.c server_run: handle finish_stop leave_when_idle */
/* order: client/engine/api/server.c accept_one: accept4 welcome */
/* order: client/engine/api/server.c welcome: owner_is_peer serve drop */
/* order: client/engine/api/server.c serve: varlink_receive varlink_next call_handle call_greet */
/* order: client/engine/api/call.c call_handle: call_greet dispatch */
/* order: client/engine/api/server.c finish_stop: turn_away children_jobs reply_send */
/* order: client/engine/api/launch.c start_job: prepare start_supervisor */
/* order: client/engine/api/launch.c start_supervisor: spare_run child_fork supervisor_run */
proctype Engine(byte s)
{
	byte i, stopper;
	bit is_ready;

end_top:
	atomic {
		engine[s] == WANTED;
		engine[s] = UP
	}
	{
		/* step: client/engine/ready.c ready_serving */
		d_step {
			ready[s] = 1;
			ready_refs[s]--;
			is_ready = 1;
			/* one engine */
			serving++;
			assert(serving == 1 && lock == s)
		}
		/* step: client/engine/api/server.c server_run */
end_loop:
		do
		/* step: client/engine/api/server.c accept_one */
		EACH(ACCEPT)
		/* step: client/engine/api/call.c call_greet */
		EACH(GREET)
		/* step: client/engine/api/launch.c start_job */
		/* step: client/engine/api/stop.c call_stop */
		EACH(SERVE)
		/* step: client/engine/api/server.c drop */
		EACH(HANG_UP)
		/* step: client/engine/api/server.c finish_stop */
		:: atomic { stopper != 0 && NO(HAS_JOB, s) ->
			answered[stopper - 1] = 1;
			break
		}
		/* step: client/engine/api/server.c leave_when_idle */
#ifndef IDLE_FORGETS_CONNECTIONS
		:: atomic { idles > 0 && stopper == 0 && NO(OF_ENGINE, s) ->
#else
		:: atomic { idles > 0 && stopper == 0 && NO(HAS_JOB, s) ->
#endif
			idles--;
			break
		}
		od;
		skip
	} unless {
		kill_engine[s]
	};
	/* Descriptors are closed in the order of their numbers (enum engine_fd): socket, lock, ready
	 * pipe, connections. */
	d_step {
		close_sock(s, i);
		i = 0;
		serving = serving - is_ready
	}
	d_step {
#ifndef LOCK_NOT_INHERITED
		close_lock(s);
#endif
		ready_refs[s] = ready_refs[s] - (1 - is_ready);
		for (i : 0 .. CALLERS - 1) {
			drop(i)
		}
		i = 0;
		stopper = 0;
		is_ready = 0;
		kill_engine[s] = 0;
		engine[s] = IDLE
	}
#ifdef LEAVING_UNLINKS
	name = 0;
#endif
	goto end_top
}

/* --- a job's supervisor, with its job ------------------------------------------------------------- */

/* order: client/engine/job/supervisor.c supervisor_run: drop_descriptors start watch_run leave */
/* order: client/engine/job/watch.c run_once: wait_and_serve end_run */
/* order: client/engine/job/watch.c watch_run: run_once finish */
proctype Job(byte c)
{
	byte i;
	bit holds;

end_top:
	atomic {
		job[c] == WANTED;
		job[c] = UP;
		holds = 1
	}
	{
		/* step: client/engine/job/supervisor.c drop_descriptors */
#ifndef LOCK_IN_JOBS
		d_step {
#ifndef LOCK_NOT_INHERITED
			close_lock(home[c]);
#endif
			close_sock(home[c], i);
			i = 0;
			holds = 0
		}
#endif
		/* step: client/engine/job/watch.c watch_run */
		if
		:: skip
		:: endless[c] = 1
		fi;
end_run:
		!endless[c] || ask_job[c] || !ours[c];
		/* step: client/engine/job/watch.c finish */
		atomic {
			if
			:: ours[c] -> answered[c] = 1
			:: else
			fi
		}
		/* step: client/engine/job/supervisor.c leave */
		skip
	} unless {
		kill_job[c]
	};
	d_step {
		if
		:: holds ->
#ifndef LOCK_NOT_INHERITED
			close_lock(home[c]);
#endif
			close_sock(home[c], i)
		:: else
		fi;
		i = 0;
		holds = 0;
		endless[c] = 0;
		ask_job[c] = 0;
		kill_job[c] = 0;
		peer[c]--;
		home[c] = 0;
		job[c] = IDLE
	}
	goto end_top
}

/* --- kill -9 -------------------------------------------------------------------------------------- */

/* In the launcher two processes: the one that was called follows the other, and tells its status. */
#define KILL_OF_CLIENT(c) \
	:: d_step { crashes > 0 && client_up[c] -> crashes--; kill_client[c] = 1; harmed[c] = 1 } \
	:: d_step { crashes > 0 && launcher[c] == UP && !kill_launcher[c] -> \
		crashes--; kill_launcher[c] = 1; harmed[c] = 1 } \
	:: d_step { crashes > 0 && launcher[c] == UP && status[c] == NOTHING -> \
		crashes--; status[c] = FAILED; harmed[c] = 1 } \
	:: d_step { crashes > 0 && job[c] == UP && !kill_job[c] -> \
		crashes--; kill_job[c] = 1; harmed[c] = 1 }
#define KILL_OF_START(s) \
	:: d_step { crashes > 0 && boot[s] == UP && !kill_boot[s] -> \
		crashes--; kill_boot[s] = 1; harm_by_engine(s, i) } \
	:: d_step { crashes > 0 && engine[s] == UP && !kill_engine[s] -> \
		crashes--; kill_engine[s] = 1; harm_by_engine(s, i) }

proctype Killer()
{
	byte i;

end_loop:
	do
	EACH(KILL_OF_CLIENT)
	KILL_OF_START(1)
#if SLOTS > 2
	KILL_OF_START(2)
#endif
#if SLOTS > 3
	KILL_OF_START(3)
#endif
#if SLOTS > 4
	KILL_OF_START(4)
#endif
#if SLOTS > 5
	KILL_OF_START(5)
#endif
	od
}

init
{
	byte i;

	atomic {
		for (i : 0 .. CALLERS - 1) {
			client_up[i] = 1;
			run Client(i);
			run Launcher(i);
			run Job(i)
		}
		for (i : 1 .. SLOTS - 1) {
			run Init(i);
			run Engine(i)
		}
		run Killer()
	}
}
