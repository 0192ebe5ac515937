/* cli_json.h - fields of a server's answer, for showing.
 *
 * An answer of another version may lack a field: it reads as "", 0 or false, and is shown so. What
 * decides something is read with base/json.h's strict readers instead.
 *
 * Ownership: texts are borrowed from the value, or live in the arena.   Threads: values. */
#ifndef CLI_CLI_JSON_H
#define CLI_CLI_JSON_H

#include "base/json.h"

Str field_text(const json_t *object, const char *field);
uint64_t field_u64(const json_t *object, const char *field);
double field_f64(const json_t *object, const char *field);
bool field_bool(const json_t *object, const char *field);
const json_t *field_array(const json_t *object, const char *field); /* NULL when it is none */

/* Any value as the text of a cell: a string as it is, null as "", an object as compact JSON. */
Str value_text(const json_t *value, Arena *arena);
/* "2026-01-31T12:00:00.123456Z" as "2026-01-31 12:00:00". */
Str value_time(Str rfc3339, Arena *arena);

#endif
