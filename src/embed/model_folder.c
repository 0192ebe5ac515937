/* model_folder.c - read the files of a model folder, in the order in which they can refuse.
 *
 * The small files are read whole, each with a size limit; the weights are mapped. The fingerprint
 * is taken over what we understood (the parsed settings) and over the bytes of tokenizer and
 * weights, so reformatting config.json keeps an index valid and a changed weight never does.
 *
 * Tested by: tests/unit/embed/test_model_folder.c. */
#include "embed/model_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

enum { SETTINGS_BYTES_MAX = 1 << 20, TOKENIZER_BYTES_MAX = 64 << 20 };

static char *path_in(Str folder, const char *file, Arena *arena) {
    return str_to_c(arena, str_format(arena, "%.*s/%s", STR_ARG(folder), file));
}

static bool read_open_file(int fd, const char *file, size_t bytes_max, Arena *arena, Str *out,
                           Err *err) {
    struct stat status;
    if (fstat(fd, &status) != 0)
        return err_fail_errno(err, errno, "%s", file);
    if (!S_ISREG(status.st_mode))
        return err_fail(err, FAIL_CORRUPT, "%s is not a regular file", file);
    if (status.st_size < 0 || (uint64_t)status.st_size > bytes_max)
        return err_fail(err, FAIL_CORRUPT, "%s is larger than %zu bytes", file, bytes_max);
    size_t size = (size_t)status.st_size;
    char *bytes = arena_alloc(arena, size + 1);
    size_t have = 0;
    while (have < size) {
        ssize_t got = read(fd, bytes + have, size - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_fail_errno(err, errno, "%s", file);
        if (got == 0)
            break;
        have += (size_t)got;
    }
    *out = str_make(bytes, have);
    return true;
}

/* A file that is not there is an empty text: what must be there is the parsers' to say. */
static bool read_file(Str folder, const char *file, size_t bytes_max, Arena *arena, Str *out,
                      Err *err) {
    *out = STR_EMPTY;
    int fd = open(path_in(folder, file, arena), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int saved = errno;
        return saved == ENOENT || err_fail_errno(err, saved, "%s", file);
    }
    bool good = read_open_file(fd, file, bytes_max, arena, out, err);
    close(fd);
    return good;
}

static bool read_settings(Str folder, ModelTexts *texts, Arena *arena, Err *err) {
    const struct {
        const char *file;
        Str *text;
    } files[] = {
        {"config.json", &texts->config},
        {"modules.json", &texts->modules},
        {"1_Pooling/config.json", &texts->pooling},
        {"sentence_bert_config.json", &texts->sentence_bert},
        {"config_sentence_transformers.json", &texts->sentence_transformers},
        {"tokenizer_config.json", &texts->tokenizer_config},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (!read_file(folder, files[i].file, SETTINGS_BYTES_MAX, arena, files[i].text, err))
            return false;
    return true;
}

static bool open_tokenizer(Str folder, const ModelConfig *config, Arena *scratch, ModelFolder *out,
                           Str *out_text, Err *err) {
    TokenizerTexts texts = {.lowercase = config->lowercase,
                            .strip_accents = config->strip_accents,
                            .split_cjk = config->split_cjk};
    if (!read_file(folder, "tokenizer.json", TOKENIZER_BYTES_MAX, scratch, &texts.tokenizer_json,
                   err) ||
        !read_file(folder, "vocab.txt", TOKENIZER_BYTES_MAX, scratch, &texts.vocab_txt, err))
        return false;
    *out_text = texts.tokenizer_json.length > 0 ? texts.tokenizer_json : texts.vocab_txt;
    out->tokenizer = tokenizer_parse(&texts, err);
    if (out->tokenizer == NULL)
        return false;
    if (tokenizer_vocabulary_size(out->tokenizer) > config->shape.vocabulary)
        return err_fail(err, FAIL_CORRUPT, "the tokenizer has %u ids, the model's word table %u",
                        tokenizer_vocabulary_size(out->tokenizer), config->shape.vocabulary);
    return true;
}

static bool open_weights(Str folder, Arena *scratch, ModelFolder *out, Err *err) {
    char *path = path_in(folder, "model.safetensors", scratch);
    if (access(path, F_OK) != 0) {
        err_fail(err, FAIL_IO, "the model folder has no model.safetensors");
        return err_hint(err, "models in other formats, or split into parts, must be converted");
    }
    out->weights = tensor_file_open(path, err);
    return out->weights != NULL;
}

static void add_number(HashStream *stream, uint64_t value) {
    hash_stream_add(stream, str_make(&value, sizeof value));
}

static void add_text(HashStream *stream, Str text) {
    add_number(stream, text.length); /* so that no two lists of texts look alike */
    hash_stream_add(stream, text);
}

static Str fingerprint(const ModelFolder *folder, Str tokenizer_text, Arena *arena) {
    const ModelConfig *config = &folder->config;
    HashStream *stream = hash_stream_create();
    add_text(stream, STR("bert-encoder-1")); /* raise it when our own arithmetic changes vectors */
    uint32_t norm_epsilon_bits;
    _Static_assert(sizeof norm_epsilon_bits == sizeof config->shape.norm_epsilon, "as bits");
    __builtin_memcpy(&norm_epsilon_bits, &config->shape.norm_epsilon, sizeof norm_epsilon_bits);
    const uint64_t numbers[] = {
        config->shape.layers,       config->shape.hidden, config->shape.heads,
        config->shape.intermediate, norm_epsilon_bits,    (uint64_t)config->pooling,
        config->tokens_max,         config->lowercase,    config->strip_accents,
        config->split_cjk,
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        add_number(stream, numbers[i]);
    add_text(stream, config->prefix_query);
    add_text(stream, config->prefix_document);
    add_text(stream, tokenizer_text);
    add_text(stream, tensor_file_bytes(folder->weights));
    Str hex = hash128_hex(hash_stream_value(stream), arena);
    hash_stream_destroy(stream);
    return hex;
}

bool model_folder_open(Str folder, Str name, Arena *arena, ModelFolder *out, Err *err) {
    Arena *scratch = arena_create();
    ModelFolder opened = {0};
    ModelTexts texts = {.name = name};
    Str tokenizer_text;
    bool good = read_settings(folder, &texts, scratch, err) &&
                model_config_parse(&texts, arena, &opened.config, err) &&
                open_tokenizer(folder, &opened.config, scratch, &opened, &tokenizer_text, err) &&
                open_weights(folder, scratch, &opened, err);
    if (good) {
        opened.fingerprint = fingerprint(&opened, tokenizer_text, arena);
        *out = opened;
    } else {
        model_folder_close(&opened);
    }
    arena_destroy(scratch);
    return good;
}

void model_folder_close(ModelFolder *folder) {
    tokenizer_destroy(folder->tokenizer);
    tensor_file_close(folder->weights);
    *folder = (ModelFolder){0};
}
