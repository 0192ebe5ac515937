/* test_embedder_contract.c - the promises of embedder.h, over every backend: the fake one, a tiny
 * BERT with and without threads, and the real model where it is installed. */
#include "unit.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"
#include "embed/embedder.h"
#include "tiny_model.h"

typedef struct Backend {
    Arena *arena;
    ThreadPool *pool;
    Embedder *embedder;
    bool is_model; /* has a token limit */
} Backend;

static Backend open_folder(const char *folder, Arena *arena, size_t threads) {
    Err err = {0};
    Backend backend = {.arena = arena, .is_model = true};
    backend.pool = threads == 0 ? NULL : pool_create(threads);
    backend.embedder = embedder_builtin_open(
        &(BuiltinConfig){.name = STR("model"), .folder = str_c(folder), .pool = backend.pool},
        &err);
    if (backend.embedder == NULL)
        fail_msg("%s (%s)", err.message, err.detail);
    return backend;
}

static Backend open_backend(int which) {
    Arena *arena = arena_create();
    if (which == 0)
        return (Backend){.arena = arena, .embedder = embedder_fake_create(STR("fake"), 48)};
    if (which < 3)
        return open_folder(tiny_folder(arena, 7), arena, which == 1 ? 0 : 3);
    const char *deps = getenv("LAKEHOUSE_DEPS");
    char *folder =
        str_to_c(arena, str_format(arena, "%s/models/all-minilm-l6-v2", deps == NULL ? "." : deps));
    if (access(folder, R_OK) == 0)
        return open_folder(folder, arena, 2);
    print_message("no real model at LAKEHOUSE_DEPS: skipped\n");
    return (Backend){.arena = arena, .embedder = embedder_fake_create(STR("fake"), 8)};
}

static void close_backend(Backend *backend) {
    embedder_destroy(backend->embedder);
    pool_destroy(backend->pool);
    arena_destroy(backend->arena);
}

#define FOR_EACH_BACKEND(backend)                                                                  \
    for (int which_ = 0; which_ < 4; which_++)                                                     \
        for (Backend backend = open_backend(which_); backend.embedder != NULL;                     \
             close_backend(&backend), backend.embedder = NULL)

static const Str samples[] = {
    {"the river", 9},  {"", 0},
    {"house", 5},      {"\xf0\x9f\x98\x80\xe4\xb8\xad", 7},
    {"\0\x01\x02", 3}, {"the river runs by the house.", 28},
    {"   ", 3},        {"house", 5},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static float *embed(Backend *backend, const Str *texts, size_t count, EmbedRole role,
                    bool *truncated) {
    Err err = {0};
    float *vectors =
        ARENA_ARRAY(backend->arena, float, (count + 1) * backend->embedder->info.dimensions);
    EmbedRequest request = {.role = role, .texts = texts, .count = count};
    assert_ok(embedder_embed(backend->embedder, &request, vectors, truncated, &err), &err);
    return vectors;
}

static void describes_itself(void **state) {
    (void)state;
    FOR_EACH_BACKEND(backend) {
        const EmbedderInfo *info = &backend.embedder->info;
        assert_true(info->name.length > 0 && info->version.length > 0);
        assert_true(info->fingerprint.length > 0 && info->dimensions > 0);
        assert_true(info->batch_max > 0);
        assert_int_equal(info->tokens_max > 0, backend.is_model);
    }
}

static void vectors_are_unit_and_in_order(void **state) {
    (void)state;
    FOR_EACH_BACKEND(backend) {
        uint32_t width = backend.embedder->info.dimensions;
        float *together = embed(&backend, samples, SAMPLES, EMBED_DOCUMENT, NULL);
        for (size_t i = 0; i < SAMPLES; i++) {
            double squares = 0;
            for (uint32_t k = 0; k < width; k++)
                squares += pow((double)together[i * width + k], 2);
            assert_true(fabs(squares - 1) < 1e-5);
            float *alone = embed(&backend, &samples[i], 1, EMBED_DOCUMENT, NULL);
            assert_memory_equal(alone, together + i * width, width * sizeof *alone);
        }
        assert_memory_equal(together + 2 * width, together + 7 * width, width * sizeof(float));
        assert_memory_not_equal(together, together + 2 * width, width * sizeof(float));
    }
}

/* More texts than a slab, of random lengths: each equals itself alone. */
static void large_batches(void **state) {
    (void)state;
    enum { COUNT = 600 };
    FOR_EACH_BACKEND(backend) {
        size_t count = which_ == 3 ? 40 : COUNT; /* the real one is slow under sanitizers */
        uint32_t width = backend.embedder->info.dimensions;
        Rng rng = rng_seeded(11);
        Str *texts = ARENA_ARRAY(backend.arena, Str, COUNT);
        for (size_t i = 0; i < count; i++) {
            size_t length = rng_below(&rng, 60);
            char *text = arena_alloc(backend.arena, length + 1);
            for (size_t k = 0; k < length; k++)
                text[k] = "abcdefgh river. "[rng_below(&rng, 16)];
            texts[i] = (Str){text, length};
        }
        bool truncated[COUNT];
        float *together = embed(&backend, texts, count, EMBED_DOCUMENT, truncated);
        for (size_t i = 0; i < count; i += 37) {
            bool flag = true;
            float *alone = embed(&backend, &texts[i], 1, EMBED_DOCUMENT, &flag);
            assert_memory_equal(alone, together + i * width, width * sizeof *alone);
            assert_int_equal(flag, truncated[i]);
        }
    }
}

static void long_texts_are_cut_and_reported(void **state) {
    (void)state;
    FOR_EACH_BACKEND(backend) {
        if (!backend.is_model)
            continue;
        size_t words = backend.embedder->info.tokens_max - 2;
        StrBuf buf = strbuf_make(backend.arena);
        for (size_t i = 0; i < words; i++)
            strbuf_append_c(&buf, i == 0 ? "house" : " house");
        Str fits = str_dup(backend.arena, strbuf_str(&buf));
        strbuf_append_c(&buf, " river");
        const Str texts[] = {fits, strbuf_str(&buf)};
        bool truncated[2] = {true, false};
        float *vectors = embed(&backend, texts, 2, EMBED_DOCUMENT, truncated);
        assert_false(truncated[0]);
        assert_true(truncated[1]);
        uint32_t width = backend.embedder->info.dimensions;
        assert_memory_equal(vectors, vectors + width, width * sizeof *vectors);
    }
}

static void progress_and_cancel(void **state) {
    (void)state;
    FOR_EACH_BACKEND(backend) {
        Err err = {0};
        Progress progress = {0};
        float *vectors =
            ARENA_ARRAY(backend.arena, float, SAMPLES *backend.embedder->info.dimensions);
        EmbedRequest request = {.texts = samples, .count = SAMPLES, .progress = &progress};
        assert_ok(embedder_embed(backend.embedder, &request, vectors, NULL, &err), &err);
        assert_int_equal(atomic_load(&progress.done), SAMPLES);
        atomic_store(&progress.cancel, true);
        assert_fails(embedder_embed(backend.embedder, &request, vectors, NULL, &err), &err,
                     FAIL_CANCELLED);
    }
}

/* --- many callers at once --------------------------------------------------------------------- */

typedef struct Caller {
    pthread_t thread;
    Embedder *embedder;
    const float *expected;
    bool good;
} Caller;

static void *call_often(void *argument) {
    Caller *caller = argument;
    uint32_t width = caller->embedder->info.dimensions;
    float *vectors = malloc(SAMPLES * width * sizeof *vectors);
    caller->good = vectors != NULL;
    for (int round = 0; round < 5 && caller->good; round++) {
        Err err = {0};
        EmbedRequest request = {.texts = samples, .count = SAMPLES};
        caller->good = embedder_embed(caller->embedder, &request, vectors, NULL, &err) &&
                       memcmp(vectors, caller->expected, SAMPLES * width * sizeof *vectors) == 0;
    }
    free(vectors);
    return NULL;
}

static void many_callers_at_once(void **state) {
    (void)state;
    enum { CALLERS = 6 };
    FOR_EACH_BACKEND(backend) {
        float *expected = embed(&backend, samples, SAMPLES, EMBED_DOCUMENT, NULL);
        Caller callers[CALLERS];
        for (int i = 0; i < CALLERS; i++) {
            callers[i] = (Caller){.embedder = backend.embedder, .expected = expected};
            assert_int_equal(pthread_create(&callers[i].thread, NULL, call_often, &callers[i]), 0);
        }
        for (int i = 0; i < CALLERS; i++) {
            pthread_join(callers[i].thread, NULL);
            assert_true(callers[i].good);
        }
    }
}

static void prefixes_follow_the_role(void **state) {
    (void)state;
    Arena *arena = arena_create();
    const char *folder = tiny_folder(arena, 7);
    tiny_write(folder, "config_sentence_transformers.json",
               STR("{\"prompts\":{\"query\":\"the \"}}"));
    Backend backend = open_folder(folder, arena, 0);
    uint32_t width = backend.embedder->info.dimensions;
    Str river = STR("ri\0ver house"); /* a NUL is dropped, and nothing behind it */
    Str the_river = STR("the river house");
    float *query = embed(&backend, &river, 1, EMBED_QUERY, NULL);
    assert_memory_equal(query, embed(&backend, &the_river, 1, EMBED_DOCUMENT, NULL),
                        width * sizeof *query);
    assert_memory_not_equal(query, embed(&backend, &river, 1, EMBED_DOCUMENT, NULL),
                            width * sizeof *query);
    close_backend(&backend);
}

/* The one test of meaning: the real model must put like to like. */
static void the_real_model_means_something(void **state) {
    (void)state;
    Backend backend = open_backend(3);
    if (backend.is_model) {
        static const Str texts[] = {{"How do I recover deleted files?", 31},
                                    {"undelete lost data from a disk", 30},
                                    {"a recipe for apple pie", 22}};
        uint32_t width = backend.embedder->info.dimensions;
        float *v = embed(&backend, texts, 3, EMBED_DOCUMENT, NULL);
        double like = 0;
        double unlike = 0;
        for (uint32_t i = 0; i < width; i++) {
            like += (double)v[i] * (double)v[width + i];
            unlike += (double)v[i] * (double)v[2 * width + i];
        }
        assert_true(like > 0.5);
        assert_true(unlike < 0.2);
    }
    close_backend(&backend);
}

int suite_test_embedder_contract(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describes_itself),
        cmocka_unit_test(vectors_are_unit_and_in_order),
        cmocka_unit_test(large_batches),
        cmocka_unit_test(long_texts_are_cut_and_reported),
        cmocka_unit_test(progress_and_cancel),
        cmocka_unit_test(many_callers_at_once),
        cmocka_unit_test(prefixes_follow_the_role),
        cmocka_unit_test(the_real_model_means_something),
    };
    return cmocka_run_group_tests_name("embedder_contract", tests, NULL, NULL);
}
