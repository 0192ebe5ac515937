/* test_index_formats.c - golden files of version 1: read for ever, and written to the byte as they
 * were. A change here needs a new version, not a new golden file. */
#include "unit.h"

#include <unistd.h>

#include "index/index_head.h"
#include "index/refresh_checkpoint.h"
#include "index/tombstones.h"
#include "index_fixture.h"
#include "source_file.h"
#include "temp_folder.h"

static Str golden(const char *name, Arena *arena) {
    return source_file_read(str_format(arena, "tests/data/formats/v1/%s", name).data, arena);
}

static void test_head(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Str bytes = golden("index_head.json", arena);
    IndexHead head;
    Err err = {0};
    assert_ok(index_head_parse(bytes, STR("resumes"), STR("primary"), arena, &head, &err), &err);
    assert_int_equal(head.segment_count, 2);
    assert_int_equal(head.segments[1].last_row_id, 40);
    assert_int_equal(head.graph.rows, 30);
    assert_int_equal(head.record.created_at_us, 1700000000000000);
    assert_true(str_eq(index_head_print(&head, arena), bytes));
    arena_destroy(arena);
}

static void test_tombstones(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Str bytes = golden("index_tombstones.bin", arena);
    RowIds rows;
    Err err = {0};
    assert_ok(tombstones_decode(bytes, arena, &rows, &err), &err);
    assert_int_equal(rows.count, 4);
    assert_int_equal(rows.ids[0], 0);
    assert_int_equal(rows.ids[3], 5000000000);
    assert_true(str_eq(tombstones_encode(rows, arena), bytes));
    arena_destroy(arena);
}

/* Two documents, the first of two chunks, three dimensions. */
static const float vectors[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0.6f, 0.8f}};
static const IndexRow rows[] = {
    {3, {"a", 1}, 0, {"first chunk", 11}, {"docs", 4}, {1, 2}, vectors[0]},
    {4, {"a", 1}, 1, {"second chunk", 12}, {"docs", 4}, {1, 2}, vectors[1]},
    {9, {"b\xc3\xa5", 3}, 0, {"other", 5}, {"", 0}, {3, 4}, vectors[2]},
};

static void check_rows(const RowCache *cache) {
    assert_int_equal(row_cache_rows(cache), 3);
    assert_int_equal(row_cache_docs(cache), 2);
    for (uint32_t i = 0; i < 3; i++) {
        IndexRow row = row_cache_row(cache, i);
        assert_int_equal(row.row_id, rows[i].row_id);
        assert_int_equal(row.chunk_idx, rows[i].chunk_idx);
        assert_true(str_eq(row.doc_id, rows[i].doc_id));
        assert_true(str_eq(row.chunk_text, rows[i].chunk_text));
        assert_true(str_eq(row.source, rows[i].source));
        assert_int_equal(row.content_hash.low, rows[i].content_hash.low);
        assert_int_equal(row.content_hash.high, rows[i].content_hash.high);
        assert_memory_equal(row.vector, vectors[i], sizeof vectors[i]);
    }
}

static Str read_whole(const char *path, Arena *arena) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = arena_alloc(arena, 1 << 16);
    size_t length = fread(bytes, 1, 1 << 16, file);
    fclose(file);
    return str_make(bytes, length);
}

static void write_whole(const char *path, Str bytes) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.length, file), bytes.length);
    fclose(file);
}

static void test_row_cache(void **state) {
    (void)state;
    Arena *arena = arena_create();
    char *folder = temp_folder_create();
    const char *path = str_format(arena, "%s/x.rows", folder).data;
    Err err = {0};
    RowCachePlan plan = {path, 3, 3, NULL};
    RowCacheWriter *writer = row_cache_writer_create(&plan, &err);
    assert_non_null(writer);
    for (size_t i = 0; i < 3; i++)
        assert_ok(row_cache_writer_add(writer, &rows[i], &err), &err);
    assert_ok(row_cache_writer_finish(writer, &err), &err);
    row_cache_writer_destroy(writer);
    Str bytes = golden("index_row_cache.rows", arena);
    assert_true(str_eq(read_whole(path, arena), bytes));
    write_whole(path, bytes);
    RowCache *cache = row_cache_open(path, &err);
    assert_non_null(cache);
    check_rows(cache);
    row_cache_release(cache);
    temp_folder_remove(folder);
    arena_destroy(arena);
}

static void test_segment(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    Err err = {0};
    const char *folder = fixture->folder;
    const char *segment = str_format(fixture->arena, "%s/golden.parquet", folder).data;
    const char *path = str_format(fixture->arena, "%s/x.rows", folder).data;
    write_whole(segment, golden("index_segment.parquet", fixture->arena));
    RowCachePlan plan = {path, 3, 3, NULL};
    RowCacheWriter *writer = row_cache_writer_create(&plan, &err);
    assert_non_null(writer);
    assert_ok(row_store_parquet.read(fixture->duck, segment, writer, 3, &err), &err);
    assert_ok(row_cache_writer_finish(writer, &err), &err);
    row_cache_writer_destroy(writer);
    RowCache *cache = row_cache_open(path, &err);
    assert_non_null(cache);
    check_rows(cache);
    row_cache_release(cache);
    fixture_destroy(fixture);
}

static void test_checkpoint(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    Err err = {0};
    Arena *arena = fixture->arena;
    assert_ok(store_put(fixture->faulty,
                        STR("vectors/x/staging/0123456789abcdef0123456789abcdef/checkpoint.json"),
                        golden("index_checkpoint.json", arena), arena, NULL, &err),
              &err);
    SegmentHome home = {.index_name = STR("x"), .bucket = STR("primary"), .store = fixture->faulty};
    CheckpointTerms terms = {STR("fingerprint"), 16, 500, 50, 41};
    Checkpoint checkpoint;
    assert_ok(checkpoint_open(&home, &terms, arena, &checkpoint, &err), &err);
    assert_int_equal(checkpoint.segment_count, 1);
    assert_int_equal(checkpoint.segments[0].ref.rows, 7);
    assert_int_equal(checkpoint.segments[0].truncated_chunks, 2);
    assert_int_equal(checkpoint_next_row_id(&checkpoint), 48);
    fixture_destroy(fixture);
}

int suite_test_index_formats(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head),       cmocka_unit_test(test_tombstones),
        cmocka_unit_test(test_row_cache),  cmocka_unit_test(test_segment),
        cmocka_unit_test(test_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
