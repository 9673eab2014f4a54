/* SPDX-License-Identifier: ISC */
/*
 * The state directory of the caller's engine. Contract in stateroot.h.
 * TRUST: unprivileged
 * INPUT: the policy; the environment of a caller without a grant; a directory of the caller's
 * MUST: as stateroot.h says
 */
#include "client/berth/stateroot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/io.h"

#include "client/berth/place.h"
#include "client/berth/view.h"

#define JOBS "jobs"
#define VOLUMES "volumes"

int
stateroot_find(const struct cli *cli, char root[PATH_MAX], struct err *err)
{
	struct place *place = malloc(sizeof(*place));
	struct view view = { .ungranted = REFUSAL_INVALID };
	int rc = place == NULL ? err_sys(err, "cannot look for the state directory")
			       : view_load(&view, err);

	if (rc == 0 && view.ungranted != REFUSAL_INVALID) {
		if ((rc = place_find(place, cli->uid, err)) == 0)
			snprintf(root, PATH_MAX, "%s", place->root);
		place_close(place);
	} else if (rc == 0) {
		snprintf(root, PATH_MAX, "/var/lib/berth/%u", cli->uid);
		for (size_t i = view.policy.nfiles; i > 0; i--) {
			if (view.policy.files[i - 1]->root != NULL)
				snprintf(root, PATH_MAX, "%s", view.policy.files[i - 1]->root);
		}
	}
	view_free(&view);
	free(place);
	return (rc);
}

/* A directory with nothing in it, or none. */
static bool
is_empty(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	bool empty = true;

	if (stream == NULL) {
		empty = errno == ENOENT;
		io_close(&fd);
		return (empty);
	}
	while (empty && (entry = readdir(stream)) != NULL)
		empty = entry->d_name[0] == '.';
	closedir(stream);
	return (empty);
}

bool
stateroot_is_empty(const struct cli *cli)
{
	char *root = malloc(PATH_MAX);
	int dir AUTO_CLOSE = -1;
	struct err ignored;
	bool empty = false;

	if (root != NULL && stateroot_find(cli, root, &ignored) == 0) {
		dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		empty = dir >= 0 ? is_empty(dir, JOBS) && is_empty(dir, VOLUMES) : errno == ENOENT;
	}
	free(root);
	return (empty);
}
