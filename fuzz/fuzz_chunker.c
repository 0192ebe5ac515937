/* fuzz_chunker.c - two bytes choose size and overlap, the rest is the text: every chunk keeps the
 * promises that can be checked without a second implementation. */
#include <assert.h>

#include "embed/chunker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(Str text, const ChunkOptions *options, const Chunk *chunks, size_t count) {
    size_t previous_end = 0;
    for (size_t i = 0; i < count; i++) {
        size_t end = chunks[i].byte_start + chunks[i].text.length;
        assert(chunks[i].text.length > 0 && end <= text.length);
        assert(chunks[i].text.data == text.data + chunks[i].byte_start);
        assert(utf8_valid(chunks[i].text));
        assert(utf8_count(chunks[i].text) == chunks[i].point_end - chunks[i].point_start);
        assert(i == 0 || chunks[i].byte_start > chunks[i - 1].byte_start);
        assert(end > previous_end);
        if (i > 0 && chunks[i].byte_start < previous_end)
            assert(chunks[i - 1].point_end - chunks[i].point_start <= options->overlap);
        previous_end = end;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Err err = {0};
    if (size < 2)
        return 0;
    ChunkOptions options = {data[0], data[1]};
    Str text = str_make(data + 2, size - 2);
    if (!utf8_valid(text))
        return 0;
    Arena *arena = arena_create();
    Chunk *chunks = NULL;
    size_t count = 0;
    if (chunk_text(text, &options, arena, &chunks, &count, &err))
        check(text, &options, chunks, count);
    else
        assert(err.kind == FAIL_INVALID);
    arena_destroy(arena);
    return 0;
}
