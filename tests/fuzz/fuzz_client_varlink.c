/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: Varlink frames, as client, engine and supervisor receive them. The first byte of an
 * input says how large the pieces are in which the rest comes, the second how many descriptors come
 * with how many of them.
 * TRUST: unprivileged
 * INPUT: the fuzzer
 * MUST: abort when the pieces change what is received, when a message is taken that is no object, has
 *       a NUL in a text or is another one when it is sent and received again, when too much is kept,
 *       or when a descriptor stays open.
 */
#define FUZZ_NAME "fuzz_client_varlink"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/lib/varlink.h"

#define MESSAGES_MAX 4096
#define PIECE_MAX 4096
#define PLAIN (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/* What was received from one stream. */
struct received {
	size_t n;
	char *texts[MESSAGES_MAX];
	bool failed;
};

static void
forget(struct received *received)
{
	for (size_t i = 0; i < received->n; i++)
		free(received->texts[i]);
	received->n = 0;
}

/* No text and no name of a member has one; json-c would show the part before it alone. */
static bool
has_nul(struct json_object *value)
{
	if (json_object_is_type(value, json_type_string))
		return (memchr(json_object_get_string(value), '\0',
			    (size_t)json_object_get_string_len(value)) != NULL);
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			if (has_nul(json_object_array_get_idx(value, i)))
				return (true);
		}
	}
	if (json_object_is_type(value, json_type_object)) {
		struct json_object_iterator at = json_object_iter_begin(value),
					    end = json_object_iter_end(value);

		for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
			if (has_nul(json_object_iter_peek_value(&at)))
				return (true);
		}
	}
	return (false);
}

/* Received, sent and received again. */
static void
check_again(struct json_object *message, const char *text)
{
	struct json_object *again = NULL;
	struct varlink conn;
	int ends[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "there is a socket");
	varlink_init(&conn, ends[0]);
	/* Escapes make a text longer: what came just below the limit may be above it now. */
	if (varlink_send(ends[1], &message, 1, NULL, 0) == 0) {
		must(varlink_read(&conn, &again) == 1, "what was sent is received");
		must(strcmp(json_object_to_json_string_ext(again, PLAIN), text) == 0,
		    "it is received as it was sent");
	} else {
		must(errno == EMSGSIZE && strlen(text) >= VARLINK_MESSAGE_MAX,
		    "what is not too long is sent");
	}
	json_object_put(again);
	close(ends[1]);
	varlink_close(&conn);
}

/* Takes all messages that are complete. */
static void
take_messages(struct varlink *conn, struct received *received)
{
	struct json_object *message;
	int ret = 0;

	while (received->n < MESSAGES_MAX && (ret = varlink_next(conn, &message)) == 1) {
		const char *text = json_object_to_json_string_ext(message, PLAIN);

		must(json_object_is_type(message, json_type_object), "a message is an object");
		must(!has_nul(message), "no text of it has a NUL");
		received->texts[received->n] = strdup(text);
		must(received->texts[received->n] != NULL, "there is memory");
		received->n++;
		check_again(message, text);
		json_object_put(message);
	}
	received->failed = ret == -1;
	must(!received->failed || errno == EPROTO || errno == EMSGSIZE, "an error says which");
}

static void
send_piece(int fd, const void *data, size_t len, size_t nfds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(253 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int null;

	if (nfds > 0) {
		null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(nfds * sizeof(int));
		for (size_t i = 0; i < nfds; i++)
			memcpy(CMSG_DATA(&control.align) + i * sizeof(int), &null, sizeof(int));
		must(sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)len, "a piece is sent");
		close(null);
		return;
	}
	must(sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)len, "a piece is sent");
}

/* All of data in pieces; head NULL: as large as they can be, without descriptors. */
static void
receive(const uint8_t *data, size_t size, const uint8_t *head, struct received *received)
{
	struct varlink conn;
	size_t fds = 0, nth = 0;
	int ends[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0,
	    "there is a socket");
	varlink_init(&conn, ends[0]);
	while (size > 0 && !received->failed) {
		size_t len = size < PIECE_MAX ? size : PIECE_MAX, nfds = 0;
		int ret = 1;

		if (head != NULL) {
			len = len < 1U + head[0] ? len : 1U + head[0];
			nfds = nth++ % (1U + (head[1] >> 5)) == 0 ? head[1] & 0x1f : 0;
		}
		send_piece(ends[1], data, len, nfds);
		data += len;
		size -= len;
		fds += nfds;
		/* The buffer may have less room than was sent. */
		while (ret == 1 && !received->failed) {
			ret = varlink_receive(&conn);
			if (ret == 1)
				take_messages(&conn, received);
		}
		must(ret != 0, "the stream has not ended");
		if (ret == -1 && errno != EAGAIN)
			received->failed = true;
		must(conn.len <= VARLINK_MESSAGE_MAX && conn.nfds <= VARLINK_FDS_MAX,
		    "what is kept has its limits");
		must(received->failed || conn.nfds == fds, "each descriptor that came is there");
		if (conn.nfds > VARLINK_FDS_MAX / 2) {
			varlink_drop_fds(&conn);
			fds = 0;
		}
	}
	close(ends[1]);
	varlink_close(&conn);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct received whole, pieces;
	size_t before = count_fds();

	if (size < 2 || size > 3 * VARLINK_MESSAGE_MAX)
		return (0);
	whole.failed = pieces.failed = false;
	receive(data + 2, size - 2, NULL, &whole);
	receive(data + 2, size - 2, data, &pieces);
	must(whole.n == pieces.n && whole.failed == pieces.failed,
	    "pieces change nothing of what is received");
	for (size_t i = 0; i < whole.n; i++)
		must(strcmp(whole.texts[i], pieces.texts[i]) == 0, "nor of any message");
	forget(&whole);
	forget(&pieces);
	must(count_fds() == before, "no descriptor stays open");
	return (0);
}
