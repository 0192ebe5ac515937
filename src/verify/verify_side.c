/* verify_side.c - a source's rows, and a dataset's, under one shape.
 *
 * The dataset is read file by file, as the catalog lists them: older files may lack columns (then
 * NULL) or hold narrower types (then cast), just as queries see them. DuckDB streams each file, so
 * memory depends on its row groups, not on the count of files.
 *
 * Tested by: test_verify.c. */
#include "verify/verify_side.h"

#include "ingest/plain_select.h"

/* ---- a source ---- */

typedef struct SourceSide {
    VerifySide base;
    RowSource *source;
    RowBuilder *rows;
} SourceSide;

static bool source_side_start(VerifySide *base, Err *err) {
    SourceSide *side = (SourceSide *)base;
    SourceRange everything = {.cursor = STR_EMPTY};
    RowBatch schema = row_source_schema(side->source);
    row_builder_destroy(side->rows); /* a column may have been widened */
    side->rows = row_builder_create(&schema, ROW_BUILDER_ROWS);
    return row_source_start(side->source, &everything, err);
}

static bool source_side_next(VerifySide *base, RowBatch *out, Err *err) {
    SourceSide *side = (SourceSide *)base;
    if (!row_source_next(side->source, side->rows, err))
        return false;
    *out = row_builder_batch(side->rows);
    return true;
}

static void source_side_close(VerifySide *base) {
    row_builder_destroy(((SourceSide *)base)->rows);
}

VerifySide *verify_side_source(RowSource *source, Arena *arena) {
    static const VerifySideOps ops = {source_side_start, source_side_next, source_side_close};
    SourceSide *side = ARENA_NEW(arena, SourceSide);
    *side = (SourceSide){.base = {.ops = &ops}, .source = source};
    return &side->base;
}

/* ---- a dataset ---- */

typedef struct DatasetSide {
    VerifySide base;
    const Ingest *ingest;
    const Snapshot *snapshot;
    Progress *progress;
    ObjectStore *store;
    DuckSession *session;
    Arena *scratch; /* one file's texts */
    RowStream *rows;
    size_t file; /* the next one */
} DatasetSide;

static void stop_file(DatasetSide *side) {
    if (side->rows != NULL)
        side->rows->close(side->rows);
    side->rows = NULL;
}

static Str file_select(const DatasetSide *side, Str table, const DuckColumn *present,
                       size_t present_count) {
    StrBuf sql = strbuf_make(side->scratch);
    for (size_t i = 0; i < side->snapshot->schema.count; i++) {
        const SchemaColumn *column = &side->snapshot->schema.columns[i];
        Str name = duck_identifier(column->name, side->scratch);
        bool found = false;
        for (size_t p = 0; p < present_count && !found; p++)
            found = str_eq(present[p].name, column->name);
        Str value = plain_value_sql(found ? name : STR("NULL"), column->type, side->scratch);
        strbuf_append_format(&sql, "%s%.*s AS %.*s", i == 0 ? "SELECT " : ", ", STR_ARG(value),
                             STR_ARG(name));
    }
    strbuf_append_format(&sql, " FROM %.*s", STR_ARG(table));
    return strbuf_str(&sql);
}

static bool open_file(DatasetSide *side, const DataFile *file, Err *err) {
    Str path;
    DuckColumn *present;
    size_t count;
    arena_reset(side->scratch);
    if (!object_cache_path(side->ingest->cache, side->snapshot->bucket, side->store, file->key,
                           side->scratch, &path, err))
        return err_wrap(err, "open a data file of '%.*s'", STR_ARG(side->snapshot->dataset));
    Str literal = duck_literal(path, side->scratch);
    Str table = str_format(side->scratch, "read_parquet(%.*s)", STR_ARG(literal));
    Str all = str_format(side->scratch, "SELECT * FROM %.*s", STR_ARG(table));
    return duck_describe(side->session, all, side->scratch, &present, &count, err) &&
           duck_select(side->session, file_select(side, table, present, count), side->progress,
                       &side->rows, err);
}

static bool dataset_side_start(VerifySide *base, Err *err) {
    (void)err;
    DatasetSide *side = (DatasetSide *)base;
    stop_file(side);
    side->file = 0;
    return true;
}

static bool dataset_side_next(VerifySide *base, RowBatch *out, Err *err) {
    DatasetSide *side = (DatasetSide *)base;
    for (;;) {
        if (side->rows != NULL) {
            if (!side->rows->next(side->rows, out, err))
                return false;
            if (out->row_count > 0)
                return true;
            stop_file(side);
        }
        if (side->file == side->snapshot->file_count) {
            *out = (RowBatch){0};
            return true;
        }
        if (!open_file(side, &side->snapshot->files[side->file++], err))
            return false;
    }
}

static void dataset_side_close(VerifySide *base) {
    DatasetSide *side = (DatasetSide *)base;
    stop_file(side);
    duck_session_close(side->session);
    arena_destroy(side->scratch);
}

VerifySide *verify_side_dataset(const Ingest *ingest, const Snapshot *snapshot, Progress *progress,
                                Arena *arena, Err *err) {
    static const VerifySideOps ops = {dataset_side_start, dataset_side_next, dataset_side_close};
    DatasetSide *side = ARENA_NEW(arena, DatasetSide);
    *side = (DatasetSide){
        .base = {.ops = &ops}, .ingest = ingest, .snapshot = snapshot, .progress = progress};
    if (!bucket_find(ingest->buckets, snapshot->bucket, arena, &side->store, err))
        return NULL;
    side->session = duck_session_open(ingest->duck, err);
    if (side->session == NULL)
        return NULL;
    side->scratch = arena_create();
    return &side->base;
}
