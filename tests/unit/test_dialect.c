/* SPDX-License-Identifier: ISC */
/*
 * Policy files that a generator makes, judged twice: by the parser, and by the independent reader
 * of tests/data/dialect.py (attacks.md A19). Both must agree on every file: taken or not, at
 * which line, and with which meaning.
 * TRUST: unprivileged
 * INPUT: what tests/data/dialect.py writes; BERTH_SEED and BERTH_FILES (default: 20000 files)
 * MUST: show that the dialect is what its description says
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/inistrict.h"
#include "common/policy.h"

#define SEED "20270101"
#define FILES "20000"
#define ACCEPTED UINT32_MAX

/* What one of the two thinks of a file. */
struct opinion {
	uint32_t line; /* of the first error; 0: the file as a whole; or ACCEPTED */
	uint32_t len;
	char meaning[INI_FILE_MAX];
};

struct record {
	char kind; /* u, g, h */
	uint32_t id;
	uint32_t len;
	char text[INI_FILE_MAX + 16];
};

static struct record record;
static struct opinion ours, theirs;
static struct allow allow;
static struct err err;

static void __attribute__((format(printf, 1, 2))) mean(const char *fmt, ...)
{
	va_list args;
	int put;

	va_start(args, fmt);
	put = vsnprintf(ours.meaning + ours.len, sizeof(ours.meaning) - ours.len, fmt, args);
	va_end(args);
	assert_true(put >= 0 && (size_t)put < sizeof(ours.meaning) - ours.len);
	ours.len += (uint32_t)put;
}

static void
mean_allow(void)
{
	mean("name=%s\nroot=%s\nauto=%d\n", allow.name, allow.root != NULL ? allow.root : "",
	    allow.subids_auto);
	mean("subuid=%u:%u\n", allow.subuid.start, allow.subuid.count);
	mean("subgid=%u:%u\n", allow.subgid.start, allow.subgid.count);
	mean("owner=%u\nwatch=%u\n", allow.owner_id, allow.watch_id);
	mean("engine=%d\nuntil=%lld\n", (int)allow.engine, (long long)allow.until);
	mean("revoked=%lld\n", (long long)allow.revoked);
	mean("timeout=%u\n", allow.timeout);
	for (size_t i = 0; i < allow.nexcept; i++)
		mean("except=%u\n", allow.except[i]);
	for (size_t i = 0; i < allow.nrules; i++) {
		const struct rule *rule = &allow.rules[i];

		mean("rule=%u %d %s %s\n", rule->line, rule->ent.readonly,
		    entitlement_info(rule->ent.id)->name,
		    rule->ent.value != NULL ? rule->ent.value : "");
	}
}

/* The line that err names behind the file's name. */
static uint32_t
line_of(const char *file)
{
	unsigned int line = 0;

	assert_int_equal(err.code, ERR_CONFIG);
	assert_memory_equal(err.what, file, strlen(file));
	assert_int_equal(err.what[strlen(file)], ':');
	sscanf(err.what + strlen(file), ":%u:", &line);
	return (line);
}

static void
judge(void)
{
	struct hostconf host;
	bool is_uid = record.kind == 'u';

	ours.len = 0;
	ours.line = ACCEPTED;
	if (record.kind == 'h') {
		if (hostconf_parse("berth.conf", record.text, record.len, &host, &err) < 0)
			ours.line = line_of("berth.conf");
		else
			mean("pool=%u:%u\nfirst=%u\n", host.pool.start, host.pool.count,
			    host.first_uid);
		return;
	}
	allow_init(&allow, is_uid ? PRINCIPAL_UID : PRINCIPAL_GID, record.id);
	if (allow_parse(&allow, record.text, record.len, &err) < 0)
		ours.line = line_of(allow.file);
	else
		mean_allow();
}

static void
take(FILE *from, void *to, size_t len)
{
	if (len > 0)
		assert_int_equal(fread(to, len, 1, from), 1);
}

/* False at the end. */
static bool
next(FILE *from)
{
	int kind = fgetc(from);

	if (kind == EOF)
		return (false);
	record.kind = (char)kind;
	take(from, &record.id, sizeof(record.id));
	take(from, &record.len, sizeof(record.len));
	assert_in_range(record.len, 0, sizeof(record.text));
	take(from, record.text, record.len);
	take(from, &theirs.line, sizeof(theirs.line));
	take(from, &theirs.len, sizeof(theirs.len));
	assert_in_range(theirs.len, 0, sizeof(theirs.meaning) - 1);
	take(from, theirs.meaning, theirs.len);
	theirs.meaning[theirs.len] = '\0';
	return (true);
}

static void
show(const char *title, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	printf("# %s\n# ", title);
	for (size_t i = 0; i < len; i++) {
		if (at[i] == '\n' && i + 1 < len)
			printf("\n# ");
		else if (at[i] >= 0x20 && at[i] <= 0x7e)
			putchar(at[i]);
		else
			printf("\\x%02x", at[i]);
	}
	putchar('\n');
}

static void
both_agree_on_every_file(void **state)
{
	const char *seed = getenv("BERTH_SEED"), *files = getenv("BERTH_FILES");
	unsigned int count = 0, taken = 0, whole = 0, wanted;
	char command[128];
	FILE *from;

	(void)state;
	seed = seed != NULL ? seed : SEED;
	files = files != NULL ? files : FILES;
	snprintf(command, sizeof(command), "python3 tests/data/dialect.py %s %s", seed, files);
	from = popen(command, "re");
	assert_non_null(from);
	while (next(from)) {
		static char text[sizeof(record.text)];

		memcpy(text, record.text, record.len);
		judge();
		if (ours.line != theirs.line || ours.len != theirs.len ||
		    memcmp(ours.meaning, theirs.meaning, ours.len) != 0) {
			show("the file", text, record.len);
			show("the parser's opinion", ours.meaning, ours.len);
			show("the other one", theirs.meaning, theirs.len);
			fail_msg("seed %s, file %u (%c): line %d and %d", seed, count, record.kind,
			    (int)ours.line, (int)theirs.line);
		}
		count++;
		taken += ours.line == ACCEPTED;
		whole += ours.line == 0;
	}
	assert_int_equal(pclose(from), 0);
	printf("# seed %s: %u files, %u taken, %u refused as a whole\n", seed, count, taken, whole);
	wanted = (unsigned int)strtoul(files, NULL, 10);
	assert_int_equal(count, wanted);
	/* If nearly all were of one kind, agreeing would be easy. */
	assert_in_range(taken, count / 5, count - count / 5);
	assert_true(whole > count / 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_agree_on_every_file),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
