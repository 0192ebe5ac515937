/* json.h - the little that we add to jansson: strict field readers for request bodies and records.
 *
 * jansson keeps int64 exact and refuses bad UTF-8 and trailing bytes. This is the one header that
 * includes it. Readers fill *out only when the field is there and name the field in the error:
 *
 *     json_t *body = json_parse(bytes, arena, err);        (freed with the arena)
 *     if (!json_allow_fields(body, allowed, ARRAY_LEN(allowed), err)) ...
 *     if (!json_read_str(body, "index_name", JSON_REQUIRED, &name, err)) ...
 *
 * Ownership: json_parse ties the value to the arena; Strs read from it live as long.
 * Threads: one thread at a time per value. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef enum JsonNeed { JSON_OPTIONAL, JSON_REQUIRED } JsonNeed;

/* NULL with FAIL_INVALID and line:column in the detail. Nesting is capped by jansson (2048). */
json_t *json_parse(Str bytes, Arena *arena, Err *err);
/* Compact text in the arena; keys stay in insertion order. */
Str json_print(const json_t *value, Arena *arena);
Str json_print_pretty(const json_t *value, Arena *arena);
/* Ties a value built by hand to the arena's end, and returns it. */
json_t *json_keep(Arena *arena, json_t *value);

/* A field of the wrong type is FAIL_INVALID; so is a missing required one. null counts as missing.
 */
MUST_CHECK bool json_read_str(const json_t *object, const char *field, JsonNeed need, Str *out,
                              Err *err);
MUST_CHECK bool json_read_u64(const json_t *object, const char *field, JsonNeed need, uint64_t *out,
                              Err *err);
MUST_CHECK bool json_read_i64(const json_t *object, const char *field, JsonNeed need, int64_t *out,
                              Err *err);
MUST_CHECK bool json_read_f64(const json_t *object, const char *field, JsonNeed need, double *out,
                              Err *err);
MUST_CHECK bool json_read_bool(const json_t *object, const char *field, JsonNeed need, bool *out,
                               Err *err);
/* *out is borrowed from the object; NULL when absent and optional. */
MUST_CHECK bool json_read_array(const json_t *object, const char *field, JsonNeed need,
                                const json_t **out, Err *err);
MUST_CHECK bool json_read_object(const json_t *object, const char *field, JsonNeed need,
                                 const json_t **out, Err *err);

/* FAIL_INVALID naming the first field that is not in the list: a typo never changes a meaning. */
MUST_CHECK bool json_allow_fields(const json_t *object, const char *const *allowed, size_t count,
                                  Err *err);

json_t *json_str(Str text);                                     /* new JSON string */
void json_set_str(json_t *object, const char *field, Str text); /* sets a string field */
void json_set_u64(json_t *object, const char *field, uint64_t value);

#endif
