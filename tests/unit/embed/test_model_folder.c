/* test_model_folder.c - a folder opens whole or not at all, and its fingerprint tells models apart.
 */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "embed/model_folder.h"
#include "tiny_model.h"

static Str fingerprint_of(const char *folder, Arena *arena) {
    Err err = {0};
    ModelFolder opened;
    assert_ok(model_folder_open(str_c(folder), STR("tiny"), arena, &opened, &err), &err);
    Str fingerprint = opened.fingerprint;
    model_folder_close(&opened);
    return fingerprint;
}

static void opens_and_names(void **state) {
    (void)state;
    Arena *arena = arena_create();
    const char *folder = tiny_folder(arena, 1);
    Str first = fingerprint_of(folder, arena);
    assert_int_equal(first.length, 32);
    assert_true(str_eq(first, fingerprint_of(folder, arena)));
    assert_true(str_eq(first, fingerprint_of(tiny_folder(arena, 1), arena)));
    assert_false(str_eq(first, fingerprint_of(tiny_folder(arena, 2), arena))); /* weights */

    tiny_write(folder, "sentence_bert_config.json", STR("{ \"max_seq_length\" : 40 }"));
    assert_true(str_eq(first, fingerprint_of(folder, arena))); /* only spaces */
    tiny_write(folder, "sentence_bert_config.json", STR("{\"max_seq_length\":39}"));
    assert_false(str_eq(first, fingerprint_of(folder, arena)));
    tiny_write(folder, "sentence_bert_config.json", STR("{\"max_seq_length\":40}"));
    tiny_write(folder, "1_Pooling/config.json", STR("{\"pooling_mode_cls_token\":true}"));
    assert_false(str_eq(first, fingerprint_of(folder, arena)));
    tiny_write(folder, "1_Pooling/config.json", STR("{\"pooling_mode_mean_tokens\":true}"));
    tiny_write(folder, "config_sentence_transformers.json",
               STR("{\"prompts\":{\"query\":\"find: \"}}"));
    assert_false(str_eq(first, fingerprint_of(folder, arena)));
    arena_destroy(arena);
}

static void fails_with(const char *folder, FailKind kind, const char *says) {
    Err err = {0};
    Arena *arena = arena_create();
    ModelFolder opened;
    if (model_folder_open(str_c(folder), STR("tiny"), arena, &opened, &err))
        fail_msg("opened, '%s' expected", says);
    if (err.kind != kind || strstr(err.message, says) == NULL)
        fail_msg("said '%s' (%s), not '%s'", err.message, err_kind_name(err.kind), says);
    if (strstr(err.message, folder) != NULL || strstr(err.detail, folder) != NULL)
        fail_msg("the folder's path is shown: %s", err.message);
    arena_destroy(arena);
}

static void refuses_broken_folders(void **state) {
    (void)state;
    Arena *arena = arena_create();
    fails_with("/nowhere", FAIL_CORRUPT, "config.json");
    const char *folder = tiny_folder(arena, 1);
    char path[512];
    snprintf(path, sizeof path, "%s/vocab.txt", folder);
    Str vocabulary = tiny_vocab_txt(arena);
    tiny_write(folder, "vocab.txt", str_format(arena, "%.*sone\ntwo\n", STR_ARG(vocabulary)));
    fails_with(folder, FAIL_CORRUPT, "word table");
    assert_int_equal(unlink(path), 0);
    fails_with(folder, FAIL_CORRUPT, "vocab.txt");
    tiny_write(folder, "vocab.txt", vocabulary);
    tiny_write(folder, "model.safetensors", STR("not one"));
    fails_with(folder, FAIL_CORRUPT, "safetensors");
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    assert_int_equal(unlink(path), 0);
    fails_with(folder, FAIL_IO, "model.safetensors");
    arena_destroy(arena);
}

int suite_test_model_folder(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_and_names),
        cmocka_unit_test(refuses_broken_folders),
    };
    return cmocka_run_group_tests_name("model_folder", tests, NULL, NULL);
}
