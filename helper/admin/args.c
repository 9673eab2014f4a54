/* SPDX-License-Identifier: ISC */
/*
 * The command line of berth-admin. Contract in args.h.
 * TRUST: privileged
 * INPUT: argv of an administrator, or of any user who calls check or grants
 * MUST: as args.h says
 */
#include "helper/admin/args.h"

#include <string.h>

enum flag_id {
	FLAG_INVALID = 0,
	FLAG_ROOT,
	FLAG_USER,
	FLAG_ENTITLEMENTS,
	FLAG_TIMEOUT,
	FLAG_ENGINE,
	FLAG_FOR,
	FLAG_UNTIL,
	FLAG_FORMAT,
	FLAG_QUIET,
	FLAG_LATER
};

struct flag {
	const char *name;
	enum flag_id id;
	unsigned int verbs; /* enum args_verb, or-ed */
};

#define GRANTING (VERB_START | VERB_GRANT)
#define ALL (GRANTING | VERB_REVOKE | VERB_GRANTS | VERB_CHECK)

static const struct flag flags[] = {
	{ "--root", FLAG_ROOT, GRANTING },
	{ "--timeout", FLAG_TIMEOUT, GRANTING },
	{ "--engine", FLAG_ENGINE, VERB_GRANT },
	{ "--for", FLAG_FOR, GRANTING },
	{ "--until", FLAG_UNTIL, GRANTING },
	{ "--allow-user", FLAG_USER, VERB_START },
	{ "--entitlements", FLAG_ENTITLEMENTS, VERB_START },
	{ "--format", FLAG_FORMAT, ALL },
	{ "-q", FLAG_QUIET, ALL },
	{ "--quiet", FLAG_QUIET, ALL },
	{ "--preset", FLAG_LATER, GRANTING },
	{ "--memory", FLAG_LATER, GRANTING },
	{ "--cpus", FLAG_LATER, GRANTING },
	{ "--pids", FLAG_LATER, GRANTING },
	{ "--jobs", FLAG_LATER, GRANTING },
};

static int
usage(struct err *err, const char *todo)
{
	err->code = ERR_USAGE;
	return (err_todo(err, "%s", todo));
}

static int
parse_verb(int *at, int argc, char **argv, struct args *args, struct err *err)
{
	static const struct {
		const char *name;
		enum args_verb verb;
	} verbs[] = {
		{ "grant", VERB_GRANT },
		{ "revoke", VERB_REVOKE },
		{ "grants", VERB_GRANTS },
		{ "check", VERB_CHECK },
	};

	if (*at + 1 < argc && strcmp(argv[*at], "daemon") == 0 &&
	    strcmp(argv[*at + 1], "start") == 0) {
		args->verb = VERB_START;
		*at += 2;
		return (0);
	}
	for (size_t i = 0; *at < argc && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[*at], verbs[i].name) == 0) {
			args->verb = verbs[i].verb;
			*at += 1;
			return (0);
		}
	}
	err_set(err, ERR_USAGE, "unknown command: %s", *at < argc ? argv[*at] : "(none)");
	err_why(err, "berth-admin knows: daemon start, grant, revoke, grants, check");
	return (usage(err, "sudo berth grant USER security.confined"));
}

static int
add_word(struct args *args, char *word, struct err *err)
{
	if (args->nwords == ALLOW_RULES_MAX)
		return (err_set(err, ERR_USAGE, "more than %d entitlements", ALLOW_RULES_MAX));
	args->words[args->nwords++] = word;
	return (0);
}

/* A list is cut at blanks and commas; a path that has one is given to grant as a word. */
static int
split_list(struct args *args, struct err *err)
{
	char *save = NULL, *word;

	for (word = strtok_r(args->list, " ,\t\n", &save); word != NULL;
	     word = strtok_r(NULL, " ,\t\n", &save)) {
		if (add_word(args, word, err) < 0)
			return (-1);
	}
	if (args->nwords > 0)
		return (0);
	err_set(err, ERR_USAGE, "--entitlements is empty");
	return (usage(err, "for example:  --entitlements=security.confined"));
}

static int
set_once(const char **where, const char *value, const char *name, struct err *err)
{
	if (*where != NULL)
		return (err_set(err, ERR_USAGE, "%s is given twice", name));
	*where = value;
	return (0);
}

static int
set_root(struct args *args, char *value, struct err *err)
{
	size_t len = strlen(value);

	/* What a shell's completion adds. */
	while (len > 1 && value[len - 1] == '/')
		value[--len] = '\0';
	if (args->root != NULL)
		return (err_set(err, ERR_USAGE, "--root is given twice"));
	args->root = value;
	return (0);
}

static int
apply_flag(const struct flag *flag, char *value, struct args *args, struct err *err)
{
	switch (flag->id) {
	case FLAG_ROOT:
		return (set_root(args, value, err));
	case FLAG_TIMEOUT:
		return (set_once(&args->timeout, value, flag->name, err));
	case FLAG_FOR:
		return (set_once(&args->lasting, value, flag->name, err));
	case FLAG_UNTIL:
		return (set_once(&args->until, value, flag->name, err));
	case FLAG_ENGINE:
		return (set_once(&args->engine, value, flag->name, err));
	case FLAG_USER:
		return (set_once(&args->principal, value, flag->name, err));
	case FLAG_ENTITLEMENTS:
		if (args->list != NULL)
			return (err_set(err, ERR_USAGE, "%s is given twice", flag->name));
		args->list = value;
		return (split_list(args, err));
	case FLAG_FORMAT:
		args->json = strcmp(value, "json") == 0;
		if (args->json || strcmp(value, "text") == 0)
			return (0);
		err_set(err, ERR_USAGE, "unknown format: %s", value);
		return (usage(err, "the formats are --format=text and --format=json"));
	case FLAG_LATER:
		err_set(err, ERR_USAGE, "%s is not available in this version", flag->name);
		err_why(err, "berth " BERTH_VERSION " knows the flag, but not the operation yet");
		return (usage(err, "leave the flag out"));
	case FLAG_QUIET:
		args->quiet = true;
		return (0);
	case FLAG_INVALID:
		break;
	}
	return (err_set(err, ERR_BUG, "flag %s has no meaning", flag->name));
}

/* argv[*at] begins with a dash. */
static int
parse_flag(int *at, int argc, char **argv, struct args *args, struct err *err)
{
	char *arg = argv[*at], *value = strchr(arg, '=');
	size_t len = value != NULL ? (size_t)(value - arg) : strlen(arg);

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		const struct flag *flag = &flags[i];

		if (strlen(flag->name) != len || strncmp(flag->name, arg, len) != 0 ||
		    (flag->verbs & args->verb) == 0)
			continue;
		if (flag->id == FLAG_QUIET && value == NULL)
			return (apply_flag(flag, arg, args, err));
		if (value == NULL && *at + 1 < argc)
			value = argv[++*at];
		else if (value != NULL)
			value++;
		if ((value == NULL || *value == '\0') && flag->id != FLAG_LATER)
			return (err_set(err, ERR_USAGE, "%s needs a value", flag->name));
		return (apply_flag(flag, value, args, err));
	}
	err_set(err, ERR_USAGE, "unknown flag: %s", arg);
	err_why(err, "this command has no such flag");
	return (usage(err, "the manual lists them:  man berth-admin"));
}

static int
add_operand(struct args *args, char *arg, struct err *err)
{
	if (args->verb == VERB_CHECK && args->file == NULL) {
		args->file = arg;
		return (0);
	}
	if (args->principal == NULL && (args->verb & (VERB_GRANT | VERB_REVOKE | VERB_GRANTS))) {
		args->principal = arg;
		return (0);
	}
	if (args->verb & (VERB_GRANT | VERB_REVOKE))
		return (add_word(args, arg, err));
	return (err_set(err, ERR_USAGE, "one argument too many: %s", arg));
}

static int
check_complete(const struct args *args, struct err *err)
{
	if (args->principal == NULL && (args->verb & (GRANTING | VERB_REVOKE))) {
		err_set(err, ERR_USAGE, "it is not said whose grant");
		if (args->verb == VERB_START)
			return (usage(err, "for example:  sudo berth daemon start "
					   "--allow-user=alice --root=/home/alice/state "
					   "--entitlements=security.confined"));
		return (usage(err, "for example:  sudo berth grant alice security.confined"));
	}
	if (args->verb == VERB_START && (args->list == NULL || args->root == NULL)) {
		err_set(err, ERR_USAGE, "%s is missing", args->root ? "--entitlements" : "--root");
		return (usage(err, "for example:  sudo berth daemon start --allow-user=alice "
				   "--root=/home/alice/state --entitlements=security.confined"));
	}
	return (0);
}

int
args_parse(int argc, char **argv, struct args *args, struct err *err)
{
	bool flags_end = false;
	int at = 1;

	memset(args, 0, sizeof(*args));
	if (parse_verb(&at, argc, argv, args, err) < 0)
		return (-1);
	for (; at < argc; at++) {
		int rc;

		if (!flags_end && strcmp(argv[at], "--") == 0) {
			flags_end = true;
			continue;
		}
		if (!flags_end && argv[at][0] == '-')
			rc = parse_flag(&at, argc, argv, args, err);
		else
			rc = add_operand(args, argv[at], err);
		if (rc < 0)
			return (-1);
	}
	return (check_complete(args, err));
}
