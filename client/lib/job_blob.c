/* SPDX-License-Identifier: ISC */
/*
 * Arguments and environment as a sealed memfd: see job_blob.h.
 * TRUST: shared, reads hostile input
 * INPUT: a descriptor from any client
 * MUST: as in job_blob.h
 */
#include "client/lib/job_blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"

#define HEAD_WORDS 4U
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

static size_t
words_size(const struct job_words *words)
{
	size_t size = 0;

	for (size_t i = 0; i < words->n; i++)
		size += strlen(words->v[i]) + 1;
	return size;
}

static char *
put_words(char *to, const struct job_words *words)
{
	for (size_t i = 0; i < words->n; i++)
		to = stpcpy(to, words->v[i]) + 1;
	return to;
}

int
job_blob_write(const struct job_run *run, struct err *err)
{
	const uint32_t head[HEAD_WORDS] = { JOB_BLOB_MAGIC, JOB_BLOB_VERSION, (uint32_t)run->args.n,
		(uint32_t)run->env.n };
	size_t size = sizeof(head) + words_size(&run->args) + words_size(&run->env);
	int AUTO_CLOSE fd = -1;
	char *blob;
	int ret;

	if (size > JOB_BLOB_MAX)
		return err_set(err, ERR_USAGE, "command and environment are too long");
	fd = io_memfd("berth-job");
	blob = malloc(size);
	if (fd == -1 || blob == NULL) {
		free(blob);
		return err_sys(err, "the job cannot be described");
	}
	memcpy(blob, head, sizeof(head));
	put_words(put_words(blob + sizeof(head), &run->args), &run->env);
	ret = io_write_all(fd, blob, size);
	explicit_bzero(blob, size);
	free(blob);
	if (ret == -1 || fcntl(fd, F_ADD_SEALS, SEALS) == -1)
		return err_sys(err, "the job cannot be described");
	ret = fd;
	fd = -1;
	return ret;
}

/* The next n strings of the text from *at on. */
static int
take_words(char **at, const char *end, size_t n, struct job_words *words, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		char *nul = *at < end ? memchr(*at, '\0', (size_t)(end - *at)) : NULL;

		if (nul == NULL)
			return err_set(err, ERR_USAGE, "the blob is too short");
		if (job_add_word(words, *at, err) == -1)
			return -1;
		*at = nul + 1;
	}
	return 0;
}

static int
parse(char *blob, size_t size, struct job_run *run, struct err *err)
{
	uint32_t head[HEAD_WORDS];
	char *at = blob + sizeof(head);

	memcpy(head, blob, sizeof(head));
	if (head[0] != JOB_BLOB_MAGIC || head[1] != JOB_BLOB_VERSION)
		return err_set(err, ERR_USAGE, "the blob is of another version");
	if (head[2] > JOB_STRINGS_MAX || head[3] > JOB_STRINGS_MAX)
		return err_set(err, ERR_USAGE, "the blob has too many strings");
	if (take_words(&at, blob + size, head[2], &run->args, err) == -1 ||
	    take_words(&at, blob + size, head[3], &run->env, err) == -1)
		return -1;
	if (at != blob + size)
		return err_set(err, ERR_USAGE, "the blob goes on behind its end");
	return 0;
}

int
job_blob_read(int fd, struct job_run *run, struct err *err)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	size_t size;
	char *blob;
	int ret;

	/* only a memfd has seals: from here on fd is one, and reading it does not block */
	if (seals == -1 || (seals & SEALS) != SEALS || fstat(fd, &st) == -1)
		return err_set(err, ERR_USAGE, "the blob is not a sealed memfd");
	if (st.st_size < (off_t)(HEAD_WORDS * sizeof(uint32_t)) || st.st_size > JOB_BLOB_MAX)
		return err_set(err, ERR_USAGE, "the blob is too short or too long");
	size = (size_t)st.st_size;
	blob = malloc(size);
	if (blob == NULL)
		return err_sys(err, "memory is short");
	if (pread(fd, blob, size, 0) == (ssize_t)size)
		ret = parse(blob, size, run, err);
	else
		ret = err_sys(err, "the blob cannot be read");
	explicit_bzero(blob, size);
	free(blob);
	return ret;
}
