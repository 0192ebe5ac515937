/* sandbox.h - a locked instance without datasets, for tests below the engine. */
#ifndef TESTS_UNIT_QUERY_SANDBOX_H
#define TESTS_UNIT_QUERY_SANDBOX_H

#include "query/duck_cursor.h"
#include "query/duck_locked.h"

typedef struct Sandbox {
    Arena *arena;
    DuckLocked *locked;
    char root[64]; /* a temporary directory, that may be read */
} Sandbox;

void sandbox_open(Sandbox *sandbox);
void sandbox_close(Sandbox *sandbox);
/* Runs one statement on the locked instance, without the gate; its text is the answer's first
 * value. Returns false with the error. */
bool sandbox_run(Sandbox *sandbox, const char *sql, Str *out_first, Err *err);

#endif
