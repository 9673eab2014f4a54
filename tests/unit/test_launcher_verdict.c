/* SPDX-License-Identifier: ISC */
/*
 * A38: nothing but an explicit ALLOW goes on, at either decision. A01, A02, A03: what the launcher
 * is told. The real main of the launcher, under another name; every phase is a fake.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: let no phase do anything
 */
/* WRAP: sanitize self_check priv_init caller_read priv_become_root trust_dir policy_load decide */
/* WRAP: audit place procfs_open once_check_request mount_check_request mount_check_grant verb_once verb_start verb_mount end_with policy_free geteuid priv_drop_forever */
#include "tests/unit/launcher_unit.h"

#include <sys/mman.h>

#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

int launcher_main(int argc, char *argv[]);
#define main launcher_main
#include "helper/launcher/main.c"
#undef main

static struct {
	int verdicts[2]; /* of the first and of the second decision */
	int decisions;
	int ended; /* the code that end_with got */
	struct err err;
	bool audited_allow;
	uid_t caller, euid;
	enum {
		START,
		ONCE,
		MOUNT
	} verb;
	unsigned int odd; /* of another line: the first descriptor that is not taken */
	bool freed; /* the policy, before it is loaded again */
} world;

static jmp_buf end;

int __wrap_sanitize(unsigned int first, struct err *err);
int __wrap_once_check_request(struct err *err);
int __wrap_mount_check_request(struct err *err);
int __wrap_mount_check_grant(
    const struct grant *grant, const struct handles *handles, struct err *err);
int __wrap_self_check(struct err *err);
void __wrap_priv_init(void);
int __wrap_caller_read(struct caller *caller, struct err *err);
void __wrap_priv_become_root(void);
int __wrap_trust_dir(const char *path, int *fd, struct err *err);
int __wrap_policy_load(struct policy *policy, const struct caller *caller,
    const struct policy_source *source, struct err *err);
void __wrap_policy_free(struct policy *policy);
void __wrap_decide(const struct caller *caller, const struct policy *policy,
    const struct request *request, struct decision *decision);
int __wrap_audit(const struct audit_call *call, const struct caller *caller,
    const struct decision *decision, struct err *err);
int __wrap_procfs_open(int *procfd, struct err *err);
int __wrap_place(const struct grant *grant, int procfd, struct err *err);
int __wrap_verb_once(const struct caller *caller, const struct grant *grant,
    const struct handles *handles, struct err *err);
int __wrap_verb_start(const struct caller *caller, const struct grant *grant,
    const struct handles *handles, struct err *err);
int __wrap_verb_mount(const struct caller *caller, const struct grant *grant,
    const struct handles *handles, struct err *err);
void __wrap_end_with(const struct err *err);
uid_t __wrap_geteuid(void);
void __wrap_priv_drop_forever(uint32_t uid, uint32_t gid);

static int
phase(const char *name, struct err *err)
{
	return (fault(name) ? err_set(err, ERR_SYSTEM, "%s", name) : 0);
}

int
__wrap_sanitize(unsigned int first, struct err *err)
{
	static const unsigned int firsts[] = { 3, 4, 6 };

	assert_int_equal(first, world.odd != 0 ? world.odd : firsts[world.verb]);
	return (phase("sanitize", err));
}

int
__wrap_once_check_request(struct err *err)
{
	return (phase("once_check_request", err));
}

int
__wrap_mount_check_request(struct err *err)
{
	return (phase("mount_check_request", err));
}

int
__wrap_mount_check_grant(const struct grant *grant, const struct handles *handles, struct err *err)
{
	assert_int_equal(grant->uid, 2);
	assert_true(handles->uid == 101 && handles->gid == 102);
	return (phase("mount_check_grant", err));
}

int
__wrap_self_check(struct err *err)
{
	return (phase("self_check", err));
}

void
__wrap_priv_init(void)
{
	(void)fault("priv_init");
}

int
__wrap_caller_read(struct caller *caller, struct err *err)
{
	*caller = (struct caller){ .uid = world.caller, .gid = 100 };
	return (phase("caller_read", err));
}

void
__wrap_priv_become_root(void)
{
	(void)fault("priv_become_root");
}

int
__wrap_trust_dir(const char *path, int *fd, struct err *err)
{
	(void)path;
	*fd = -1;
	return (phase("trust_dir", err) < 0 ? -1 : 1);
}

int
__wrap_policy_load(struct policy *policy, const struct caller *caller,
    const struct policy_source *source, struct err *err)
{
	(void)policy, (void)caller;
	assert_ptr_equal(source->read, trust_read);
	assert_true(world.freed);
	world.freed = false;
	return (phase("policy_load", err));
}

void
__wrap_policy_free(struct policy *policy)
{
	(void)policy;
	world.freed = true;
}

void
__wrap_decide(const struct caller *caller, const struct policy *policy,
    const struct request *request, struct decision *decision)
{
	(void)fault("decide");
	(void)caller, (void)policy;
	assert_int_equal(request->mode, world.verb == MOUNT  ? ENGINE_ANY
					: world.verb == ONCE ? ENGINE_ONCE
							     : ENGINE_SHARED);
	assert_int_equal(request->nwants, world.verb == MOUNT ? 2 : 1);
	assert_int_equal(request->wants[0].id, ENT_SECURITY_CONFINED);
	assert_true(request->nwants == 1 || request->wants[1].id == ENT_IDMAP_MOUNT);
	*decision =
	    (struct decision){ .verdict = (enum verdict)world.verdicts[world.decisions++ % 2] };
	decision->grant.uid = (uint32_t)world.decisions;
}

int
__wrap_audit(const struct audit_call *call, const struct caller *caller,
    const struct decision *decision, struct err *err)
{
	static const char *const names[] = { "start", "once", "mount" };

	assert_string_equal(call->verb, names[world.verb]);
	(void)caller;
	world.audited_allow = decision->verdict == VERDICT_ALLOW && err->code == ERR_INVALID;
	return (fault("audit") ? err_sys(err, "cannot count") : 0);
}

int
__wrap_procfs_open(int *procfd, struct err *err)
{
	*procfd = 555;
	return (phase("procfs_open", err));
}

int
__wrap_place(const struct grant *grant, int procfd, struct err *err)
{
	assert_int_equal(grant->uid, 1);
	assert_int_equal(procfd, 555);
	return (phase("place", err));
}

int
__wrap_verb_once(const struct caller *caller, const struct grant *grant,
    const struct handles *handles, struct err *err)
{
	(void)caller, (void)handles;
	assert_int_equal(grant->uid, 2);
	return (phase("verb_once", err));
}

int
__wrap_verb_start(const struct caller *caller, const struct grant *grant,
    const struct handles *handles, struct err *err)
{
	(void)caller, (void)handles;
	/* The second decision is the one that holds. */
	assert_int_equal(grant->uid, 2);
	return (phase("verb_start", err));
}

int
__wrap_verb_mount(const struct caller *caller, const struct grant *grant,
    const struct handles *handles, struct err *err)
{
	(void)caller;
	assert_int_equal(grant->uid, 2);
	assert_true(handles->uid == 101 && handles->gid == 102 && handles->procfd == 555);
	return (phase("verb_mount", err));
}

void
__wrap_end_with(const struct err *err)
{
	world.ended = (int)err->code;
	world.err = *err;
	longjmp(end, 1);
}

uid_t
__wrap_geteuid(void)
{
	return (world.euid);
}

void
__wrap_priv_drop_forever(uint32_t uid, uint32_t gid)
{
	(void)fault("priv_drop_forever");
	assert_int_equal(uid, 1000);
	assert_int_equal(gid, 100);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.verdicts[0] = world.verdicts[1] = VERDICT_ALLOW;
	world.caller = 1000;
	world.ended = -1;
	fault_none();
	return (0);
}

/* 0, or the code with which it ended. */
static int
run(int argc, char *argv[])
{
	if (setjmp(end) != 0)
		return (world.ended);
	assert_int_equal(launcher_main(argc, argv), 0);
	return (0);
}

static int
run_start(void)
{
	char name[] = "berth-launcher", start[] = "start", once[] = "once", mount[] = "mount",
	     uid[] = "101", gid[] = "102";
	char *const names[] = { start, once, mount };
	char *argv[] = { name, names[world.verb], uid, gid, NULL };

	if (world.verb != MOUNT)
		argv[2] = NULL;
	return (run(world.verb == MOUNT ? 4 : 2, argv));
}

static void
test_verdicts(void **state)
{
	static const int others[] = { VERDICT_INVALID, VERDICT_REFUSE, 1, -1, VERDICT_ALLOW ^ 1,
		VERDICT_ALLOW ^ (1 << 30), ~VERDICT_ALLOW, VERDICT_ALLOW + 1, 0x7fffffff };

	assert_int_equal(run_start(), 0);
	assert_true(world.audited_allow);
	for (size_t i = 0; i < 6 * sizeof(others) / sizeof(others[0]); i++) {
		set_up(state);
		world.verb = i / 2 % 3;
		world.verdicts[i % 2] = others[i / 6];
		assert_int_equal(run_start(), ERR_REFUSED);
		assert_false(was_called("verb_start") || was_called("verb_once") ||
			     was_called("verb_mount") || was_called("mount_check_grant"));
		assert_false(world.audited_allow);
		/* Who was never allowed leaves no trace. */
		assert_int_equal(was_called("procfs_open"), i % 2);
		assert_int_equal(was_called("place"), i % 2 != 0 && world.verb == START);
	}
	set_up(state);
	world.verb = ONCE;
	assert_int_equal(run_start(), 0);
	assert_true(world.audited_allow && was_called("verb_once"));
	assert_false(was_called("verb_start"));
	set_up(state);
	world.verb = MOUNT;
	assert_int_equal(run_start(), 0);
	assert_true(world.audited_allow && was_called("verb_mount") && !was_called("place"));
	for (unsigned int i = 0; i < 3; i++) {
		set_up(state);
		world.verb = i;
		fault_set("audit", 1, EFBIG);
		assert_int_equal(run_start(), ERR_SYSTEM);
		assert_false(was_called("verb_start") || was_called("verb_once") ||
			     was_called("verb_mount"));
	}
	/* A namespace that is not the grant's is refused like what is not granted, and logged so. */
	set_up(state);
	world.verb = MOUNT;
	fault_set("mount_check_grant", 1, EIO);
	assert_int_equal(run_start(), ERR_SYSTEM);
	assert_false(was_called("verb_mount") || world.audited_allow);
	/* No flip of a few bits turns one into the other. */
	assert_true(
	    __builtin_popcount((unsigned int)VERDICT_ALLOW ^ (unsigned int)VERDICT_REFUSE) > 16);
}

/* A message is not written as root when it can be written as the caller. */
static void
test_drop(void **state)
{
	static const char *const late[] = { "trust_dir", "policy_load", "place", "verb_start" };

	for (size_t i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
		set_up(state);
		fault_set(late[i], 1, EIO);
		assert_int_equal(run_start(), ERR_SYSTEM);
		assert_true(was_called("priv_drop_forever"));
	}
	/* It had dropped all before. */
	set_up(state);
	world.euid = 1000;
	fault_set("verb_start", 1, EIO);
	assert_int_equal(run_start(), ERR_SYSTEM);
	assert_false(was_called("priv_drop_forever"));
	/* There is nothing less than root for a caller that is root. */
	set_up(state);
	world.caller = 0;
	world.verdicts[0] = VERDICT_REFUSE;
	assert_int_equal(run_start(), ERR_REFUSED);
	assert_false(was_called("priv_drop_forever"));
}

static void
assert_usage(int argc, char *argv[])
{
	set_up(NULL);
	world.odd = argc == 2 && strcmp(argv[1], "mount") == 0 ? 6 : 3;
	assert_int_equal(run(argc, argv), ERR_USAGE);
	assert_string_equal(
	    world.err.what, "usage: berth-launcher start|once [UIDMAP GIDMAP]|mount UID GID");
	assert_string_equal(fault_log, "sanitize ");
}

/* CVE-2021-4034: with argc 0 what follows argv[0] is the environment, here where any access is a
 * fault. */
static void
test_argc_0(void **state)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	char *page = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *guarded =
	    mmap(NULL, size * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char **argv;

	(void)state;
	assert_int_equal(mprotect(guarded + size, size, PROT_NONE), 0);
	/* argv[0] = NULL, envp[0] = a string that cannot be read. */
	argv = (char **)(void *)(guarded + size) - 2;
	argv[0] = NULL;
	argv[1] = page;
	assert_usage(0, argv);
	/* Nothing at all behind argv[0]. */
	argv = (char **)(void *)(guarded + size) - 1;
	argv[0] = NULL;
	assert_usage(0, argv);
	/* A name that cannot be read is not read. */
	argv[0] = page;
	assert_usage(1, argv);
	munmap(page, size);
	munmap(guarded, size * 2);
}

/* One word, as it is. */
static void
test_argv(void **state)
{
	static const char *const words[] = { "", "\\", "--x=\\", "--", "Start", "start ", " start",
		"star", "startx", "Once", "once ", "onc", "oncex", "start\n", "\xc3\x28", "stop",
		"mount", "--config=/tmp/x", "%s%n" };
	char name[] = "berth-launcher", verb[] = "start", word[32];
	char *argv[] = { name, word, NULL }, *three[] = { name, verb, verb, NULL };
	char *large = calloc(1, 131072), *many[2001] = { name };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(word, sizeof(word), "%s", words[i]);
		assert_usage(2, argv);
	}
	assert_usage(1, argv);
	assert_usage(3, three);
	memset(large, 's', 131071);
	argv[1] = large;
	assert_usage(2, argv);
	free(large);
	for (int i = 1; i < 2000; i++)
		many[i] = verb;
	assert_usage(2000, many);
	/* Whatever the name. */
	three[0] = word;
	snprintf(word, sizeof(word), "\x1b]0;x\a");
	set_up(state);
	assert_int_equal(run(2, three), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_verdicts, set_up),
		cmocka_unit_test_setup(test_drop, set_up),
		cmocka_unit_test_setup(test_argc_0, set_up),
		cmocka_unit_test_setup(test_argv, set_up),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
