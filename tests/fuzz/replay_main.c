/* SPDX-License-Identifier: ISC */
/*
 * Feeds every file of a corpus to a fuzz target, without libFuzzer, as a TAP test. The corpus of
 * replay_NAME is tests/fuzz/corpus/NAME; other directories can be named as arguments.
 * A target that is wrong dies in it: the sanitizers abort.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX (1U << 20)

static int
replay_file(const char *dir, const char *name)
{
	char path[4096];
	FILE *file;
	uint8_t *data;
	size_t size;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "rb");
	if (file == NULL)
		return -1;
	data = malloc(INPUT_MAX);
	if (data == NULL) {
		fclose(file);
		return -1;
	}
	size = fread(data, 1, INPUT_MAX, file);
	fclose(file);
	/* Exactly as large as the input, so that one byte too far is found. */
	data = realloc(data, size > 0 ? size : 1);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

static int
replay_dir(const char *dir, unsigned int *count)
{
	struct dirent **names;
	int bad = 0;
	int n;

	n = scandir(dir, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			/* First the name: after a crash it is the last line. */
			printf("# %s/%s\n", dir, names[i]->d_name);
			fflush(stdout);
			if (replay_file(dir, names[i]->d_name) == 0) {
				printf("ok %u - %s\n", ++*count, names[i]->d_name);
			} else {
				printf("not ok %u - %s: unreadable\n", ++*count, names[i]->d_name);
				bad = 1;
			}
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return bad;
}

int
main(int argc, char **argv)
{
	const char *name = strstr(argv[0], "replay_");
	char dir[4096];
	unsigned int count = 0;
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad |= replay_dir(argv[i], &count);
	if (argc == 1 && name != NULL) {
		snprintf(dir, sizeof(dir), "tests/fuzz/corpus/%s", name + strlen("replay_"));
		bad = replay_dir(dir, &count);
	}
	if (count == 0) {
		printf("not ok 1 - an empty corpus\n");
		count = 1;
		bad = 1;
	}
	printf("1..%u\n", count);
	return bad;
}
