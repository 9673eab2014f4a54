/* SPDX-License-Identifier: ISC */
/*
 * What a job was asked to be, in its directory: see request.h.
 * TRUST: unprivileged
 * INPUT: files that their user can change at any time
 * MUST: as in request.h
 */
#include "client/engine/job/request.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/engine/job/jobfile.h"
#include "client/lib/job_blob.h"
#include "client/lib/json.h"
#include "common/io.h"

static int
write_json(int dir, struct json_object *json)
{
	size_t len;
	const char *text = json_object_to_json_string_length(
	    json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	if (text == NULL) {
		errno = ENOMEM;
		return -1;
	}
	return jobfile_write(dir, REQUEST_FILE, text, len);
}

/* The memfd that a client would send, byte by byte. */
static int
write_blob(int dir, const struct job_run *run)
{
	struct err err;
	int AUTO_CLOSE fd = job_blob_write(run, &err);
	char *blob;
	ssize_t len;
	int ret = -1;

	if (fd == -1) {
		errno = err.errnum == 0 ? E2BIG : err.errnum;
		return -1;
	}
	blob = malloc(JOB_BLOB_MAX);
	if (blob == NULL)
		return -1;
	len = pread(fd, blob, JOB_BLOB_MAX, 0);
	if (len > 0) {
		ret = jobfile_write(dir, REQUEST_BLOB, blob, (size_t)len);
		explicit_bzero(blob, (size_t)len);
	}
	free(blob);
	return ret;
}

int
request_write(int dir, const struct job *job)
{
	struct json_object *json = job_request(job);
	int ret;

	if (json == NULL) {
		errno = ENOMEM;
		return -1;
	}
	ret = write_json(dir, json);
	json_object_put(json);
	return ret == -1 ? -1 : write_blob(dir, &job->run);
}

static struct json_object *
read_json(int dir)
{
	size_t len;
	char *text = jobfile_read(dir, REQUEST_FILE, REQUEST_MAX, &len);
	struct json_object *json = NULL;

	if (text == NULL)
		return NULL;
	if (strlen(text) == len)
		json = varlink_parse(text, len);
	else
		errno = EPROTO;
	if (json == NULL && errno == EPROTO)
		errno = EBADMSG;
	free(text);
	return json;
}

static int
read_blob(int dir)
{
	size_t len;
	char *blob = jobfile_read(dir, REQUEST_BLOB, JOB_BLOB_MAX, &len);
	int AUTO_CLOSE fd = -1;
	int sealed = -1;

	if (blob == NULL)
		return -1;
	fd = io_memfd("berth-job");
	if (fd != -1 && io_write_all(fd, blob, len) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == 0) {
		sealed = fd;
		fd = -1;
	}
	explicit_bzero(blob, len);
	free(blob);
	return sealed;
}

int
request_read(int dir, struct json_object **params, int *blob)
{
	*params = read_json(dir);
	if (*params == NULL)
		return -1;
	*blob = read_blob(dir);
	if (*blob != -1)
		return 0;
	json_object_put(*params);
	*params = NULL;
	return -1;
}

/* The decoder wants a descriptor of each kind that comes with one, and gets the one that there is: it is taken
 * out of the job again (request_job). */
static int
lend_descriptor(struct json_object *obj, const char *key)
{
	static const char *const needs[] = { "directory", "bind", "secret" };
	const char *kind = json_text(obj, key);

	json_object_object_del(obj, "fd");
	for (size_t i = 0; kind != NULL && i < sizeof(needs) / sizeof(needs[0]); i++)
		if (strcmp(kind, needs[i]) == 0)
			return json_put_number(obj, "fd", 0);
	return 0;
}

/* As a client would call that had no streams and kept it. */
static int
complete(struct json_object *params)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	struct json_object *image = json_object_object_get(params, "image");
	struct json_object *mounts = json_object_object_get(params, "mounts");
	int status = json_put_number(params, "blob", 0);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		json_object_object_del(params, names[i]);
	status |= json_put_bool(params, "detach", true);
	status |= json_put_bool(params, "keep", true);
	if (json_object_is_type(image, json_type_object))
		status |= lend_descriptor(image, "kind");
	if (!json_object_is_type(mounts, json_type_array))
		return status;
	for (size_t i = 0; i < json_object_array_length(mounts); i++) {
		struct json_object *mount = json_object_array_get_idx(mounts, i);

		if (json_object_is_type(mount, json_type_object))
			status |= lend_descriptor(mount, "type");
	}
	return status;
}

static int
cannot_read(struct err *err)
{
	int errnum = errno;

	err_set(err, ERR_FAILED, "what the job was asked to be cannot be read");
	/* ENOENT: it may not have been written yet */
	err->errnum = errnum;
	return err_why(err, "%s",
	    errnum == EBADMSG ? "its files " REQUEST_FILE " and " REQUEST_BLOB " were changed"
			      : strerror(errnum));
}

int
request_job(int dir, struct job *job, struct err *err)
{
	struct varlink conn = { .fd = -1, .nfds = 1 };
	struct json_object *params;
	char what[ERR_LINE];
	int ret;

	job_init(job);
	if (request_read(dir, &params, &conn.fds[0]) == -1)
		return cannot_read(err);
	ret = complete(params) == 0 ? job_decode(params, &conn, job, err)
				    : err_set(err, ERR_SYSTEM, "memory is short");
	json_object_put(params);
	close(conn.fds[0]);
	job->image_fd = -1;
	for (size_t i = 0; i < job->nmounts; i++)
		job->mounts[i].fd = -1;
	if (ret == -1 && err->code != ERR_SYSTEM) {
		memcpy(what, err->what, sizeof(what));
		errno = EBADMSG;
		cannot_read(err);
		err_why(err, "its file " REQUEST_FILE " or " REQUEST_BLOB ": %.500s", what);
	}
	return ret;
}

int
request_volumes(int dir, void (*take)(void *arg, const char *name), void *arg)
{
	struct json_object *params = read_json(dir);
	struct json_object *mounts;
	size_t n = 0;

	if (params == NULL)
		return -1;
	mounts = json_object_object_get(params, "mounts");
	if (json_object_is_type(mounts, json_type_array))
		n = json_object_array_length(mounts);
	for (size_t i = 0; i < n; i++) {
		struct json_object *mount = json_object_array_get_idx(mounts, i);
		const char *type =
		    json_object_is_type(mount, json_type_object) ? json_text(mount, "type") : NULL;
		const char *name = type != NULL ? json_text(mount, "source") : NULL;

		if (name != NULL && strcmp(type, "volume") == 0 && job_is_volume(name))
			take(arg, name);
	}
	json_object_put(params);
	return 0;
}
