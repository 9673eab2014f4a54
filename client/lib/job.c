/* SPDX-License-Identifier: ISC */
/*
 * The description of a job as a struct: see job.h.
 * TRUST: shared, reads hostile input
 * INPUT: what client or decoder put in
 * MUST: own every string; wipe arguments and environment when they are freed.
 */
#include "client/lib/job.h"

#include <stdlib.h>
#include <string.h>

#include "client/lib/caps.h"

void
job_init(struct job *job)
{
	memset(job, 0, sizeof(*job));
	job->image = JOB_IMAGE_HOST;
	job->network = JOB_NETWORK_NONE;
	job->restart = JOB_RESTART_NO;
	job->image_fd = -1;
	for (size_t i = 0; i < 3; i++)
		job->run.stdio[i] = -1;
}

void
job_exec_init(struct job_exec *exec)
{
	memset(exec, 0, sizeof(*exec));
	for (size_t i = 0; i < 3; i++)
		exec->run.stdio[i] = -1;
}

void
job_words_free(struct job_words *words)
{
	for (size_t i = 0; i < words->n; i++) {
		explicit_bzero(words->v[i], strlen(words->v[i]));
		free(words->v[i]);
	}
	free(words->v);
	*words = (struct job_words){ 0 };
}

static void
free_run(struct job_run *run)
{
	job_words_free(&run->args);
	job_words_free(&run->env);
	free(run->workdir);
	free(run->user);
}

void
job_exec_free(struct job_exec *exec)
{
	free_run(&exec->run);
	free(exec->job);
	job_exec_init(exec);
}

void
job_free(struct job *job)
{
	free_run(&job->run);
	job_words_free(&job->labels);
	job_words_free(&job->cap_add);
	job_words_free(&job->cap_drop);
	job_words_free(&job->entitlements);
	for (size_t i = 0; i < job->nulimits; i++)
		free(job->ulimits[i].name);
	for (size_t i = 0; i < job->nmounts; i++)
		job_mount_free(&job->mounts[i]);
	free(job->ulimits);
	free(job->mounts);
	free(job->image_path);
	free(job->hostname);
	free(job->name);
	job_init(job);
}

/* Room for one element more in an array that grows at powers of two. */
static void *
room(void *array, size_t n, size_t size)
{
	if (n != 0 && (n & (n - 1)) != 0)
		return array;
	return reallocarray(array, n == 0 ? 1 : 2 * n, size);
}

int
job_add_word(struct job_words *words, const char *word, struct err *err)
{
	char **v = room(words->v, words->n + 1, sizeof(*v));
	char *copy = strdup(word);

	if (v != NULL)
		words->v = v;
	if (v == NULL || copy == NULL) {
		free(copy);
		return err_sys(err, "memory is short");
	}
	words->v[words->n++] = copy;
	words->v[words->n] = NULL;
	return 0;
}

/* Copies text if there is one. */
static int
copy_text(char **dst, const char *text)
{
	*dst = text == NULL ? NULL : strdup(text);
	return text != NULL && *dst == NULL ? -1 : 0;
}

int
job_add_mount(struct job *job, const struct job_mount *mount, struct err *err)
{
	struct job_mount *v = room(job->mounts, job->nmounts, sizeof(*v));
	struct job_mount *new;

	if (v == NULL)
		return err_sys(err, "memory is short");
	job->mounts = v;
	new = &v[job->nmounts++];
	*new = *mount;
	new->source = new->target = new->options = NULL;
	new->labels = (struct job_words){ 0 };
	if (mount->type == JOB_MOUNT_SECRET && mount->mode == 0)
		new->mode = JOB_SECRET_MODE;
	if (copy_text(&new->source, mount->source) == -1 ||
	    copy_text(&new->target, mount->target) == -1 ||
	    copy_text(&new->options, mount->options) == -1)
		return err_sys(err, "memory is short");
	for (size_t i = 0; i < mount->labels.n; i++)
		if (job_add_word(&new->labels, mount->labels.v[i], err) == -1)
			return -1;
	return 0;
}

int
job_add_ulimit(struct job *job, const struct job_ulimit *ulimit, struct err *err)
{
	struct job_ulimit *v = room(job->ulimits, job->nulimits, sizeof(*v));

	if (v == NULL)
		return err_sys(err, "memory is short");
	job->ulimits = v;
	v[job->nulimits] = *ulimit;
	if (copy_text(&v[job->nulimits++].name, ulimit->name) == -1)
		return err_sys(err, "memory is short");
	return 0;
}

static const char *const restarts[] = { [JOB_RESTART_NO] = "no",
	[JOB_RESTART_ALWAYS] = "always",
	[JOB_RESTART_ON_FAILURE] = "on_failure" };

enum job_restart
job_restart_of(const char *name)
{
	for (size_t i = 1; i < sizeof(restarts) / sizeof(restarts[0]); i++)
		if (strcmp(restarts[i], name) == 0)
			return (enum job_restart)i;
	return JOB_RESTART_INVALID;
}

const char *
job_restart_name(enum job_restart restart)
{
	return restarts[restart];
}

static void
want(struct job_wants *wants, enum entitlement_id id, const char *value, bool readonly)
{
	wants->v[wants->n++] =
	    (struct entitlement){ .id = id, .value = value, .readonly = readonly };
}

/* What the user asked for by name. The words are cut in place by the parser, hence the copy. */
static int
want_words(const struct job_words *words, struct job_wants *wants, struct err *err)
{
	char *text = wants->text;
	char *end = wants->text + sizeof(wants->text);

	for (size_t i = 0; i < words->n; i++) {
		size_t size = strlen(words->v[i]) + 1;
		const char *wrong;

		if (size > (size_t)(end - text))
			return err_set(err, ERR_USAGE, "too many entitlements are asked for");
		memcpy(text, words->v[i], size);
		wrong = entitlement_parse(text, &wants->v[wants->n++]);
		if (wrong != NULL) {
			err_set(err, ERR_USAGE, "entitlement %s cannot be asked for", words->v[i]);
			return err_why(err, "%s", wrong);
		}
		text += size;
	}
	return 0;
}

/* What is only the job's own, as a volume, needs nothing. */
static void
want_mounts(const struct job *job, struct job_wants *wants)
{
	bool mapped = false;

	for (size_t i = 0; i < job->nmounts; i++) {
		const struct job_mount *mount = &job->mounts[i];

		if (mount->type == JOB_MOUNT_BIND)
			want(wants, ENT_MOUNT, mount->source, mount->readonly);
		mapped |= job_mount_is_mapped(mount);
	}
	if (mapped)
		want(wants, ENT_IDMAP_MOUNT, NULL, false);
}

int
job_wants(const struct job *job, struct job_wants *wants, struct err *err)
{
	wants->n = 0;
	want(wants, caps_exceed(job) ? ENT_SECURITY_NESTED : ENT_SECURITY_CONFINED, NULL, false);
	if (job->network == JOB_NETWORK_HOST)
		want(wants, ENT_NETWORK_HOST, NULL, false);
	else if (job->network == JOB_NETWORK_USER)
		want(wants, ENT_NETWORK_USER, NULL, false);
	else
		want(wants, ENT_NETWORK_NONE, NULL, false);
	want(wants, ENT_IMAGE, job->image == JOB_IMAGE_HOST ? "host" : job->image_path, false);
	want_mounts(job, wants);
	return want_words(&job->entitlements, wants, err);
}
