/* tiny_server.h - an HTTP server for tests: answers each connection with the next of its replies,
 * byte for byte, and keeps what it was sent. */
#ifndef TESTS_UNIT_NET_TINY_SERVER_H
#define TESTS_UNIT_NET_TINY_SERVER_H

#include "base/str.h"

enum { TINY_SERVER_REPLIES_MAX = 8, TINY_SERVER_SEEN_MAX = 1 << 20 };

typedef struct TinyServer TinyServer;

/* A reply "" closes the connection without a word; NULL keeps it open, silent, until the client
 * goes. */
TinyServer *tiny_server_start(const char *const *replies, size_t count);
Str tiny_server_url(const TinyServer *server, const char *path, Arena *arena);
/* Waits until every reply was given or its client has gone, and returns what it was sent. */
Str tiny_server_finish(TinyServer *server, Arena *arena);

#endif
