/* SPDX-License-Identifier: ISC */
/*
 * Flags in docker's syntax, from a table: --flag=value, --flag value, -f value, -fvalue, -f=value,
 * clusters of switches (-iq), "--" ends them.
 * TRUST: unprivileged
 * INPUT: the command line of the caller
 * MUST: refuse a flag by its name, whether it is unknown or known and not in this version; never
 *       ignore one.
 */
#ifndef CLIENT_BERTH_FLAGS_H
#define CLIENT_BERTH_FLAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum flag_kind {
	FLAG_INVALID = 0,
	FLAG_SWITCH, /* bool at offset; takes =true and =false */
	FLAG_CHOICE, /* enum flag_choice at offset: as a switch, and it shows whether it was said */
	FLAG_ALWAYS, /* a switch that is always on: =false is refused */
	FLAG_STRING, /* const char * at offset; the last one counts */
	FLAG_STORE, /* store is called for each, with what is at offset */
	FLAG_LATER, /* a switch that is known, but not in this version */
	FLAG_LATER_VALUE
};

/* Of a switch whose default hangs on others. */
enum flag_choice {
	FLAG_UNSAID = 0,
	FLAG_YES,
	FLAG_NO
};

/* out is what the flag's offset points to. 0, or -1 with ERR_USAGE. value lives as long as argv. */
typedef int flag_store(void *out, char *value, struct err *err);

struct flag {
	enum flag_kind kind;
	char letter; /* 0: none */
	const char *name;
	size_t offset; /* in the struct that out points to */
	flag_store *store;
	const char *value; /* its name in help; NULL for switches */
	const char *help;
};

/* A table, which ends with an empty row, and the struct that its values go to. */
struct flag_set {
	const struct flag *flags;
	void *out;
};

struct flag_parse {
	struct flag_set own; /* flags may be NULL */
	struct flag_set global; /* looked up after own */
	bool stop_early; /* flags end at the first word that is none: run, explain */
	int argc; /* in: the words; out: those that are no flags */
	char **argv;
	char unknown[64]; /* out: the flag that stands in neither table, as it was typed */
};

/* 0 with argc and argv changed to the words that are left ("--" is gone), or -1 with ERR_USAGE. */
int flags_parse(struct flag_parse *parse, struct err *err) __attribute__((warn_unused_result));

/* What a switch is set to: value is true or 1, false or 0; NULL, as without one: true. False: it is neither. */
bool flag_on(const char *value, bool *on);

/* Is it in this version, not only known by name? */
bool flag_is_here(const struct flag *flag);

/* Does a value belong to it, in the same word or in the next one? */
bool flag_takes_value(const struct flag *flag);

/* The row of "--name" (len bytes) or of a letter (len 1); NULL without one. flags may be NULL. */
const struct flag *flags_find(const struct flag *flags, const char *name, size_t len);

#endif
