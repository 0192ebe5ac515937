/* raw_client.h - a socket and the bytes that go over it: for requests that no polite client sends.
 */
#ifndef TESTS_UNIT_GATEWAY_RAW_CLIENT_H
#define TESTS_UNIT_GATEWAY_RAW_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

enum { RAW_ANSWER_MAX = 4 << 20, RAW_WAIT_MS = 20000 };

static inline int raw_connect(uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* False once the other side has closed. */
static inline bool raw_send(int fd, Str bytes) {
    while (bytes.length > 0) {
        ssize_t sent = send(fd, bytes.data, bytes.length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes = str_slice(bytes, (size_t)sent, bytes.length);
    }
    return true;
}

/* One more piece; 0 at the end or when nothing came for RAW_WAIT_MS. */
static inline size_t raw_receive(int fd, char *buffer, size_t capacity) {
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    if (poll(&poll_fd, 1, RAW_WAIT_MS) <= 0)
        return 0;
    ssize_t got = recv(fd, buffer, capacity, 0);
    return got < 0 ? 0 : (size_t)got;
}

/* Until the other side closes. */
static inline Str raw_receive_all(int fd, Arena *arena) {
    char *buffer = arena_alloc(arena, RAW_ANSWER_MAX);
    size_t length = 0;
    for (size_t got; length < RAW_ANSWER_MAX - 1; length += got) {
        got = raw_receive(fd, buffer + length, RAW_ANSWER_MAX - 1 - length);
        if (got == 0)
            break;
    }
    buffer[length] = '\0';
    return str_make(buffer, length);
}

/* Until the text was seen, or the end. */
static inline Str raw_receive_until(int fd, Str wanted, Arena *arena) {
    StrBuf seen = strbuf_make(arena);
    char piece[4096];
    while (str_find(strbuf_str(&seen), wanted, 0) == SIZE_MAX) {
        size_t got = raw_receive(fd, piece, sizeof piece);
        if (got == 0)
            break;
        strbuf_append(&seen, str_make(piece, got));
    }
    return strbuf_str(&seen);
}

/* Sends one request and reads until the server closes: say "Connection: close" in it. */
static inline Str raw_exchange(uint16_t port, Str request, Arena *arena) {
    int fd = raw_connect(port);
    raw_send(fd, request);
    Str answer = raw_receive_all(fd, arena);
    close(fd);
    return answer;
}

static inline bool raw_has(Str answer, const char *text) {
    return str_find(answer, str_c(text), 0) != SIZE_MAX;
}

#endif
