/* chunker.c - walk a text in steps of at most `size` code points, from one good break to another.
 *
 * A chunk ends at the last sentence end in the second half of its window, else at the last word
 * end, else at the last cluster border. The next one begins at the first word start among the last
 * `overlap` code points of this one. What guarantees progress: every chunk must end behind the end
 * of the one before; when an overlap leaves no such break (a long word follows), it is given up.
 *
 * Tested by: tests/unit/embed/test_chunker.c (every promise of the header as a property over
 * random texts), fuzz/fuzz_chunker.c. */
#include "embed/chunker.h"

#include "base/vec.h"
#include "embed/text_breaks.h"

typedef VEC(Chunk) ChunkVec;

/* A place in the text, in both measures. */
typedef struct Place {
    size_t byte;
    size_t point;
} Place;

typedef struct Walk {
    Str text;
    const uint8_t *marks;
    const ChunkOptions *options;
} Walk;

bool chunk_options_check(const ChunkOptions *options, Err *err) {
    if (options->size == 0) {
        err_fail(err, FAIL_INVALID, "chunk_size must be at least 1");
        return err_field(err, "chunk_size");
    }
    if (options->overlap >= options->size) {
        err_fail(err, FAIL_INVALID, "overlap (%u) must be less than chunk_size (%u)",
                 options->overlap, options->size);
        return err_field(err, "overlap");
    }
    return true;
}

static bool is_point_start(char byte) {
    return ((unsigned char)byte & 0xC0) != 0x80;
}

static Place step(const Walk *walk, Place place) {
    do
        place.byte++;
    while (place.byte < walk->text.length && !is_point_start(walk->text.data[place.byte]));
    place.point++;
    return place;
}

static Place step_back(const Walk *walk, Place place) {
    do
        place.byte--;
    while (!is_point_start(walk->text.data[place.byte]));
    place.point--;
    return place;
}

static bool has(const Walk *walk, Place place, uint8_t mark) {
    return (walk->marks[place.byte] & mark) != 0;
}

static Place skip_space(const Walk *walk, Place place) {
    while (place.byte < walk->text.length &&
           (!has(walk, place, BREAK_CLUSTER) || has(walk, place, BREAK_SPACE)))
        place = step(walk, place);
    return place;
}

/* Back over white-space clusters, not beyond `start`. */
static Place trim_end(const Walk *walk, Place start, Place end) {
    while (end.byte > start.byte) {
        Place cluster = step_back(walk, end);
        while (!has(walk, cluster, BREAK_CLUSTER))
            cluster = step_back(walk, cluster);
        if (!has(walk, cluster, BREAK_SPACE))
            break;
        end = cluster;
    }
    return end;
}

/* The best end for a chunk from `start` that lies behind `previous_end`. False when the window
 * holds none; only a first cluster longer than the window is taken whole. */
static bool find_end(const Walk *walk, Place start, size_t previous_end, Place *out) {
    uint32_t size = walk->options->size;
    Place sentence = start;
    Place word = start;
    Place cluster = start;
    bool after_space = false; /* is the cluster before `place` white space? */
    Place place = start;
    while (place.byte < walk->text.length) {
        if (has(walk, place, BREAK_CLUSTER))
            after_space = has(walk, place, BREAK_SPACE);
        place = step(walk, place);
        if (!has(walk, place, BREAK_CLUSTER))
            continue;
        if (place.point - start.point > size)
            break;
        if (place.byte <= previous_end || after_space)
            continue;
        cluster = place;
        if (has(walk, place, BREAK_WORD_END))
            word = place;
        if (has(walk, place, BREAK_SENTENCE_END))
            sentence = place;
    }
    bool whole = place.byte == walk->text.length && place.point - start.point <= size;
    if (whole)
        *out = trim_end(walk, start, place);
    else if ((sentence.point - start.point) * 2 >= size)
        *out = sentence;
    else if (word.byte > start.byte)
        *out = word;
    else if (cluster.byte > start.byte && start.byte >= previous_end)
        *out = cluster;
    else if (start.byte >= previous_end)
        *out = place; /* one cluster, longer than a chunk may be */
    else
        return false;
    return true;
}

/* Where the chunk after [start, end) begins if it may repeat some of it; else `end` itself. */
static Place find_overlap(const Walk *walk, Place start, Place end) {
    Place place = end;
    Place first_cluster = end;
    Place first_word = end;
    while (place.byte > start.byte && end.point - place.point < walk->options->overlap) {
        place = step_back(walk, place);
        if (place.byte <= start.byte)
            break;
        if (has(walk, place, BREAK_WORD_START))
            first_word = place;
        if (has(walk, place, BREAK_CLUSTER) && !has(walk, place, BREAK_SPACE))
            first_cluster = place;
    }
    return first_word.byte < end.byte ? first_word : first_cluster;
}

static void cut_chunks(const Walk *walk, Arena *arena, ChunkVec *chunks) {
    Place start = skip_space(walk, (Place){0, 0});
    size_t previous_end = 0;
    while (start.byte < walk->text.length) {
        Place end;
        if (!find_end(walk, start, previous_end, &end)) {
            /* only an overlap can leave no end: begin behind it instead */
            while (start.byte < previous_end)
                start = step(walk, start);
            start = skip_space(walk, start);
            continue;
        }
        *vec_push(chunks, arena) = (Chunk){.text = str_slice(walk->text, start.byte, end.byte),
                                           .byte_start = start.byte,
                                           .point_start = start.point,
                                           .point_end = end.point};
        previous_end = end.byte;
        if (skip_space(walk, end).byte == walk->text.length)
            return;
        start = skip_space(walk, find_overlap(walk, start, end));
    }
}

bool chunk_text(Str text, const ChunkOptions *options, Arena *arena, Chunk **out_chunks,
                size_t *out_count, Err *err) {
    if (!chunk_options_check(options, err))
        return false;
    Arena *scratch = arena_create();
    Walk walk = {text, text_breaks(text, scratch), options};
    ChunkVec chunks = {0};
    cut_chunks(&walk, arena, &chunks);
    arena_destroy(scratch);
    *out_chunks = chunks.items;
    *out_count = chunks.count;
    return true;
}
