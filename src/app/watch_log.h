/* watch_log.h - what happens in watched folders, as log lines.
 *
 * Threads: any. */
#ifndef APP_WATCH_LOG_H
#define APP_WATCH_LOG_H

#include "watch/watch.h"

void watch_log_event(void *context, const WatchEvent *event);

#endif
