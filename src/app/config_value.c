/* config_value.c - text and TOML to a checked value, by the type in the setting's row.
 *
 * Defaults are text and take the same road as a command line's values, so that a default out of its
 * own bounds cannot go unseen: every start would fail, and the first test does.
 *
 * Tested by: tests/unit/app/test_config_value.c, tests/unit/app/test_app_config.c. */
#include "app/config_value.h"

#include <string.h>

#include "app/app_config.h"

static const struct {
    const char *name;
    const char *wanted; /* "must be ..." */
} types[] = {
    [CONFIG_BOOL] = {"true or false", "true or false"},
    [CONFIG_COUNT] = {"number", "a whole number"},
    [CONFIG_MS] = {"milliseconds", "a whole number of milliseconds"},
    [CONFIG_SECONDS] = {"seconds", "a whole number of seconds"},
    [CONFIG_BYTES] = {"size", "a size such as \"512MiB\", or a number of bytes"},
    [CONFIG_MEMORY] = {"size or part of memory",
                       "a size such as \"512MiB\", or a part of the memory such as \"60%\""},
    [CONFIG_SHARE] = {"size or part of the budget",
                      "a size such as \"512MiB\", or a part of memory.budget such as \"50%\""},
    [CONFIG_TEXT] = {"text", "text in quotes"},
};

/* --- sizes ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint64_t bytes;
} units[] = {
    {"TiB", UINT64_C(1) << 40},
    {"GiB", UINT64_C(1) << 30},
    {"MiB", UINT64_C(1) << 20},
    {"KiB", UINT64_C(1) << 10},
    {"TB", UINT64_C(1000000000000)},
    {"GB", 1000000000},
    {"MB", 1000000},
    {"KB", 1000},
    {"B", 1},
    {"", 1},
};

bool config_size_parse(Str text, uint64_t *out) {
    size_t digits = 0;
    while (digits < text.length && strchr("0123456789.", text.data[digits]) != NULL &&
           text.data[digits] != '\0')
        digits++;
    Str number = str_slice(text, 0, digits);
    Str unit = str_trim(str_slice(text, digits, text.length));
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!str_eq_nocase(unit, str_c(units[i].name)))
            continue;
        uint64_t whole;
        double real;
        if (str_to_u64(number, &whole))
            return !__builtin_mul_overflow(whole, units[i].bytes, out);
        if (units[i].bytes == 1 || !str_to_f64(number, &real) ||
            real * (double)units[i].bytes >= 0x1p63)
            return false;
        *out = (uint64_t)(real * (double)units[i].bytes);
        return true;
    }
    return false;
}

Str config_size_print(uint64_t bytes, Arena *arena) {
    for (size_t i = 0; i < 4 && bytes > 0; i++)
        if (bytes % units[i].bytes == 0)
            return str_format(arena, "%llu%s", (unsigned long long)(bytes / units[i].bytes),
                              units[i].name);
    return str_format(arena, "%llu", (unsigned long long)bytes);
}

static bool parse_part(Str text, uint64_t whole, uint64_t *out) {
    double percent;
    if (!str_ends(text, STR("%")) ||
        !str_to_f64(str_trim(str_slice(text, 0, text.length - 1)), &percent) || percent <= 0 ||
        percent > 100)
        return false;
    *out = (uint64_t)((double)whole * percent / 100);
    return true;
}

/* --- checks --------------------------------------------------------------------------------- */

static bool is_size(ConfigType type) {
    return type == CONFIG_BYTES || type == CONFIG_MEMORY || type == CONFIG_SHARE;
}

const char *config_type_name(ConfigType type) {
    return types[type].name;
}

static Str print_number(ConfigType type, uint64_t number, Arena *arena) {
    return is_size(type) ? config_size_print(number, arena)
                         : str_format(arena, "%llu", (unsigned long long)number);
}

Str config_bounds_print(const ConfigRow *row, Arena *arena) {
    if (row->type == CONFIG_BOOL)
        return STR_EMPTY;
    if (row->type == CONFIG_TEXT && row->least == row->most)
        return str_format(arena, "%llu bytes", (unsigned long long)row->most);
    if (row->type == CONFIG_TEXT)
        return str_format(arena, "at most %llu bytes", (unsigned long long)row->most);
    return str_format(arena, "%.*s to %.*s", STR_ARG(print_number(row->type, row->least, arena)),
                      STR_ARG(print_number(row->type, row->most, arena)));
}

static bool fail_type(const ConfigRow *row, Str name, Err *err) {
    err_fail(err, FAIL_INVALID, "%.*s must be %s", STR_ARG(name), types[row->type].wanted);
    return err_field(err, row->key);
}

static bool fail_number_bounds(const ConfigRow *row, Str name, Str seen, Arena *arena, Err *err) {
    err_fail(err, FAIL_INVALID, "%.*s must be from %.*s to %.*s, it is %.*s", STR_ARG(name),
             STR_ARG(print_number(row->type, row->least, arena)),
             STR_ARG(print_number(row->type, row->most, arena)), STR_ARG(seen));
    return err_field(err, row->key);
}

static bool check_number(const ConfigRow *row, Str name, uint64_t number, Arena *arena, Err *err) {
    if (number >= row->least && number <= row->most)
        return true;
    return fail_number_bounds(row, name, print_number(row->type, number, arena), arena, err);
}

static bool check_text(const ConfigRow *row, Str name, Str text, Err *err) {
    if (memchr(text.data, '\0', text.length) != NULL || !utf8_valid(text)) {
        err_fail(err, FAIL_INVALID, "%.*s must be plain UTF-8 text", STR_ARG(name));
        return err_field(err, row->key);
    }
    if (text.length >= row->least && text.length <= row->most)
        return true;
    if (text.length == 0)
        err_fail(err, FAIL_INVALID, "%.*s must not be empty", STR_ARG(name));
    else
        err_fail(err, FAIL_INVALID, "%.*s must have %llu to %llu bytes, it has %zu", STR_ARG(name),
                 (unsigned long long)row->least, (unsigned long long)row->most, text.length);
    return err_field(err, row->key);
}

bool config_value_from_text(const ConfigRow *row, Str name, Str text, ConfigWhole whole,
                            Arena *arena, ConfigValue *out, Err *err) {
    ConfigValue value = {0};
    bool understood = true;
    switch (row->type) {
    case CONFIG_BOOL:
        value.boolean = str_eq(text, STR("true"));
        understood = value.boolean || str_eq(text, STR("false"));
        break;
    case CONFIG_COUNT:
    case CONFIG_MS:
    case CONFIG_SECONDS:
        understood = str_to_u64(text, &value.number);
        break;
    case CONFIG_BYTES:
        understood = config_size_parse(text, &value.number);
        break;
    case CONFIG_MEMORY:
        understood = config_size_parse(text, &value.number) ||
                     parse_part(text, whole.memory_bytes, &value.number);
        break;
    case CONFIG_SHARE:
        understood = config_size_parse(text, &value.number) ||
                     parse_part(text, whole.budget_bytes, &value.number);
        break;
    case CONFIG_TEXT:
        value.text = str_dup(arena, text);
        break;
    }
    if (!understood)
        return fail_type(row, name, err);
    if (row->type == CONFIG_TEXT
            ? !check_text(row, name, text, err)
            : row->type != CONFIG_BOOL && !check_number(row, name, value.number, arena, err))
        return false;
    *out = value;
    return true;
}

bool config_value_from_toml(const ConfigRow *row, Str name, const TomlValue *value,
                            ConfigWhole whole, Arena *arena, ConfigValue *out, Err *err) {
    if (value->kind == TOML_STRING && (row->type == CONFIG_TEXT || is_size(row->type)))
        return config_value_from_text(row, name, value->text, whole, arena, out, err);
    if (value->kind == TOML_BOOL && row->type == CONFIG_BOOL) {
        *out = (ConfigValue){.boolean = value->boolean};
        return true;
    }
    if (value->kind != TOML_INTEGER || row->type == CONFIG_BOOL || row->type == CONFIG_TEXT)
        return fail_type(row, name, err);
    if (value->integer < 0) {
        Str seen = str_format(arena, "%lld", (long long)value->integer);
        return fail_number_bounds(row, name, seen, arena, err);
    }
    if (!check_number(row, name, (uint64_t)value->integer, arena, err))
        return false;
    *out = (ConfigValue){.number = (uint64_t)value->integer};
    return true;
}

void config_value_store(const ConfigRow *row, const ConfigValue *value, void *home) {
    char *at = (char *)home + row->offset;
    switch (row->type) {
    case CONFIG_BOOL:
        memcpy(at, &value->boolean, sizeof(ConfigBOOL));
        return;
    case CONFIG_COUNT:
    case CONFIG_MS:
    case CONFIG_SECONDS: {
        uint32_t number = (uint32_t)value->number; /* the rows' upper bounds fit */
        memcpy(at, &number, sizeof number);
        return;
    }
    case CONFIG_BYTES:
    case CONFIG_MEMORY:
    case CONFIG_SHARE:
        memcpy(at, &value->number, sizeof(uint64_t));
        return;
    case CONFIG_TEXT:
        memcpy(at, &value->text, sizeof(Str));
        return;
    }
}
