/* SPDX-License-Identifier: ISC */
/*
 * A refusal in words. Contract in explain.h.
 * TRUST: unprivileged
 * INPUT: a decision; paths and image names in it are hostile
 * MUST: propose a command that can be pasted whatever the hostile part holds: a value with a byte
 *       that a shell could read is quoted.
 */
#include "client/lib/explain.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define WORD_MAX 512

/* Appends text to a string of WORD_MAX bytes; cuts. */
static void
append(char *list, const char *text)
{
	size_t used = strlen(list);

	snprintf(list + used, WORD_MAX - used, "%s", text);
}

/* The entitlement as a shell word. */
static void
shell_word(const struct entitlement *ent, char *word)
{
	char raw[WORD_MAX], piece[2] = "";

	word[0] = '\0';
	if (entitlement_format(ent, raw, sizeof(raw)) < 0)
		snprintf(raw, sizeof(raw), "ENTITLEMENT");
	if (raw[strspn(raw, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_./=:,@%+-")] == '\0') {
		append(word, raw);
		return;
	}
	append(word, "'");
	for (const char *at = raw; *at != '\0'; at++) {
		piece[0] = *at;
		/* Not a backslash: it would not survive err_escape(). */
		append(word, *at == '\'' ? "'\"'\"'" : piece);
	}
	append(word, "'");
}

static void
list_grants(const struct policy *policy, char *list)
{
	char word[WORD_MAX];

	list[0] = '\0';
	for (size_t i = 0; i < policy->nfiles; i++) {
		const struct allow *allow = policy->files[i];

		if (allow->revoked != 0)
			continue;
		append(list, list[0] == '\0' ? "the grant in " : "; in ");
		append(list, allow->file);
		append(list, " allows:");
		for (size_t j = 0; j < allow->nrules; j++) {
			if (entitlement_format(&allow->rules[j].ent, word, sizeof(word)) < 0)
				continue;
			append(list, " ");
			append(list, word);
		}
	}
}

/* Who is meant, for people and for a command line. */
struct subject {
	char shown[64];
	char typed[40];
};

static int
explain_caller(enum refusal refusal, const struct subject *subject, struct err *err)
{
	if (refusal == REFUSAL_ROOT) {
		err_set(err, ERR_REFUSED, "refused: root does not run jobs");
		err_why(err,
		    "berth gives containers to ordinary users; it is not for root, nor for "
		    "who has root's group");
		return (err_todo(err, "grant an ordinary user:  sudo berth grant USER"));
	}
	err_set(err, ERR_REFUSED, "refused: %s has no grant on this host", subject->shown);
	err_why(err, "neither this user nor a group of theirs has a file in " POLICY_DIR "/allow");
	return (err_todo(err,
	    "an administrator can allow it:  sudo berth grant %s "
	    "security.confined",
	    subject->typed));
}

static int
explain_revoked(const struct allow *by, const struct subject *subject, struct err *err)
{
	time_t when = (time_t)by->revoked;
	char day[32] = "";
	struct tm utc;

	if (gmtime_r(&when, &utc) != NULL)
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%SZ", &utc);
	err_set(err, ERR_REFUSED, "refused: the grant of %s was revoked", subject->shown);
	err_why(err, "%s says: revoked = %s, and no other file grants anything", by->file, day);
	return (err_todo(err,
	    "an administrator can allow it again:  sudo berth grant %s security.confined",
	    subject->typed));
}

static int
explain_want(const struct decision *decision, const struct policy *policy,
    const struct subject *subject, struct err *err)
{
	char word[WORD_MAX], list[WORD_MAX];

	shell_word(&decision->wanted, word);
	list_grants(policy, list);
	if (decision->refusal == REFUSAL_UNAVAILABLE) {
		err_set(err, ERR_REFUSED, "refused: %s is not available in this version", word);
		err_why(err, "berth " BERTH_VERSION " knows the name, but not the operation yet");
		return (err_todo(err, "leave it out;  berth info  lists what can be used"));
	}
	if (decision->refusal == REFUSAL_EXCLUDED) {
		err_set(err, ERR_REFUSED, "refused: %s is excluded from the grant of %s",
		    subject->shown, word);
		err_why(err, "%s names this uid in except-uid, and no other file grants it",
		    decision->by->file);
	} else if (decision->refusal == REFUSAL_EXPIRED) {
		err_set(err, ERR_REFUSED, "refused: the grant of %s to %s has ended", word,
		    subject->shown);
		err_why(err, "the time in 'until' of %s has passed", decision->by->file);
	} else {
		err_set(err, ERR_REFUSED, "refused: %s is not granted to %s", word, subject->shown);
		err_why(err, "%s", list);
	}
	return (err_todo(
	    err, "an administrator can allow it:  sudo berth grant %s %s", subject->typed, word));
}

static int
explain_file(
    enum refusal refusal, const struct subject *subject, const struct allow *by, struct err *err)
{
	const char *file = by != NULL ? by->file : POLICY_DIR "/allow";

	if (refusal == REFUSAL_ENGINE) {
		bool shared = by->engine == ENGINE_ONCE;

		err_set(err, ERR_REFUSED, "refused: %s may not use %s", subject->shown,
		    shared ? "a shared engine" : "an engine for one call (--once)");
		err_why(err, "'engine = %s' in %s", shared ? "once" : "shared", by->file);
		return (err_todo(err,
		    "an administrator can allow both:  sudo berth grant %s --engine=any",
		    subject->typed));
	}
	if (refusal == REFUSAL_NO_IDS) {
		err_set(err, ERR_REFUSED, "refused: the grant of %s gives no ids", subject->shown);
		err_why(err,
		    "%s needs subuid, subgid, owner-id and watch-id, or 'subids = auto' and "
		    "a pool in " POLICY_DIR "/berth.conf that reaches this uid",
		    file);
	} else {
		err_set(err, ERR_REFUSED,
		    "refused: the grant of %s gives ids that are not to be "
		    "mapped",
		    subject->shown);
		err_why(err,
		    "ids in %s overlap each other, or the user's own uid or gid, or are "
		    "system ids",
		    file);
	}
	return (err_todo(err, "an administrator can find and mend it:  sudo berth check"));
}

static int
explain_map(enum refusal refusal, const struct caller *caller, const struct subject *subject,
    struct err *err)
{
	if (refusal == REFUSAL_MAP_SHORT) {
		err_set(err, ERR_REFUSED, "refused: a map of ids leaves out what berth needs");
		err_why(err,
		    "uid 0 and gid 0 of the container, and on the host's side uid %u and gid %u, "
		    "must be in it",
		    caller->uid, caller->gid);
		return (err_todo(err, "add lines for them;  --userns=keep-id  has them all"));
	}
	err_set(
	    err, ERR_REFUSED, "refused: a map has host ids that %s was not given", subject->shown);
	err_why(err,
	    "the host ids of a line are uid %u (gid %u) alone, or all in the range of the grant",
	    caller->uid, caller->gid);
	return (err_todo(err, "to see the range:  berth info"));
}

int
decision_explain(const struct decision *decision, const struct caller *caller,
    const struct policy *policy, const char *who, struct err *err)
{
	struct subject subject;

	if (who != NULL) {
		snprintf(subject.shown, sizeof(subject.shown), "%.32s (uid %u)", who, caller->uid);
		snprintf(subject.typed, sizeof(subject.typed), "%.32s", who);
	} else {
		snprintf(subject.shown, sizeof(subject.shown), "uid %u", caller->uid);
		snprintf(subject.typed, sizeof(subject.typed), "%u", caller->uid);
	}
	switch (decision->refusal) {
	case REFUSAL_ROOT:
	case REFUSAL_NO_GRANT:
		return (explain_caller(decision->refusal, &subject, err));
	case REFUSAL_NOT_GRANTED:
	case REFUSAL_EXPIRED:
	case REFUSAL_EXCLUDED:
	case REFUSAL_UNAVAILABLE:
		return (explain_want(decision, policy, &subject, err));
	case REFUSAL_REVOKED:
		return (explain_revoked(decision->by, &subject, err));
	case REFUSAL_ENGINE:
	case REFUSAL_NO_IDS:
	case REFUSAL_BAD_IDS:
		return (explain_file(decision->refusal, &subject, decision->by, err));
	case REFUSAL_MAP:
	case REFUSAL_MAP_SHORT:
		return (explain_map(decision->refusal, caller, &subject, err));
	case REFUSAL_INVALID:
		break;
	}
	return (err_set(err, ERR_BUG, "a decision without a verdict was to be explained"));
}
