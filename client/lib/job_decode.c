/* SPDX-License-Identifier: ISC */
/*
 * A job out of the parameters of io.berth.Engine.Run: job_decode of job.h.
 * TRUST: shared, reads hostile input
 * INPUT: JSON, blob and descriptors from any client of the user's
 * MUST: accept nothing that is not in the tables below and nothing that job_check refuses. There
 *       is no member that says who the caller is (CVE-2018-1116).
 */
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib/job.h"
#include "client/lib/job_blob.h"
#include "client/lib/job_mount.h"
#include "client/lib/job_take.h"
#include "client/lib/json.h"

/* What the stores below fill. */
struct decoder {
	struct job *job; /* NULL: of Exec */
	struct job_exec *exec; /* NULL: of Run */
	struct job_run *run; /* of either */
	const struct varlink *conn;
	int blob;
	struct job_ulimit ulimit; /* the one that is being read */
};

int
job_take_fd(const struct varlink *conn, struct json_object *value, int *fd, struct err *err)
{
	int64_t index;

	if (json_integer(value, 0, VARLINK_FDS_MAX - 1, &index) == -1 ||
	    (size_t)index >= conn->nfds)
		return err_set(err, ERR_USAGE, "not the index of a descriptor that came");
	*fd = conn->fds[index];
	return 0;
}

int
job_take_text(struct json_object *value, char **text, struct err *err)
{
	const char *string = json_string(value);

	if (string == NULL || *text != NULL)
		return err_set(err, ERR_USAGE, "not a text");
	*text = strdup(string);
	return *text == NULL ? err_sys(err, "memory is short") : 0;
}

int
job_take_choice(
    struct json_object *value, const char *const *names, unsigned int *choice, struct err *err)
{
	const char *text = json_string(value);

	for (unsigned int i = 0; text != NULL && names[i] != NULL; i++) {
		if (strcmp(text, names[i]) == 0) {
			*choice = i + 1;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "not one of its values");
}

static int
take_words(struct json_object *value, struct job_words *words, struct err *err)
{
	if (!json_object_is_type(value, json_type_array) ||
	    json_object_array_length(value) > JOB_WORDS_MAX)
		return err_set(err, ERR_USAGE, "not a list of at most %u texts", JOB_WORDS_MAX);
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		const char *word = json_string(json_object_array_get_idx(value, i));

		if (word == NULL)
			return err_set(err, ERR_USAGE, "not a list of texts");
		if (job_add_word(words, word, err) == -1)
			return -1;
	}
	return 0;
}

/* As struct winsize of ioctl_tty(2) has it; what is not known is not sent. */
static int
take_size(struct json_object *value, uint16_t *out, struct err *err)
{
	int64_t number;

	if (json_integer(value, 1, UINT16_MAX, &number) == -1)
		return err_set(err, ERR_USAGE, "not a size of a terminal");
	*out = (uint16_t)number;
	return 0;
}

#define STORE(function, expression) JSON_STORE(function, struct decoder *d, expression)

/* NAME=VALUE out of a name and its value. */
static int
take_label(const char *name, struct json_object *value, struct job_words *labels, struct err *err)
{
	const char *text = json_string(value);
	char *label;
	int ret;

	if (text == NULL || *name == '\0' || strchr(name, '=') != NULL)
		return err_set(err, ERR_USAGE, "not an object of texts");
	if (asprintf(&label, "%s=%s", name, text) == -1)
		return err_sys(err, "memory is short");
	ret = job_add_word(labels, label, err);
	free(label);
	return ret;
}

int
job_labels_take(struct json_object *object, struct job_words *labels, struct err *err)
{
	struct json_object_iterator it;
	struct json_object_iterator end;

	if (!json_object_is_type(object, json_type_object) ||
	    json_object_object_length(object) > (int)JOB_WORDS_MAX)
		return err_set(err, ERR_USAGE, "not at most %u labels", JOB_WORDS_MAX);
	it = json_object_iter_begin(object);
	end = json_object_iter_end(object);
	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it))
		if (take_label(json_object_iter_peek_name(&it), json_object_iter_peek_value(&it),
			labels, err) == -1)
			return -1;
	return 0;
}

STORE(store_blob, job_take_fd(d->conn, value, &d->blob, err))
STORE(store_stdin, job_take_fd(d->conn, value, &d->run->stdio[0], err))
STORE(store_stdout, job_take_fd(d->conn, value, &d->run->stdio[1], err))
STORE(store_stderr, job_take_fd(d->conn, value, &d->run->stdio[2], err))
STORE(store_tty, json_store_bool(&d->run->tty, value, err))
STORE(store_rows, take_size(value, &d->run->rows, err))
STORE(store_columns, take_size(value, &d->run->columns, err))
STORE(store_workdir, job_take_text(value, &d->run->workdir, err))
STORE(store_user, job_take_text(value, &d->run->user, err))
STORE(store_job, job_take_text(value, &d->exec->job, err))
STORE(store_exec_detach, json_store_bool(&d->exec->detach, value, err))
STORE(store_exec_interactive, json_store_bool(&d->exec->interactive, value, err))
STORE(store_detach, json_store_bool(&d->job->detach, value, err))
STORE(store_keep, json_store_bool(&d->job->keep, value, err))
STORE(store_interactive, json_store_bool(&d->job->interactive, value, err))
STORE(store_no_new_privileges, json_store_bool(&d->job->no_new_privileges, value, err))
STORE(store_keep_groups, json_store_bool(&d->job->keep_groups, value, err))
STORE(store_labels, job_labels_take(value, &d->job->labels, err))
STORE(store_hostname, job_take_text(value, &d->job->hostname, err))
STORE(store_name, job_take_text(value, &d->job->name, err))
STORE(store_read_only, json_store_bool(&d->job->read_only, value, err))
STORE(store_cap_add, take_words(value, &d->job->cap_add, err))
STORE(store_cap_drop, take_words(value, &d->job->cap_drop, err))
STORE(store_entitlements, take_words(value, &d->job->entitlements, err))
STORE(store_image_path, job_take_text(value, &d->job->image_path, err))
STORE(store_image_fd, job_take_fd(d->conn, value, &d->job->image_fd, err))
STORE(store_ulimit_name, job_take_text(value, &d->ulimit.name, err))

static int
store_network(void *out, struct json_object *value, struct err *err)
{
	static const char *const names[] = { "none", "user", "host", NULL };
	unsigned int choice;

	if (job_take_choice(value, names, &choice, err) == -1)
		return -1;
	((struct decoder *)out)->job->network = (enum job_network)choice;
	return 0;
}

static int
store_image_kind(void *out, struct json_object *value, struct err *err)
{
	static const char *const names[] = { "host", "directory", NULL };
	unsigned int choice;

	if (job_take_choice(value, names, &choice, err) == -1)
		return -1;
	((struct decoder *)out)->job->image = (enum job_image)choice;
	return 0;
}

static int
store_timeout(void *out, struct json_object *value, struct err *err)
{
	int64_t number;

	if (json_integer(value, 0, JOB_TIMEOUT_MAX, &number) == -1)
		return err_set(err, ERR_USAGE, "not a number of seconds");
	((struct decoder *)out)->job->timeout = (uint32_t)number;
	return 0;
}

static int
store_restart(void *out, struct json_object *value, struct err *err)
{
	const char *name = json_string(value);
	struct decoder *d = out;

	d->job->restart = name == NULL ? JOB_RESTART_INVALID : job_restart_of(name);
	if (d->job->restart == JOB_RESTART_INVALID)
		return err_set(err, ERR_USAGE, "not one of its values");
	return 0;
}

static int
store_restart_max(void *out, struct json_object *value, struct err *err)
{
	int64_t number;

	if (json_integer(value, 0, JOB_RESTARTS_MAX, &number) == -1)
		return err_set(err, ERR_USAGE, "not a number of restarts");
	((struct decoder *)out)->job->restart_max = (uint32_t)number;
	return 0;
}

static int
store_stop_signal(void *out, struct json_object *value, struct err *err)
{
	int64_t number;

	if (json_integer(value, 0, NSIG - 1, &number) == -1)
		return err_set(err, ERR_USAGE, "not a signal");
	((struct decoder *)out)->job->stop_signal = (int)number;
	return 0;
}

static int
store_soft(void *out, struct json_object *value, struct err *err)
{
	if (json_integer(value, -1, INT64_MAX, &((struct decoder *)out)->ulimit.soft) == -1)
		return err_set(err, ERR_USAGE, "not a limit");
	return 0;
}

static int
store_hard(void *out, struct json_object *value, struct err *err)
{
	if (json_integer(value, -1, INT64_MAX, &((struct decoder *)out)->ulimit.hard) == -1)
		return err_set(err, ERR_USAGE, "not a limit");
	return 0;
}

static int
store_image(void *out, struct json_object *value, struct err *err)
{
	static const struct json_field fields[] = {
		{ "kind", store_image_kind, true },
		{ "path", store_image_path, false },
		{ "fd", store_image_fd, false },
		{ NULL, NULL, false },
	};

	return json_fields(value, fields, out, err);
}

static int
store_mounts(void *out, struct json_object *value, struct err *err)
{
	struct decoder *d = out;
	int ret = 0;

	if (!json_object_is_type(value, json_type_array) ||
	    json_object_array_length(value) > JOB_MOUNTS_MAX)
		return err_set(err, ERR_USAGE, "not a list of at most %u mounts", JOB_MOUNTS_MAX);
	for (size_t i = 0; ret == 0 && i < json_object_array_length(value); i++) {
		struct job_mount mount;

		ret = job_mount_decode(json_object_array_get_idx(value, i), d->conn, &mount, err);
		if (ret == 0)
			ret = job_add_mount(d->job, &mount, err);
		job_mount_free(&mount);
	}
	return ret;
}

static int
store_ulimits(void *out, struct json_object *value, struct err *err)
{
	static const struct json_field fields[] = {
		{ "name", store_ulimit_name, true },
		{ "soft", store_soft, true },
		{ "hard", store_hard, true },
		{ NULL, NULL, false },
	};
	struct decoder *d = out;
	int ret = 0;

	if (!json_object_is_type(value, json_type_array) ||
	    json_object_array_length(value) > JOB_ULIMITS_MAX)
		return err_set(err, ERR_USAGE, "not a list of at most %u limits", JOB_ULIMITS_MAX);
	for (size_t i = 0; ret == 0 && i < json_object_array_length(value); i++) {
		d->ulimit = (struct job_ulimit){ .soft = -1 };
		ret = json_fields(json_object_array_get_idx(value, i), fields, d, err);
		if (ret == 0)
			ret = job_add_ulimit(d->job, &d->ulimit, err);
		free(d->ulimit.name);
	}
	return ret;
}

/*
 * Three streams, or a terminal, or nobody to read and write: a process with two of it would have two
 * ideas of who reads its input.
 */
static int
check_streams(const struct job_run *run, bool detach, struct err *err)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	bool none = run->tty || detach;

	for (size_t i = 0; i < 3; i++) {
		if (none != (run->stdio[i] >= 0))
			continue;
		return err_set(err, ERR_USAGE, "%s: %s", names[i],
		    !none    ? "missing"
		    : detach ? "there is none without a client"
			     : "there is none beside a terminal");
	}
	return 0;
}

/* It is well-formed, but is it a job? */
static int
judged(int ret, struct err *err)
{
	if (ret == -1 && err->code == ERR_USAGE)
		err->code = ERR_FAILED;
	return ret;
}

#define RUN_FIELDS                                                                    \
	{ "blob", store_blob, true }, { "stdin", store_stdin, false },                \
	    { "stdout", store_stdout, false }, { "stderr", store_stderr, false },     \
	    { "tty", store_tty, false }, { "rows", store_rows, false },               \
	    { "columns", store_columns, false }, { "workdir", store_workdir, false }, \
	{                                                                             \
		"user", store_user, false                                             \
	}

int
job_exec_decode(
    struct json_object *params, const struct varlink *conn, struct job_exec *exec, struct err *err)
{
	static const struct json_field fields[] = {
		{ "job", store_job, true },
		RUN_FIELDS,
		{ "detach", store_exec_detach, false },
		{ "interactive", store_exec_interactive, false },
		{ NULL, NULL, false },
	};
	struct decoder d = { .exec = exec, .run = &exec->run, .conn = conn, .blob = -1 };

	job_exec_init(exec);
	if (json_fields(params, fields, &d, err) == -1 ||
	    check_streams(&exec->run, exec->detach, err) == -1)
		return -1;
	if (judged(job_blob_read(d.blob, &exec->run, err), err) == -1)
		return -1;
	return judged(job_exec_check(exec, err), err);
}

int
job_decode(struct json_object *params, const struct varlink *conn, struct job *job, struct err *err)
{
	static const struct json_field fields[] = {
		RUN_FIELDS,
		{ "image", store_image, true },
		{ "hostname", store_hostname, false },
		{ "name", store_name, false },
		{ "network", store_network, false },
		{ "read_only", store_read_only, false },
		{ "cap_add", store_cap_add, false },
		{ "cap_drop", store_cap_drop, false },
		{ "entitlements", store_entitlements, false },
		{ "ulimits", store_ulimits, false },
		{ "mounts", store_mounts, false },
		{ "timeout", store_timeout, false },
		{ "labels", store_labels, false },
		{ "restart", store_restart, false },
		{ "restart_max", store_restart_max, false },
		{ "stop_signal", store_stop_signal, false },
		{ "no_new_privileges", store_no_new_privileges, false },
		{ "keep_groups", store_keep_groups, false },
		{ "detach", store_detach, false },
		{ "keep", store_keep, false },
		{ "interactive", store_interactive, false },
		{ NULL, NULL, false },
	};
	struct decoder d = { .job = job, .run = &job->run, .conn = conn, .blob = -1 };

	job_init(job);
	if (json_fields(params, fields, &d, err) == -1 ||
	    check_streams(&job->run, job->detach, err) == -1)
		return -1;
	if (judged(job_blob_read(d.blob, &job->run, err), err) == -1)
		return -1;
	return judged(job_check(job, err), err);
}
