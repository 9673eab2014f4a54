/* SPDX-License-Identifier: ISC */
/*
 * A23: privilege as a verb, on a model of the kernel's credentials. Every call fails, and then
 * "succeeds" without effect, one at a time: either the process ends, or nothing is missing from
 * what the verb promises.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: change no credential of this process
 */
/* WRAP: setresuid setresgid setuid getresuid getresgid capset capget prctl setgroups getgroups */
/* WRAP: alarm */
#include "tests/unit/launcher_unit.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/capability.h>
#include <signal.h>
#include <sys/prctl.h>

#include "helper/launcher/launcher.h"
#include "helper/launcher/priv.h"

#define LAST_CAP 40
#define LATER_CAP 50 /* of a kernel that is newer than its headers here */
#define ALL ((1ULL << (LAST_CAP + 1)) - 1)
#define BIT(cap) (1ULL << (cap))
#define CEILING 0xa82435fbULL
#define NEEDED                                                                          \
	(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_CHROOT) | \
	    BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_CHOWN) | BIT(CAP_SYS_NICE))

/* credentials(7), capabilities(7) as far as the launcher goes. */
static struct model {
	uid_t uid[3];
	gid_t gid[3];
	size_t ngroups;
	uint64_t permitted, effective, inheritable, ambient, bounding;
	int nnp, dumpable, seccomp, tsc, keepcaps;
	unsigned long slack;
	bool in_namespace; /* only id 0 has a name here */
	bool realtime; /* has no timer slack, whatever it asks for */
	bool regain; /* a kernel that lets the lost ids come back */
	int last_cap;
	bool keeps; /* SECBIT_NO_SETUID_FIXUP: capabilities stay whatever the ids are */
} now;

/* The at-th call of all that change something has no effect. */
static int effectless_at, changes;
/* One that fails has its effect all the same. */
static bool fails_late;
/* Which of real, effective and saved a change of ids leaves as it was; -1: none. */
static int left_out = -1;

static bool
is_effectless(void)
{
	return (++changes == effectless_at);
}

int __wrap_setresuid(uid_t real, uid_t effective, uid_t saved);
int __wrap_setresgid(gid_t real, gid_t effective, gid_t saved);
int __wrap_setuid(uid_t uid);
int __wrap_getresuid(uid_t *real, uid_t *effective, uid_t *saved);
int __wrap_getresgid(gid_t *real, gid_t *effective, gid_t *saved);
int __wrap_capset(cap_user_header_t header, cap_user_data_t data);
int __wrap_capget(cap_user_header_t header, cap_user_data_t data);
int __wrap_prctl(int option, ...);
int __wrap_setgroups(size_t n, const gid_t *groups);
int __wrap_getgroups(int n, gid_t *groups);
unsigned int __wrap_alarm(unsigned int seconds);

static bool
may_become(uid_t id)
{
	if (now.regain)
		return (true);
	if (now.in_namespace && id != 0) {
		errno = EINVAL;
		return (false);
	}
	if ((now.effective & BIT(CAP_SETUID)) != 0 || id == now.uid[0] || id == now.uid[1] ||
	    id == now.uid[2])
		return (true);
	errno = EPERM;
	return (false);
}

/* For the head of a call: does it fail before it has an effect? The rest of it is for its end. */
static bool
fails_first(const char *call, bool *fails)
{
	*fails = fault(call);
	return (*fails && !fails_late);
}

static int
ends(bool fails)
{
	errno = fails ? fault_plan.errnum : errno;
	return (fails ? -1 : 0);
}

static void
set_uids(uid_t real, uid_t effective, uid_t saved)
{
	bool was_root = now.uid[0] == 0 || now.uid[1] == 0 || now.uid[2] == 0;

	real = left_out == 0 ? now.uid[0] : real;
	effective = left_out == 1 ? now.uid[1] : effective;
	saved = left_out == 2 ? now.uid[2] : saved;
	if (now.uid[1] == 0 && effective != 0 && !now.keeps)
		now.effective = 0;
	if (now.uid[1] != 0 && effective == 0)
		now.effective = now.permitted;
	now.uid[0] = real, now.uid[1] = effective, now.uid[2] = saved;
	if (was_root && real != 0 && effective != 0 && saved != 0) {
		now.ambient = now.effective = 0;
		if (now.keepcaps == 0)
			now.permitted = 0;
	}
	/* fs.suid_dumpable = 1 */
	now.dumpable = 1;
}

int
__wrap_setresuid(uid_t real, uid_t effective, uid_t saved)
{
	bool fails;

	if (fails_first("setresuid", &fails))
		return (-1);
	if (is_effectless())
		return (0);
	if (!may_become(real) || !may_become(effective) || !may_become(saved))
		return (-1);
	set_uids(real, effective, saved);
	return (ends(fails));
}

int
__wrap_setuid(uid_t uid)
{
	if (fault("setuid"))
		return (-1);
	if (is_effectless())
		return (0);
	if (!may_become(uid))
		return (-1);
	set_uids(uid, uid, uid);
	return (0);
}

int
__wrap_setresgid(gid_t real, gid_t effective, gid_t saved)
{
	bool fails;

	if (fails_first("setresgid", &fails))
		return (-1);
	if (is_effectless())
		return (0);
	if (!now.regain && (now.effective & BIT(CAP_SETGID)) == 0 && real != now.gid[0]) {
		errno = EPERM;
		return (-1);
	}
	now.gid[0] = left_out == 0 ? now.gid[0] : real;
	now.gid[1] = left_out == 1 ? now.gid[1] : effective;
	now.gid[2] = left_out == 2 ? now.gid[2] : saved;
	now.dumpable = 1;
	return (ends(fails));
}

int
__wrap_getresuid(uid_t *real, uid_t *effective, uid_t *saved)
{
	*real = now.uid[0], *effective = now.uid[1], *saved = now.uid[2];
	return (fault("getresuid") ? -1 : 0);
}

int
__wrap_getresgid(gid_t *real, gid_t *effective, gid_t *saved)
{
	*real = now.gid[0], *effective = now.gid[1], *saved = now.gid[2];
	return (fault("getresgid") ? -1 : 0);
}

int
__wrap_capset(cap_user_header_t header, cap_user_data_t data)
{
	uint64_t permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	bool fails;

	CHILD_CHECK(header->version == _LINUX_CAPABILITY_VERSION_3 && header->pid == 0);
	if (fails_first("capset", &fails))
		return (-1);
	if (is_effectless())
		return (0);
	if ((permitted & ~now.permitted) != 0) {
		errno = EPERM;
		return (-1);
	}
	now.permitted = permitted;
	now.effective = data[0].effective | (uint64_t)data[1].effective << 32;
	now.inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	now.ambient &= now.inheritable & now.permitted;
	return (ends(fails));
}

int
__wrap_capget(cap_user_header_t header, cap_user_data_t data)
{
	(void)header;
	for (int i = 0; i < 2; i++) {
		data[i].permitted = (uint32_t)(now.permitted >> (32 * i));
		data[i].effective = (uint32_t)(now.effective >> (32 * i));
		data[i].inheritable = (uint32_t)(now.inheritable >> (32 * i));
	}
	return (fault("capget") ? -1 : 0);
}

static int
drop_bounding(unsigned long cap)
{
	if (is_effectless())
		return (0);
	if ((now.effective & BIT(CAP_SETPCAP)) == 0) {
		errno = EPERM;
		return (-1);
	}
	now.bounding &= ~BIT(cap);
	return (0);
}

static int
set_filter(void)
{
	if (is_effectless())
		return (0);
	now.seccomp = SECCOMP_MODE_FILTER;
	return (0);
}

static int
answer(int option, unsigned long arg, unsigned long other)
{
	switch (option) {
	case PR_SET_DUMPABLE:
		if (!is_effectless())
			now.dumpable = (int)arg;
		return (0);
	case PR_GET_DUMPABLE:
		return (now.dumpable);
	case PR_SET_NO_NEW_PRIVS:
		if (!is_effectless())
			now.nnp = 1;
		return (0);
	case PR_GET_NO_NEW_PRIVS:
		return (now.nnp);
	case PR_CAPBSET_READ:
		errno = EINVAL;
		return (arg > (unsigned long)now.last_cap ? -1 : (now.bounding & BIT(arg)) != 0);
	case PR_CAPBSET_DROP:
		return (drop_bounding(arg));
	case PR_CAP_AMBIENT:
		if (arg == PR_CAP_AMBIENT_IS_SET)
			return ((now.ambient & BIT(other)) != 0);
		if (!is_effectless())
			now.ambient = 0;
		return (0);
	case PR_SET_TSC:
		if (!is_effectless())
			now.tsc = (int)arg;
		return (0);
	case PR_GET_TSC:
		*(int *)arg = now.tsc;
		return (0);
	case PR_SET_TIMERSLACK:
		if (!is_effectless() && !now.realtime)
			now.slack = arg;
		return (0);
	case PR_GET_TIMERSLACK:
		return ((int)now.slack);
	case PR_SET_KEEPCAPS:
		if (!is_effectless())
			now.keepcaps = (int)arg;
		return (0);
	case PR_GET_KEEPCAPS:
		return (now.keepcaps);
	case PR_SET_SECCOMP:
		return (set_filter());
	case PR_GET_SECCOMP:
		return (now.seccomp);
	}
	_exit(97);
}

int
__wrap_prctl(int option, ...)
{
	unsigned long arg, other;
	va_list args;
	bool fails;
	int got;

	va_start(args, option);
	arg = va_arg(args, unsigned long);
	other = va_arg(args, unsigned long);
	va_end(args);
	/* The caller gives an int where the kernel takes a long. */
	if (option != PR_SET_SECCOMP && option != PR_GET_TSC)
		arg &= 0xffffffff, other &= 0xffffffff;
	if (fails_first("prctl", &fails))
		return (-1);
	got = answer(option, arg, other);
	/* With a name of its own: among so many reads. */
	fails = (option == PR_CAPBSET_DROP && fault("drop")) || fails;
	return (fails ? ends(fails) : got);
}

int
__wrap_setgroups(size_t n, const gid_t *groups)
{
	bool fails;

	(void)groups;
	if (fails_first("setgroups", &fails))
		return (-1);
	if (is_effectless())
		return (0);
	if ((now.effective & BIT(CAP_SETGID)) == 0) {
		errno = EPERM;
		return (-1);
	}
	now.ngroups = n;
	return (ends(fails));
}

int
__wrap_getgroups(int n, gid_t *groups)
{
	CHILD_CHECK(n == 0 && groups == NULL);
	return (fault("getgroups") ? -1 : (int)now.ngroups);
}

unsigned int
__wrap_alarm(unsigned int seconds)
{
	dprintf(2, "alarm %u ", seconds);
	return (0);
}

/* --- the states between the phases ------------------------------------------------------------- */

static const struct grant grant = {
	.uid = 1000, .gid = 100, .owner_id = 2147480000, .watch_id = 2147480001
};

static void
be(uid_t real, uid_t effective, gid_t gid, uint64_t permitted)
{
	memset(&now, 0, sizeof(now));
	now.uid[0] = real, now.uid[1] = effective;
	now.gid[0] = now.gid[1] = now.gid[2] = gid;
	now.permitted = permitted;
	now.effective = permitted == ALL ? ALL : 0;
	now.bounding = ALL;
	now.last_cap = LAST_CAP;
}

static void
be_executed(void)
{
	be(1000, 0, 100, ALL);
	now.inheritable = now.permitted;
	now.ambient = BIT(CAP_NET_RAW);
	now.dumpable = 1;
	now.tsc = PR_TSC_SIGSEGV;
	now.slack = 900000000;
}

static void
be_caller(void)
{
	be(1000, 0, 100, NEEDED);
}

static void
be_root(void)
{
	be(0, 0, 0, NEEDED);
	now.ngroups = 3;
}

static void
be_owner(void)
{
	be(2147480000, 2147480000, 0, NEEDED);
	now.uid[2] = 2147480000;
	now.ngroups = 3;
	now.keepcaps = 1;
}

static void
be_in_namespace(void)
{
	be(65534, 65534, 65534, ALL);
	now.uid[2] = 65534;
	now.in_namespace = true;
}

static void
be_in_namespace_groups(void)
{
	be_in_namespace();
	now.gid[0] = now.gid[1] = now.gid[2] = 0;
}

static void
be_in_namespace_root(void)
{
	be(0, 0, 0, ALL);
	now.in_namespace = true;
}

static void
be_in_namespace_ceiling(void)
{
	be(0, 0, 0, CEILING);
	now.effective = CEILING;
	now.bounding = CEILING;
	now.in_namespace = true;
}

/* --- the verbs and what they promise ------------------------------------------------------------- */

static bool
ids_are(uid_t uid, uid_t saved, gid_t gid)
{
	return (now.uid[0] == uid && now.uid[1] == uid && now.uid[2] == saved &&
		now.gid[0] == gid && now.gid[1] == gid && now.gid[2] == gid && now.dumpable == 0);
}

static bool
caps_are(uint64_t permitted, uint64_t effective)
{
	return (now.permitted == permitted && now.effective == effective && now.inheritable == 0 &&
		now.ambient == 0);
}

static bool
promise_init(void)
{
	return (caps_are(NEEDED, 0) && now.dumpable == 0);
}

static bool
promise_root(void)
{
	return (ids_are(0, 0, 0) && caps_are(NEEDED, 0) && now.keepcaps == 0);
}

/* No id is root's: what is cloned now has none of them, and the way back is a capability. */
static bool
promise_owner(void)
{
	return (ids_are(2147480000, 2147480000, 0) && caps_are(NEEDED, 0));
}

static bool
promise_aside(void)
{
	return (ids_are(1000, 0, 100));
}

static bool
promise_back(void)
{
	return (now.uid[0] == 1000 && now.uid[1] == 0 && now.uid[2] == 0 && now.dumpable == 0);
}

static bool
promise_abandoned(void)
{
	return (ids_are(1000, 1000, 100));
}

static bool
promise_clock(void)
{
	return (now.tsc == PR_TSC_ENABLE && now.slack == 50000);
}

static bool
promise_forever(void)
{
	return (ids_are(1000, 1000, 100) && caps_are(0, 0) && now.nnp == 1);
}

/* The owner's number is the effective one and nothing else: who has it can signal nobody by it. */
static bool
promise_watcher(void)
{
	return (now.uid[0] == 2147480001 && now.uid[1] == 2147480000 && now.uid[2] == 2147480001 &&
		now.gid[0] == 2147480001 && now.gid[1] == 2147480001 && now.gid[2] == 2147480001 &&
		now.ngroups == 0 && now.dumpable == 0 && caps_are(0, 0) && now.nnp == 1);
}

/* The uid has no name in there. */
static bool
promise_groups(void)
{
	return (ids_are(65534, 65534, 0));
}

static bool
promise_namespace(void)
{
	return (ids_are(0, 0, 0));
}

static bool
promise_ceiling(void)
{
	return (caps_are(CEILING, CEILING) && now.bounding == CEILING);
}

static bool
promise_nothing(void)
{
	return (caps_are(0, 0) && now.bounding == 0 && now.nnp == 1);
}

static bool
promise_filter(void)
{
	return (now.seccomp == SECCOMP_MODE_FILTER);
}

static bool
promise_raised(void)
{
	return (caps_are(NEEDED, BIT(CAP_CHOWN) | BIT(CAP_SETGID)));
}

static bool
promise_lowered(void)
{
	return (caps_are(NEEDED, 0));
}

static void
do_owner(void)
{
	priv_become_owner(grant.owner_id);
}

static void
be_aside(void)
{
	be(1000, 1000, 100, ALL);
}

static void
do_aside(void)
{
	if (priv_step_aside() != 0)
		_exit(41);
}

static void
do_back(void)
{
	priv_step_back(0);
}

static void
do_forever(void)
{
	priv_drop_forever(grant.uid, grant.gid);
}

static void
do_watcher(void)
{
	priv_become_watcher(grant.owner_id, grant.watch_id);
}

static void
do_filter(void)
{
	const struct sock_filter filter = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };

	priv_filter(&filter, 1);
}

static void
do_raise(void)
{
	priv_raise(CAP_CHOWN, CAP_SETGID);
}

static const struct verb {
	const char *name;
	void (*before)(void);
	void (*run)(void);
	bool (*promise)(void);
} verbs[] = {
	{ "init", be_executed, priv_init, promise_init },
	{ "become_root", be_caller, priv_become_root, promise_root },
	{ "become_owner", be_root, do_owner, promise_owner },
	{ "drop_forever", be_root, do_forever, promise_forever },
	{ "enter_namespace", be_in_namespace_groups, priv_enter_namespace, promise_namespace },
	{ "ceiling", be_in_namespace_root, priv_ceiling, promise_ceiling },
	{ "drop_in_namespace", be_in_namespace_ceiling, priv_drop_in_namespace, promise_nothing },
	{ "filter", be_root, do_filter, promise_filter },
	{ "enter_groups", be_in_namespace, priv_enter_groups, promise_groups },
	{ "raise", be_root, do_raise, promise_raised },
	{ "lower", be_root, priv_lower, promise_lowered },
	{ "become_watcher", be_root, do_watcher, promise_watcher },
	{ "step_aside", be_executed, do_aside, promise_aside },
	{ "step_back", be_aside, do_back, promise_back },
	{ "abandon", be_executed, priv_abandon, promise_abandoned },
	{ "reset_clock", be_executed, priv_reset_clock, promise_clock },
	{ "become_root_again", be_owner, priv_become_root, promise_root },
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* 0: it returned and its promise holds; 71: it ended the process; 42: it returned without, which
 * must never be; 43: there is no such call any more to be faulty. */
static void
run_verb(void *arg)
{
	const struct verb *verb = arg;

	changes = 0;
	verb->before();
	verb->run();
	if (!verb->promise())
		_exit(42);
	if (fault_plan.at != 0 && fault_plan.seen < fault_plan.at)
		_exit(43);
	if (effectless_at != 0 && changes < effectless_at)
		_exit(43);
}

static int
try_verb(const struct verb *verb)
{
	struct verb copy = *verb;

	return (in_child(run_verb, &copy));
}

static void
test_promises(void **state)
{
	(void)state;
	for (size_t i = 0; i < VERBS; i++) {
		fault_none();
		effectless_at = 0;
		if (try_verb(&verbs[i]) != 0)
			fail_msg("%s: %s", verbs[i].name, child_text);
	}
}

/* With every call faulty in turn, until there is none left. */
static void
sweep(const struct verb *verb, const char *call, int errnum)
{
	int got = 0;

	for (int at = 1; got != 43; at++) {
		effectless_at = call == NULL ? at : 0;
		if (call == NULL)
			fault_none();
		else
			fault_set(call, at, errnum);
		got = try_verb(verb);
		if (got != 0 && got != 43 && got != 71)
			fail_msg("%s: %s %d: %d %s", verb->name,
			    call != NULL ? call : "no effect at", at, got, child_text);
		if (got == 71 && strstr(child_text, "berth: ") == NULL)
			fail_msg("%s ends without a word", verb->name);
	}
}

static void
test_failures(void **state)
{
	static const char *const calls[] = { "setresuid", "setresgid", "setuid", "getresuid",
		"getresgid", "capset", "capget", "prctl", "setgroups", "getgroups" };

	(void)state;
	for (size_t i = 0; i < VERBS; i++) {
		for (size_t c = 0; c < sizeof(calls) / sizeof(calls[0]); c++)
			sweep(&verbs[i], calls[c], EPERM);
	}
}

/* A call that has its effect and fails all the same: what the launcher does not understand ends it.
 * But for what is tried so that it fails, and for the end of the list of capabilities. */
static bool
may_fail(const struct verb *verb, const char *call, int at)
{
	bool last =
	    strcmp(verb->name, "drop_forever") == 0 || strcmp(verb->name, "become_watcher") == 0;

	if (strcmp(call, "prctl") == 0)
		return (fault_plan.seen > at || strcmp(verb->name, "ceiling") == 0 ||
			strcmp(verb->name, "drop_in_namespace") == 0);
	return ((last && at >= 2 && strncmp(call, "setres", 6) == 0) ||
		(last && strcmp(call, "setuid") == 0) ||
		(strcmp(verb->name, "enter_namespace") == 0 && strcmp(call, "setresuid") == 0 &&
		    at >= 2));
}

static void
test_late_failures(void **state)
{
	static const char *const calls[] = { "setresuid", "setresgid", "getresuid", "getresgid",
		"capset", "capget", "prctl", "drop", "setgroups", "getgroups" };

	(void)state;
	fails_late = true;
	effectless_at = 0;
	for (size_t i = 0; i < VERBS * (sizeof(calls) / sizeof(calls[0])); i++) {
		const struct verb *verb = &verbs[i % VERBS];
		const char *call = calls[i / VERBS];
		int got = 0;

		for (int at = 1; got != 43; at++) {
			fault_set(call, at, EPERM);
			got = try_verb(verb);
			if (got != 43 && got != 71 && !may_fail(verb, call, at))
				fail_msg("%s: %s %d: %d %s", verb->name, call, at, got, child_text);
		}
	}
	fails_late = false;
}

/* One of three ids stays what it was. */
static void
test_part_of_an_effect(void **state)
{
	static const size_t of[] = { 3, 11 }; /* drop_forever, become_watcher: all three change */

	(void)state;
	fault_none();
	for (size_t i = 0; i < 2; i++) {
		for (left_out = 0; left_out < 3; left_out++) {
			assert_child(try_verb(&verbs[of[i]]), 71);
			assert_non_null(strstr(child_text, "the group ids were not set as asked"));
		}
	}
	/* No gid changes here. */
	for (left_out = 0; left_out < 2; left_out++) {
		assert_child(try_verb(&verbs[2]), 71);
		assert_non_null(strstr(child_text, "the user ids were not set as asked"));
	}
	left_out = 2;
	assert_child(try_verb(&verbs[14]), 71);
	assert_non_null(strstr(child_text, "the user ids were not set as asked"));
	left_out = -1;
}

/* Capabilities that these headers do not know are taken from the bounding set as well. */
static void
drop_on_a_newer_kernel(void *arg)
{
	(void)arg;
	be_in_namespace_ceiling();
	now.bounding = (1ULL << (LATER_CAP + 1)) - 1;
	now.last_cap = LATER_CAP;
	priv_drop_in_namespace();
	_exit(now.bounding == 0 ? 0 : 42);
}

static void
test_newer_kernel(void **state)
{
	(void)state;
	fault_none();
	assert_child(in_child(drop_on_a_newer_kernel, NULL), 0);
}

/* In a user namespace there may be no name for the ids that a process has: who is no other than who
 * called it asks for nothing. */
static void
become_owner_with_bits(void *arg)
{
	(void)arg;
	be_root();
	now.keeps = true;
	do_owner();
	_exit(promise_owner() ? 0 : 42);
}

static void
stay_unnamed(void *arg)
{
	(void)arg;
	be_in_namespace();
	if (priv_step_aside() != 65534)
		_exit(41);
	priv_step_back(65534);
	priv_abandon();
	_exit(was_called("setresuid") ? 42 : 0);
}

static void
abandon_half(void *arg)
{
	be(1000, 1000, 100, NEEDED);
	now.uid[*(int *)arg] = 0;
	now.uid[3 - *(int *)arg] = 1000;
	priv_abandon();
	_exit(promise_abandoned() ? 0 : 42);
}

static void
test_who_is_nobody_else(void **state)
{
	int which = 1;

	(void)state;
	fault_none();
	/* capabilities(7), securebits: they come through execve(2). */
	assert_child(in_child(become_owner_with_bits, NULL), 0);
	assert_child(in_child(stay_unnamed, NULL), 0);
	/* The effective or the saved one alone is enough to be somebody else. */
	assert_child(in_child(abandon_half, &which), 0);
	which = 2;
	assert_child(in_child(abandon_half, &which), 0);
}

/* Some processors have no such clock, and one that cannot be closed is open. */
static void
test_no_clock(void **state)
{
	(void)state;
	be_root();
	now.tsc = PR_TSC_ENABLE;
	for (int at = 1; at <= 2; at++) {
		fault_set("prctl", at, EINVAL);
		priv_reset_clock();
	}
	fault_none();
}

/* Whom decide() refuses: what they drop to is their own group, of whatever number. */
static void
drop_to_group_0(void *arg)
{
	(void)arg;
	be_root();
	priv_drop_forever(1000, 0);
	_exit(ids_are(1000, 1000, 0) && caps_are(0, 0) ? 0 : 42);
}

static void
test_group_0(void **state)
{
	(void)state;
	fault_none();
	assert_child(in_child(drop_to_group_0, NULL), 0);
}

static void
test_without_effect(void **state)
{
	(void)state;
	for (size_t i = 0; i < VERBS; i++)
		sweep(&verbs[i], NULL, 0);
}

/* Each of these must be noticed: that a promise holds by chance must not be what passes. */
static void
test_must_notice(void **state)
{
	static const struct {
		size_t verb;
		int at; /* of the calls with an effect */
	} plans[] = {
		{ 0, 1 }, /* init: dumpable */
		{ 1, 2 }, /* become_root: gids, behind the raise */
		{ 1, 4 }, /* uids */
		{ 2, 1 }, /* become_owner: keepcaps */
		{ 2, 3 }, /* uids */
		{ 3, 2 }, /* drop_forever: gids */
		{ 3, 4 }, /* uids */
		{ 4, 1 }, /* enter_namespace: uids */
		{ 7, 1 }, /* filter */
		{ 8, 1 }, /* enter_groups: gids */
		{ 9, 1 }, /* raise */
		{ 11, 2 }, /* become_watcher: groups */
		{ 11, 3 }, /* gids */
		{ 11, 5 }, /* uids */
		{ 12, 1 }, /* step_aside */
		{ 13, 1 }, /* step_back */
		{ 14, 1 }, /* abandon */
		{ 15, 1 }, /* reset_clock: rdtsc */
		{ 15, 2 }, /* timer slack */
		{ 16, 4 }, /* become_root, from the owner: uids */
		{ 16, 7 }, /* keepcaps */
	};

	(void)state;
	fault_none();
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		effectless_at = plans[i].at;
		if (try_verb(&verbs[plans[i].verb]) != 71)
			fail_msg("%s: %d without effect is not noticed", verbs[plans[i].verb].name,
			    plans[i].at);
		/* Perhaps as root still: a stderr that is full does not hold it for long. */
		assert_int_equal(strncmp(child_text, "alarm 1 berth: ", 15), 0);
	}
	effectless_at = 0;
}

static void
regained(void *arg)
{
	const struct verb *verb = arg;

	verb->before();
	now.regain = true;
	verb->run();
}

/* setresuid alone, then setresgid alone, then setuid alone. */
static void
regained_one(void *arg)
{
	be_root();
	effectless_at = *(int *)arg;
	changes = 0;
	do_forever();
}

static void
test_regain(void **state)
{
	struct verb verb = verbs[3];
	int attempts[] = { 7, 8, 9 };

	(void)state;
	fault_none();
	assert_child(in_child(regained, &verb), 71);
	verb = verbs[4];
	assert_child(in_child(regained, &verb), 71);
	verb = verbs[11];
	assert_child(in_child(regained, &verb), 71);
	/* raise, gids, dumpable, uids, dumpable, caps, no_new_privs; then the attempts. */
	for (size_t i = 0; i < 3; i++) {
		attempts[i]++;
		assert_child(in_child(regained_one, &attempts[i]), 71);
		if (strstr(child_text, "regained") == NULL)
			fail_msg("attempt %zu: %s", i, child_text);
	}
	effectless_at = 0;
}

static void
init_bounded(void *arg)
{
	be_executed();
	now.permitted &= ~BIT(*(int *)arg);
	priv_init();
}

/* A container's root: which one is missing is told. */
static void
test_bounded(void **state)
{
	int caps[] = { CAP_SETUID, CAP_SETGID, CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SYS_PTRACE,
		CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_SYS_NICE };
	char missing[32];

	(void)state;
	fault_none();
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		assert_child(in_child(init_bounded, &caps[i]), 71);
		snprintf(missing, sizeof(missing), "missing: 0x%llx ", BIT(caps[i]));
		assert_non_null(strstr(child_text, missing));
	}
	/* One that it does not need. */
	caps[0] = CAP_SYS_BOOT;
	assert_child(in_child(init_bounded, &caps[0]), 0);
}

static void
reset_clock(void *arg)
{
	const unsigned long *slack = arg;

	be_executed();
	now.realtime = true;
	now.slack = *slack;
	priv_reset_clock();
}

/* sched(7): with a real-time policy it is 0, and is not set. */
static void
test_slack(void **state)
{
	unsigned long slack = 0;

	(void)state;
	fault_none();
	assert_child(in_child(reset_clock, &slack), 0);
	slack = 50001;
	assert_child(in_child(reset_clock, &slack), 71);
}

static void
test_no_new_privs(void **state)
{
	(void)state;
	fault_none();
	be_root();
	assert_false(priv_is_no_new_privs());
	now.nnp = 1;
	assert_true(priv_is_no_new_privs());
	now.nnp = -1;
	assert_false(priv_is_no_new_privs());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_promises),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_late_failures),
		cmocka_unit_test(test_part_of_an_effect),
		cmocka_unit_test(test_newer_kernel),
		cmocka_unit_test(test_who_is_nobody_else),
		cmocka_unit_test(test_no_clock),
		cmocka_unit_test(test_group_0),
		cmocka_unit_test(test_without_effect),
		cmocka_unit_test(test_must_notice),
		cmocka_unit_test(test_regain),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_slack),
		cmocka_unit_test(test_no_new_privs),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
