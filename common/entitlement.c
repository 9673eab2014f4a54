/* SPDX-License-Identifier: ISC */
/*
 * The vocabulary. Contract in entitlement.h.
 * TRUST: privileged, pure
 * INPUT: words from policy files and from requests (hostile)
 * MUST: as entitlement.h says
 */
#include "common/entitlement.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "common/path.h"

/* clang-format off */
static const struct entitlement_info table[] = {
	{ ENT_SECURITY_CONFINED, ENT_VALUE_NONE, "security.confined", "security.confined", false, true,
	  "run, with default capabilities and the default system call filter" },
	{ ENT_SECURITY_NESTED, ENT_VALUE_NONE, "security.nested", NULL, false, false,
	  "have every capability of a user namespace of its own" },
	{ ENT_SECURITY_INSECURE, ENT_VALUE_NONE, "security.insecure", NULL, false, false,
	  "as nested, without filter and masks" },
	{ ENT_NETWORK_NONE, ENT_VALUE_NONE, "network.none", NULL, true, true,
	  "have only loopback" },
	{ ENT_NETWORK_USER, ENT_VALUE_NONE, "network.user", "network.user", false, false,
	  "reach out, and publish ports from 1024 on" },
	{ ENT_NETWORK_HOST, ENT_VALUE_NONE, "network.host", NULL, false, true,
	  "share the network of the host" },
	{ ENT_MOUNT, ENT_VALUE_PATH, "mount", "mount=*", false, true,
	  "have this directory of the host mounted, within the user's own rights" },
	{ ENT_DEVICE, ENT_VALUE_NODE, "device", NULL, false, false,
	  "use this device node" },
	{ ENT_IDMAP_MOUNT, ENT_VALUE_NONE, "idmap.mount", "idmap.mount", false, true,
	  "have directories mounted with remapped ownership" },
	{ ENT_IMAGE, ENT_VALUE_GLOB, "image", "image=*", false, true,
	  "use images whose name matches" },
	{ ENT_SERVICE, ENT_VALUE_NAME, "service", NULL, false, false,
	  "run this daemon that the administrator named" },
	{ ENT_ISOLATION_NONE, ENT_VALUE_NONE, "isolation.none", NULL, false, false,
	  "be run without a container" },
};
/* clang-format on */

_Static_assert(sizeof(table) / sizeof(table[0]) == ENT_COUNT - 1, "one row per entitlement");

const struct entitlement_info *
entitlement_info(enum entitlement_id id)
{
	return (id > ENT_INVALID && id < ENT_COUNT ? &table[id - 1] : NULL);
}

static const struct entitlement_info *
find_name(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
			return (&table[i]);
	}
	return (NULL);
}

static const char *
parse_value(enum entitlement_value kind, char *value, struct entitlement *out)
{
	size_t len = strlen(value);

	if (kind == ENT_VALUE_NONE || kind == ENT_VALUE_INVALID)
		return ("this entitlement takes no value");
	if (kind == ENT_VALUE_PATH && len > 3 && strcmp(value + len - 3, ":ro") == 0) {
		value[len - 3] = '\0';
		out->readonly = true;
	}
	if (kind == ENT_VALUE_PATH && strcmp(value, "*") != 0 && !path_is_canonical(value))
		return ("the path is not absolute or has an empty, '.' or '..' component");
	if (kind == ENT_VALUE_NODE && (!path_is_beneath("/dev", value) || value[4] == '\0'))
		return ("a device is a path below /dev");
	out->value = value;
	return (NULL);
}

const char *
entitlement_parse(char *word, struct entitlement *out)
{
	size_t len = strcspn(word, "=");
	const struct entitlement_info *info = find_name(word, len);

	if (info == NULL)
		return ("unknown entitlement");
	*out = (struct entitlement){ .id = info->id };
	if (word[len] == '=')
		return (word[len + 1] == '\0' ? "the value is empty"
					      : parse_value(info->value, word + len + 1, out));
	return (info->value == ENT_VALUE_NONE ? NULL : "this entitlement needs a value");
}

int
entitlement_format(const struct entitlement *ent, char *buf, size_t len)
{
	const struct entitlement_info *info = entitlement_info(ent->id);
	int put;

	if (info == NULL)
		return (-1);
	put = snprintf(buf, len, "%s%s%s%s", info->name, ent->value != NULL ? "=" : "",
	    ent->value != NULL ? ent->value : "", ent->readonly ? ":ro" : "");
	return (put < 0 || (size_t)put >= len ? -1 : put);
}

bool
entitlement_covers(const struct entitlement *held, const struct entitlement *wanted)
{
	const struct entitlement_info *info = entitlement_info(held->id);

	if (info == NULL || held->id != wanted->id)
		return (false);
	if (info->value == ENT_VALUE_NONE)
		return (true);
	if (held->value == NULL || wanted->value == NULL || (held->readonly && !wanted->readonly))
		return (false);
	if (info->value == ENT_VALUE_GLOB)
		return (fnmatch(held->value, wanted->value, FNM_NOESCAPE) == 0);
	if (info->value == ENT_VALUE_PATH && strcmp(held->value, "*") == 0)
		return (path_is_canonical(wanted->value));
	if (info->value == ENT_VALUE_PATH)
		return (path_is_beneath(held->value, wanted->value));
	return (strcmp(held->value, wanted->value) == 0);
}
