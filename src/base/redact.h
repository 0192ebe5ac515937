/* redact.h - the one place that decides what of a DSN, URL, statement or server's message may be
 * shown: in an answer, an error, a log line, lineage or a metric.
 *
 * By allow-list: what is not understood is not shown.
 *   REDACT_DSN      dsn_show() of it; "postgresql://..." or "..." when it cannot be parsed
 *   REDACT_URL      scheme, host, port, path; user, password, query and fragment left out
 *   REDACT_SQL      the statement with every string, number in quotes, dollar-quoted text and
 * comment replaced by '...'; names and keywords stay REDACT_SERVER   a message of a database
 * server: texts in quotes that are not plain names
 *                   ([A-Za-z0-9_.$ -]{1,128}, without '=' '@' ':' '/') become '...'; whatever looks
 * like a DSN, a URL or `password=...` goes
 *
 * Ownership: the caller's arena.   Threads: pure functions. */
#ifndef BASE_REDACT_H
#define BASE_REDACT_H

#include "base/arena.h"
#include "base/str.h"

typedef enum RedactKind { REDACT_DSN, REDACT_URL, REDACT_SQL, REDACT_SERVER } RedactKind;

Str redact(RedactKind kind, Str text, Arena *arena);

#endif
