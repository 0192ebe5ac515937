/* type_override.h - a column type that a user asked for.
 *
 * The text goes into a statement, so it is held to a small grammar first (words, one or two numbers
 * in brackets, [] behind) and then shown to DuckDB, which says what type it names. */
#ifndef INGEST_TYPE_OVERRIDE_H
#define INGEST_TYPE_OVERRIDE_H

#include "query/duck_session.h"

typedef struct TypeOverride {
    Str type;   /* as DuckDB prints it */
    Str stored; /* what a dataset stores it as */
} TypeOverride;

/* FAIL_INVALID (field "types") for what is no type; FAIL_UNPROCESSABLE for one that cannot be
 * stored. */
MUST_CHECK bool type_override_read(DuckSession *session, Str column, Str wanted, Arena *arena,
                                   TypeOverride *out, Err *err);
/* SQL that is true when the cast of `text` to the type keeps its value, "" when every cast does:
 * DuckDB rounds fractions to integers and decimals without a word. */
Str type_override_exact(const TypeOverride *type, Str text, Arena *arena);

#endif
