/* SPDX-License-Identifier: ISC */
/*
 * Maps of a job's own. Contract in ownmap.h.
 * TRUST: unprivileged
 * INPUT: the command line of the caller; the policy
 * MUST: as ownmap.h says
 */
#include "client/berth/ownmap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/berth/view.h"

/* --userns=keep-id[:uid=U,gid=G]; U and G are changed when they are said. */
static int
parse_keep_id(const char *value, uint32_t *uid, uint32_t *gid, struct err *err)
{
	static const char name[] = "keep-id";
	char copy[64], *rest = copy + sizeof(name) - 1, *word;

	err_set(err, ERR_USAGE, "--userns=%s: unknown user namespace", value);
	err_why(err, "it is keep-id, or keep-id:uid=U,gid=G");
	if (strlen(value) >= sizeof(copy) || strncmp(value, name, sizeof(name) - 1) != 0)
		return (-1);
	snprintf(copy, sizeof(copy), "%s", value);
	if (*rest == '\0')
		return (0);
	if (*rest++ != ':')
		return (-1);
	while ((word = strsep(&rest, ",")) != NULL) {
		uint32_t *id = strncmp(word, "uid=", 4) == 0   ? uid
			       : strncmp(word, "gid=", 4) == 0 ? gid
							       : NULL;

		if (id == NULL || id_parse(word + 4, id) != 0)
			return (-1);
	}
	return (0);
}

/* id is own, and the range has the numbers from 0 on that are left. */
static void
format_kept(char *text, uint32_t id, uint32_t own, const struct id_range *range)
{
	size_t used = 0;

	if (id >= range->count) {
		snprintf(
		    text, IDMAP_TEXT_MAX, "0:%u:%u,%u:%u:1", range->start, range->count, id, own);
		return;
	}
	if (id > 0)
		used = (size_t)snprintf(text, IDMAP_TEXT_MAX, "0:%u:%u,", range->start, id);
	snprintf(text + used, IDMAP_TEXT_MAX - used, "%u:%u:1,%u:%u:%u", id, own, id + 1,
	    range->start + id, range->count - id);
}

/* The words of a flag in one text; without any the map that a grant has anyway. */
static int
join(char *text, const char *flag, const struct job_words *words, struct err *err)
{
	static struct idmap_line lines[IDMAP_LINES_MAX];
	struct idmap map;
	size_t used = 0;

	for (size_t i = 0; i < words->n && used < IDMAP_TEXT_MAX; i++)
		used += (size_t)snprintf(
		    text + used, IDMAP_TEXT_MAX - used, "%s%s", i == 0 ? "" : ",", words->v[i]);
	if (words->n == 0 || (used < IDMAP_TEXT_MAX && idmap_parse(text, lines, &map) == 0))
		return (0);
	err_set(err, ERR_USAGE, "%s %s: not a map", flag, words->v[words->n - 1]);
	err_why(err,
	    "it is CONTAINER:HOST:COUNT, more than once if need be, with no id in two of them");
	return (err_todo(err, "to see the ids that may stand there:  berth info"));
}

static void
format_usual(char *text, uint32_t own, const struct id_range *range)
{
	if (text[0] == '\0')
		snprintf(text, IDMAP_TEXT_MAX, "0:%u:1,1:%u:%u", own, range->start, range->count);
}

/* What the flags say, and what the policy says of that. */
struct choice {
	struct view view;
	struct grant grant;
	char *uids, *gids;
};

static int
refuse(
    struct cli *cli, const struct choice *choice, const struct decision *decision, struct err *err)
{
	const struct grant *grant = &choice->grant;
	char why[ERR_LINE];

	snprintf(cli->reason, sizeof(cli->reason), "%s", refusal_name(decision->refusal));
	(void)view_explain(&choice->view, decision, err);
	if (decision->refusal == REFUSAL_ENGINE) {
		snprintf(why, sizeof(why), "a map of the job's own needs one; and there is %.500s",
		    err->why);
		memcpy(err->why, why, sizeof(why));
	}
	if (decision->refusal == REFUSAL_MAP)
		err_why(err,
		    "what a line maps is uid %u alone, or lies in %u to %u; of groups gid %u, "
		    "or %u to %u",
		    grant->uid, grant->subuid.start, grant->subuid.start + grant->subuid.count - 1,
		    grant->gid, grant->subgid.start, grant->subgid.start + grant->subgid.count - 1);
	return (-1);
}

/* The two texts live as long as the program: cli points to them. */
static void
begin(struct choice *choice)
{
	static char uids[IDMAP_TEXT_MAX], gids[IDMAP_TEXT_MAX];

	*choice = (struct choice){ .uids = uids, .gids = gids };
	uids[0] = gids[0] = '\0';
}

/* Is there a grant for an engine of one call? */
static int
find_grant(struct cli *cli, struct choice *choice, struct err *err)
{
	const struct entitlement want = { .id = ENT_SECURITY_CONFINED };
	struct decision decision;

	if (view_load(&choice->view, err) != 0)
		return (-1);
	view_decide(&choice->view, ENGINE_ONCE, &want, &decision);
	if (decision.verdict != VERDICT_ALLOW)
		return (refuse(cli, choice, &decision, err));
	choice->grant = decision.grant;
	return (0);
}

static uint32_t
number_of(const struct idmap *map, uint32_t own)
{
	size_t i = 0;

	while (i < map->n - 1 && map->lines[i].outside != own)
		i++;
	return (map->lines[i].inside);
}

/* In such a namespace the user's files have the user's number everywhere; another one that a mount asks for
 * they cannot have. */
static int
settle_mounts(struct job *job, uint32_t uid, uint32_t gid, struct err *err)
{
	for (size_t i = 0; i < job->nmounts; i++) {
		struct job_mount *mount = &job->mounts[i];

		if (mount->type != JOB_MOUNT_BIND || !mount->mapped)
			continue;
		if (mount->uid != uid || mount->gid != gid) {
			err_set(err, ERR_USAGE, "uid=%u,gid=%u of %s contradicts the map",
			    mount->uid, mount->gid, mount->target);
			return (err_why(
			    err, "with it your files belong to %u:%u of the job", uid, gid));
		}
		mount->mapped = false;
		mount->uid = mount->gid = 0;
	}
	return (0);
}

/* As the kernel shows who is not in a namespace: user_namespaces(7). */
static bool
is_nobody(const struct idmap *map, uint32_t own)
{
	for (size_t i = 0; i < map->n; i++) {
		if (map->lines[i].outside == own && map->lines[i].inside == ID_OVERFLOW)
			return (true);
	}
	return (false);
}

static int
refuse_nobody(struct err *err)
{
	err_set(err, ERR_USAGE, "the user cannot be %u in a namespace of a job", ID_OVERFLOW);
	err_why(err, "everybody who is not in it looks like that there, other users and root too");
	return (err_todo(err, "take another number, for uid and for gid"));
}

/* The launcher asks again. */
static int
take(struct cli *cli, const struct choice *choice, struct job *job, struct err *err)
{
	static struct idmap_line lines[2][IDMAP_LINES_MAX];
	struct idmap uids, gids;
	struct decision decision;

	if (idmap_parse(choice->uids, lines[0], &uids) != 0 ||
	    idmap_parse(choice->gids, lines[1], &gids) != 0)
		return (err_set(err, ERR_USAGE, "the ids of this grant make no map"));
	if (is_nobody(&uids, choice->grant.uid) || is_nobody(&gids, choice->grant.gid))
		return (refuse_nobody(err));
	view_decide_maps(&choice->view, &uids, &gids, &decision);
	if (decision.verdict != VERDICT_ALLOW)
		return (refuse(cli, choice, &decision, err));
	cli->uidmap = choice->uids;
	cli->gidmap = choice->gids;
	cli->once = true;
	cli->unsettled = false;
	return (settle_mounts(
	    job, number_of(&uids, choice->grant.uid), number_of(&gids, choice->grant.gid), err));
}

/* The user with these numbers is the caller. */
static int
take_kept(struct cli *cli, struct job *job, const uint32_t ids[2], struct err *err)
{
	struct choice choice;
	int rc;

	begin(&choice);
	rc = find_grant(cli, &choice, err);
	if (rc == 0) {
		format_kept(choice.uids, ids[0], choice.grant.uid, &choice.grant.subuid);
		format_kept(choice.gids, ids[1], choice.grant.gid, &choice.grant.subgid);
		rc = take(cli, &choice, job, err);
	}
	view_free(&choice.view);
	return (rc);
}

static int
keep_id(struct cli *cli, struct run_options *options, struct err *err)
{
	uint32_t ids[] = { getuid(), getgid() };
	char user[32];

	if (parse_keep_id(options->userns, &ids[0], &ids[1], err) != 0)
		return (-1);
	snprintf(user, sizeof(user), "%u:%u", ids[0], ids[1]);
	if (options->job.run.user == NULL && (options->job.run.user = strdup(user)) == NULL)
		return (err_sys(err, "cannot read the flags"));
	return (take_kept(cli, &options->job, ids, err));
}

static int
from_flags(struct cli *cli, struct run_options *options, struct err *err)
{
	struct choice choice;
	int rc;

	begin(&choice);
	/* A wrong word is wrong with every grant. */
	rc = join(choice.uids, "--uidmap", &options->uidmaps, err);
	if (rc == 0)
		rc = join(choice.gids, "--gidmap", &options->gidmaps, err);
	if (rc == 0)
		rc = find_grant(cli, &choice, err);
	if (rc == 0) {
		format_usual(choice.uids, choice.grant.uid, &choice.grant.subuid);
		format_usual(choice.gids, choice.grant.gid, &choice.grant.subgid);
		rc = take(cli, &choice, &options->job, err);
	}
	view_free(&choice.view);
	return (rc);
}

int
ownmap_choose(struct cli *cli, struct run_options *options, struct err *err)
{
	static const char alone[] =
	    "a map of its own is one of an engine of this call, as with --once";
	const bool mapped = options->uidmaps.n > 0 || options->gidmaps.n > 0;
	const char *flag = options->userns != NULL  ? "--userns"
			   : options->uidmaps.n > 0 ? "--uidmap"
						    : "--gidmap";

	if (options->userns == NULL && !mapped)
		return (0);
	if (options->userns != NULL && mapped)
		return (options_contradict(
		    flag, "--uidmap and --gidmap", "each is the whole map", err));
	if (options->detach)
		return (options_contradict(flag, "-d", alone, err));
	if (cli->host != NULL)
		return (options_contradict(flag, "--host and BERTH_HOST", alone, err));
	if (options->job.keep)
		return (options_contradict(
		    flag, "--rm=false", "what is kept would begin again with other ids", err));
	options->once = true;
	return (
	    options->userns != NULL ? keep_id(cli, options, err) : from_flags(cli, options, err));
}

/* What cannot be looked at is left to who mounts it. */
static bool
is_callers(const struct job_mount *mount)
{
	struct stat st;

	return (mount->type != JOB_MOUNT_BIND || stat(mount->source, &st) != 0 ||
		st.st_uid == getuid());
}

/* The one owner of all that is mapped; NULL, and why there is none. */
static const struct job_mount *
find_owner(const struct job *job, const char **why)
{
	const struct job_mount *owner = NULL;

	for (size_t i = 0; i < job->nmounts; i++) {
		const struct job_mount *mount = &job->mounts[i];
		bool hosts = mount->type == JOB_MOUNT_BIND || mount->type == JOB_MOUNT_VOLUME;
		bool kept = mount->mapped && mount->type == JOB_MOUNT_BIND; /* said to be root's */

		if (job_mount_is_mapped(mount)) {
			if (!is_callers(mount)) {
				*why = "it is not the caller's own: mount it without uid and gid";
				return (NULL);
			}
			if (owner == NULL)
				owner = mount;
			if (mount->uid == owner->uid && mount->gid == owner->gid)
				continue;
			*why = "on such a file system all directories can have one owner only";
			return (NULL);
		}
		/* What the job's root would write there would not be the user's. */
		if (!hosts || (mount->readonly && !kept))
			continue;
		*why = "all directories can have one owner: the same uid= and gid= for each, or ro";
		return (NULL);
	}
	return (owner);
}

/* Why the job cannot have an engine of its own, in which the user is that owner; NULL when it can. */
static const char *
find_obstacle(const struct cli *cli, const struct job *job, const struct job_mount *owner)
{
	if (owner->uid == ID_OVERFLOW || owner->gid == ID_OVERFLOW)
		return ("with other numbers than 65534 it would run: in a namespace of its own");
	if (job->detach)
		return ("without -d it would run: in a namespace of its own, as with --once");
	if (cli->host != NULL)
		return ("without --host it would run: in a namespace of its own, as with --once");
	/* it is that one already */
	return (cli->uidmap != NULL ? "" : NULL);
}

static int
add_grant(struct err *err)
{
	char text[ERR_LINE];

	snprintf(text, sizeof(text), "%.300s%s", err->todo, err->todo[0] != '\0' ? "; or " : "");
	return (
	    err_todo(err, "%shave an engine of one call allowed:  sudo berth grant %u --engine=any",
		text, getuid()));
}

int
ownmap_instead(struct cli *cli, struct job *job, struct err *err)
{
	const char *why = NULL;
	const struct job_mount *owner = find_owner(job, &why);
	uint32_t ids[2] = { 0, 0 };
	struct err refusal;

	if (owner != NULL)
		why = find_obstacle(cli, job, owner);
	if (why != NULL)
		return (why[0] == '\0' ? -1 : err_todo(err, "%s", why));
	if (owner == NULL)
		return (-1);
	ids[0] = owner->uid;
	ids[1] = owner->gid;
	if (take_kept(cli, job, ids, &refusal) != 0)
		return (add_grant(err));
	return (0);
}
