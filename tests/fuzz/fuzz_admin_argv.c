/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: the command line of berth-admin (attacks.md A03), and the file that a grant would make
 * of it. An input is the words after the program's name, each ended by a NUL byte.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a word is taken that was not given, when an error has no text or one that is not
 *       printable, when what a grant writes is not what was asked for when it is read again.
 */
#define FUZZ_NAME "fuzz_admin_argv"
#include "tests/fuzz/fuzz.h"

#include "helper/admin/args.h"
#include "helper/admin/draft.h"
#include "helper/admin/period.h"
#include "helper/admin/quote.h"
#include "helper/admin/rules.h"

#define WORDS_MAX 1024
#define NOW 1800000000

static char *argv[WORDS_MAX + 2], *given[WORDS_MAX + 2];
static int argc;

static void
check_error(const struct err *err)
{
	must(err->code == ERR_USAGE, "a wrong command line is wrong usage");
	must(err->what[0] != '\0', "an error says what");
	must(is_printable(err->what) && is_printable(err->why) && is_printable(err->todo),
	    "an error is printable");
}

/* Is it an end of a word of the command line? Options are cut at '=', lists at blanks. */
static bool
was_given(const char *word)
{
	for (int i = 1; word != NULL && i < argc; i++) {
		if (strstr(given[i], word) != NULL)
			return (true);
	}
	return (word == NULL);
}

static void
check_args(const struct args *args)
{
	must(args->verb == VERB_START || args->verb == VERB_GRANT || args->verb == VERB_REVOKE ||
		 args->verb == VERB_GRANTS || args->verb == VERB_CHECK,
	    "the verb is one");
	must(args->nwords <= ALLOW_RULES_MAX, "words have their limit");
	must(was_given(args->principal) && was_given(args->file) && was_given(args->root) &&
		 was_given(args->timeout) && was_given(args->engine) && was_given(args->lasting) &&
		 was_given(args->until),
	    "each value was given");
	for (size_t i = 0; i < args->nwords; i++)
		must(was_given(args->words[i]), "each word was given");
	must((args->verb & (VERB_GRANTS | VERB_CHECK)) != 0 || args->principal != NULL,
	    "it is said whose grant");
	must((args->verb & (VERB_START | VERB_GRANT)) != 0 ||
		 (args->root == NULL && args->timeout == NULL && args->lasting == NULL &&
		     args->until == NULL && args->engine == NULL),
	    "what only a grant has, only a grant has");
}

static bool
same_rules(const struct allow *allow, const struct rules *rules)
{
	if (allow->nrules != rules->n)
		return (false);
	for (size_t i = 0; i < rules->n; i++) {
		const struct entitlement *a = &allow->rules[i].ent, *b = &rules->ents[i];

		if (a->id != b->id || a->readonly != b->readonly ||
		    (a->value == NULL) != (b->value == NULL) ||
		    (a->value != NULL && strcmp(a->value, b->value) != 0))
			return (false);
	}
	return (true);
}

/* As grant.c does it: what cannot be written is refused, what was written says what was meant. */
static void
check_file(const struct args *args, const struct rules *asked, const struct period *period)
{
	static struct draft draft;
	static struct allow like, allow;
	static struct rules held;
	char defaults[RULES_DEFAULTS_TEXT], value[RULES_VALUE_SIZE], root[1024];
	struct quote quote = { .buf = root, .cap = sizeof(root) };
	bool has_root = args->root != NULL && quote_possible(args->root);
	uint32_t seconds = 0;
	struct err err = { 0 };

	rules_defaults(defaults, &held);
	if (rules_merge(&held, asked, &err) < 0 ||
	    rules_value(&held, value, sizeof(value), &err) < 0)
		return;
	allow_init(&like, PRINCIPAL_UID, 1000);
	draft_begin(&draft, &like, "alice");
	if (draft_set(&draft, "entitlements", value, &err) < 0)
		return;
	has_root = has_root && quote_append(&quote, args->root) == 0 &&
		   draft_set(&draft, "root", root, &err) == 0;
	if (args->timeout != NULL && duration_parse(args->timeout, &seconds) == 0)
		must(draft_set(&draft, "timeout", args->timeout, &err) == 0, "there is room");
	if (period->asked && period->end != 0)
		must(draft_set(&draft, "until", period->text, &err) == 0, "there is room");
	if (draft_parse(&draft, &like, &allow, &err) < 0) {
		/* A root that is none is refused before it comes to this. */
		must(has_root, "what is written can be read");
		return;
	}
	must(same_rules(&allow, &held), "the words are those that were meant");
	must((allow.root != NULL) == has_root && (!has_root || strcmp(allow.root, args->root) == 0),
	    "so is the root");
	must(allow.timeout == seconds && allow.until == (period->asked ? period->end : 0),
	    "so are the times");
	must(allow.uid == 1000 && strcmp(allow.name, "alice") == 0 && allow.revoked == 0 &&
		 allow.nexcept == 0 && allow.subuid.count == 0 && allow.engine == ENGINE_SHARED,
	    "and nothing else is said");
}

static void
check_grant(struct args *args)
{
	static struct rules asked;
	struct period period;
	struct err err = { 0 };

	if (rules_parse(args->words, args->nwords, &asked, &err) < 0 ||
	    rules_available(&asked, &err) < 0 || period_parse(args, NOW, &period, &err) < 0) {
		check_error(&err);
		return;
	}
	must(!period.asked || period.end == 0 || period.end > NOW, "a grant ends later than now");
	check_file(args, &asked, &period);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct args args;
	static char program[] = "berth-admin";
	struct input input = { data, size };
	struct err err = { 0 };

	argv[0] = given[0] = program;
	for (argc = 1; argc < WORDS_MAX; argc++) {
		argv[argc] = take_text(&input, '\0');
		if (argv[argc] == NULL)
			break;
		given[argc] = strdup(argv[argc]);
		must(given[argc] != NULL, "there is memory");
	}
	argv[argc] = NULL;
	if (args_parse(argc, argv, &args, &err) < 0) {
		check_error(&err);
	} else {
		check_args(&args);
		if ((args.verb & (VERB_START | VERB_GRANT)) != 0)
			check_grant(&args);
	}
	for (int i = 1; i < argc; i++) {
		free(argv[i]);
		free(given[i]);
	}
	return (0);
}
