/* SPDX-License-Identifier: ISC */
/*
 * What fuzz targets share: how one says that something is broken, and how it takes its input apart.
 * A target defines FUZZ_NAME before it includes this.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: let no target go on after it found something wrong.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, FUZZ_NAME ": broken: %s\n", what);
	abort();
}

/* What is printed must not do anything to a terminal. */
static inline bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text > 0x7e)
			return (false);
	}
	return (true);
}

#define FDS_MAX 512

/* How many of the first descriptors are open, with one system call. */
static inline size_t
count_fds(void)
{
	static struct pollfd fds[FDS_MAX];
	size_t n = 0;

	for (int i = 0; i < FDS_MAX; i++)
		fds[i] = (struct pollfd){ .fd = i };
	(void)!poll(fds, FDS_MAX, 0);
	for (int i = 0; i < FDS_MAX; i++)
		n += (fds[i].revents & POLLNVAL) == 0;
	return (n);
}

/* The rest of an input. Past its end all bytes are 0. */
struct input {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t
take_byte(struct input *input)
{
	if (input->left == 0)
		return (0);
	input->left--;
	return (*input->at++);
}

/* The bytes up to the next end (which is taken as well) as a text of its own, so that one byte too
 * far is found; free(3) it. NULL when nothing is left. */
static inline char *
take_text(struct input *input, char end)
{
	const uint8_t *stop = input->left > 0 ? memchr(input->at, end, input->left) : NULL;
	size_t len = stop != NULL ? (size_t)(stop - input->at) : input->left;
	char *text;

	if (input->left == 0)
		return (NULL);
	text = malloc(len + 1);
	must(text != NULL, "there is memory");
	memcpy(text, input->at, len);
	text[len] = '\0';
	input->at += len + (stop != NULL);
	input->left -= len + (stop != NULL);
	return (text);
}

#endif
