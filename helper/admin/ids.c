/* SPDX-License-Identifier: ISC */
/*
 * /etc/berth/ids. Contract in ids.h.
 * TRUST: privileged
 * INPUT: the file (root's, but maybe damaged)
 * MUST: as ids.h says. Appended to, not replaced: chattr +a may protect it.
 */
#include "helper/admin/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/policy.h"
#include "helper/admin/trust.h"

#define IDS_FILE POLICY_DIR "/ids"
#define IDS_FILE_MAX (64UL << 20)

static const char header[] =
    "; Every id range and reserved id that berth ever gave, and to which uid.\n"
    "; Lines are only added, also when a grant ends: files with these ids\n"
    "; can outlive it. Do not remove any.\n";

static const struct {
	const char *word;
	enum ids_kind kind;
	int numbers;
} kinds[] = {
	{ "subuid", IDS_SUBUID, 3 },
	{ "subgid", IDS_SUBGID, 3 },
	{ "owner", IDS_OWNER, 2 },
	{ "watch", IDS_WATCH, 2 },
};

#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Cuts line at single blanks. The number of words, at most cap; cap + 1 when there are more. */
static size_t
split(char *line, char **words, size_t cap)
{
	size_t n = 0;

	for (;;) {
		char *blank = strchr(line, ' ');

		if (n == cap)
			return (cap + 1);
		words[n++] = line;
		if (blank == NULL)
			return (n);
		*blank = '\0';
		line = blank + 1;
	}
}

static int
fill_entry(size_t kind, char *const *words, struct ids_entry *entry)
{
	const struct id_range *range = &entry->range;

	entry->kind = kinds[kind].kind;
	entry->range.count = 1;
	if (id_parse(words[1], &entry->uid) < 0 || id_parse(words[2], &entry->range.start) < 0)
		return (-1);
	if (kinds[kind].numbers == 2)
		return (0);
	if (id_parse(words[3], &entry->range.count) < 0)
		return (-1);
	return (range->count == 0 || range->count - 1 > ID_MAX - range->start ? -1 : 0);
}

static int
parse_line(char *line, struct ids_entry *entry)
{
	char *words[4] = { NULL };
	size_t n = split(line, words, 4);

	for (size_t i = 0; i < NKINDS; i++) {
		if (strcmp(words[0], kinds[i].word) == 0)
			return (
			    n == (size_t)kinds[i].numbers + 1 ? fill_entry(i, words, entry) : -1);
	}
	return (-1);
}

int
ids_add(struct ids *ids, const struct ids_entry *entry, struct err *err)
{
	if (ids->n == ids->cap) {
		size_t cap = ids->cap == 0 ? 64 : ids->cap * 2;
		struct ids_entry *grown = reallocarray(ids->entries, cap, sizeof(*grown));

		if (grown == NULL)
			return (err_sys(err, "cannot read " IDS_FILE));
		ids->entries = grown;
		ids->cap = cap;
	}
	ids->entries[ids->n++] = *entry;
	return (0);
}

static int
malformed(unsigned int number, const char *why, struct err *err)
{
	err_set(err, ERR_CONFIG, IDS_FILE ":%u: %s", number, why);
	err_why(err, "as long as it is not known what was given, nothing is given");
	return (err_todo(err, "mend that line by hand; the format stands in berth-admin(8)"));
}

int
ids_parse(char *text, size_t len, struct ids *ids, struct err *err)
{
	char *end = text + len;

	*ids = (struct ids){ 0 };
	for (unsigned int number = 1; text < end; number++) {
		char *newline = memchr(text, '\n', (size_t)(end - text));
		struct ids_entry entry = { .line = number };

		if (newline == NULL)
			return (malformed(number, "the last line is cut off", err));
		*newline = '\0';
		if (strlen(text) != (size_t)(newline - text))
			return (malformed(number, "there is a NUL in it", err));
		if (*text != '\0' && *text != ';') {
			if (parse_line(text, &entry) < 0)
				return (malformed(number, "not a line of this file", err));
			if (ids_add(ids, &entry, err) < 0)
				return (-1);
		}
		text = newline + 1;
	}
	return (0);
}

int
ids_load(int dirfd, struct ids *ids, struct err *err)
{
	struct trust_file file = { .shown = IDS_FILE, .cap = IDS_FILE_MAX };
	int rc;

	*ids = (struct ids){ 0 };
	rc = dirfd < 0 ? 0 : trust_read(dirfd, "ids", &file, err);
	if (rc <= 0)
		return (rc);
	rc = ids_parse(file.text, file.len, ids, err);
	free(file.text);
	return (rc);
}

void
ids_free(struct ids *ids)
{
	free(ids->entries);
	*ids = (struct ids){ 0 };
}

const struct ids_entry *
ids_find(const struct ids *ids, enum ids_kind kind, uint32_t uid)
{
	for (size_t i = 0; i < ids->n; i++) {
		if (ids->entries[i].kind == kind && ids->entries[i].uid == uid)
			return (&ids->entries[i]);
	}
	return (NULL);
}

static int
put_entry(FILE *out, const struct ids_entry *entry)
{
	for (size_t i = 0; i < NKINDS; i++) {
		if (kinds[i].kind != entry->kind)
			continue;
		if (kinds[i].numbers == 2)
			return (fprintf(
			    out, "%s %u %u\n", kinds[i].word, entry->uid, entry->range.start));
		return (fprintf(out, "%s %u %u %u\n", kinds[i].word, entry->uid, entry->range.start,
		    entry->range.count));
	}
	return (-1);
}

/* All of text or nothing of it: half a line would be refused for ever after. */
static int
append(int fd, const char *text, size_t len)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return (-1);
	if (st.st_size == 0 && (fchown(fd, 0, 0) < 0 || fchmod(fd, 0644) < 0 ||
				   io_write_all(fd, header, sizeof(header) - 1) < 0))
		return (-1);
	if (io_write_all(fd, text, len) == 0 && fsync(fd) == 0)
		return (0);
	int saved = errno;
	if (ftruncate(fd, st.st_size) < 0)
		errno = saved;
	errno = saved;
	return (-1);
}

int
ids_record(int dirfd, const struct ids *ids, size_t first, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	int rc;

	if (first == ids->n)
		return (0);
	fd = openat(dirfd, "ids",
	    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	out = fd >= 0 ? open_memstream(&text, &len) : NULL;
	if (out == NULL)
		return (err_sys(err, "cannot write " IDS_FILE));
	for (size_t i = first; i < ids->n; i++)
		put_entry(out, &ids->entries[i]);
	rc = fclose(out) == 0 ? append(fd, text, len) : -1;
	if (rc < 0)
		err_sys(err, "cannot write " IDS_FILE);
	free(text);
	return (rc);
}
