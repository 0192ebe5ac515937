/* column_names.h - names as a file gives them become names that columns can have.
 *
 * Blanks around a name go; an empty one becomes column<n>; one that is there already, in any case
 * (SQL does not tell "id" and "ID" apart), gets _2, _3, ... Every change but the blanks is told as
 * a coercion.
 *
 * Threads: one at a time. */
#ifndef FILES_COLUMN_NAMES_H
#define FILES_COLUMN_NAMES_H

#include "base/map.h"
#include "base/vec.h"
#include "catalog/catalog.h"

enum { COLUMN_NAME_BYTES_MAX = 255 };

typedef struct ColumnNames {
    Arena *arena;
    Map taken; /* in lower case */
    StrVec names;
    VEC(Coercion) renamed;
} ColumnNames;

void column_names_init(ColumnNames *names, Arena *arena);
/* FAIL_UNPROCESSABLE for a name that is too long or not UTF-8. */
MUST_CHECK bool column_names_add(ColumnNames *names, Str given, Str *out_name, Err *err);
void column_names_drop_last(ColumnNames *names);

#endif
