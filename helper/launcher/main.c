/* SPDX-License-Identifier: ISC */
/*
 * berth-launcher: setuid root for a millisecond. The list of its phases.
 * TRUST: privileged
 * INPUT: argv (one verb and numbers, compared or parsed, never printed), everything else see each phase
 * MUST: go through every phase in this order, whatever the verb; leave no process with privilege.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

#define VERB_WORDS_MAX 2

/* What it can be told to do. */
struct verb {
	const char *name;
	const char *what; /* as a refusal names it */
	enum engine_mode mode; /* of the grant that it needs */
	size_t nwants; /* so many of the entitlements in judge() */
	unsigned int first; /* the first descriptor that it does not take */
	bool leaves; /* its caller, for what is the host's: place.c */
	bool ids; /* it is about two ids, which the log names */
	unsigned int words; /* bit N: N words may stand behind it */
	/* These words, and what else the caller hands over, before any power is used. NULL: nothing. */
	int (*check)(char *const words[], struct handles *handles, struct err *err);
	/* Does what was handed over belong to the grant? NULL: nothing was. */
	int (*match)(const struct grant *grant, const struct handles *handles, struct err *err);
	int (*run)(const struct caller *caller, const struct grant *grant,
	    const struct handles *handles, struct err *err);
};

static int
usage(struct err *err)
{
	err_set(err, ERR_USAGE, "usage: berth-launcher start|once [UIDMAP GIDMAP]|mount UID GID");
	err_why(err, "berth calls it; there is nothing else that it can be told");
	err_todo(err, "to run a job:  berth run host -- id");
	return (-1);
}

/* Well formed; whose ids they are is for decide(). */
static int
take_maps(char *const words[], struct handles *handles, struct err *err)
{
	struct idmap_line *lines = calloc((size_t)2 * IDMAP_LINES_MAX, sizeof(*lines));

	if (lines == NULL)
		return (err_sys(err, "cannot read the maps"));
	if (idmap_parse(words[0], lines, &handles->uids) == 0 &&
	    idmap_parse(words[1], lines + IDMAP_LINES_MAX, &handles->gids) == 0)
		return (0);
	err_set(err, ERR_USAGE, "a map of ids is not as it must be");
	err_why(err, "CONTAINER:HOST:COUNT[,...]: up to %d lines, no id in two of them",
	    IDMAP_LINES_MAX);
	return (err_todo(err, "to run a job with the user's own id:  berth run --userns=keep-id"));
}

static int
check_once(char *const words[], struct handles *handles, struct err *err)
{
	if (once_check_request(err) < 0)
		return (-1);
	return (words[0] != NULL ? take_maps(words, handles, err) : 0);
}

static int
check_mount(char *const words[], struct handles *handles, struct err *err)
{
	if (id_parse(words[0], &handles->uid) < 0 || id_parse(words[1], &handles->gid) < 0)
		return (usage(err));
	return (mount_check_request(err));
}

static const struct verb verbs[] = {
	{ "start", "engine", ENGINE_SHARED, 1, REQUEST_FD, true, false, 1U << 0, NULL, NULL,
	    verb_start },
	{ "once", "engine", ENGINE_ONCE, 1, REQUEST_FD + 1, false, false, 1U << 0 | 1U << 2,
	    check_once, NULL, verb_once },
	/* For whichever engine there is: the namespace shows whose it is. */
	{ "mount", "mapped directory", ENGINE_ANY, 2, MOUNT_FD_END, false, true, 1U << 2,
	    check_mount, mount_check_grant, verb_mount },
};

_Static_assert(sizeof(verbs) / sizeof(verbs[0]) == AUDIT_VERBS, "each has lines in the log");

static const struct verb *
find_verb(int argc, char *const argv[])
{
	for (size_t i = 0; argc >= 2 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[1], verbs[i].name) == 0)
			return (&verbs[i]);
	}
	return (NULL);
}

/* What the policy says, and what it is worth to this caller. */
struct judgement {
	const struct verb *verb;
	struct handles handles;
	struct policy policy;
	struct decision decision;
};

static int
check_usage(struct judgement *judgement, int argc, char *const argv[], struct err *err)
{
	const struct verb *verb = judgement->verb;

	if (verb == NULL || argc > 2 + VERB_WORDS_MAX || (verb->words >> (argc - 2) & 1) == 0)
		return (usage(err));
	return (verb->check != NULL ? verb->check(argv + 2, &judgement->handles, err) : 0);
}

/* In numbers; the client says it with names, from the same decision. */
static int
explain(const struct caller *caller, const struct judgement *judgement, struct err *err)
{
	const struct decision *decision = &judgement->decision;
	const struct entitlement_info *wanted = entitlement_info(decision->wanted.id);
	enum refusal why = decision->refusal;

	err_set(err, ERR_REFUSED, "refused: no %s for uid %u (%s)", judgement->verb->what,
	    caller->uid, refusal_name(why));
	err_why(err, "%s",
	    decision->by != NULL ? decision->by->file
				 : "no file in " POLICY_DIR "/allow allows it");
	if (why == REFUSAL_NO_GRANT || why == REFUSAL_NOT_GRANTED || why == REFUSAL_REVOKED)
		return (err_todo(err, "an administrator can allow it:  sudo berth grant %u %s",
		    caller->uid, wanted != NULL ? wanted->name : "security.confined"));
	if (why == REFUSAL_MAP || why == REFUSAL_MAP_SHORT)
		return (err_todo(err,
		    "the map's host ids must be granted, 0 and the caller in it, not as 65534:  "
		    "berth info"));
	return (err_todo(err, "an administrator can look at it:  sudo berth check"));
}

static int
open_policy(const struct caller *caller, int *etcfd, struct err *err)
{
	int rc = trust_dir(POLICY_DIR, etcfd, err);

	if (rc != 0)
		return (rc < 0 ? -1 : 0);
	err_set(err, ERR_CONFIG, "refused: " POLICY_DIR " is missing");
	err_why(err, "nobody was granted anything on this host yet");
	return (err_todo(
	    err, "an administrator makes it with a grant:  sudo berth grant %u", caller->uid));
}

/* The engine runs confined jobs; what a job may have beyond that is decided at each job, but for what
 * takes a verb of its own. */
static int
judge(const struct caller *caller, struct judgement *judgement, struct err *err)
{
	static const struct entitlement wants[] = { { .id = ENT_SECURITY_CONFINED },
		{ .id = ENT_IDMAP_MOUNT } };
	const struct policy_source source = { trust_read, &judgement->handles.etcfd };
	const struct handles *handles = &judgement->handles;
	const struct request request = { .now = time(NULL),
		.mode = judgement->verb->mode,
		.nwants = judgement->verb->nwants,
		.wants = wants,
		.uids = handles->uids.n != 0 ? &handles->uids : NULL,
		.gids = handles->gids.n != 0 ? &handles->gids : NULL };

	judgement->decision = (struct decision){ 0 };
	policy_free(&judgement->policy);
	io_close(&judgement->handles.etcfd);
	if (open_policy(caller, &judgement->handles.etcfd, err) < 0 ||
	    policy_load(&judgement->policy, caller, &source, err) < 0)
		return (-1);
	decide(caller, &judgement->policy, &request, &judgement->decision);
	if (judgement->decision.verdict == VERDICT_ALLOW)
		return (0);
	return (explain(caller, judgement, err));
}

static int
record(const struct judgement *judgement, const struct caller *caller, struct err *err)
{
	const struct verb *verb = judgement->verb;
	const struct audit_call call = { .verb = verb->name,
		.number = (unsigned int)(verb - verbs),
		.ids = verb->ids,
		.uid = judgement->handles.uid,
		.gid = judgement->handles.gid };

	return (audit(&call, caller, &judgement->decision, err));
}

int
main(int argc, char *argv[])
{
	struct judgement judgement = { .verb = find_verb(argc, argv),
		.handles = { .etcfd = -1, .procfd = -1 } };
	const struct verb *verb = judgement.verb;
	struct err err = { 0 };
	struct caller caller;
	bool refused;

	refused = sanitize(verb != NULL ? verb->first : REQUEST_FD, &err) < 0 ||
		  check_usage(&judgement, argc, argv, &err) < 0 || self_check(&err) < 0;
	if (!refused)
		priv_init();
	if (refused || caller_read(&caller, &err) < 0) {
		priv_abandon();
		end_with(&err);
	}
	priv_become_root();
	/* Nothing is touched before the first decision. The second is the one that holds: made in the
	 * host's own view of the policy, and where the caller can no longer stop us in between. What
	 * stays with its caller is in their view and reach for good: a file that they hide can only
	 * take rights away, and the engine decides once more, itself, after whatever stop. */
	refused = judge(&caller, &judgement, &err) < 0 ||
		  procfs_open(&judgement.handles.procfd, &err) < 0 ||
		  (verb->leaves &&
		      place(&judgement.decision.grant, judgement.handles.procfd, &err) < 0) ||
		  judge(&caller, &judgement, &err) < 0 ||
		  (verb->match != NULL &&
		      verb->match(&judgement.decision.grant, &judgement.handles, &err) < 0);
	refused = record(&judgement, &caller, &err) < 0 || refused;
	if (!refused &&
	    verb->run(&caller, &judgement.decision.grant, &judgement.handles, &err) == 0)
		return (0);
	/* Whoever does not read the message makes a process of their own wait, not one of root's. */
	if (geteuid() == 0 && caller.uid != 0)
		priv_drop_forever(caller.uid, caller.gid);
	end_with(&err);
}
