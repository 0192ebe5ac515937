/* upsert.c - merge a load into a dataset by key, file by file.
 *
 *   rows of the load, one a key -> for each data file: how many of its rows have such a key?
 *     none: keep it    all: drop it    some: write the others again
 *
 * Joins run in DuckDB over the key columns only, and spill when they must. Rows whose key is NULL
 * match nothing: such rows of the load were rejected before, such rows of the dataset stay. Every
 * rewritten file must hold exactly the rows that were not matched: counted twice, or refused.
 *
 * Tested by: test_upsert.c. */
#include "ingest/upsert.h"

#include <inttypes.h>

bool upsert_keys(Str text, Arena *arena, StrVec *out, Err *err) {
    StrVec keys = {0};
    Str head;
    while (text.length > 0) {
        text = str_cut(text, ',', &head);
        Str key = str_trim(head);
        for (size_t i = 0; i < keys.count; i++)
            if (str_eq(keys.items[i], key)) {
                err_fail(err, FAIL_INVALID, "key column '%.*s' is named twice", STR_ARG(key));
                return err_field(err, "key");
            }
        if (key.length > 0)
            *vec_push(&keys, arena) = str_dup(arena, key);
    }
    if (keys.count == 0) {
        err_fail(err, FAIL_INVALID, "an upsert needs key columns");
        return err_field(err, "key");
    }
    *out = keys;
    return true;
}

typedef struct Merge {
    const LoadContext *context;
    const Snapshot *current;
    const Schema *planned;
    uint64_t row_bytes;
    Arena *arena;
    Str loaded;      /* FROM clause of the load's rows */
    Str key_list;    /* "a", "b" */
    Str key_matches; /* old."a" = new."a" AND ... */
} Merge;

static bool take_number(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    if (batch->row_count > 0 && !row_is_null(&batch->columns[0], 0))
        *(uint64_t *)context = (uint64_t)((const int64_t *)batch->columns[0].values)[0];
    return true;
}

static bool ask_number(const Merge *merge, Str sql, uint64_t *out, Err *err) {
    *out = 0;
    return duck_query(merge->context->session, sql, merge->context->progress, take_number, out,
                      err);
}

static Str parquet_table(const Str *paths, size_t count, Arena *arena) {
    StrBuf sql = strbuf_make(arena);
    strbuf_append_c(&sql, "read_parquet([");
    for (size_t i = 0; i < count; i++) {
        Str literal = duck_literal(paths[i], arena);
        strbuf_append_format(&sql, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(literal));
    }
    strbuf_append_c(&sql, "])");
    return strbuf_str(&sql);
}

static void make_key_texts(Merge *merge) {
    StrBuf list = strbuf_make(merge->arena), matches = strbuf_make(merge->arena);
    for (size_t i = 0; i < merge->context->keys->count; i++) {
        Str key = duck_identifier(merge->context->keys->items[i], merge->arena);
        strbuf_append_format(&list, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(key));
        strbuf_append_format(&matches, "%sold.%.*s = new.%.*s", i == 0 ? "" : " AND ", STR_ARG(key),
                             STR_ARG(key));
    }
    merge->key_list = strbuf_str(&list);
    merge->key_matches = strbuf_str(&matches);
}

/* Keeps the last row of each key. The row number is taken in the order of the files. */
static bool drop_repeated(const Merge *merge, const UpsertRows *loaded, StagedFile *out,
                          uint64_t *out_repeated, Err *err) {
    Arena *arena = merge->arena;
    Str count = str_format(arena,
                           "SELECT coalesce(sum(n - 1), 0)::BIGINT FROM (SELECT count(*) AS n FROM "
                           "%.*s GROUP BY %.*s)",
                           STR_ARG(merge->loaded), STR_ARG(merge->key_list));
    if (!ask_number(merge, count, out_repeated, err))
        return false;
    if (*out_repeated == 0)
        return true;
    StrBuf names = strbuf_make(arena);
    for (size_t i = 0; i < merge->planned->count; i++) {
        Str name = duck_identifier(merge->planned->columns[i].name, arena);
        strbuf_append_format(&names, "%s%.*s", i == 0 ? "" : ", ", STR_ARG(name));
    }
    /* The name holds a blank in front, which no column of a dataset has. */
    Str select = str_format(
        arena,
        "SELECT %.*s FROM (SELECT *, row_number() OVER () AS \" n\" FROM %.*s) WHERE \" n\" IN "
        "(SELECT max(\" n\") FROM (SELECT %.*s, row_number() OVER () AS \" n\" FROM %.*s) "
        "GROUP BY %.*s)",
        STR_ARG(strbuf_str(&names)), STR_ARG(merge->loaded), STR_ARG(merge->key_list),
        STR_ARG(merge->loaded), STR_ARG(merge->key_list));
    if (!load_write_select(merge->context, select, merge->planned, merge->row_bytes, out, err))
        return false;
    return out->written.rows + *out_repeated == loaded->rows ||
           err_fail(err, FAIL_INTERNAL, "rows of repeated keys do not add up");
}

static bool has_keys(const Merge *merge, const DuckColumn *present, size_t present_count) {
    const StrVec *keys = merge->context->keys;
    size_t found = 0;
    for (size_t k = 0; k < keys->count; k++)
        for (size_t p = 0; p < present_count; p++)
            found += str_eq(present[p].name, keys->items[k]);
    return found == keys->count;
}

/* One data file of the dataset: keep, drop or write again. */
static bool merge_file(const Merge *merge, const DataFile *file, ObjectStore *store,
                       UpsertPlan *plan, Err *err) {
    Arena *arena = merge->arena;
    Str path;
    DuckColumn *present;
    size_t present_count;
    uint64_t matched;
    if (!object_cache_path(merge->context->cache, merge->current->bucket, store, file->key, arena,
                           &path, err))
        return err_wrap(err, "open a data file of '%.*s'", STR_ARG(merge->current->dataset));
    Str old = parquet_table(&path, 1, arena);
    Str all = str_format(arena, "SELECT * FROM %.*s", STR_ARG(old));
    if (!duck_describe(merge->context->session, all, arena, &present, &present_count, err))
        return false;
    if (!has_keys(merge, present, present_count))
        return true; /* older than the key column: every key in it is NULL */
    Str count = str_format(arena, "SELECT count(*) FROM %.*s old SEMI JOIN %.*s new ON %.*s",
                           STR_ARG(old), STR_ARG(merge->loaded), STR_ARG(merge->key_matches));
    if (!ask_number(merge, count, &matched, err))
        return false;
    if (matched == 0)
        return true;
    *vec_push(&plan->removed_keys, arena) = file->key;
    if (matched == file->rows)
        return true;
    Str columns = load_column_list(merge->planned, present, present_count, arena);
    Str select =
        str_format(arena, "SELECT %.*s FROM %.*s old ANTI JOIN %.*s new ON %.*s", STR_ARG(columns),
                   STR_ARG(old), STR_ARG(merge->loaded), STR_ARG(merge->key_matches));
    StagedFile rest;
    if (!load_write_select(merge->context, select, merge->planned, merge->row_bytes, &rest, err))
        return false;
    if (rest.written.rows + matched != file->rows)
        return err_fail(err, FAIL_INTERNAL,
                        "a data file of %" PRIu64 " rows lost %" PRIu64 " and kept %" PRIu64,
                        file->rows, matched, rest.written.rows);
    *vec_push(&plan->files, arena) = rest;
    return true;
}

bool upsert_rewrite(const LoadContext *context, const Snapshot *current, const Schema *planned,
                    const UpsertRows *loaded, UpsertPlan *out, Err *err) {
    Merge merge = {.context = context,
                   .current = current,
                   .planned = planned,
                   .row_bytes = loaded->row_bytes,
                   .arena = context->arena,
                   .loaded = parquet_table(loaded->paths, loaded->count, context->arena)};
    UpsertPlan plan = {0};
    make_key_texts(&merge);
    if (loaded->rows > 0 && !drop_repeated(&merge, loaded, &plan.last, &plan.repeated_keys, err))
        return false;
    if (plan.repeated_keys > 0)
        merge.loaded = parquet_table(&plan.last.path, 1, context->arena);
    size_t file_count = current != NULL && loaded->rows > 0 ? current->file_count : 0;
    ObjectStore *store = NULL;
    if (current != NULL &&
        !bucket_find(context->buckets, current->bucket, context->arena, &store, err))
        return false;
    progress_start(context->progress, "merging", "files", file_count);
    for (size_t i = 0; i < file_count; i++) {
        if (!merge_file(&merge, &current->files[i], store, &plan, err))
            return false;
        progress_add(context->progress, 1);
    }
    *out = plan;
    return true;
}
