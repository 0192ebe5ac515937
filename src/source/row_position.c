/* row_position.c - where a batch ended, as texts of its key.
 *
 * Canonical texts of numbers, dates, times and texts are literals that the database which the
 * values came from reads back as the same values: "-12.5", "2024-02-29 23:59:59.5", "...+00" in
 * UTC. Bytes have no such spelling that all databases share; a source does not vouch for a key of
 * them.
 *
 * Tested by: test_row_source.c, row_source_contract.c. */
#include "source/canonical_text.h"
#include "source/row_source.h"

static bool print_value(const RowColumn *column, size_t row, Arena *arena, Str *out, Err *err) {
    if (row_is_null(column, row))
        return err_fail(err, FAIL_INTERNAL, "key column '%.*s' is NULL although it cannot be",
                        STR_ARG(column->name));
    if (column->type == COLUMN_BINARY || column->type == COLUMN_FLOAT32_LIST)
        return err_fail(err, FAIL_INTERNAL, "key column '%.*s' has no printed order",
                        STR_ARG(column->name));
    StrBuf text = strbuf_make(arena);
    canonical_from_row(column, row, &text);
    *out = str_dup(arena, strbuf_str(&text));
    return true;
}

bool row_source_position(const RowSource *source, const RowBatch *batch, Arena *arena,
                         Str *out_texts, Err *err) {
    if (batch->row_count == 0 || source->key_count == 0)
        return err_fail(err, FAIL_INTERNAL, "no row to take a position from");
    for (size_t i = 0; i < source->key_count; i++)
        if (!print_value(&batch->columns[source->key_columns[i]], batch->row_count - 1, arena,
                         &out_texts[i], err))
            return false;
    return true;
}
