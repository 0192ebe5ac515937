/* test_embedder.c - what the wrapper refuses from a backend that lies. */
#include "unit.h"

#include <math.h>

#include "base/metrics.h"
#include "embed/embedder.h"

typedef struct LyingEmbedder {
    Embedder base;
    float vectors[2][4];
    bool fails;
} LyingEmbedder;

static bool lying_embed(Embedder *embedder, const EmbedRequest *request, float *out_vectors,
                        bool *out_truncated, Err *err) {
    const LyingEmbedder *lying = (const LyingEmbedder *)embedder;
    (void)out_truncated;
    if (lying->fails)
        return err_fail(err, FAIL_TIMEOUT, "no answer");
    memcpy(out_vectors, lying->vectors, request->count * sizeof lying->vectors[0]);
    return true;
}

static void lying_destroy(Embedder *embedder) {
    (void)embedder;
}

static const EmbedderOps lying_ops = {
    .name = "lying", .embed = lying_embed, .destroy = lying_destroy};

static LyingEmbedder make(void) {
    return (LyingEmbedder){
        .base = {.ops = &lying_ops, .info = {.name = STR("liar"), .dimensions = 4}},
        .vectors = {{1, 0, 0, 0}, {0, 0.6F, 0.8F, 0}}};
}

static const Str texts[] = {{"a", 1}, {"b", 1}};
static const EmbedRequest request = {.role = EMBED_DOCUMENT, .texts = texts, .count = 2};

static void lets_good_answers_through(void **state) {
    (void)state;
    Err err = {0};
    LyingEmbedder lying = make();
    float out[8];
    uint64_t before = metric_value(METRIC_EMBED_TEXTS);
    assert_ok(embedder_embed(&lying.base, &request, out, NULL, &err), &err);
    assert_true(out[6] == 0.8F);
    assert_int_equal(metric_value(METRIC_EMBED_TEXTS), before + 2);
    EmbedRequest none = {.texts = NULL, .count = 0};
    lying.fails = true; /* nothing asked: not even called */
    assert_ok(embedder_embed(&lying.base, &none, NULL, NULL, &err), &err);
    embedder_destroy(NULL);
}

static void refuses_bad_vectors(void **state) {
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY, 0, 0.97F, 1.04F};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Err err = {0};
        LyingEmbedder lying = make();
        lying.vectors[1][1] = 0;
        lying.vectors[1][2] = bad[i];
        float out[8];
        assert_fails(embedder_embed(&lying.base, &request, out, NULL, &err), &err, FAIL_UPSTREAM);
        assert_non_null(strstr(err.message, "liar"));
        assert_non_null(strstr(err.message, "text 1"));
    }
    Err err = {0};
    LyingEmbedder lying = make();
    lying.fails = true;
    float out[8];
    assert_fails(embedder_embed(&lying.base, &request, out, NULL, &err), &err, FAIL_TIMEOUT);
}

int suite_test_embedder(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_good_answers_through),
        cmocka_unit_test(refuses_bad_vectors),
    };
    return cmocka_run_group_tests_name("embedder", tests, NULL, NULL);
}
