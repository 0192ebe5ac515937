/* vocabulary.h - the word pieces of a model and their ids, as a trie that is walked byte by byte.
 *
 * vocabulary_longest answers WordPiece's only question: the longest piece that begins here.
 * Pieces and texts are UTF-8, so a match always ends between code points.
 *
 * Ownership: everything lives in the arena.   Threads: reads from any once it is filled. */
#ifndef EMBED_VOCABULARY_H
#define EMBED_VOCABULARY_H

#include "base/err.h"
#include "base/str.h"

#define VOCABULARY_NONE UINT32_MAX

typedef struct VocabularyEdge {
    uint32_t key;   /* node << 8 | byte */
    uint32_t child; /* 0 = free slot: nothing leads back to the root */
} VocabularyEdge;

typedef struct Vocabulary {
    Arena *arena;
    VocabularyEdge *edges; /* open addressing */
    uint32_t slot_count;   /* a power of two */
    uint32_t *ids;         /* per node: the piece that ends here, or VOCABULARY_NONE */
    uint32_t node_count, node_capacity;
    uint32_t size;       /* highest id + 1 */
    uint32_t continuing; /* the node that "##" leads to, or VOCABULARY_NONE */
} Vocabulary;

Vocabulary vocabulary_make(Arena *arena);
/* A piece added twice keeps the last id, as in the files' own loaders. FAIL_CORRUPT for a piece
 * that is not UTF-8 or too long, or for more text than a trie of 2^24 nodes holds. */
MUST_CHECK bool vocabulary_add(Vocabulary *vocabulary, Str piece, uint32_t id, Err *err);
/* Pieces inside a word are looked up behind this prefix ("##"); call after the last add. */
void vocabulary_set_continuing(Vocabulary *vocabulary, Str prefix);

uint32_t vocabulary_find(const Vocabulary *vocabulary, Str piece); /* or VOCABULARY_NONE */
/* Bytes of the longest piece at the front of `text`, 0 when there is none. */
size_t vocabulary_longest(const Vocabulary *vocabulary, Str text, bool continuing,
                          uint32_t *out_id);

#endif
