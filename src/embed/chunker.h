/* chunker.h - cut a document into overlapping pieces that an embedder can take whole.
 *
 * Sizes count Unicode code points, never bytes; a cut never falls inside a grapheme cluster. A
 * chunk holds at most `size` code points (unless one cluster alone is longer), prefers to end at a
 * sentence, else at a space, and the next begins up to `overlap` code points before its end, at a
 * word start where there is one. Starts strictly increase; white-space-only chunks are dropped;
 * the last chunk is never a pure repeat of the overlap. Cut parts are trimmed of white space and
 * their offsets say so. Same input, same chunks.
 *
 * Ownership: chunk texts are views into the input.   Threads: pure function. */
#ifndef EMBED_CHUNKER_H
#define EMBED_CHUNKER_H

#include "base/err.h"
#include "base/str.h"

typedef struct ChunkOptions {
    uint32_t size;    /* code points; > 0 */
    uint32_t overlap; /* code points; < size */
} ChunkOptions;

typedef struct Chunk {
    Str text;
    size_t byte_start;  /* of `text` in the document */
    size_t point_start; /* in code points; end = start + utf8_count(text) */
    size_t point_end;
} Chunk;

/* FAIL_INVALID naming the field for a size of 0 or an overlap >= size. */
MUST_CHECK bool chunk_options_check(const ChunkOptions *options, Err *err);
/* `text` is valid UTF-8. Empty or blank text gives no chunks. */
MUST_CHECK bool chunk_text(Str text, const ChunkOptions *options, Arena *arena, Chunk **out_chunks,
                           size_t *out_count, Err *err);

#endif
