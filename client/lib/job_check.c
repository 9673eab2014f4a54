/* SPDX-License-Identifier: ISC */
/*
 * Is this a job at all? The rules that need no policy and no file system: job_check of job.h.
 * TRUST: shared, reads hostile input
 * INPUT: a job as the user described it, or as a client sent it
 * MUST: look at every member; be the same on both sides of the socket.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "client/lib/caps.h"
#include "client/lib/job.h"
#include "client/lib/job_mount.h"
#include "client/lib/json.h"

#define TELL_SIZE 256 /* bytes of what is said of a mount */

static const struct {
	const char *name;
	int resource;
} ulimits[] = {
	{ "as", RLIMIT_AS },
	{ "core", RLIMIT_CORE },
	{ "cpu", RLIMIT_CPU },
	{ "data", RLIMIT_DATA },
	{ "fsize", RLIMIT_FSIZE },
	{ "locks", RLIMIT_LOCKS },
	{ "memlock", RLIMIT_MEMLOCK },
	{ "msgqueue", RLIMIT_MSGQUEUE },
	{ "nice", RLIMIT_NICE },
	{ "nofile", RLIMIT_NOFILE },
	{ "nproc", RLIMIT_NPROC },
	{ "rss", RLIMIT_RSS },
	{ "rtprio", RLIMIT_RTPRIO },
	{ "rttime", RLIMIT_RTTIME },
	{ "sigpending", RLIMIT_SIGPENDING },
	{ "stack", RLIMIT_STACK },
};

const char *
job_ulimit_name(size_t i)
{
	return i < sizeof(ulimits) / sizeof(ulimits[0]) ? ulimits[i].name : NULL;
}

int
job_ulimit_resource(const char *name)
{
	for (size_t i = 0; i < sizeof(ulimits) / sizeof(ulimits[0]); i++)
		if (strcmp(ulimits[i].name, name) == 0)
			return ulimits[i].resource;
	return -1;
}

static int
check_ulimit(const struct job_ulimit *ulimit, struct err *err)
{
	if (job_ulimit_resource(ulimit->name) == -1)
		return err_set(err, ERR_USAGE, "ulimit %s does not exist", ulimit->name);
	if (ulimit->soft < -1 || ulimit->hard < -1 ||
	    (ulimit->hard != -1 && (ulimit->soft == -1 || ulimit->soft > ulimit->hard)))
		return err_set(err, ERR_USAGE, "ulimit %s: soft is above hard", ulimit->name);
	return 0;
}

static int
check_caps(const struct job_words *words, struct err *err)
{
	if (words->n > JOB_WORDS_MAX)
		return err_set(err, ERR_USAGE, "too many capabilities");
	for (size_t i = 0; i < words->n; i++)
		if (caps_parse(words->v[i]) == 0)
			return err_set(err, ERR_USAGE, "capability %s does not exist", words->v[i]);
	return 0;
}

/* NAME=VALUE with a name. */
static int
check_env(const struct job_words *env, struct err *err)
{
	if (env->n > JOB_STRINGS_MAX)
		return err_set(err, ERR_USAGE, "too many environment variables");
	for (size_t i = 0; i < env->n; i++)
		if (env->v[i][0] == '=' || strchr(env->v[i], '=') == NULL)
			return err_set(err, ERR_USAGE, "environment variable %s has no %s",
			    env->v[i], env->v[i][0] == '=' ? "name" : "value");
	return 0;
}

static int
check_image(const struct job *job, struct err *err)
{
	switch (job->image) {
	case JOB_IMAGE_HOST:
		if (job->image_path == NULL)
			return 0;
		break;
	case JOB_IMAGE_DIRECTORY:
		if (job->image_path == NULL || job->image_fd < 0)
			break;
		return job_check_path(job->image_path, "image directory", err);
	case JOB_IMAGE_INVALID:
		break;
	}
	return err_set(err, ERR_USAGE, "the image is neither \"host\" nor a directory");
}

bool
job_is_name(const char *text)
{
	return job_is_word(text, "_.-", JOB_NAME_MAX);
}

int
job_check_named(const char *text, struct err *err)
{
	if (text != NULL && job_is_name(text))
		return 0;
	err_set(err, ERR_USAGE, "no job can be called that");
	return err_why(err, "letters, digits, _ . and -, at most %u", JOB_NAME_MAX);
}

static int
check_texts(const struct job *job, struct err *err)
{
	if (job->name != NULL && !job_is_name(job->name)) {
		err_set(err, ERR_USAGE, "%s cannot be the name of a job", job->name);
		return err_why(err, "letters, digits, _ . and -, at most %u", JOB_NAME_MAX);
	}
	if (job->hostname != NULL && !job_is_word(job->hostname, ".-", 63)) {
		err_set(err, ERR_USAGE, "%s cannot be a hostname", job->hostname);
		return err_why(err, "letters, digits, . and -, at most 63");
	}
	return 0;
}

int
job_check_labels(const struct job_words *labels, struct err *err)
{
	size_t size = 0;

	if (labels->n > JOB_WORDS_MAX)
		return err_set(err, ERR_USAGE, "too many labels");
	for (size_t i = 0; i < labels->n; i++) {
		const char *label = labels->v[i];

		size += strlen(label);
		if (label[0] == '=' || strchr(label, '=') == NULL || !json_is_utf8(label))
			return err_set(err, ERR_USAGE, "label %s cannot be used", label);
	}
	if (size <= JOB_LABELS_SIZE)
		return 0;
	err_set(err, ERR_USAGE, "the labels are too long");
	return err_why(err, "all together they can have %u bytes", JOB_LABELS_SIZE);
}

/* A command, its environment, its terminal. */
static int
check_run(const struct job_run *run, struct err *err)
{
	if (run->args.n == 0 || run->args.n > JOB_STRINGS_MAX || run->args.v[0][0] == '\0')
		return err_set(err, ERR_USAGE, "there is no command");
	if (run->workdir != NULL && job_check_path(run->workdir, "working directory", err) == -1)
		return -1;
	if (run->user != NULL &&
	    (*run->user == '\0' || strlen(run->user) > 65 || !json_is_utf8(run->user)))
		return err_set(err, ERR_USAGE, "\"%s\" is not a user", run->user);
	if (!run->tty && (run->rows > 0 || run->columns > 0))
		return err_set(err, ERR_USAGE, "a size without a terminal");
	return check_env(&run->env, err);
}

/* How long it lives, and what becomes of it. */
static int
check_life(const struct job *job, struct err *err)
{
	if (job->timeout > JOB_TIMEOUT_MAX)
		return err_set(err, ERR_USAGE, "the timeout is too long");
	if (job->stop_signal < 0 || job->stop_signal >= NSIG)
		return err_set(err, ERR_USAGE, "%d is not a signal", job->stop_signal);
	if (job_restart_name(job->restart) == NULL || job->restart_max > JOB_RESTARTS_MAX ||
	    (job->restart_max > 0 && job->restart != JOB_RESTART_ON_FAILURE))
		return err_set(err, ERR_USAGE, "there is no such restart policy");
	if (job->restart == JOB_RESTART_NO || (job->detach && job->keep))
		return 0;
	err_set(err, ERR_USAGE, "this job cannot be restarted by itself");
	return err_why(
	    err, job->detach ? "it is removed when it is over" : "it runs in the foreground");
}

int
job_exec_check(const struct job_exec *exec, struct err *err)
{
	if (job_check_named(exec->job, err) == -1)
		return -1;
	return check_run(&exec->run, err);
}

/* A mount in a few words: what is there, not where. */
static void
tell_mount(char text[TELL_SIZE], const struct job_mount *mount)
{
	static const char *const kinds[] = { [JOB_MOUNT_BIND] = "",
		[JOB_MOUNT_TMPFS] = "a tmpfs",
		[JOB_MOUNT_VOLUME] = "volume ",
		[JOB_MOUNT_SECRET] = "secret " };

	if (mount->type == JOB_MOUNT_VOLUME && mount->source == NULL)
		snprintf(text, TELL_SIZE, "a volume without a name");
	else
		snprintf(text, TELL_SIZE, "%s%s", kinds[mount->type],
		    mount->source != NULL ? mount->source : "");
}

/* Of two at one place only one would be seen. Targets are canonical: the same place is the same text. */
static int
check_places(const struct job *job, struct err *err)
{
	char one[TELL_SIZE], other[TELL_SIZE];

	for (size_t i = 0; i < job->nmounts; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(job->mounts[j].target, job->mounts[i].target) != 0)
				continue;
			tell_mount(one, &job->mounts[j]);
			tell_mount(other, &job->mounts[i]);
			err_set(err, ERR_USAGE, "two mounts have one target: %s",
			    job->mounts[i].target);
			err_why(err, "%s, and %s", one, other);
			return err_todo(err, "give one of them another target, or leave it out");
		}
	}
	return 0;
}

/* Labels of all volumes together have the limit that a job's own have. */
static int
check_mounts(const struct job *job, struct err *err)
{
	size_t labels = 0;

	for (size_t i = 0; i < job->nmounts; i++) {
		const struct job_mount *mount = &job->mounts[i];

		if (job_mount_check(mount, err) == -1)
			return -1;
		for (size_t j = 0; j < mount->labels.n; j++)
			labels += strlen(mount->labels.v[j]);
	}
	if (labels <= JOB_LABELS_SIZE)
		return check_places(job, err);
	err_set(err, ERR_USAGE, "the labels of volumes are too long");
	return err_why(err, "all together they can have %u bytes", JOB_LABELS_SIZE);
}

int
job_check(const struct job *job, struct err *err)
{
	if (check_run(&job->run, err) == -1 || check_image(job, err) == -1 ||
	    check_texts(job, err) == -1 || check_caps(&job->cap_add, err) == -1 ||
	    check_caps(&job->cap_drop, err) == -1 || job_check_labels(&job->labels, err) == -1 ||
	    check_life(job, err) == -1)
		return -1;
	if (job->network == JOB_NETWORK_INVALID)
		return err_set(err, ERR_USAGE, "there is no such network");
	if (job->entitlements.n > JOB_WORDS_MAX || job->nmounts > JOB_MOUNTS_MAX ||
	    job->nulimits > JOB_ULIMITS_MAX)
		return err_set(err, ERR_USAGE, "too many mounts, ulimits or entitlements");
	for (size_t i = 0; i < job->entitlements.n; i++)
		if (!json_is_utf8(job->entitlements.v[i]))
			return err_set(err, ERR_USAGE, "an entitlement is not UTF-8");
	if (check_mounts(job, err) == -1)
		return -1;
	for (size_t i = 0; i < job->nulimits; i++)
		if (check_ulimit(&job->ulimits[i], err) == -1)
			return -1;
	return 0;
}
