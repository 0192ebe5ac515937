/* query_functions.c - look a function's name up in the two lists of query_functions.def.
 *
 * An allow-list, not a deny-list: DuckDB adds functions with every release, and a new one is
 * refused until somebody has looked at it (docs/adr/0006-sql-sandbox.md).
 *
 * Tested by: test_query_functions.c (order; every function of the library has a verdict). */
#include "query/query_functions.h"

#include "base/vec.h"

#define NAME_BYTES_MAX 64 /* the longest name listed is far shorter */

static const FunctionRow functions[] = {
#define FN(name, verdict) {name, FUNCTION_##verdict},
#include "query/query_functions.def"
};

static const FunctionRow table_functions[] = {
#define TF(name, verdict) {name, FUNCTION_##verdict},
#include "query/query_functions.def"
};

static FunctionVerdict find(const FunctionRow *rows, size_t count, Str name) {
    char lower[NAME_BYTES_MAX] = {0};
    if (name.length > sizeof lower)
        return FUNCTION_UNKNOWN;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    Str key = str_make(lower, name.length);
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(key, str_c(rows[middle].name));
        if (order == 0)
            return rows[middle].verdict;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return FUNCTION_UNKNOWN;
}

FunctionVerdict query_function_verdict(Str name) {
    return find(functions, ARRAY_LEN(functions), name);
}

FunctionVerdict query_table_function_verdict(Str name) {
    return find(table_functions, ARRAY_LEN(table_functions), name);
}

const FunctionRow *query_function_rows(size_t *out_count) {
    *out_count = ARRAY_LEN(functions);
    return functions;
}

const FunctionRow *query_table_function_rows(size_t *out_count) {
    *out_count = ARRAY_LEN(table_functions);
    return table_functions;
}
