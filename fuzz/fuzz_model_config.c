/* fuzz_model_config.c - six lines as the six JSON files of a model folder: refused with a reason,
 * or a shape that the encoder can compute with. */
#include <assert.h>

#include "embed/model_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Err err = {0};
    Arena *arena = arena_create();
    ModelTexts texts = {.name = STR("e5-small")};
    Str *files[] = {&texts.config,
                    &texts.modules,
                    &texts.pooling,
                    &texts.sentence_bert,
                    &texts.sentence_transformers,
                    &texts.tokenizer_config};
    Str rest = str_make(data, size);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        rest = str_cut(rest, '\n', files[i]);
    ModelConfig config;
    if (model_config_parse(&texts, arena, &config, &err)) {
        assert(config.shape.heads > 0 && config.shape.hidden % config.shape.heads == 0);
        assert(config.shape.hidden / config.shape.heads % 32 == 0);
        assert(config.shape.intermediate % 32 == 0 && config.shape.layers > 0);
        assert(config.tokens_max >= 3 && config.tokens_max <= config.shape.positions);
    } else {
        assert(err.kind == FAIL_CORRUPT || err.kind == FAIL_UNSUPPORTED);
    }
    arena_destroy(arena);
    return 0;
}
