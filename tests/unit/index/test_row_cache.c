/* test_row_cache.c - rows in, rows out of the mapping; and every part of a file damaged in turn. */
#include "unit.h"

#include <math.h>

#include "base/rng.h"
#include "index/row_cache_writer.h"
#include "temp_folder.h"

enum { DIMENSION = 6 };

typedef struct Rows {
    Arena *arena;
    char *folder, *path;
    IndexRow *rows;
    size_t count;
} Rows;

/* Documents of one to four chunks, with gaps in the ids. */
static Rows make_rows(size_t count) {
    Rows rows = {.arena = arena_create(), .folder = temp_folder_create(), .count = count};
    Rng rng = rng_seeded(count + 1);
    rows.path = str_to_c(rows.arena, str_format(rows.arena, "%s/x.rows", rows.folder));
    rows.rows = ARENA_ARRAY(rows.arena, IndexRow, count);
    uint64_t id = 7;
    for (size_t i = 0, left = 0, chunk = 0, doc = 0; i < count; i++, chunk++, left--) {
        if (left == 0) {
            left = 1 + rng_below(&rng, 4);
            chunk = 0;
            doc++;
        }
        float *vector = ARENA_ARRAY(rows.arena, float, DIMENSION);
        for (size_t k = 0; k < DIMENSION; k++)
            vector[k] = (float)rng_normal(&rng);
        rows.rows[i] = (IndexRow){
            .row_id = id,
            .doc_id = str_format(rows.arena, "doc %zu", doc),
            .chunk_idx = (int32_t)chunk,
            .chunk_text = str_format(rows.arena, "chunk %zu of doc %zu \xc3\xa5", chunk, doc),
            .source = doc % 7 == 0 ? STR("other") : STR("source"),
            .content_hash = {doc, ~(uint64_t)doc},
            .vector = vector,
        };
        id += 1 + rng_below(&rng, 3);
    }
    return rows;
}

static void write_rows(const Rows *rows) {
    Err err = {0};
    RowCachePlan plan = {rows->path, rows->count, DIMENSION, NULL};
    RowCacheWriter *writer = row_cache_writer_create(&plan, &err);
    assert_non_null(writer);
    for (size_t i = 0; i < rows->count; i++)
        assert_ok(row_cache_writer_add(writer, &rows->rows[i], &err), &err);
    assert_ok(row_cache_writer_finish(writer, &err), &err);
    row_cache_writer_destroy(writer);
}

static void free_rows(Rows *rows) {
    temp_folder_remove(rows->folder);
    arena_destroy(rows->arena);
}

static void check_row(const RowCache *cache, const IndexRow *expected, uint32_t at) {
    IndexRow row = row_cache_row(cache, at);
    assert_int_equal(row.row_id, expected->row_id);
    assert_int_equal(row.chunk_idx, expected->chunk_idx);
    assert_true(str_eq(row.doc_id, expected->doc_id));
    assert_true(str_eq(row.chunk_text, expected->chunk_text));
    assert_true(str_eq(row.source, expected->source));
    assert_int_equal(row.content_hash.high, expected->content_hash.high);
    assert_memory_equal(row.vector, expected->vector, DIMENSION * sizeof(float));
    uint32_t found = 0;
    assert_true(row_cache_find_row(cache, expected->row_id, &found));
    assert_int_equal(found, at);
    uint32_t doc = 0;
    uint32_t cursor = 0;
    assert_true(row_cache_find_doc(cache, expected->doc_id, &cursor, &doc));
    assert_int_equal(doc, row_cache_doc_of(cache, at));
    assert_int_equal(row_cache_doc(cache, doc).first_row, at - (uint32_t)expected->chunk_idx);
}

static void test_round_trip(void **state) {
    (void)state;
    for (size_t count = 1; count < 3000; count = count * 3 + 1) {
        Rows rows = make_rows(count);
        write_rows(&rows);
        Err err = {0};
        RowCache *cache = row_cache_open(rows.path, &err);
        assert_non_null(cache);
        assert_int_equal(row_cache_rows(cache), count);
        for (uint32_t i = 0; i < count; i++)
            check_row(cache, &rows.rows[i], i);
        uint32_t unused = 0;
        uint32_t cursor = 0;
        assert_false(row_cache_find_row(cache, 0, &unused));
        assert_false(row_cache_find_doc(cache, STR("no such"), &cursor, &unused));
        row_cache_release(cache);
        free_rows(&rows);
    }
}

static void test_two_versions_of_a_document_are_both_found(void **state) {
    (void)state;
    Rows rows = make_rows(2);
    rows.rows[1].doc_id = rows.rows[0].doc_id;
    rows.rows[1].chunk_idx = 0;
    rows.rows[1].content_hash.low++;
    write_rows(&rows);
    Err err = {0};
    RowCache *cache = row_cache_open(rows.path, &err);
    assert_non_null(cache);
    assert_int_equal(row_cache_docs(cache), 2);
    uint32_t cursor = 0;
    uint32_t doc = 0;
    unsigned seen = 0;
    while (row_cache_find_doc(cache, rows.rows[0].doc_id, &cursor, &doc))
        seen |= 1u << doc;
    assert_int_equal(seen, 3);
    row_cache_release(cache);
    free_rows(&rows);
}

static void test_a_flipped_bit_anywhere_is_seen(void **state) {
    (void)state;
    Rows rows = make_rows(40);
    write_rows(&rows);
    FILE *file = fopen(rows.path, "r+b");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    size_t unseen = 0;
    for (long at = 0; at < size; at++) {
        Err err = {0};
        fseek(file, at, SEEK_SET);
        int byte = fgetc(file);
        fseek(file, at, SEEK_SET);
        fputc(byte ^ 4, file);
        fflush(file);
        RowCache *cache = row_cache_open(rows.path, &err);
        unseen += cache != NULL; /* only the padding between sections may change unseen */
        if (cache == NULL)
            assert_int_equal(err.kind, FAIL_CORRUPT);
        row_cache_release(cache);
        fseek(file, at, SEEK_SET);
        fputc(byte, file);
    }
    fclose(file);
    assert_true(unseen < 4 * 64);
    free_rows(&rows);
}

static void test_every_shorter_file_is_refused(void **state) {
    (void)state;
    Rows rows = make_rows(20);
    write_rows(&rows);
    Err err = {0};
    RowCache *cache = row_cache_open(rows.path, &err);
    uint64_t size = row_cache_bytes(cache);
    row_cache_release(cache);
    while (size-- > 0) {
        assert_int_equal(truncate(rows.path, (off_t)size), 0);
        err_clear(&err);
        assert_null(row_cache_open(rows.path, &err));
        assert_int_equal(err.kind, FAIL_CORRUPT);
    }
    unlink(rows.path);
    assert_null(row_cache_open(rows.path, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
    free_rows(&rows);
}

static void test_the_writer_refuses_what_cannot_be(void **state) {
    (void)state;
    Rows rows = make_rows(3);
    Err err = {0};
    RowCachePlan plan = {rows.path, 3, DIMENSION, NULL};
    RowCacheWriter *writer = row_cache_writer_create(&plan, &err);
    assert_ok(row_cache_writer_add(writer, &rows.rows[1], &err), &err);
    assert_fails(row_cache_writer_add(writer, &rows.rows[0], &err), &err, FAIL_CORRUPT);
    float bad[DIMENSION] = {0, NAN};
    IndexRow row = rows.rows[2];
    row.vector = bad;
    assert_fails(row_cache_writer_add(writer, &row, &err), &err, FAIL_CORRUPT);
    assert_non_null(strstr(err.message, "doc"));
    assert_fails(row_cache_writer_finish(writer, &err), &err, FAIL_CORRUPT);
    row_cache_writer_destroy(writer);
    assert_int_not_equal(access(rows.path, F_OK), 0); /* nothing is left of it */
    free_rows(&rows);
}

static void test_memory_comes_from_the_budget(void **state) {
    (void)state;
    Rows rows = make_rows(1);
    Err err = {0};
    Budget *budget = budget_create(1 << 20);
    RowCachePlan plan = {rows.path, 1 << 20, DIMENSION, budget};
    assert_null(row_cache_writer_create(&plan, &err));
    assert_int_equal(err.kind, FAIL_NO_MEMORY);
    assert_int_equal(budget_used(budget), 0);
    budget_destroy(budget);
    free_rows(&rows);
}

int suite_test_row_cache(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_two_versions_of_a_document_are_both_found),
        cmocka_unit_test(test_a_flipped_bit_anywhere_is_seen),
        cmocka_unit_test(test_every_shorter_file_is_refused),
        cmocka_unit_test(test_the_writer_refuses_what_cannot_be),
        cmocka_unit_test(test_memory_comes_from_the_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
