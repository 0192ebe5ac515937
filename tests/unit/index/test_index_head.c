/* test_index_head.c - heads there and back, old ones, newer ones, and damaged ones. */
#include "unit.h"

#include "index/index_head.h"

static IndexHead make_head(Arena *arena) {
    IndexHead head = {0};
    head.record = (IndexRecord){
        .index_name = STR("resumes"),
        .source = STR("people"),
        .id_column = STR("id"),
        .text_column = STR("text"),
        .model_name = STR("fake"),
        .model_version = STR("latest"),
        .model_fingerprint = STR("f1"),
        .dimensions = 16,
        .metric = METRIC_L2,
        .chunk_count = 30,
        .doc_count = 20,
        .chunk_size = 500,
        .overlap = 50,
        .bucket = STR("primary"),
        .vector_backend = STR("parquet"),
        .storage_key = STR("vectors/resumes"),
        .created_at_us = 1700000000000000,
        .updated_at_us = 1700000000000001,
        .build_time_secs = 1.5,
        .chunks_per_sec = 20,
        .snapshot_id = 1735689600123,
    };
    head.segments = ARENA_ARRAY(arena, SegmentRef, 2);
    head.segment_count = 2;
    head.segments[0] = (SegmentRef){STR("vectors/resumes/rows/a.parquet"),  10, 1000, 0, 9,
                                    STR("00112233445566778899aabbccddeeff")};
    head.segments[1] = (SegmentRef){STR("vectors/resumes/rows/b.parquet"),  25, 2000, 12, 40,
                                    STR("ffeeddccbbaa99887766554433221100")};
    head.next_row_id = 41;
    head.tombstones = (TombstoneRef){STR("vectors/resumes/tombstones/t.bin"), 5,
                                     STR("00000000000000000000000000000001")};
    head.graph = (GraphRef){STR("vectors/resumes/builds/g.hnsw"), 30, 500, {16, 200, 64, 7}};
    head.source_counts = (SourceCounts){20, 1, 2, 3, 4};
    head.retired = ARENA_ARRAY(arena, Str, 1);
    head.retired[0] = STR("vectors/resumes/rows/old.parquet");
    head.retired_count = 1;
    head.write_id = STR("w1");
    return head;
}

static void test_there_and_back(void **state) {
    (void)state;
    Arena *arena = arena_create();
    IndexHead head = make_head(arena);
    Str text = index_head_print(&head, arena);
    IndexHead back;
    Err err = {0};
    assert_ok(index_head_parse(text, STR("resumes"), STR("primary"), arena, &back, &err), &err);
    Str again = index_head_print(&back, arena);
    assert_true(str_eq(text, again));
    assert_int_equal(back.record.metric, METRIC_L2);
    assert_int_equal(back.segments[1].first_row_id, 12);
    assert_int_equal(back.graph.params.seed, 7);
    assert_int_equal(back.source_counts.duplicate_ids, 4);
    assert_str_equal(back.record.live_kind, "hnsw");
    assert_int_equal(back.record.tombstone_count, 5);
    Str *keys;
    assert_int_equal(index_head_keys(&back, arena, &keys), 6);
    arena_destroy(arena);
}

/* A record from before buckets, sources, segments and formats. */
static void test_old_records_load(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Str text = STR("{\"index_name\":\"resumes_v12\",\"model_name\":\"nomic-embed-text\","
                   "\"model_version\":\"latest\",\"dimensions\":768,\"chunk_count\":0,"
                   "\"doc_count\":0,\"chunk_size\":500,\"overlap\":50,"
                   "\"storage_key\":\"vectors/resumes_v12.parquet\"}");
    IndexHead head;
    Err err = {0};
    assert_ok(index_head_parse(text, STR("resumes_v12"), STR("primary"), arena, &head, &err), &err);
    assert_str_equal(head.record.bucket, "primary");
    assert_str_equal(head.record.source, "resumes");
    assert_str_equal(head.record.vector_backend, "parquet");
    assert_str_equal(head.record.storage_key, "vectors/resumes_v12.parquet");
    assert_str_equal(head.record.live_kind, "exact");
    assert_int_equal(head.record.metric, METRIC_COSINE);
    arena_destroy(arena);
}

static void test_the_source_of_a_name(void **state) {
    (void)state;
    assert_str_equal(index_source_of_name(STR("resumes_v2")), "resumes");
    assert_str_equal(index_source_of_name(STR("resumes_v")), "resumes_v"); /* no version */
    assert_str_equal(index_source_of_name(STR("resumes2")), "resumes2");
    assert_str_equal(index_source_of_name(STR("_v2")), "_v2");
    assert_str_equal(index_source_of_name(STR("a_v1_v22")), "a_v1");
    assert_str_equal(index_source_of_name(STR("12")), "12");
}

static void test_unknown_fields_survive(void **state) {
    (void)state;
    Arena *arena = arena_create();
    IndexHead head = make_head(arena);
    head.extra = STR("{\"from_the_future\":{\"a\":[1,2]},\"other\":true}");
    IndexHead back;
    Err err = {0};
    Str text = index_head_print(&head, arena);
    assert_ok(index_head_parse(text, STR("resumes"), STR("primary"), arena, &back, &err), &err);
    Str again = index_head_print(&back, arena);
    assert_true(str_find(again, STR("from_the_future"), 0) != SIZE_MAX);
    assert_true(str_eq(text, again));
    IndexHead copy = index_head_copy(&back, arena);
    assert_true(str_eq(index_head_print(&copy, arena), text));
    arena_destroy(arena);
}

static Str replace(Arena *arena, Str text, const char *from, const char *to) {
    size_t at = str_find(text, str_c(from), 0);
    assert_true(at != SIZE_MAX);
    Str head = str_slice(text, 0, at);
    Str tail = str_slice(text, at + strlen(from), text.length);
    return str_format(arena, "%.*s%s%.*s", STR_ARG(head), to, STR_ARG(tail));
}

static void test_what_cannot_be_is_corrupt_and_named(void **state) {
    (void)state;
    static const struct {
        const char *from, *to;
    } damage[] = {
        {"\"format\": 1", "\"format\": 2"},
        {"\"format\": 1", "\"format\": 0"},
        {"\"index_name\": \"resumes\"", "\"index_name\": \"other\""},
        {"\"dimensions\": 16", "\"dimensions\": 0"},
        {"\"dimensions\": 16", "\"dimensions\": \"16\""},
        {"\"dimensions\": 16", "\"dimensions\": 99999999999"},
        {"\"metric\": \"l2\"", "\"metric\": \"l3\""},
        {"\"rows\": 25", "\"rows\": 30"}, /* more than ids */
        {"\"rows\": 25", "\"rows\": 0"},
        {"\"first_row_id\": 12", "\"first_row_id\": 5"}, /* ids go back */
        {"\"last_row_id\": 40", "\"last_row_id\": 41"},  /* beyond next_row_id */
        {"ffeeddccbbaa99887766554433221100", "../../../../etc/passwd/0123456789"},
        {"\"created_at\": \"2023", "\"created_at\": \"x023"},
        {"\"retired\": [", "\"retired\": [1,"},
        {"\"tombstones\": {", "\"tombstones\": [], \"x\": {"},
    };
    Arena *arena = arena_create();
    IndexHead head = make_head(arena);
    Str text = index_head_print(&head, arena);
    Err err = {0};
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        IndexHead back;
        Str bad = replace(arena, text, damage[i].from, damage[i].to);
        assert_fails(index_head_parse(bad, STR("resumes"), STR("b1"), arena, &back, &err), &err,
                     FAIL_CORRUPT);
        assert_non_null(strstr(err.message, "vectors/resumes/head.json"));
        assert_non_null(strstr(err.message, "b1"));
    }
    for (size_t cut = 0; cut < text.length; cut += 7) {
        IndexHead back;
        Str bad = str_slice(text, 0, cut);
        assert_fails(index_head_parse(bad, STR("resumes"), STR("b1"), arena, &back, &err), &err,
                     FAIL_CORRUPT);
    }
    arena_destroy(arena);
}

static void test_json_of_the_api(void **state) {
    (void)state;
    Arena *arena = arena_create();
    IndexHead head = make_head(arena);
    index_head_derive(&head);
    head.record.fresh = true;
    json_t *object = index_record_to_json(&head.record, arena);
    static const char *const fields[] = {
        "index_name",  "source",         "model_name",  "model_version", "model_fingerprint",
        "dimensions",  "chunk_count",    "doc_count",   "chunk_size",    "overlap",
        "bucket",      "vector_backend", "storage_key", "created_at",    "build_time_secs",
        "snapshot_id", "chunks_per_sec", "fresh",       "live_config",
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (json_object_get(object, fields[i]) == NULL)
            fail_msg("no field '%s'", fields[i]);
    const json_t *live = json_object_get(object, "live_config");
    assert_string_equal(json_string_value(json_object_get(live, "kind")), "hnsw");
    arena_destroy(arena);
}

int suite_test_index_head(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_old_records_load),
        cmocka_unit_test(test_the_source_of_a_name),
        cmocka_unit_test(test_unknown_fields_survive),
        cmocka_unit_test(test_what_cannot_be_is_corrupt_and_named),
        cmocka_unit_test(test_json_of_the_api),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
