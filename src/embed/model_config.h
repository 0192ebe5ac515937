/* model_config.h - what the small JSON files of a sentence-model folder say, as one plain struct.
 *
 * Whatever we would compute wrongly is refused here by name: other architectures, activations,
 * position codes, poolings and modules. Nothing is guessed from a field that is there but odd.
 *
 * Ownership: strings live in the arena.   Threads: values. */
#ifndef EMBED_MODEL_CONFIG_H
#define EMBED_MODEL_CONFIG_H

#include "base/err.h"
#include "base/str.h"

typedef enum PoolingMode { POOLING_MEAN, POOLING_CLS, POOLING_MAX } PoolingMode;

/* The files' contents; an empty text is a file that is not there. */
typedef struct ModelTexts {
    Str name;                  /* as users write it: picks the prefixes known by name */
    Str config;                /* config.json; required */
    Str modules;               /* modules.json */
    Str pooling;               /* 1_Pooling/config.json */
    Str sentence_bert;         /* sentence_bert_config.json */
    Str sentence_transformers; /* config_sentence_transformers.json */
    Str tokenizer_config;      /* tokenizer_config.json */
} ModelTexts;

typedef struct BertShape {
    uint32_t layers;
    uint32_t hidden;       /* width of a token's vector, and of the answer */
    uint32_t heads;        /* hidden / heads is a multiple of 32 */
    uint32_t intermediate; /* width inside the feed-forward part; a multiple of 32 */
    uint32_t vocabulary;   /* rows of the word table */
    uint32_t positions;    /* rows of the position table */
    uint32_t types;        /* rows of the token type table */
    float norm_epsilon;
} BertShape;

typedef struct ModelConfig {
    BertShape shape;
    PoolingMode pooling;
    uint32_t tokens_max; /* [CLS] and [SEP] included */
    Str prefix_query;
    Str prefix_document;
    bool lowercase; /* for a folder with vocab.txt only */
    bool strip_accents;
    bool split_cjk;
} ModelConfig;

/* FAIL_CORRUPT for a malformed file, FAIL_UNSUPPORTED for a model that we do not know. */
MUST_CHECK bool model_config_parse(const ModelTexts *texts, Arena *arena, ModelConfig *out,
                                   Err *err);

#endif
