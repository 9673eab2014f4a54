/* SPDX-License-Identifier: ISC */
/*
 * Which jobs ps shows. Contract in jobfilter.h.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: as jobfilter.h says
 */
#include "client/berth/jobfilter.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

/* In the order of enum filter_key. */
const char *const jobfilter_keys[] = { "id", "name", "label", "status", "exited", "before", "since",
	NULL };
const char *const jobfilter_states[] = { "created", "running", "restarting", "exited", NULL };

static int
place_in(const char *const *words, const char *word, size_t len)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strlen(words[i]) == len && memcmp(words[i], word, len) == 0)
			return (i);
	}
	return (-1);
}

/* ERR_USAGE with the words that are known. */
static int
refuse(const char *text, const char *what, const char *const *words, struct err *err)
{
	char list[128] = "";

	for (; *words != NULL; words++) {
		strncat(list, *words, sizeof(list) - strlen(list) - 1);
		if (words[1] != NULL)
			strncat(list, ", ", sizeof(list) - strlen(list) - 1);
	}
	err_set(err, ERR_USAGE, "--filter=%s: %s", text, what);
	return (err_why(err, "known are: %s", list));
}

static int
store_exited(const char *text, const char *value, int64_t *number, struct err *err)
{
	char *end;
	long status;

	errno = 0;
	status = strtol(value, &end, 10);
	*number = status;
	if (value[0] >= '0' && value[0] <= '9' && *end == '\0' && errno == 0 && status <= 255)
		return (0);
	err_set(err, ERR_USAGE, "--filter=%s: not an exit status", text);
	return (err_why(err, "it is a number from 0 to 255"));
}

static int
judge_name(const char *text, const char *value, struct err *err)
{
	regex_t pattern;

	if (regcomp(&pattern, value, REG_EXTENDED | REG_NOSUB) != 0)
		return (err_set(err, ERR_USAGE, "--filter=%s: not a regular expression", text));
	regfree(&pattern);
	return (0);
}

int
jobfilter_add(struct jobfilter *filter, const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');
	size_t len = equals != NULL ? (size_t)(equals - text) : strlen(text);
	int key = place_in(jobfilter_keys, text, len), rc = 0;
	int64_t number = 0;

	if (key < 0)
		return (refuse(text, "no such key", jobfilter_keys, err));
	if (equals == NULL || equals[1] == '\0')
		return (err_set(err, ERR_USAGE, "--filter=%s: it needs a value", text));
	if (filter->count == JOBFILTER_MANY)
		return (err_set(err, ERR_USAGE, "more than %d times --filter", JOBFILTER_MANY));
	equals++;
	if (key + 1 == FILTER_STATUS && place_in(jobfilter_states, equals, strlen(equals)) < 0)
		rc = refuse(text, "no such state", jobfilter_states, err);
	else if (key + 1 == FILTER_EXITED)
		rc = store_exited(text, equals, &number, err);
	else if (key + 1 == FILTER_NAME)
		rc = judge_name(text, equals, err);
	filter->term[filter->count].key = (enum filter_key)(key + 1);
	filter->term[filter->count].value = equals;
	filter->term[filter->count].number = number;
	filter->count += rc == 0;
	return (rc);
}

bool
jobfilter_wants_state(const struct jobfilter *filter)
{
	for (size_t i = 0; i < filter->count; i++) {
		enum filter_key key = filter->term[i].key;

		if (key == FILTER_STATUS || key == FILTER_EXITED)
			return (true);
	}
	return (false);
}

/* When the job was made that word names; -1: there is none. A name comes before an id. */
static int64_t
made(struct json_object *list, const char *word)
{
	size_t count = json_object_array_length(list);
	struct jobview view;
	int64_t found = -1;

	for (size_t i = 0; i < count; i++) {
		jobview_read(json_object_array_get_idx(list, i), &view);
		if (strcmp(view.name, word) == 0)
			return (view.created);
		if (jobview_named(&view, word))
			found = view.created;
	}
	return (found);
}

int
jobfilter_resolve(struct jobfilter *filter, struct json_object *list, struct err *err)
{
	for (size_t i = 0; i < filter->count; i++) {
		if (filter->term[i].key != FILTER_BEFORE && filter->term[i].key != FILTER_SINCE)
			continue;
		filter->term[i].number = made(list, filter->term[i].value);
		if (filter->term[i].number >= 0)
			continue;
		err_set(err, ERR_FAILED, "no such job: %s", filter->term[i].value);
		return (err_todo(err, "berth ps -a  shows them"));
	}
	return (0);
}

static bool
matches(const char *value, const char *name)
{
	regex_t pattern;
	bool found;

	if (regcomp(&pattern, value, REG_EXTENDED | REG_NOSUB) != 0)
		return (false);
	found = regexec(&pattern, name, 0, NULL, 0) == 0;
	regfree(&pattern);
	return (found);
}

/* One term. */
static bool
holds(const struct jobfilter *filter, size_t i, const struct jobview *view)
{
	const char *value = filter->term[i].value;
	int64_t number = filter->term[i].number;

	switch (filter->term[i].key) {
	case FILTER_ID:
		return (strncmp(view->id, value, strlen(value)) == 0);
	case FILTER_NAME:
		return (matches(value, view->name));
	case FILTER_LABEL:
		return (jobview_has_label(view->object, value));
	case FILTER_STATUS:
		return (jobview_is(view, value));
	case FILTER_EXITED:
		return (jobview_is(view, "exited") && view->status == number);
	case FILTER_BEFORE:
		return (view->created < number);
	case FILTER_SINCE:
		return (view->created > number);
	case FILTER_INVALID:
		break;
	}
	return (false);
}

bool
jobfilter_takes(const struct jobfilter *filter, const struct jobview *view)
{
	unsigned int used = 0, held = 0;

	for (size_t i = 0; i < filter->count; i++) {
		unsigned int bit = 1U << filter->term[i].key;
		bool yes = holds(filter, i, view);

		if (filter->term[i].key == FILTER_LABEL && !yes)
			return (false);
		used |= bit;
		held |= yes ? bit : 0;
	}
	return (used == held);
}
