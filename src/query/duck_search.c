/* duck_search.c - the arguments of vector_search, and its hits as rows.
 *
 * The query argument is declared ANY: DuckDB does not cast arguments to a declared list type, so
 * [0.1, 0.2] would come as a list of decimals and an array as something whose list size is 0. Here
 * each shape is read as it comes: lists item by item, arrays through their text "[0.25, 0.5]" (the
 * C interface cannot look inside them). Getters throw C++ exceptions through our frames on NULL,
 * so every value is asked for NULL first.
 *
 * The search runs at init: bind also runs when a statement is only prepared.
 *
 * Tested by: test_duck_functions.c. */
#include "query/duck_search.h"

#include <math.h>
#include <stdlib.h>

#include "base/vec.h"
#include "query/duck_functions.h"

enum { K_MAX = 10000, EFFORT_MAX = 100000, DIMENSION_MAX = 65536 };

static const RowsColumn columns[] = {
    {"doc_id", DUCKDB_TYPE_VARCHAR},     {"chunk_idx", DUCKDB_TYPE_INTEGER},
    {"chunk_text", DUCKDB_TYPE_VARCHAR}, {"source", DUCKDB_TYPE_VARCHAR},
    {"score", DUCKDB_TYPE_FLOAT},        {"distance", DUCKDB_TYPE_FLOAT},
};

typedef struct SearchArguments {
    Str index;
    Str text;            /* or */
    const float *vector; /* of `dimension` */
    size_t dimension;
    uint32_t k, effort;
} SearchArguments;

typedef VEC(float) FloatVec;

static void declare(duckdb_table_function function) {
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type any = duckdb_create_logical_type(DUCKDB_TYPE_ANY);
    duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    duckdb_table_function_add_parameter(function, text);
    duckdb_table_function_add_parameter(function, any);
    duckdb_table_function_add_parameter(function, number);
    duckdb_table_function_add_named_parameter(function, "ef", number);
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_logical_type(&any);
    duckdb_destroy_logical_type(&number);
}

/* ---- values ---- */

static duckdb_type type_of(duckdb_value value) {
    return duckdb_get_type_id(duckdb_get_value_type(value)); /* the type belongs to the value */
}

static Str text_of(duckdb_value value, Arena *arena) {
    char *text = duckdb_get_varchar(value);
    Str copy = str_dup(arena, str_c(text));
    duckdb_free(text);
    return copy;
}

static bool refuse(Err *err, const char *what) {
    return err_fail(err, FAIL_UNPROCESSABLE, "vector_search: %s", what);
}

static bool add_number(FloatVec *out, float number, Arena *arena, Err *err) {
    if (!isfinite(number))
        return refuse(err, "the vector holds a value that is no finite number");
    if (out->count == DIMENSION_MAX)
        return refuse(err, "the vector is too long");
    *vec_push(out, arena) = number;
    return true;
}

static bool read_list(duckdb_value list, FloatVec *out, Arena *arena, Err *err) {
    idx_t count = duckdb_get_list_size(list);
    bool ok = true;
    for (idx_t i = 0; i < count && ok; i++) {
        duckdb_value item = duckdb_get_list_child(list, i);
        if (item == NULL || duckdb_is_null_value(item))
            ok = refuse(err, "the vector holds a NULL");
        else if (type_of(item) == DUCKDB_TYPE_LIST || type_of(item) == DUCKDB_TYPE_VARCHAR)
            ok = refuse(err, "the query must be a text or a list of numbers");
        else
            ok = add_number(out, duckdb_get_float(item), arena, err);
        duckdb_destroy_value(&item);
    }
    return ok;
}

/* "[0.25, 0.5]", as DuckDB prints arrays. */
static bool read_printed(Str text, FloatVec *out, Arena *arena, Err *err) {
    if (!str_starts(text, STR("[")) || !str_ends(text, STR("]")))
        return refuse(err, "the query must be a text or a list of numbers");
    Str rest = str_slice(text, 1, text.length - 1);
    while (!str_is_empty(rest)) {
        Str item;
        char *end;
        rest = str_cut(rest, ',', &item);
        char *digits = str_to_c(arena, str_trim(item));
        float number = strtof(digits, &end);
        if (end == digits || *end != '\0')
            return refuse(err, "the vector holds a NULL or something that is no number");
        if (!add_number(out, number, arena, err))
            return false;
    }
    return true;
}

static bool read_query(duckdb_value value, SearchArguments *out, Arena *arena, Err *err) {
    FloatVec vector = {0};
    duckdb_type type = type_of(value);
    if (type == DUCKDB_TYPE_VARCHAR) {
        out->text = text_of(value, arena);
        return str_is_empty(str_trim(out->text)) ? refuse(err, "the query text is empty") : true;
    }
    bool ok = type == DUCKDB_TYPE_LIST ? read_list(value, &vector, arena, err)
              : type == DUCKDB_TYPE_ARRAY
                  ? read_printed(text_of(value, arena), &vector, arena, err)
                  : refuse(err, "the query must be a text or a list of numbers");
    if (!ok)
        return false;
    if (vector.count == 0)
        return refuse(err, "the vector is empty");
    out->vector = vector.items;
    out->dimension = vector.count;
    return true;
}

static bool read_count(duckdb_value value, const char *name, int64_t most, uint32_t *out,
                       Err *err) {
    int64_t count = duckdb_get_int64(value);
    if (count < 1 || count > most)
        return err_fail(err, FAIL_UNPROCESSABLE, "vector_search: %s must be 1 to %lld", name,
                        (long long)most);
    *out = (uint32_t)count;
    return true;
}

static bool read_values(duckdb_value *values, duckdb_value effort, Arena *arena,
                        SearchArguments *out, Err *err) {
    for (size_t i = 0; i < 3; i++)
        if (values[i] == NULL || duckdb_is_null_value(values[i]))
            return refuse(err, "no argument may be NULL");
    out->index = text_of(values[0], arena);
    if (!read_query(values[1], out, arena, err) || !read_count(values[2], "k", K_MAX, &out->k, err))
        return false;
    return effort == NULL || duckdb_is_null_value(effort) ||
           read_count(effort, "ef", EFFORT_MAX, &out->effort, err);
}

static bool bind(duckdb_bind_info info, Arena *arena, void **out_arguments, Err *err) {
    SearchArguments *arguments = ARENA_NEW(arena, SearchArguments);
    duckdb_value values[3];
    for (size_t i = 0; i < 3; i++)
        values[i] = duckdb_bind_get_parameter(info, i);
    duckdb_value effort = duckdb_bind_get_named_parameter(info, "ef");
    bool ok = read_values(values, effort, arena, arguments, err);
    for (size_t i = 0; i < 3; i++)
        duckdb_destroy_value(&values[i]);
    duckdb_destroy_value(&effort);
    *out_arguments = arguments;
    return ok;
}

static bool make(const void *context, const void *arguments, Arena *arena, RowsSet *out, Err *err) {
    const QueryHooks *hooks = &((const FunctionLake *)context)->hooks;
    const SearchArguments *asked = arguments;
    QuerySearchHit *hits;
    size_t count;
    if (!hooks->vector_search(hooks->context, asked->index, asked->text, asked->vector,
                              asked->dimension, asked->k, asked->effort, arena, &hits, &count, err))
        return false;
    out->row_count = count;
    out->cells = ARENA_ARRAY(arena, RowsCell, count * ARRAY_LEN(columns));
    for (size_t i = 0; i < count; i++) {
        RowsCell *cells = out->cells + i * ARRAY_LEN(columns);
        cells[0].text = hits[i].doc_id;
        cells[1].integer = hits[i].chunk_idx;
        cells[2].text = hits[i].chunk_text;
        cells[3].text = hits[i].source;
        cells[4].number = hits[i].score;
        cells[5].number = hits[i].distance;
    }
    return true;
}

const RowsFunction duck_search_function = {.name = "vector_search",
                                           .columns = columns,
                                           .column_count = ARRAY_LEN(columns),
                                           .declare = declare,
                                           .bind = bind,
                                           .make = make};
