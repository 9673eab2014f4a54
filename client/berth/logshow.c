/* SPDX-License-Identifier: ISC */
/*
 * Records of a log as berth logs prints them. Contract in logshow.h.
 * TRUST: unprivileged
 * INPUT: records of a log, which its user can edit; what a job wrote
 * MUST: as logshow.h says
 */
#include "client/berth/logshow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/ascii.h"
#include "client/lib/json.h"

struct logshow_held {
	struct logshow_held *next;
	enum log_stream stream;
	bool whole;
	bool begins; /* a line */
	size_t stamp_len, len;
	char bytes[]; /* the stamp, then the text */
};

/* A byte that is part of no text, in the way of err_escape. */
static void
put_byte(FILE *out, unsigned char byte)
{
	fprintf(out, "\\x%02x", byte);
}

/*
 * The text as a JSON string: what is not UTF-8, or has a NUL, is escaped byte by byte, as it is where
 * berth makes JSON of other bytes. NULL: memory is short.
 */
static struct json_object *
json_bytes(const char *bytes, size_t len)
{
	struct json_object *object = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	char *copy = malloc(len + 1);

	if (out == NULL || copy == NULL) {
		free(copy);
		if (out != NULL)
			fclose(out);
		free(text);
		return (NULL);
	}
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	if (memchr(bytes, '\0', len) == NULL && json_is_utf8(copy))
		fwrite(bytes, 1, len, out);
	else {
		for (size_t i = 0; i < len; i++) {
			if (bytes[i] >= ' ' && bytes[i] <= '~' && bytes[i] != '\\')
				fputc(bytes[i], out);
			else if (bytes[i] == '\n' && i + 1 == len)
				fputc(bytes[i], out);
			else
				put_byte(out, (unsigned char)bytes[i]);
		}
	}
	free(copy);
	if (fclose(out) == 0)
		object = json_object_new_string_len(text, (int)size);
	free(text);
	return (object);
}

static void
print_json(const struct logshow_held *held)
{
	struct json_object *object = json_object_new_object();
	char *text;

	json_object_object_add(
	    object, "time", json_object_new_string_len(held->bytes, (int)held->stamp_len));
	json_object_object_add(object, "stream",
	    json_object_new_string(held->stream == LOG_STDERR ? "stderr" : "stdout"));
	json_object_object_add(
	    object, "text", json_bytes(held->bytes + held->stamp_len, held->len));
	json_object_object_add(object, "whole", json_object_new_boolean(held->whole));
	text = ascii_json(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text != NULL)
		printf("%s\n", text);
	json_object_put(object);
	free(text);
}

static void
print_one(struct logshow *show, const struct logshow_held *held)
{
	FILE *out = held->stream == LOG_STDERR ? stderr : stdout;

	if (show->json) {
		print_json(held);
		return;
	}
	/* Both may be one terminal: what came first is there first. */
	if (show->shown == LOG_STDOUT && held->stream != LOG_STDOUT)
		fflush(stdout);
	show->shown = held->stream;
	if (show->stamps && held->begins) {
		fwrite(held->bytes, 1, held->stamp_len, out);
		fputc(' ', out);
	}
	fwrite(held->bytes + held->stamp_len, 1, held->len, out);
}

static void
drop_first(struct logshow *show)
{
	struct logshow_held *held = show->first;

	show->first = held->next;
	if (show->first == NULL)
		show->last = NULL;
	show->lines -= held->begins;
	free(held);
}

static void
hold(struct logshow *show, struct logshow_held *held)
{
	if (show->last != NULL)
		show->last->next = held;
	else
		show->first = held;
	show->last = held;
	show->lines += held->begins;
	/* A line goes with all that there is of it. */
	while (show->first != NULL &&
	       (show->lines > show->tail || (!show->first->begins && show->lines == show->tail)))
		drop_first(show);
}

/* NULL: memory is short. */
static struct logshow_held *
copy(struct logshow *show, const struct log_record *record)
{
	struct logshow_held *held = malloc(sizeof(*held) + record->stamp_len + record->len);

	if (held == NULL)
		return (NULL);
	*held = (struct logshow_held){ .stream = record->stream,
		.whole = record->whole,
		.begins = !show->within[record->stream],
		.stamp_len = record->stamp_len,
		.len = record->len };
	memcpy(held->bytes, record->stamp, record->stamp_len);
	memcpy(held->bytes + record->stamp_len, record->text, record->len);
	return (held);
}

int
logshow_take(struct logshow *show, const struct log_record *record)
{
	struct logshow_held *held;

	if (record->time < show->since || record->time > show->until)
		return (0);
	if ((held = copy(show, record)) == NULL)
		return (-1);
	show->within[record->stream] = !record->whole;
	if (show->tail >= 0)
		hold(show, held);
	else {
		print_one(show, held);
		free(held);
	}
	return (0);
}

void
logshow_flush(struct logshow *show)
{
	while (show->first != NULL) {
		print_one(show, show->first);
		drop_first(show);
	}
	show->tail = -1;
}

void
logshow_free(struct logshow *show)
{
	while (show->first != NULL)
		drop_first(show);
}
