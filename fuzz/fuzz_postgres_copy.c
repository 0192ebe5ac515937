/* fuzz_postgres_copy.c - hostile COPY streams, cut into pieces of a hostile size: every decoder,
 * and the rows that come out are whole.
 *
 * First byte: size of the pieces; second: which columns; the rest: the stream. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "source/canonical_text.h"
#include "source/postgres_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const PgPlan all_plans[] = {
    {.decode = PG_DECODE_BOOL, .type = COLUMN_BOOL},
    {.decode = PG_DECODE_INT2, .type = COLUMN_INT32},
    {.decode = PG_DECODE_INT4, .type = COLUMN_INT32},
    {.decode = PG_DECODE_INT8, .type = COLUMN_INT64},
    {.decode = PG_DECODE_OID, .type = COLUMN_INT64},
    {.decode = PG_DECODE_FLOAT4, .type = COLUMN_FLOAT32},
    {.decode = PG_DECODE_FLOAT8, .type = COLUMN_FLOAT64},
    {.decode = PG_DECODE_FLOAT4_WIDE, .type = COLUMN_FLOAT64},
    {.decode = PG_DECODE_DECIMAL, .type = COLUMN_DECIMAL, .width = 38, .scale = 7},
    {.decode = PG_DECODE_NUMERIC_DOUBLE, .type = COLUMN_FLOAT64},
    {.decode = PG_DECODE_DATE, .type = COLUMN_DATE32},
    {.decode = PG_DECODE_TIME, .type = COLUMN_TIME_US},
    {.decode = PG_DECODE_TIMESTAMP, .type = COLUMN_TIMESTAMPTZ_US},
    {.decode = PG_DECODE_UUID, .type = COLUMN_UTF8},
    {.decode = PG_DECODE_BYTES, .type = COLUMN_BINARY},
    {.decode = PG_DECODE_TEXT, .type = COLUMN_UTF8},
    {.decode = PG_DECODE_NUMERIC_TEXT, .type = COLUMN_UTF8}};

enum { PLAN_COUNT = sizeof all_plans / sizeof *all_plans, COLUMNS = 3 };

static void look_at(RowBuilder *rows, Arena *arena) {
    RowBatch batch = row_builder_batch(rows);
    StrBuf text = strbuf_make(arena);
    for (size_t column = 0; column < batch.column_count; column++) {
        for (size_t row = 0; row < batch.row_count; row++) {
            if (row_is_null(&batch.columns[column], row))
                continue;
            strbuf_clear(&text);
            canonical_from_row(&batch.columns[column], row, &text);
            if (batch.columns[column].type == COLUMN_UTF8 && !utf8_valid(strbuf_str(&text)))
                abort();
        }
    }
}

static void read_stream(Arena *arena, PgDecoder *decoder, RowBuilder *rows, const uint8_t *data,
                        size_t size, size_t piece) {
    for (size_t at = 0; at < size; at += piece) {
        size_t length = size - at < piece ? size - at : piece;
        Err err = {0};
        /* A copy of its own, gone after MORE. */
        char *copy = malloc(length);
        if (copy == NULL)
            return;
        memcpy(copy, data + at, length);
        PgStep step = PG_STEP_FAILED;
        if (pg_decoder_feed(decoder, str_make(copy, length), &err)) {
            do {
                if (row_builder_is_full(rows)) {
                    look_at(rows, arena);
                    row_builder_clear(rows);
                }
                step = pg_decoder_step(decoder, rows, &err);
            } while (step == PG_STEP_ROW || step == PG_STEP_BAD_TEXT || step == PG_STEP_END);
        }
        free(copy);
        if (step == PG_STEP_FAILED && err.kind == FAIL_NONE)
            abort();
        if (step != PG_STEP_MORE)
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    Arena *arena = arena_create();
    PgPlan plans[COLUMNS];
    RowColumn shapes[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++) {
        plans[i] = all_plans[(data[1] + i * (1 + data[1] / PLAN_COUNT)) % PLAN_COUNT];
        shapes[i] = (RowColumn){.name = STR("c"),
                                .type = plans[i].type,
                                .width = plans[i].width,
                                .scale = plans[i].scale};
    }
    RowBuilder *rows = row_builder_create(&(RowBatch){0, COLUMNS, shapes}, 16);
    PgDecoder *decoder = pg_decoder_create(arena, plans, COLUMNS);
    read_stream(arena, decoder, rows, data + 2, size - 2, data[0] + 1u);
    look_at(rows, arena);
    pg_decoder_close(decoder);
    row_builder_destroy(rows);
    arena_destroy(arena);
    return 0;
}
