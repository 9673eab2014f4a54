/* SPDX-License-Identifier: ISC */
/*
 * Units of secrets.c: what --secret can say, and what of the host can be a secret: C09's and C28's kinds
 * of files. None of them blocks, and what comes out is sealed.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: leave nothing behind
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/berth/secrets.h"

static char base[] = "/tmp/berth-secrets-XXXXXX";

static void
words(void **state)
{
	char text[] = "id=key,src=/a/b,target=/c/d,uid=5,gid=6,mode=0440";
	char short_text[] = "src=k,id=x";
	char other[] = "type=file,source=./k,id=x,dst=/y,mode=444";
	char quoted[] = "id=x,\"src=/a,\"\"b\"";
	struct secret secret;
	struct err err;

	(void)state;
	assert_int_equal(secret_parse(text, &secret, &err), 0);
	assert_string_equal(secret.name, "key");
	assert_string_equal(secret.source, "/a/b");
	assert_string_equal(secret.target, "/c/d");
	assert_true(secret.owned && secret.uid == 5 && secret.gid == 6 && secret.mode == 0440);
	assert_int_equal(secret_parse(short_text, &secret, &err), 0);
	assert_string_equal(secret.source, "k");
	assert_true(secret.target == NULL && !secret.owned && secret.mode == 0);
	assert_int_equal(secret_parse(other, &secret, &err), 0);
	assert_string_equal(secret.target, "/y");
	assert_int_equal(secret.mode, 0444);
	assert_int_equal(secret_parse(quoted, &secret, &err), 0);
	assert_string_equal(secret.source, "/a,\"b");
}

static void
wrong_words(void **state)
{
	static const struct {
		const char *text;
		const char *what;
	} cases[] = {
		{ "", "is not known" },
		{ "id", "has no value" },
		{ "id=", "has no value" },
		{ "id=x", "src= is missing" },
		{ "src=k", "id= is missing" },
		{ "id=x,src=k,", "is not known" },
		{ "id=x,src=k,id=y", "is said twice" },
		{ "id=x,src=k,source=y", "is said twice" },
		{ "id=x,src=k,Uid=1", "is not known" },
		{ "id=x,src=k,i=1", "is not known" },
		{ "id=x,src=k,=1", "is not known" },
		{ "id=x,src=k,readonly", "is not known" },
		{ "id=x,src=k,env=HOME", "is not known" },
		{ "id=x,src=k,type=env", "type=env is not available" },
		{ "id=x,src=k,type=", "has no value" },
		{ "id=x,src=k,uid=1", "belong together" },
		{ "id=x,src=k,gid=1", "belong together" },
		{ "id=x,src=k,uid=-1,gid=1", "are no ids" },
		{ "id=x,src=k,uid=1,gid=4294967295", "are no ids" },
		{ "id=x,src=k,uid=01,gid=1", "are no ids" },
		{ "id=x,src=k,uid=root,gid=root", "are no ids" },
		{ "id=x,src=k,mode=0", "mode=0 is not possible" },
		{ "id=x,src=k,mode=000", "mode=000 is not possible" },
		{ "id=x,src=k,mode=0600", "mode=0600 is not possible" },
		{ "id=x,src=k,mode=0500", "mode=0500 is not possible" },
		{ "id=x,src=k,mode=4400", "mode=4400 is not possible" },
		{ "id=x,src=k,mode=00400", "mode=00400 is not possible" },
		{ "id=x,src=k,mode=0480", "mode=0480 is not possible" },
		{ "id=x,src=k,mode=r", "mode=r is not possible" },
		{ "id=x,\"src=k", "a double quote" },
		{ "id=x,src=\"k\"", "a double quote" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = strdup(cases[i].text);
		struct secret secret;
		struct err err;

		assert_non_null(text);
		if (secret_parse(text, &secret, &err) == 0 ||
		    strstr(err.what, cases[i].what) == NULL)
			fail_msg("%s: %s", cases[i].text, err.what);
		assert_int_equal(err.code, ERR_USAGE);
		free(text);
	}
}

/* A file of so many bytes. */
static void
make(const char *name, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	char *bytes = malloc(size + 1);

	assert_true(fd != -1 && bytes != NULL);
	memset(bytes, 'x', size);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	free(bytes);
}

/* What becomes of this file as a secret: its size, or -1 and what is said. */
static off_t
add(const char *source, struct err *err)
{
	const struct secret secret = { .name = "key", .source = source };
	struct job job;
	struct stat st = { .st_size = -1 };

	job_init(&job);
	if (secret_add(&job, &secret, err) == 0) {
		const struct job_mount *mount = &job.mounts[0];
		const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

		assert_int_equal(job.nmounts, 1);
		assert_int_equal(mount->type, JOB_MOUNT_SECRET);
		assert_string_equal(mount->source, "key");
		assert_string_equal(mount->target, "/run/secrets/key");
		assert_int_equal(mount->mode, 0400);
		assert_true(mount->readonly && !mount->mapped);
		assert_int_equal(fcntl(mount->fd, F_GET_SEALS) & seals, seals);
		assert_int_equal(fcntl(mount->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
		assert_int_equal(pwrite(mount->fd, "y", 1, 0), -1);
		assert_int_equal(fstat(mount->fd, &st), 0);
		close(mount->fd);
	} else {
		assert_int_equal(job.nmounts, 0);
	}
	job_free(&job);
	return st.st_size;
}

static void
files(void **state)
{
	struct err err;

	(void)state;
	make("small", 7);
	make("none", 0);
	make("largest", JOB_SECRET_MAX);
	make("large", JOB_SECRET_MAX + 1);
	assert_int_equal(symlink("small", "link"), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_int_equal(symlink("fifo", "fifolink"), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(add("small", &err), 7);
	assert_int_equal(add("link", &err), 7);
	assert_int_equal(add("none", &err), 0);
	assert_int_equal(add("largest", &err), JOB_SECRET_MAX);
	/* a regular file without a size */
	assert_true(add("/proc/self/status", &err) > 0);
	assert_int_equal(add("large", &err), -1);
	assert_string_equal(err.why, "a secret has at most 512 KiB");
	assert_int_equal(err.code, ERR_USAGE);
	for (const char *const *name =
		 (const char *[]){ "fifo", "fifolink", ".", "/dev/zero", "/dev/null", NULL };
	     *name != NULL; name++) {
		alarm(60);
		assert_int_equal(add(*name, &err), -1);
		alarm(0);
		assert_non_null(strstr(err.what, "is no regular file"));
	}
	for (const char *const *name = (const char *[]){ "absent", "loop", "", "small/x", NULL };
	     *name != NULL; name++) {
		assert_int_equal(add(*name, &err), -1);
		assert_non_null(strstr(err.what, "cannot open"));
	}
}

/* As all that is mounted. */
static void
jobs(void **state)
{
	struct secret secret = { .name = "key", .source = "small", .target = "/a//./b" };
	static const struct {
		const char *name;
		const char *target;
	} wrong[] = { { "key", NULL }, { "", "/x" }, { "a/b", NULL }, { "../x", NULL },
		{ "x", "x" }, { "x", "/" }, { "x", "/proc/x" }, { "x", "/a/../b" },
		{ "x", "/sys" } };
	struct job job;
	struct err err;

	(void)state;
	job_init(&job);
	secret.owned = true;
	secret.uid = 7;
	secret.gid = 8;
	secret.mode = 0444;
	assert_int_equal(secret_add(&job, &secret, &err), 0);
	assert_string_equal(job.mounts[0].target, "/a/b");
	assert_true(job.mounts[0].mapped && job.mounts[0].uid == 7 && job.mounts[0].gid == 8);
	assert_int_equal(job.mounts[0].mode, 0444);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		secret.name = wrong[i].name;
		secret.target = wrong[i].target;
		if (secret_add(&job, &secret, &err) == 0)
			fail_msg("%s %s", wrong[i].name, wrong[i].target);
		assert_int_equal(err.code, ERR_USAGE);
		assert_int_equal(job.nmounts, 1);
	}
	secret.name = "other";
	secret.target = NULL;
	assert_int_equal(secret_add(&job, &secret, &err), 0);
	for (size_t i = 0; i < job.nmounts; i++)
		close(job.mounts[i].fd);
	job_free(&job);
}

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(base) == NULL || chdir(base) == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "small", "none", "largest", "large", "link", "loop",
		"fifolink", "fifo" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(names[i]);
	return chdir("/") == -1 || rmdir(base) == -1 ? -1 : 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(wrong_words),
		cmocka_unit_test(files),
		cmocka_unit_test(jobs),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
