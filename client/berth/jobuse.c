/* SPDX-License-Identifier: ISC */
/*
 * From a job file to a job. Contract in jobuse.h.
 * TRUST: unprivileged
 * INPUT: a job file, which is somebody else's (hostile); parameters and flags of the caller
 * MUST: as jobuse.h says
 */
#include "client/berth/jobuse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io.h"
#include "common/path.h"

#include "client/berth/jobparams.h"
#include "client/berth/judge.h"
#include "client/berth/message.h"
#include "client/berth/mountwords.h"
#include "client/berth/secrets.h"
#include "client/lib/json.h"
#include "client/lib/scoped.h"

#define FORMAT "the format is in berth-job(5), and in  berth explain --schema"

/* All there is to say, as one error: a single problem is one like every other. */
static int
end(struct cli *cli, const struct run_options *options, struct err *err)
{
	const struct problems *problems = &cli->problems;
	bool refused = problems->refused == problems_count(problems);
	const struct problem *first = problems->v;

	if (problems->n == 1 && problems->more == 0) {
		err_set(err, ERR_USAGE, " ");
		/* These have been escaped already. */
		snprintf(err->what, sizeof(err->what), "%.315s: %.315s", first->where, first->what);
		snprintf(err->todo, sizeof(err->todo), "%s", first->todo);
		if (first->todo[0] == '\0' && first->line > 0)
			err_todo(err, FORMAT);
	} else {
		err_set(err, ERR_USAGE, "%s: there are %zu problems%s", options->file,
		    problems_count(problems),
		    options->explaining ? "" : ", and nothing was started");
		err_todo(err, FORMAT);
	}
	if (refused)
		err->code = ERR_REFUSED;
	return (-1);
}

/* --- the image -------------------------------------------------------------------------------------- */

/* Opened beneath the directory of the file, by no link that leads out of it. -1 with errno. */
static int
open_beneath(const char *file, const char *image)
{
	const struct open_how how = { .flags = O_PATH | O_DIRECTORY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	const char *slash = strrchr(file, '/');
	char *name = slash != NULL ? strndup(file, (size_t)(slash - file) + 1) : strdup(".");
	int dir AUTO_CLOSE = name != NULL ? open(name, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	free(name);
	return (dir < 0 ? -1 : scoped_open(dir, image, how));
}

static void
use_image(struct cli *cli, struct run_options *options)
{
	const struct jobfile *jf = options->jf;
	struct job *job = &options->job;
	char link[32], *path;

	job->image = JOB_IMAGE_HOST;
	if (jf->image == NULL || strcmp(jf->image, "host") == 0)
		return;
	job->image = JOB_IMAGE_DIRECTORY;
	job->image_fd = open_beneath(jf->file, jf->image);
	if (job->image_fd < 0) {
		problems_add(&cli->problems, &jf->image_at, "cannot open the image %s: %s",
		    jf->image,
		    errno == EXDEV ? "it leads out of the directory of this file"
				   : strerrordesc_np(errno));
		return;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", job->image_fd);
	path = realpath(link, NULL);
	if (path != NULL && json_is_utf8(path) && path_is_canonical(path))
		job->image_path = path;
	else
		free(path);
	if (job->image_path == NULL)
		problems_add(&cli->problems, &jf->image_at,
		    "cannot use the image %s: its path is not UTF-8, or it was just removed",
		    jf->image);
}

/* --- what is mounted -------------------------------------------------------------------------------- */

/* The path that the user gave, tidied; NULL with a problem. */
static char *
given_path(struct cli *cli, const struct jobfile_item *item)
{
	char *path = path_tidy(item->value);

	if (path != NULL && path_is_canonical(path))
		return (path);
	if (item->value[0] != '/') {
		problems_add(
		    &cli->problems, &item->from, "%s is not an absolute path", item->value);
		problems_todo(&cli->problems, "give the %s with all that is before it, from / on",
		    jobfile_kind_name(item->kind));
	} else {
		problems_add(
		    &cli->problems, &item->from, "%s cannot be used as a path", item->value);
		problems_todo(&cli->problems, "name it without '..'");
	}
	free(path);
	return (NULL);
}

static bool
is_type(int fd, mode_t type)
{
	struct stat st;

	return (fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type);
}

/* Adds it to the job, or a problem. What mount has of its own is freed, its descriptor is the job's. */
static void
add(struct cli *cli, struct run_options *options, const struct jobfile_item *item,
    struct job_mount *mount)
{
	const struct spot *spot = item->value != NULL ? &item->from : &item->at;
	struct err err = { .code = ERR_INVALID };
	char buf[128];

	mount->target = strdup(jobfile_target(item, buf, sizeof(buf)));
	if (mount->target == NULL || job_add_mount(&options->job, mount, &err) != 0) {
		problems_add(&cli->problems, spot, "memory is short");
		io_close(&mount->fd);
	}
	job_mount_free(mount);
}

static void
use_directory(struct cli *cli, struct run_options *options, const struct jobfile_item *item)
{
	struct job_mount mount = { .type = JOB_MOUNT_BIND, .fd = -1 };
	struct err err = { .code = ERR_INVALID };

	mount.source = given_path(cli, item);
	if (mount.source == NULL)
		return;
	mount.readonly = !item->writable;
	mount.mapped = item->uid.given && item->gid.given;
	mount.uid = item->uid.value;
	mount.gid = item->gid.value;
	if (mounts_open(&mount, &err) != 0) {
		problems_err(&cli->problems, &item->from, &err);
	} else if (!is_type(mount.fd, S_IFDIR)) {
		problems_add(&cli->problems, &item->from, "%s is not a directory", item->value);
		problems_todo(&cli->problems, "[directory %s] in line %u wants one", item->name,
		    item->at.line);
	} else {
		add(cli, options, item, &mount);
		return;
	}
	io_close(&mount.fd);
	job_mount_free(&mount);
}

static void
use_secret(struct cli *cli, struct run_options *options, const struct jobfile_item *item)
{
	struct err err = { .code = ERR_INVALID };
	char *path = given_path(cli, item);
	const struct secret secret = { .name = item->name,
		.source = path,
		.target = item->path,
		.owned = item->uid.given && item->gid.given,
		.uid = item->uid.value,
		.gid = item->gid.value,
		.mode = item->mode.value };

	if (path != NULL && secret_add(&options->job, &secret, &err) != 0)
		problems_err(&cli->problems, &item->from, &err);
	free(path);
}

/* Another's volumes are not for a job file, unless its user gives them: a new one is known by whose it is. */
static void
label_volume(struct cli *cli, struct run_options *options, const struct jobfile_item *item,
    struct job_mount *mount)
{
	char *path = realpath(options->file, NULL), *label = NULL;
	struct err err = { .code = ERR_INVALID };

	if (path == NULL || asprintf(&label, "job-file=%s", path) < 0)
		label = NULL;
	if (label == NULL || !json_is_utf8(label))
		problems_add(&cli->problems, &item->at,
		    "the path of this file cannot be the label of a volume");
	else if (job_add_word(&mount->labels, label, &err) != 0)
		problems_err(&cli->problems, &item->at, &err);
	free(label);
	free(path);
}

static void
use_mount(struct cli *cli, struct run_options *options, const struct jobfile_item *item)
{
	struct job_mount mount = { .type = item->volume ? JOB_MOUNT_VOLUME : JOB_MOUNT_TMPFS,
		.fd = -1 };

	if (item->volume && (item->value != NULL || item->store != NULL)) {
		mount.source = strdup(item->value != NULL ? item->value : item->store);
		mount.match = item->value == NULL;
		label_volume(cli, options, item, &mount);
	}
	/* of a tmpfs it is one of its options */
	if (item->volume)
		mount.readonly = !item->writable;
	else
		mount.options = mountwords_tmpfs(item->size, item->permissions, !item->writable);
	add(cli, options, item, &mount);
}

static void
use_items(struct cli *cli, struct run_options *options)
{
	options->file_first = options->job.nmounts;
	for (size_t i = 0; i < options->jf->nitems; i++) {
		const struct jobfile_item *item = &options->jf->items[i];

		if (item->kind == JOBFILE_DIRECTORY && item->value != NULL)
			use_directory(cli, options, item);
		else if (item->kind == JOBFILE_SECRET && item->value != NULL)
			use_secret(cli, options, item);
		else if (item->kind == JOBFILE_MOUNT)
			use_mount(cli, options, item);
	}
	options->file_mounts = options->job.nmounts - options->file_first;
}

static bool
is_at(const struct job *job, size_t first, size_t end, const char *target)
{
	for (size_t i = first; i < end; i++) {
		if (strcmp(job->mounts[i].target, target) == 0)
			return (true);
	}
	return (false);
}

static void
mark_replaced(struct jobfile *jf, const char *target)
{
	char buf[128];

	for (size_t i = 0; i < jf->nitems; i++) {
		struct jobfile_item *item = &jf->items[i];

		if (item->kind != JOBFILE_PORT &&
		    strcmp(jobfile_target(item, buf, sizeof(buf)), target) == 0)
			item->replaced = true;
	}
}

void
jobuse_give_way(struct run_options *options)
{
	struct job *job = &options->job;
	size_t first = options->file_first, end = first + options->file_mounts, kept = first;

	for (size_t i = first; i < end; i++) {
		struct job_mount *mount = &job->mounts[i];

		if (!is_at(job, 0, first, mount->target) &&
		    !is_at(job, end, job->nmounts, mount->target)) {
			job->mounts[kept++] = *mount;
			continue;
		}
		mark_replaced(options->jf, mount->target);
		io_close(&mount->fd);
		job_mount_free(mount);
	}
	for (size_t i = end; i < job->nmounts; i++)
		job->mounts[kept + i - end] = job->mounts[i];
	job->nmounts -= end - kept;
	options->file_mounts = kept - first;
}

/* --- the rest --------------------------------------------------------------------------------------- */

static bool
has_ports(const struct jobfile *jf)
{
	for (size_t i = 0; i < jf->nitems; i++) {
		if (jf->items[i].kind == JOBFILE_PORT)
			return (true);
	}
	return (false);
}

static void
use_network(struct cli *cli, struct run_options *options)
{
	static const char *const names[] = { [JOB_NETWORK_NONE] = "none",
		[JOB_NETWORK_USER] = "user",
		[JOB_NETWORK_HOST] = "host" };
	const struct jobfile *jf = options->jf;

	if (options->network != NULL) {
		if (has_ports(jf) && strcmp(options->network, "user") != 0)
			message_note(cli, "the ports of %s cannot be reached with --network=%s",
			    jf->file, options->network);
		return;
	}
	if (jf->network != JOB_NETWORK_INVALID)
		options->network = names[jf->network];
	else if (has_ports(jf))
		options->network = names[JOB_NETWORK_USER];
}

/* What is restarted is detached and kept: in the foreground a job ends with its command. */
static void
use_restart(struct cli *cli, struct run_options *options)
{
	const char *policy = options->jf->restart;

	if (options->restart != NULL || policy == NULL || strcmp(policy, "no") == 0)
		return;
	if (options->detach && options->rm != FLAG_YES)
		options->restart = policy;
	else if (!options->explaining)
		message_note(cli, "restart = %s of %s counts with -d, and without --rm", policy,
		    options->jf->file);
}

static const char *
entitlement_of(const char *isolation)
{
	if (strcmp(isolation, "nested") == 0)
		return ("security.nested");
	if (strcmp(isolation, "insecure") == 0)
		return ("security.insecure");
	return (strcmp(isolation, "none") == 0 ? "isolation.none" : NULL);
}

/* The defaults of what no flag said. */
static int
use_job(struct cli *cli, struct run_options *options, struct err *err)
{
	const struct jobfile *jf = options->jf;
	const char *word = jf->isolation != NULL ? entitlement_of(jf->isolation) : NULL;

	if (options->name == NULL)
		options->name = jf->name;
	if (options->user == NULL)
		options->user = jf->user;
	if (options->workdir == NULL && !options->here)
		options->workdir = jf->workdir;
	if (options->timeout == NULL)
		options->job.timeout = jf->timeout;
	use_network(cli, options);
	use_restart(cli, options);
	for (size_t i = 0; i < jf->env.n; i++) {
		if (options_set_pair(&options->job.run.env, jf->env.v[i], err) != 0)
			return (-1);
	}
	return (word != NULL ? job_add_word(&options->job.entitlements, word, err) : 0);
}

int
jobuse_begin(struct cli *cli, struct run_options *options, struct err *err)
{
	struct jobfile *jf = options->jf = calloc(1, sizeof(*jf));
	int rc;

	if (jf == NULL)
		return (err_sys(err, "cannot read %s", options->file));
	rc = jobfile_read(jf, options->file, &cli->problems, err);
	if (rc == 0)
		rc = jobparams_give(
		    jf, &options->param_files, &options->params, &cli->problems, err);
	if (rc < 0)
		return (-1);
	if (rc == 0 && !options->explaining)
		jobparams_missing(jf, &cli->problems);
	use_image(cli, options);
	use_items(cli, options);
	if (problems_count(&cli->problems) > 0)
		return (end(cli, options, err));
	return (use_job(cli, options, err));
}

/* Does the want come from this item? Its source is compared as a pointer: two items can name one path. */
static bool
is_source(const struct run_options *options, const struct jobfile_item *item, const char *source)
{
	for (size_t i = 0; i < options->job.nmounts; i++) {
		const struct job_mount *mount = &options->job.mounts[i];

		if (item->kind == JOBFILE_DIRECTORY && item->value != NULL &&
		    mount->source == source && strcmp(mount->target, item->path) == 0)
			return (true);
	}
	return (false);
}

/* What asks for it: of a mount its parameter, a line of the file, or a flag beside it. */
static struct spot
spot_of(const struct run_options *options, const struct entitlement *want)
{
	const struct jobfile *jf = options->jf;

	for (size_t i = 0; i < jf->nitems; i++) {
		const struct jobfile_item *item = &jf->items[i];

		if (want->id == ENT_NETWORK_USER && jf->network == JOB_NETWORK_INVALID &&
		    item->kind == JOBFILE_PORT)
			return (item->at);
		if (want->id == ENT_IDMAP_MOUNT && item->kind == JOBFILE_DIRECTORY &&
		    item->value != NULL && (item->uid.value != 0 || item->gid.value != 0))
			return (item->at);
		if (want->id == ENT_MOUNT && is_source(options, item, want->value))
			return (item->from);
	}
	if (want->id == ENT_IMAGE)
		return (jf->image_at);
	if ((want->id == ENT_NETWORK_USER || want->id == ENT_NETWORK_HOST) &&
	    jf->network == options->job.network)
		return (jf->network_at);
	if (want->id == ENT_MOUNT || want->id == ENT_IDMAP_MOUNT || want->id == ENT_NETWORK_USER ||
	    want->id == ENT_NETWORK_HOST)
		return ((struct spot){ .file = "the command line" });
	return (jf->at);
}

int
jobuse_judge(struct cli *cli, const struct run_options *options, struct err *err)
{
	struct judged *judged = calloc(1, sizeof(*judged));
	int rc = judged == NULL ? err_sys(err, "cannot tell what is allowed")
				: judge_job(cli, &options->job, judged, err);
	char last[ERR_LINE] = "";

	for (size_t i = 0; rc == 0 && i < judged->wants.n; i++) {
		struct spot spot = spot_of(options, &judged->wants.v[i]);
		struct err refusal;

		if (judged->of[i].verdict == VERDICT_ALLOW)
			continue;
		(void)view_explain(&judged->view, &judged->of[i], &refusal);
		/* What is refused as a whole is so for one reason. */
		if (strcmp(refusal.what, last) == 0)
			continue;
		snprintf(last, sizeof(last), "%s", refusal.what);
		problems_err(&cli->problems, &spot, &refusal);
		cli->problems.refused++;
	}
	if (rc == 0 && problems_count(&cli->problems) > 0) {
		(void)judge_refusal(cli, judged, &judged->refusal);
		rc = end(cli, options, err);
		/* One alone is told in full. Its lines have been escaped. */
		if (cli->problems.n == 1) {
			snprintf(err->what, sizeof(err->what), "%.315s: %.315s",
			    cli->problems.v[0].where, judged->refusal.what);
			snprintf(err->why, sizeof(err->why), "%s", judged->refusal.why);
		}
	}
	judge_free(judged);
	return (rc);
}
