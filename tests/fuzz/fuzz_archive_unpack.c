/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: archives that are unpacked into a job's root or beneath a directory of the host's. The first
 * byte of an input says which, and with what flags; the rest is the archive.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when anything outside of the destination is made, changed or removed, when what was in it is
 *       no directory any more or was written to, when a device is made, a set-id bit is given to what is not
 *       its owner's, or when what is said of it could do something to a terminal.
 */
/* WRAP: confine_access io_write_all */
#define FUZZ_NAME "fuzz_archive_unpack"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/archive/unpack.h"
#include "common/err.h"

static char root[64];

/* A path in the root; good until the third call after it. */
static const char *
at(const char *path)
{
	static char paths[4][128];
	static size_t n;

	n = (n + 1) % 4;
	snprintf(paths[n], sizeof(paths[n]), "%s%s", root, path);
	return (paths[n]);
}

int __wrap_confine_access(int dir, bool writable, struct err *err);
int __wrap_io_write_all(int fd, const void *buf, size_t len);

/* Of the process that fuzzes nothing can be taken away: the files themselves are looked at. */
int
__wrap_confine_access(int dir, bool writable, struct err *err)
{
	(void)dir;
	(void)writable;
	(void)err;
	return (0);
}

int
__wrap_io_write_all(int fd, const void *buf, size_t len)
{
	char line[4096];

	must(fd == STDERR_FILENO && len > 1 && len < sizeof(line), "it says a line");
	memcpy(line, buf, len);
	must(line[len - 1] == '\n', "which ends");
	line[len - 1] = '\0';
	/* between what failed and why */
	for (char *at = line; *at != '\0'; at++)
		*at = *at == '\t' ? ' ' : *at;
	must(is_printable(line), "and does nothing to a terminal");
	return (0);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	return (type == FTW_DP || type == FTW_DNR ? rmdir(path) : unlink(path));
}

static void
clear(void)
{
	(void)!nftw(root, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

/* A directory of its own for each process, which goes with it. */
static void
begin(void)
{
	if (root[0] == '\0') {
		snprintf(root, sizeof(root), "/dev/shm/fuzz_archive.XXXXXX");
		must(mkdtemp(root) != NULL, "there is a directory");
		must(atexit(clear) == 0, "which goes");
		return;
	}
	clear();
	must(mkdir(root, 0700) == 0, "it is there again");
}

static int
make_passable(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)type;
	(void)ftw;
	must(!S_ISCHR(st->st_mode) && !S_ISBLK(st->st_mode), "no device is made");
	must((st->st_mode & (S_ISUID | S_ISGID)) == 0, "no set-id bit is given");
	if (S_ISDIR(st->st_mode))
		(void)!chmod(path, 0700);
	return (0);
}

static void
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "there is a file");
	close(fd);
}

static void
plant(void)
{
	must(mkdir(at("/dest"), 0700) == 0 && mkdir(at("/dest/kept"), 0700) == 0 &&
		 mkdir(at("/outside"), 0700) == 0 &&
		 symlink("/outside/victim", at("/dest/link")) == 0,
	    "there is a tree");
	put(at("/outside/victim"), "precious");
	put(at("/dest/file"), "old");
	must(link(at("/dest/file"), at("/outside/file")) == 0, "with another name");
}

static void
holds(const char *path, const char *text)
{
	char got[16] = "";
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	must(fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0600, "it is as it was");
	must(read(fd, got, sizeof(got) - 1) == (ssize_t)strlen(text) && strcmp(got, text) == 0,
	    "with what was in it");
	close(fd);
}

static int outside;

static int
count_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path;
	(void)st;
	(void)type;
	(void)ftw;
	outside++;
	return (0);
}

static void
judge(void)
{
	struct stat st;

	holds(at("/outside/victim"), "precious");
	holds(at("/outside/file"), "old");
	outside = 0;
	(void)!nftw(at("/outside"), count_one, 16, FTW_PHYS);
	must(outside == 3, "nothing is made outside");
	must(lstat(at("/dest/kept"), &st) == 0 && S_ISDIR(st.st_mode) &&
		 (st.st_mode & 07777) == 0700,
	    "a directory stays one");
	must(lstat(at("/dest"), &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 07777) == 0700,
	    "so does the destination");
	(void)!nftw(at("/dest"), make_passable, 16, FTW_PHYS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report = { .status = REPORT_ALL };
	struct tree tree = { .root = -1 };
	unsigned int flags;
	int fd;

	if (size == 0 || size > 65536)
		return (0);
	begin();
	plant();
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)(size - 1) &&
		 lseek(fd, 0, SEEK_SET) == 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO,
	    "there is an archive");
	close(fd);
	tree.job = (data[0] & 1) != 0;
	tree.root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* owners are only kept by who may give files away: not here */
	flags = (data[0] & 2) != 0 ? UNPACK_DIRECTORY : 0;
	flags |= (data[0] & 4) != 0 ? UNPACK_COMPRESSED : 0;
	unpack(&tree, (data[0] & 8) != 0 ? "dest/new" : "dest", flags, &report);
	must(report.status <= REPORT_NONE, "it ends with a status of its own");
	close(tree.root);
	judge();
	return (0);
}
