/* toml.h - TOML 1.0 (toml.io/en/v1.0.0) into a tree of values; errors say line and column.
 *
 * Ownership: the tree lives in the arena.   Threads: immutable once parsed. */
#ifndef BASE_TOML_H
#define BASE_TOML_H

#include "base/err.h"
#include "base/str.h"

typedef enum TomlKind {
    TOML_STRING,
    TOML_INTEGER,
    TOML_FLOAT,
    TOML_BOOL,
    TOML_OFFSET_DATETIME,
    TOML_LOCAL_DATETIME,
    TOML_LOCAL_DATE,
    TOML_LOCAL_TIME,
    TOML_ARRAY,
    TOML_TABLE
} TomlKind;

typedef struct TomlValue TomlValue;
typedef struct TomlEntry {
    Str key;
    TomlValue *value;
} TomlEntry;

struct TomlValue {
    TomlKind kind;
    uint32_t line, column; /* where it began, from 1 */
    Str text;              /* STRING; date and time kinds: normalised text */
    int64_t integer;
    double number;
    bool boolean;
    TomlValue **items;  /* ARRAY */
    TomlEntry *entries; /* TABLE, in order of appearance */
    size_t count;
};

/* The root table, or NULL with FAIL_INVALID. Depth and size are capped. */
TomlValue *toml_parse(Str text, Arena *arena, Err *err);
const TomlValue *toml_get(const TomlValue *table, const char *key); /* NULL when absent */
const TomlValue *toml_path(const TomlValue *table, const char *dotted);

#endif
