/* SPDX-License-Identifier: ISC */
/*
 * exchange A B [A B]...: swaps the names of each pair as fast as it can until it is killed; with "once" as
 * the last word each pair once.
 * TRUST: unprivileged
 * INPUT: pairs of paths
 * MUST: leave no moment in which a name is missing (RENAME_EXCHANGE)
 */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int
main(int argc, char *argv[])
{
	bool once = argc > 1 && strcmp(argv[argc - 1], "once") == 0;

	argc -= once;
	if (argc < 3 || argc % 2 != 1)
		errx(99, "usage");
	for (int i = 1;; i = i + 2 < argc ? i + 2 : 1) {
		if (renameat2(AT_FDCWD, argv[i], AT_FDCWD, argv[i + 1], RENAME_EXCHANGE) < 0)
			err(99, "renameat2");
		if (once && i + 2 >= argc)
			return (0);
	}
}
