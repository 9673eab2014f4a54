/* SPDX-License-Identifier: ISC */
/*
 * Units of account.c: users and groups out of an image's files.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: show every answer as numbers, or as a refusal; no name becomes a number that its file does
 *       not give it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/engine/job/account.h"
#include "client/engine/job/remove.h"

static char base[] = "/tmp/test_account.XXXXXX";
static int root = -1;

/* A file of the image; NULL: there is none. */
static void
put(const char *path, const char *text, size_t len)
{
	int fd;

	(void)unlinkat(root, path, 0);
	if (text == NULL)
		return;
	fd = openat(root, path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
}

static void
files(const char *passwd, const char *group)
{
	put("etc/passwd", passwd, passwd == NULL ? 0 : strlen(passwd));
	put("etc/group", group, group == NULL ? 0 : strlen(group));
}

/* "uid:gid:groups:home", or the message. */
static const char *
look(const char *user)
{
	static char text[4096];
	struct identity id;
	struct err err = { 0 };
	size_t n;

	if (account_find(root, user, &id, &err) == -1) {
		assert_string_not_equal(err.what, "");
		assert_int_equal(err.code, ERR_FAILED);
		snprintf(text, sizeof(text), "%.600s; %.600s", err.what, err.why);
		return (text);
	}
	n = (size_t)snprintf(text, sizeof(text), "%u:%u:", id.uid, id.gid);
	for (size_t i = 0; i < id.ngroups; i++)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "%s%u", i == 0 ? "" : ",", id.groups[i]);
	snprintf(text + n, sizeof(text) - n, ":%s", id.home);
	return (text);
}

#define PASSWD                              \
	"root:x:0:0:root:/root:/bin/sh\n"   \
	"app:x:7:70:,,,:/srv/app:/bin/sh\n" \
	"other:x:8:80::relative:/bin/sh\n"  \
	"app:x:9:90::/second:/bin/sh\n"     \
	"seven:x:7:77::/seven:\n"           \
	"0:x:10:10::/zero:\n"               \
	"short:x:11:11:no home\n"           \
	"last:x:12:12:::"
#define GROUP_FILE                      \
	"root:x:0:\n"                   \
	"wheel:x:100:root,app\n"        \
	"web:x:101:other,apps,ap,app\n" \
	"both:x:70:app\n"               \
	"twice:x:101:app\n"             \
	"web:x:999:\n"                  \
	"5:x:102:app\n"                 \
	"bad:x:-1:app\n"                \
	"fields:x:103:other:app\n"      \
	"none:x:104:\n"                 \
	"short:x:105\n"                 \
	"last:x:106:app"

static void
golden(void **state)
{
	static const struct {
		const char *user, *answer;
	} cases[] = {
		{ NULL, "0:0:0,100:/root" },
		{ "0", "0:0:0,100:/root" },
		{ "root", "0:0:0,100:/root" },
		{ "app", "7:70:70,100,101,102,106:/srv/app" },
		{ "7", "7:70:70,100,101,102,106:/srv/app" },
		{ "8", "8:80:80,101,103:/" },
		{ "10", "10:10:10:/zero" },
		{ "12", "12:12:12:/" },
		{ "11", "11:0:0:/" },
		{ "4000", "4000:0:0:/" },
		{ "2147483646", "2147483646:0:0:/" },
		{ "app:web", "7:101:101:/srv/app" },
		{ "app:70", "7:70:70:/srv/app" },
		{ "app:4000", "7:4000:4000:/srv/app" },
		{ "7:last", "7:106:106:/srv/app" },
		{ "7:short", "7:105:105:/srv/app" },
		{ "4000:web", "4000:101:101:/" },
		{ "4000:5", "4000:5:5:/" },
		{ ":web", "0:101:101:/root" },
		{ ":5", "0:5:5:/root" },
		{ "short", "the image has no user short; its /etc/passwd does not name it" },
		{ "nobody", "the image has no user nobody; its /etc/passwd does not name it" },
		{ "app:nobody", "the image has no group nobody; its /etc/group does not name it" },
		{ "app:", "the image has no group ; its /etc/group does not name it" },
		{ "app:bad", "bad cannot be looked up in the image; the line in its /etc/group has "
			     "no valid number" },
	};

	(void)state;
	files(PASSWD, GROUP_FILE);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(look(cases[i].user), cases[i].answer);
}

/* A name is never taken for a number, nor what is no number for one. */
static void
numbers(void **state)
{
	static const char *const wrong[] = { "4294967296", "4294967295", "2147483647", "00", "01",
		"18446744073709551616", "99999999999999999999999999" };
	static const char *const names[] = { "-1", "+0", " 0", "0x0", "1e3", "0 " };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char text[200];

		snprintf(text, sizeof(text), "%s:x:5:5::/:\n", wrong[i]);
		files(text, text);
		assert_non_null(strstr(look(wrong[i]), "is not the number of a user"));
		snprintf(text, sizeof(text), "5:%s", wrong[i]);
		assert_non_null(strstr(look(text), "is not the number of a user"));
		/* nor in a file */
		snprintf(text, sizeof(text), "app:x:%s:5::/:\nweb:x:%s:\n", wrong[i], wrong[i]);
		files(text, text);
		assert_non_null(strstr(look("app"), "has no valid number"));
		assert_non_null(strstr(look("5:web"), "has no valid number"));
		snprintf(text, sizeof(text), "app:x:5:%s::/:\n", wrong[i]);
		files(text, text);
		assert_non_null(strstr(look("app"), "has no valid number"));
		assert_non_null(strstr(look("5"), "has no valid number"));
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		files("root:x:0:0::/root:\n", "root:x:0:\n");
		assert_non_null(strstr(look(names[i]), "the image has no user"));
	}
}

/* The first line of a name decides, even if a later one is better. */
static void
duplicates(void **state)
{
	(void)state;
	files("app:x:0x7:7::/:\napp:x:7:7::/:\n", NULL);
	assert_non_null(strstr(look("app"), "has no valid number"));
	files("app:x:7:7::/one:\napp:x:0:0::/two:\n", "app:x:7:\napp:x:0:\n");
	assert_string_equal(look("app"), "7:7:7:/one");
	assert_string_equal(look("app:app"), "7:7:7:/one");
	assert_string_equal(look("0"), "0:0:0:/two");
	/* remarks and what was NIS */
	files("#app:x:1:1::/:\n+app:x:2:2::/:\n-app:x:3:3::/:\n+::::::\n\n\n:x:4:4::/"
	      ":\napp:x:5:5::/:\n",
	    NULL);
	assert_string_equal(look("app"), "5:5:5:/");
	assert_string_equal(look("1"), "1:0:0:/");
	assert_string_equal(look("2"), "2:0:0:/");
	assert_string_equal(look("3"), "3:0:0:/");
	assert_string_equal(look("4"), "4:0:0:/");
}

static void
nul_bytes(void **state)
{
	static const char passwd[] = "app\0x:x:1:1::/:\napp:x:0\0007:1::/:\n";
	static const char group[] = "web:x:7:app\0,b\nb\0:x:8:app\n";
	static const char home[] = "app:x:7:7::/a\0b:\n";

	(void)state;
	put("etc/passwd", passwd, sizeof(passwd) - 1);
	put("etc/group", group, sizeof(group) - 1);
	assert_non_null(strstr(look("app"), "has no valid number"));
	put("etc/passwd", home, sizeof(home) - 1);
	assert_string_equal(look("app"), "7:7:7:/");
	put("etc/passwd", "", 0);
	assert_string_equal(look("0"), "0:0:0:/");
}

static void
missing(void **state)
{
	(void)state;
	files(NULL, NULL);
	assert_string_equal(look(NULL), "0:0:0:/");
	assert_string_equal(look("7"), "7:0:0:/");
	assert_string_equal(look("7:8"), "7:8:8:/");
	assert_non_null(strstr(look("app"), "the image has no user app"));
	assert_non_null(strstr(look("7:web"), "the image has no group web"));
}

/* What is there and no file to be believed: an error where something depends on it. */
static void
useless_files(void **state)
{
	static const char *const links[] = { "/dev/full", "passwd", "/etc", "fifo" };

	(void)state;
	files(NULL, NULL);
	assert_int_equal(mkdirat(root, "dev", 0700), 0);
	assert_int_equal(mkfifoat(root, "dev/full", 0600), 0);
	assert_int_equal(mkfifoat(root, "etc/fifo", 0600), 0);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		(void)unlinkat(root, "etc/passwd", 0);
		assert_int_equal(symlinkat(links[i], root, "etc/passwd"), 0);
		assert_string_equal(look(NULL), "0:0:0:/");
		assert_non_null(strstr(look("0"), "/etc/passwd cannot be read"));
		assert_non_null(strstr(look("7"), "/etc/passwd cannot be read"));
		assert_non_null(strstr(look("app"), "/etc/passwd cannot be read"));
		assert_string_equal(look("7:8"), "7:8:8:/");
	}
	files("app:x:7:7::/:\n", NULL);
	assert_int_equal(mkfifoat(root, "etc/group", 0600), 0);
	assert_non_null(strstr(look("app"), "/etc/group cannot be read"));
	assert_non_null(strstr(look("7"), "/etc/group cannot be read"));
	assert_non_null(strstr(look("7:web"), "/etc/group cannot be read; it is no regular file"));
	assert_string_equal(look("app:8"), "7:8:8:/");
	assert_string_equal(look("9"), "9:0:0:/");
}

/* Links lead to what the root calls so, never out of it. */
static void
links(void **state)
{
	static const char *const ways[] = { "/real", "../real", "../../../../../../real",
		"/etc/../real" };

	(void)state;
	files(NULL, NULL);
	put("real", "app:x:7:7::/in:\n", 15);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		(void)unlinkat(root, "etc/passwd", 0);
		assert_int_equal(symlinkat(ways[i], root, "etc/passwd"), 0);
		assert_string_equal(look("app"), "7:7:7:/in");
	}
	/* the host's own, which is there */
	(void)unlinkat(root, "etc/passwd", 0);
	assert_int_equal(symlinkat("/../proc/self/status", root, "etc/passwd"), 0);
	assert_string_equal(look("7"), "7:0:0:/");
}

/* Lines of any length, and files up to 16 MiB. */
static void
large(void **state)
{
	const size_t most = (16U << 20) + 1;
	char *text = malloc(most + 1);
	size_t n;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', most);
	memcpy(text, "long:", 5);
	n = 100000;
	n += (size_t)sprintf(text + n, ":1:1::/:\napp:x:7:7::/:\n");
	put("etc/passwd", text, n);
	n = (size_t)sprintf(text, "web:x:8:");
	for (size_t i = 0; i < 1000000; i++)
		n += (size_t)sprintf(text + n, "user%07zu,", i);
	n += (size_t)sprintf(text + n, "app\n");
	put("etc/group", text, n);
	assert_string_equal(look("app"), "7:7:7,8:/");
	assert_string_equal(look("7"), "7:7:7,8:/");

	memset(text, '\n', most);
	memcpy(text + most - 1 - 14, "app:x:7:7::/:\n", 14);
	put("etc/passwd", text, most - 1);
	assert_string_equal(look("app"), "7:7:7,8:/");
	put("etc/passwd", text, most);
	assert_non_null(strstr(look("app"), "it is larger than 16 MiB"));
	free(text);
	files(NULL, NULL);
}

static void
many_groups(void **state)
{
	static char text[IDENTITY_GROUPS_MAX * 32];
	size_t n = 0;

	(void)state;
	for (int i = 1; i < IDENTITY_GROUPS_MAX; i++)
		n += (size_t)sprintf(text + n, "g%d:x:%d:app\n", i, 1000 + i);
	files("app:x:7:7::/:\n", text);
	assert_string_not_equal(look("app"), "");
	assert_non_null(strstr(look("app"), "7:7:7,1001,"));
	sprintf(text + n, "g:x:5:app\n");
	files("app:x:7:7::/:\n", text);
	assert_non_null(strstr(look("app"), "app is in too many groups"));
	assert_string_equal(look("app:5"), "7:5:5:/");
}

static int
begin(void **state)
{
	(void)state;
	if (mkdtemp(base) == NULL)
		return (-1);
	root = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return (root == -1 ? -1 : mkdirat(root, "etc", 0700));
}

static int
end(void **state)
{
	int at = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int ret = remove_tree(at, strrchr(base, '/') + 1);

	(void)state;
	close(root);
	close(at);
	return (ret);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(numbers),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(nul_bytes),
		cmocka_unit_test(missing),
		cmocka_unit_test(useless_files),
		cmocka_unit_test(links),
		cmocka_unit_test(large),
		cmocka_unit_test(many_groups),
	};

	return (cmocka_run_group_tests(tests, begin, end));
}
