/* SPDX-License-Identifier: ISC */
/*
 * The end of a launcher that failed: never with a status of 0, and with nothing open that others
 * wait for.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: end in children only
 */
#include "tests/unit/launcher_unit.h"

#include <signal.h>

#include "helper/launcher/launcher.h"

static void
end(void *arg)
{
	struct err err = { 0 };

	if (*(int *)arg != ERR_INVALID)
		err_set(&err, (enum err_code) * (int *)arg, "what");
	end_with(&err);
}

static void
its_status_is_the_errors(void **state)
{
	int codes[] = { ERR_FAILED, ERR_USAGE, ERR_UNAVAILABLE, ERR_BUG, ERR_SYSTEM, ERR_REFUSED,
		ERR_CONFIG };

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		assert_child(in_child(end, &codes[i]), codes[i]);
		assert_string_equal(child_text, "berth: what\n");
	}
}

static void
an_end_without_an_error_is_no_success(void **state)
{
	int none = ERR_INVALID;

	(void)state;
	assert_child(in_child(end, &none), ERR_BUG);
}

/* Its stderr is full, and stays so. */
static void
end_with_a_full_pipe(void *arg)
{
	const int *held = arg;
	static char fill[4096];
	struct err err;
	int full[2];

	CHILD_CHECK(pipe2(full, O_NONBLOCK) == 0);
	while (write(full[1], fill, sizeof(fill)) > 0)
		;
	CHILD_CHECK(fcntl(full[1], F_SETFL, 0) == 0);
	CHILD_CHECK(dup2(full[1], 2) == 2 && dup2(full[0], 0) == 0);
	close(held[0]);
	err_set(&err, ERR_REFUSED, "what");
	end_with(&err);
}

static void
nobody_waits_for_who_cannot_write(void **state)
{
	int held[2];
	pid_t pid;
	char byte;

	(void)state;
	assert_int_equal(pipe(held), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		end_with_a_full_pipe(held);
	close(held[1]);
	/* While it hangs: its copy of it is closed. */
	assert_int_equal(read(held[0], &byte, 1), 0);
	close(held[0]);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_status_is_the_errors),
		cmocka_unit_test(an_end_without_an_error_is_no_success),
		cmocka_unit_test(nobody_waits_for_who_cannot_write),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
