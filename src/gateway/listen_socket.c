/* listen_socket.c - resolve, bind, listen; then ask the kernel which port it became.
 *
 * The first address of the name that can be bound is taken. SO_REUSEADDR lets a restart have the
 * port at once; SO_REUSEPORT is not set, so two servers can never share one by accident.
 *
 * Tested by: tests/unit/gateway/test_http_server.c. */
#include "gateway/listen_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 1024 };

static int bind_and_listen(const struct addrinfo *info) {
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    info->ai_protocol);
    if (fd < 0)
        return -1;
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, LISTEN_BACKLOG) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static uint16_t bound_port(int fd) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } bound = {.v6 = {0}};
    socklen_t length = sizeof bound;
    if (getsockname(fd, &bound.any, &length) != 0)
        return 0;
    return ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
}

bool listen_socket_open(const ListenAddress *address, int *out_fd, uint16_t *out_port, Err *err) {
    char host[256];
    char service[8];
    if (address->host.length == 0 || address->host.length >= sizeof host)
        return err_fail(err, FAIL_INVALID, "'%.*s' is not an address to listen on",
                        STR_ARG(address->host));
    memcpy(host, address->host.data, address->host.length);
    host[address->host.length] = '\0';
    snprintf(service, sizeof service, "%u", address->port);

    struct addrinfo wanted = {.ai_family = AF_UNSPEC,
                              .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int status = getaddrinfo(host, service, &wanted, &found);
    if (status != 0) {
        err_fail(err, FAIL_INVALID, "'%s' is not an address to listen on", host);
        return err_detail(err, "%s", gai_strerror(status));
    }
    int fd = -1;
    int saved = 0;
    for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next) {
        fd = bind_and_listen(at);
        saved = errno;
    }
    freeaddrinfo(found);
    if (fd < 0 && saved == EADDRINUSE) {
        err_fail(err, FAIL_CONFLICT, "%s:%u is in use by another program", host, address->port);
        return err_hint(err, "choose another port with --listen HOST:PORT");
    }
    if (fd < 0)
        return err_fail_errno(err, saved, "cannot listen on %s:%u", host, address->port);
    *out_fd = fd;
    *out_port = bound_port(fd);
    return true;
}
