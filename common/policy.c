/* SPDX-License-Identifier: ISC */
/*
 * Which files of the policy apply to a caller, and in which order. Contract in policy.h.
 * TRUST: privileged, pure
 * INPUT: file contents handed over by a reader that has judged where they come from
 * MUST: as policy.h says
 */
#include "common/policy.h"

#include <stdlib.h>

#include "common/inistrict.h"

struct loader {
	struct policy *policy;
	const struct policy_source *source;
	char *text; /* INI_FILE_MAX bytes */
	struct allow *spare; /* where the next file goes if it exists */
};

static int
load_hostconf(struct loader *loader, struct err *err)
{
	const struct policy_source *source = loader->source;
	struct hostconf *conf = &loader->policy->host;
	size_t len;
	int found = source->read(source->ctx, "berth.conf", loader->text, INI_FILE_MAX, &len, err);

	if (found < 0)
		return (-1);
	if (found > 0)
		return (hostconf_parse(POLICY_DIR "/berth.conf", loader->text, len, conf, err));
	err_set(err, ERR_CONFIG, "refused: " POLICY_DIR "/berth.conf is missing");
	err_why(err, "without it nobody is granted anything on this host");
	return (err_todo(err, "an administrator makes it with a grant:  sudo berth grant USER"));
}

/* Keeps the files of groups by ascending gid behind the one of the uid. */
static int
keep_allow(struct policy *policy, struct allow *allow, struct err *err)
{
	size_t at = policy->nfiles;

	if (policy->nfiles == POLICY_FILES_MAX) {
		err_set(err, ERR_CONFIG, "refused: too many files of " POLICY_DIR "/allow apply");
		return (err_why(err, "at most %d: the user's and one for each group that has one",
		    POLICY_FILES_MAX));
	}
	for (; at > 0 && policy->files[at - 1]->kind == PRINCIPAL_GID; at--) {
		if (policy->files[at - 1]->id < allow->id)
			break;
		policy->files[at] = policy->files[at - 1];
	}
	policy->files[at] = allow;
	policy->nfiles++;
	return (0);
}

static int
load_allow(struct loader *loader, enum principal kind, uint32_t id, struct err *err)
{
	const struct policy_source *source = loader->source;
	struct policy *policy = loader->policy;
	size_t len;
	int found;

	/* The primary group is often among the supplementary ones. */
	for (size_t i = 0; i < policy->nfiles; i++) {
		if (policy->files[i]->kind == kind && policy->files[i]->id == id)
			return (0);
	}
	if (loader->spare == NULL)
		loader->spare = malloc(sizeof(*loader->spare));
	if (loader->spare == NULL)
		return (err_sys(err, "cannot read the allow-list"));
	allow_init(loader->spare, kind, id);
	found = source->read(source->ctx, loader->spare->file + sizeof(POLICY_DIR), loader->text,
	    INI_FILE_MAX, &len, err);
	if (found <= 0)
		return (found);
	if (allow_parse(loader->spare, loader->text, len, err) < 0 ||
	    keep_allow(policy, loader->spare, err) < 0)
		return (-1);
	loader->spare = NULL;
	return (0);
}

static int
load_all(struct loader *loader, const struct caller *caller, struct err *err)
{
	if (loader->text == NULL)
		return (err_sys(err, "cannot read the policy"));
	if (load_hostconf(loader, err) < 0 ||
	    load_allow(loader, PRINCIPAL_UID, caller->uid, err) < 0 ||
	    load_allow(loader, PRINCIPAL_GID, caller->gid, err) < 0)
		return (-1);
	for (size_t i = 0; i < caller->ngroups; i++) {
		if (load_allow(loader, PRINCIPAL_GID, caller->groups[i], err) < 0)
			return (-1);
	}
	return (0);
}

int
policy_load(struct policy *policy, const struct caller *caller, const struct policy_source *source,
    struct err *err)
{
	struct loader loader = { policy, source, malloc(INI_FILE_MAX), NULL };
	int rc;

	*policy = (struct policy){ 0 };
	rc = load_all(&loader, caller, err);
	free(loader.text);
	free(loader.spare);
	return (rc);
}

void
policy_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->nfiles; i++)
		free(policy->files[i]);
	*policy = (struct policy){ 0 };
}
