/* query_functions.h - which functions SQL from users may call; the rows are query_functions.def.
 *
 * Names are compared without regard to case, as SQL has it.   Threads: pure functions. */
#ifndef QUERY_QUERY_FUNCTIONS_H
#define QUERY_QUERY_FUNCTIONS_H

#include "base/str.h"

typedef enum FunctionVerdict {
    FUNCTION_UNKNOWN, /* not listed: it does not exist for users */
    FUNCTION_ALLOW,
    FUNCTION_COPIES,
    FUNCTION_GUARD,
    FUNCTION_LAKE,
    FUNCTION_FILE,
    FUNCTION_SETTING,
    FUNCTION_ENGINE
} FunctionVerdict;

FunctionVerdict query_function_verdict(Str name);       /* scalar, aggregate, macro */
FunctionVerdict query_table_function_verdict(Str name); /* in FROM */

/* The lists themselves, in byte order, for whoever checks them. */
typedef struct FunctionRow {
    const char *name;
    FunctionVerdict verdict;
} FunctionRow;
const FunctionRow *query_function_rows(size_t *out_count);
const FunctionRow *query_table_function_rows(size_t *out_count);

#endif
