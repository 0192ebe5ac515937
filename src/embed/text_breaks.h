/* text_breaks.h - where a text may be cut, and how well: one set of marks per byte.
 *
 * A mark stands at the byte before which one would cut, or start; marks are only ever set where a
 * grapheme cluster begins (or at the end of the text), so nothing that uses them can cut a cluster.
 *
 * Threads: pure functions. */
#ifndef EMBED_TEXT_BREAKS_H
#define EMBED_TEXT_BREAKS_H

#include <stdint.h>

#include "base/str.h"

enum {
    BREAK_CLUSTER = 1,    /* a grapheme cluster begins here, or the text ends */
    BREAK_SPACE = 2,      /* the cluster that begins here is white space */
    BREAK_WORD_START = 4, /* a word begins here */
    BREAK_WORD_END = 8,   /* a word ended just before here */
    BREAK_SENTENCE_END = 16
};

/* text.length + 1 marks, in the arena. `text` is valid UTF-8. */
uint8_t *text_breaks(Str text, Arena *arena);

#endif
