/* SPDX-License-Identifier: ISC */
/*
 * berth-launcher: setuid root for a millisecond. The list of its phases.
 * TRUST: privileged
 * INPUT: argv (one verb, compared and never printed), everything else see each phase
 * MUST: go through every phase in this order, whatever the verb; leave no process with privilege.
 */
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

static int
check_usage(int argc, char *const argv[], struct err *err)
{
	if (argc == 2 && strcmp(argv[1], "start") == 0)
		return (0);
	err_set(err, ERR_USAGE, "usage: berth-launcher start");
	err_why(err, "berth calls it; there is nothing else that it can be told");
	return (err_todo(err, "to run a job:  berth run host -- id"));
}

static int
load_policy(const struct caller *caller, struct policy *policy, int *etcfd, struct err *err)
{
	const struct policy_source source = { trust_read, etcfd };
	int rc = trust_dir(POLICY_DIR, etcfd, err);

	if (rc > 0)
		return (policy_load(policy, caller, &source, err));
	if (rc < 0)
		return (-1);
	err_set(err, ERR_CONFIG, "refused: " POLICY_DIR " is missing");
	err_why(err, "nobody was granted anything on this host yet");
	return (err_todo(
	    err, "an administrator makes it with a grant:  sudo berth grant %u", caller->uid));
}

/* In numbers; the client says it with names, from the same decision. */
static int
refused(const struct caller *caller, const struct decision *decision, struct err *err)
{
	err_set(err, ERR_REFUSED, "refused: no engine for uid %u (%s)", caller->uid,
	    refusal_name(decision->refusal));
	err_why(err, "%s",
	    decision->by != NULL ? decision->by->file
				 : "no file in " POLICY_DIR "/allow allows it");
	return (err_todo(err,
	    "an administrator can allow it:  sudo berth grant %u "
	    "security.confined",
	    caller->uid));
}

/* The engine runs confined jobs; what a job may have beyond that is decided at each job. */
static int
decide_start(const struct caller *caller, const struct policy *policy, struct decision *decision,
    struct err *err)
{
	static const struct entitlement confined = { .id = ENT_SECURITY_CONFINED };
	const struct request request = {
		.now = time(NULL), .mode = ENGINE_SHARED, .nwants = 1, .wants = &confined
	};

	decide(caller, policy, &request, decision);
	return (decision->verdict == VERDICT_ALLOW ? 0 : refused(caller, decision, err));
}

int
main(int argc, char *argv[])
{
	struct decision decision = { 0 };
	struct err err = { 0 };
	struct policy policy;
	struct caller caller;
	int etcfd = -1, rc;

	if (sanitize(&err) < 0 || check_usage(argc, argv, &err) < 0 || self_check(&err) < 0)
		end_with(&err);
	priv_init();
	if (caller_read(&caller, &err) < 0)
		end_with(&err);
	priv_become_root();
	/* EPERM for the leader of a process group: the terminal's signals are ignored already. */
	(void)setsid();
	rc = load_policy(&caller, &policy, &etcfd, &err);
	if (rc == 0)
		rc = decide_start(&caller, &policy, &decision, &err);
	audit(&caller, &decision, &err);
	if (rc < 0 || decision.verdict != VERDICT_ALLOW ||
	    verb_start(&caller, &decision.grant, etcfd, &err) < 0)
		end_with(&err);
	return (0);
}
