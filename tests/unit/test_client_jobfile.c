/* SPDX-License-Identifier: ISC */
/*
 * Units of a job file: jobscan.c, jobkeys.c, jobfile.c, problems.c. What is taken, and what is said of
 * what is not: each problem with its line, all of them at once.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: hold every rule of berth-job(5) by a file that breaks it and by one that just does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/inistrict.h"

#include "client/berth/jobfile.h"
#include "client/berth/jobparams.h"

static struct jobfile jf;
static struct problems problems;

static void
parse_bytes(const char *text, size_t len)
{
	jobfile_free(&jf);
	problems_free(&problems);
	jobfile_parse(&jf, "x.job", text, len, &problems);
}

static void
parse(const char *text)
{
	parse_bytes(text, strlen(text));
}

/* "LINE what" of each problem, with a newline between. */
static const char *
told(void)
{
	static char all[PROBLEMS_MAX * 400];
	size_t used = 0;

	all[0] = '\0';
	for (size_t i = 0; i < problems.n; i++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%u %s",
		    i > 0 ? "\n" : "", problems.v[i].line, problems.v[i].what);
	return (all);
}

/* The file has this one problem, in this line, and its text holds what. */
static void
has(const char *text, unsigned int line, const char *what)
{
	parse(text);
	if (problems_count(&problems) != 1 || problems.v[0].line != line ||
	    strstr(problems.v[0].what, what) == NULL)
		fail_msg("of\n%s\nwanted: %u %s\ngot: %s", text, line, what, told());
}

/* And of one key of a section that is whole: the line is its own. */
static void
value(const char *section, const char *line, const char *what)
{
	char text[8192];
	const char *head = strncmp(section, "[job]", 5) == 0 ? "" : "[job]\nimage = host\n";

	snprintf(text, sizeof(text), "%s%s\n%s\n", head, section, line);
	parse(text);
	if (what == NULL && problems_count(&problems) > 0)
		fail_msg("%s: %s", line, told());
	if (what == NULL)
		return;
	if (problems_count(&problems) != 1 || strstr(problems.v[0].what, what) == NULL ||
	    problems.v[0].line !=
		(head[0] != '\0' ? 2U : 0U) + (strchr(section, '\n') != NULL ? 3U : 2U))
		fail_msg("%s: wanted %s\ngot: %s", line, what, told());
}

#define WEB                                                                                     \
	"[job]\nname = web\n; an image\nimage = ./root\ncommand = nginx -g 'daemon off;'\n"     \
	"user = 101:101\nworkdir = /srv\nisolation = confined\nnetwork = user\n"                \
	"restart = on-failure:5\ntimeout = 1h\n[env]\nLANG = C.UTF-8\n_x1=a = b\n"              \
	"[directory config]\npath = /etc/nginx\nwritable = no\nuid = 101\ngid = 102\n"          \
	"required = no\ndescription = nginx's configuration\n[secret key]\npath = /run/key\n"   \
	"mode = 0440\n[secret other]\n[mount scratch]\ntype = tmpfs\npath = /tmp\nsize = 64M\n" \
	"mode = 1777\n[mount kept]\ntype = volume\npath = /data\nvolume = web-data\n"           \
	"writable = no\n[port http]\ncontainer = 80\n"

static void
whole(void **state)
{
	const struct jobfile_item *item = jf.items;
	char buf[128];

	(void)state;
	parse(WEB);
	assert_string_equal(told(), "");
	assert_string_equal(jf.name, "web");
	assert_string_equal(jf.image, "./root");
	assert_int_equal(jf.command.n, 3);
	assert_string_equal(jf.command.v[2], "daemon off;");
	assert_string_equal(jf.user, "101:101");
	assert_string_equal(jf.workdir, "/srv");
	assert_string_equal(jf.isolation, "confined");
	assert_int_equal(jf.network, JOB_NETWORK_USER);
	assert_string_equal(jf.restart, "on-failure:5");
	assert_int_equal(jf.timeout, 3600);
	assert_int_equal(jf.env.n, 2);
	assert_string_equal(jf.env.v[0], "LANG=C.UTF-8");
	assert_string_equal(jf.env.v[1], "_x1=a = b");
	assert_int_equal(jf.nitems, 6);
	assert_string_equal(item->name, "config");
	assert_int_equal(item->at.line, 15);
	assert_true(!item->writable && item->optional && item->uid.given && item->gid.given);
	assert_int_equal(item->uid.value, 101);
	assert_int_equal(item->gid.value, 102);
	assert_string_equal(item->description, "nginx's configuration");
	assert_string_equal(jobfile_target(&item[1], buf, sizeof(buf)), "/run/key");
	assert_int_equal(item[1].mode.value, 0440);
	assert_string_equal(jobfile_target(&item[2], buf, sizeof(buf)), "/run/secrets/other");
	assert_true(!item[2].optional && !item[2].mode.given);
	assert_true(!item[3].volume && item[3].writable);
	assert_string_equal(item[3].size, "64M");
	assert_true(item[4].volume && !item[4].writable);
	assert_string_equal(item[4].store, "web-data");
	assert_int_equal(item[5].container.value, 80);
}

static void
defaults(void **state)
{
	(void)state;
	parse(
	    "[directory d]\npath = /d\n[job]\nimage = host\n[mount m]\ntype = volume\npath = /m\n");
	assert_string_equal(told(), "");
	assert_true(!jf.items[0].writable && !jf.items[0].optional && !jf.items[0].uid.given);
	assert_true(jf.items[1].writable && jf.items[1].store == NULL);
	assert_int_equal(jf.command.n, 0);
	assert_int_equal(jf.network, JOB_NETWORK_INVALID);
}

/* One problem never hides another, and what was passed over is not told of. */
static void
all_at_once(void **state)
{
	(void)state;
	parse(
	    "[job]\nimagee = host\nname = a b\n bad\nnetwork = lan\n[directory]\npath = relative\n"
	    "[directory x]\npath = rel\nuid = -1\n[secret x]\npath = /x\n[nonsense]\na = b\n"
	    "[port p]\n[directory y-uid]\npath = /p\n[env]\nA-B = 1\nC = 2\nC = 3\n");
	assert_string_equal(told(),
	    "2 unknown key imagee in [job]\n"
	    "3 name = a b: it cannot be the name of a job: letters, digits, _ . and -, at most 64\n"
	    "4 the line begins with a blank\n"
	    "5 network = lan: it is not none, user or host\n"
	    "6 [directory] needs a name\n"
	    "9 path = rel: it is not an absolute path without '.', '..' and empty parts\n"
	    "10 uid = -1: it is not an id: a decimal number up to 2147483646\n"
	    "11 x is the name of a directory, too\n"
	    "13 unknown section [nonsense]\n"
	    "16 a name cannot end in -uid or -gid\n"
	    "19 A-B cannot be the name of a variable\n"
	    "21 the variable C was there before\n"
	    "1 image is missing in this section\n"
	    "8 uid and gid are given together, or not at all\n"
	    "15 container is missing in this section");
	assert_string_equal(problems.v[0].todo, "the nearest one is image");
	assert_string_equal(problems.v[0].where, "x.job:2");
}

static void
lines(void **state)
{
	char text[INI_LINE_MAX + 64];

	(void)state;
	has("", 0, "no section [job]");
	has("; nothing\n", 0, "no section [job]");
	has("image = host\n[job]\nimage = host\n", 1, "before the first section");
	has("\xef\xbb\xbf[job]\nimage = host\n", 1, "byte order mark");
	has("[job]\nimage = host\r\nimage = host\n", 2, "control character");
	has("[job]\nimage = host\n\tname = x\n", 3, "begins with a blank");
	has("[job]\nimage = host\nname = x\ty\n", 3, "control character");
	has("[job]\nimage = host\nname = \x1b[1m\n", 3, "control character");
	has("[job]\nimage = host\nname = x\x7f\n", 3, "control character");
	has("[job]\nimage = host\nname: x\n", 3, "a line is a comment");
	has("[job]\nimage = host\n# x\n", 3, "a line is a comment");
	has("[job]\nimage = host\nname = x ; y\n", 3, "a comment stands on a line");
	has("[job]\nimage = host\nname = x # y\n", 3, "a comment stands on a line");
	has("[job]\nimage = host\nname = #y\n", 3, "a comment stands on a line");
	has("[job]\nimage = host\nname = \n", 3, "the value is empty");
	has("[job]\nimage = host\nname = x", 3, "does not end with a newline");
	has("[job]\nimage = host\n[job]\nname = x\n", 3, "was there before");
	has("[job]\nimage = host\n[env]\nA = 1\n[env]\nB = 1\n", 5, "was there before");
	has("[job]\nimage = host\nimage = host\n", 3, "image was there before");
	has("[job] \nimage = host\n[job]\nimage = host\n", 1, "a section is");
	has("[job]\nimage = host\n[Port x]\n", 3, "a section is");
	has("[job]\nimage = host\n[port  x]\n", 3, "a section is");
	has("[job]\nimage = host\n[port x\n", 3, "a section is");
	has("[job]\nimage = host\n[port x y]\n", 3, "a section is");
	has("[job]\nimage = host\n[port ]\n", 3, "a section is");
	has("[job]\nimage = host\n[]\n", 3, "a section is");
	has("[job x]\n[job]\nimage = host\n", 1, "[job] has no name");
	has("[job]\nimage = host\n[port]\n", 3, "[port] needs a name");
	has("[job]\nimage = host\n[prot x]\n", 3, "unknown section [prot]");
	assert_string_equal(problems.v[0].todo, "the nearest one is port");
	/* What stands in a line that was refused is not called missing. */
	parse("[job]\r\n");
	assert_string_equal(
	    told(), "1 the line holds a control character (NUL, carriage return, tab?)");
	assert_string_equal(problems.v[0].todo, "save the file with the line ends of Unix");
	parse_bytes("[job]\nimage = ho\0st\n", 20);
	assert_string_equal(told(),
	    "2 the line holds a control character (NUL, carriage return, tab?)\n"
	    "1 image is missing in this section");
	snprintf(text, sizeof(text), "[job]\nimage = host\n;%*s\n", INI_LINE_MAX - 1, "");
	parse(text);
	assert_string_equal(told(), "");
	snprintf(text, sizeof(text), "[job]\nimage = host\n;%*s\n", INI_LINE_MAX, "");
	has(text, 3, "longer than 4096");
}

static void
sizes(void **state)
{
	char *text = malloc(INI_FILE_MAX + 2), name[80];
	size_t len;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', INI_FILE_MAX + 2);
	memcpy(text, "[job]\nimage = host", 18);
	parse_bytes(text, INI_FILE_MAX);
	assert_string_equal(told(), "");
	parse_bytes(text, INI_FILE_MAX + 1);
	assert_int_equal(problems.n, 1);
	assert_non_null(strstr(problems.v[0].what, "larger than 64 KiB"));
	/* Names. */
	memset(name, 'a', sizeof(name));
	snprintf(text, 4096, "[job]\nimage = host\n[port %.64s]\ncontainer = 1\n", name);
	parse(text);
	assert_string_equal(told(), "");
	snprintf(text, 4096, "[job]\nimage = host\n[port %.65s]\ncontainer = 1\n", name);
	has(text, 3, "longer than 64");
	/* Sections, and more problems than anybody reads. */
	len = (size_t)sprintf(text, "[job]\nimage = host\n");
	for (unsigned int i = 0; i < JOBFILE_ITEMS_MAX; i++)
		len += (size_t)sprintf(text + len, "[port p%u]\ncontainer = 1\n", i);
	parse(text);
	assert_string_equal(told(), "");
	sprintf(text + len, "[port last]\ncontainer = 1\n");
	has(text, 3 + 2 * JOBFILE_ITEMS_MAX, "more than 64");
	len = 0;
	for (unsigned int i = 0; i < 1000; i++)
		len += (size_t)sprintf(text + len, "x\n");
	parse(text);
	assert_int_equal(problems.n, PROBLEMS_MAX);
	assert_int_equal(problems_count(&problems), 1000);
	free(text);
}

static void
of_job(void **state)
{
	(void)state;
	value("[job]\nimage = host", "name = a.b_c-D1", NULL);
	value("[job]\nimage = host", "name = -a", "cannot be the name");
	value("[job]", "image = host", NULL);
	value("[job]", "image = ./a/..b/c", NULL);
	value("[job]", "image = a/b", NULL);
	value("[job]", "image = nginx", "name of an image");
	value("[job]", "image = /srv/root", "path of one host");
	value("[job]", "image = ./a/../b", "leads out");
	value("[job]", "image = ../b", "leads out");
	value("[job]", "image = a/..", "leads out");
	value("[job]", "image = ./", "itself");
	value("[job]", "image = ././/.", "itself");
	value("[job]", "image = ./\xff", "UTF-8");
	value("[job]\nimage = host", "command = sh -c 'a  \"b\"' \\; \"c\\\"\"", NULL);
	assert_int_equal(jf.command.n, 5);
	assert_string_equal(jf.command.v[2], "a  \"b\"");
	assert_string_equal(jf.command.v[3], ";");
	assert_string_equal(jf.command.v[4], "c\"");
	value("[job]\nimage = host", "command = sh -c 'a", "not closed");
	value("[job]\nimage = host", "command = a \\", "not closed");
	value("[job]\nimage = host", "command = '' a", "empty word");
	value("[job]\nimage = host", "command = $HOME", NULL);
	assert_string_equal(jf.command.v[0], "$HOME");
	value("[job]\nimage = host", "user = me:us", NULL);
	value("[job]\nimage = host", "user = me us", "is not a user");
	value("[job]\nimage = host", "workdir = srv", "is not an absolute path");
	value("[job]\nimage = host", "workdir = /srv/../etc", "is not an absolute path");
	value("[job]\nimage = host", "workdir = /\xff", "UTF-8");
	value("[job]\nimage = host", "isolation = nested", NULL);
	value("[job]\nimage = host", "isolation = |", "is not confined");
	value("[job]\nimage = host", "network = none", NULL);
	assert_int_equal(jf.network, JOB_NETWORK_NONE);
	value("[job]\nimage = host", "network = host", NULL);
	assert_int_equal(jf.network, JOB_NETWORK_HOST);
	value("[job]\nimage = host", "restart = sometimes", "is not no, always");
	value("[job]\nimage = host", "restart = always", NULL);
	value("[job]\nimage = host", "timeout = 0", "is not a time");
	value("[job]\nimage = host", "timeout = 1y", "is not a time");
	value("[job]\nimage = host", "timeout = 90", NULL);
	value("[job]\nimage = host", "writable = yes", "unknown key");
}

static void
of_directories(void **state)
{
	static const char d[] = "[directory d]\npath = /d", s[] = "[secret s]\npath = /s";

	(void)state;
	value(d, "writable = yes", NULL);
	assert_true(jf.items[0].writable);
	value(d, "writable = true", "is not yes or no");
	value(d, "required = yes", NULL);
	assert_false(jf.items[0].optional);
	value(d, "required = maybe", "is not yes or no");
	has("[job]\nimage = host\n[directory d]\npath = /d\nuid = 1 \n", 3, "given together");
	parse("[job]\nimage = host\n[directory d]\npath = /d\nuid = 1\ngid = 2147483647\n");
	assert_string_equal(
	    told(), "6 gid = 2147483647: it is not an id: a decimal number up to 2147483646");
	value(d, "description = \xff", "UTF-8");
	value(d, "source = /etc", "unknown key");
	value(d, "size = 1", "unknown key");
	value("[directory d]", "path = /", "root");
	value("[directory d]", "path = /proc/1", "/proc or /sys");
	value("[directory d]", "path = /sys", "/proc or /sys");
	value("[directory d]", "path = /processes", NULL);
	value("[directory d]", "path = /d/", "is not an absolute path");
	value("[directory d]", "path = /\xff", "UTF-8");
	value(s, "mode = 0444", NULL);
	value(s, "mode = 400", NULL);
	value(s, "mode = 0600", "is not an octal mode");
	value(s, "mode = 4444", "is not an octal mode");
	value(s, "mode = 0000", "is not an octal mode");
	value(s, "mode = 0x4", "is not an octal mode");
	value(s, "writable = yes", "unknown key");
	has("[job]\nimage = host\n[directory d]\npath = /d\n[directory d]\npath = /e\n", 5,
	    "before");
	has("[job]\nimage = host\n[directory d]\npath = /d\n[mount m]\ntype = tmpfs\npath = /d\n",
	    5, "/d is the path of [directory d], too");
	has("[job]\nimage = host\n[secret a]\n[secret b]\npath = /run/secrets/a\n", 4,
	    "[secret a]");
	has("[job]\nimage = host\n[secret a-gid]\n", 3, "cannot end in");
	has("[job]\nimage = host\n[directory d]\n", 3, "path is missing");
	has("[job]\nimage = host\n[directory d]\npath = /d\n[mount d]\ntype = tmpfs\npath = /e\n",
	    5, "d is the name of a directory, too");
	/* Names of ports are their own. */
	parse("[job]\nimage = host\n[directory d]\npath = /d\n[port d]\ncontainer = 1\n"
	      "[mount e]\ntype = tmpfs\npath = /e\n[port x-uid]\ncontainer = 2\n");
	assert_string_equal(told(), "");
	assert_ptr_equal(jobfile_find(&jf, JOBFILE_MOUNT, "e", 1), &jf.items[2]);
	assert_ptr_equal(jobfile_find(&jf, JOBFILE_INVALID, "dx", 1), &jf.items[0]);
	assert_null(jobfile_find(&jf, JOBFILE_INVALID, "x-uid", 5));
}

static void
of_mounts(void **state)
{
	static const char v[] = "[mount m]\npath = /v";

	(void)state;
	parse("[job]\nimage = host\n[mount m]\ntype = tmpfs\npath = /t\nsize = 50%\nmode = 755\n");
	assert_string_equal(told(), "");
	value(v, "type = bind",
	    "is of a directory of the host, which is a [directory NAME]: its user gives it");
	value(v, "type = npipe", "is not tmpfs or volume");
	has("[job]\nimage = host\n[mount m]\npath = /m\n", 3, "type is missing");
	has("[job]\nimage = host\n[mount m]\ntype = tmpfs\n", 3, "path is missing");
	has("[job]\nimage = host\n[mount m]\ntype = tmpfs\npath = /t\nsize = 1,exec\n", 6,
	    "is not a size");
	has("[job]\nimage = host\n[mount m]\ntype = tmpfs\npath = /t\nsize = big\n", 6,
	    "is not a size");
	has("[job]\nimage = host\n[mount m]\ntype = tmpfs\npath = /t\nmode = 9\n", 6,
	    "is not an octal");
	has("[job]\nimage = host\n[mount m]\ntype = tmpfs\npath = /t\nvolume = x\n", 3,
	    "this is a tmpfs");
	has("[job]\nimage = host\n[mount m]\ntype = volume\npath = /t\nsize = 1\n", 3,
	    "this is a volume");
	has("[job]\nimage = host\n[mount m]\ntype = volume\npath = /t\nvolume = ../x\n", 6,
	    "name of a volume");
	has("[job]\nimage = host\n[port p]\ncontainer = 0\n", 4, "is not a port");
	has("[job]\nimage = host\n[port p]\ncontainer = 65536\n", 4, "is not a port");
	value("[port p]", "container = 65535", NULL);
	has("[job]\nimage = host\nnetwork = none\n[port p]\ncontainer = 1\n", 4,
	    "network of the job's own");
	assert_string_equal(
	    problems.v[0].todo, "write  network = user  in line 3, or leave that line out");
}

/* What is told of a file is its own bytes: none of them may do anything to a terminal. */
static void
printable(void **state)
{
	(void)state;
	parse("[job]\nimage = \xc2\x9b"
	      "2J\nname = \xe2\x80\xae\\x\n[\xff]\n\xff = x\n");
	assert_int_equal(problems.n, 4);
	for (size_t i = 0; i < problems.n; i++) {
		for (const char *at = problems.v[i].what; *at != '\0'; at++)
			assert_in_range(*at, 0x20, 0x7e);
	}
}

static void
files(void **state)
{
	char path[] = "/tmp/berth-jobfile-XXXXXX", text[INI_FILE_MAX + 1];
	int fd = mkstemp(path);
	struct err err = { .code = ERR_INVALID };

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "[job]\nimage = host\n", 19), 19);
	jobfile_free(&jf);
	problems_free(&problems);
	assert_int_equal(jobfile_read(&jf, path, &problems, &err), 0);
	assert_string_equal(jf.image, "host");
	jobfile_free(&jf);
	memset(text, '\n', sizeof(text));
	assert_int_equal(pwrite(fd, text, sizeof(text), 0), (ssize_t)sizeof(text));
	assert_int_equal(jobfile_read(&jf, path, &problems, &err), -1);
	assert_non_null(strstr(err.why, "too large"));
	close(fd);
	unlink(path);
	assert_int_equal(jobfile_read(&jf, path, &problems, &err), -1);
	assert_int_equal(jobfile_read(&jf, "/tmp", &problems, &err), -1);
	assert_non_null(strstr(err.what, "not a regular file"));
	assert_int_equal(jobfile_read(&jf, "/dev/zero", &problems, &err), -1);
	/* to open one can do things: it is not */
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	assert_true(inotify_add_watch(fd, path, IN_OPEN) >= 0);
	assert_int_equal(jobfile_read(&jf, path, &problems, &err), -1);
	assert_non_null(strstr(err.what, "not a regular file"));
	assert_int_equal(read(fd, text, sizeof(text)), -1);
	close(fd);
	unlink(path);
}

/* Gives the words, up to a NULL, to a file with two directories, a secret and a mount. */
static void
give(const char *const *words)
{
	struct job_words given = { .n = 0 }, none = { .n = 0 };
	struct err err;

	parse("[job]\nimage = host\n[directory a]\npath = /a\nuid = 1\ngid = 2\n"
	      "[directory b]\npath = /b\nrequired = no\n[secret c]\n"
	      "[mount d]\ntype = tmpfs\npath = /d\n");
	assert_string_equal(told(), "");
	for (; *words != NULL; words++)
		assert_int_equal(job_add_word(&given, *words, &err), 0);
	assert_int_equal(jobparams_give(&jf, &none, &given, &problems, &err), 0);
	/* They may be gone before what was given is. */
	for (size_t i = 0; i < jf.nitems; i++) {
		if (jf.items[i].value != NULL)
			assert_non_null(strchr(jf.items[i].value, '/'));
	}
	job_words_free(&given);
}

#define GIVE(...) give((const char *const[]){ __VA_ARGS__, NULL })

static void
parameters(void **state)
{
	(void)state;
	GIVE("a=/1", "c=/2=3", "a=/4", "a-uid=7");
	assert_string_equal(told(), "");
	assert_string_equal(jf.items[0].value, "/4");
	assert_string_equal(jf.items[2].value, "/2=3");
	assert_null(jf.items[1].value);
	assert_int_equal(jf.items[0].uid.value, 7);
	assert_int_equal(jf.items[0].gid.value, 2);
	assert_string_equal(jf.items[0].from.file, "--param a");
	jobparams_missing(&jf, &problems);
	assert_string_equal(told(), "");
	GIVE("b-uid=1", "b-gid=2147483646");
	assert_string_equal(told(), "");
	assert_true(jf.items[1].uid.given && jf.items[1].gid.given);
	jobparams_missing(&jf, &problems);
	assert_string_equal(told(), "3 the directory a is required, and was not given\n"
				    "10 the secret c is required, and was not given");
	assert_string_equal(problems.v[0].todo, "--param a=/absolute/directory");
	assert_string_equal(problems.v[1].todo, "--param c=/absolute/file");
}

static void
bad_parameters(void **state)
{
	static const struct {
		const char *word, *where, *what;
	} cases[] = {
		{ "a", "--param a", "it is not NAME=VALUE" },
		{ "=/x", "--param ", "it is not NAME=VALUE" },
		{ "", "--param ", "it is not NAME=VALUE" },
		{ "a=", "--param a", "the value is empty" },
		{ "d=/x", "--param d", "x.job has no parameter d" },
		{ "A=/x", "--param A", "x.job has no parameter A" },
		{ "d-uid=1", "--param d-uid", "x.job has no parameter d-uid" },
		{ "-uid=1", "--param -uid", "x.job has no parameter -uid" },
		{ "a-uid=-1", "--param a-uid", "-1 is not an id" },
		{ "a-gid=4294967295", "--param a-gid", "4294967295 is not an id" },
		{ "a-uid=01", "--param a-uid", "01 is not an id" },
		{ "a-mode=1", "--param a-mode", "x.job has no parameter a-mode" },
		{ "b-uid=1", "x.job:7", "b has one of uid and gid, and needs both" },
		{ "b-gid=1", "x.job:7", "b has one of uid and gid, and needs both" },
		{ "\x1b[1m=\x1b[2m", "--param \\x1b[1m", "x.job has no parameter \\x1b[1m" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		GIVE(cases[i].word);
		if (problems_count(&problems) != 1 ||
		    strcmp(problems.v[0].where, cases[i].where) != 0 ||
		    strcmp(problems.v[0].what, cases[i].what) != 0)
			fail_msg("%s: %s", cases[i].word, told());
	}
}

static void
parameter_files(void **state)
{
	char one[] = "/tmp/berth-params-XXXXXX", two[] = "/tmp/berth-params-XXXXXX";
	struct job_words files = { .n = 0 }, words = { .n = 0 };
	struct err err = { .code = ERR_INVALID };
	int fds[] = { mkstemp(one), mkstemp(two) };

	(void)state;
	assert_true(fds[0] >= 0 && fds[1] >= 0);
	dprintf(fds[0], "[params]\na = /1\nc = /1\na-uid = 5\n");
	dprintf(fds[1], "[params]\na = /2\nb = /2\nb = /3\n");
	assert_int_equal(job_add_word(&words, "c=/0", &err), 0);
	assert_int_equal(job_add_word(&files, one, &err), 0);
	assert_int_equal(job_add_word(&files, two, &err), 0);
	parse("[job]\nimage = host\n[directory a]\npath = /a\nuid = 1\ngid = 2\n"
	      "[directory b]\npath = /b\n[secret c]\n");
	assert_int_equal(jobparams_give(&jf, &files, &words, &problems, &err), 0);
	assert_string_equal(told(), "4 b was there before");
	assert_string_equal(jf.items[0].value, "/2");
	assert_int_equal(jf.items[0].uid.value, 5);
	assert_string_equal(jf.items[1].value, "/2");
	assert_string_equal(jf.items[2].value, "/0");
	assert_int_equal(jf.items[0].from.line, 2);
	unlink(two);
	problems_free(&problems);
	assert_int_equal(jobparams_give(&jf, &files, &words, &problems, &err), 1);
	assert_non_null(strstr(problems.v[0].what, two));
	problems_free(&problems);
	job_words_free(&files);
	for (unsigned int i = 0; i < JOBFILE_PARAMS_MAX; i++)
		assert_int_equal(job_add_word(&files, one, &err), 0);
	/* Three were there. */
	assert_int_equal(jobparams_give(&jf, &files, &words, &problems, &err), 1);
	assert_non_null(strstr(problems.v[0].what, "more than 16 files"));
	problems_free(&problems);
	job_words_free(&files);
	job_words_free(&words);
	unlink(one);
	close(fds[0]);
	close(fds[1]);
}

/* What common/inistrict.c refuses for its form is refused here, and nothing else of it. */
static const char *
any(void *field, char *text)
{
	(void)field;
	(void)text;
	return (NULL);
}

static void
same_dialect(void **state)
{
	static const char *const each[] = { "", ";", ";x", "a = b", "a=b", "a  =  b  ", "a = b ;c",
		"a = b;c", "a = b #c", "a = #", "a = ;", "a =", "a", "= b", " a = b", "\ta = b",
		"a = \t", "a\r", "a = b\r", "a = \x01", "a = \x7f", "a = \x80", "a: b", "[a]",
		"[job]", "[job] ", "[job", "[]", "[ job]", "# x", "\xef\xbb\xbf", "a = b=c" };
	static const struct ini_key keys[] = { { "job", "a", any, 0 }, { "a", "a", any, 0 } };
	unsigned int line, byte = 0;
	struct ini_format format = { keys, 2, &byte, &line };

	(void)state;
	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		char text[64], copy[64];
		struct err err;
		int strict, len = snprintf(text, sizeof(text), "[%s]\n%s\n",
				strcmp(each[i], "[job]") == 0 ? "a" : "job", each[i]);
		bool refused = false;

		memcpy(copy, text, sizeof(text));
		strict = ini_strict("x", copy, (size_t)len, &format, &err);
		parse_bytes(text, (size_t)len);
		/* Of line 2, and not what the key or the section is called. */
		for (size_t j = 0; j < problems.n; j++)
			refused = refused || (problems.v[j].line == 2 &&
						 strncmp(problems.v[j].what, "unknown ", 8) != 0 &&
						 strstr(problems.v[j].what, " is missing") == NULL);
		if (refused != (strict != 0))
			fail_msg("\"%s\": %d here, %d there: %s", each[i], refused, strict, told());
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(defaults),
		cmocka_unit_test(all_at_once),
		cmocka_unit_test(lines),
		cmocka_unit_test(sizes),
		cmocka_unit_test(of_job),
		cmocka_unit_test(of_directories),
		cmocka_unit_test(of_mounts),
		cmocka_unit_test(printable),
		cmocka_unit_test(files),
		cmocka_unit_test(same_dialect),
		cmocka_unit_test(parameters),
		cmocka_unit_test(bad_parameters),
		cmocka_unit_test(parameter_files),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	jobfile_free(&jf);
	problems_free(&problems);
	return (failed);
}
