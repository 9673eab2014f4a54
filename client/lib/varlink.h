/* SPDX-License-Identifier: ISC */
/*
 * Varlink messages with descriptors over a Unix stream socket, for client, engine and supervisor.
 * Wire format (https://varlink.org/Wire-Protocol): JSON objects, each ended by one NUL byte.
 * A call is {"method","parameters","more","oneway"}, a reply {"parameters","continues","error"}.
 * Descriptors come as SCM_RIGHTS with the first byte of what was sent with them; the receiver
 * keeps them in one queue, in order, until a message takes them (varlink_drop_fds).
 * TRUST: shared, reads hostile input
 * INPUT: the bytes and descriptors of whoever is at the other end
 * MUST: bound every message, its nesting and the number of descriptors; take only well-formed
 *       UTF-8 JSON objects without NUL in a string; never leak a descriptor that came; never wait
 *       in the functions that say so.
 */
#ifndef CLIENT_LIB_VARLINK_H
#define CLIENT_LIB_VARLINK_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

#define VARLINK_MESSAGE_MAX 131072 /* with the NUL */
#define VARLINK_FDS_MAX 200
#define VARLINK_DEPTH_MAX 8

#define BERTH_INTERFACE "io.berth.Engine"

/* One end of a connection. Owns fd, the buffer and the queued descriptors. */
struct varlink {
	int fd;
	size_t len; /* received and not yet taken */
	size_t scanned; /* of it, known to hold no end of a message */
	size_t cap;
	char *buf;
	size_t nfds;
	int fds[VARLINK_FDS_MAX];
};

/* Takes over fd. Nothing is allocated before something is received. */
void varlink_init(struct varlink *conn, int fd);

/* Closes everything and frees; conn->fd is -1 afterwards. */
void varlink_close(struct varlink *conn);

/* Closes the queued descriptors and empties the queue. */
void varlink_drop_fds(struct varlink *conn);

/*
 * One recvmsg(2). Never waits, whatever the socket does: O_NONBLOCK is of the open file description, which
 * a client that passed it can still change. 1: something came, 0: end of the stream, -1: errno
 * (EAGAIN; EMSGSIZE: message too long or too many descriptors: close the connection).
 */
int varlink_receive(struct varlink *conn) __attribute__((warn_unused_result));

/*
 * Takes the next complete message out of the buffer. 1 and *message (json_object_put it), 0: there
 * is none yet, -1: malformed (EPROTO, EMSGSIZE) or ENOMEM: close the connection. Never waits.
 */
int varlink_next(struct varlink *conn, struct json_object **message)
    __attribute__((warn_unused_result));

/*
 * Such a message, or another JSON object, out of a text that ends with a NUL behind len bytes. NULL
 * with errno (EPROTO: malformed; ENOMEM); else json_object_put it.
 */
struct json_object *varlink_parse(const char *text, size_t len) __attribute__((warn_unused_result));

/*
 * Receives until a whole message is there: as varlink_next, but 0 is the end of the stream. Waits if
 * the socket does.
 */
int varlink_read(struct varlink *conn, struct json_object **message)
    __attribute__((warn_unused_result));

/*
 * Sends count messages with one sendmsg(2) (the rest with more, if the socket took less), the
 * descriptors with the first byte. 0, or -1 with errno (EMSGSIZE: over the limits; EPIPE without a
 * signal; EAGAIN when the socket is full: close it). Frees nothing. Never waits, as varlink_receive.
 */
int varlink_send(int fd, struct json_object *const *messages, size_t count, const int *fds,
    size_t nfds) __attribute__((warn_unused_result));

/* As varlink_send, but waits if the socket does: for a process that has nobody else to serve. */
int varlink_write(int fd, struct json_object *const *messages, size_t count, const int *fds,
    size_t nfds) __attribute__((warn_unused_result));

/*
 * Makes a call; parameters (may be NULL) belongs to it from then on. NULL when memory is short.
 */
struct json_object *varlink_call(const char *method, struct json_object *parameters, bool more);

/* As varlink_call, for a call that is never answered. */
struct json_object *varlink_oneway(const char *method, struct json_object *parameters);

/* Makes a reply, or with error (a full name) an error reply; parameters belongs to it. */
struct json_object *varlink_reply(
    const char *error, struct json_object *parameters, bool continues);

#endif
