/* plain_select.h - SQL for columns in types that a RowBatch can hold.
 *
 * Plain types stay; a list of a plain type becomes JSON text; any other nested type is printed.
 *
 * Ownership: texts in the caller's arena.   Threads: pure functions. */
#ifndef INGEST_PLAIN_SELECT_H
#define INGEST_PLAIN_SELECT_H

#include "base/arena.h"
#include "base/str.h"

/* A type that is compared as such: a scalar of canonical_text.h, or VARCHAR. */
bool plain_type(Str type);
/* "INTEGER[]" -> "INTEGER"; false for what is no list of a plain type. */
bool plain_list_element(Str type, Str *out_element);
/* `value` (SQL, of whatever type) as `type`, then plain. */
Str plain_value_sql(Str value, Str type, Arena *arena);

#endif
