/* SPDX-License-Identifier: ISC */
/*
 * Starts a user's engine as the user would. Contract in launch.h.
 * TRUST: privileged
 * INPUT: the launcher's exit status and what it says
 * MUST: as launch.h says
 */
#include "helper/admin/launch.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/io.h"
#include "helper/admin/admin.h"
#include "helper/admin/child.h"

#define LAUNCH_SECONDS 60
#define CONNECT_TRIES 40 /* of 50 ms */

static int
work_start(void *arg)
{
	char program[] = BERTH_LAUNCHER, name[] = "berth-launcher", verb[] = "start";
	char *const argv[] = { name, verb, NULL };
	char *const environment[] = { NULL };

	(void)arg;
	execve(program, argv, environment);
	return (127);
}

/* The engine lets nobody but the user in, so the user asks. */
static int
work_connect(void *arg)
{
	const struct account *who = arg;
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "/run/berth/%u/engine.sock", who->id);
	for (int i = 0; i < CONNECT_TRIES; i++) {
		AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return (0);
		usleep(50000);
	}
	return (1);
}

/* The next line of *text, without the blanks and the name before it; "" at the end. */
static const char *
next_line(char **text)
{
	char *line = *text + strspn(*text, " "), *newline = strchr(line, '\n');

	if (newline != NULL)
		*newline = '\0';
	*text = newline != NULL ? newline + 1 : line + strlen(line);
	return (strncmp(line, "berth: ", 7) == 0 ? line + 7 : line);
}

static int
say_why(int status, char *said, struct err *err)
{
	enum err_code code = err_code_of(status, ERR_SYSTEM);
	const char *line = next_line(&said);

	if (line[0] != '\0')
		err_set(err, code, "the grant stands, but: %s", line);
	else
		err_set(
		    err, code, "the grant stands, but the launcher ended with status %d", status);
	err_why(err, "%s", next_line(&said));
	return (err_todo(err, "%s", next_line(&said)));
}

int
launch_engine(const struct account *who, struct err *err)
{
	char said[2048];
	struct account copy = *who;
	struct child start = { CHILD_USER, who, work_start, NULL, LAUNCH_SECONDS, said,
		sizeof(said) };
	struct child connecting = { CHILD_USER, who, work_connect, &copy, LAUNCH_SECONDS, NULL, 0 };
	int status = child_run(&start, err);

	if (status <= 0)
		return (status);
	/* Busy: somebody else starts it, or it is up. */
	if (status == ERR_UNAVAILABLE && child_run(&connecting, err) == 0)
		return (1);
	return (say_why(status, said, err));
}
