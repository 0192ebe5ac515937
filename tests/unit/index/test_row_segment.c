/* test_row_segment.c - segments stored, mapped, lost, damaged, and read by a stranger's SQL. */
#include "unit.h"

#include <unistd.h>

#include "base/hash.h"
#include "base/rng.h"
#include "index_fixture.h"

enum { DIMENSION = 5, ROWS = 9000 };

static SegmentHome home_of(Fixture *fixture, uint32_t dimension) {
    return (SegmentHome){.index_name = STR("x"),
                         .bucket = STR("primary"),
                         .store = fixture->faulty,
                         .backend = &row_store_parquet,
                         .dimension = dimension,
                         .cache_directory = fixture->config.row_cache_directory,
                         .duck = fixture->duck,
                         .cache = fixture->cache,
                         .budget = fixture->budget};
}

static Segment make_segment(Fixture *fixture, const SegmentHome *home, uint64_t count) {
    Err err = {0};
    SegmentDraft draft;
    Segment segment;
    Rng rng = rng_seeded(count);
    assert_ok(segment_draft_begin(home, count, fixture->arena, &draft, &err), &err);
    for (uint64_t i = 0; i < count; i++) {
        float vector[DIMENSION];
        for (size_t k = 0; k < DIMENSION; k++)
            vector[k] = (float)rng_normal(&rng);
        IndexRow row = {.row_id = 100 + 2 * i,
                        .doc_id = str_format(fixture->arena, "d%llu", (unsigned long long)i / 3),
                        .chunk_idx = (int32_t)(i % 3),
                        .chunk_text = str_format(fixture->arena, "text '%llu' \n\xe6\x97\xa5",
                                                 (unsigned long long)i),
                        .source = STR("docs"),
                        .content_hash = {i / 3, UINT64_MAX - i / 3},
                        .vector = vector};
        assert_ok(row_cache_writer_add(draft.writer, &row, &err), &err);
    }
    assert_ok(segment_draft_store(&draft, NULL, fixture->arena, &segment, &err), &err);
    return segment;
}

static void test_stored_lost_and_decoded_again(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    SegmentHome home = home_of(fixture, DIMENSION);
    Segment segment = make_segment(fixture, &home, ROWS);
    assert_int_equal(segment.ref.rows, ROWS);
    assert_int_equal(segment.ref.last_row_id, 100 + 2 * (ROWS - 1));
    segment_forget(&home, segment.ref.checksum);
    Err err = {0};
    RowCache *decoded = segment_open(&home, &segment.ref, &err);
    assert_non_null(decoded);
    for (uint32_t i = 0; i < ROWS; i++) {
        IndexRow a = row_cache_row(segment.rows, i);
        IndexRow b = row_cache_row(decoded, i);
        assert_int_equal(a.row_id, b.row_id);
        assert_int_equal(a.chunk_idx, b.chunk_idx);
        assert_true(str_eq(a.doc_id, b.doc_id) && str_eq(a.chunk_text, b.chunk_text) &&
                    str_eq(a.source, b.source));
        assert_memory_equal(&a.content_hash, &b.content_hash, sizeof a.content_hash);
        assert_memory_equal(a.vector, b.vector, DIMENSION * sizeof(float));
    }
    row_cache_release(decoded);
    row_cache_release(segment.rows);
    fixture_destroy(fixture);
}

static bool take_counts(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    for (size_t i = 0; i < batch->column_count && batch->row_count > 0; i++)
        ((int64_t *)context)[i] = ((const int64_t *)batch->columns[i].values)[0];
    return true;
}

/* Another tool's view: small row groups, plain types, the rows in order. */
static void test_a_stranger_reads_it(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    SegmentHome home = home_of(fixture, DIMENSION);
    Segment segment = make_segment(fixture, &home, ROWS);
    Err err = {0};
    Str path;
    assert_ok(store_local_path(fixture->faulty, segment.ref.key, fixture->arena, &path, &err),
              &err);
    Str file = duck_literal(path, fixture->arena);
    Str sql = str_format(
        fixture->arena,
        "SELECT count(*)::BIGINT, count(DISTINCT doc_id)::BIGINT, min(len(vector))::BIGINT, "
        "max(len(vector))::BIGINT, max(len(content_hash))::BIGINT, (SELECT "
        "max(row_group_num_rows)::BIGINT FROM parquet_metadata(%.*s)), count(*) FILTER (row_id = "
        "100 + 2 * file_row_number)::BIGINT FROM read_parquet(%.*s, file_row_number = true)",
        STR_ARG(file), STR_ARG(file));
    int64_t counts[7] = {0};
    DuckSession *session = duck_session_open(fixture->duck, &err);
    assert_ok(duck_query(session, sql, NULL, take_counts, counts, &err), &err);
    duck_session_close(session);
    assert_int_equal(counts[0], ROWS);
    assert_int_equal(counts[1], ROWS / 3);
    assert_int_equal(counts[2], DIMENSION);
    assert_int_equal(counts[3], DIMENSION);
    assert_int_equal(counts[4], 32);
    assert_true(counts[5] <= 8192);
    assert_int_equal(counts[6], ROWS);
    row_cache_release(segment.rows);
    fixture_destroy(fixture);
}

static void refuse(const SegmentHome *home, const SegmentRef *ref, const char *said) {
    Err err = {0};
    segment_forget(home, ref->checksum);
    assert_null(segment_open(home, ref, &err));
    assert_int_equal(err.kind, FAIL_CORRUPT);
    if (strstr(err.message, said) == NULL)
        fail_msg("'%s' does not say '%s'", err.message, said);
}

static void test_damage_is_named(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    SegmentHome home = home_of(fixture, DIMENSION);
    Segment segment = make_segment(fixture, &home, 30);
    Err err = {0};
    SegmentRef ref = segment.ref;
    ref.rows = 29;
    ref.last_row_id -= 2;
    refuse(&home, &ref, "more rows than the 29");
    ref = segment.ref;
    ref.rows = 31;
    refuse(&home, &ref, "30 rows came, 31 were announced");
    ref = segment.ref;
    ref.first_row_id = 99;
    refuse(&home, &ref, "not those that the head names");
    SegmentHome wider = home_of(fixture, DIMENSION + 1);
    refuse(&wider, &segment.ref, "vectors of 5 dimensions, the index has 6");
    Str bytes;
    assert_ok(store_get(fixture->faulty, segment.ref.key, fixture->arena, &bytes, NULL, &err),
              &err);
    char *copy = str_to_c(fixture->arena, bytes);
    copy[bytes.length / 2] ^= 1;
    assert_ok(store_put(fixture->faulty, segment.ref.key, str_make(copy, bytes.length),
                        fixture->arena, NULL, &err),
              &err);
    refuse(&home, &segment.ref, "do not match their checksum");
    refuse(&home, &segment.ref, str_to_c(fixture->arena, segment.ref.key));
    row_cache_release(segment.rows);
    fixture_destroy(fixture);
}

/* A Parquet file of somebody else under a checksum that fits. */
static void test_other_columns_are_refused(void **state) {
    (void)state;
    Fixture *fixture = fixture_create();
    SegmentHome home = home_of(fixture, DIMENSION);
    Err err = {0};
    Str path = str_format(fixture->arena, "%s/other.parquet", fixture->folder);
    ParquetColumn columns[] = {{STR("row_id"), 1},     {STR("doc_id"), 2}, {STR("chunk_idx"), 3},
                               {STR("chunk_text"), 4}, {STR("source"), 5}, {STR("content_hash"), 6},
                               {STR("vector"), 7}};
    ParquetRequest request = {.path = path, .columns = columns, .column_count = 7};
    /* Each differs from a row of ours in one column. */
    static const char *const selects[] = {
        "SELECT 1::BIGINT AS row_id, 'a' AS doc_id, 0::INT AS chunk_idx, 't' AS chunk_text, "
        "'s' AS source, repeat('0', 32) AS content_hash, [1::FLOAT, 2, 3, 4, 5] AS vector",
        "SELECT 1::UBIGINT AS row_id, 'a' AS doc_id, 0::INT AS chunk_idx, NULL::VARCHAR AS "
        "chunk_text, 's' AS source, repeat('0', 32) AS content_hash, [1::FLOAT, 2, 3, 4, 5] AS "
        "vector",
        "SELECT 1::UBIGINT AS row_id, 'a' AS doc_id, 0::INT AS chunk_idx, 't' AS chunk_text, "
        "'s' AS source, repeat('x', 32) AS content_hash, [1::FLOAT, 2, 3, 4, 5] AS vector",
        "SELECT 1::UBIGINT AS row_id, 'a' AS doc_id, 0::INT AS chunk_idx, 't' AS chunk_text, "
        "'s' AS source, repeat('0', 32) AS content_hash, [1::FLOAT, 2, 3, 4, 'inf'] AS vector",
    };
    static const char *const said[] = {"columns are not those", "holds a null", "content hash",
                                       "not finite"};
    for (size_t i = 0; i < 4; i++) {
        ParquetWritten written;
        DuckSession *session = duck_session_open(fixture->duck, &err);
        assert_ok(duck_write_parquet(session, str_c(selects[i]), &request, fixture->arena, &written,
                                     &err),
                  &err);
        duck_session_close(session);
        SegmentRef ref = {.key = STR("vectors/x/rows/other.parquet"),
                          .rows = 1,
                          .first_row_id = 1,
                          .last_row_id = 1};
        assert_ok(file_checksum(path.data, fixture->arena, &ref.checksum, &ref.size_bytes, &err),
                  &err);
        PutSource source = {.path = path.data};
        PutCondition always = {.rule = PUT_ALWAYS};
        assert_ok(store_put_source(fixture->faulty, ref.key, &source, &always, fixture->arena, NULL,
                                   &err),
                  &err);
        refuse(&home, &ref, said[i]);
    }
    fixture_destroy(fixture);
}

static void test_backends(void **state) {
    (void)state;
    Err err = {0};
    assert_ptr_equal(row_store_find(STR_EMPTY, &err), &row_store_parquet);
    assert_ptr_equal(row_store_find(STR("parquet"), &err), &row_store_parquet);
    assert_null(row_store_find(STR("lance"), &err));
    assert_int_equal(err.kind, FAIL_UNSUPPORTED);
    assert_null(row_store_find(STR("csv"), &err));
    assert_int_equal(err.kind, FAIL_INVALID);
    assert_string_equal(err.field, "backend");
}

int suite_test_row_segment(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored_lost_and_decoded_again),
        cmocka_unit_test(test_a_stranger_reads_it),
        cmocka_unit_test(test_damage_is_named),
        cmocka_unit_test(test_other_columns_are_refused),
        cmocka_unit_test(test_backends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
