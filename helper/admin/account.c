/* SPDX-License-Identifier: ISC */
/*
 * Whose grant it is. Contract in account.h.
 * TRUST: privileged
 * INPUT: a name or number of the administrator's; answers of NSS
 * MUST: as account.h says
 */
#include "helper/admin/account.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "common/path.h"

static bool
is_name(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > 32 || strchr("abcdefghijklmnopqrstuvwxyz_", text[0]) == NULL)
		return (false);
	return (strspn(text, "abcdefghijklmnopqrstuvwxyz_0123456789-") == len);
}

static int
fill_user(const struct passwd *pw, struct account *account)
{
	account->id = pw->pw_uid;
	account->gid = pw->pw_gid;
	if (strlen(pw->pw_name) >= sizeof(account->login))
		return (-1);
	memcpy(account->login, pw->pw_name, strlen(pw->pw_name) + 1);
	if (is_name(pw->pw_name))
		memcpy(account->name, pw->pw_name, strlen(pw->pw_name) + 1);
	if (pw->pw_dir != NULL && strlen(pw->pw_dir) < sizeof(account->home) - 64 &&
	    path_is_canonical(pw->pw_dir) && strcmp(pw->pw_dir, "/") != 0)
		memcpy(account->home, pw->pw_dir, strlen(pw->pw_dir) + 1);
	return (0);
}

static int
fill_group(const struct group *gr, struct account *account)
{
	account->id = gr->gr_gid;
	if (is_name(gr->gr_name))
		memcpy(account->name, gr->gr_name, strlen(gr->gr_name) + 1);
	return (0);
}

/* 0 when the database knows text, a name or, if by_id is not NULL, a number. */
static int
look_up(const char *text, const uint32_t *by_id, struct account *account)
{
	if (account->kind == PRINCIPAL_UID) {
		struct passwd *pw = by_id != NULL ? getpwuid(*by_id) : getpwnam(text);

		return (pw != NULL ? fill_user(pw, account) : -1);
	}
	struct group *gr = by_id != NULL ? getgrgid(*by_id) : getgrnam(text);

	return (gr != NULL ? fill_group(gr, account) : -1);
}

static void
describe(struct account *account)
{
	const char *kind = account->kind == PRINCIPAL_UID ? "uid" : "gid";
	const char *at = account->kind == PRINCIPAL_UID ? "" : "@";

	if (account->name[0] != '\0') {
		snprintf(account->typed, sizeof(account->typed), "%s%s", at, account->name);
		snprintf(account->shown, sizeof(account->shown), "%s%s (%s %u)", at, account->name,
		    kind, account->id);
	} else {
		snprintf(account->typed, sizeof(account->typed), "%s%u", at, account->id);
		snprintf(account->shown, sizeof(account->shown), "%s %u", kind, account->id);
	}
}

static int
check_id(const struct account *account, struct err *err)
{
	const char *who = account->kind == PRINCIPAL_UID ? "user" : "group";

	if (account->id != 0 && account->id != ID_OVERFLOW && account->id < ID_RESERVED_MIN)
		return (0);
	err_set(err, ERR_REFUSED, "refused: nothing can be granted to %s", account->shown);
	if (account->id == 0)
		err_why(err, "berth gives containers to ordinary users; it is not for root");
	else
		err_why(err, "this number means nobody, or is kept for namespaces");
	return (err_todo(err, "name an ordinary %s", who));
}

static int
unknown(const char *text, const struct account *account, struct err *err)
{
	const char *who = account->kind == PRINCIPAL_UID ? "user" : "group";

	err_set(err, ERR_FAILED, "there is no %s %s", who, text);
	err_why(err, "the account database of this host does not know it");
	return (err_todo(err, "getent %s lists who there is",
	    account->kind == PRINCIPAL_UID ? "passwd" : "group"));
}

static int
resolve(const char *text, bool past, struct account *account, struct err *err)
{
	uint32_t id;
	bool numeric;

	memset(account, 0, sizeof(*account));
	account->kind = text[0] == '@' ? PRINCIPAL_GID : PRINCIPAL_UID;
	text += text[0] == '@';
	numeric = id_parse(text, &id) == 0;
	if (!numeric && !is_name(text)) {
		err_set(err, ERR_USAGE, "not a name or number of a user or group: %s", text);
		err_why(err,
		    "a name is a lower-case letter or '_', then letters, digits, '_', '-', "
		    "at most 32; a number is decimal, at most %u",
		    ID_MAX);
		return (err_todo(err, "if the account has another kind of name, use its number"));
	}
	if (look_up(text, numeric ? &id : NULL, account) < 0) {
		if (!past || !numeric)
			return (unknown(text, account, err));
		account->id = id;
	}
	describe(account);
	return (check_id(account, err));
}

int
account_resolve(const char *text, struct account *account, struct err *err)
{
	if (resolve(text, false, account, err) < 0)
		return (-1);
	if (account->kind == PRINCIPAL_GID || account->gid != 0)
		return (0);
	err_set(err, ERR_REFUSED, "refused: the primary group of %s is root's", account->shown);
	err_why(err, "it would become the group of the user's containers");
	return (err_todo(err, "give the account a group of its own:  sudo usermod --gid GROUP %s",
	    account->typed));
}

int
account_resolve_past(const char *text, struct account *account, struct err *err)
{
	return (resolve(text, true, account, err));
}
