/* SPDX-License-Identifier: ISC */
/*
 * A note that a grant becomes narrower: written before its file changes, taken away when what ran on
 * it has ended. Whoever finds one ends what runs first, whatever became of who wrote it.
 * TRUST: privileged
 * INPUT: what a killed berth-admin, or root, has left in /etc/berth/allow
 * MUST: be called with the store's lock; keep the note unless all has ended.
 */
#ifndef HELPER_ADMIN_ENDING_H
#define HELPER_ADMIN_ENDING_H

#include "helper/admin/end.h"
#include "helper/admin/store.h"

/* The note's name is this and that of the grant's file. No reader of grants takes it for one. */
#define ENDING_PREFIX ".ending-"

/*
 * Is there a note for the file of allow, which says raw (NULL: nothing that can be read)? One of a
 * change that did not come to the file is none, and is removed.
 */
bool ending_is_left(const struct store *store, const struct allow *allow, const char *raw);

/*
 * Notes raw (it may be NULL), unless a note is there, which says more. From here on the signals by
 * which a person or a session ends a program wait until this one has ended. 0, or -1 with err.
 */
int ending_begin(const struct store *store, const struct allow *allow, const char *raw,
    struct err *err) __attribute__((warn_unused_result));

/*
 * Ends what end names and what the note's grant had, and takes the note away. known: what
 * end_add_grant said, with err; where that is -1 what is known ends all the same. 0, or -1 with err.
 */
int ending_finish(const struct store *store, const struct allow *allow, struct end *end, int known,
    struct err *err) __attribute__((warn_unused_result));

#endif
