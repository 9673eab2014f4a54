/* SPDX-License-Identifier: ISC */
/*
 * A program of another architecture: 32-bit, static, without any C library or header, so that the
 * compiler alone makes it. It makes a few system calls of its own kind. If one of them is answered
 * with anything but "no such call" it prints, by the same kind of call, which, and ends with 1, or
 * dies of SIGTRAP where that is not to be had; else it dies of SIGILL: it could not even end.
 * TRUST: unprivileged
 * INPUT: none
 * MUST: need nothing but the kernel
 */

#define NO_SUCH_CALL (-38)

/* getpid getuid32 brk socketcall socket fork mmap2 uname; a first argument that does no harm */
static const struct {
	const char *name;
	int nr;
	int first;
} tries[] = {
	{ "getpid\n", 20, 0 },
	{ "getuid32\n", 199, 0 },
	{ "brk\n", 45, 0 },
	{ "socketcall\n", 102, 1 },
	{ "socket\n", 359, 38 },
	{ "open\n", 5, 0 },
	{ "clone\n", 120, -1 },
	{ "uname\n", 122, 0 },
	{ "execve\n", 11, 0 },
	{ "bpf\n", 357, -1 },
	{ "io_uring_setup\n", 425, -1 },
	{ "nothing\n", 599, -1 },
};

static int
call(int nr, int first, const void *second, int third)
{
	int result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(nr), "b"(first), "c"(second), "d"(third)
			 : "memory");
	return (result);
}

void _start(void);

void
_start(void)
{
	int answered = 0;

	for (unsigned int i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		int len = 0;

		if (call(tries[i].nr, tries[i].first, (const void *)0, -1) == NO_SUCH_CALL)
			continue;
		answered = 1;
		while (tries[i].name[len] != '\0')
			len++;
		call(4, 1, tries[i].name, len);
	}
	if (answered) {
		call(1, 1, (const void *)0, 0);
		__asm__ volatile("int3");
	}
	__builtin_trap();
}
