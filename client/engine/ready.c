/* SPDX-License-Identifier: ISC */
/*
 * How the engine tells the launcher that it serves: see ready.h.
 * TRUST: unprivileged
 * INPUT: an error of ours
 * MUST: as in ready.h
 */
#include "client/engine/ready.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/facts.h"
#include "common/io.h"

void
ready_serving(void)
{
	/* A launcher that is gone has nobody to tell; the engine serves all the same. */
	(void)!io_write_all(ENGINE_FD_READY, "R", 1);
	close(ENGINE_FD_READY);
}

void
ready_failed(const struct err *err)
{
	char text[4001];
	int len;

	len = snprintf(
	    text, sizeof(text), "%c%s\n%s\n%s", (char)err->code, err->what, err->why, err->todo);
	if (io_write_all(ENGINE_FD_READY, text, (size_t)len) == -1)
		err_print(STDERR_FILENO, err);
	exit((int)err->code);
}
