/* toml_typed_json.c - reads TOML from standard input, prints the typed JSON that the public
 * toml-test cases expect: {"type": "integer", "value": "1"} for every scalar. Exit 1 = refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/toml.h"

static const char *const type_names[] = {
    [TOML_STRING] = "string",
    [TOML_INTEGER] = "integer",
    [TOML_FLOAT] = "float",
    [TOML_BOOL] = "bool",
    [TOML_OFFSET_DATETIME] = "datetime",
    [TOML_LOCAL_DATETIME] = "datetime-local",
    [TOML_LOCAL_DATE] = "date-local",
    [TOML_LOCAL_TIME] = "time-local",
    [TOML_ARRAY] = "array",
    [TOML_TABLE] = "table",
};

static Str number_text(double number, Arena *arena) {
    if (isnan(number))
        return STR("nan");
    if (isinf(number))
        return number > 0 ? STR("inf") : STR("-inf");
    return str_format(arena, "%.17g", number);
}

static Str scalar_text(const TomlValue *value, Arena *arena) {
    if (value->kind == TOML_INTEGER)
        return str_format(arena, "%lld", (long long)value->integer);
    if (value->kind == TOML_FLOAT)
        return number_text(value->number, arena);
    if (value->kind == TOML_BOOL)
        return value->boolean ? STR("true") : STR("false");
    return value->text;
}

static json_t *typed(const TomlValue *value, Arena *arena) {
    if (value->kind == TOML_TABLE) {
        json_t *object = json_object();
        for (size_t i = 0; i < value->count; i++)
            json_object_setn_new(object, value->entries[i].key.data, value->entries[i].key.length,
                                 typed(value->entries[i].value, arena));
        return object;
    }
    if (value->kind == TOML_ARRAY) {
        json_t *array = json_array();
        for (size_t i = 0; i < value->count; i++)
            json_array_append_new(array, typed(value->items[i], arena));
        return array;
    }
    json_t *object = json_object();
    json_set_str(object, "type", str_c(type_names[value->kind]));
    json_set_str(object, "value", scalar_text(value, arena));
    return object;
}

static Str read_all(FILE *file, Arena *arena) {
    StrBuf text = strbuf_make(arena);
    for (;;) {
        char *room = strbuf_reserve(&text, 65536);
        size_t got = fread(room, 1, 65536, file);
        text.length += got;
        if (got == 0)
            return strbuf_str(&text);
    }
}

int main(void) {
    Arena *arena = arena_create();
    Err err = {0};
    const TomlValue *root = toml_parse(read_all(stdin, arena), arena, &err);
    if (root == NULL) {
        fprintf(stderr, "%s\n", err.message);
    } else {
        Str text = json_print(json_keep(arena, typed(root, arena)), arena);
        printf("%.*s\n", STR_ARG(text));
    }
    arena_destroy(arena);
    return root == NULL ? EXIT_FAILURE : EXIT_SUCCESS;
}
