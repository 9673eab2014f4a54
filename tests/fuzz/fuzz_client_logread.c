/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: a job's log as its user may have changed it. An input is a number and the bytes of the
 * files: as many as the number says are there when the reader opens the log, the rest comes later.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a record is read that is no line of the log, one behind another, or when it matters
 *       for what is read when the bytes came.
 */
#define FUZZ_NAME "fuzz_client_logread"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/berth/logread.h"

static char path[] = "/tmp/fuzz_logread.XXXXXX";
static int dir = -1;

static void
clean_up(void)
{
	(void)!unlinkat(dir, "log", 0);
	(void)!rmdir(path);
}

static void
put(const uint8_t *data, size_t size, int flags)
{
	int fd = openat(dir, "log", O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size, "the log can be written");
	close(fd);
}

/* All that the log says, record by record. */
struct heard {
	char *text;
	size_t len;
	const uint8_t *at; /* of the input: behind the last record */
};

/* The record is what stands in a line behind the last one. */
static void
check(struct heard *heard, const struct log_record *record, const uint8_t *end)
{
	size_t newline = record->whole ? 0 : 1;
	const uint8_t *line = heard->at, *stop;
	size_t len = record->stamp_len + sizeof(" stdout F ") - 1 + record->len + newline;

	must(record->stream == LOG_STDOUT || record->stream == LOG_STDERR, "a record has a stream");
	must(record->whole == (record->len > 0 && record->text[record->len - 1] == '\n'),
	    "a line is whole that ends");
	for (;; line = stop + 1) {
		stop = memchr(line, '\n', (size_t)(end - line));
		must(stop != NULL, "a record is a line");
		if ((size_t)(stop + 1 - line) == len &&
		    memcmp(line, record->stamp, record->stamp_len) == 0 &&
		    memcmp(stop + 1 - newline - record->len, record->text, record->len) == 0)
			break;
	}
	heard->at = stop + 1;
}

static void
hear(struct logread *log, struct heard *heard, const uint8_t *end)
{
	struct log_record record;
	int rc;

	while ((rc = logread_next(log, &record)) == 1) {
		if (end != NULL)
			check(heard, &record, end);
		heard->text[heard->len++] = (char)record.stream;
		memcpy(heard->text + heard->len, record.text, record.len);
		heard->len += record.len;
	}
	must(rc == 0, "a file can be read");
}

static void
read_in_two(const uint8_t *data, size_t size, size_t first, struct heard *heard)
{
	struct logread log;
	struct err err;

	heard->text = malloc(2 * size + 1);
	must(heard->text != NULL, "there is memory");
	heard->len = 0;
	heard->at = data;
	put(data, first, O_TRUNC);
	must(logread_open(&log, dir, &err) == 0, "a log can be opened");
	hear(&log, heard, data + size);
	put(data + first, size - first, O_APPEND);
	hear(&log, heard, data + size);
	logread_close(&log);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard once, twice;
	size_t first;

	if (size < 2)
		return (0);
	if (dir < 0) {
		must(mkdtemp(path) != NULL, "there is a place for the log");
		dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		atexit(clean_up);
	}
	first = (size_t)(data[0] << 8 | data[1]) % (size - 1);
	read_in_two(data + 2, size - 2, size - 2, &once);
	read_in_two(data + 2, size - 2, first, &twice);
	must(once.len == twice.len && memcmp(once.text, twice.text, once.len) == 0,
	    "it is the same, whenever it came");
	free(once.text);
	free(twice.text);
	return (0);
}
