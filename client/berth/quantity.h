/* SPDX-License-Identifier: ISC */
/*
 * Times and sizes in the words that docker(1) has for them.
 * TRUST: unprivileged
 * INPUT: numbers of the engine and of the kernel
 * MUST: have a word for every number.
 */
#ifndef CLIENT_BERTH_QUANTITY_H
#define CLIENT_BERTH_QUANTITY_H

#include <stddef.h>
#include <stdint.h>

/* "Less than a second", "5 minutes", "About an hour"; of milliseconds, 0 if they are negative. */
void quantity_time(int64_t ms, char *buf, size_t len);

/* "1.953kB": powers of 1000 and digits digits; negative ones are 0. */
void quantity_size(int64_t bytes, int digits, char *buf, size_t len);

/* "1.907MiB": powers of 1024 and four digits. */
void quantity_memory(int64_t bytes, char *buf, size_t len);

#endif
