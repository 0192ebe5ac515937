/* listen_socket.h - a listening TCP socket on an address given as text.
 *
 * Ownership: the caller closes the descriptor.   Threads: any. */
#ifndef GATEWAY_LISTEN_SOCKET_H
#define GATEWAY_LISTEN_SOCKET_H

#include "base/err.h"
#include "base/str.h"

typedef struct ListenAddress {
    Str host;      /* "127.0.0.1", "::1", "localhost" */
    uint16_t port; /* 0 = any free one */
} ListenAddress;

/* FAIL_CONFLICT when the address is in use, FAIL_INVALID when the host names nothing here. */
MUST_CHECK bool listen_socket_open(const ListenAddress *address, int *out_fd, uint16_t *out_port,
                                   Err *err);

#endif
