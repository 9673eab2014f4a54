/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: berth.conf. An input is one file.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when a pool is taken that must not be one, judged by code of its own; when what was
 *       read, written out and read again, is another; when a value stands in no line of the file.
 */
#define FUZZ_NAME "fuzz_hostconf"
#include "tests/fuzz/fuzz.h"

#include "common/inistrict.h"
#include "common/policy.h"

/* Is there a line "KEY = NUMBER", with any number of blanks, for this number in its one spelling? */
static bool
says(const char *text, const char *key, uint32_t number)
{
	char wanted[16], line[INI_LINE_MAX + 1];
	size_t len;

	snprintf(wanted, sizeof(wanted), "%u", number);
	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		const char *at = line;

		len = strcspn(text, "\n");
		if (len > INI_LINE_MAX)
			continue;
		memcpy(line, text, len);
		while (len > 0 && line[len - 1] == ' ')
			len--;
		line[len] = '\0';
		len = strcspn(text, "\n");
		if (strncmp(at, key, strlen(key)) != 0)
			continue;
		at += strlen(key);
		at += strspn(at, " ");
		if (*at++ != '=')
			continue;
		at += strspn(at, " ");
		if (strcmp(at, wanted) == 0)
			return (true);
	}
	return (false);
}

static void
check_pool(const struct hostconf *conf)
{
	uint64_t end = (uint64_t)conf->pool.start + conf->pool.count;
	uint64_t last_user = (uint64_t)conf->first_uid + conf->pool.count / 65536;

	must(conf->first_uid > 0, "root gets no ids of the pool");
	must(conf->pool.start >= 65536 && end <= 2147400000 && conf->pool.count > 0,
	    "the pool lies where ids may be mapped");
	must(last_user <= conf->pool.start || conf->first_uid >= end || conf->pool.count < 65536,
	    "no user of the pool lives in it");
}

static void
check_again(const struct hostconf *conf)
{
	struct hostconf again;
	struct err err;
	char text[256];
	int len = snprintf(text, sizeof(text), "[ids]\nbase = %u\ncount = %u\nfirst-uid = %u\n",
	    conf->pool.start, conf->pool.count, conf->first_uid);

	must(hostconf_parse("again", text, (size_t)len, &again, &err) == 0,
	    "what was written can be read");
	must(memcmp(&again, conf, sizeof(again)) == 0, "what is read again is the same");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly as large as the file, so that one byte too far is found. */
	char *copy = malloc(size > 0 ? size : 1), *text = malloc(size + 1);
	struct hostconf conf;
	struct err err = { 0 };

	must(copy != NULL && text != NULL, "there is memory");
	memcpy(copy, data, size);
	memcpy(text, data, size);
	text[size] = '\0';
	if (hostconf_parse("berth.conf", copy, size, &conf, &err) != 0) {
		must(err.code == ERR_CONFIG && err.what[0] != '\0', "an error says what is wrong");
		must(is_printable(err.what) && is_printable(err.why), "and can be printed");
	} else if (conf.pool.start != 0 || conf.pool.count != 0 || conf.first_uid != 0) {
		must(says(text, "base", conf.pool.start) && says(text, "count", conf.pool.count) &&
			 says(text, "first-uid", conf.first_uid),
		    "each value stands in a line");
		check_pool(&conf);
		check_again(&conf);
	}
	free(copy);
	free(text);
	return (0);
}
