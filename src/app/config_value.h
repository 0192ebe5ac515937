/* config_value.h - one setting: its row, and its value from text, from TOML, into a struct.
 *
 * Inside app only.   Ownership: texts live in the arena.   Threads: any. */
#ifndef APP_CONFIG_VALUE_H
#define APP_CONFIG_VALUE_H

#include "base/err.h"
#include "base/str.h"
#include "base/toml.h"

typedef enum ConfigType {
    CONFIG_BOOL,
    CONFIG_COUNT,
    CONFIG_MS,
    CONFIG_SECONDS,
    CONFIG_BYTES,
    CONFIG_MEMORY,
    CONFIG_SHARE,
    CONFIG_TEXT
} ConfigType;

typedef struct ConfigRow {
    const char *home; /* section, or item type of a list */
    const char *key;
    ConfigType type;
    const char *initial;
    uint64_t least, most;
    const char *help;
    size_t offset; /* in AppConfig, or in the item */
} ConfigRow;

typedef struct ConfigValue {
    bool boolean;
    uint64_t number;
    Str text;
} ConfigValue;

/* What percentages are a part of. */
typedef struct ConfigWhole {
    uint64_t memory_bytes; /* MEMORY */
    uint64_t budget_bytes; /* SHARE */
} ConfigWhole;

/* "1.5GiB", "512 MiB", "10MB" (decimal), "4096", "4096B"; false otherwise. */
bool config_size_parse(Str text, uint64_t *out);
/* The shortest exact text: "512MiB", "1000". */
Str config_size_print(uint64_t bytes, Arena *arena);

/* These check type and bounds. Errors are FAIL_INVALID, begin with `name` and carry it as field. */
MUST_CHECK bool config_value_from_text(const ConfigRow *row, Str name, Str text, ConfigWhole whole,
                                       Arena *arena, ConfigValue *out, Err *err);
MUST_CHECK bool config_value_from_toml(const ConfigRow *row, Str name, const TomlValue *value,
                                       ConfigWhole whole, Arena *arena, ConfigValue *out, Err *err);

/* Writes the value to row->offset in `home`. */
void config_value_store(const ConfigRow *row, const ConfigValue *value, void *home);

/* For docs/config.md: "seconds", and "1 to 3600". */
const char *config_type_name(ConfigType type);
Str config_bounds_print(const ConfigRow *row, Arena *arena);

#endif
