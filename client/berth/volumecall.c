/* SPDX-License-Identifier: ISC */
/*
 * Calls about volumes. Contract in volumecall.h.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; what the engine answers
 * MUST: as volumecall.h says
 */
#include "client/berth/volumecall.h"

#include <string.h>

#include <json-c/json.h>

#include "client/berth/jobcall.h"
#include "client/berth/jobview.h"
#include "client/lib/json.h"

static int
wrong_filter(const char *value, struct err *err)
{
	err_set(err, ERR_USAGE, "--filter=%s: no such filter", value);
	return (err_why(err, "known are name=, label=NAME[=VALUE] and dangling=true or false"));
}

/* Puts it behind the others. */
static int
add(const char **list, size_t *n, const char *value, struct err *err)
{
	if (*n == VOLUME_FILTERS_MAX)
		return (
		    err_set(err, ERR_USAGE, "more than %d filters of a kind", VOLUME_FILTERS_MAX));
	list[(*n)++] = value;
	return (0);
}

int
volume_filter_add(struct volume_filter *filter, const char *value, struct err *err)
{
	const char *text = strchr(value, '=');
	bool on;

	if (text == NULL || text[1] == '\0' || !json_is_utf8(value))
		return (wrong_filter(value, err));
	text++;
	if (strncmp(value, "name=", 5) == 0)
		return (add(filter->names, &filter->nnames, text, err));
	if (strncmp(value, "label=", 6) == 0)
		return (add(filter->labels, &filter->nlabels, text, err));
	if (strncmp(value, "dangling=", 9) != 0)
		return (wrong_filter(value, err));
	if (!flag_on(text, &on))
		return (wrong_filter(value, err));
	filter->dangling = on ? FLAG_YES : FLAG_NO;
	return (0);
}

bool
volume_filter_takes(const struct volume_filter *filter, struct json_object *volume)
{
	const char *name = json_text(volume, "name");
	bool used = json_object_get_boolean(json_object_object_get(volume, "used")) != 0;
	bool named = filter->nnames == 0;

	if (name == NULL || (filter->dangling == FLAG_YES && used) ||
	    (filter->dangling == FLAG_NO && !used))
		return (false);
	for (size_t i = 0; !named && i < filter->nnames; i++)
		named = strstr(name, filter->names[i]) != NULL;
	for (size_t i = 0; named && i < filter->nlabels; i++)
		named = jobview_has_label(volume, filter->labels[i]);
	return (named);
}

static const struct job_all all_volumes = { "ListVolumes", "volume" };

int
volume_list(struct cli *cli, struct json_object **list, struct err *err)
{
	return (job_all(cli, &all_volumes, list, err));
}

int
volume_list_running(struct cli *cli, struct json_object **list)
{
	return (job_all_running(cli, &all_volumes, list));
}
