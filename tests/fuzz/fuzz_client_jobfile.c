/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: a job file (attacks.md A25) and what its user gives it. An input is one file; what stands
 * behind a line "%%", if there is one, are words of --param, one a line.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a file without a problem is no job file by code of its own: an image that is
 *       absolute or leads upwards, a path that is not canonical, a line that common/inistrict.c does not
 *       take; when what was read, written out and read again, is another; when a problem has no text, no
 *       line of the file, or a byte that is not printable.
 */
#define FUZZ_NAME "fuzz_client_jobfile"
#include "tests/fuzz/fuzz.h"

#include "common/inistrict.h"
#include "common/path.h"

#include "client/berth/jobfile.h"
#include "client/berth/jobparams.h"

static void
check_problems(const struct problems *problems, size_t nlines)
{
	must(problems->n <= PROBLEMS_MAX, "problems have a bound");
	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *problem = &problems->v[i];

		must(problem->what[0] != '\0' && problem->where[0] != '\0', "a problem has words");
		must(problem->line <= nlines, "its line is one of the file");
		must(is_printable(problem->what) && is_printable(problem->where) &&
			 is_printable(problem->todo),
		    "it can be printed");
	}
}

static const char *
any(void *field, char *value)
{
	(void)field;
	return (value[0] == '\0' ? "empty" : NULL);
}

/* Is "key = value" a line of the strict dialect? */
static void
check_line(const char *line, size_t len)
{
	char name[INI_LINE_MAX + 1], text[INI_LINE_MAX + 8];
	size_t keylen = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789-");
	struct ini_key key = { "s", name, any, 0 };
	unsigned int number, out = 0;
	struct ini_format format = { &key, 1, &out, &number };
	struct err err;

	/* Sections have names here, variables capitals: these two are not of that dialect. */
	if (line[0] == '[' || (line[keylen] != ' ' && line[keylen] != '=' && line[0] != ';'))
		return;
	memcpy(name, line, keylen);
	name[keylen] = '\0';
	must(len <= INI_LINE_MAX, "no line is too long");
	len = (size_t)snprintf(text, sizeof(text), "[s]\n%.*s\n", (int)len, line);
	must(ini_strict("x", text, len, &format, &err) == 0, "a line is of the strict dialect");
}

static void
check_lines(const char *text)
{
	for (size_t len; *text != '\0'; text += len + 1) {
		len = strcspn(text, "\n");
		must(text[len] == '\n', "the last line is whole");
		if (len > 0)
			check_line(text, len);
	}
}

static void
check_image(const char *image)
{
	must(image != NULL, "a job has an image");
	if (strcmp(image, "host") == 0)
		return;
	must(image[0] != '/', "an image is no path of the host");
	must(strstr(image, "/../") == NULL && strncmp(image, "../", 3) != 0 &&
		 (strlen(image) < 3 || strcmp(image + strlen(image) - 3, "/..") != 0),
	    "an image is below the file");
}

static void
check_item(const struct jobfile_item *item)
{
	char buf[128];

	must(item->name[0] != '\0' && strlen(item->name) <= 64, "an item has a name");
	must(item->uid.given == item->gid.given, "an owner is whole");
	must(item->uid.value <= 2147483646 && item->gid.value <= 2147483646, "ids are ids");
	must((item->mode.value & ~0444U) == 0, "a secret is read alone");
	if (item->kind == JOBFILE_PORT) {
		must(item->container.value > 0 && item->container.value < 65536, "a port is one");
		return;
	}
	must(path_is_canonical(jobfile_target(item, buf, sizeof(buf))), "a path is canonical");
	must(strcmp(jobfile_target(item, buf, sizeof(buf)), "/") != 0, "and never /");
}

/* A word as a shell takes it. */
static void
put_word(FILE *out, const char *word)
{
	fputc('\'', out);
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			fputs("'\"'\"'", out);
		else
			fputc(*word, out);
	}
	fputs("' ", out);
}

static void
put(FILE *out, const char *key, const char *value)
{
	if (value != NULL)
		fprintf(out, "%s = %s\n", key, value);
}

static void
put_number(FILE *out, const char *key, const struct jobfile_number *number, bool octal)
{
	if (number->given)
		fprintf(out, octal ? "%s = 0%o\n" : "%s = %u\n", key, number->value);
}

static void
put_item(FILE *out, const struct jobfile_item *item)
{
	bool mount = item->kind == JOBFILE_MOUNT, directory = item->kind == JOBFILE_DIRECTORY;

	fprintf(out, "[%s %s]\n", jobfile_kind_name(item->kind), item->name);
	put(out, "path", item->path);
	put_number(out, "uid", &item->uid, false);
	put_number(out, "gid", &item->gid, false);
	put_number(out, "mode", &item->mode, true);
	put_number(out, "container", &item->container, false);
	put(out, "description", item->description);
	put(out, "type", mount ? (item->volume ? "volume" : "tmpfs") : NULL);
	put(out, "size", item->size);
	put(out, "mode", item->permissions);
	put(out, "volume", item->store);
	put(out, "writable", mount || directory ? (item->writable ? "yes" : "no") : NULL);
	put(out, "required",
	    directory || item->kind == JOBFILE_SECRET ? (item->optional ? "no" : "yes") : NULL);
}

static char *
print(const struct jobfile *jf, size_t *len)
{
	static const char *const networks[] = { NULL, "none", "user", "host" };
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	must(out != NULL, "there is memory");
	fputs("[job]\n", out);
	put(out, "name", jf->name);
	put(out, "image", jf->image);
	put(out, "user", jf->user);
	put(out, "workdir", jf->workdir);
	put(out, "isolation", jf->isolation);
	put(out, "restart", jf->restart);
	put(out, "network", networks[jf->network]);
	if (jf->timeout > 0)
		fprintf(out, "timeout = %u\n", jf->timeout);
	if (jf->command.n > 0)
		fputs("command = ", out);
	for (size_t i = 0; i < jf->command.n; i++)
		put_word(out, jf->command.v[i]);
	fputs("\n[env]\n", out);
	for (size_t i = 0; i < jf->env.n; i++) {
		fprintf(out, "%s\n", jf->env.v[i]);
	}
	for (size_t i = 0; i < jf->nitems; i++)
		put_item(out, &jf->items[i]);
	must(fclose(out) == 0, "there is memory");
	return (text);
}

/* Quotes can make a line too long, and a blank before ';' within them a comment. */
static bool
can_be_printed(const struct jobfile *jf)
{
	size_t quotes = 0;

	for (size_t i = 0; i < jf->command.n; i++) {
		for (const char *at = jf->command.v[i]; *at != '\0'; at++)
			quotes += 8;
		if (strpbrk(jf->command.v[i], ";#") != NULL)
			return (false);
	}
	return (quotes < 3000);
}

static void
check_again(const struct jobfile *jf)
{
	struct problems problems = { .n = 0 };
	struct jobfile *again = calloc(1, sizeof(*again));
	char *text, *second;
	size_t len, second_len;

	must(again != NULL, "there is memory");
	text = print(jf, &len);
	jobfile_parse(again, "again", text, len, &problems);
	must(problems_count(&problems) == 0, "what was written can be read");
	second = print(again, &second_len);
	must(len == second_len && memcmp(text, second, len) == 0, "what is read again is the same");
	free(text);
	free(second);
	jobfile_free(again);
	free(again);
}

/* Does one of the words give this to that name? */
static bool
says(const struct job_words *words, const char *name, const char *value)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < words->n; i++) {
		if (strncmp(words->v[i], name, len) == 0 && words->v[i][len] == '=' &&
		    strcmp(words->v[i] + len + 1, value) == 0)
			return (true);
	}
	return (false);
}

static void
check_given(struct jobfile *jf, char *text)
{
	struct job_words words = { .n = 0 }, none = { .n = 0 };
	struct problems problems = { .n = 0 };
	struct err err = { .code = ERR_INVALID };
	char *word;

	while ((word = strsep(&text, "\n")) != NULL && words.n < 200)
		must(job_add_word(&words, word, &err) == 0, "there is memory");
	must(jobparams_give(jf, &none, &words, &problems, &err) == 0, "words are no files");
	for (size_t i = 0; i < jf->nitems; i++) {
		const struct jobfile_item *item = &jf->items[i];
		bool parameter = item->kind == JOBFILE_DIRECTORY || item->kind == JOBFILE_SECRET ||
				 (item->kind == JOBFILE_MOUNT && item->volume);

		must(item->value == NULL || (parameter && says(&words, item->name, item->value)),
		    "what is given was said");
		must(problems_count(&problems) > 0 || item->uid.given == item->gid.given,
		    "an owner is whole");
		if (problems_count(&problems) == 0)
			must(item->uid.value <= 2147483646 && item->gid.value <= 2147483646,
			    "ids are ids");
	}
	jobparams_missing(jf, &problems);
	check_problems(&problems, SIZE_MAX);
	problems_free(&problems);
	job_words_free(&words);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly as large as the file, so that one byte too far is found. */
	char *copy = malloc(size > 0 ? size : 1), *text = malloc(size + 1);
	struct jobfile *jf = calloc(1, sizeof(*jf));
	struct problems problems = { .n = 0 };
	const char *mark = memmem(data, size, "\n%%\n", 4);
	size_t nlines = 1, whole = size;

	/* The newline before the mark is the file's. */
	size = mark != NULL ? (size_t)(mark - (const char *)data) + 1 : size;
	must(copy != NULL && text != NULL && jf != NULL, "there is memory");
	memcpy(copy, data, size);
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < size; i++)
		nlines += data[i] == '\n';
	jobfile_parse(jf, "x.job", copy, size, &problems);
	must(memcmp(copy, data, size) == 0, "the bytes are the caller's");
	if (problems_count(&problems) > 0) {
		check_problems(&problems, nlines);
	} else {
		must(strlen(text) == size, "there is no NUL");
		check_lines(text);
		check_image(jf->image);
		for (size_t i = 0; i < jf->nitems; i++)
			check_item(&jf->items[i]);
		if (can_be_printed(jf))
			check_again(jf);
		if (mark != NULL) {
			char *words = strndup(mark + 4, whole - size - 3);

			must(words != NULL, "there is memory");
			check_given(jf, words);
			free(words);
		}
	}
	jobfile_free(jf);
	problems_free(&problems);
	free(jf);
	free(copy);
	free(text);
	return (0);
}
