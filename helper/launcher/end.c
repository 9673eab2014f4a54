/* SPDX-License-Identifier: ISC */
/*
 * The end of a launcher that could not do what it was asked.
 * TRUST: privileged
 * INPUT: an error, escaped when it was made
 * MUST: hold nothing that others wait for while it writes: the caller's stderr may be a full pipe.
 */
#include <unistd.h>

#include "helper/launcher/launcher.h"

_Noreturn void
end_with(const struct err *err)
{
	close_range(3, ~0U, 0);
	err_print(STDERR_FILENO, err);
	_exit(err->code != ERR_INVALID ? (int)err->code : ERR_BUG);
}
