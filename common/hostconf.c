/* SPDX-License-Identifier: ISC */
/*
 * berth.conf. Contract in policy.h, format in berth.conf(5).
 * TRUST: privileged, pure
 * INPUT: the bytes of berth.conf (root's, but maybe damaged)
 * MUST: accept an empty file and nothing that it does not know
 */
#include "common/inistrict.h"
#include "common/policy.h"

static const char *
parse_id(void *field, char *value)
{
	return (id_parse(value, field) < 0 ? "the value is a number up to 2147483646" : NULL);
}

static const struct ini_key keys[] = {
	{ "ids", "base", parse_id, offsetof(struct hostconf, pool.start) },
	{ "ids", "count", parse_id, offsetof(struct hostconf, pool.count) },
	{ "ids", "first-uid", parse_id, offsetof(struct hostconf, first_uid) },
};

int
hostconf_parse(const char *file, char *text, size_t len, struct hostconf *conf, struct err *err)
{
	struct id_range users;
	unsigned int line;
	struct ini_format format = { keys, sizeof(keys) / sizeof(keys[0]), conf, &line };

	*conf = (struct hostconf){ 0 };
	if (ini_strict(file, text, len, &format, err) < 0)
		return (-1);
	if (conf->pool.start == 0 && conf->pool.count == 0 && conf->first_uid == 0)
		return (0);
	/* All three keys, and a pool between the accounts and the reserved ids, that no user lives in
	 * who gets ids from it. */
	users = (struct id_range){ conf->first_uid, conf->pool.count / SUBIDS_AUTO };
	if (conf->first_uid != 0 && id_range_mappable(&conf->pool, 0) &&
	    !id_range_overlaps(&users, &conf->pool))
		return (0);
	err_set(err, ERR_CONFIG, "%s: [ids] needs base, count and first-uid", file);
	return (err_why(err, "the pool must lie between %u and %u and hold none of its users",
	    ID_SUB_MIN, ID_RESERVED_MIN));
}
