/* table_case.c - see table_case.h. */
#include "table_case.h"

bool table_case_try(IngestCase *c, const IngestTableRequest *request, const MemoryTable *table) {
    RowSource *source = source_memory_open(table, NULL);
    err_clear(&c->err);
    bool ok = ingest_source(c->ingest, request, source, NULL, c->arena, &c->result, &c->err);
    row_source_close(source);
    return ok;
}

void table_case_load(IngestCase *c, const IngestTableRequest *request, const MemoryTable *table) {
    assert_ok(table_case_try(c, request, table), &c->err);
}

MemoryTable table_case_numbers(IngestCase *c, size_t count, const char *prefix) {
    static const MemoryColumn columns[] = {{"id", "int", {"INTEGER", "BIGINT"}, NULL},
                                           {"v", "text", {"VARCHAR"}, NULL}};
    static const size_t key[] = {0};
    const char **cells = ARENA_ARRAY(c->arena, const char *, count * 2);
    size_t step = count % 13 == 0 ? 1 : 13; /* coprime to the count: every id once */
    for (size_t row = 0; row < count; row++) {
        size_t id = row * step % count + 1;
        cells[row * 2] = str_format(c->arena, "%zu", id).data;
        cells[row * 2 + 1] = id % 7 == 0 ? NULL : str_format(c->arena, "%s%zu", prefix, id).data;
    }
    return (MemoryTable){.columns = columns,
                         .column_count = 2,
                         .cells = cells,
                         .row_count = count,
                         .key_columns = key,
                         .key_count = 1};
}

size_t table_case_objects(IngestCase *c, const char *prefix) {
    ListRequest request = {.prefix = str_c(prefix), .cursor = STR_EMPTY};
    ObjectPage page;
    assert_ok(store_list(c->primary, &request, c->arena, &page, &c->err), &c->err);
    return page.count;
}

Snapshot table_case_snapshot(IngestCase *c, const char *dataset) {
    Snapshot snapshot;
    assert_ok(catalog_snapshot(c->catalog, str_c(dataset), 0, c->arena, &snapshot, &c->err),
              &c->err);
    return snapshot;
}

void table_case_expect_tidy(IngestCase *c, const char *dataset) {
    Snapshot *history;
    size_t count, named = 0;
    assert_ok(
        catalog_history(c->catalog, str_c(dataset), 1000, c->arena, &history, &count, &c->err),
        &c->err);
    for (size_t i = 0; i < count; i++) /* files are added once: count where they came */
        for (size_t f = 0; f < history[i].file_count; f++) {
            bool known = false;
            for (size_t p = 0; i + 1 < count && p < history[i + 1].file_count && !known; p++)
                known = str_eq(history[i + 1].files[p].key, history[i].files[f].key);
            named += !known;
        }
    Str data = str_format(c->arena, "data/%s/", dataset);
    Str journal = str_format(c->arena, "journal/loads/%s/", dataset);
    assert_int_equal(table_case_objects(c, data.data), named);
    assert_int_equal(table_case_objects(c, journal.data), 0);
}

bool table_case_has_note(IngestCase *c, const char *part) {
    for (size_t i = 0; i < c->result.notes.count; i++)
        if (str_find(c->result.notes.items[i], str_c(part), 0) != SIZE_MAX)
            return true;
    return false;
}
