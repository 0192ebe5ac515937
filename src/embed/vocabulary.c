/* vocabulary.c - a trie whose edges all lie in one hash table, keyed by (node, byte).
 *
 * One probe a byte finds the longest match in a single walk, where the textbook loop tries every
 * length of the word in turn; some 30,000 pieces take 2 MB.
 *
 * Tested by: tests/unit/embed/test_vocabulary.c (against a search by brute force). */
#include "embed/vocabulary.h"

#include <string.h>

enum { NODES_MAX = 1 << 24, SLOTS_MIN = 1024, PIECE_BYTES_MAX = 1024 };

Vocabulary vocabulary_make(Arena *arena) {
    Vocabulary vocabulary = {.arena = arena,
                             .edges = ARENA_ARRAY(arena, VocabularyEdge, SLOTS_MIN),
                             .slot_count = SLOTS_MIN,
                             .ids = ARENA_ARRAY(arena, uint32_t, SLOTS_MIN / 2),
                             .node_count = 1,
                             .node_capacity = SLOTS_MIN / 2,
                             .continuing = VOCABULARY_NONE};
    vocabulary.ids[0] = VOCABULARY_NONE;
    return vocabulary;
}

static uint32_t hash_key(uint32_t key) {
    key *= 0x9E3779B1U; /* Fibonacci hashing, then the high bits folded down */
    return key ^ key >> 15;
}

/* The slot that holds the key, or the free one where it belongs. */
static VocabularyEdge *edge_slot(const Vocabulary *vocabulary, uint32_t key) {
    uint32_t slot = hash_key(key) & (vocabulary->slot_count - 1);
    while (vocabulary->edges[slot].child != 0 && vocabulary->edges[slot].key != key)
        slot = (slot + 1) & (vocabulary->slot_count - 1);
    return &vocabulary->edges[slot];
}

/* One node more: its table is never more than half full. */
static void make_room(Vocabulary *vocabulary) {
    if (vocabulary->node_count < vocabulary->node_capacity)
        return;
    const VocabularyEdge *old_edges = vocabulary->edges;
    uint32_t old_slots = vocabulary->slot_count;
    vocabulary->ids = arena_grow(vocabulary->arena, vocabulary->ids,
                                 (size_t)vocabulary->node_capacity * sizeof(uint32_t),
                                 (size_t)vocabulary->node_capacity * 2 * sizeof(uint32_t));
    vocabulary->node_capacity *= 2;
    vocabulary->slot_count *= 2;
    vocabulary->edges = ARENA_ARRAY(vocabulary->arena, VocabularyEdge, vocabulary->slot_count);
    for (uint32_t i = 0; i < old_slots; i++)
        if (old_edges[i].child != 0)
            *edge_slot(vocabulary, old_edges[i].key) = old_edges[i];
}

static uint32_t child_of(const Vocabulary *vocabulary, uint32_t node, char byte) {
    return edge_slot(vocabulary, node << 8 | (unsigned char)byte)->child;
}

static uint32_t child_made(Vocabulary *vocabulary, uint32_t node, char byte) {
    make_room(vocabulary);
    uint32_t key = node << 8 | (unsigned char)byte;
    VocabularyEdge *edge = edge_slot(vocabulary, key);
    if (edge->child == 0) {
        *edge = (VocabularyEdge){key, vocabulary->node_count};
        vocabulary->ids[vocabulary->node_count++] = VOCABULARY_NONE;
    }
    return edge->child;
}

bool vocabulary_add(Vocabulary *vocabulary, Str piece, uint32_t id, Err *err) {
    if (!utf8_valid(piece))
        return err_fail(err, FAIL_CORRUPT, "vocabulary: piece %u is not valid UTF-8", id);
    if (piece.length > PIECE_BYTES_MAX)
        return err_fail(err, FAIL_CORRUPT, "vocabulary: piece %u is %zu bytes long", id,
                        piece.length);
    if (vocabulary->node_count + piece.length >= NODES_MAX)
        return err_fail(err, FAIL_CORRUPT, "vocabulary: too large at piece %u", id);
    uint32_t node = 0;
    for (size_t i = 0; i < piece.length; i++)
        node = child_made(vocabulary, node, piece.data[i]);
    if (node != 0) /* an empty line holds its number but matches nothing */
        vocabulary->ids[node] = id;
    if (id >= vocabulary->size)
        vocabulary->size = id + 1;
    return true;
}

static uint32_t node_of(const Vocabulary *vocabulary, Str piece) {
    uint32_t node = 0;
    for (size_t i = 0; i < piece.length; i++) {
        node = child_of(vocabulary, node, piece.data[i]);
        if (node == 0)
            return VOCABULARY_NONE;
    }
    return node;
}

void vocabulary_set_continuing(Vocabulary *vocabulary, Str prefix) {
    vocabulary->continuing = node_of(vocabulary, prefix);
}

uint32_t vocabulary_find(const Vocabulary *vocabulary, Str piece) {
    uint32_t node = node_of(vocabulary, piece);
    return node == VOCABULARY_NONE ? VOCABULARY_NONE : vocabulary->ids[node];
}

size_t vocabulary_longest(const Vocabulary *vocabulary, Str text, bool continuing,
                          uint32_t *out_id) {
    uint32_t node = continuing ? vocabulary->continuing : 0;
    if (node == VOCABULARY_NONE)
        return 0;
    size_t found = 0;
    for (size_t i = 0; i < text.length; i++) {
        node = child_of(vocabulary, node, text.data[i]);
        if (node == 0)
            break;
        if (vocabulary->ids[node] != VOCABULARY_NONE) {
            *out_id = vocabulary->ids[node];
            found = i + 1;
        }
    }
    return found;
}
