/* redact.h - the one place that decides what of a DSN, URL, statement or server's message may be
 * shown: in an answer, an error, a log line, lineage or a metric.
 *
 * By allow-list: what is not understood is not shown.
 *   REDACT_DSN     dsn_show() of it; "postgresql://..." or "..." when it cannot be parsed
 *   REDACT_URL     scheme, host, port, path; user, password, query and fragment left out;
 *                  "https://..." or "..." when it can be read in more than one way
 *   REDACT_SQL     the statement with every string, dollar-quoted text and comment replaced by
 *                  '...'; names and keywords stay, a "quoted name" only where no dialect could
 *                  read it as a string
 *   REDACT_SERVER  a message of a database server: a text in quotes stays where a word before it
 *                  says that it is a name (table "orders") and it looks like one
 *                  ([A-Za-z0-9_.$ -]{1,128}), every other becomes "..."; from whatever looks like
 *                  a DSN, a URL or `password=...` on, nothing is shown
 *   REDACT_MESSAGE our own text where it becomes visible: nothing from the first word on that
 *                  begins like a DSN with a secret, in case somebody typed one in a name's place
 *
 * redact(kind, redact(kind, text)) equals redact(kind, text). Valid UTF-8 stays valid; control
 * characters become spaces, but in messages of our own.
 *
 * Ownership: the caller's arena.   Threads: pure functions. */
#ifndef BASE_REDACT_H
#define BASE_REDACT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef enum RedactKind {
    REDACT_DSN,
    REDACT_URL,
    REDACT_SQL,
    REDACT_SERVER,
    REDACT_MESSAGE
} RedactKind;

Str redact(RedactKind kind, Str text, Arena *arena);
void redact_err(Err *err); /* message, detail and hint, by REDACT_MESSAGE */

#endif
