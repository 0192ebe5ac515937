/* fuzz_tokenizer.c - the first line as a tokenizer (JSON, or a vocabulary with '|' for line ends),
 * the rest as a text to cut: refused with a reason, or ids in range within the limit. */
#include <assert.h>
#include <string.h>

#include "embed/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode(const Tokenizer *tokenizer, Str text) {
    enum { LIMIT = 32 };
    uint32_t ids[LIMIT];
    for (size_t limit = 2; limit <= LIMIT; limit += 10) {
        bool truncated;
        size_t count = tokenizer_encode(tokenizer, text, limit, ids, &truncated);
        assert(count >= 2 && count <= limit);
        assert(!truncated || count == limit);
        for (size_t i = 0; i < count; i++)
            assert(ids[i] < tokenizer_vocabulary_size(tokenizer));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Err err = {0};
    Arena *arena = arena_create();
    Str first;
    Str text = str_cut(str_make(data, size), '\n', &first);
    char *vocabulary = str_to_c(arena, first);
    for (size_t i = 0; i < first.length; i++)
        if (vocabulary[i] == '|')
            vocabulary[i] = '\n';
    TokenizerTexts texts = {.lowercase = true, .strip_accents = true, .split_cjk = true};
    if (first.length > 0 && first.data[0] == '{')
        texts.tokenizer_json = first;
    else
        texts.vocab_txt = str_make(vocabulary, first.length);
    Tokenizer *tokenizer = tokenizer_parse(&texts, &err);
    if (tokenizer == NULL)
        assert(err.kind == FAIL_CORRUPT || err.kind == FAIL_UNSUPPORTED);
    else
        encode(tokenizer, text);
    tokenizer_destroy(tokenizer);
    arena_destroy(arena);
    return 0;
}
