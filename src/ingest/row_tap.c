/* row_tap.c - counts, cuts, and notes where it has come to.
 *
 * The counts are made from the validity bits of the rows themselves, apart from what builders and
 * DuckDB count, so that a column that went astray on either side shows.
 *
 * Tested by: test_table_load.c. */
#include "ingest/row_tap.h"

/* ---- counting ---- */

/* Bits that are set in the first `count` of a bitmap. */
static uint64_t count_bits(const uint8_t *bits, size_t count) {
    uint64_t set = 0;
    for (size_t i = 0; i < count / 8; i++)
        set += (uint64_t)__builtin_popcount(bits[i]);
    if (count % 8 != 0)
        set += (uint64_t)__builtin_popcount(bits[count / 8] & ((1u << count % 8) - 1));
    return set;
}

static uint64_t count_nulls(const RowColumn *column, size_t row_count) {
    return column->validity == NULL ? 0 : row_count - count_bits(column->validity, row_count);
}

/* The first key column that is NULL in the row, or NULL. */
static const RowColumn *missing_key(const RowTap *tap, const RowBatch *rows, size_t row) {
    for (size_t k = 0; k < tap->config.key_count; k++) {
        const RowColumn *column = &rows->columns[tap->config.key_columns[k]];
        if (row_is_null(column, row))
            return column;
    }
    return NULL;
}

/* Takes the row's share out of the counts again. */
static void reject_row(RowTap *tap, const RowBatch *rows, size_t row, Str column) {
    uint64_t before = tap->rows_seen + tap->rejected_seen - tap->batch.rejected;
    uint64_t number = tap->config.ring.first_row + before + row + 1;
    reject_add(tap->config.rejects, number, column, STR("no value for the key"));
    tap->rows--;
    for (size_t i = 0; i < rows->column_count; i++)
        tap->null_counts[i] -= row_is_null(&rows->columns[i], row);
}

static void count_rows(RowTap *tap, const RowBatch *rows) {
    bool keys_complete = true;
    for (size_t i = 0; i < rows->column_count; i++)
        tap->null_counts[i] += count_nulls(&rows->columns[i], rows->row_count);
    for (size_t k = 0; k < tap->config.key_count; k++)
        keys_complete &=
            count_nulls(&rows->columns[tap->config.key_columns[k]], rows->row_count) == 0;
    tap->rows += rows->row_count;
    tap->taken += rows->row_count;
    for (size_t row = 0; row < rows->row_count && !keys_complete; row++) {
        const RowColumn *missing = missing_key(tap, rows, row);
        if (missing != NULL)
            reject_row(tap, rows, row, missing->name);
    }
    tap->rows_seen += rows->row_count;
    progress_add(tap->config.progress, rows->row_count);
}

static void take_rejects(RowTap *tap) {
    const RingBatch *batch = &tap->batch;
    for (size_t i = 0; i < batch->reject_count; i++)
        reject_add(tap->config.rejects, batch->rejects[i].line, batch->rejects[i].column,
                   batch->rejects[i].reason);
    tap->config.rejects->count += batch->rejected - batch->reject_count;
    tap->rejected_seen += batch->rejected;
    tap->rejected_behind =
        batch->rejected_behind + (batch->rows.row_count == 0 ? tap->rejected_behind : 0);
}

static bool note_position(RowTap *tap, Err *err) {
    const RowSource *source = tap->config.ring.source;
    if (!tap->config.ring.range.by_key)
        return true;
    arena_reset(tap->position_arena);
    tap->position = ARENA_ARRAY(tap->position_arena, Str, source->key_count);
    return row_source_position(source, &tap->batch.rows, tap->position_arena, tap->position, err);
}

/* ---- the stream ---- */

bool row_tap_more(RowTap *tap, bool *out_more, Err *err) {
    if (!tap->has_batch && !tap->ended) {
        if (!row_ring_next(tap->ring, &tap->batch, err))
            return false;
        tap->has_batch = tap->batch.rows.row_count > 0;
        tap->ended = !tap->has_batch;
        if (tap->ended)
            take_rejects(tap);
    }
    *out_more = tap->has_batch;
    return true;
}

static bool tap_next(RowStream *stream, RowBatch *out, Err *err) {
    RowTap *tap = (RowTap *)stream;
    bool more = tap->taken < tap->config.file_rows;
    *out = (RowBatch){0};
    if (!more)
        return true;
    if (!row_tap_more(tap, &more, err))
        return false;
    if (!more)
        return true;
    tap->has_batch = false;
    *out = tap->batch.rows;
    take_rejects(tap);
    count_rows(tap, out);
    if (tap->config.scanner != NULL)
        pii_scanner_add(tap->config.scanner, out);
    return note_position(tap, err);
}

static void tap_close(RowStream *stream) {
    (void)stream; /* the tap lives longer than a file */
}

void row_tap_begin_file(RowTap *tap) {
    tap->taken = tap->rows = 0;
    memset(tap->null_counts, 0, tap->stream.schema.column_count * sizeof *tap->null_counts);
}

static uint64_t value_bytes(const RowColumn *column, size_t row_count) {
    if (column->offsets != NULL)
        return (uint64_t)column->offsets[row_count];
    return (column->type == COLUMN_DECIMAL ? 16u : 8u) * (uint64_t)row_count;
}

uint64_t row_tap_row_bytes(const RowTap *tap) {
    const RowBatch *rows = &tap->batch.rows;
    uint64_t bytes = 0;
    if (!tap->has_batch)
        return 0;
    for (size_t i = 0; i < rows->column_count; i++)
        bytes += value_bytes(&rows->columns[i], rows->row_count);
    return bytes / rows->row_count;
}

bool row_tap_open(RowTap *tap, const TapConfig *config, Err *err) {
    RowBatch schema = row_source_schema(config->ring.source);
    *tap = (RowTap){.stream = {.schema = schema, .next = tap_next, .close = tap_close},
                    .config = *config};
    tap->ring = row_ring_start(&config->ring, err);
    if (tap->ring == NULL)
        return false;
    tap->arena = arena_create();
    tap->position_arena = arena_create();
    tap->null_counts = ARENA_ARRAY(tap->arena, uint64_t, schema.column_count);
    return true;
}

void row_tap_close(RowTap *tap) {
    if (tap->ring == NULL)
        return;
    row_ring_stop(tap->ring);
    arena_destroy(tap->arena);
    arena_destroy(tap->position_arena);
    tap->ring = NULL;
}
