/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: the command line of `berth run` (attacks.md A03). An input is the words after
 * "run", each ended by a NUL byte; what stands behind the last one is a word as well.
 * Directories are opened as the caller; words that would read a file by an absolute path (a
 * terminal, a FIFO) are left out.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a word behind IMAGE does not arrive as it is, when a job is made of flags that
 *       say nothing of the kind, or when an error has no text or one that is not printable.
 */
#define FUZZ_NAME "fuzz_client_argv"
#include "tests/fuzz/fuzz.h"

#include "client/berth/options.h"
#include "client/berth/terminal.h"

#define WORDS_MAX 4096

/* --- what is in main.c, without exit(3) -------------------------------------------------------- */

const struct flag global_flags[] = {
	{ FLAG_STRING, 0, "host", offsetof(struct cli, host), NULL, "ADDR", "" },
	{ FLAG_SWITCH, 'q', "quiet", offsetof(struct cli, quiet), NULL, NULL, "" },
	{ FLAG_SWITCH, 0, "help", offsetof(struct cli, help), NULL, NULL, "" },
	{ .kind = FLAG_INVALID },
};

const struct command commands[] = {
	{ .name = "run", .usage = "run [flags] IMAGE [--] [COMMAND...]" },
	{ .name = NULL },
};

const char *const cli_levels[] = { "error", "warning", "info", "debug", NULL };

const struct command *
command_find(const char *name)
{
	return (strcmp(name, "run") == 0 ? &commands[0] : NULL);
}

int
cli_flags(struct cli *cli, struct flag_parse *parse, struct err *err)
{
	parse->global = (struct flag_set){ .flags = global_flags, .out = cli };
	return (flags_parse(parse, err));
}

/* ------------------------------------------------------------------------------------------------ */

static void
check_text(const char *text)
{
	for (; *text != '\0'; text++)
		must(*text >= 0x20 && *text <= 0x7e, "an error is printable");
}

/* The last words of the job are the last words of the command line, whatever they are. */
static void
check_job(const struct run_options *options, char *const *words, size_t nwords)
{
	const struct job_words *args = &options->job.run.args;
	bool entry = options->entrypoint != NULL && options->entrypoint[0] != '\0';

	must(args->n >= 1, "a job has a command");
	if (!entry && args->n == 1 && strcmp(args->v[0], "/bin/sh") == 0)
		return;
	must(args->n <= nwords, "no word comes from nowhere");
	for (size_t i = 1; i <= args->n - entry; i++)
		must(strcmp(args->v[args->n - i], words[nwords - i]) == 0, "a word is as it was");
}

static void
check_error(const struct err *err)
{
	must(err->code != ERR_INVALID && err->what[0] != '\0', "an error says what");
	must(err->code != ERR_BUG, "no word is a bug of ours");
	check_text(err->what);
	check_text(err->why);
	check_text(err->todo);
}

/* A job with a terminal has one TERM, and keys that are as long as they may be. */
static void
check_terminal(struct run_options *options)
{
	struct job *job = &options->job;
	struct terminal terminal;
	struct err err = { .code = ERR_INVALID };
	size_t terms = 0;

	if (!job->run.tty)
		return;
	for (size_t i = 0; i < job->run.env.n; i++)
		terms += strncmp(job->run.env.v[i], "TERM=", 5) == 0;
	must(terms == 1, "a terminal has one name");
	if (terminal_open(&terminal, options->detach_keys, false, &job->run, &err) != 0)
		check_error(&err);
	else
		must(terminal.nkeys <= TERMINAL_KEYS_MAX, "keys have a bound");
	terminal_close(&terminal);
}

static void
parse(const char *text, size_t size)
{
	static char *argv[WORDS_MAX + 1], *made[WORDS_MAX], *words[WORDS_MAX];
	struct run_options options = { .explaining = false };
	struct cli cli = { .uid = 1000, .command = &commands[0] };
	struct err err = { .code = ERR_INVALID };
	char *copy = malloc(size + 1), *at;
	size_t n = 0;

	must(copy != NULL, "there is memory");
	memcpy(copy, text, size);
	copy[size] = '\0';
	for (at = copy; at < copy + size && n < WORDS_MAX; at += strlen(at) + 1) {
		/* Words of their own, so that one byte too far is found. */
		argv[n] = strdup(at);
		words[n] = strdup(at);
		must(argv[n] != NULL && words[n] != NULL, "there is memory");
		n++;
	}
	argv[n] = NULL;
	/* flags_parse moves words about; what is freed below is what was made here. */
	memcpy(made, argv, n * sizeof(argv[0]));
	if (options_parse(&cli, (int)n, argv, &options, &err) == 0) {
		check_job(&options, words, n);
		check_terminal(&options);
	} else {
		check_error(&err);
	}
	options_free(&options);
	problems_free(&cli.problems);
	for (size_t i = 0; i < n; i++) {
		free(made[i]);
		free(words[i]);
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	if (size > 0 && memmem(text, size, "env-f", 5) != NULL && memchr(text, '/', size) != NULL)
		return (0);
	parse(text, size);
	return (0);
}
