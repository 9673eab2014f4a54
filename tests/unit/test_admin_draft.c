/* SPDX-License-Identifier: ISC */
/*
 * Changing an allow-list file line by line, and the sets of entitlements that go into it.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that no byte outside of the changed line moves, and that what is read again is what
 *       was meant, whatever bytes a path has
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "helper/admin/draft.h"
#include "helper/admin/quote.h"
#include "helper/admin/rules.h"

static struct draft draft;
static struct allow like, allow;
static struct rules held, asked;
static struct err err;

static const char by_hand[] = "; mine\n"
			      "\n"
			      "[grant]\n"
			      "; entitlements = not me\n"
			      "uid   =   1000\n"
			      "entitlements=network.host   security.confined\n"
			      "; the timeout is long, see ticket\n"
			      "timeout = 4h\n"
			      "\n"
			      "; end\n";

/* Parses words in place: they are kept for as long as the test runs. */
static void
words(struct rules *rules, const char *line)
{
	static char kept[64][64];
	static size_t used;
	char copy[512], *save = NULL, *list[32];
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok_r(copy, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save)) {
		list[n] = kept[used++ % 64];
		snprintf(list[n++], 64, "%s", word);
	}
	assert_int_equal(rules_parse(list, n, rules, &err), 0);
}

static void
assert_value(const struct rules *rules, const char *wanted)
{
	char value[RULES_VALUE_SIZE] = "";

	assert_int_equal(rules_value(rules, value, sizeof(value), &err), 0);
	assert_string_equal(value, wanted);
}

static void
test_replace(void **state)
{
	(void)state;
	allow_init(&like, PRINCIPAL_UID, 1000);
	assert_int_equal(draft_load(&draft, by_hand, &err), 0);
	assert_int_equal(draft_set(&draft, "entitlements", "security.confined", &err), 0);
	assert_string_equal(draft.text,
	    "; mine\n\n[grant]\n; entitlements = not me\n"
	    "uid   =   1000\nentitlements = security.confined\n"
	    "; the timeout is long, see ticket\ntimeout = 4h\n\n; end\n");
	assert_int_equal(draft.len, strlen(draft.text));
	assert_int_equal(draft_set(&draft, "root", "/srv/a", &err), 0);
	assert_non_null(strstr(draft.text, "timeout = 4h\nroot = /srv/a\n\n; end\n"));
	assert_int_equal(draft_parse(&draft, &like, &allow, &err), 0);
	assert_string_equal(allow.root, "/srv/a");
	assert_int_equal(allow.nrules, 1);
	assert_int_equal(allow.timeout, 4 * 3600);
}

static void
test_unset(void **state)
{
	(void)state;
	assert_int_equal(draft_load(&draft, by_hand, &err), 0);
	draft_unset(&draft, "until");
	assert_string_equal(draft.text, by_hand);
	draft_unset(&draft, "timeout");
	assert_string_equal(draft.text,
	    "; mine\n\n[grant]\n; entitlements = not me\nuid   =   1000\n"
	    "entitlements=network.host   security.confined\n"
	    "; the timeout is long, see ticket\n\n; end\n");
	assert_int_equal(draft.len, strlen(draft.text));
	/* Only in its section. */
	assert_int_equal(draft_load(&draft, "[x]\ntimeout = 1\n[grant]\n", &err), 0);
	draft_unset(&draft, "timeout");
	assert_string_equal(draft.text, "[x]\ntimeout = 1\n[grant]\n");
	assert_int_equal(draft_load(&draft, "", &err), 0);
	draft_unset(&draft, "timeout");
	assert_string_equal(draft.text, "");
}

static void
test_begin(void **state)
{
	(void)state;
	allow_init(&like, PRINCIPAL_GID, 2000);
	draft_begin(&draft, &like, "lab");
	assert_int_equal(draft_set(&draft, "entitlements", "security.confined", &err), 0);
	assert_int_equal(draft_parse(&draft, &like, &allow, &err), 0);
	assert_string_equal(allow.name, "lab");
	draft_begin(&draft, &like, "");
	assert_null(strstr(draft.text, "name"));
	/* Of somebody else. */
	allow_init(&like, PRINCIPAL_GID, 2001);
	assert_int_equal(draft_parse(&draft, &like, &allow, &err), -1);
}

static void
test_limits(void **state)
{
	static char big[INI_FILE_MAX + 2];

	(void)state;
	memset(big, ';', sizeof(big) - 1);
	assert_int_equal(draft_load(&draft, big, &err), -1);
	memset(big, 'x', sizeof(big) - 1);
	assert_int_equal(draft_load(&draft, by_hand, &err), 0);
	assert_int_equal(draft_set(&draft, "root", big, &err), -1);
	/* No [grant], no place. */
	assert_int_equal(draft_load(&draft, "; nothing\n", &err), 0);
	assert_int_equal(draft_set(&draft, "root", "/x", &err), -1);
	/* Full to the brim. */
	memset(big, ';', sizeof(big) - 1);
	memcpy(big, "[grant]\nuid = 1\n", 16);
	big[INI_FILE_MAX - 1] = '\n';
	big[INI_FILE_MAX] = '\0';
	assert_int_equal(draft_load(&draft, big, &err), 0);
	assert_int_equal(draft_set(&draft, "root", "/x", &err), -1);
	assert_string_equal(draft.text, big);
}

/* What a path may hold must survive the way into the file and back. */
static void
test_odd_paths(void **state)
{
	static const char *const paths[] = { "/a b", "/a #b", "/a ;b", "/it's", "/say\"x\"",
		"/back\\slash", "/\xc3\xa9t\xc3\xa9", "/*", "/a=b:c", "/$HOME/`x`", "/-",
		"/at the end ", "/ ", "/#", "/' '", "/a  #  ;  " };
	char value[256];

	(void)state;
	allow_init(&like, PRINCIPAL_UID, 1000);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct quote quote = { .buf = value, .cap = sizeof(value) };

		assert_int_equal(draft_load(&draft, by_hand, &err), 0);
		assert_int_equal(quote_append(&quote, paths[i]), 0);
		assert_int_equal(draft_set(&draft, "root", value, &err), 0);
		if (draft_parse(&draft, &like, &allow, &err) < 0)
			fail_msg("%s: %s", value, err.what);
		assert_string_equal(allow.root, paths[i]);
	}
	assert_false(quote_possible("/a\nb"));
	assert_false(quote_possible("/a\x7f"));
	assert_true(quote_possible("/a b"));
}

static void
test_quote_room(void **state)
{
	char buf[8];
	struct quote quote = { .buf = buf, .cap = sizeof(buf), .shell = true };

	(void)state;
	assert_int_equal(quote_append(&quote, "a*"), 0);
	assert_string_equal(buf, "'a*'");
	assert_int_equal(quote_append(&quote, "bcd"), -1);
	assert_string_equal(buf, "'a*'");
	assert_int_equal(quote_append(&quote, ""), 0);
	assert_string_equal(buf, "'a*' ''");
	quote = (struct quote){ .buf = buf, .cap = sizeof(buf), .shell = true };
	assert_int_equal(quote_append(&quote, "'"), 0);
	assert_string_equal(buf, "''\"'\"''");
	quote.used = 0;
	assert_int_equal(quote_append(&quote, "''"), -1);
	assert_string_equal(buf, "");
}

static void
test_defaults(void **state)
{
	char store[RULES_DEFAULTS_TEXT];

	(void)state;
	rules_defaults(store, &held);
	assert_value(&held, "security.confined mount=* idmap.mount image=*");
	assert_int_equal(rules_available(&held, &err), 0);
}

static void
test_merge(void **state)
{
	char store[RULES_DEFAULTS_TEXT];

	(void)state;
	rules_defaults(store, &held);
	words(&asked, "mount=/data:ro mount=/data network.host");
	assert_int_equal(rules_merge(&held, &asked, &err), 0);
	assert_value(
	    &held, "security.confined idmap.mount image=* mount=/data:ro mount=/data network.host");
	/* Again: nothing new. */
	assert_int_equal(rules_merge(&held, &asked, &err), 0);
	assert_int_equal(held.n, 6);
	rules_defaults(store, &held);
	words(&asked, "mount=/data mount=*");
	assert_int_equal(rules_merge(&held, &asked, &err), 0);
	assert_value(&held, "security.confined mount=* idmap.mount image=* mount=/data");
	words(&held, "network.host");
	words(&asked, "image=/srv/a");
	assert_int_equal(rules_merge(&held, &asked, &err), 0);
	assert_value(&held, "network.host security.confined image=/srv/a");
}

static void
test_remove(void **state)
{
	(void)state;
	words(&held, "security.confined mount=* mount=/a:ro");
	words(&asked, "mount=/a");
	assert_int_equal(rules_remove(&held, &asked, false, &err), -1);
	assert_int_equal(err.code, ERR_FAILED);
	words(&asked, "mount=/a:ro mount=*");
	assert_int_equal(rules_remove(&held, &asked, false, &err), 0);
	assert_value(&held, "security.confined");
	words(&held, "security.confined mount=/a:ro");
	words(&asked, "network.host mount=/a:ro");
	assert_int_equal(rules_remove(&held, &asked, true, &err), 0);
	assert_value(&held, "security.confined");
}

static void
test_cover(void **state)
{
	(void)state;
	words(&held, "security.confined mount=/data image=*");
	words(&asked, "security.confined mount=/data/x:ro image=/srv");
	assert_true(rules_cover(&held, &asked));
	assert_false(rules_cover(&asked, &held));
}

static void
test_words(void **state)
{
	static const char *const bad[] = { "network", "network.host=1", "mount=", "mount=rel",
		"mount=/a/../b", "mount=/a\nb", "SECURITY.CONFINED", "" };
	char word[64], *list[] = { word };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(word, sizeof(word), "%s", bad[i]);
		assert_int_equal(rules_parse(list, 1, &asked, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
	}
	words(&asked, "security.confined network.user");
	assert_int_equal(rules_available(&asked, &err), -1);
	assert_string_equal(err.what, "network.user is not available in this version");
}

static void
test_full(void **state)
{
	static char paths[ALLOW_RULES_MAX][32];
	char value[64];

	(void)state;
	for (size_t i = 0; i < ALLOW_RULES_MAX; i++) {
		snprintf(paths[i], sizeof(paths[i]), "/p%zu", i);
		held.ents[i] = (struct entitlement){ .id = ENT_MOUNT, .value = paths[i] };
	}
	held.n = ALLOW_RULES_MAX;
	words(&asked, "network.host");
	assert_int_equal(rules_merge(&held, &asked, &err), -1);
	assert_int_equal(rules_value(&held, value, sizeof(value), &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_unset),
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_odd_paths),
		cmocka_unit_test(test_quote_room),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_cover),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_full),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
