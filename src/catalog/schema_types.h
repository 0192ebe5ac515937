/* schema_types.h - which of two column types holds all values of both, if any does.
 *
 * Threads: pure functions. */
#ifndef CATALOG_SCHEMA_TYPES_H
#define CATALOG_SCHEMA_TYPES_H

#include "base/arena.h"
#include "base/str.h"

/* The wider of two stored types: equal types, integers, FLOAT and DOUBLE, decimals of one scale,
 * and anything with "NULL" (a column without a value so far). False when there is none. */
bool type_widest(Str a, Str b, Arena *arena, Str *out_type);

#endif
