/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: arguments and environment of a job, which a client hands over in a memfd, and the
 * environment that the engine makes of them. The first byte of an input says what the descriptor is
 * and which seals it has, the rest is what is in it.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when something is taken that somebody could still change or that is no memfd; when what
 *       was read, written out again, is not byte by byte what came; when the environment is not the
 *       last value of each name, judged by code of its own.
 */
#define FUZZ_NAME "fuzz_engine_blob"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sanitizer/lsan_interface.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/engine/job/environ.h"
#include "client/lib/job.h"
#include "client/lib/job_blob.h"

#define NEEDED (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

enum kind {
	KIND_MEMFD = 0, /* with the seals of the low four bits */
	KIND_PIPE,
	KIND_SOCKET,
	KIND_HUGE /* a memfd with all seals, larger than a blob may be */
};

static int
make_memfd(const uint8_t *data, size_t size, int seals)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size, "there is a memfd");
	must(fcntl(fd, F_ADD_SEALS, seals) == 0, "it is sealed");
	return (fd);
}

static int
make(enum kind kind, int seals, const uint8_t *data, size_t size)
{
	int ends[2];

	switch (kind) {
	case KIND_PIPE:
		must(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0, "there is a pipe");
		(void)!write(ends[1], data, size);
		close(ends[1]);
		return (ends[0]);
	case KIND_SOCKET:
		must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0,
		    "there is a socket");
		close(ends[1]);
		return (ends[0]);
	case KIND_HUGE:
		ends[0] = make_memfd(data, size, 0);
		must(ftruncate(ends[0], (off_t)JOB_BLOB_MAX + 1 + seals) == 0 &&
			 fcntl(ends[0], F_ADD_SEALS, NEEDED) == 0,
		    "it has its size");
		return (ends[0]);
	case KIND_MEMFD:
		break;
	}
	return (make_memfd(data, size, seals));
}

/* One form, and no other, for what it says. */
static void
check_again(const struct job *job, const uint8_t *data, size_t size)
{
	struct err err;
	char *again = malloc(size + 1);
	int fd = job_blob_write(&job->run, &err);

	must(fd >= 0 && again != NULL, "what was read can be written");
	must(pread(fd, again, size + 1, 0) == (ssize_t)size && memcmp(again, data, size) == 0,
	    "what is written is what came");
	must((fcntl(fd, F_GET_SEALS) & NEEDED) == NEEDED, "and nobody changes it");
	close(fd);
	free(again);
}

static bool
same_name(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return (
	    strncmp(a, b, len) == 0 && (b[len] == '=' || b[len] == '\0') && strcspn(b, "=") == len);
}

static bool
is_of(const char *text, const struct job_words *words)
{
	for (size_t i = 0; i < words->n; i++) {
		if (strcmp(words->v[i], text) == 0)
			return (true);
	}
	return (false);
}

/* Each name once; what was given last holds; what was not given is one of the three. */
static void
check_environment(const struct job *job)
{
	static const char *const three[] = { "PATH", "HOME", "HOSTNAME" };
	char **env;
	size_t n = 0;

	/* execve(2) is behind it: what was overridden need not be freed. */
	__lsan_disable();
	env = environ_build(&job->run.env, "/home", "host");
	__lsan_enable();
	must(env != NULL, "there is an environment");
	for (; env[n] != NULL; n++) {
		bool own = strcmp(env[n], "HOME=/home") == 0 ||
			   strcmp(env[n], "HOSTNAME=host") == 0 ||
			   strncmp(env[n], "PATH=/usr/local/sbin:", 21) == 0;

		must(own || is_of(env[n], &job->run.env), "no variable comes from nowhere");
	}
	for (size_t i = 0; n <= 64 && i < n; i++) {
		for (size_t j = i + 1; j < n; j++)
			must(!same_name(env[i], env[j]), "a name stands once");
	}
	for (size_t i = job->run.env.n; n <= 64 && i > 0; i--) {
		const char *given = job->run.env.v[i - 1];
		size_t later = i;

		while (later < job->run.env.n && !same_name(given, job->run.env.v[later]))
			later++;
		for (size_t j = 0; later == job->run.env.n && j < n; j++)
			must(!same_name(given, env[j]) || strcmp(given, env[j]) == 0,
			    "the last value holds");
	}
	for (size_t i = 0; n <= 64 && i < 3; i++) {
		size_t j = 0;

		while (j < n && !same_name(three[i], env[j]))
			j++;
		must(j < n, "the three are there");
	}
	free(env);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	uint8_t what = take_byte(&input);
	int seals = what & 0xf, fd = make((what >> 4) & 3, seals, input.at, input.left);
	struct err err = { 0 };
	struct job job;

	job_init(&job);
	if (job_blob_read(fd, &job.run, &err) == 0) {
		must(((what >> 4) & 3) == KIND_MEMFD && (seals & NEEDED) == NEEDED,
		    "only what nobody can change is taken");
		must(input.left <= JOB_BLOB_MAX && job.run.args.n <= JOB_STRINGS_MAX &&
			 job.run.env.n <= JOB_STRINGS_MAX,
		    "it has its limits");
		check_again(&job, input.at, input.left);
		if (job.run.env.n < 2048)
			check_environment(&job);
	} else {
		must(err.code == ERR_USAGE && is_printable(err.what), "an error says what");
	}
	job_free(&job);
	close(fd);
	return (0);
}
