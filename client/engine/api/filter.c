/* SPDX-License-Identifier: ISC */
/*
 * What is pruned: see filter.h.
 * TRUST: unprivileged
 * INPUT: as in filter.h
 * MUST: as in filter.h
 */
#include "client/engine/api/filter.h"

#include <json-c/json.h>
#include <string.h>

#include "client/engine/job/record.h"
#include "client/lib/json.h"

#define SECONDS_MAX INT64_C(1000000000000)

static int
store_until(void *out, struct json_object *value, struct err *err)
{
	if (json_integer(value, 0, SECONDS_MAX, &((struct filter *)out)->until) == -1)
		return err_set(err, ERR_USAGE, "not a number of seconds");
	return 0;
}

static int
store_labels(void *out, struct json_object *value, struct err *err)
{
	if (!json_object_is_type(value, json_type_array) ||
	    json_object_array_length(value) > JOB_WORDS_MAX)
		return err_set(err, ERR_USAGE, "not a list of at most %u texts", JOB_WORDS_MAX);
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		const char *text = json_string(json_object_array_get_idx(value, i));

		if (text == NULL || *text == '\0')
			return err_set(err, ERR_USAGE, "not a list of labels");
		if (job_add_word(&((struct filter *)out)->labels, text, err) == -1)
			return -1;
	}
	return 0;
}

int
filter_store(void *out, struct json_object *value, struct err *err)
{
	static const struct json_field fields[] = {
		{ "until", store_until, false },
		{ "labels", store_labels, false },
		{ NULL, NULL, false },
	};

	return json_fields(value, fields, out, err);
}

void
filter_free(struct filter *filter)
{
	job_words_free(&filter->labels);
}

static bool
has_label(const struct job_words *labels, const char *wanted)
{
	size_t len = strlen(wanted);
	bool with_value = strchr(wanted, '=') != NULL;

	for (size_t i = 0; i < labels->n; i++) {
		const char *label = labels->v[i];

		if (strncmp(label, wanted, len) == 0 && label[len] == (with_value ? '\0' : '='))
			return true;
	}
	return false;
}

bool
filter_matches(const struct filter *filter, int64_t created, const struct job_words *labels)
{
	if (filter->until >= 0 && record_now() - created < filter->until * 1000)
		return false;
	for (size_t i = 0; i < filter->labels.n; i++)
		if (!has_label(labels, filter->labels.v[i]))
			return false;
	return true;
}
