/* model_config.c - one small reader per JSON file of the folder, each refusing what it must.
 *
 * The token limit is sentence_bert_config's max_seq_length, else the lesser of the tokenizer's
 * model_max_length and the position table. Prefixes come from `prompts` where the folder has any
 * text there; else from a short table of well-known families, because the bge and e5 folders in
 * circulation were published before prompts existed and are much worse without them.
 *
 * Tested by: tests/unit/embed/test_model_config.c, fuzz/fuzz_model_config.c. */
#include "embed/model_config.h"

#include <string.h>

#include "base/json.h"
#include "base/vec.h"

enum {
    LAYERS_MAX = 64,
    HIDDEN_MAX = 4096,
    INTERMEDIATE_MAX = 16384,
    VOCABULARY_MAX = 1 << 20,
    POSITIONS_MAX = 8192,
    WIDTH_STEP = 32, /* the kernels' panels are this wide */
    PREFIX_BYTES_MAX = 1024
};

static const struct {
    const char *family; /* anywhere in the model's name, lower case */
    const char *query;
    const char *document;
} known_prefixes[] = {
    {"bge-small-en", "Represent this sentence for searching relevant passages: ", ""},
    {"bge-base-en", "Represent this sentence for searching relevant passages: ", ""},
    {"bge-large-en", "Represent this sentence for searching relevant passages: ", ""},
    {"e5-small", "query: ", "passage: "},
    {"e5-base", "query: ", "passage: "},
    {"e5-large", "query: ", "passage: "},
};

static bool wrap_file(Err *err, const char *file) {
    if (err->kind == FAIL_INVALID) /* the readers speak of requests; this is a stored file */
        err->kind = FAIL_CORRUPT;
    return err_wrap(err, "%s", file);
}

static json_t *parse_object(Str text, const char *file, Arena *arena, Err *err) {
    json_t *value = json_parse(text, arena, err);
    if (value != NULL && !json_is_object(value)) {
        err_fail(err, FAIL_CORRUPT, "not a JSON object");
        value = NULL;
    }
    if (value == NULL)
        wrap_file(err, file);
    return value;
}

static bool read_size(const json_t *object, const char *field, uint64_t most, uint32_t *out,
                      Err *err) {
    uint64_t value;
    if (!json_read_u64(object, field, JSON_REQUIRED, &value, err))
        return false;
    if (value == 0 || value > most)
        return err_fail(err, FAIL_UNSUPPORTED, "'%s' is %llu; 1 to %llu are possible", field,
                        (unsigned long long)value, (unsigned long long)most);
    *out = (uint32_t)value;
    return true;
}

/* A text field that, where present, must be this very text. */
static bool require_word(const json_t *object, const char *field, const char *word, Err *err) {
    Str value = str_c(word);
    if (!json_read_str(object, field, JSON_OPTIONAL, &value, err))
        return false;
    if (!str_eq_c(value, word))
        return err_fail(err, FAIL_UNSUPPORTED, "'%s' is '%.*s'; only '%s' is known", field,
                        STR_ARG(utf8_clip(value, 60)), word);
    return true;
}

static bool require_false(const json_t *object, const char *field, Err *err) {
    bool value = false;
    if (!json_read_bool(object, field, JSON_OPTIONAL, &value, err))
        return false;
    if (value)
        return err_fail(err, FAIL_UNSUPPORTED, "'%s' models are not known", field);
    return true;
}

/* --- config.json ------------------------------------------------------------------------------ */

static bool check_widths(const BertShape *shape, Err *err) {
    if (shape->hidden % shape->heads != 0 || shape->hidden / shape->heads % WIDTH_STEP != 0)
        return err_fail(err, FAIL_UNSUPPORTED,
                        "'hidden_size' %u over %u heads: each head must be a multiple of %d wide",
                        shape->hidden, shape->heads, WIDTH_STEP);
    if (shape->intermediate % WIDTH_STEP != 0)
        return err_fail(err, FAIL_UNSUPPORTED, "'intermediate_size' %u is not a multiple of %d",
                        shape->intermediate, WIDTH_STEP);
    return true;
}

static bool read_shape(const json_t *config, BertShape *shape, Err *err) {
    double epsilon = 1e-12;
    if (!read_size(config, "num_hidden_layers", LAYERS_MAX, &shape->layers, err) ||
        !read_size(config, "hidden_size", HIDDEN_MAX, &shape->hidden, err) ||
        !read_size(config, "num_attention_heads", HIDDEN_MAX, &shape->heads, err) ||
        !read_size(config, "intermediate_size", INTERMEDIATE_MAX, &shape->intermediate, err) ||
        !read_size(config, "vocab_size", VOCABULARY_MAX, &shape->vocabulary, err) ||
        !read_size(config, "max_position_embeddings", POSITIONS_MAX, &shape->positions, err) ||
        !read_size(config, "type_vocab_size", 16, &shape->types, err) ||
        !json_read_f64(config, "layer_norm_eps", JSON_OPTIONAL, &epsilon, err))
        return false;
    if (!(epsilon >= 0 && epsilon < 1))
        return err_fail(err, FAIL_CORRUPT, "'layer_norm_eps' is %g", epsilon);
    shape->norm_epsilon = (float)epsilon;
    return check_widths(shape, err);
}

static bool read_config(Str text, Arena *arena, ModelConfig *out, Str *out_origin, Err *err) {
    if (text.length == 0)
        return err_fail(err, FAIL_CORRUPT, "the model folder has no config.json");
    const json_t *config = parse_object(text, "config.json", arena, err);
    if (config == NULL)
        return false;
    *out_origin = STR_EMPTY;
    if (!require_word(config, "model_type", "bert", err) ||
        !require_word(config, "hidden_act", "gelu", err) ||
        !require_word(config, "position_embedding_type", "absolute", err) ||
        !require_false(config, "is_decoder", err) ||
        !json_read_str(config, "_name_or_path", JSON_OPTIONAL, out_origin, err) ||
        !read_shape(config, &out->shape, err))
        return wrap_file(err, "config.json");
    return true;
}

/* --- modules.json, 1_Pooling ------------------------------------------------------------------ */

static bool check_module(const json_t *module, bool *has_pooling, Err *err) {
    Str type;
    if (!json_is_object(module))
        return err_fail(err, FAIL_CORRUPT, "a module is not an object");
    if (!json_read_str(module, "type", JSON_REQUIRED, &type, err))
        return false;
    if (str_ends(type, STR(".Pooling")))
        *has_pooling = true;
    else if (!str_ends(type, STR(".Transformer")) && !str_ends(type, STR(".Normalize")))
        return err_fail(err, FAIL_UNSUPPORTED, "module '%.*s' is not known",
                        STR_ARG(utf8_clip(type, 100)));
    return true;
}

/* Our vectors are always of unit length, so a Normalize module changes nothing. */
static bool read_modules(Str text, Arena *arena, bool *out_has_pooling, Err *err) {
    *out_has_pooling = false;
    if (text.length == 0)
        return true;
    const json_t *modules = json_parse(text, arena, err);
    if (modules == NULL)
        return wrap_file(err, "modules.json");
    if (!json_is_array(modules)) {
        err_fail(err, FAIL_CORRUPT, "not an array");
        return wrap_file(err, "modules.json");
    }
    for (size_t i = 0; i < json_array_size(modules); i++)
        if (!check_module(json_array_get(modules, i), out_has_pooling, err))
            return wrap_file(err, "modules.json");
    return true;
}

static const struct {
    const char *field;
    bool known;
    PoolingMode mode;
} poolings[] = {
    {"pooling_mode_mean_tokens", true, POOLING_MEAN},
    {"pooling_mode_mean_sqrt_len_tokens", true, POOLING_MEAN}, /* the same once normalised */
    {"pooling_mode_cls_token", true, POOLING_CLS},
    {"pooling_mode_max_tokens", true, POOLING_MAX},
    {"pooling_mode_weightedmean_tokens", false, POOLING_MEAN},
    {"pooling_mode_lasttoken", false, POOLING_MEAN},
};

static bool read_pooling_modes(const json_t *object, PoolingMode *out, Err *err) {
    const char *chosen = NULL;
    for (size_t i = 0; i < ARRAY_LEN(poolings); i++) {
        bool on = false;
        if (!json_read_bool(object, poolings[i].field, JSON_OPTIONAL, &on, err))
            return false;
        if (!on)
            continue;
        if (!poolings[i].known)
            return err_fail(err, FAIL_UNSUPPORTED, "'%s' is not known", poolings[i].field);
        if (chosen != NULL)
            return err_fail(err, FAIL_UNSUPPORTED, "both '%s' and '%s'; only one is possible",
                            chosen, poolings[i].field);
        chosen = poolings[i].field;
        *out = poolings[i].mode;
    }
    if (chosen == NULL)
        return err_fail(err, FAIL_UNSUPPORTED, "it names no pooling mode that is known");
    return true;
}

static bool read_pooling(Str text, bool required, Arena *arena, ModelConfig *out, Err *err) {
    out->pooling = POOLING_MEAN;
    if (text.length == 0) {
        if (required)
            return err_fail(err, FAIL_CORRUPT,
                            "modules.json names a pooling, but 1_Pooling/config.json is missing");
        return true;
    }
    bool include_prompt = true;
    const json_t *object = parse_object(text, "1_Pooling/config.json", arena, err);
    if (object == NULL)
        return false;
    if (!read_pooling_modes(object, &out->pooling, err) ||
        !json_read_bool(object, "include_prompt", JSON_OPTIONAL, &include_prompt, err))
        return wrap_file(err, "1_Pooling/config.json");
    if (!include_prompt)
        return err_fail(err, FAIL_UNSUPPORTED,
                        "1_Pooling/config.json: 'include_prompt' false is not known");
    return true;
}

/* --- tokens: the limit and the case ----------------------------------------------------------- */

/* model_max_length may be a huge float ("none"): anything beyond the table is the table. */
static uint32_t length_limit(const json_t *object, const char *field, uint32_t most) {
    const json_t *value = json_object_get(object, field);
    double limit = json_is_number(value) ? json_number_value(value) : 0;
    return limit >= 1 && limit < most ? (uint32_t)limit : most;
}

static bool read_limits(const ModelTexts *texts, Arena *arena, ModelConfig *out, Err *err) {
    out->tokens_max = out->shape.positions;
    out->lowercase = true;
    out->split_cjk = true;
    if (texts->tokenizer_config.length > 0) {
        const json_t *object =
            parse_object(texts->tokenizer_config, "tokenizer_config.json", arena, err);
        if (object == NULL)
            return false;
        out->tokens_max = length_limit(object, "model_max_length", out->tokens_max);
        out->strip_accents = true; /* until told otherwise it follows the case, below */
        if (!json_read_bool(object, "do_lower_case", JSON_OPTIONAL, &out->lowercase, err))
            return wrap_file(err, "tokenizer_config.json");
        out->strip_accents = out->lowercase;
        if (!json_read_bool(object, "strip_accents", JSON_OPTIONAL, &out->strip_accents, err) ||
            !json_read_bool(object, "tokenize_chinese_chars", JSON_OPTIONAL, &out->split_cjk, err))
            return wrap_file(err, "tokenizer_config.json");
    } else {
        out->strip_accents = out->lowercase;
    }
    if (texts->sentence_bert.length > 0) {
        const json_t *object =
            parse_object(texts->sentence_bert, "sentence_bert_config.json", arena, err);
        if (object == NULL)
            return false;
        if (json_is_integer(json_object_get(object, "max_seq_length")))
            out->tokens_max = length_limit(object, "max_seq_length", out->shape.positions);
    }
    if (out->tokens_max < 3)
        return err_fail(err, FAIL_UNSUPPORTED, "a limit of %u tokens leaves no room for text",
                        out->tokens_max);
    return true;
}

/* --- prefixes --------------------------------------------------------------------------------- */

static bool contains_nocase(Str text, const char *word) {
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= text.length; i++)
        if (str_eq_nocase(str_slice(text, i, i + length), str_c(word)))
            return true;
    return false;
}

static void set_known_prefixes(Str name, Str origin, ModelConfig *out) {
    for (size_t i = 0; i < ARRAY_LEN(known_prefixes); i++) {
        const char *family = known_prefixes[i].family;
        if (contains_nocase(name, family) || contains_nocase(origin, family)) {
            out->prefix_query = str_c(known_prefixes[i].query);
            out->prefix_document = str_c(known_prefixes[i].document);
            return;
        }
    }
}

static bool read_prompts(const json_t *object, Arena *arena, Str *query, Str *document, Err *err) {
    const json_t *prompts = NULL;
    Str fallback_name = STR_EMPTY;
    if (!json_read_object(object, "prompts", JSON_OPTIONAL, &prompts, err) ||
        !json_read_str(object, "default_prompt_name", JSON_OPTIONAL, &fallback_name, err))
        return false;
    if (prompts == NULL)
        return true;
    if (fallback_name.length > 0 &&
        !json_read_str(prompts, str_to_c(arena, fallback_name), JSON_REQUIRED, query, err))
        return false;
    *document = *query;
    return json_read_str(prompts, "query", JSON_OPTIONAL, query, err) &&
           json_read_str(prompts, "passage", JSON_OPTIONAL, document, err) &&
           json_read_str(prompts, "document", JSON_OPTIONAL, document, err);
}

static bool read_prefixes(const ModelTexts *texts, Str origin, Arena *arena, ModelConfig *out,
                          Err *err) {
    Str query = STR_EMPTY;
    Str document = STR_EMPTY;
    if (texts->sentence_transformers.length > 0) {
        const char *file = "config_sentence_transformers.json";
        const json_t *object = parse_object(texts->sentence_transformers, file, arena, err);
        if (object == NULL)
            return false;
        if (!read_prompts(object, arena, &query, &document, err))
            return wrap_file(err, file);
    }
    if (query.length > PREFIX_BYTES_MAX || document.length > PREFIX_BYTES_MAX)
        return err_fail(err, FAIL_UNSUPPORTED, "a prompt is longer than %d bytes",
                        PREFIX_BYTES_MAX);
    out->prefix_query = query;
    out->prefix_document = document;
    if (query.length == 0 && document.length == 0)
        set_known_prefixes(texts->name, origin, out);
    return true;
}

bool model_config_parse(const ModelTexts *texts, Arena *arena, ModelConfig *out, Err *err) {
    Arena *scratch = arena_create(); /* for the parsed files */
    ModelConfig config = {0};
    Str origin;
    bool has_pooling;
    bool good = read_config(texts->config, scratch, &config, &origin, err) &&
                read_modules(texts->modules, scratch, &has_pooling, err) &&
                read_pooling(texts->pooling, has_pooling, scratch, &config, err) &&
                read_limits(texts, scratch, &config, err) &&
                read_prefixes(texts, origin, scratch, &config, err);
    if (good) {
        config.prefix_query = str_dup(arena, config.prefix_query);
        config.prefix_document = str_dup(arena, config.prefix_document);
        *out = config;
    }
    arena_destroy(scratch);
    return good;
}
