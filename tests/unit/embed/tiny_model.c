/* tiny_model.c - see tiny_model.h. */
#include "tiny_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"

BertShape tiny_shape(void) {
    return (BertShape){.layers = 2,
                       .hidden = TINY_HIDDEN,
                       .heads = 2,
                       .intermediate = TINY_INTERMEDIATE,
                       .vocabulary = TINY_VOCABULARY,
                       .positions = TINY_POSITIONS,
                       .types = 2,
                       .norm_epsilon = 1e-12F};
}

Str tiny_vocab_txt(Arena *arena) {
    StrBuf text = strbuf_make(arena);
    strbuf_append_c(&text, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
    for (char c = 'a'; c <= 'z'; c++)
        strbuf_append_format(&text, "%c\n##%c\n", c, c);
    strbuf_append_c(&text, "the\nriver\n##run\n.\nhouse\n");
    return strbuf_str(&text);
}

Str tiny_file(Arena *arena, Str header, Str data) {
    StrBuf file = strbuf_make(arena);
    for (int i = 0; i < 8; i++)
        strbuf_append_char(&file, (char)((uint64_t)header.length >> (8 * i) & 0xFF));
    strbuf_append(&file, header);
    strbuf_append(&file, data);
    return strbuf_str(&file);
}

typedef struct Writer {
    StrBuf header;
    StrBuf data;
    Rng rng;
} Writer;

static void add(Writer *writer, const char *name, size_t rows, size_t columns, float centre,
                float spread) {
    size_t count = columns == 0 ? rows : rows * columns;
    size_t begin = writer->data.length;
    for (size_t i = 0; i < count; i++) {
        float value = centre + spread * (float)rng_normal(&writer->rng);
        strbuf_append(&writer->data, str_make(&value, sizeof value));
    }
    strbuf_append_format(&writer->header, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%zu",
                         writer->header.length > 1 ? "," : "", name, rows);
    if (columns > 0)
        strbuf_append_format(&writer->header, ",%zu", columns);
    strbuf_append_format(&writer->header, "],\"data_offsets\":[%zu,%zu]}", begin,
                         writer->data.length);
}

static void add_linear(Writer *writer, const char *stem, size_t outputs, size_t inputs) {
    char name[128];
    snprintf(name, sizeof name, "%s.weight", stem);
    add(writer, name, outputs, inputs, 0, 0.12F);
    snprintf(name, sizeof name, "%s.bias", stem);
    add(writer, name, outputs, 0, 0, 0.05F);
}

static void add_norm(Writer *writer, const char *stem) {
    char name[128];
    snprintf(name, sizeof name, "%s.weight", stem);
    add(writer, name, TINY_HIDDEN, 0, 1, 0.1F);
    snprintf(name, sizeof name, "%s.bias", stem);
    add(writer, name, TINY_HIDDEN, 0, 0, 0.1F);
}

static void add_layer(Writer *writer, unsigned index) {
    static const struct {
        const char *part;
        size_t outputs, inputs; /* 0 = a norm */
    } parts[] = {
        {"attention.self.query", TINY_HIDDEN, TINY_HIDDEN},
        {"attention.self.key", TINY_HIDDEN, TINY_HIDDEN},
        {"attention.self.value", TINY_HIDDEN, TINY_HIDDEN},
        {"attention.output.dense", TINY_HIDDEN, TINY_HIDDEN},
        {"attention.output.LayerNorm", 0, 0},
        {"intermediate.dense", TINY_INTERMEDIATE, TINY_HIDDEN},
        {"output.dense", TINY_HIDDEN, TINY_INTERMEDIATE},
        {"output.LayerNorm", 0, 0},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char stem[96];
        snprintf(stem, sizeof stem, "encoder.layer.%u.%s", index, parts[i].part);
        if (parts[i].outputs == 0)
            add_norm(writer, stem);
        else
            add_linear(writer, stem, parts[i].outputs, parts[i].inputs);
    }
}

Str tiny_safetensors(Arena *arena, uint64_t seed) {
    Writer writer = {strbuf_make(arena), strbuf_make(arena), rng_seeded(seed)};
    strbuf_append_char(&writer.header, '{');
    add(&writer, "embeddings.word_embeddings.weight", TINY_VOCABULARY, TINY_HIDDEN, 0, 1);
    add(&writer, "embeddings.position_embeddings.weight", TINY_POSITIONS, TINY_HIDDEN, 0, 0.5F);
    add(&writer, "embeddings.token_type_embeddings.weight", 2, TINY_HIDDEN, 0, 0.5F);
    add_norm(&writer, "embeddings.LayerNorm");
    add_layer(&writer, 0);
    add_layer(&writer, 1);
    strbuf_append_c(&writer.header, ",\"__metadata__\":{\"format\":\"pt\"}}");
    return tiny_file(arena, strbuf_str(&writer.header), strbuf_str(&writer.data));
}

/* --- on disk ---------------------------------------------------------------------------------- */

static const char *const files[] = {"config.json",
                                    "vocab.txt",
                                    "model.safetensors",
                                    "tokenizer.json",
                                    "modules.json",
                                    "1_Pooling/config.json",
                                    "tokenizer_config.json",
                                    "sentence_bert_config.json",
                                    "config_sentence_transformers.json"};

static void remove_folder(void *handle) {
    const char *folder = handle;
    char path[512];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        (void)unlink(path); /* most were never written */
    }
    snprintf(path, sizeof path, "%s/1_Pooling", folder);
    (void)rmdir(path);
    (void)rmdir(folder);
}

void tiny_write(const char *folder, const char *file, Str bytes) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *out = fopen(path, "wb");
    if (out == NULL || fwrite(bytes.data, 1, bytes.length, out) != bytes.length ||
        fclose(out) != 0) {
        perror(path);
        abort();
    }
}

const char *tiny_folder(Arena *arena, uint64_t seed) {
    const char *parent = getenv("TMPDIR");
    char *folder = str_to_c(
        arena, str_format(arena, "%s/tiny-model-XXXXXX", parent == NULL ? "/tmp" : parent));
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        abort();
    }
    arena_defer(arena, remove_folder, folder);
    char path[512];
    snprintf(path, sizeof path, "%s/1_Pooling", folder);
    if (mkdir(path, 0700) != 0)
        abort();
    tiny_write(folder, "config.json",
               STR("{\"model_type\":\"bert\",\"hidden_act\":\"gelu\",\"num_hidden_layers\":2,"
                   "\"hidden_size\":64,\"num_attention_heads\":2,\"intermediate_size\":96,"
                   "\"vocab_size\":62,\"max_position_embeddings\":48,\"type_vocab_size\":2,"
                   "\"layer_norm_eps\":1e-12}"));
    tiny_write(folder, "modules.json",
               STR("[{\"idx\":0,\"name\":\"0\",\"path\":\"\","
                   "\"type\":\"sentence_transformers.models.Transformer\"},"
                   "{\"idx\":1,\"name\":\"1\",\"path\":\"1_Pooling\","
                   "\"type\":\"sentence_transformers.models.Pooling\"}]"));
    tiny_write(folder, "1_Pooling/config.json", STR("{\"pooling_mode_mean_tokens\":true}"));
    tiny_write(folder, "sentence_bert_config.json", STR("{\"max_seq_length\":40}"));
    tiny_write(folder, "vocab.txt", tiny_vocab_txt(arena));
    tiny_write(folder, "model.safetensors", tiny_safetensors(arena, seed));
    return folder;
}
