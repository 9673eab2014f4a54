/* SPDX-License-Identifier: ISC */
/*
 * A job as the engine tells of it. Contract in jobview.h.
 * TRUST: shared, reads hostile input
 * INPUT: what the engine answers
 * MUST: as jobview.h says
 */
#include "client/berth/jobview.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "client/berth/moment.h"
#include "client/berth/quantity.h"
#include "client/lib/json.h"

/* So that no difference of two times overflows; the year 100,000 is before it. */
#define TIME_MAX (INT64_C(1) << 52)

static const char *
text_of(struct json_object *object, const char *key)
{
	const char *text = json_text(object, key);

	return (text != NULL ? text : "");
}

static int64_t
time_of(struct json_object *object, const char *key)
{
	int64_t time = json_number(object, key, 0);

	return (time > 0 && time < TIME_MAX ? time : 0);
}

void
jobview_read(struct json_object *object, struct jobview *view)
{
	*view = (struct jobview){ .object = object,
		.id = text_of(object, "id"),
		.name = text_of(object, "name"),
		.image = text_of(object, "image"),
		.state = text_of(object, "state"),
		.created = time_of(object, "created"),
		.started = time_of(object, "started"),
		.finished = time_of(object, "finished"),
		.status = json_number(object, "status", 0) };
}

bool
jobview_is(const struct jobview *view, const char *state)
{
	return (strcmp(view->state, state) == 0);
}

void
jobview_status(const struct jobview *view, int64_t now, char *buf, size_t len)
{
	int64_t since = jobview_is(view, "running") ? view->started : view->finished;
	char ago[64];

	quantity_time(now - (since > 0 ? since : view->created), ago, sizeof(ago));
	if (jobview_is(view, "running"))
		snprintf(buf, len, "Up %s", ago);
	else if (jobview_is(view, "restarting"))
		snprintf(buf, len, "Restarting (%" PRId64 ") %s ago", view->status, ago);
	else if (jobview_is(view, "exited"))
		snprintf(buf, len, "Exited (%" PRId64 ") %s ago", view->status, ago);
	else if (jobview_is(view, "created"))
		snprintf(buf, len, "Created");
	else
		snprintf(buf, len, "%s", view->state);
}

char *
jobview_command(const struct jobview *view)
{
	struct json_object *list;
	char *text = NULL;
	size_t len = 0, count = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return (NULL);
	if (json_object_object_get_ex(view->object, "command", &list) &&
	    json_object_is_type(list, json_type_array))
		count = json_object_array_length(list);
	for (size_t i = 0; i < count; i++) {
		const char *word = json_string(json_object_array_get_idx(list, i));

		fprintf(out, "%s%s", i > 0 ? " " : "", word != NULL ? word : "");
	}
	if (fclose(out) != 0) {
		free(text);
		return (NULL);
	}
	return (text);
}

static const char *
find_label(struct json_object *object, const char *name)
{
	struct json_object *labels;

	if (!json_object_object_get_ex(object, "labels", &labels) ||
	    !json_object_is_type(labels, json_type_object))
		return (NULL);
	return (json_text(labels, name));
}

const char *
jobview_label(const struct jobview *view, const char *name)
{
	return (find_label(view->object, name));
}

bool
jobview_has_label(struct json_object *object, const char *term)
{
	const char *equals = strchr(term, '='), *value;
	char *name = strndup(term, strcspn(term, "="));

	value = name != NULL ? find_label(object, name) : NULL;
	free(name);
	return (value != NULL && (equals == NULL || strcmp(value, equals + 1) == 0));
}

bool
jobview_named(const struct jobview *view, const char *word)
{
	return (word[0] != '\0' &&
		(strcmp(view->name, word) == 0 || strncmp(view->id, word, strlen(word)) == 0));
}

int64_t
jobview_now(void)
{
	return (moment_now() / (MOMENT_SECOND / 1000));
}
