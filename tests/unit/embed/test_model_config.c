/* test_model_config.c - what the folder's JSON files may say, and what they may not. */
#include "unit.h"

#include "base/vec.h"
#include "embed/model_config.h"

#define CONFIG(extra)                                                                              \
    "{\"model_type\":\"bert\",\"hidden_act\":\"gelu\",\"num_hidden_layers\":2,"                    \
    "\"hidden_size\":64,\"num_attention_heads\":2,\"intermediate_size\":96,\"vocab_size\":100,"    \
    "\"max_position_embeddings\":512,\"type_vocab_size\":2" extra "}"

static void reads_the_lot(void **state) {
    (void)state;
    Err err = {0};
    Arena *arena = arena_create();
    ModelTexts texts = {
        .name = STR("mine"),
        .config = STR(CONFIG(",\"layer_norm_eps\":1e-5")),
        .modules = STR("[{\"type\":\"sentence_transformers.models.Transformer\"},"
                       "{\"type\":\"sentence_transformers.models.Pooling\"},"
                       "{\"type\":\"sentence_transformers.models.Normalize\"}]"),
        .pooling = STR("{\"pooling_mode_cls_token\":true,\"pooling_mode_mean_tokens\":false}"),
        .sentence_bert = STR("{\"max_seq_length\":256,\"do_lower_case\":false}"),
        .sentence_transformers = STR("{\"prompts\":{\"query\":\"q: \",\"document\":\"d: \"}}"),
        .tokenizer_config = STR("{\"do_lower_case\":false,\"strip_accents\":null,"
                                "\"model_max_length\":300}"),
    };
    ModelConfig config;
    assert_ok(model_config_parse(&texts, arena, &config, &err), &err);
    assert_int_equal(config.shape.hidden, 64);
    assert_int_equal(config.shape.intermediate, 96);
    assert_true(config.shape.norm_epsilon == 1e-5F);
    assert_int_equal(config.pooling, POOLING_CLS);
    assert_int_equal(config.tokens_max, 256);
    assert_str_equal(config.prefix_query, "q: ");
    assert_str_equal(config.prefix_document, "d: ");
    assert_false(config.lowercase);
    assert_false(config.strip_accents); /* null: as the case */
    assert_true(config.split_cjk);
    arena_destroy(arena);
}

static void limits(void **state) {
    (void)state;
    static const struct {
        const char *sentence_bert, *tokenizer;
        uint32_t expected;
    } cases[] = {
        {"", "", 512},
        {"", "{\"model_max_length\":128}", 128},
        {"", "{\"model_max_length\":1000000000000000019884624838656}", 512},
        {"", "{\"model_max_length\":1e30}", 512},
        {"{\"max_seq_length\":256}", "{\"model_max_length\":128}", 256},
        {"{\"max_seq_length\":null}", "{\"model_max_length\":128}", 128},
        {"{\"max_seq_length\":9999}", "", 512},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Err err = {0};
        Arena *arena = arena_create();
        ModelConfig config;
        ModelTexts texts = {.config = STR(CONFIG("")),
                            .sentence_bert = str_c(cases[i].sentence_bert),
                            .tokenizer_config = str_c(cases[i].tokenizer)};
        if (strstr(cases[i].tokenizer, "19884624838656") != NULL) {
            /* beyond 64 bits: the JSON reader refuses it by name */
            assert_false(model_config_parse(&texts, arena, &config, &err));
        } else {
            assert_ok(model_config_parse(&texts, arena, &config, &err), &err);
            assert_int_equal(config.tokens_max, cases[i].expected);
        }
        arena_destroy(arena);
    }
}

static void prefixes_of_known_families(void **state) {
    (void)state;
    Err err = {0};
    Arena *arena = arena_create();
    ModelConfig config;
    ModelTexts texts = {.name = STR("My-E5-Small-v2"), .config = STR(CONFIG(""))};
    assert_ok(model_config_parse(&texts, arena, &config, &err), &err);
    assert_str_equal(config.prefix_query, "query: ");
    assert_str_equal(config.prefix_document, "passage: ");
    texts.name = STR("m");
    texts.config = STR(CONFIG(",\"_name_or_path\":\"BAAI/bge-small-en-v1.5\""));
    assert_ok(model_config_parse(&texts, arena, &config, &err), &err);
    assert_true(str_starts(config.prefix_query, STR("Represent this sentence")));
    assert_str_equal(config.prefix_document, "");
    texts.sentence_transformers = STR("{\"prompts\":{\"query\":\"x\"}}"); /* the folder's own win */
    assert_ok(model_config_parse(&texts, arena, &config, &err), &err);
    assert_str_equal(config.prefix_query, "x");
    texts.sentence_transformers =
        STR("{\"prompts\":{\"all\":\"y: \"},\"default_prompt_name\":\"all\"}");
    assert_ok(model_config_parse(&texts, arena, &config, &err), &err);
    assert_str_equal(config.prefix_query, "y: ");
    assert_str_equal(config.prefix_document, "y: ");
    arena_destroy(arena);
}

static void refuses_by_name(void **state) {
    (void)state;
    static const struct {
        ModelTexts texts;
        FailKind kind;
        const char *says;
    } cases[] = {
        {{.config = {"", 0}}, FAIL_CORRUPT, "no config.json"},
        {{.config = {"[]", 2}}, FAIL_CORRUPT, "not a JSON object"},
        {{.config = {"{}", 2}}, FAIL_CORRUPT, "num_hidden_layers"},
        {{.config = {"{\"model_type\":\"nomic_bert\"}", 27}}, FAIL_UNSUPPORTED, "nomic_bert"},
        {{.config = {"{\"hidden_act\":\"gelu_new\"}", 25}}, FAIL_UNSUPPORTED, "gelu_new"},
        {{.config = {"{\"position_embedding_type\":\"relative_key\"}", 42}},
         FAIL_UNSUPPORTED,
         "relative_key"},
        {{.config = {"{\"is_decoder\":true}", 19}}, FAIL_UNSUPPORTED, "is_decoder"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Err err = {0};
        Arena *arena = arena_create();
        ModelConfig config;
        assert_false(model_config_parse(&cases[i].texts, arena, &config, &err));
        if (err.kind != cases[i].kind || strstr(err.message, cases[i].says) == NULL)
            fail_msg("%s: said '%s'", cases[i].texts.config.data, err.message);
        arena_destroy(arena);
    }
}

static void refuses_other_parts(void **state) {
    (void)state;
    static const struct {
        const char *config, *modules, *pooling, *says;
    } cases[] = {
        {CONFIG(""), "[{\"type\":\"sentence_transformers.models.Dense\"}]", "", "Dense"},
        {CONFIG(""), "{}", "", "not an array"},
        {CONFIG(""), "[7]", "", "not an object"},
        {CONFIG(""), "[{\"type\":\"sentence_transformers.models.Pooling\"}]", "", "missing"},
        {CONFIG(""), "", "{\"pooling_mode_lasttoken\":true}", "lasttoken"},
        {CONFIG(""), "", "{\"pooling_mode_cls_token\":true,\"pooling_mode_max_tokens\":true}",
         "only one"},
        {CONFIG(""), "", "{}", "no pooling mode"},
        {CONFIG(""), "", "{\"pooling_mode_mean_tokens\":true,\"include_prompt\":false}",
         "include_prompt"},
        {CONFIG(",\"layer_norm_eps\":-1"), "", "", "layer_norm_eps"},
        {"{\"num_hidden_layers\":2,\"hidden_size\":48,\"num_attention_heads\":2,"
         "\"intermediate_size\":96,\"vocab_size\":9,\"max_position_embeddings\":9,"
         "\"type_vocab_size\":2}",
         "", "", "multiple of 32"},
        {"{\"num_hidden_layers\":2,\"hidden_size\":64,\"num_attention_heads\":2,"
         "\"intermediate_size\":100,\"vocab_size\":9,\"max_position_embeddings\":9,"
         "\"type_vocab_size\":2}",
         "", "", "intermediate_size"},
        {"{\"num_hidden_layers\":2000}", "", "", "num_hidden_layers"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Err err = {0};
        Arena *arena = arena_create();
        ModelConfig config;
        ModelTexts texts = {.config = str_c(cases[i].config),
                            .modules = str_c(cases[i].modules),
                            .pooling = str_c(cases[i].pooling)};
        assert_false(model_config_parse(&texts, arena, &config, &err));
        if (strstr(err.message, cases[i].says) == NULL)
            fail_msg("said '%s', not '%s'", err.message, cases[i].says);
        arena_destroy(arena);
    }
}

int suite_test_model_config(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_lot),
        cmocka_unit_test(limits),
        cmocka_unit_test(prefixes_of_known_families),
        cmocka_unit_test(refuses_by_name),
        cmocka_unit_test(refuses_other_parts),
    };
    return cmocka_run_group_tests_name("model_config", tests, NULL, NULL);
}
