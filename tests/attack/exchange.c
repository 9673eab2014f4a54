/* SPDX-License-Identifier: ISC */
/*
 * exchange A B: swaps two names as fast as it can until it is killed.
 * TRUST: unprivileged
 * INPUT: two paths
 * MUST: leave no moment in which a name is missing (RENAME_EXCHANGE)
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>

int
main(int argc, char *argv[])
{
	if (argc != 3)
		errx(99, "usage");
	for (;;) {
		if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) < 0)
			err(99, "renameat2");
	}
}
