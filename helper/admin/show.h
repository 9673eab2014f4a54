/* SPDX-License-Identifier: ISC */
/*
 * A grant as people and programs read it, on stdout.
 * TRUST: privileged
 * INPUT: a parsed file
 * MUST: keep the keys of the JSON: scripts rely on them.
 */
#ifndef HELPER_ADMIN_SHOW_H
#define HELPER_ADMIN_SHOW_H

#include "common/policy.h"

/* One object, without a newline. */
void show_json(const struct allow *allow);

/* The entitlements, a blank before each, and a newline. */
void show_entitlements(const struct allow *allow);

/* A line of the table of grants. */
void show_row(const struct allow *allow);

#endif
