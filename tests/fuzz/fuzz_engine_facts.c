/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: the memfd in which the launcher tells the engine for whom it runs. The first byte of an
 * input says which seals it has and where its offset stands, the rest is what is in it.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when something is taken that is not sealed in full, of another version, too short or
 *       too long; when what was read, written out again, is not byte by byte what came; when a failure
 *       keeps memory.
 */
#define FUZZ_NAME "fuzz_engine_facts"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/facts.h"

static int
make(const uint8_t *data, size_t size, int seals)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size, "there is a memfd");
	must(fcntl(fd, F_ADD_SEALS, seals) == 0, "it is sealed");
	return (fd);
}

/* The words of the format's description, read by hand. */
static void
check_words(const uint8_t *data, size_t size, enum facts_mode mode, const struct caller *caller,
    const struct grant *grant)
{
	uint32_t words[13];

	must(size >= sizeof(words), "there is a head");
	memcpy(words, data, sizeof(words));
	must(words[0] == 0x62727468 && words[1] == 3, "it is of this version");
	must(words[2] == (uint32_t)mode && mode >= FACTS_SHARED && mode <= FACTS_ROOTLESS,
	    "the mode is one");
	must(words[3] == caller->uid && words[3] == grant->uid && words[4] == caller->gid &&
		 words[4] == grant->gid && words[5] == grant->owner_id,
	    "the ids are those that came");
	must(words[6] == grant->subuid.start && words[7] == grant->subuid.count &&
		 words[8] == grant->subgid.start && words[9] == grant->subgid.count,
	    "so are the ranges");
	must(words[10] == caller->ngroups && caller->ngroups <= NGROUPS_MAX &&
		 words[11] == grant->uids.n && grant->uids.n <= 340 && words[12] == grant->gids.n &&
		 grant->gids.n <= 340 &&
		 size == sizeof(words) + 4 * caller->ngroups + 12 * (grant->uids.n + grant->gids.n),
	    "nothing follows the maps");
	must(memcmp(data + sizeof(words), caller->groups, 4 * caller->ngroups) == 0,
	    "the groups are those that came");
}

static void
check_again(const uint8_t *data, size_t size, enum facts_mode mode, const struct caller *caller,
    const struct grant *grant)
{
	int fd = make(NULL, 0, 0);
	char *again = malloc(size + 1);

	must(again != NULL && facts_write(fd, mode, caller, grant) == 0,
	    "what was read can be written");
	must(pread(fd, again, size + 1, 0) == (ssize_t)size && memcmp(again, data, size) == 0,
	    "what is written is what came");
	must(fcntl(fd, F_GET_SEALS) == FACTS_SEALS, "and it is sealed");
	free(again);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	uint8_t what = take_byte(&input);
	int seals = what & 0xf, fd = make(input.at, input.left, seals);
	enum facts_mode mode = FACTS_INVALID;
	struct caller caller;
	struct grant grant;

	/* Whoever had it before may have left it anywhere. */
	(void)!lseek(fd, what >> 4, SEEK_SET);
	if (facts_read(fd, &mode, &caller, &grant) == 0) {
		must(seals == FACTS_SEALS, "only what is sealed in full is taken");
		check_words(input.at, input.left, mode, &caller, &grant);
		check_again(input.at, input.left, mode, &caller, &grant);
	} else {
		must(errno == EPROTO, "what is malformed is called so");
		must(caller.groups == NULL && caller.ngroups == 0 && grant.uids.lines == NULL &&
			 grant.gids.lines == NULL,
		    "a failure keeps nothing");
	}
	free(caller.groups);
	free((void *)(uintptr_t)grant.uids.lines);
	free((void *)(uintptr_t)grant.gids.lines);
	close(fd);
	return (0);
}
