/* test_embed_batch.c - a model that fails calls: texts are tried one by one, and the document that
 * still fails is named; calls hold no more texts than allowed. */
#include "unit.h"

#include "index/embed_batch.h"
#include "index_fixture.h"

enum { DIMENSION = 4 };

/* Fails any call that holds a text beginning with '!' beside others, and '#' always. */
typedef struct Moody {
    Embedder base;
    size_t calls, texts_max;
} Moody;

static bool moody_embed(Embedder *embedder, const EmbedRequest *request, float *out_vectors,
                        bool *out_truncated, Err *err) {
    Moody *moody = (Moody *)embedder;
    moody->calls++;
    if (request->count > moody->texts_max)
        moody->texts_max = request->count;
    for (size_t i = 0; i < request->count; i++) {
        char first = request->texts[i].data[0];
        if (first == '#' || (first == '!' && request->count > 1))
            return err_fail(err, FAIL_UPSTREAM, "the model is moody");
        for (size_t k = 0; k < DIMENSION; k++)
            out_vectors[i * DIMENSION + k] = k == (unsigned char)first % DIMENSION ? 1.0f : 0.0f;
        out_truncated[i] = first == 't';
    }
    return true;
}

static void moody_destroy(Embedder *embedder) {
    (void)embedder; /* lives on the test's stack */
}

static const EmbedderOps moody_ops = {"moody", moody_embed, moody_destroy};

typedef struct Case {
    Fixture *fixture;
    Moody moody;
    EmbedTerms terms;
    EmbedBatch batch;
    SegmentHome home;
} Case;

static void case_begin(Case *c) {
    c->fixture = fixture_create();
    c->moody = (Moody){.base = {&moody_ops, {.name = STR("moody"), .dimensions = DIMENSION}}};
    c->terms = (EmbedTerms){.embedder = &c->moody.base,
                            .chunking = {100, 10},
                            .texts_per_call = 3,
                            .dimensions = DIMENSION,
                            .metric = METRIC_COSINE,
                            .budget = c->fixture->budget};
    embed_batch_init(&c->batch, &c->terms);
    c->home = (SegmentHome){.index_name = STR("x"),
                            .bucket = STR("primary"),
                            .store = c->fixture->faulty,
                            .backend = &row_store_parquet,
                            .dimension = DIMENSION,
                            .cache_directory = c->fixture->config.row_cache_directory,
                            .duck = c->fixture->duck,
                            .cache = c->fixture->cache};
}

static void case_end(Case *c) {
    embed_batch_deinit(&c->batch);
    fixture_destroy(c->fixture);
}

static void add(Case *c, const char *text) {
    Err err = {0};
    size_t chunks = 0;
    BatchDoc doc = {.id = str_c(text), .source = STR("s"), .text = str_c(text)};
    assert_ok(embed_batch_add_text(&c->batch, &doc, &chunks, &err), &err);
    assert_int_equal(chunks, 1);
}

static bool store(Case *c, BatchStored *out, Err *err) {
    return embed_batch_store(&c->batch, &c->home, 7, NULL, c->fixture->arena, out, err);
}

static void test_calls_are_bounded_and_in_order(void **state) {
    (void)state;
    Case c;
    case_begin(&c);
    static const char *const texts[] = {"a", "b", "t", "d", "e", "f", "g"};
    for (size_t i = 0; i < 7; i++)
        add(&c, texts[i]);
    BatchStored stored;
    Err err = {0};
    assert_ok(store(&c, &stored, &err), &err);
    assert_int_equal(c.moody.calls, 3);
    assert_int_equal(c.moody.texts_max, 3);
    assert_int_equal(stored.embedded_chunks, 7);
    assert_int_equal(stored.truncated_chunks, 1);
    assert_int_equal(stored.segment.ref.first_row_id, 7);
    for (uint32_t i = 0; i < 7; i++) {
        IndexRow row = row_cache_row(stored.segment.rows, i);
        assert_str_equal(row.doc_id, texts[i]);
        assert_true(row.vector[(unsigned char)texts[i][0] % DIMENSION] == 1.0f);
    }
    row_cache_release(stored.segment.rows);
    case_end(&c);
}

static void test_a_failed_call_is_tried_text_by_text(void **state) {
    (void)state;
    Case c;
    case_begin(&c);
    add(&c, "a");
    add(&c, "!b");
    add(&c, "c");
    BatchStored stored;
    Err err = {0};
    assert_ok(store(&c, &stored, &err), &err);
    assert_int_equal(c.moody.calls, 4);
    assert_int_equal(stored.embedded_chunks, 3);
    row_cache_release(stored.segment.rows);
    case_end(&c);
}

static void test_the_document_that_fails_alone_is_named(void **state) {
    (void)state;
    Case c;
    case_begin(&c);
    add(&c, "a");
    add(&c, "#broken");
    BatchStored stored;
    Err err = {0};
    assert_fails(store(&c, &stored, &err), &err, FAIL_UPSTREAM);
    assert_non_null(strstr(err.message, "#broken"));
    assert_int_equal(fixture_count_objects(c.fixture, "vectors/"), 0);
    case_end(&c);
}

static void test_memory_comes_from_the_budget(void **state) {
    (void)state;
    Case c;
    case_begin(&c);
    Budget *small = budget_create(8);
    c.terms.budget = small;
    add(&c, "a");
    BatchStored stored;
    Err err = {0};
    assert_fails(store(&c, &stored, &err), &err, FAIL_NO_MEMORY);
    assert_int_equal(budget_used(small), 0);
    case_end(&c);
    budget_destroy(small);
}

static void test_bad_text_names_the_document(void **state) {
    (void)state;
    Case c;
    case_begin(&c);
    Err err = {0};
    size_t chunks = 0;
    BatchDoc doc = {.id = STR("doc 9"), .text = STR("\xff\xfe")};
    assert_fails(embed_batch_add_text(&c.batch, &doc, &chunks, &err), &err, FAIL_UNPROCESSABLE);
    assert_non_null(strstr(err.message, "doc 9"));
    case_end(&c);
}

int suite_test_embed_batch(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_are_bounded_and_in_order),
        cmocka_unit_test(test_a_failed_call_is_tried_text_by_text),
        cmocka_unit_test(test_the_document_that_fails_alone_is_named),
        cmocka_unit_test(test_memory_comes_from_the_budget),
        cmocka_unit_test(test_bad_text_names_the_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
