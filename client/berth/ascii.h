/* SPDX-License-Identifier: ISC */
/*
 * JSON for a terminal: what berth prints of it, all of it, is made here.
 * TRUST: unprivileged
 * INPUT: texts of the engine, of files and of the caller (hostile, maybe not UTF-8)
 * MUST: write printable ASCII and newlines alone: C1 controls, DEL and marks that turn the direction
 *       of writing are not escaped by the encoder (CVE-2021-42574).
 */
#ifndef CLIENT_BERTH_ASCII_H
#define CLIENT_BERTH_ASCII_H

struct json_object;

/*
 * The object's text with the encoder's flags, in memory that the caller frees; everything from 0x7f
 * on is \uXXXX, a byte that is not UTF-8 is U+FFFD. NULL: memory is short.
 */
char *ascii_json(struct json_object *object, int flags) __attribute__((warn_unused_result));

#endif
