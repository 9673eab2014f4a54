/* SPDX-License-Identifier: ISC */
/*
 * Empties the state root of what engines made there: see reset.h.
 * TRUST: unprivileged
 * INPUT: the state root, which is the user's and may be a directory that they use for more
 * MUST: as in reset.h
 */
#include "client/engine/reset.h"

#include <dirent.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/engine/job/host.h"
#include "client/engine/job/sweep.h"
#include "common/io.h"

#define KEPT_MAX 64 /* names that are told; an answer has its limit */
#define TRIES 50 /* a job that has just ended still removes its directory */
#define PAUSE_NS 20000000L

static size_t
jobs_in_use(const struct engine *engine)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	size_t held = sweep_held(engine->jobs);

	for (int i = 0; i < TRIES && held > 0; i++) {
		nanosleep(&pause, NULL);
		held = sweep_held(engine->jobs);
	}
	return held;
}

/* A log is a plain file with one name. */
static void
remove_log(const char *name)
{
	struct stat st;

	if (lstat(name, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1)
		(void)!unlink(name);
}

static void
remove_host(void)
{
	int AUTO_CLOSE dir = open(STATE_HOST, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir == -1)
		return;
	host_remove(dir);
	/* fails if anything is left, and is told by that */
	(void)!rmdir(STATE_HOST);
}

static int
add_name(struct json_object *list, const char *name)
{
	char text[4 * NAME_MAX + 1];
	struct json_object *string;

	err_escape(text, sizeof(text), name);
	string = json_object_new_string(text);
	if (string != NULL && json_object_array_add(list, string) == 0)
		return 0;
	json_object_put(string);
	return -1;
}

/* What a rootless engine's socket lies in is still in use, and looks empty from here. */
static bool
is_told(const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strcmp(name, STATE_RUN) != 0;
}

static struct json_object *
list_kept(void)
{
	struct json_object *list = json_object_new_array();
	DIR *root = opendir(".");
	const struct dirent *entry;
	int status = list != NULL && root != NULL ? 0 : -1;

	while (status == 0 && (entry = readdir(root)) != NULL) {
		if (!is_told(entry->d_name))
			continue;
		if (json_object_array_length(list) == KEPT_MAX) {
			status = add_name(list, "...");
			break;
		}
		status = add_name(list, entry->d_name);
	}
	if (root != NULL)
		closedir(root);
	if (status == 0)
		return list;
	json_object_put(list);
	return NULL;
}

size_t
reset_state(struct engine *engine, struct json_object **kept)
{
	size_t held = jobs_in_use(engine);

	if (held > 0)
		return held;
	sweep_now(engine->jobs);
	(void)!rmdir(STATE_JOBS);
	remove_host();
	/* the last line would bring it back */
	engine->no_log = true;
	remove_log(STATE_LOG);
	remove_log(STATE_LOG_OLD);
	*kept = list_kept();
	return 0;
}
