/* SPDX-License-Identifier: ISC */
/*
 * Varlink messages with descriptors: see varlink.h.
 * TRUST: shared, reads hostile input
 * INPUT: bytes and descriptors of whoever is at the other end
 * MUST: as in varlink.h
 */
#include "client/lib/varlink.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/io.h"

#define BUFFER_FIRST 4096
#define SEND_MAX 4
#define SCM_FDS_MAX 253 /* of the kernel, for one message: unix(7) */

void
varlink_init(struct varlink *conn, int fd)
{
	memset(conn, 0, sizeof(*conn));
	conn->fd = fd;
}

void
varlink_drop_fds(struct varlink *conn)
{
	while (conn->nfds > 0)
		io_close(&conn->fds[--conn->nfds]);
}

void
varlink_close(struct varlink *conn)
{
	varlink_drop_fds(conn);
	io_close(&conn->fd);
	conn->fd = -1;
	if (conn->buf != NULL)
		explicit_bzero(conn->buf, conn->cap);
	free(conn->buf);
	conn->buf = NULL;
	conn->len = conn->scanned = conn->cap = 0;
}

/* Queues the descriptors of one control message, or closes those that are too many. */
static int
take_fds(struct varlink *conn, const struct cmsghdr *cmsg)
{
	size_t n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fds[SCM_FDS_MAX];
	int ret = 0;

	memcpy(fds, CMSG_DATA(cmsg), n * sizeof(int));
	for (size_t i = 0; i < n; i++) {
		if (conn->nfds < VARLINK_FDS_MAX) {
			conn->fds[conn->nfds++] = fds[i];
		} else {
			io_close(&fds[i]);
			ret = -1;
		}
	}
	return ret;
}

static int
grow(struct varlink *conn)
{
	size_t cap = conn->cap == 0 ? BUFFER_FIRST : conn->cap * 2;
	char *buf;

	if (conn->len < conn->cap)
		return 0;
	if (cap > VARLINK_MESSAGE_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	buf = realloc(conn->buf, cap);
	if (buf == NULL)
		return -1;
	conn->buf = buf;
	conn->cap = cap;
	return 0;
}

/* One recvmsg(2) with these flags; the rest as varlink_receive. */
static int
receive(struct varlink *conn, int flags)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(SCM_FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	bool surplus = false;
	ssize_t got;

	if (grow(conn) == -1)
		return -1;
	iov.iov_base = conn->buf + conn->len;
	iov.iov_len = conn->cap - conn->len;
	msg.msg_control = control.bytes;
	msg.msg_controllen = sizeof(control.bytes);
	do
		got = recvmsg(conn->fd, &msg, flags | MSG_CMSG_CLOEXEC);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		return -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		    take_fds(conn, c) == -1)
			surplus = true;
	if (surplus || (msg.msg_flags & MSG_CTRUNC) != 0) {
		errno = EMSGSIZE;
		return -1;
	}
	conn->len += (size_t)got;
	return got > 0;
}

int
varlink_receive(struct varlink *conn)
{
	return receive(conn, MSG_DONTWAIT);
}

/* json-c cuts a key at it, and what is behind it would be said to nobody. A backslash is in strings
 * only, and takes what is behind it along. */
static bool
has_nul(const char *text)
{
	while ((text = strchr(text, '\\')) != NULL && text[1] != '\0') {
		if (strncmp(text, "\\u0000", 6) == 0)
			return true;
		text += 2;
	}
	return false;
}

struct json_object *
varlink_parse(const char *text, size_t len)
{
	struct json_tokener *tok;
	struct json_object *obj;
	enum json_tokener_error error;

	if (has_nul(text)) {
		errno = EPROTO;
		return NULL;
	}
	tok = json_tokener_new_ex(VARLINK_DEPTH_MAX);
	if (tok == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* With its NUL: a text that ends early is an error then, not "continue". */
	obj = json_tokener_parse_ex(tok, text, (int)len + 1);
	error = json_tokener_get_error(tok);
	json_tokener_free(tok);
	if (error == json_tokener_success && json_object_is_type(obj, json_type_object))
		return obj;
	json_object_put(obj);
	errno = EPROTO;
	return NULL;
}

int
varlink_next(struct varlink *conn, struct json_object **message)
{
	const char *end = NULL;
	size_t len;

	if (conn->scanned < conn->len)
		end = memchr(conn->buf + conn->scanned, '\0', conn->len - conn->scanned);
	if (end == NULL) {
		conn->scanned = conn->len;
		if (conn->len < VARLINK_MESSAGE_MAX)
			return 0;
		errno = EMSGSIZE;
		return -1;
	}
	len = (size_t)(end - conn->buf);
	*message = varlink_parse(conn->buf, len);
	if (*message == NULL)
		return -1;
	conn->len -= len + 1;
	conn->scanned = 0;
	memmove(conn->buf, end + 1, conn->len);
	return 1;
}

int
varlink_read(struct varlink *conn, struct json_object **message)
{
	for (;;) {
		int ret = varlink_next(conn, message);

		if (ret != 0)
			return ret;
		ret = receive(conn, 0);
		if (ret != 1)
			return ret;
	}
}

/* Sends what iov holds; the descriptors, if any, go with the first byte that is taken. */
static int
send_all(int fd, struct msghdr *msg, int flags)
{
	while (msg->msg_iovlen > 0) {
		ssize_t sent = sendmsg(fd, msg, flags | MSG_NOSIGNAL);

		if (sent == -1 && errno == EINTR)
			continue;
		if (sent == -1)
			return -1;
		msg->msg_control = NULL;
		msg->msg_controllen = 0;
		while (msg->msg_iovlen > 0 && (size_t)sent >= msg->msg_iov->iov_len) {
			sent -= (ssize_t)msg->msg_iov->iov_len;
			msg->msg_iov++;
			msg->msg_iovlen--;
		}
		if (msg->msg_iovlen > 0) {
			msg->msg_iov->iov_base = (char *)msg->msg_iov->iov_base + sent;
			msg->msg_iov->iov_len -= (size_t)sent;
		}
	}
	return 0;
}

static void
put_fds(struct msghdr *msg, struct cmsghdr *cmsg, const int *fds, size_t nfds)
{
	msg->msg_control = cmsg;
	msg->msg_controllen = CMSG_SPACE(nfds * sizeof(int));
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(nfds * sizeof(int));
	memcpy(CMSG_DATA(cmsg), fds, nfds * sizeof(int));
}

/* All that varlink_send and varlink_write are given. */
struct sent {
	struct json_object *const *messages;
	size_t count;
	const int *fds;
	size_t nfds;
};

static int
send_messages(int fd, const struct sent *sent, int flags)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(VARLINK_FDS_MAX * sizeof(int))];
	} control = { 0 };
	struct iovec iov[SEND_MAX];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = sent->count };

	errno = EMSGSIZE;
	if (sent->count > SEND_MAX || sent->nfds > VARLINK_FDS_MAX)
		return -1;
	for (size_t i = 0; i < sent->count; i++) {
		size_t len;
		const char *text = json_object_to_json_string_length(sent->messages[i],
		    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

		if (text == NULL || len >= VARLINK_MESSAGE_MAX)
			return -1;
		/* sendmsg(2) reads only; the type is the same for both directions */
		iov[i].iov_base = (void *)(uintptr_t)text;
		iov[i].iov_len = len + 1;
	}
	if (sent->fds != NULL && sent->nfds > 0)
		put_fds(&msg, &control.align, sent->fds, sent->nfds);
	return send_all(fd, &msg, flags);
}

int
varlink_send(int fd, struct json_object *const *messages, size_t count, const int *fds, size_t nfds)
{
	return send_messages(fd,
	    &(struct sent){ .messages = messages, .count = count, .fds = fds, .nfds = nfds },
	    MSG_DONTWAIT);
}

int
varlink_write(
    int fd, struct json_object *const *messages, size_t count, const int *fds, size_t nfds)
{
	return send_messages(fd,
	    &(struct sent){ .messages = messages, .count = count, .fds = fds, .nfds = nfds }, 0);
}

/* Adds value under key; gives back obj, or NULL and frees both when memory is short. */
static struct json_object *
with(struct json_object *obj, const char *key, struct json_object *value)
{
	if (obj != NULL && value != NULL && json_object_object_add(obj, key, value) == 0)
		return obj;
	json_object_put(value);
	json_object_put(obj);
	return NULL;
}

static struct json_object *
with_parameters(struct json_object *obj, struct json_object *parameters)
{
	if (parameters == NULL)
		parameters = json_object_new_object();
	return with(obj, "parameters", parameters);
}

struct json_object *
varlink_call(const char *method, struct json_object *parameters, bool more)
{
	struct json_object *obj =
	    with(json_object_new_object(), "method", json_object_new_string(method));

	obj = with_parameters(obj, parameters);
	if (more && obj != NULL)
		obj = with(obj, "more", json_object_new_boolean(true));
	return obj;
}

struct json_object *
varlink_oneway(const char *method, struct json_object *parameters)
{
	struct json_object *obj = varlink_call(method, parameters, false);

	if (obj != NULL)
		obj = with(obj, "oneway", json_object_new_boolean(true));
	return obj;
}

struct json_object *
varlink_reply(const char *error, struct json_object *parameters, bool continues)
{
	struct json_object *obj = json_object_new_object();

	if (error != NULL)
		obj = with(obj, "error", json_object_new_string(error));
	obj = with_parameters(obj, parameters);
	if (continues && obj != NULL)
		obj = with(obj, "continues", json_object_new_boolean(true));
	return obj;
}
