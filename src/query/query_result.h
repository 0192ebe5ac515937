/* query_result.h - an answer's columns and its rows in pieces, as the renderers see them.
 *
 * A chunk is at most a few thousand rows, columnar, valid until the next one is asked for. Values
 * are read out as text, one at a time; the Arrow and Parquet renderers reach below this header.
 *
 * Threads: one at a time. */
#ifndef QUERY_QUERY_RESULT_H
#define QUERY_QUERY_RESULT_H

#include "base/str.h"

typedef struct ResultColumn {
    Str name;
    Str type; /* as DuckDB prints it: "DECIMAL(18,3)", "STRUCT(a INTEGER)[]" */
} ResultColumn;

typedef struct ResultChunk ResultChunk;

size_t result_chunk_rows(const ResultChunk *chunk);
void result_chunk_cut(ResultChunk *chunk, size_t rows); /* shows only the first ones */
/* The value as JSON: null, true, numbers that survive doubles bare, all else as strings; lists are
 * arrays, structs and maps objects. */
void result_value_json(const ResultChunk *chunk, size_t column, size_t row, StrBuf *out);
/* The same without quotes around scalars; false (and nothing written) for NULL. */
bool result_value_text(const ResultChunk *chunk, size_t column, size_t row, StrBuf *out);

#endif
