/* SPDX-License-Identifier: ISC */
/*
 * The environment of a job: see environ.h.
 * TRUST: unprivileged
 * INPUT: variables from the request
 * MUST: as in environ.h
 */
#include "client/engine/job/environ.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULTS 3
#define PATH_DEFAULT "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct variable {
	char *text;
	size_t name_len;
	size_t at; /* the order in which it was given */
};

static int
compare_names(const struct variable *a, const struct variable *b)
{
	size_t len = a->name_len < b->name_len ? a->name_len : b->name_len;
	int order = memcmp(a->text, b->text, len);

	if (order != 0 || a->name_len == b->name_len)
		return order;
	return a->name_len < b->name_len ? -1 : 1;
}

static int
by_name(const void *a, const void *b)
{
	const struct variable *x = a;
	const struct variable *y = b;
	int order = compare_names(x, y);

	return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static int
by_order(const void *a, const void *b)
{
	const struct variable *x = a;
	const struct variable *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* Leaves of each name the one that was given last, in the order they were given. The number. */
static size_t
keep_last(struct variable *v, size_t n)
{
	size_t kept = 0;

	qsort(v, n, sizeof(*v), by_name);
	for (size_t i = 0; i < n; i++) {
		if (i + 1 < n && compare_names(&v[i], &v[i + 1]) == 0)
			continue;
		v[kept++] = v[i];
	}
	qsort(v, kept, sizeof(*v), by_order);
	return kept;
}

static int
fill(struct variable *v, const struct job_words *given, const char *home, const char *hostname)
{
	v[0].text = strdup(PATH_DEFAULT);
	if (v[0].text == NULL || asprintf(&v[1].text, "HOME=%s", home) == -1 ||
	    asprintf(&v[2].text, "HOSTNAME=%s", hostname) == -1)
		return -1;
	for (size_t i = 0; i < given->n; i++)
		v[DEFAULTS + i].text = given->v[i];
	for (size_t i = 0; i < DEFAULTS + given->n; i++) {
		v[i].name_len = strcspn(v[i].text, "=");
		v[i].at = i;
	}
	return 0;
}

char **
environ_build(const struct job_words *given, const char *home, const char *hostname)
{
	size_t n = given->n + DEFAULTS;
	struct variable *v = calloc(n, sizeof(*v));
	char **env = calloc(n + 1, sizeof(*env));

	if (v == NULL || env == NULL || fill(v, given, home, hostname) == -1) {
		free(v);
		free(env);
		return NULL;
	}
	n = keep_last(v, n);
	for (size_t i = 0; i < n; i++)
		env[i] = v[i].text;
	free(v);
	return env;
}
