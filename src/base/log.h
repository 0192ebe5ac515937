/* log.h - one event a line, in logfmt: time= level= topic= event= and the event's own pairs.
 *
 *     log_event(LOG_INFO, "jobs", "finished", "job=%.*s rows=%zu", STR_ARG(id), rows);
 *
 * Levels: error = someone must act, warn = we coped and say how, info = state changed, debug = by
 * topic. Only gateway, jobs, app and cli write above debug; other modules return an Err. Each line
 * is one write(2); control characters in it are escaped. No secrets, no row contents.
 *
 * Threads: any. The sink is set once at start. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"
#include "base/str.h"

typedef enum LogLevel { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG } LogLevel;

/* `level` rules error, warn and info. Debug lines are shown by topic alone: "storage,index" or
 * "all,-query"; the last word on a topic counts, NULL or "" shows none. */
void log_setup(int fd, LogLevel level, const char *topics);
bool log_level_parse(Str text, LogLevel *out);
void log_event(LogLevel level, const char *topic, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The whole error: kind, message, detail, place; with the request or job it belongs to. */
void log_failure(LogLevel level, const char *topic, const char *event, Str request_id,
                 const Err *err);
/* Quotes a value for logfmt when it needs it. */
Str log_quote(Str value, Arena *arena);

#endif
