/* tokenizer_load.c - read a WordPiece tokenizer from tokenizer.json, or from a bare vocab.txt.
 *
 * tokenizer.json can describe many machines; we know exactly one: BertNormalizer, BertPreTokenizer,
 * WordPiece, and a template that puts [CLS] before and [SEP] behind. Anything else is refused by
 * name, because ids that are nearly right make vectors that are quietly wrong. Its truncation and
 * padding are ignored: the model folder's own limit rules, and we never pad.
 *
 * Tested by: tests/unit/embed/test_tokenizer.c, tests/embed_parity/, fuzz/fuzz_tokenizer.c. */
#include "embed/tokenizer_tables.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/vec.h"

enum { VOCABULARY_SIZE_MAX = 1 << 20 };

static bool unsupported(Err *err, const char *part, Str name) {
    return err_fail(err, FAIL_UNSUPPORTED, "tokenizer: %s '%.*s' is not known", part,
                    STR_ARG(utf8_clip(name, 60)));
}

static bool require_type(const json_t *root, const char *part, const char *type, const json_t **out,
                         Err *err) {
    Str found = STR("none");
    if (!json_read_object(root, part, JSON_OPTIONAL, out, err) ||
        (*out != NULL && !json_read_str(*out, "type", JSON_REQUIRED, &found, err)))
        return false;
    return str_eq_c(found, type) || unsupported(err, part, found);
}

/* --- tokenizer.json --------------------------------------------------------------------------- */

static bool read_normalizer(const json_t *root, Tokenizer *tokenizer, Err *err) {
    const json_t *normalizer;
    if (!require_type(root, "normalizer", "BertNormalizer", &normalizer, err))
        return false;
    tokenizer->clean = tokenizer->split_cjk = tokenizer->lowercase = true;
    if (!json_read_bool(normalizer, "clean_text", JSON_OPTIONAL, &tokenizer->clean, err) ||
        !json_read_bool(normalizer, "handle_chinese_chars", JSON_OPTIONAL, &tokenizer->split_cjk,
                        err) ||
        !json_read_bool(normalizer, "lowercase", JSON_OPTIONAL, &tokenizer->lowercase, err))
        return false;
    tokenizer->strip_accents = tokenizer->lowercase; /* null means: as the case */
    return json_read_bool(normalizer, "strip_accents", JSON_OPTIONAL, &tokenizer->strip_accents,
                          err);
}

static bool read_pieces(const json_t *model, Tokenizer *tokenizer, Err *err) {
    const json_t *pieces;
    if (!json_read_object(model, "vocab", JSON_REQUIRED, &pieces, err))
        return false;
    const char *piece;
    json_t *id;
    json_object_foreach ((json_t *)(uintptr_t)pieces, piece, id) {
        json_int_t value = json_is_integer(id) ? json_integer_value(id) : -1;
        if (value < 0 || value >= VOCABULARY_SIZE_MAX)
            return err_fail(err, FAIL_CORRUPT, "vocab: a piece has no id below %d",
                            VOCABULARY_SIZE_MAX);
        if (!vocabulary_add(&tokenizer->vocabulary, str_c(piece), (uint32_t)value, err))
            return false;
    }
    return true;
}

static bool find_piece(const Tokenizer *tokenizer, Str piece, uint32_t *out, Err *err) {
    *out = vocabulary_find(&tokenizer->vocabulary, piece);
    if (*out == VOCABULARY_NONE)
        return err_fail(err, FAIL_CORRUPT, "tokenizer: the vocabulary has no '%.*s'",
                        STR_ARG(utf8_clip(piece, 60)));
    return true;
}

static bool read_model(const json_t *root, Tokenizer *tokenizer, Err *err) {
    const json_t *model;
    Str prefix = STR("##");
    Str unknown = STR("[UNK]");
    uint64_t word_points_max = 100;
    if (!require_type(root, "model", "WordPiece", &model, err) ||
        !json_read_str(model, "unk_token", JSON_OPTIONAL, &unknown, err) ||
        !json_read_str(model, "continuing_subword_prefix", JSON_OPTIONAL, &prefix, err) ||
        !json_read_u64(model, "max_input_chars_per_word", JSON_OPTIONAL, &word_points_max, err) ||
        !read_pieces(model, tokenizer, err) ||
        !find_piece(tokenizer, unknown, &tokenizer->unknown, err))
        return false;
    if (word_points_max == 0 || word_points_max > WORD_POINTS_MAX)
        return err_fail(err, FAIL_UNSUPPORTED, "'max_input_chars_per_word' is %llu, at most %d",
                        (unsigned long long)word_points_max, WORD_POINTS_MAX);
    tokenizer->word_points_max = (uint32_t)word_points_max;
    vocabulary_set_continuing(&tokenizer->vocabulary, prefix);
    return true;
}

static bool add_special(Tokenizer *tokenizer, Str text, uint32_t id, Err *err) {
    if (text.length == 0 || tokenizer->special_count == SPECIAL_TOKENS_MAX)
        return err_fail(err, FAIL_UNSUPPORTED,
                        "tokenizer: an empty added token, or more than %d of them",
                        SPECIAL_TOKENS_MAX);
    tokenizer->specials[tokenizer->special_count++] =
        (SpecialToken){str_dup(tokenizer->arena, text), id};
    tokenizer->special_starts[(unsigned char)text.data[0]] = true;
    if (id >= tokenizer->vocabulary.size)
        tokenizer->vocabulary.size = id + 1;
    return true;
}

static bool read_added_token(const json_t *token, Tokenizer *tokenizer, Err *err) {
    Str text;
    uint64_t id;
    if (!json_is_object(token))
        return err_fail(err, FAIL_CORRUPT, "an added token is not an object");
    if (!json_read_str(token, "content", JSON_REQUIRED, &text, err) ||
        !json_read_u64(token, "id", JSON_REQUIRED, &id, err))
        return false;
    if (id >= VOCABULARY_SIZE_MAX)
        return err_fail(err, FAIL_CORRUPT, "an added token has the id %llu",
                        (unsigned long long)id);
    static const char *const switches[] = {"single_word", "lstrip", "rstrip", "normalized"};
    for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
        bool on = false;
        if (!json_read_bool(token, switches[i], JSON_OPTIONAL, &on, err))
            return false;
        if (on)
            return unsupported(err, "an added token that is", str_c(switches[i]));
    }
    return add_special(tokenizer, text, (uint32_t)id, err);
}

static int by_length_falling(const void *left, const void *right) {
    size_t a = ((const SpecialToken *)left)->text.length;
    size_t b = ((const SpecialToken *)right)->text.length;
    return a == b ? 0 : a > b ? -1 : 1;
}

static bool read_added_tokens(const json_t *root, Tokenizer *tokenizer, Err *err) {
    const json_t *tokens;
    if (!json_read_array(root, "added_tokens", JSON_OPTIONAL, &tokens, err))
        return false;
    for (size_t i = 0; i < json_array_size(tokens); i++)
        if (!read_added_token(json_array_get(tokens, i), tokenizer, err))
            return false;
    return true;
}

/* One step of the template: {"SpecialToken": {"id": "[CLS]"}}. */
static bool read_template_special(const json_t *step, const Tokenizer *tokenizer, uint32_t *out,
                                  Err *err) {
    const json_t *special;
    Str piece;
    if (!json_is_object(step))
        return err_fail(err, FAIL_CORRUPT, "a template step is not an object");
    if (!json_read_object(step, "SpecialToken", JSON_REQUIRED, &special, err) ||
        !json_read_str(special, "id", JSON_REQUIRED, &piece, err))
        return false;
    return find_piece(tokenizer, piece, out, err);
}

/* {"type": "BertProcessing", "cls": ["[CLS]", 101], "sep": ["[SEP]", 102]}. */
static bool read_bert_processing(const json_t *processor, Tokenizer *tokenizer, Err *err) {
    static const char *const fields[] = {"cls", "sep"};
    uint32_t *outs[] = {&tokenizer->first, &tokenizer->last};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const json_t *pair;
        if (!json_read_array(processor, fields[i], JSON_REQUIRED, &pair, err))
            return false;
        const json_t *piece = json_array_get(pair, 0);
        if (!json_is_string(piece))
            return err_fail(err, FAIL_CORRUPT, "'%s' does not name a token", fields[i]);
        if (!find_piece(tokenizer, str_c(json_string_value(piece)), outs[i], err))
            return false;
    }
    return true;
}

static bool read_post_processor(const json_t *root, Tokenizer *tokenizer, Err *err) {
    const json_t *processor;
    const json_t *steps;
    Str type;
    if (!json_read_object(root, "post_processor", JSON_REQUIRED, &processor, err) ||
        !json_read_str(processor, "type", JSON_REQUIRED, &type, err))
        return false;
    if (str_eq_c(type, "BertProcessing"))
        return read_bert_processing(processor, tokenizer, err);
    if (!str_eq_c(type, "TemplateProcessing"))
        return unsupported(err, "post_processor", type);
    if (!json_read_array(processor, "single", JSON_REQUIRED, &steps, err))
        return false;
    if (json_array_size(steps) != 3 ||
        json_object_get(json_array_get(steps, 1), "Sequence") == NULL)
        return err_fail(err, FAIL_UNSUPPORTED,
                        "tokenizer: the template is not one token, the text, one token");
    return read_template_special(json_array_get(steps, 0), tokenizer, &tokenizer->first, err) &&
           read_template_special(json_array_get(steps, 2), tokenizer, &tokenizer->last, err);
}

static bool load_json(Str text, Tokenizer *tokenizer, Arena *scratch, Err *err) {
    const json_t *root = json_parse(text, scratch, err);
    if (root == NULL)
        return false;
    if (!json_is_object(root))
        return err_fail(err, FAIL_CORRUPT, "not a JSON object");
    const json_t *pre_tokenizer;
    return read_normalizer(root, tokenizer, err) &&
           require_type(root, "pre_tokenizer", "BertPreTokenizer", &pre_tokenizer, err) &&
           read_model(root, tokenizer, err) && read_added_tokens(root, tokenizer, err) &&
           read_post_processor(root, tokenizer, err);
}

/* --- vocab.txt -------------------------------------------------------------------------------- */

static bool load_lines(Str text, Tokenizer *tokenizer, Err *err) {
    uint32_t id = 0;
    while (text.length > 0) {
        Str line;
        text = str_cut(text, '\n', &line);
        while (line.length > 0 && line.data[line.length - 1] == '\r')
            line.length--;
        if (id == VOCABULARY_SIZE_MAX)
            return err_fail(err, FAIL_UNSUPPORTED, "vocab.txt: more than %d pieces",
                            VOCABULARY_SIZE_MAX);
        if (!vocabulary_add(&tokenizer->vocabulary, line, id++, err))
            return false;
    }
    return true;
}

static bool load_vocab(const TokenizerTexts *texts, Tokenizer *tokenizer, Err *err) {
    if (!load_lines(texts->vocab_txt, tokenizer, err) ||
        !find_piece(tokenizer, STR("[UNK]"), &tokenizer->unknown, err) ||
        !find_piece(tokenizer, STR("[CLS]"), &tokenizer->first, err) ||
        !find_piece(tokenizer, STR("[SEP]"), &tokenizer->last, err))
        return false;
    vocabulary_set_continuing(&tokenizer->vocabulary, STR("##"));
    tokenizer->word_points_max = 100;
    tokenizer->clean = true;
    tokenizer->split_cjk = texts->split_cjk;
    tokenizer->lowercase = texts->lowercase;
    tokenizer->strip_accents = texts->strip_accents;
    static const char *const specials[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    for (size_t i = 0; i < ARRAY_LEN(specials); i++) {
        uint32_t id = vocabulary_find(&tokenizer->vocabulary, str_c(specials[i]));
        if (id != VOCABULARY_NONE && !add_special(tokenizer, str_c(specials[i]), id, err))
            return false;
    }
    return true;
}

/* --- life ------------------------------------------------------------------------------------- */

static bool load(const TokenizerTexts *texts, Tokenizer *tokenizer, Err *err) {
    if (texts->tokenizer_json.length == 0 && texts->vocab_txt.length == 0)
        return err_fail(err, FAIL_CORRUPT,
                        "the model folder has neither tokenizer.json nor vocab.txt");
    if (texts->tokenizer_json.length == 0)
        return load_vocab(texts, tokenizer, err);
    Arena *scratch = arena_create();
    bool good = load_json(texts->tokenizer_json, tokenizer, scratch, err);
    arena_destroy(scratch);
    if (good)
        return true;
    if (err->kind == FAIL_INVALID) /* the readers speak of requests; this is a stored file */
        err->kind = FAIL_CORRUPT;
    return err_wrap(err, "tokenizer.json");
}

Tokenizer *tokenizer_parse(const TokenizerTexts *texts, Err *err) {
    Arena *arena = arena_create();
    Tokenizer *tokenizer = ARENA_NEW(arena, Tokenizer);
    tokenizer->arena = arena;
    tokenizer->vocabulary = vocabulary_make(arena);
    tokenizer->specials = ARENA_ARRAY(arena, SpecialToken, SPECIAL_TOKENS_MAX);
    if (!load(texts, tokenizer, err)) {
        arena_destroy(arena);
        return NULL;
    }
    qsort(tokenizer->specials, tokenizer->special_count, sizeof *tokenizer->specials,
          by_length_falling);
    return tokenizer;
}

void tokenizer_destroy(Tokenizer *tokenizer) {
    if (tokenizer != NULL)
        arena_destroy(tokenizer->arena);
}

uint32_t tokenizer_vocabulary_size(const Tokenizer *tokenizer) {
    return tokenizer->vocabulary.size;
}
