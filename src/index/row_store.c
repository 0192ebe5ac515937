/* row_store.c - the table of backends. Tested by: tests/unit/index/test_row_segment.c. */
#include "index/row_store.h"

const RowStoreOps *row_store_find(Str backend, Err *err) {
    static const RowStoreOps *const backends[] = {&row_store_parquet, NULL};
    if (str_is_empty(backend))
        return &row_store_parquet;
    for (size_t i = 0; backends[i] != NULL; i++)
        if (str_eq_c(backend, backends[i]->name))
            return backends[i];
    if (str_eq_c(backend, "lance"))
        err_fail(err, FAIL_UNSUPPORTED, "the lance backend is not part of this build");
    else
        err_fail(err, FAIL_INVALID, "no vector backend '%.*s'", STR_ARG(utf8_clip(backend, 64)));
    err_field(err, "backend");
    err_hint(err, "\"parquet\" is there");
    return NULL;
}
