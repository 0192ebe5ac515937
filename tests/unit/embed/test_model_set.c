/* test_model_set.c - models by name, opened late, failing aloud. */
#include "unit.h"

#include <unistd.h>

#include "embed/model_set.h"
#include "tiny_model.h"

static void finds_by_name(void **state) {
    (void)state;
    Err err = {0};
    Arena *arena = arena_create();
    const ModelSpec specs[] = {
        {.name = STR("one"), .kind = STR("fake"), .dimensions = 8},
        {.name = STR("tiny"), .kind = STR("builtin"), .folder = str_c(tiny_folder(arena, 3))},
        {.name = STR("odd"), .kind = STR("oracle")},
        {.name = STR("flat"), .kind = STR("fake"), .dimensions = 0},
    };
    ModelSet *set = model_set_create(specs, 4, STR("tiny"), NULL);
    Embedder *first = NULL;
    Embedder *again = NULL;
    assert_ok(model_set_get(set, STR("one"), &first, &err), &err);
    assert_int_equal(first->info.dimensions, 8);
    assert_ok(model_set_get(set, STR_EMPTY, &first, &err), &err);
    assert_str_equal(first->info.name, "tiny");
    assert_ok(model_set_get(set, STR("tiny"), &again, &err), &err);
    assert_ptr_equal(first, again);
    assert_str_equal(model_set_default_name(set), "tiny");

    assert_fails(model_set_get(set, STR("none"), &again, &err), &err, FAIL_NOT_FOUND);
    assert_non_null(strstr(err.detail, "one, tiny, odd"));
    assert_string_equal(err.field, "model");
    assert_fails(model_set_get(set, STR("odd"), &again, &err), &err, FAIL_UNSUPPORTED);
    assert_fails(model_set_get(set, STR("flat"), &again, &err), &err, FAIL_INVALID);

    Str *names;
    assert_int_equal(model_set_names(set, arena, &names), 4);
    assert_str_equal(names[2], "odd");
    model_set_destroy(set);
    model_set_destroy(NULL);
    arena_destroy(arena);
}

static void a_failure_is_told_and_can_be_mended(void **state) {
    (void)state;
    Err err = {0};
    Arena *arena = arena_create();
    const char *folder = tiny_folder(arena, 3);
    tiny_write(folder, "vocab.txt", STR("a\n"));
    const ModelSpec spec = {.name = STR("tiny"), .kind = STR("builtin"), .folder = str_c(folder)};
    ModelSet *set = model_set_create(&spec, 1, STR_EMPTY, NULL); /* opens nothing yet */
    Embedder *embedder = NULL;
    for (int i = 0; i < 2; i++) {
        assert_fails(model_set_get(set, STR_EMPTY, &embedder, &err), &err, FAIL_CORRUPT);
        assert_non_null(strstr(err.message, "open model 'tiny'"));
    }
    tiny_write(folder, "vocab.txt", tiny_vocab_txt(arena));
    assert_ok(model_set_get(set, STR_EMPTY, &embedder, &err), &err);
    model_set_destroy(set);
    arena_destroy(arena);
}

static void kernels_can_be_forced(void **state) {
    (void)state;
    Err err = {0};
    Arena *arena = arena_create();
    ModelSpec spec = {.name = STR("tiny"),
                      .kind = STR("builtin"),
                      .folder = str_c(tiny_folder(arena, 3)),
                      .kernels = STR("scalar")};
    Embedder *embedder = NULL;
    ModelSet *set = model_set_create(&spec, 1, STR_EMPTY, NULL);
    assert_ok(model_set_get(set, STR_EMPTY, &embedder, &err), &err);
    model_set_destroy(set);
    spec.kernels = STR("mmx");
    set = model_set_create(&spec, 1, STR_EMPTY, NULL);
    assert_fails(model_set_get(set, STR_EMPTY, &embedder, &err), &err, FAIL_UNSUPPORTED);
    model_set_destroy(set);
    arena_destroy(arena);
}

int suite_test_model_set(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_name),
        cmocka_unit_test(a_failure_is_told_and_can_be_mended),
        cmocka_unit_test(kernels_can_be_forced),
    };
    return cmocka_run_group_tests_name("model_set", tests, NULL, NULL);
}
