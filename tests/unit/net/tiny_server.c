/* tiny_server.c - one thread, one connection at a time. A request ends with its Content-Length, or
 * with the last chunk of a chunked body. */
#include "net/tiny_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct TinyServer {
    int listen_fd;
    unsigned port;
    pthread_t thread;
    const char *replies[TINY_SERVER_REPLIES_MAX];
    size_t count;
    char *seen;
    size_t seen_length;
};

/* Is the request that begins at `from` whole? */
static bool is_whole(const TinyServer *server, size_t from) {
    Str request = str_make(server->seen + from, server->seen_length - from);
    size_t head = str_find(request, STR("\r\n\r\n"), 0);
    if (head == SIZE_MAX)
        return false;
    size_t length_at = str_find(request, STR("Content-Length: "), 0);
    uint64_t length = 0;
    if (length_at != SIZE_MAX && length_at < head) {
        Str digits = str_slice(request, length_at + 16, str_find(request, STR("\r"), length_at));
        assert(str_to_u64(digits, &length));
    } else if (str_find(request, STR("chunked"), 0) < head)
        return str_ends(request, STR("0\r\n\r\n"));
    return request.length >= head + 4 + length;
}

static void answer(TinyServer *server, int fd, const char *reply) {
    size_t from = server->seen_length;
    bool told_to_go_on = false;
    while (!is_whole(server, from)) {
        ssize_t got = recv(fd, server->seen + server->seen_length,
                           TINY_SERVER_SEEN_MAX - server->seen_length, 0);
        if (got <= 0)
            return;
        server->seen_length += (size_t)got;
        Str request = str_make(server->seen + from, server->seen_length - from);
        if (!told_to_go_on && str_find(request, STR("100-continue"), 0) != SIZE_MAX) {
            static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
            send(fd, go_on, sizeof go_on - 1, MSG_NOSIGNAL);
            told_to_go_on = true;
        }
    }
    char ignored[256];
    if (reply == NULL)
        while (recv(fd, ignored, sizeof ignored, 0) > 0)
            continue;
    else
        send(fd, reply, strlen(reply), MSG_NOSIGNAL);
}

static void *serve(void *context) {
    TinyServer *server = context;
    for (size_t i = 0; i < server->count; i++) {
        int fd = accept(server->listen_fd, NULL, NULL);
        assert(fd >= 0);
        answer(server, fd, server->replies[i]);
        close(fd);
    }
    return NULL;
}

TinyServer *tiny_server_start(const char *const *replies, size_t count) {
    assert(count <= TINY_SERVER_REPLIES_MAX);
    TinyServer *server = calloc(1, sizeof *server);
    assert(server != NULL);
    server->seen = malloc(TINY_SERVER_SEEN_MAX);
    memcpy(server->replies, replies, count * sizeof *replies);
    server->count = count;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    server->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    int failed = bind(server->listen_fd, (const struct sockaddr *)&address, sizeof address);
    failed |= listen(server->listen_fd, 4);
    failed |= getsockname(server->listen_fd, (struct sockaddr *)&address, &length);
    failed |= pthread_create(&server->thread, NULL, serve, server);
    assert(server->seen != NULL && failed == 0);
    server->port = ntohs(address.sin_port);
    return server;
}

Str tiny_server_url(const TinyServer *server, const char *path, Arena *arena) {
    return str_format(arena, "http://127.0.0.1:%u%s", server->port, path);
}

Str tiny_server_finish(TinyServer *server, Arena *arena) {
    pthread_join(server->thread, NULL);
    Str seen = str_dup(arena, str_make(server->seen, server->seen_length));
    close(server->listen_fd);
    free(server->seen);
    free(server);
    return seen;
}
