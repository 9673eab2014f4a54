/* SPDX-License-Identifier: ISC */
/*
 * berth-admin: the administrator's half of berth. Writes the allow-list and sets the launcher's
 * setuid bit, so that the setuid program has no code that writes configuration.
 * TRUST: privileged
 * INPUT: the command line and environment of root, or of sudo's caller
 * MUST: never work through a setuid bit; keep nothing of the environment.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/admin/admin.h"
#include "helper/admin/audit.h"
#include "helper/admin/quote.h"

static const char usage_text[] =
    "usage: sudo berth daemon start --root=DIR --allow-user=USER --entitlements=LIST "
    "[--timeout=5m] [--for=4h|--until=DATE]\n"
    "       sudo berth grant USER|@GROUP [ENTITLEMENT...] [--root=DIR] [--timeout=5m] "
    "[--for=4h|--until=DATE|none]\n"
    "       sudo berth revoke USER|@GROUP [ENTITLEMENT...]\n"
    "       sudo berth grants [USER|@GROUP] [--format=json]\n"
    "       sudo berth check [FILE] [--format=json]\n";

static const struct {
	enum args_verb verb;
	admin_verb *run;
} verbs[] = {
	{ VERB_START, admin_start },
	{ VERB_GRANT, admin_grant },
	{ VERB_REVOKE, admin_revoke },
	{ VERB_GRANTS, admin_grants },
	{ VERB_CHECK, admin_check },
};

/* Copies what outlives the environment: whom sudo ran for. */
static void
clean_environment(char *sudo_uid, size_t size)
{
	const char *text = getenv("SUDO_UID");

	snprintf(sudo_uid, size, "%s", text != NULL ? text : "none");
	if (clearenv() != 0 || setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1) != 0)
		_exit(ERR_SYSTEM);
}

/* No file that is opened later may become 0, 1 or 2. */
static void
check_stdio(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			_exit(ERR_SYSTEM);
	}
}

static int
need_root(int argc, char *const *argv, struct err *err)
{
	char line[512];
	struct quote quote = { .buf = line, .cap = sizeof(line), .shell = true };

	line[0] = '\0';
	for (int i = 1; i < argc; i++) {
		if (quote_append(&quote, argv[i]) < 0)
			break;
	}
	err_set(err, ERR_REFUSED, "refused: this is for the administrator");
	err_why(err, "it changes who may do what, and needs root");
	return (err_todo(err, "sudo berth %s", line));
}

static int
dispatch(int argc, char **argv, struct err *err)
{
	AUTO_FREE struct args *args = malloc(sizeof(*args));

	if (args == NULL)
		return (err_sys(err, "cannot read the command line"));
	if (args_parse(argc, argv, args, err) < 0)
		return (-1);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (verbs[i].verb == args->verb)
			return (verbs[i].run(args, err));
	}
	return (err_set(err, ERR_BUG, "a command without a function"));
}

/* Does this command line want to change something? Asked before anything is parsed in place. */
static bool
wants_change(int argc, char *const *argv)
{
	return (argc > 1 && strcmp(argv[1], "grants") != 0 && strcmp(argv[1], "check") != 0);
}

static int
run(int argc, char **argv)
{
	struct err err = { 0 };
	int rc;

	if (getuid() != geteuid() || getgid() != getegid())
		rc = err_set(&err, ERR_REFUSED, "berth-admin must not be setuid or setgid");
	else if (wants_change(argc, argv) && geteuid() != 0)
		rc = need_root(argc, argv, &err);
	else
		rc = dispatch(argc, argv, &err);
	if (fflush(stdout) != 0 && rc == 0)
		rc = err_sys(&err, "cannot write the result");
	if (rc < 0)
		err_print(STDERR_FILENO, &err);
	return (rc < 0 ? (int)err.code : rc);
}

int
main(int argc, char **argv)
{
	char sudo_uid[32], line[AUDIT_LINE] = "";
	int result;

	check_stdio();
	clean_environment(sudo_uid, sizeof(sudo_uid));
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return (printf("berth-admin " BERTH_VERSION "\n") < 0);
	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		fputs(usage_text, argc < 2 ? stderr : stdout);
		return (argc < 2 ? ERR_USAGE : 0);
	}
	/* Noted now: the command line is cut into pieces where it stands. */
	if (wants_change(argc, argv))
		audit_format(argc, argv, line);
	result = run(argc, argv);
	if (line[0] != '\0')
		audit_write(line, sudo_uid, result);
	return (result);
}
