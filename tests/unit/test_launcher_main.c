/* SPDX-License-Identifier: ISC */
/*
 * The list of the phases: their order, that a refusal ends it, and what a refusal says.
 * TRUST: unprivileged
 * INPUT: none: every phase but the decision is a fake that tells its name on stderr
 * MUST: show that nothing but the drop follows a refusal (A01), wherever it comes from
 */
/* WRAP: sanitize self_check priv_init caller_read priv_become_root place procfs_open audit verb_start verb_once verb_mount */
/* WRAP: once_check_request mount_check_request mount_check_grant trust_dir trust_read geteuid priv_drop_forever priv_abandon */
/* WRAP: calloc */
#include "tests/unit/launcher_unit.h"

int launcher_main(int argc, char *argv[]);
#define main launcher_main
#include "helper/launcher/main.c"
#undef main

#define HOST "[ids]\nbase = 1000000000\ncount = 6553600\nfirst-uid = 1000\n"
#define GRANT "[grant]\nuid = 1000\nsubids = auto\nentitlements = security.confined\n"
#define MAPPED "[grant]\nuid = 1000\nsubids = auto\nentitlements = security.confined idmap.mount\n"
#define ENDED GRANT "until = 2020-01-01T00:00Z\n"

/* What the fakes do. */
static struct {
	const char *fails; /* the phase that does */
	uint32_t uid;
	int no_policy_at; /* the at-th look at /etc/berth finds nothing, or fails with "trust_dir" */
	const char *grants[2]; /* uid-1000.conf at the first and at the second decision */
	bool once, mount; /* the verb */
	unsigned int odd; /* of a line that is wrong: the first descriptor that is not taken */
	char *maps[2]; /* the words of once */
} world;

/* In the child only. */
static int looks, etcfds[2];
static uid_t euid;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
int __wrap_sanitize(unsigned int first, struct err *err);
int __wrap_once_check_request(struct err *err);
int __wrap_mount_check_request(struct err *err);
int __wrap_mount_check_grant(
    const struct grant *grant, const struct handles *handles, struct err *err);
int __wrap_self_check(struct err *err);
void __wrap_priv_abandon(void);
void __wrap_priv_init(void);
int __wrap_caller_read(struct caller *caller, struct err *err);
void __wrap_priv_become_root(void);
int __wrap_procfs_open(int *procfd, struct err *err);
int __wrap_place(const struct grant *grant, int procfd, struct err *err);
int __wrap_audit(const struct audit_call *call, const struct caller *caller,
    const struct decision *decision, struct err *err);
int __wrap_verb_once(const struct caller *caller, const struct grant *grant,
    const struct handles *handles, struct err *err);
int __wrap_verb_start(const struct caller *caller, const struct grant *grant,
    const struct handles *handles, struct err *err);
int __wrap_verb_mount(const struct caller *caller, const struct grant *grant,
    const struct handles *handles, struct err *err);
uid_t __wrap_geteuid(void);
void __wrap_priv_drop_forever(uint32_t uid, uint32_t gid);
int __wrap_trust_dir(const char *path, int *fd, struct err *err);
int __wrap_trust_read(
    void *ctx, const char *name, char *buf, size_t cap, size_t *len, struct err *err);

static int
phase(const char *name, struct err *err)
{
	dprintf(2, "%s ", name);
	if (world.fails == NULL || strcmp(world.fails, name) != 0)
		return (0);
	return (err_set(err, ERR_UNAVAILABLE, "%s failed", name));
}

void *
__wrap_calloc(size_t count, size_t size)
{
	bool fails = world.fails != NULL && strcmp(world.fails, "calloc") == 0;

	if (!fails || count != 2 * IDMAP_LINES_MAX)
		return (__real_calloc(count, size));
	errno = ENOMEM;
	return (NULL);
}

int
__wrap_sanitize(unsigned int first, struct err *err)
{
	CHILD_CHECK(first == (world.odd != 0 ? world.odd : world.mount ? 6 : world.once ? 4 : 3));
	return (phase("sanitize", err));
}

int
__wrap_once_check_request(struct err *err)
{
	return (phase("request", err));
}

int
__wrap_mount_check_request(struct err *err)
{
	return (phase("descriptors", err));
}

int
__wrap_mount_check_grant(const struct grant *grant, const struct handles *handles, struct err *err)
{
	CHILD_CHECK(grant->uid == 1000 && handles->uid == 101 && handles->gid == 102);
	return (phase("match", err));
}

int
__wrap_self_check(struct err *err)
{
	return (phase("self_check", err));
}

void
__wrap_priv_abandon(void)
{
	dprintf(2, "abandon ");
}

void
__wrap_priv_init(void)
{
	dprintf(2, "priv_init ");
}

int
__wrap_caller_read(struct caller *caller, struct err *err)
{
	*caller = (struct caller){ .uid = world.uid, .gid = 1000 };
	return (phase("caller_read", err));
}

void
__wrap_priv_become_root(void)
{
	dprintf(2, "priv_become_root ");
}

int
__wrap_procfs_open(int *procfd, struct err *err)
{
	CHILD_CHECK(*procfd == -1);
	*procfd = 77;
	return (phase("procfs", err));
}

int
__wrap_place(const struct grant *grant, int procfd, struct err *err)
{
	CHILD_CHECK(grant->uid == 1000 && grant->gid == 1000);
	CHILD_CHECK(grant->subuid.start == 1000000000 && procfd == 77);
	return (phase("place", err));
}

int
__wrap_audit(const struct audit_call *call, const struct caller *caller,
    const struct decision *decision, struct err *err)
{
	CHILD_CHECK(caller->uid == world.uid);
	CHILD_CHECK(strcmp(call->verb, world.mount ? "mount" : world.once ? "once" : "start") == 0);
	/* Each has lines of its own. */
	CHILD_CHECK(call->number == (world.mount ? 2 : world.once ? 1 : 0));
	CHILD_CHECK(call->ids == world.mount);
	CHILD_CHECK(!world.mount || (call->uid == 101 && call->gid == 102));
	dprintf(2, "audit:%s ",
	    err->code == ERR_INVALID && decision->verdict == VERDICT_ALLOW ? "allow" : "deny");
	if (world.fails == NULL || strcmp(world.fails, "audit") != 0)
		return (0);
	return (err_set(err, ERR_UNAVAILABLE, "audit failed"));
}

static int
verb(const char *name, const struct caller *caller, const struct grant *grant,
    const struct handles *handles)
{
	CHILD_CHECK(caller->uid == 1000 && grant->uid == 1000 && handles->procfd == 77);
	/* The directory of the decision that holds; the other one is closed. */
	CHILD_CHECK(handles->etcfd == etcfds[1] && fcntl(etcfds[1], F_GETFD) >= 0);
	CHILD_CHECK(etcfds[0] == etcfds[1] || fcntl(etcfds[0], F_GETFD) < 0);
	CHILD_CHECK(grant->uids.n == (world.maps[0] != NULL ? 2 : 0) &&
		    grant->gids.n == (world.maps[0] != NULL));
	/* It has dropped all by the time the engine can fail. */
	euid = 1000;
	dprintf(2, "%s ", name);
	return (0);
}

int
__wrap_verb_start(const struct caller *caller, const struct grant *grant,
    const struct handles *handles, struct err *err)
{
	(void)!verb("verb", caller, grant, handles);
	return (phase("start", err));
}

int
__wrap_verb_once(const struct caller *caller, const struct grant *grant,
    const struct handles *handles, struct err *err)
{
	(void)!verb("verb", caller, grant, handles);
	return (phase("once", err));
}

int
__wrap_verb_mount(const struct caller *caller, const struct grant *grant,
    const struct handles *handles, struct err *err)
{
	CHILD_CHECK(handles->uid == 101 && handles->gid == 102);
	(void)!verb("verb", caller, grant, handles);
	return (phase("mount", err));
}

uid_t
__wrap_geteuid(void)
{
	return (euid);
}

void
__wrap_priv_drop_forever(uint32_t uid, uint32_t gid)
{
	CHILD_CHECK(uid == 1000 && gid == 1000);
	dprintf(2, "drop ");
	euid = uid;
}

int
__wrap_trust_dir(const char *path, int *fd, struct err *err)
{
	CHILD_CHECK(strcmp(path, "/etc/berth") == 0 && looks < 2);
	*fd = -1;
	if (phase("trust_dir", err) < 0)
		return (-1);
	if (++looks == world.no_policy_at)
		return (0);
	*fd = open("/", O_PATH);
	etcfds[looks - 1] = *fd;
	return (1);
}

int
__wrap_trust_read(void *ctx, const char *name, char *buf, size_t cap, size_t *len, struct err *err)
{
	const int *etcfd = ctx;
	const char *text = NULL;

	CHILD_CHECK(*etcfd == etcfds[looks - 1]);
	if (strcmp(name, "berth.conf") == 0)
		text = HOST;
	else if (strcmp(name, "allow/uid-1000.conf") == 0)
		text = world.grants[looks - 1];
	if (text == NULL)
		return (0);
	*len = strlen(text);
	CHILD_CHECK(*len <= cap && err != NULL);
	memcpy(buf, text, *len);
	return (1);
}

static int
setup(void **state)
{
	(void)state;
	world.fails = NULL;
	world.uid = 1000;
	world.no_policy_at = 0;
	world.once = world.mount = false;
	world.odd = 0;
	world.maps[0] = world.maps[1] = NULL;
	world.grants[0] = world.grants[1] = GRANT;
	return (0);
}

/* argv of the launcher, ended by NULL. */
static void
run(void *arg)
{
	char **argv = arg;
	int argc = 0;

	while (argv[argc] != NULL)
		argc++;
	_exit(launcher_main(argc, argv));
}

#define UNTIL_PRIV "sanitize self_check priv_init "
#define PLACE "procfs place "
#define UNTIL_MOUNT                                                               \
	"sanitize descriptors self_check priv_init caller_read priv_become_root " \
	"trust_dir procfs trust_dir "
#define UNTIL_FIRST UNTIL_PRIV "caller_read priv_become_root trust_dir "

/* What the phases and then the launcher said; the latter from "berth: " on. */
static void
assert_run(int status, const char *phases, const char *message)
{
	static char name[] = "berth-launcher", start[] = "start", once[] = "once",
		    mount[] = "mount", uid[] = "101", gid[] = "102";
	char *argv[] = { name, world.once ? once : start, world.maps[0], world.maps[1], NULL };

	if (world.mount) {
		argv[1] = mount;
		argv[2] = uid;
		argv[3] = gid;
	}

	assert_child(in_child(run, argv), status);
	assert_int_equal(strncmp(child_text, phases, strlen(phases)), 0);
	assert_string_equal(child_text + strlen(phases), message);
}

static void
goes_through_every_phase_in_order(void **state)
{
	(void)state;
	assert_run(0, UNTIL_FIRST PLACE "trust_dir audit:allow verb start ", "");
	/* One call's stays where its caller is. */
	world.once = true;
	world.grants[0] = world.grants[1] = GRANT "engine = once\n";
	assert_run(0,
	    "sanitize request self_check priv_init caller_read priv_become_root trust_dir "
	    "procfs trust_dir audit:allow verb once ",
	    "");
	/* So does a mount, for whichever engine there is, with a right of its own. */
	world.once = false;
	world.mount = true;
	world.grants[0] = world.grants[1] = MAPPED;
	assert_run(0, UNTIL_MOUNT "match audit:allow verb mount ", "");
	world.grants[0] = world.grants[1] = MAPPED "engine = once\n";
	assert_run(0, UNTIL_MOUNT "match audit:allow verb mount ", "");
}

/* What its verb takes is kept, whatever words are behind it. */
static unsigned int
first_of(char *const line[])
{
	const char *verb = line[0] != NULL && line[1] != NULL ? line[1] : "";

	return (strcmp(verb, "mount") == 0 ? 6 : strcmp(verb, "once") == 0 ? 4 : 3);
}

static void
a_usage_error_comes_before_any_power(void **state)
{
	static char name[] = "berth-launcher", start[] = "start", once[] = "once", stop[] = "stop",
		    mount[] = "mount", one[] = "1", big[] = "2147483647", sign[] = "-1",
		    longer[] = "startx", shorter[] = "onc", empty[] = "", upper[] = "START",
		    map[] = "0:1000:1";
	char *lines[][35] = { { NULL }, { name, mount, NULL }, { name, mount, one, NULL },
		{ name, mount, one, one, one, NULL }, { name, mount, one, big, NULL },
		{ name, mount, big, one, NULL }, { name, mount, sign, one, NULL },
		{ name, mount, one, sign, NULL }, { name, mount, empty, one, NULL }, { NULL },
		{ name, NULL }, { name, stop, NULL }, { name, longer, NULL },
		{ name, shorter, NULL }, { name, start, once, NULL }, { name, empty, NULL },
		{ name, upper, NULL }, { name, start, start, NULL }, { name, start, empty, NULL },
		{ name, once, map, NULL }, { name, start, map, map, NULL },
		{ name, once, map, map, map, NULL } };

	(void)state;
	/* So many that their number, taken for that of a bit, is the one of none. */
	for (size_t i = 2; i < 2 + 32; i++)
		lines[0][i] = one;
	lines[0][0] = name;
	lines[0][1] = start;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		world.odd = first_of(lines[i]);
		assert_child(in_child(run, lines[i]), 64);
		assert_string_equal(child_text,
		    "sanitize abandon berth: usage: berth-launcher start|once [UIDMAP "
		    "GIDMAP]|mount UID GID\n"
		    "  berth calls it; there is nothing else that it can be told\n"
		    "  to run a job:  berth run host -- id\n");
	}
}

#define UNTIL_DECISION \
	"sanitize request self_check priv_init caller_read priv_become_root trust_dir "

static void
maps_are_decided_like_all_else(void **state)
{
	static char uids[] = "0:1000000000:9,9:1000:1", gids[] = "0:1000:1",
		    root[] = "0:1000:1,1:0:1", owner[] = "0:1000:1,1:1000065534:1",
		    bare[] = "1:1000:1";
	static const struct {
		char *uids, *gids;
		const char *why;
	} refused[] = { { root, gids, "(map)" }, { gids, root, "(map)" }, { owner, gids, "(map)" },
		{ bare, gids, "(map_short)" }, { gids, bare, "(map_short)" } };
	char message[256];

	(void)state;
	world.once = true;
	world.grants[0] = world.grants[1] = GRANT "engine = any\n";
	world.maps[0] = uids;
	world.maps[1] = gids;
	assert_run(0, UNTIL_DECISION "procfs trust_dir audit:allow verb once ", "");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		world.maps[0] = refused[i].uids;
		world.maps[1] = refused[i].gids;
		snprintf(message, sizeof(message),
		    "berth: refused: no engine for uid 1000 %s\n  /etc/berth/allow/uid-1000.conf\n"
		    "  the map's host ids must be granted, 0 and the caller in it, not as 65534:  "
		    "berth info\n",
		    refused[i].why);
		assert_run(77, UNTIL_DECISION "audit:deny drop ", message);
	}
	/* The first decision does not hold, and the second is asked about the maps as well. */
	world.maps[0] = uids;
	world.maps[1] = gids;
	world.grants[1] = "[grant]\nuid = 1000\nsubuid = 100000:9\nsubgid = 100000:9\n"
			  "owner-id = 2147480001\nwatch-id = 2147480002\n"
			  "engine = any\nentitlements = security.confined\n";
	assert_run(77, UNTIL_DECISION "procfs trust_dir audit:deny drop ",
	    "berth: refused: no engine for uid 1000 (map)\n  /etc/berth/allow/uid-1000.conf\n"
	    "  the map's host ids must be granted, 0 and the caller in it, not as 65534:  berth "
	    "info\n");
}

static void
what_is_no_map_is_a_usage_error(void **state)
{
	static char good[] = "0:1000:1", bad[] = "0:1000", twice[] = "0:1000:1,1:1000:1",
		    none[] = "";
	static char *const maps[][2] = { { bad, good }, { good, bad }, { twice, good },
		{ good, none } };

	(void)state;
	world.once = true;
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		world.maps[0] = maps[i][0];
		world.maps[1] = maps[i][1];
		assert_run(64, "sanitize request abandon ",
		    "berth: a map of ids is not as it must be\n"
		    "  CONTAINER:HOST:COUNT[,...]: up to 340 lines, no id in two of them\n"
		    "  to run a job with the user's own id:  berth run --userns=keep-id\n");
	}
	world.maps[0] = world.maps[1] = good;
	world.fails = "calloc";
	assert_run(71, "sanitize request abandon ",
	    "berth: cannot read the maps\n  Cannot allocate memory\n");
}

static void
nothing_follows_a_phase_that_fails(void **state)
{
	static const struct {
		const char *name, *phases;
	} phases[] = { { "sanitize", "sanitize abandon " },
		{ "self_check", "sanitize self_check abandon " },
		{ "caller_read", UNTIL_PRIV "caller_read abandon " },
		{ "trust_dir", UNTIL_FIRST "audit:deny drop " },
		{ "procfs", UNTIL_FIRST "procfs audit:deny drop " },
		{ "place", UNTIL_FIRST PLACE "audit:deny drop " },
		{ "audit", UNTIL_FIRST PLACE "trust_dir audit:allow drop " },
		{ "start", UNTIL_FIRST PLACE "trust_dir audit:allow verb start " } };
	char message[64];

	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		setup(state);
		world.fails = phases[i].name;
		snprintf(message, sizeof(message), "berth: %s failed\n", phases[i].name);
		assert_run(69, phases[i].phases, message);
	}
	/* Whoever was not counted does not hear what was decided. */
	setup(state);
	world.fails = "audit";
	world.grants[0] = NULL;
	assert_run(69, UNTIL_FIRST "audit:deny drop ", "berth: audit failed\n");
	/* A wrong descriptor 3 is a wrong call: it ends before any power is used. */
	setup(state);
	world.once = true;
	world.fails = "request";
	assert_run(69, "sanitize request abandon ", "berth: request failed\n");
	world.once = false;
	world.mount = true;
	world.fails = "descriptors";
	assert_run(69, "sanitize descriptors abandon ", "berth: descriptors failed\n");
	world.grants[0] = world.grants[1] = MAPPED;
	world.fails = "match";
	assert_run(69, UNTIL_MOUNT "match audit:deny drop ", "berth: match failed\n");
}

static void
refuses_without_a_policy(void **state)
{
	static const char text[] =
	    "berth: refused: /etc/berth is missing\n"
	    "  nobody was granted anything on this host yet\n"
	    "  an administrator makes it with a grant:  sudo berth grant 1000\n";

	(void)state;
	world.no_policy_at = 1;
	assert_run(78, UNTIL_FIRST "audit:deny drop ", text);
	/* The host's own view of it is the one that counts. */
	world.no_policy_at = 2;
	assert_run(78, UNTIL_FIRST PLACE "trust_dir audit:deny drop ", text);
}

static void
a_refusal_says_who_can_allow_it(void **state)
{
	(void)state;
	world.grants[0] = NULL;
	assert_run(77, UNTIL_FIRST "audit:deny drop ",
	    "berth: refused: no engine for uid 1000 (no_grant)\n"
	    "  no file in /etc/berth/allow allows it\n"
	    "  an administrator can allow it:  sudo berth grant 1000 security.confined\n");
	world.grants[0] = ENDED;
	assert_run(77, UNTIL_FIRST "audit:deny drop ",
	    "berth: refused: no engine for uid 1000 (expired)\n"
	    "  /etc/berth/allow/uid-1000.conf\n"
	    "  an administrator can look at it:  sudo berth check\n");
	world.grants[0] = "[grant]\nuid = 1000\nrevoked = 2026-11-26T06:00:01Z\n";
	assert_run(77, UNTIL_FIRST "audit:deny drop ",
	    "berth: refused: no engine for uid 1000 (revoked)\n"
	    "  /etc/berth/allow/uid-1000.conf\n"
	    "  an administrator can allow it:  sudo berth grant 1000 security.confined\n");
	world.grants[0] = "[grant]\nuid = 1000\nentitlements = network.host\n";
	assert_run(77, UNTIL_FIRST "audit:deny drop ",
	    "berth: refused: no engine for uid 1000 (not_granted)\n"
	    "  no file in /etc/berth/allow allows it\n"
	    "  an administrator can allow it:  sudo berth grant 1000 security.confined\n");
}

/* Who may have an engine has no mapped directory by that. */
static void
a_mount_needs_its_own_right(void **state)
{
	static const char text[] =
	    "berth: refused: no mapped directory for uid 1000 (not_granted)\n"
	    "  no file in /etc/berth/allow allows it\n"
	    "  an administrator can allow it:  sudo berth grant 1000 idmap.mount\n";

	(void)state;
	world.mount = true;
	world.grants[0] = MAPPED;
	assert_run(77, UNTIL_MOUNT "audit:deny drop ", text);
	world.grants[0] = GRANT;
	assert_run(77,
	    "sanitize descriptors self_check priv_init caller_read priv_become_root trust_dir "
	    "audit:deny drop ",
	    text);
	/* Nor has who lacks the engine. */
	world.grants[0] = "[grant]\nuid = 1000\nsubids = auto\nentitlements = idmap.mount\n";
	assert_run(77,
	    "sanitize descriptors self_check priv_init caller_read priv_become_root trust_dir "
	    "audit:deny drop ",
	    "berth: refused: no mapped directory for uid 1000 (not_granted)\n"
	    "  no file in /etc/berth/allow allows it\n"
	    "  an administrator can allow it:  sudo berth grant 1000 security.confined\n");
}

/* Nothing to drop to: what root runs is root's. */
static void
refuses_root(void **state)
{
	(void)state;
	world.uid = 0;
	assert_run(77, UNTIL_FIRST "audit:deny ",
	    "berth: refused: no engine for uid 0 (root)\n"
	    "  no file in /etc/berth/allow allows it\n"
	    "  an administrator can look at it:  sudo berth check\n");
}

/* Each way to live needs a grant that has it: at both decisions. */
static void
refuses_the_other_engine(void **state)
{
	static const char text[] = "berth: refused: no engine for uid 1000 (engine)\n"
				   "  /etc/berth/allow/uid-1000.conf\n"
				   "  an administrator can look at it:  sudo berth check\n";

	(void)state;
	world.grants[1] = GRANT "engine = once\n";
	assert_run(77, UNTIL_FIRST PLACE "trust_dir audit:deny drop ", text);
	world.grants[0] = GRANT "engine = once\n";
	assert_run(77, UNTIL_FIRST "audit:deny drop ", text);
	world.once = true;
	world.grants[1] = GRANT "engine = shared\n";
	assert_run(77,
	    "sanitize request self_check priv_init caller_read priv_become_root trust_dir "
	    "procfs trust_dir audit:deny drop ",
	    text);
}

static void
refuses_a_malformed_policy(void **state)
{
	(void)state;
	world.grants[0] = GRANT "x\n";
	assert_run(78, UNTIL_FIRST "audit:deny drop ",
	    "berth: /etc/berth/allow/uid-1000.conf:5: a line is a comment that begins with ';', "
	    "a [section], or 'key = value'\n"
	    "  a file with an error grants nothing, so everything it governs is refused\n"
	    "  an administrator can find and mend it:  sudo berth check\n");
}

/* The first decision allows, the policy changes, the second refuses. */
static void
the_second_decision_holds(void **state)
{
	(void)state;
	world.grants[1] = NULL;
	assert_run(77, UNTIL_FIRST PLACE "trust_dir audit:deny drop ",
	    "berth: refused: no engine for uid 1000 (no_grant)\n"
	    "  no file in /etc/berth/allow allows it\n"
	    "  an administrator can allow it:  sudo berth grant 1000 security.confined\n");
	world.grants[1] = ENDED;
	assert_run(77, UNTIL_FIRST PLACE "trust_dir audit:deny drop ",
	    "berth: refused: no engine for uid 1000 (expired)\n"
	    "  /etc/berth/allow/uid-1000.conf\n"
	    "  an administrator can look at it:  sudo berth check\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(goes_through_every_phase_in_order, setup),
		cmocka_unit_test_setup(a_usage_error_comes_before_any_power, setup),
		cmocka_unit_test_setup(maps_are_decided_like_all_else, setup),
		cmocka_unit_test_setup(what_is_no_map_is_a_usage_error, setup),
		cmocka_unit_test_setup(nothing_follows_a_phase_that_fails, setup),
		cmocka_unit_test_setup(refuses_without_a_policy, setup),
		cmocka_unit_test_setup(a_refusal_says_who_can_allow_it, setup),
		cmocka_unit_test_setup(a_mount_needs_its_own_right, setup),
		cmocka_unit_test_setup(refuses_root, setup),
		cmocka_unit_test_setup(refuses_the_other_engine, setup),
		cmocka_unit_test_setup(refuses_a_malformed_policy, setup),
		cmocka_unit_test_setup(the_second_decision_holds, setup),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
