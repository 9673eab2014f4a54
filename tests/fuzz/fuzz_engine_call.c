/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: a connection to the engine, from its first byte to the point where a job would be made:
 * frames, calls, the parameters of Run; and calls for a job that is there, to the point where they are
 * handed on to its supervisor. The first three bytes of an input say which descriptors come with the
 * first piece, what the policy says and how engine and job are, the rest is what the client sends.
 * What acts is replaced by what notes that it was called: nothing is forked, mounted or removed.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a job is decided upon that is none, or whose descriptors did not come, judged by
 *       code of its own; when what it asks of the policy is less than what it does; when the job,
 *       encoded and decoded again, is another; when a job is made without a decision, or jobs end that
 *       nobody said shall end; when something is handed on that is no call of the six, or Exec without a
 *       decision; when an answer is malformed; when a descriptor stays open.
 */
/* WRAP: job_wants authority_decide authority_list hide_sockets host_prepare scratch_directory */
/* WRAP: overlay_directories remove_tree spare_take spare_prepare child_fork log_line reset_start children_signal */
/* WRAP: names_take names_drop ctl_listen ctl_send ctl_ask record_write request_write request_job */
/* WRAP: found_ids found_open found_lock */
#define FUZZ_NAME "fuzz_engine_call"
#include "tests/fuzz/fuzz.h"

#include <ctype.h>
#include <sched.h>
#include <sys/mman.h>

#include "client/engine/api/server.c"

#include "client/engine/api/authority.h"
#include "client/lib/caps.h"
#include "client/engine/job/ctl.h"
#include "client/engine/job/found.h"
#include "client/engine/job/names.h"
#include "client/engine/job/request.h"
#include "client/lib/job_blob.h"

#define JOB "0123456789ab"
#define PIECE_MAX 60000
#define JOBS_MAX 8

static struct engine engine;
static struct connection *client;
/* In this call. */
static bool decided, may_run, forked, handed;
/* In this input. */
static size_t jobs, signalled;
static uint8_t policy_says, engine_says;

int __real_job_wants(const struct job *job, struct job_wants *wants, struct err *err);
int __wrap_job_wants(const struct job *job, struct job_wants *wants, struct err *err);
int __wrap_authority_decide(const struct engine *engine, const struct job_wants *wants,
    struct policy *policy, struct decision *decision, struct err *err);
struct json_object *__wrap_authority_list(const struct engine *engine);
int __wrap_hide_sockets(const struct engine *engine, struct err *err);
int __wrap_host_prepare(struct engine *engine, struct err *err);
int __wrap_scratch_directory(int jobs, char name[JOB_ID_LEN + 1]);
int __wrap_overlay_directories(int dir);
int __wrap_remove_tree(int at, const char *name);
struct child *__wrap_spare_take(struct engine *engine);
void __wrap_spare_prepare(struct engine *engine);
int __wrap_child_fork(struct engine *engine, struct child *child, uint64_t namespaces);
void __wrap_log_line(const struct engine *engine, const char *fmt, ...);
int __wrap_reset_start(struct engine *engine, struct err *err);
void __wrap_children_signal(const struct engine *engine, int signal);

int __wrap_names_take(
    const struct engine *engine, const char *name, const char *id, char holder[JOB_ID_LEN + 1]);
void __wrap_names_drop(const char *name, const char *id);
int __wrap_ctl_listen(const char *id);
int __wrap_ctl_send(
    const char *id, struct json_object *message, int client, const int *fds, size_t nfds);
int __wrap_ctl_ask(const char *id, const char *method, struct json_object *parameters);
int __wrap_record_write(int dir, const struct record *record);
int __wrap_request_write(int dir, const struct job *job);
int __wrap_request_job(int dir, struct job *job, struct err *err);
void __wrap_found_ids(int jobs, const char *word, struct found_ids *ids);
int __wrap_found_open(int jobs, const char *id, struct found *found);
int __wrap_found_lock(const struct found *found);

/* --- a second opinion on what a job is ------------------------------------------------------------ */

static bool
is_plain_path(const char *path)
{
	char slashed[8192];
	size_t len = strlen(path);

	if (path[0] != '/' || len >= 4096)
		return (false);
	snprintf(slashed, sizeof(slashed), "%s/", path);
	return (len == 1 || (strstr(slashed, "//") == NULL && strstr(slashed, "/./") == NULL &&
				strstr(slashed, "/../") == NULL));
}

static bool
came(int fd)
{
	for (size_t i = 0; i < client->varlink.nfds; i++) {
		if (client->varlink.fds[i] == fd)
			return (true);
	}
	return (false);
}

static bool
is_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	return (strncmp(path, top, len) == 0 && (path[len] == '/' || path[len] == '\0'));
}

static bool
is_volume(const char *name)
{
	return (strlen(name) >= 1 && strlen(name) <= 128 && isalnum((unsigned char)name[0]) &&
		name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_.-")] == '\0');
}

/* Each type has its own members, and no other one's. */
static void
check_mount(const struct job_mount *mount)
{
	bool bind = mount->type == JOB_MOUNT_BIND, volume = mount->type == JOB_MOUNT_VOLUME;
	bool secret = mount->type == JOB_MOUNT_SECRET;

	must(bind || volume || secret || mount->type == JOB_MOUNT_TMPFS,
	    "a mount is of one of four types");
	must(bind		     ? is_plain_path(mount->source)
	     : mount->source == NULL ? !secret
				     : (volume || secret) && is_volume(mount->source),
	    "what is mounted is named as its type wants");
	must(bind || secret ? came(mount->fd) : mount->fd == -1, "and came if it has to");
	must(mount->options == NULL || mount->type == JOB_MOUNT_TMPFS, "options are of a tmpfs");
	must(bind || (!mount->nonrecursive && mount->propagation == JOB_PROPAGATION_PRIVATE),
	    "propagation is of a directory");
	must(volume || (!mount->nocopy && !mount->match && mount->labels.n == 0),
	    "labels are of a volume");
	must(mount->mapped
		 ? (bind || secret) && mount->uid <= 2147483646 && mount->gid <= 2147483646
		 : mount->uid == 0 && mount->gid == 0,
	    "an owner is of a directory or a secret, and an id");
	must(secret ? (mount->mode & 0444) != 0 && (mount->mode & ~0444U) == 0 : mount->mode == 0,
	    "a secret can be read, and nothing else");
}

static void
check_mounts(const struct job *job)
{
	must(job->nmounts <= 64 && job->nulimits <= 16 && job->entitlements.n <= 64 &&
		 job->cap_add.n <= 64 && job->cap_drop.n <= 64,
	    "lists have their limits");
	for (size_t i = 0; i < job->nmounts; i++) {
		const struct job_mount *mount = &job->mounts[i];

		must(is_plain_path(mount->target) && strcmp(mount->target, "/") != 0 &&
			 !is_below(mount->target, "/proc") && !is_below(mount->target, "/sys"),
		    "a mount's target is a place for it");
		check_mount(mount);
	}
}

/* How long it lives, and what is said of it. */
static void
check_life(const struct job *job)
{
	size_t size = 0;

	must(job->stop_signal >= 0 && job->stop_signal <= 64, "its stop signal is one");
	must(job->restart == JOB_RESTART_NO || (job->detach && job->keep),
	    "only what lives by itself starts by itself");
	must(job->restart_max == 0 ||
		 (job->restart == JOB_RESTART_ON_FAILURE && job->restart_max <= 1000000000),
	    "restarts that are counted have a limit");
	must(job->labels.n <= 64, "labels have their limit");
	for (size_t i = 0; i < job->labels.n; i++) {
		const char *name = job->labels.v[i], *equals = strchr(name, '=');

		size += strlen(name);
		must(equals != NULL && equals > name, "a label has a name");
		for (size_t j = 0; j < i; j++)
			must(strncmp(name, job->labels.v[j], (size_t)(equals - name) + 1) != 0,
			    "and there is no other one of that name");
	}
	must(size <= 8192, "all labels together have a limit");
}

static void
check_job(const struct job *job)
{
	must(job->run.args.n >= 1 && job->run.args.v[0][0] != '\0' &&
		 job->run.args.v[job->run.args.n] == NULL,
	    "a job has a command");
	for (size_t i = 0; i < job->run.env.n; i++)
		must(strchr(job->run.env.v[i], '=') > job->run.env.v[i], "a variable has a name");
	for (size_t i = 0; i < 3; i++)
		must(
		    job->run.tty || job->detach ? job->run.stdio[i] == -1 : came(job->run.stdio[i]),
		    "it has a terminal, three streams that came, or no client");
	must(job->run.tty || (job->run.rows == 0 && job->run.columns == 0),
	    "only a terminal has a size");
	must(
	    job->run.workdir == NULL || is_plain_path(job->run.workdir), "its directory is a path");
	must(job->hostname == NULL || (strlen(job->hostname) <= 63 && is_printable(job->hostname) &&
					  strpbrk(job->hostname, "/ :") == NULL),
	    "its host name is one");
	must(job->name == NULL || (strlen(job->name) <= 64 && job->name[0] != '.' &&
				      is_printable(job->name) && strpbrk(job->name, "/ :") == NULL),
	    "its name is one");
	must(job->timeout <= 31622400, "its time has a limit");
	check_life(job);
	must(job->image == JOB_IMAGE_HOST
		 ? job->image_path == NULL
		 : job->image == JOB_IMAGE_DIRECTORY && is_plain_path(job->image_path) &&
		       came(job->image_fd),
	    "its image is the host's, or a directory that came");
	check_mounts(job);
}

static bool
is_wanted(const struct job_wants *wants, enum entitlement_id id, const char *value, bool readonly)
{
	for (size_t i = 0; i < wants->n; i++) {
		const struct entitlement *want = &wants->v[i];

		if (want->id == id && want->readonly == readonly &&
		    (value == NULL ? want->value == NULL
				   : want->value != NULL && strcmp(want->value, value) == 0))
			return (true);
	}
	return (false);
}

/* Everything that it is going to do is asked for. */
static void
check_wants(const struct job *job, const struct job_wants *wants)
{
	static const enum entitlement_id networks[] = { ENT_INVALID, ENT_NETWORK_NONE,
		ENT_NETWORK_USER, ENT_NETWORK_HOST };

	must((caps_of(job) & ~caps_default()) == 0 ||
		 is_wanted(wants, ENT_SECURITY_NESTED, NULL, false),
	    "more capabilities are asked for");
	must(is_wanted(wants, ENT_SECURITY_NESTED, NULL, false) ||
		 is_wanted(wants, ENT_SECURITY_CONFINED, NULL, false),
	    "to run at all is asked for");
	must(is_wanted(wants, networks[job->network], NULL, false), "the network is asked for");
	must(is_wanted(
		 wants, ENT_IMAGE, job->image == JOB_IMAGE_HOST ? "host" : job->image_path, false),
	    "the image is asked for");
	for (size_t i = 0; i < job->nmounts; i++) {
		const struct job_mount *mount = &job->mounts[i];

		must(mount->type != JOB_MOUNT_BIND ||
			 is_wanted(wants, ENT_MOUNT, mount->source, mount->readonly),
		    "each mount is asked for");
		must(mount->type != JOB_MOUNT_BIND || (mount->uid == 0 && mount->gid == 0) ||
			 is_wanted(wants, ENT_IDMAP_MOUNT, NULL, false),
		    "a mount with an owner is asked for");
	}
}

static bool
same_text(const char *a, const char *b)
{
	return (a == NULL || b == NULL ? a == b : strcmp(a, b) == 0);
}

static bool
same_words(const struct job_words *a, const struct job_words *b)
{
	if (a->n != b->n)
		return (false);
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(a->v[i], b->v[i]) != 0)
			return (false);
	}
	return (true);
}

static bool
same_lists(const struct job *a, const struct job *b)
{
	if (a->nmounts != b->nmounts || a->nulimits != b->nulimits)
		return (false);
	for (size_t i = 0; i < a->nmounts; i++) {
		const struct job_mount *m = &a->mounts[i], *n = &b->mounts[i];

		if (m->type != n->type || m->readonly != n->readonly ||
		    m->nonrecursive != n->nonrecursive || m->propagation != n->propagation ||
		    m->nocopy != n->nocopy || m->match != n->match ||
		    !same_words(&m->labels, &n->labels) || m->mapped != n->mapped ||
		    m->uid != n->uid || m->gid != n->gid || m->mode != n->mode ||
		    !same_text(m->source, n->source) || !same_text(m->target, n->target) ||
		    !same_text(m->options, n->options) || m->fd != n->fd)
			return (false);
	}
	for (size_t i = 0; i < a->nulimits; i++) {
		const struct job_ulimit *m = &a->ulimits[i], *n = &b->ulimits[i];

		if (m->soft != n->soft || m->hard != n->hard || strcmp(m->name, n->name) != 0)
			return (false);
	}
	return (true);
}

/* Encoded as an honest client does, and decoded once more. */
static void
check_again(const struct job *job)
{
	struct job_message message;
	struct varlink conn = { .fd = -1 };
	struct job again;
	struct err err;

	must(job_encode(job, &message, &err) == 0, "what was decoded can be encoded");
	conn.nfds = message.nfds;
	memcpy(conn.fds, message.fds, message.nfds * sizeof(int));
	must(job_decode(message.params, &conn, &again, &err) == 0, "and decoded again");
	must(same_words(&job->run.args, &again.run.args) &&
		 same_words(&job->run.env, &again.run.env) &&
		 same_words(&job->cap_add, &again.cap_add) &&
		 same_words(&job->cap_drop, &again.cap_drop) &&
		 same_words(&job->entitlements, &again.entitlements) &&
		 same_words(&job->labels, &again.labels) && same_lists(job, &again),
	    "lists are the same again");
	must(same_text(job->image_path, again.image_path) &&
		 same_text(job->run.workdir, again.run.workdir) &&
		 same_text(job->run.user, again.run.user) &&
		 same_text(job->hostname, again.hostname) && same_text(job->name, again.name),
	    "texts are the same again");
	must(job->image == again.image && job->network == again.network &&
		 job->read_only == again.read_only && job->run.tty == again.run.tty &&
		 job->run.rows == again.run.rows && job->run.columns == again.run.columns &&
		 job->timeout == again.timeout && job->restart == again.restart &&
		 job->restart_max == again.restart_max && job->stop_signal == again.stop_signal &&
		 job->no_new_privileges == again.no_new_privileges &&
		 job->keep_groups == again.keep_groups && job->detach == again.detach &&
		 job->keep == again.keep && job->interactive == again.interactive &&
		 memcmp(job->run.stdio, again.run.stdio, sizeof(job->run.stdio)) == 0,
	    "all the rest is the same again");
	job_free(&again);
	job_message_free(&message);
}

/* The same of Exec. */
static void
check_exec_again(struct json_object *parameters)
{
	struct job_message message;
	struct varlink conn = { .fd = -1 };
	struct job_exec exec, again;
	struct err err;

	must(job_exec_decode(parameters, &client->varlink, &exec, &err) == 0,
	    "what is handed on can be decoded");
	must(exec.run.args.n >= 1 && exec.run.args.v[0][0] != '\0', "it has a command");
	for (size_t i = 0; i < 3; i++)
		must(
		    exec.run.tty || exec.detach ? exec.run.stdio[i] == -1 : came(exec.run.stdio[i]),
		    "it has a terminal, three streams that came, or no client");
	must(job_exec_encode(&exec, &message, &err) == 0, "and encoded");
	conn.nfds = message.nfds;
	memcpy(conn.fds, message.fds, message.nfds * sizeof(int));
	must(job_exec_decode(message.params, &conn, &again, &err) == 0, "and decoded again");
	must(same_text(exec.job, again.job) && same_text(exec.run.workdir, again.run.workdir) &&
		 same_text(exec.run.user, again.run.user) &&
		 same_words(&exec.run.args, &again.run.args) &&
		 same_words(&exec.run.env, &again.run.env) && exec.run.tty == again.run.tty &&
		 exec.run.rows == again.run.rows && exec.run.columns == again.run.columns &&
		 exec.detach == again.detach && exec.interactive == again.interactive &&
		 memcmp(exec.run.stdio, again.run.stdio, sizeof(exec.run.stdio)) == 0,
	    "all of it is the same again");
	job_exec_free(&exec);
	job_exec_free(&again);
	job_message_free(&message);
}

/* --- what stands in for what acts ----------------------------------------------------------------- */

int
__wrap_job_wants(const struct job *job, struct job_wants *wants, struct err *err)
{
	int ret = __real_job_wants(job, wants, err);

	/* the one that is there has no descriptors */
	if (job->run.stdio[0] != -1 || job->nmounts > 0 || client->varlink.nfds > 0) {
		check_job(job);
		check_again(job);
	}
	if (ret == 0)
		check_wants(job, wants);
	return (ret);
}

int
__wrap_authority_decide(const struct engine *of, const struct job_wants *wants,
    struct policy *policy, struct decision *decision, struct err *err)
{
	(void)of, (void)wants, (void)policy;
	decided = true;
	may_run = (policy_says & 3) == 0;
	*decision = (struct decision){ .verdict = VERDICT_ALLOW };
	if (may_run)
		return (0);
	if ((policy_says & 1) != 0) {
		decision->verdict = VERDICT_REFUSE;
		decision->refusal = REFUSAL_NOT_GRANTED;
	}
	return (err_set(err, ERR_REFUSED, "refused"));
}

struct json_object *
__wrap_authority_list(const struct engine *of)
{
	(void)of;
	return (json_object_new_array());
}

int
__wrap_hide_sockets(const struct engine *of, struct err *err)
{
	(void)of;
	must(may_run, "nothing is done before the decision");
	return ((policy_says & 4) == 0 ? 0 : err_set(err, ERR_SYSTEM, "cannot hide"));
}

int
__wrap_host_prepare(struct engine *of, struct err *err)
{
	(void)of;
	must(may_run, "nothing is done before the decision");
	return ((policy_says & 8) == 0 ? 0 : err_set(err, ERR_SYSTEM, "cannot prepare"));
}

int
__wrap_scratch_directory(int at, char name[JOB_ID_LEN + 1])
{
	(void)at;
	must(may_run, "nothing is made before the decision");
	snprintf(name, JOB_ID_LEN + 1, "job%zu", jobs);
	return (open("/dev/null", O_RDONLY | O_CLOEXEC));
}

int
__wrap_overlay_directories(int dir)
{
	(void)dir;
	return (0);
}

int
__wrap_remove_tree(int at, const char *name)
{
	(void)at, (void)name;
	return (0);
}

struct child *
__wrap_spare_take(struct engine *of)
{
	(void)of;
	return (NULL);
}

void
__wrap_spare_prepare(struct engine *of)
{
	(void)of;
}

/* Always in the parent: the job runs, or cannot be made. */
int
__wrap_child_fork(struct engine *of, struct child *child, uint64_t namespaces)
{
	if (namespaces == 0) {
		must(!child->is_job, "what answers is no job");
		child->next = of->children;
		of->children = child;
		handed = true;
		return (1);
	}
	must(decided && may_run, "what was decided upon runs, and nothing else");
	must(of->stop_by == 0 && of->resetter == NULL, "an engine that ends starts nothing");
	must((namespaces & CLONE_NEWPID) != 0 && (namespaces & CLONE_NEWNS) != 0,
	    "a job has namespaces of its own");
	for (const struct child *at = of->children; at != NULL; at = at->next)
		must(
		    !at->is_job || strcmp(at->name, child->name) != 0, "a name stands for one job");
	if ((policy_says & 16) != 0 || jobs == JOBS_MAX) {
		errno = EAGAIN;
		return (-1);
	}
	child->next = of->children;
	of->children = child;
	jobs++;
	forked = true;
	return (1);
}

void
__wrap_log_line(const struct engine *of, const char *fmt, ...)
{
	(void)of, (void)fmt;
}

int
__wrap_reset_start(struct engine *of, struct err *err)
{
	(void)of;
	must(jobs == 0, "nothing is removed that a job has");
	return (err_set(err, ERR_FAILED, "not here"));
}

void
__wrap_children_signal(const struct engine *of, int number)
{
	(void)of, (void)number;
	signalled++;
}

/* --- the job that is there, or is not ------------------------------------------------------------- */

int
__wrap_names_take(
    const struct engine *of, const char *name, const char *id, char holder[JOB_ID_LEN + 1])
{
	(void)id;
	for (const struct child *at = of->children; at != NULL; at = at->next) {
		if (strcmp(at->name, name) == 0) {
			snprintf(holder, JOB_ID_LEN + 1, "%s", JOB);
			return (1);
		}
	}
	return (0);
}

void
__wrap_names_drop(const char *name, const char *id)
{
	(void)name, (void)id;
}

int
__wrap_ctl_listen(const char *id)
{
	(void)id;
	return (open("/dev/null", O_RDONLY | O_CLOEXEC));
}

int
__wrap_ctl_send(const char *id, struct json_object *message, int fd, const int *fds, size_t nfds)
{
	static const char *const methods[] = { "Exec", "Attach", "Wait", "Kill", "StopJob",
		"Open" };
	const char *method = json_object_get_string(json_object_object_get(message, "method"));
	struct json_object *parameters = json_object_object_get(message, "parameters");
	size_t i = 0;

	must(strcmp(id, JOB) == 0 && fd == client->varlink.fd && nfds == client->varlink.nfds &&
		 memcmp(fds, client->varlink.fds, nfds * sizeof(int)) == 0,
	    "a job gets its client, and what came from it");
	must(strncmp(method, "io.berth.Engine.", 16) == 0, "it is a call of ours");
	while (i < sizeof(methods) / sizeof(methods[0]) && strcmp(methods[i], method + 16) != 0)
		i++;
	must(i < sizeof(methods) / sizeof(methods[0]), "it is one that a supervisor serves");
	must(json_object_is_type(json_object_object_get(parameters, "job"), json_type_string),
	    "it says which job");
	must(i != 0 || (decided && may_run), "nothing enters a job without a decision");
	if (i == 0)
		check_exec_again(parameters);
	must(client->varlink.len == 0, "nothing is lost behind it");
	if ((policy_says & 16) != 0) {
		errno = (policy_says & 4) != 0 ? EAGAIN : ECONNREFUSED;
		return (-1);
	}
	handed = true;
	return (0);
}

int
__wrap_ctl_ask(const char *id, const char *method, struct json_object *parameters)
{
	must(strcmp(id, JOB) == 0 && strcmp(method, "Kill") == 0, "only who removes asks itself");
	json_object_put(parameters);
	signalled++;
	return (0);
}

int
__wrap_record_write(int dir, const struct record *record)
{
	(void)dir;
	must(record->kept, "only what stays is written down here");
	return ((policy_says & 8) == 0 ? 0 : -1);
}

int
__wrap_request_write(int dir, const struct job *job)
{
	(void)dir;
	must(job->keep, "only what stays is written down here");
	return (0);
}

int
__wrap_request_job(int dir, struct job *job, struct err *err)
{
	(void)dir;
	job_init(job);
	job->detach = job->keep = true;
	return (job_add_word(&job->run.args, "true", err));
}

void
__wrap_found_ids(int at, const char *word, struct found_ids *ids)
{
	(void)at;
	must(word[0] != '\0' && word[0] != '.' && strchr(word, '/') == NULL && strlen(word) <= 64,
	    "what names a job can be a name");
	ids->n = engine_says >> 6;
	for (size_t i = 0; i < ids->n; i++)
		snprintf(ids->v[i], sizeof(ids->v[i]), "%s", JOB);
}

int
__wrap_found_open(int at, const char *id, struct found *found)
{
	struct job job;
	struct err err;
	int ret;

	(void)at;
	*found = FOUND_NONE;
	record_init(&found->record);
	must(strcmp(id, JOB) == 0, "an id comes from the look-up");
	errno = ENOENT;
	if ((engine_says & 16) != 0)
		return (-1);
	snprintf(found->id, sizeof(found->id), "%s", id);
	found->dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	found->alive = (engine_says & 32) != 0;
	ret = __wrap_request_job(-1, &job, &err);
	must(ret == 0 && record_begin(&found->record, id, NULL, &job) == 0, "there is memory");
	job_free(&job);
	found->record.state = RECORD_RUNNING;
	if (!found->alive || (engine_says & 2) != 0)
		record_end(&found->record, RECORD_REASON_EXITED, 3, NULL);
	return (0);
}

int
__wrap_found_lock(const struct found *found)
{
	must(!found->alive, "no lock is taken from a job that lives");
	return ((policy_says & 4) == 0 ? 0 : -1);
}

/* --- the client ----------------------------------------------------------------------------------- */

/* One that a client makes: the command "true" and a variable. */
static int
make_blob(int seals)
{
	static const char text[] = "\x62\x6f\x6a\x62\1\0\0\0\1\0\0\0\1\0\0\0true\0A=1";
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	must(fd >= 0 && write(fd, text, sizeof(text)) == (ssize_t)sizeof(text), "there is a blob");
	must(fcntl(fd, F_ADD_SEALS, seals) == 0, "it is sealed");
	return (fd);
}

/* The first of them is a blob in all cases but one. */
static size_t
make_fds(uint8_t what, int fds[16])
{
	static const char *const paths[] = { "/dev/null", "/dev/null", "/dev/null", "/", "/" };
	size_t n = 0;

	fds[n++] = make_blob((what & 0x80) == 0 ? F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK : 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		fds[n++] = open(paths[i], O_CLOEXEC | (i < 4 ? O_RDONLY : O_PATH));
	return (n < (what & 0xfU) ? n : what & 0xfU);
}

static void
send_all(int fd, const uint8_t *data, size_t size, uint8_t what)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fds[16];
	size_t n = make_fds(what, fds);

	if (n > 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(&control.align), fds, n * sizeof(int));
	}
	must(sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)size, "what is sent is taken");
	for (size_t i = 0; i < 6; i++)
		close(fds[i]);
}

/* What the engine says is Varlink, whatever it was told. */
static void
check_answers(int fd)
{
	struct json_object *message;
	struct varlink conn;
	int ret;

	varlink_init(&conn, fd);
	while ((ret = varlink_read(&conn, &message)) == 1) {
		must(json_object_object_get_ex(message, "parameters", NULL), "an answer is one");
		json_object_put(message);
	}
	/* A reset tells that we sent more than it wanted to read. */
	must(ret == 0 || errno == EAGAIN || errno == ECONNRESET, "each answer is well-formed");
	must(conn.nfds <= 1, "no descriptor comes back but one that was asked for");
	varlink_close(&conn);
}

/* One that runs already. */
static void
add_job(const char *name)
{
	struct child *child = child_new(&engine, true);

	must(child != NULL, "there is memory");
	snprintf(child->name, sizeof(child->name), "%s", name);
	child->next = engine.children;
	engine.children = child;
	jobs++;
}

static void
begin(const uint8_t head[3], int fd)
{
	engine = (struct engine){ .mode = FACTS_SHARED, .epoll = -1, .jobs = -1 };
	engine.caller.uid = engine.caller.gid = 1000;
	engine.finished = calloc(1, ENGINE_JOBS_MAX);
	engine.host.keeps_groups = (head[2] & 4) != 0;
	if ((head[2] & 1) != 0)
		engine.stop_by = clock_ms() + 1000;
	policy_says = head[1];
	engine_says = head[2];
	jobs = signalled = 0;
	decided = may_run = forked = handed = false;
	client = calloc(1, sizeof(*client));
	must(engine.finished != NULL && client != NULL, "there is memory");
	client->source = SOURCE_CONNECTION;
	varlink_init(&client->varlink, fd);
	engine.connections = client;
	engine.nconnections = 1;
	if ((head[2] & 8) != 0)
		add_job("a");
}

static void
end(void)
{
	if (client != NULL)
		drop(&engine, client);
	client = NULL;
	while (engine.children != NULL) {
		struct child *child = engine.children;

		engine.children = child->next;
		child_free(&engine, child);
	}
	free((void *)(uintptr_t)engine.finished);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t before = count_fds();
	int ends[2], ret = 0;

	if (size < 4 || size > PIECE_MAX)
		return (0);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0,
	    "there is a socket");
	begin(data, ends[0]);
	send_all(ends[1], data + 3, size - 3, data[0]);
	while (ret == 0 && client->varlink.len < VARLINK_MESSAGE_MAX) {
		size_t had = client->varlink.len;

		handed = false;
		ret = serve(&engine, client);
		must(!handed || ret == -1, "who was handed on has no connection any more");
		/* Nothing is left in the socket. */
		if (ret == 0 && recv(ends[0], &(char){ 0 }, 1, MSG_PEEK) != 1)
			break;
		must(ret != 0 || client->varlink.len != had || had == 0, "it goes on");
	}
	must(!forked || ret == -1 || jobs == 0, "who gave it to a job has no connection any more");
	must(signalled == 0 || engine.stop_by != 0 || client->deferred == DEFERRED_REMOVE,
	    "jobs are ended when the engine ends, or when they are removed");
	/* The word may be spelled with escapes. */
	must(signalled == 0 || jobs == 0 || memchr(data + 3, '\\', size - 3) != NULL ||
		 memmem(data + 3, size - 3, "force", 5) != NULL,
	    "no job ends that nobody said shall end");
	end();
	check_answers(ends[1]);
	must(count_fds() == before, "no descriptor stays open");
	return (0);
}
