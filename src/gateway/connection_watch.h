/* connection_watch.h - ends connections that take too long to say what they want.
 *
 * The HTTP library only knows inactivity: a client that sends one header byte a second keeps its
 * connection, and with it a thread, for ever. A watcher thread looks at each connection that is
 * still waiting for a complete request head and shuts its socket down once the limit has passed;
 * the connection's own thread then sees the end and cleans up.
 *
 * Ownership: an entry belongs to the watch until connection_watch_remove, which must come before
 * its descriptor is closed.   Threads: any. */
#ifndef GATEWAY_CONNECTION_WATCH_H
#define GATEWAY_CONNECTION_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

typedef struct ConnectionWatch ConnectionWatch;
typedef struct WatchedConnection WatchedConnection;

ConnectionWatch *connection_watch_start(uint32_t head_limit_ms, Err *err);
void connection_watch_stop(ConnectionWatch *watch); /* joins; NULL is fine */

WatchedConnection *connection_watch_add(ConnectionWatch *watch, int fd); /* waits for a head */
void connection_watch_remove(ConnectionWatch *watch, WatchedConnection *connection);
/* A head is complete: the limit no longer counts. / The next one is awaited: it starts anew. */
void connection_watch_busy(WatchedConnection *connection);
void connection_watch_waiting(WatchedConnection *connection);
uint32_t connection_watch_count(const ConnectionWatch *watch);

#endif
