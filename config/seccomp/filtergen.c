/* SPDX-License-Identifier: ISC */
/*
 * Makes a system call filter out of a readable list, when berth is built: filtergen NAME <LIST
 * prints C source that defines filter_NAME and filter_NAME_len (common/filter.h).
 *
 * A list has one rule a line; '#' starts a comment. The first rule of a call that matches wins:
 *	default ACTION			calls that no rule names (required, once)
 *	ACTION NAME...			these calls, whatever their arguments
 *	ACTION NAME argN==V ...		if all conditions hold; 64 bits are compared
 *	ACTION NAME argN&M==V ...	the same for some of the lower 32 bits, or != instead of ==
 * ACTION is allow or an errno name. Numbers are as in C, or names out of the table below. NAME=NR
 * gives the number for a libseccomp that does not know the name yet; it is used on all
 * architectures, so it must be one of the calls from 424 on, which have the same number everywhere.
 * Calls of other architectures, x32 included, get ENOSYS.
 *
 * libseccomp knows the names. The program is laid out here because "this ioctl but not with
 * these lower 32 bits" cannot be told to libseccomp (its masked comparison has no negation), and
 * because runs of calls with the same answer become one comparison.
 * TRUST: unprivileged
 * INPUT: a list of the source tree
 * MUST: stop the build on everything it does not understand; check the architecture before the
 *       number, and the number before any argument.
 */
#include <ctype.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NR_END 1024U /* above it nothing is listed */
#define X32_BIT 0x40000000U
#define RULES_MAX 1024
#define CONDS_MAX 4
#define CODE_MAX BPF_MAXINSNS
#define PENDING_MAX 32

struct cond {
	unsigned int arg;
	bool masked;
	bool negated;
	uint32_t mask;
	uint64_t value;
};

struct rule {
	unsigned int nr;
	uint32_t action;
	size_t nconds;
	struct cond conds[CONDS_MAX];
};

struct list {
	unsigned int line;
	uint32_t fallback; /* 0: not given yet; no action that a list can name is 0 */
	size_t nrules;
	struct rule rules[RULES_MAX];
};

struct code {
	size_t n;
	struct sock_filter insn[CODE_MAX];
};

static const struct {
	const char *name;
	uint64_t value;
} symbols[] = {
	{ "AF_UNIX", 1 },
	{ "AF_INET", 2 },
	{ "AF_INET6", 10 },
	{ "AF_NETLINK", 16 },
	{ "AF_PACKET", 17 },
	{ "AF_ALG", 38 },
	{ "AF_VSOCK", 40 },
	{ "TIOCSTI", 0x5412 },
	{ "TIOCLINUX", 0x541c },
	{ "LOW32", 0xffffffff },
	/* CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET: clone(2); its lowest
	   byte is the signal, so CLONE_NEWTIME exists for clone3 and unshare only */
	{ "CLONE_NEW", 0x7e020000 },
};

static const struct {
	const char *name;
	int value;
} errnos[] = {
	{ "EPERM", EPERM },
	{ "ENOSYS", ENOSYS },
	{ "EAFNOSUPPORT", EAFNOSUPPORT },
};

static void die(const struct list *list, const char *what, const char *word)
    __attribute__((noreturn));

static void
die(const struct list *list, const char *what, const char *word)
{
	fprintf(stderr, "filtergen: line %u: %s: %s\n", list->line, what, word);
	exit(1);
}

static uint32_t
parse_action(const struct list *list, const char *word)
{
	if (strcmp(word, "allow") == 0)
		return SECCOMP_RET_ALLOW;
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (strcmp(word, errnos[i].name) == 0)
			return SECCOMP_RET_ERRNO | (uint32_t)errnos[i].value;
	die(list, "unknown action", word);
}

static uint64_t
parse_value(const struct list *list, const char *word)
{
	char *end;
	uint64_t value;

	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
		if (strcmp(word, symbols[i].name) == 0)
			return symbols[i].value;
	errno = 0;
	value = strtoull(word, &end, 0);
	if (errno != 0 || end == word || *end != '\0' || !isdigit((unsigned char)*word))
		die(list, "not a number", word);
	return value;
}

/* argN==V, argN&M==V, argN&M!=V; changes word. */
static void
parse_cond(const struct list *list, char *word, struct cond *cond)
{
	char *op = strstr(word, "==");
	char *mask = strchr(word, '&');

	cond->negated = op == NULL;
	if (op == NULL)
		op = strstr(word, "!=");
	if (op == NULL || word[3] < '0' || word[3] > '5')
		die(list, "not a condition", word);
	*op = '\0';
	cond->arg = (unsigned int)(word[3] - '0');
	cond->value = parse_value(list, op + 2);
	cond->masked = mask != NULL;
	if (mask != NULL) {
		uint64_t bits = parse_value(list, mask + 1);

		if (mask != word + 4 || bits > UINT32_MAX || (cond->value & ~bits) != 0)
			die(list, "not a mask of 32 bits", word);
		cond->mask = (uint32_t)bits;
	} else if (word[4] != '\0' || cond->negated) {
		die(list, "not a condition", word);
	}
}

/* The call's number here; -1 when this architecture has no such call. Changes word. */
static int
parse_call(const struct list *list, char *word)
{
	char *number = strchr(word, '=');
	int nr;

	if (number != NULL)
		*number++ = '\0';
	nr = seccomp_syscall_resolve_name(word);
	if (nr == __NR_SCMP_ERROR && number != NULL)
		nr = (int)parse_value(list, number);
	if (nr == __NR_SCMP_ERROR)
		die(list, "unknown system call", word);
	if (nr >= (int)NR_END)
		die(list, "number too large", word);
	return nr < 0 ? -1 : nr;
}

static void
add_rule(struct list *list, const struct rule *rule, const char *word)
{
	for (size_t i = 0; i < list->nrules; i++)
		if (list->rules[i].nr == rule->nr && list->rules[i].nconds == 0)
			die(list, "was answered before", word);
	if (list->nrules == RULES_MAX)
		die(list, "too many rules", word);
	list->rules[list->nrules++] = *rule;
}

/* The words behind an action: one call with conditions, or calls. */
static void
parse_calls(struct list *list, uint32_t action, char *save)
{
	struct rule rule = { .action = action };
	char *first = strtok_r(NULL, " \t\n", &save);
	char *word = strtok_r(NULL, " \t\n", &save);
	int nr;

	if (first == NULL)
		die(list, "no system call", "");
	nr = parse_call(list, first);
	for (; word != NULL && strncmp(word, "arg", 3) == 0; rule.nconds++) {
		if (rule.nconds == CONDS_MAX)
			die(list, "too many conditions", word);
		parse_cond(list, word, &rule.conds[rule.nconds]);
		word = strtok_r(NULL, " \t\n", &save);
	}
	if (word != NULL && rule.nconds != 0)
		die(list, "a call behind conditions", word);
	for (;;) {
		rule.nr = (unsigned int)nr;
		if (nr >= 0)
			add_rule(list, &rule, first);
		if (word == NULL)
			break;
		first = word;
		nr = parse_call(list, first);
		word = strtok_r(NULL, " \t\n", &save);
	}
}

static void
parse_line(struct list *list, char *line)
{
	char *save = NULL;
	char *word;

	line[strcspn(line, "#")] = '\0';
	word = strtok_r(line, " \t\n", &save);
	if (word == NULL)
		return;
	if (strcmp(word, "default") != 0) {
		parse_calls(list, parse_action(list, word), save);
		return;
	}
	word = strtok_r(NULL, " \t\n", &save);
	if (list->fallback != 0 || word == NULL)
		die(list, "one default, please", "");
	list->fallback = parse_action(list, word);
}

static size_t
emit(struct code *code, unsigned int op, uint32_t k)
{
	if (code->n == CODE_MAX) {
		fputs("filtergen: too long for the kernel\n", stderr);
		exit(1);
	}
	code->insn[code->n] = (struct sock_filter){ .code = (unsigned short)op, .k = k };
	return code->n++;
}

/* From instruction at, if its comparison holds (or not), jump to where the next one will be. */
static void
land(struct code *code, size_t at, bool holds)
{
	size_t distance = code->n - at - 1;

	if (distance > 255) {
		fputs("filtergen: a jump is too long\n", stderr);
		exit(1);
	}
	if (holds)
		code->insn[at].jt = (unsigned char)distance;
	else
		code->insn[at].jf = (unsigned char)distance;
}

#define ARG_LOW(n) ((uint32_t)(offsetof(struct seccomp_data, args) + 8 * (n)))
#define LOAD (BPF_LD | BPF_W | BPF_ABS)
#define IF_EQ (BPF_JMP | BPF_JEQ | BPF_K)
#define IF_GE (BPF_JMP | BPF_JGE | BPF_K)
#define RETURN (BPF_RET | BPF_K)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low word of an argument is first");

/* One rule: its conditions, its action; where a condition fails it goes on behind the rule. */
static void
emit_rule(struct code *code, const struct rule *rule)
{
	size_t fails[2 * CONDS_MAX];
	bool when[2 * CONDS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < rule->nconds; i++) {
		const struct cond *cond = &rule->conds[i];

		if (!cond->masked) {
			emit(code, LOAD, ARG_LOW(cond->arg) + 4);
			when[n] = false;
			fails[n++] = emit(code, IF_EQ, (uint32_t)(cond->value >> 32));
		}
		emit(code, LOAD, ARG_LOW(cond->arg));
		if (cond->masked && cond->mask != UINT32_MAX)
			emit(code, BPF_ALU | BPF_AND | BPF_K, cond->mask);
		when[n] = cond->negated;
		fails[n++] = emit(code, IF_EQ, (uint32_t)cond->value);
	}
	emit(code, RETURN, rule->action);
	while (n-- > 0)
		land(code, fails[n], when[n]);
}

/* The first rule of each number, or the fallback. */
struct answer {
	unsigned int nr;
	const struct rule *rule; /* with conditions; NULL: action it is */
	uint32_t action;
};

static void
emit_answer(struct code *code, const struct list *list, const struct answer *answer)
{
	if (answer->rule == NULL) {
		emit(code, RETURN, answer->action);
		return;
	}
	for (const struct rule *rule = answer->rule; rule < list->rules + list->nrules; rule++) {
		if (rule->nr != answer->nr)
			continue;
		emit_rule(code, rule);
		if (rule->nconds == 0)
			return;
	}
	emit(code, RETURN, list->fallback);
}

/* What is answered to each number, neighbours with the same answer joined. The count. */
static size_t
find_answers(const struct list *list, struct answer *answers)
{
	size_t n = 0;

	for (unsigned int nr = 0; nr <= NR_END; nr++) {
		struct answer now = { .nr = nr, .action = list->fallback };

		for (size_t i = list->nrules; i-- > 0;) {
			const struct rule *rule = &list->rules[i];

			if (rule->nr != nr)
				continue;
			now.rule = rule->nconds == 0 ? NULL : rule;
			now.action = rule->action;
		}
		if (n == 0 || now.rule != NULL || answers[n - 1].rule != NULL ||
		    answers[n - 1].action != now.action)
			answers[n++] = now;
	}
	return n;
}

/* Halves the answers until one is left; the upper half waits with the comparison it belongs to. */
static void
emit_tree(struct code *code, const struct list *list, const struct answer *answers, size_t n)
{
	struct {
		size_t lo;
		size_t hi;
		size_t from;
	} pending[PENDING_MAX];
	size_t npending = 0;
	size_t lo = 0;
	size_t hi = n;

	for (;;) {
		while (hi - lo > 1) {
			size_t mid = lo + (hi - lo) / 2;

			pending[npending].lo = mid;
			pending[npending].hi = hi;
			pending[npending++].from = emit(code, IF_GE, answers[mid].nr);
			hi = mid;
		}
		emit_answer(code, list, &answers[lo]);
		if (npending == 0)
			return;
		lo = pending[--npending].lo;
		hi = pending[npending].hi;
		land(code, pending[npending].from, true);
	}
}

static void
emit_filter(struct code *code, const struct list *list)
{
	static struct answer answers[NR_END + 1];

	emit(code, LOAD, offsetof(struct seccomp_data, arch));
	code->insn[emit(code, IF_EQ, seccomp_arch_native())].jt = 1;
	emit(code, RETURN, SECCOMP_RET_ERRNO | ENOSYS);
	emit(code, LOAD, offsetof(struct seccomp_data, nr));
	if (seccomp_arch_native() == SCMP_ARCH_X86_64) {
		code->insn[emit(code, IF_GE, X32_BIT)].jf = 1;
		emit(code, RETURN, SECCOMP_RET_ERRNO | ENOSYS);
	}
	emit_tree(code, list, answers, find_answers(list, answers));
}

static void
print_filter(const char *name, const struct code *code)
{
	printf("/* SPDX-License-Identifier: ISC */\n"
	       "/* Made by config/seccomp/filtergen out of config/seccomp/%s.list. */\n"
	       "#include \"common/filter.h\"\n\nconst struct sock_filter filter_%s[] = {\n",
	    name, name);
	for (size_t i = 0; i < code->n; i++)
		printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", code->insn[i].code, code->insn[i].jt,
		    code->insn[i].jf, code->insn[i].k);
	printf("};\n\nconst unsigned short filter_%s_len = %zu;\n", name, code->n);
}

int
main(int argc, char **argv)
{
	static struct list list;
	static struct code code;
	char line[1024];

	if (argc != 2 || argv[1][strspn(argv[1], "abcdefghijklmnopqrstuvwxyz")] != '\0') {
		fputs("usage: filtergen NAME <LIST\n", stderr);
		return 64;
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		list.line++;
		if (strchr(line, '\n') == NULL)
			die(&list, "line too long or not ended", line);
		parse_line(&list, line);
	}
	if (ferror(stdin) || list.fallback == 0)
		die(&list, "not a whole list", "");
	emit_filter(&code, &list);
	print_filter(argv[1], &code);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 71;
}
