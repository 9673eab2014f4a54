/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: the command line of berth-launcher (attacks.md A01, A02, A03). An input is argv, argv[0]
 * too, each word ended by a NUL byte; an empty input is an argv of none.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when the launcher goes on with anything but one of its verbs and the words that it takes, or
 *       when a byte of the command line is in what it says.
 */
/* WRAP: sanitize self_check once_check_request mount_check_request priv_abandon end_with calloc */
#define FUZZ_NAME "fuzz_launcher_argv"
#include "tests/fuzz/fuzz.h"

#include <setjmp.h>

#define main launcher_main
int launcher_main(int argc, char *argv[]);
#include "helper/launcher/main.c"
#undef main

#define WORDS_MAX 4096

static jmp_buf back;
static unsigned int closed_from;
static struct err said;

enum end {
	END_NONE = 0,
	END_REFUSED,
	END_WENT_ON
};

int __wrap_sanitize(unsigned int first, struct err *err);
int __wrap_self_check(struct err *err);
int __wrap_once_check_request(struct err *err);
int __wrap_mount_check_request(struct err *err);
void __wrap_priv_abandon(void);
_Noreturn void __wrap_end_with(const struct err *err);
void *__wrap_calloc(size_t count, size_t size);

/* What the launcher keeps until it ends, and we leave by a jump. */
void *
__wrap_calloc(size_t count, size_t size)
{
	static struct idmap_line lines[2 * IDMAP_LINES_MAX];

	must(count * size == sizeof(lines), "maps are bounded");
	memset(lines, 0, sizeof(lines));
	return (lines);
}

static bool
are_maps(char *const words[2])
{
	static struct idmap_line lines[IDMAP_LINES_MAX];
	struct idmap map;

	return (idmap_parse(words[0], lines, &map) == 0 && idmap_parse(words[1], lines, &map) == 0);
}

int
__wrap_sanitize(unsigned int first, struct err *err)
{
	(void)err;
	closed_from = first;
	return (0);
}

int
__wrap_once_check_request(struct err *err)
{
	(void)err;
	return (0);
}

int
__wrap_mount_check_request(struct err *err)
{
	(void)err;
	return (0);
}

/* Is it an id, by another way to read one? */
static bool
is_id(const char *text)
{
	size_t len = strlen(text);
	unsigned long long value = strtoull(text, NULL, 10);
	char again[32];

	snprintf(again, sizeof(again), "%llu", value);
	return (len < sizeof(again) && strcmp(again, text) == 0 && value <= 2147483646ULL);
}

/* The first thing behind the command line. */
int
__wrap_self_check(struct err *err)
{
	(void)err;
	longjmp(back, END_WENT_ON);
}

void
__wrap_priv_abandon(void)
{
}

_Noreturn void
__wrap_end_with(const struct err *err)
{
	said = *err;
	longjmp(back, END_REFUSED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *argv[WORDS_MAX + 1];
	struct input input = { data, size };
	static int argc;
	bool start, once, mount, maps;
	unsigned int first;

	for (argc = 0; argc < WORDS_MAX; argc++) {
		argv[argc] = take_text(&input, '\0');
		if (argv[argc] == NULL)
			break;
	}
	argv[argc] = NULL;
	start = argc == 2 && strcmp(argv[1], "start") == 0;
	once = (argc == 2 || argc == 4) && strcmp(argv[1], "once") == 0;
	maps = !once || argc == 2 || are_maps(argv + 2);
	mount = argc == 4 && strcmp(argv[1], "mount") == 0 && is_id(argv[2]) && is_id(argv[3]);
	/* What its verb takes, whatever words are behind it. */
	first = argc < 2			? 3
		: strcmp(argv[1], "mount") == 0 ? 6
		: strcmp(argv[1], "once") == 0	? 4
						: 3;
	said = (struct err){ 0 };
	switch (setjmp(back)) {
	case END_NONE:
		(void)launcher_main(argc, argv);
		must(false, "it returns from its phases");
		break;
	case END_WENT_ON:
		must((start || once || mount) && maps, "it goes on with one of its verbs alone");
		break;
	case END_REFUSED:
		must((!start && !once && !mount) || !maps, "it takes its verbs");
		must(said.code == ERR_USAGE, "a wrong command line is wrong usage");
		must(strcmp(said.what,
			 maps ? "usage: berth-launcher start|once [UIDMAP GIDMAP]|mount UID GID"
			      : "a map of ids is not as it must be") == 0 &&
			 is_printable(said.why) && is_printable(said.todo),
		    "what it says is always the same");
		break;
	}
	must(closed_from == first, "it keeps what the verb takes");
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return (0);
}
