/* SPDX-License-Identifier: ISC */
/*
 * What check found out about one file. Contract in page.h.
 * TRUST: privileged
 * INPUT: texts of ours with arguments from files
 * MUST: as page.h says
 */
#include "helper/admin/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "helper/admin/json.h"

void
page_add(struct page *page, enum page_note note, const char *fmt, ...)
{
	struct page_line *lines = reallocarray(page->lines, page->n + 1, sizeof(*lines));
	va_list args;

	/* A note that is lost must not let a file look sound. */
	page->failed |= note == NOTE_ERROR || lines == NULL;
	if (lines == NULL)
		return;
	page->lines = lines;
	lines[page->n].note = note;
	va_start(args, fmt);
	if (vsnprintf(lines[page->n].text, sizeof(lines[page->n].text), fmt, args) < 0)
		lines[page->n].text[0] = '\0';
	va_end(args);
	page->n++;
}

void
page_err(struct page *page, const struct err *err)
{
	page_add(page, NOTE_ERROR, "%s%s%s%s%s", err->what, err->why[0] ? "; " : "", err->why,
	    err->todo[0] ? "; " : "", err->todo);
}

static void
print_text(const struct page *page)
{
	static const char *const marks[] = { [NOTE_INVALID] = "",
		[NOTE_MEANING] = "  ",
		[NOTE_WARNING] = "  warning: ",
		[NOTE_ERROR] = "  error: " };
	char shown[2048];

	err_escape(shown, sizeof(shown), page->file);
	printf("%s: %s\n", shown, page->failed ? "NOT VALID" : "valid");
	for (size_t i = 0; i < page->n; i++) {
		err_escape(shown, sizeof(shown), page->lines[i].text);
		printf("%s%s\n", marks[page->lines[i].note], shown);
	}
}

static void
json_notes(const struct page *page, enum page_note note)
{
	bool first = true;

	printf("[");
	for (size_t i = 0; i < page->n; i++) {
		if (page->lines[i].note != note)
			continue;
		fputs(first ? "" : ",", stdout);
		json_string(stdout, page->lines[i].text);
		first = false;
	}
	printf("]");
}

static void
print_json(const struct page *page, bool first)
{
	printf("%s\n  {\"file\":", first ? "" : ",");
	json_string(stdout, page->file);
	printf(",\"valid\":%s,\"meaning\":", page->failed ? "false" : "true");
	json_notes(page, NOTE_MEANING);
	printf(",\"warnings\":");
	json_notes(page, NOTE_WARNING);
	printf(",\"errors\":");
	json_notes(page, NOTE_ERROR);
	printf("}");
}

void
page_print(struct page *page, bool json, bool first)
{
	if (json)
		print_json(page, first);
	else
		print_text(page);
	free(page->lines);
	page->lines = NULL;
	page->n = 0;
}
