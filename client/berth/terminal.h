/* SPDX-License-Identifier: ISC */
/*
 * The caller's terminal while a job with one of its own runs: raw mode, window size, the keys that
 * detach. The job never gets it: bytes are copied between it and the master of the job's.
 * TRUST: unprivileged
 * INPUT: what is typed, --detach-keys, signals
 * MUST: leave the caller's terminal as it was found, however this program ends (but for SIGKILL, and the
 *       two signals that the C library keeps to itself); change it only while this program is in its
 *       foreground.
 */
#ifndef CLIENT_BERTH_TERMINAL_H
#define CLIENT_BERTH_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "client/lib/job.h"
#include "common/err.h"

#define TERMINAL_KEYS_MAX 16

struct terminal {
	int in; /* standard input, when its modes are ours to change; else -1 */
	int size; /* a descriptor of the caller's terminal; -1: it has none */
	int master; /* of the job's terminal, owned; -1 before its start */
	bool raw;
	struct termios found;
	struct termios ours;
	size_t nkeys;
	char keys[TERMINAL_KEYS_MAX];
	size_t nheld; /* typed, and the beginning of the keys */
	bool detach; /* the keys were typed */
};

/*
 * keys: as docker(1) takes them, "ctrl-p,ctrl-q"; NULL: those; "": none. Sets the size in run.
 * 0, or -1 with err; terminal_close in both cases.
 */
int terminal_open(struct terminal *terminal, const char *keys, bool interactive,
    struct job_run *run, struct err *err) __attribute__((warn_unused_result));
void terminal_close(struct terminal *terminal);

/* Could those be the keys? 0, or -1 with err. */
int terminal_check_keys(const char *keys, struct err *err) __attribute__((warn_unused_result));

/* The job has started: takes over master, and sets the mode and the size. 0, or -1 with err. */
int terminal_start(struct terminal *terminal, int master, struct err *err)
    __attribute__((warn_unused_result));

/*
 * Every byte goes to the job as it is. In the background this stops the program, as it does any
 * that sets a terminal's modes (SIGTTOU); where that is ignored, it is an error. 0, or -1 with err.
 */
int terminal_raw(struct terminal *terminal, struct err *err) __attribute__((warn_unused_result));
void terminal_restore(struct terminal *terminal);

/* Gives the size of the caller's terminal to the job's. */
void terminal_resize(const struct terminal *terminal);

/*
 * Another size: who fills a screen there does so once more. terminal_resize follows, when that was seen.
 * False: it has no size.
 */
bool terminal_disturb(const struct terminal *terminal);

/*
 * Takes the detach keys out of what was typed: buf holds len bytes and has room for
 * TERMINAL_KEYS_MAX more. The new length. Once all were typed, detach is set and the rest dropped.
 */
size_t terminal_filter(struct terminal *terminal, char *buf, size_t len);

#endif
