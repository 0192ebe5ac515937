/* tokenizer_tables.h - what tokenizer_load.c fills and tokenizer.c reads. Private to the two. */
#ifndef EMBED_TOKENIZER_TABLES_H
#define EMBED_TOKENIZER_TABLES_H

#include "embed/tokenizer.h"
#include "embed/vocabulary.h"

enum { WORD_POINTS_MAX = 400, SPECIAL_TOKENS_MAX = 1024 };

typedef struct SpecialToken {
    Str text;
    uint32_t id;
} SpecialToken;

struct Tokenizer {
    Arena *arena;
    Vocabulary vocabulary;
    uint32_t unknown, first, last; /* [UNK], [CLS], [SEP] */
    SpecialToken *specials;        /* longest first */
    size_t special_count;
    bool special_starts[256]; /* by first byte */
    uint32_t word_points_max; /* longer words are [UNK] */
    bool clean;               /* drop controls, unify white space */
    bool split_cjk;
    bool strip_accents;
    bool lowercase;
};

#endif
