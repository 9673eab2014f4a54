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
