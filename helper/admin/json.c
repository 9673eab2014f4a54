/* SPDX-License-Identifier: ISC */
/*
 * The little JSON that berth-admin prints. Contract in json.h.
 * TRUST: privileged
 * INPUT: texts of files (root's, but maybe damaged), account names
 * MUST: as json.h says
 */
#include "helper/admin/json.h"

#include <inttypes.h>

#include "common/err.h"

void
json_string(FILE *out, const char *text)
{
	char plain[2048];

	if (text == NULL) {
		fputs("null", out);
		return;
	}
	err_escape(plain, sizeof(plain), text);
	fputc('"', out);
	for (const char *at = plain; *at != '\0'; at++) {
		if (*at == '"' || *at == '\\')
			fputc('\\', out);
		fputc(*at, out);
	}
	fputc('"', out);
}

void
json_range(FILE *out, const struct id_range *range)
{
	if (range->count == 0)
		fputs("null", out);
	else
		fprintf(out, "\"%u:%u\"", range->start, range->count);
}

void
json_number(FILE *out, uint64_t number)
{
	if (number == 0)
		fputs("null", out);
	else
		fprintf(out, "%" PRIu64, number);
}
