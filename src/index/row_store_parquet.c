/* row_store_parquet.c - segments as Parquet files, written and read through DuckDB.
 *
 * Row groups hold at most 8192 rows, so that a tool that wants a few rows does not decode half a
 * gigabyte of vectors (facts: docs/adr/0004). Columns carry field ids 1 to 7. The vector is a LIST
 * of FLOAT, which every Parquet reader knows; its length is in the head.
 *
 * Writing is a RowStream over the mapped row cache: vectors are handed over where they lie, texts
 * are copied once into offsets and bytes, at most 2048 rows or 16 MiB of text at a time.
 *
 * Tested by: tests/unit/index/test_row_segment.c. */
#include "index/row_store.h"

#include "base/vec.h"

enum {
    STREAM_ROWS = 2048,
    STREAM_TEXT_BYTES = 16 << 20,
    ROW_GROUP_ROWS = 8192,
    DOC_ID_BYTES_SHOWN = 64
};

enum { ROW_ID, DOC_ID, CHUNK_IDX, CHUNK_TEXT, SOURCE, CONTENT_HASH, VECTOR, COLUMN_COUNT };

static const struct {
    const char *name;
    ColumnType type;
} layout[COLUMN_COUNT] = {
    [ROW_ID] = {"row_id", COLUMN_UINT64},       [DOC_ID] = {"doc_id", COLUMN_UTF8},
    [CHUNK_IDX] = {"chunk_idx", COLUMN_INT32},  [CHUNK_TEXT] = {"chunk_text", COLUMN_UTF8},
    [SOURCE] = {"source", COLUMN_UTF8},         [CONTENT_HASH] = {"content_hash", COLUMN_UTF8},
    [VECTOR] = {"vector", COLUMN_FLOAT32_LIST},
};

/* --- out ---------------------------------------------------------------------------------- */

typedef struct RowCacheStream {
    RowStream base;
    const RowCache *rows;
    uint32_t next_row;
    Arena *arena; /* of the batch that was handed out */
    Progress *progress;
    RowColumn columns[COLUMN_COUNT];
} RowCacheStream;

typedef struct TextColumn {
    int32_t *offsets;
    StrBuf bytes;
} TextColumn;

static TextColumn text_column(Arena *arena) {
    return (TextColumn){ARENA_ARRAY(arena, int32_t, STREAM_ROWS + 1), strbuf_make(arena)};
}

static void text_add(TextColumn *column, size_t row, Str text) {
    strbuf_append(&column->bytes, text);
    column->offsets[row + 1] = (int32_t)column->bytes.length;
}

static void text_set(RowColumn *out, const TextColumn *column) {
    out->offsets = column->offsets;
    out->bytes = column->bytes.length == 0 ? "" : column->bytes.data;
}

static size_t fill_batch(RowCacheStream *stream) {
    uint64_t *ids = ARENA_ARRAY(stream->arena, uint64_t, STREAM_ROWS);
    int32_t *chunks = ARENA_ARRAY(stream->arena, int32_t, STREAM_ROWS);
    TextColumn texts[COLUMN_COUNT] = {0};
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (layout[i].type == COLUMN_UTF8)
            texts[i] = text_column(stream->arena);
    size_t count = 0;
    size_t text_bytes = 0;
    uint32_t total = row_cache_rows(stream->rows);
    stream->columns[VECTOR].values = row_cache_vectors(stream->rows) +
                                     (size_t)stream->next_row * row_cache_dimension(stream->rows);
    while (stream->next_row < total && count < STREAM_ROWS && text_bytes < STREAM_TEXT_BYTES) {
        IndexRow row = row_cache_row(stream->rows, stream->next_row++);
        ids[count] = row.row_id;
        chunks[count] = row.chunk_idx;
        text_add(&texts[DOC_ID], count, row.doc_id);
        text_add(&texts[CHUNK_TEXT], count, row.chunk_text);
        text_add(&texts[SOURCE], count, row.source);
        text_add(&texts[CONTENT_HASH], count, hash128_hex(row.content_hash, stream->arena));
        text_bytes += row.doc_id.length + row.chunk_text.length + row.source.length;
        count++;
    }
    stream->columns[ROW_ID].values = ids;
    stream->columns[CHUNK_IDX].values = chunks;
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (layout[i].type == COLUMN_UTF8)
            text_set(&stream->columns[i], &texts[i]);
    return count;
}

static bool stream_next(RowStream *base, RowBatch *out, Err *err) {
    RowCacheStream *stream = (RowCacheStream *)base;
    if (!progress_check(stream->progress, err))
        return false;
    arena_reset(stream->arena);
    size_t count = fill_batch(stream);
    *out = (RowBatch){count, COLUMN_COUNT, stream->columns};
    return true;
}

static void stream_close(RowStream *base) {
    arena_destroy(((RowCacheStream *)base)->arena);
}

static bool parquet_write(Duck *duck, const RowCache *rows, const char *path, Progress *progress,
                          Err *err) {
    RowCacheStream stream = {.rows = rows, .arena = arena_create(), .progress = progress};
    ParquetColumn columns[COLUMN_COUNT];
    for (uint32_t i = 0; i < COLUMN_COUNT; i++) {
        stream.columns[i] = (RowColumn){.name = str_c(layout[i].name), .type = layout[i].type};
        columns[i] = (ParquetColumn){str_c(layout[i].name), i + 1};
    }
    stream.columns[VECTOR].list_size = row_cache_dimension(rows);
    stream.base = (RowStream){{0, COLUMN_COUNT, stream.columns}, stream_next, stream_close};
    ParquetRequest request = {
        .path = str_c(path),
        .columns = columns,
        .column_count = COLUMN_COUNT,
        .row_group_rows = ROW_GROUP_ROWS,
        .progress = progress,
    };
    Arena *arena = arena_create();
    ParquetWritten written = {0};
    DuckSession *session = duck_session_open(duck, err);
    bool ok = session != NULL &&
              duck_write_parquet_stream(session, &stream.base, &request, arena, &written, err);
    if (ok && written.rows != row_cache_rows(rows))
        ok = err_fail(err, FAIL_INTERNAL, "%llu rows of %u reached the segment",
                      (unsigned long long)written.rows, row_cache_rows(rows));
    duck_session_close(session);
    stream_close(&stream.base);
    arena_destroy(arena);
    return ok;
}

/* --- in ----------------------------------------------------------------------------------- */

typedef struct ReadState {
    RowCacheWriter *writer;
    uint32_t dimension;
} ReadState;

/* The value of a hex digit, or 16. */
static uint64_t hex_value(char c) {
    static const char digits[16] = "0123456789abcdef";
    uint64_t value = 0;
    while (value < sizeof digits && digits[value] != c)
        value++;
    return value;
}

static bool parse_hash(Str text, Hash128 *out) {
    if (text.length != 32)
        return false;
    uint64_t halves[2] = {0, 0};
    for (size_t i = 0; i < 32; i++) {
        uint64_t digit = hex_value(text.data[i]);
        if (digit > 15)
            return false;
        halves[i / 16] = halves[i / 16] << 4 | digit;
    }
    *out = (Hash128){.low = halves[1], .high = halves[0]};
    return true;
}

static bool check_columns(const RowBatch *batch, uint32_t dimension, Err *err) {
    bool same = batch->column_count == COLUMN_COUNT;
    for (size_t i = 0; same && i < COLUMN_COUNT; i++)
        same = batch->columns[i].type == layout[i].type;
    if (!same)
        return err_fail(err, FAIL_CORRUPT, "its columns are not those of index rows");
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        for (size_t row = 0; batch->columns[i].validity != NULL && row < batch->row_count; row++)
            if (row_is_null(&batch->columns[i], row))
                return err_fail(err, FAIL_CORRUPT, "column '%s' holds a null", layout[i].name);
    if (batch->row_count > 0 && batch->columns[VECTOR].list_size != dimension)
        return err_fail(err, FAIL_CORRUPT, "vectors of %u dimensions, the index has %u",
                        batch->columns[VECTOR].list_size, dimension);
    return true;
}

static bool read_batch(void *context, const RowBatch *batch, Err *err) {
    ReadState *state = context;
    if (!check_columns(batch, state->dimension, err))
        return false;
    const RowColumn *columns = batch->columns;
    const float *vectors = columns[VECTOR].values;
    for (size_t i = 0; i < batch->row_count; i++) {
        IndexRow row = {
            .row_id = ((const uint64_t *)columns[ROW_ID].values)[i],
            .doc_id = row_text(&columns[DOC_ID], i),
            .chunk_idx = ((const int32_t *)columns[CHUNK_IDX].values)[i],
            .chunk_text = row_text(&columns[CHUNK_TEXT], i),
            .source = row_text(&columns[SOURCE], i),
            .vector = vectors + i * state->dimension,
        };
        if (!parse_hash(row_text(&columns[CONTENT_HASH], i), &row.content_hash))
            return err_fail(err, FAIL_CORRUPT, "the content hash of document '%.*s' is damaged",
                            STR_ARG(utf8_clip(row.doc_id, DOC_ID_BYTES_SHOWN)));
        if (!row_cache_writer_add(state->writer, &row, err))
            return false;
    }
    return true;
}

static bool parquet_read(Duck *duck, const char *path, RowCacheWriter *writer, uint32_t dimension,
                         Err *err) {
    Arena *arena = arena_create();
    Str literal = duck_literal(str_c(path), arena);
    Str sql = str_format(arena,
                         "SELECT row_id, doc_id, chunk_idx, chunk_text, source, content_hash, "
                         "vector FROM read_parquet(%.*s)",
                         STR_ARG(literal));
    ReadState state = {writer, dimension};
    DuckSession *session = duck_session_open(duck, err);
    bool ok = session != NULL && duck_query(session, sql, NULL, read_batch, &state, err);
    duck_session_close(session);
    arena_destroy(arena);
    return ok;
}

const RowStoreOps row_store_parquet = {
    .name = "parquet",
    .suffix = ".parquet",
    .write = parquet_write,
    .read = parquet_read,
};
