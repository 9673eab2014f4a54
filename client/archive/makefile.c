/* SPDX-License-Identifier: ISC */
/*
 * The data of a regular file: see unpack.h.
 * TRUST: unprivileged
 * INPUT: data and offsets out of a hostile archive
 * MUST: leave holes where the archive has them; end with the archive's size.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <unistd.h>

#include "client/archive/unpack.h"

static int
write_at(int fd, const char *bytes, size_t len, int64_t offset)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, bytes, len, offset);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		bytes += n;
		offset += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
not_written(struct unpack *u, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);

	if (errno == ENOSPC || errno == EDQUOT)
		return report_name(u->report, false, name != NULL ? name : "", NULL);
	(void)!report_errno(u->report, name != NULL ? name : "");
	return 1;
}

int
make_data(struct unpack *u, struct archive_entry *entry, int fd)
{
	int64_t offset;
	const void *bytes;
	size_t len;
	int ret;

	while ((ret = archive_read_data_block(u->in, &bytes, &len, &offset)) == ARCHIVE_OK)
		if (len > 0 && write_at(fd, bytes, len, offset) == -1)
			return not_written(u, entry);
	if (ret != ARCHIVE_EOF)
		return report_fatal(
		    u->report, "the archive is damaged", archive_error_string(u->in));
	/* a hole at the end; and for an entry that is larger than a file system allows */
	if (archive_entry_size_is_set(entry) && ftruncate(fd, archive_entry_size(entry)) == -1)
		return not_written(u, entry);
	return 0;
}
