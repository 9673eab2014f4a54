/* SPDX-License-Identifier: ISC */
/*
 * Flags in docker's syntax, from a table. Contract in flags.h.
 * TRUST: unprivileged
 * INPUT: the command line of the caller
 * MUST: as flags.h says
 */
#include "client/berth/flags.h"

#include <string.h>

#include "client/berth/near.h"

/* A row that was found, and the struct that its value goes to. */
struct hit {
	const struct flag *flag;
	char *out;
	char label[64]; /* "--name" or "-n", as the caller wrote it */
};

bool
flag_takes_value(const struct flag *flag)
{
	return (flag->kind == FLAG_STRING || flag->kind == FLAG_STORE ||
		flag->kind == FLAG_LATER_VALUE);
}

bool
flag_is_here(const struct flag *flag)
{
	return (flag->kind != FLAG_LATER && flag->kind != FLAG_LATER_VALUE);
}

const struct flag *
flags_find(const struct flag *flags, const char *name, size_t len)
{
	for (; flags != NULL && flags->kind != FLAG_INVALID; flags++) {
		bool match = name[0] == '-' ? strlen(flags->name) == len - 2 &&
						  memcmp(flags->name, name + 2, len - 2) == 0
					    : flags->letter == name[0];

		if (match)
			return (flags);
	}
	return (NULL);
}

static bool
find_in(const struct flag_set *set, const char *name, size_t len, struct hit *hit)
{
	hit->flag = flags_find(set->flags, name, len);
	hit->out = set->out;
	return (hit->flag != NULL);
}

static int
unknown(struct flag_parse *parse, const char *label, struct err *err)
{
	const struct flag_set *sets[] = { &parse->own, &parse->global };
	struct near near = { .word = label + 2 };

	strncat(parse->unknown, label, sizeof(parse->unknown) - 1);
	err_set(err, ERR_USAGE, "unknown flag: %s", label);
	for (size_t i = 0; label[1] == '-' && i < 2; i++) {
		for (const struct flag *flag = sets[i]->flags;
		     flag != NULL && flag->kind != FLAG_INVALID; flag++) {
			if (flag_is_here(flag))
				near_try(&near, flag->name);
		}
	}
	return (near.best != NULL ? err_why(err, "the nearest one is --%s", near.best) : -1);
}

bool
flag_on(const char *value, bool *on)
{
	*on = value == NULL || strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
	return (*on || strcmp(value, "false") == 0 || strcmp(value, "0") == 0);
}

static int
store_switch(const struct hit *hit, const char *value, struct err *err)
{
	bool on;

	if (!flag_on(value, &on)) {
		err_set(err, ERR_USAGE, "%s=%s: not a switch's value", hit->label, value);
		return (err_why(err, "a switch is true or false"));
	}
	if (hit->flag->kind == FLAG_SWITCH)
		*(bool *)(void *)(hit->out + hit->flag->offset) = on;
	else if (hit->flag->kind == FLAG_CHOICE)
		*(enum flag_choice *)(void *)(hit->out + hit->flag->offset) =
		    on ? FLAG_YES : FLAG_NO;
	else if (!on) {
		err_set(
		    err, ERR_USAGE, "%s=%s is not available in this version", hit->label, value);
		return (err_why(err, "%s", hit->flag->help));
	}
	return (0);
}

static int
store(const struct hit *hit, char *value, struct err *err)
{
	switch (hit->flag->kind) {
	case FLAG_SWITCH:
	case FLAG_CHOICE:
	case FLAG_ALWAYS:
		return (store_switch(hit, value, err));
	case FLAG_STRING:
		*(const char **)(void *)(hit->out + hit->flag->offset) = value;
		return (0);
	case FLAG_STORE:
		return (hit->flag->store(hit->out + hit->flag->offset, value, err));
	case FLAG_LATER:
	case FLAG_LATER_VALUE:
		return (err_set(err, ERR_USAGE, "%s%s%s%s is not available in this version",
		    hit->label, hit->label[1] != '-' ? " (--" : "",
		    hit->label[1] != '-' ? hit->flag->name : "", hit->label[1] != '-' ? ")" : ""));
	case FLAG_INVALID:
		break;
	}
	return (err_set(err, ERR_BUG, "%s: no kind of flag", hit->label));
}

/* Stores what stands behind the flag, or in the next word. Moves *at on when that is used. */
static int
take(struct flag_parse *parse, int *at, struct hit *hit, char *value, struct err *err)
{
	bool later = hit->flag->kind == FLAG_LATER_VALUE;

	if (value == NULL && flag_takes_value(hit->flag) && !later) {
		if (*at + 1 >= parse->argc)
			return (err_set(
			    err, ERR_USAGE, "%s needs a value: %s", hit->label, hit->flag->value));
		value = parse->argv[++*at];
	}
	return (store(hit, value, err));
}

static int
parse_long(struct flag_parse *parse, int *at, struct err *err)
{
	char *word = parse->argv[*at], *value = strchr(word, '=');
	size_t len = value == NULL ? strlen(word) : (size_t)(value - word);
	struct hit hit = { .flag = NULL };

	strncat(hit.label, word, len < sizeof(hit.label) - 1 ? len : sizeof(hit.label) - 1);
	if (!find_in(&parse->own, word, len, &hit) && !find_in(&parse->global, word, len, &hit))
		return (unknown(parse, hit.label, err));
	return (take(parse, at, &hit, value == NULL ? NULL : value + 1, err));
}

/* -e V, -eV, -e=V, -i, -iq, -ieV: the first letter that takes a value takes the rest. */
static int
parse_letters(struct flag_parse *parse, int *at, struct err *err)
{
	for (char *letter = parse->argv[*at] + 1; *letter != '\0'; letter++) {
		struct hit hit = { .label = { '-', *letter, '\0' } };
		char *rest = letter[1] != '\0' ? letter + 1 : NULL;

		if (*letter == '-' || (!find_in(&parse->own, letter, 1, &hit) &&
					  !find_in(&parse->global, letter, 1, &hit)))
			return (unknown(parse, hit.label, err));
		bool last = flag_takes_value(hit.flag) || (rest != NULL && *rest == '=');

		if (last && rest != NULL && *rest == '=')
			rest++;
		if (take(parse, at, &hit, last ? rest : NULL, err) != 0)
			return (-1);
		if (last)
			break;
	}
	return (0);
}

int
flags_parse(struct flag_parse *parse, struct err *err)
{
	int kept = 0, at = 0;

	for (; at < parse->argc; at++) {
		char *word = parse->argv[at];

		if (strcmp(word, "--") == 0) {
			at++;
			break;
		}
		if (word[0] == '-' && word[1] != '\0') {
			int rc = word[1] == '-' ? parse_long(parse, &at, err)
						: parse_letters(parse, &at, err);

			if (rc != 0)
				return (-1);
			continue;
		}
		if (parse->stop_early)
			break;
		parse->argv[kept++] = word;
	}
	while (at < parse->argc)
		parse->argv[kept++] = parse->argv[at++];
	parse->argc = kept;
	return (0);
}
