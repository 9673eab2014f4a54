/* SPDX-License-Identifier: ISC */
/*
 * berth-launcher: setuid root for a millisecond. The list of its phases.
 * TRUST: privileged
 * INPUT: argv (one verb, compared and never printed), everything else see each phase
 * MUST: go through every phase in this order, whatever the verb; leave no process with privilege.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

static enum engine_mode
mode_of(int argc, char *const argv[])
{
	if (argc != 2)
		return (ENGINE_INVALID);
	if (strcmp(argv[1], "once") == 0)
		return (ENGINE_ONCE);
	return (strcmp(argv[1], "start") == 0 ? ENGINE_SHARED : ENGINE_INVALID);
}

static int
check_usage(enum engine_mode mode, struct err *err)
{
	if (mode == ENGINE_ONCE)
		return (once_check_request(err));
	if (mode == ENGINE_SHARED)
		return (0);
	err_set(err, ERR_USAGE, "usage: berth-launcher start|once");
	err_why(err, "berth calls it; there is nothing else that it can be told");
	return (err_todo(err, "to run a job:  berth run host -- id"));
}

/* What the policy says, and what it is worth to this caller. */
struct judgement {
	enum engine_mode mode;
	struct handles handles;
	struct policy policy;
	struct decision decision;
};

/* In numbers; the client says it with names, from the same decision. */
static int
explain(const struct caller *caller, const struct decision *decision, struct err *err)
{
	enum refusal why = decision->refusal;

	err_set(
	    err, ERR_REFUSED, "refused: no engine for uid %u (%s)", caller->uid, refusal_name(why));
	err_why(err, "%s",
	    decision->by != NULL ? decision->by->file
				 : "no file in " POLICY_DIR "/allow allows it");
	if (why == REFUSAL_NO_GRANT || why == REFUSAL_NOT_GRANTED || why == REFUSAL_REVOKED)
		return (err_todo(err,
		    "an administrator can allow it:  sudo berth grant %u "
		    "security.confined",
		    caller->uid));
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

/* The engine runs confined jobs; what a job may have beyond that is decided at each job. */
static int
judge(const struct caller *caller, struct judgement *judgement, struct err *err)
{
	static const struct entitlement confined = { .id = ENT_SECURITY_CONFINED };
	const struct policy_source source = { trust_read, &judgement->handles.etcfd };
	const struct request request = {
		.now = time(NULL), .mode = judgement->mode, .nwants = 1, .wants = &confined
	};

	judgement->decision = (struct decision){ 0 };
	policy_free(&judgement->policy);
	io_close(&judgement->handles.etcfd);
	if (open_policy(caller, &judgement->handles.etcfd, err) < 0 ||
	    policy_load(&judgement->policy, caller, &source, err) < 0)
		return (-1);
	decide(caller, &judgement->policy, &request, &judgement->decision);
	if (judgement->decision.verdict == VERDICT_ALLOW)
		return (0);
	return (explain(caller, &judgement->decision, err));
}

int
main(int argc, char *argv[])
{
	struct judgement judgement = { .mode = mode_of(argc, argv), .handles = { -1, -1 } };
	const bool once = judgement.mode == ENGINE_ONCE;
	struct err err = { 0 };
	struct caller caller;
	bool refused;

	refused = sanitize(once ? REQUEST_FD + 1 : REQUEST_FD, &err) < 0 ||
		  check_usage(judgement.mode, &err) < 0 || self_check(&err) < 0;
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
		  (!once && place(&judgement.decision.grant, judgement.handles.procfd, &err) < 0) ||
		  judge(&caller, &judgement, &err) < 0;
	refused = audit(judgement.mode, &caller, &judgement.decision, &err) < 0 || refused;
	if (!refused && (once ? verb_once : verb_start)(
			    &caller, &judgement.decision.grant, &judgement.handles, &err) == 0)
		return (0);
	/* Whoever does not read the message makes a process of their own wait, not one of root's. */
	if (geteuid() == 0 && caller.uid != 0)
		priv_drop_forever(caller.uid, caller.gid);
	end_with(&err);
}
