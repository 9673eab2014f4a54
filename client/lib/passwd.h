/* SPDX-License-Identifier: ISC */
/*
 * The host's /etc/passwd: a name for people, and a home.
 * TRUST: shared, reads hostile input
 * INPUT: /etc/passwd, which is root's, but maybe damaged
 * MUST: use no NSS: a static program would load libraries for it. Accounts that only LDAP knows
 *       stay numbers.
 */
#ifndef CLIENT_LIB_PASSWD_H
#define CLIENT_LIB_PASSWD_H

#include <stdint.h>

#define PASSWD_NAME_MAX 33
#define PASSWD_HOME_MAX 1024

struct passwd_entry {
	char name[PASSWD_NAME_MAX]; /* nothing in it that a shell would see; "" if there is none */
	char home[PASSWD_HOME_MAX]; /* absolute; "" if there is none */
};

/* The first entry of uid; both members empty when there is none. */
void passwd_find(uint32_t uid, struct passwd_entry *found);

#endif
