/* SPDX-License-Identifier: ISC */
/* A job that sleeps until it is ended, with as little memory of its own as there can be. */
#include <unistd.h>

int
main(void)
{
	for (;;)
		pause();
}
