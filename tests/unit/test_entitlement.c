/* SPDX-License-Identifier: ISC */
/*
 * The vocabulary: words in and out, and what covers what.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show that no word covers more than it says
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* For the static parse_value: no row of the table has a kind of value that is none. */
#include "common/entitlement.c"

/* WRAP: snprintf */
int __wrap_snprintf(char *buf, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static bool snprintf_fails;

int
__wrap_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int put;

	if (snprintf_fails)
		return (-1);
	va_start(args, fmt);
	put = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return (put);
}

/* Words are parsed in place. Four at a time are enough here. */
static struct entitlement
parse(const char *word)
{
	static char texts[4][5000];
	static unsigned int next;
	struct entitlement ent;
	char *text = texts[next++ % 4];
	const char *why;

	snprintf(text, sizeof(texts[0]), "%s", word);
	why = entitlement_parse(text, &ent);
	if (why != NULL)
		fail_msg("\"%s\": %s", word, why);
	return (ent);
}

static bool
covers(const char *held, const char *wanted)
{
	struct entitlement a = parse(held), b = parse(wanted);

	return (entitlement_covers(&a, &b));
}

static void
every_entitlement_has_a_row(void **state)
{
	(void)state;
	for (int id = ENT_INVALID + 1; id < ENT_COUNT; id++) {
		const struct entitlement_info *info = entitlement_info((enum entitlement_id)id);

		assert_non_null(info);
		assert_int_equal(info->id, id);
		assert_true(info->value > ENT_VALUE_INVALID && info->value <= ENT_VALUE_NAME);
		assert_non_null(info->name);
		assert_non_null(info->meaning);
		/* What a new grant gets is a word of this entitlement. */
		if (info->granted_by_default != NULL)
			assert_int_equal(parse(info->granted_by_default).id, id);
		for (int twin = ENT_INVALID + 1; twin < id; twin++)
			assert_string_not_equal(
			    entitlement_info((enum entitlement_id)twin)->name, info->name);
	}
	assert_null(entitlement_info(ENT_INVALID));
	assert_null(entitlement_info(ENT_COUNT));
}

/* entitlements.md, "Vocabulary", for this version. */
static void
only_what_is_documented_is_free_or_available(void **state)
{
	(void)state;
	for (int id = ENT_INVALID + 1; id < ENT_COUNT; id++) {
		const struct entitlement_info *info = entitlement_info((enum entitlement_id)id);

		assert_int_equal(info->always, id == ENT_NETWORK_NONE);
		assert_int_equal(info->available, id == ENT_SECURITY_CONFINED ||
						      id == ENT_NETWORK_NONE ||
						      id == ENT_NETWORK_HOST || id == ENT_MOUNT ||
						      id == ENT_IDMAP_MOUNT || id == ENT_IMAGE);
	}
}

static void
words_go_in_and_out(void **state)
{
	static const char *const words[] = { "security.confined", "security.nested",
		"security.insecure", "network.none", "network.user", "network.host", "mount=*",
		"mount=*:ro", "mount=/", "mount=/:ro", "mount=/a b", "mount=/a:ro", "mount=/a:rw",
		"mount=/a:ro:ro", "mount=/a=b", "device=/dev/kvm", "device=/dev/dri/card0",
		"idmap.mount", "image=*", "image=host", "image=sha256:00", "image=[", "service=x",
		"isolation.none" };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct entitlement ent = parse(words[i]);
		char buf[64];

		assert_int_equal(entitlement_format(&ent, buf, sizeof(buf)), strlen(words[i]));
		assert_string_equal(buf, words[i]);
		/* One byte too short, and none at all. */
		assert_int_equal(entitlement_format(&ent, buf, strlen(words[i])), -1);
		assert_int_equal(entitlement_format(&ent, buf, 0), -1);
	}
}

static void
a_word_that_cannot_be_written_is_an_error(void **state)
{
	struct entitlement ent = parse("network.host");
	char buf[64];

	(void)state;
	snprintf_fails = true;
	assert_int_equal(entitlement_format(&ent, buf, sizeof(buf)), -1);
	snprintf_fails = false;
}

static void
refuses_a_value_of_no_kind(void **state)
{
	struct entitlement ent = { .id = ENT_MOUNT };
	char value[] = "/a";

	(void)state;
	assert_non_null(parse_value(ENT_VALUE_INVALID, value, &ent));
	assert_null(ent.value);
}

static void
read_only_is_cut_off(void **state)
{
	struct entitlement ent = parse("mount=/a:ro");

	(void)state;
	assert_true(ent.readonly);
	assert_string_equal(ent.value, "/a");
	ent = parse("mount=/a:ro:ro");
	assert_true(ent.readonly);
	assert_string_equal(ent.value, "/a:ro");
	ent = parse("mount=/aro");
	assert_false(ent.readonly);
	/* Only of a mount. */
	ent = parse("image=a:ro");
	assert_false(ent.readonly);
	assert_string_equal(ent.value, "a:ro");
	ent = parse("device=/dev/a:ro");
	assert_false(ent.readonly);
	assert_string_equal(ent.value, "/dev/a:ro");
}

static void
refuses_bad_words(void **state)
{
	static const char *const words[] = { "", "=", "=x", "*", "root", "security", "security.",
		"security.confine", "security.confinedx", "security.confined ", "SECURITY.CONFINED",
		"security.confined=", "security.confined=yes", "network.host=x", "idmap.mount=/a",
		"isolation.none=1", "mount", "mount=", "mount=:ro", "mount=a", "mount=a:ro",
		"mount=**", "mount=/a/", "mount=/a//b", "mount=/a/../b", "mount=/./a", "mount=/..",
		"mount=/a/:ro", "mount=*/", "mounts=/a", "mount =/a", "device",
		"device=", "device=kvm", "device=/dev", "device=/dev/", "device=/etc/passwd",
		"device=/dev/../etc", "device=/devkvm", "device=*", "image", "image=", "service",
		"service=" };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct entitlement ent;
		char text[64];

		snprintf(text, sizeof(text), "%s", words[i]);
		if (entitlement_parse(text, &ent) == NULL)
			fail_msg("\"%s\" was read", words[i]);
	}
}

static void
no_value_covers_itself_only(void **state)
{
	static const enum entitlement_id ids[] = { ENT_SECURITY_CONFINED, ENT_SECURITY_NESTED,
		ENT_SECURITY_INSECURE, ENT_NETWORK_NONE, ENT_NETWORK_USER, ENT_NETWORK_HOST,
		ENT_IDMAP_MOUNT, ENT_ISOLATION_NONE };
	static const size_t count = sizeof(ids) / sizeof(ids[0]);

	(void)state;
	for (size_t i = 0; i < count * count; i++) {
		struct entitlement held = { .id = ids[i / count] },
				   wanted = { .id = ids[i % count] };

		assert_int_equal(entitlement_covers(&held, &wanted), i / count == i % count);
	}
}

static void
a_mount_covers_what_is_below(void **state)
{
	(void)state;
	assert_true(covers("mount=/data", "mount=/data"));
	assert_true(covers("mount=/data", "mount=/data/x"));
	assert_true(covers("mount=/", "mount=/data"));
	assert_true(covers("mount=*", "mount=/data"));
	assert_true(covers("mount=*", "mount=/"));
	assert_false(covers("mount=/data", "mount=/"));
	assert_false(covers("mount=/data", "mount=/database"));
	assert_false(covers("mount=/data/x", "mount=/data"));
	/* Nobody mounts "*". */
	assert_false(covers("mount=*", "mount=*"));
	assert_false(covers("mount=/", "mount=*"));
}

static void
a_mount_covers_not_more_access(void **state)
{
	static const char *const held[] = { "mount=/data", "mount=/data:ro" };
	static const char *const wanted[] = { "mount=/data/x", "mount=/data/x:ro" };

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(covers(held[i / 2], wanted[i % 2]), i != 2);
	assert_false(covers("mount=*:ro", "mount=/data"));
	assert_true(covers("mount=*:ro", "mount=/data:ro"));
}

static void
a_mount_of_a_path_that_is_not_canonical_is_never_covered(void **state)
{
	static const char *const paths[] = { "/data/../etc", "/data//x", "/data/", "data", "", ".",
		"/data/.", "*" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct entitlement wanted = { .id = ENT_MOUNT, .value = paths[i] };
		struct entitlement all = parse("mount=*"), root = parse("mount=/"),
				   data = parse("mount=/data");

		assert_false(entitlement_covers(&all, &wanted));
		assert_false(entitlement_covers(&root, &wanted));
		assert_false(entitlement_covers(&data, &wanted));
	}
}

static void
an_image_is_matched_as_a_whole(void **state)
{
	(void)state;
	assert_true(covers("image=*", "image=host"));
	assert_true(covers("image=*", "image=/srv/root"));
	assert_true(covers("image=host", "image=host"));
	assert_false(covers("image=host", "image=hostile"));
	assert_false(covers("image=host", "image=ghost"));
	assert_true(covers("image=/srv/*", "image=/srv/a/b"));
	assert_false(covers("image=/srv/*", "image=/srv2/a"));
	assert_true(covers("image=h?st", "image=host"));
	assert_true(covers("image=[gh]ost", "image=host"));
	assert_false(covers("image=[!gh]ost", "image=host"));
	/* Held is the pattern, wanted never is. */
	assert_false(covers("image=host", "image=*"));
	/* A backslash is a byte like others: no escape that could be forgotten. */
	assert_false(covers("image=h\\ost", "image=host"));
	assert_true(covers("image=h\\ost", "image=h\\ost"));
	assert_false(covers("image=\\*", "image=*"));
}

static void
devices_and_services_are_equal_or_not(void **state)
{
	(void)state;
	assert_true(covers("device=/dev/kvm", "device=/dev/kvm"));
	assert_false(covers("device=/dev/dri", "device=/dev/dri/card0"));
	assert_false(covers("device=/dev/kvm", "device=/dev/kvm2"));
	assert_true(covers("service=a", "service=a"));
	assert_false(covers("service=*", "service=a"));
	/* Only of a path "*" is any. */
	assert_false(covers("service=*", "service=/a"));
}

static void
other_entitlements_cover_nothing(void **state)
{
	static const char *const words[] = { "security.confined", "network.host", "mount=*",
		"device=/dev/kvm", "image=*", "service=x" };
	static const size_t count = sizeof(words) / sizeof(words[0]);

	(void)state;
	for (size_t i = 0; i < count * count; i++) {
		if (i / count != i % count)
			assert_false(covers(words[i / count], words[i % count]));
	}
}

/* Made by a hostile or careless caller, not by the parser. */
static void
an_entitlement_that_is_none_covers_nothing(void **state)
{
	struct entitlement none = { .id = ENT_INVALID }, beyond = { .id = ENT_COUNT };
	struct entitlement all = parse("mount=*"), empty = { .id = ENT_MOUNT };
	char buf[16];

	(void)state;
	assert_false(entitlement_covers(&none, &none));
	assert_false(entitlement_covers(&beyond, &beyond));
	assert_false(entitlement_covers(&all, &none));
	assert_false(entitlement_covers(&all, &empty));
	assert_false(entitlement_covers(&empty, &all));
	assert_false(entitlement_covers(&empty, &empty));
	assert_int_equal(entitlement_format(&none, buf, sizeof(buf)), -1);
	assert_int_equal(entitlement_format(&beyond, buf, sizeof(buf)), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_entitlement_has_a_row),
		cmocka_unit_test(only_what_is_documented_is_free_or_available),
		cmocka_unit_test(words_go_in_and_out),
		cmocka_unit_test(a_word_that_cannot_be_written_is_an_error),
		cmocka_unit_test(refuses_a_value_of_no_kind),
		cmocka_unit_test(read_only_is_cut_off),
		cmocka_unit_test(refuses_bad_words),
		cmocka_unit_test(no_value_covers_itself_only),
		cmocka_unit_test(a_mount_covers_what_is_below),
		cmocka_unit_test(a_mount_covers_not_more_access),
		cmocka_unit_test(a_mount_of_a_path_that_is_not_canonical_is_never_covered),
		cmocka_unit_test(an_image_is_matched_as_a_whole),
		cmocka_unit_test(devices_and_services_are_equal_or_not),
		cmocka_unit_test(other_entitlements_cover_nothing),
		cmocka_unit_test(an_entitlement_that_is_none_covers_nothing),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
