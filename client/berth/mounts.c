/* SPDX-License-Identifier: ISC */
/*
 * What the job gets mounted, image, -v, --mount, --secret and --here, as far as it is opened here. Contract
 * in options.h.
 * TRUST: unprivileged
 * INPUT: paths of the caller, resolved with the caller's rights
 * MUST: send the path without symlinks and a descriptor of the very thing; the engine opens the
 *       path again in its own mount namespace and compares.
 */
#include "client/berth/options.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/berth/mountwords.h"
#include "client/berth/secrets.h"
#include "client/lib/json.h"

char *
path_tidy(const char *path)
{
	char *out = malloc(strlen(path) + 2);
	size_t used = 0;

	if (out == NULL)
		return (NULL);
	if (path[0] != '/')
		return (memcpy(out, path, strlen(path) + 1));
	while (*path != '\0') {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len > 0 && !(len == 1 && path[0] == '.')) {
			out[used++] = '/';
			memcpy(out + used, path, len);
			used += len;
		}
		path += len;
	}
	if (used == 0)
		out[used++] = '/';
	out[used] = '\0';
	return (out);
}

/*
 * Resolves symlinks once and opens what is there. A component that becomes a symlink in between
 * is refused by the kernel. Returns the descriptor, or -1 with errno.
 */
static int
open_real(const char *path, int flags, char **real)
{
	struct open_how how = { .flags = (unsigned int)flags | O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	long fd;

	*real = realpath(path, NULL);
	if (*real == NULL)
		return (-1);
	fd = syscall(SYS_openat2, AT_FDCWD, *real, &how, sizeof(how));
	return ((int)fd);
}

static int
cannot_open(const char *what, const char *path, struct err *err)
{
	bool absent = errno == ENOENT;

	err_sys(err, "cannot %s %s", what, path);
	if (absent)
		err_todo(err, "a directory is not created by itself:  mkdir -p %s", path);
	return (-1);
}

int
mounts_open(struct job_mount *mount, struct err *err)
{
	char *real;

	if (mount->type != JOB_MOUNT_BIND)
		return (0);
	mount->fd = open_real(mount->source, 0, &real);
	if (mount->fd < 0) {
		cannot_open("mount", mount->source, err);
		free(real);
		return (-1);
	}
	if (!json_is_utf8(real)) {
		free(real);
		return (err_set(
		    err, ERR_USAGE, "cannot mount %s: the path is not UTF-8", mount->source));
	}
	free(mount->source);
	mount->source = real;
	return (0);
}

/* Opens it and adds it; what mount has of its own is freed, its descriptor is the job's. */
static int
add(struct run_options *options, struct job_mount *mount, struct err *err)
{
	int rc = mounts_open(mount, err);

	if (rc == 0)
		rc = job_add_mount(&options->job, mount, err);
	if (rc != 0 && mount->fd >= 0)
		close(mount->fd);
	job_mount_free(mount);
	return (rc);
}

static int
add_here(struct run_options *options, struct err *err)
{
	struct job_mount mount = { .type = JOB_MOUNT_BIND, .fd = -1 };
	struct job *job = &options->job;

	mount.source = realpath(".", NULL);
	mount.target = mount.source != NULL ? strdup(mount.source) : NULL;
	if (mount.target == NULL) {
		cannot_open("mount", ".", err);
		free(mount.source);
		return (-1);
	}
	if (add(options, &mount, err) != 0)
		return (-1);
	if (job->run.workdir != NULL)
		return (0);
	job->run.workdir = strdup(job->mounts[job->nmounts - 1].target);
	return (job->run.workdir != NULL ? 0 : err_sys(err, "cannot mount the current directory"));
}

int
options_mounts(struct run_options *options, struct err *err)
{
	struct job_mount mount;

	for (size_t i = 0; i < options->volumes.n; i++) {
		if (mountwords_volume(options->volumes.v[i], &mount, err) != 0) {
			job_mount_free(&mount);
			return (-1);
		}
		if (add(options, &mount, err) != 0)
			return (-1);
	}
	for (size_t i = 0; i < options->mounts.n; i++) {
		if (mountwords_mount(options->mounts.v[i], &mount, err) != 0) {
			job_mount_free(&mount);
			return (-1);
		}
		if (add(options, &mount, err) != 0)
			return (-1);
	}
	if (secrets_take(&options->job, &options->secrets, err) != 0)
		return (-1);
	return (options->here ? add_here(options, err) : 0);
}

/* A file where a directory was meant to be is most often one for -f. */
static int
hint_image(const char *image, const char *otherwise, struct err *err)
{
	size_t len = strlen(image);

	if (err->errnum == ENOTDIR || (len > 4 && strcmp(image + len - 4, ".job") == 0))
		return (err_todo(err, "a job file is run with -f:  berth run -f %s", image));
	return (err_todo(err, "%s", otherwise));
}

int
options_image(struct run_options *options, const char *image, struct err *err)
{
	struct job *job = &options->job;

	job->image = JOB_IMAGE_HOST;
	if (strcmp(image, "host") == 0)
		return (0);
	if (!mountwords_is_path(image)) {
		err_set(err, ERR_USAGE,
		    "image %s: images with a name are not available in this version", image);
		err_why(err, "IMAGE is host, or a root file system directory: a path with a slash");
		return (hint_image(image, "berth run host -- COMMAND", err));
	}
	job->image = JOB_IMAGE_DIRECTORY;
	job->image_fd = open_real(image, O_DIRECTORY, &job->image_path);
	if (job->image_fd < 0) {
		err_sys(err, "cannot open the image %s", image);
		return (hint_image(image, "IMAGE is host or a root file system directory", err));
	}
	if (!json_is_utf8(job->image_path))
		return (err_set(err, ERR_USAGE, "image %s: the path is not UTF-8", image));
	return (0);
}
