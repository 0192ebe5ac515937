/* fuzz_multipart.c - hostile forms. The first byte says into how long pieces the rest is cut, so
 * that every state meets every boundary between two reads; what is seen must not depend on the
 * cutting. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_begin(void *context, const MultipartPart *part, Err *err) {
    (void)err;
    StrBuf *seen = context;
    strbuf_append(seen, part->name);
    strbuf_append(seen, part->filename);
    strbuf_append(seen, part->content_type);
    return true;
}

static bool on_data(void *context, Str bytes, Err *err) {
    (void)err;
    strbuf_append(context, bytes);
    return true;
}

static bool on_end(void *context, Err *err) {
    (void)context;
    (void)err;
    return true;
}

static bool parse(Arena *arena, Str body, size_t piece, StrBuf *seen) {
    Err err = {0};
    MultipartEvents events = {seen, on_begin, on_data, on_end};
    Multipart *parser = multipart_create(STR("b"), &events, arena);
    for (size_t at = 0; at < body.length; at += piece)
        if (!multipart_feed(parser, str_slice(body, at, at + piece), &err))
            return false;
    return multipart_finish(parser, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    Arena *arena = arena_create();
    Str body = str_make(data + 1, size - 1);
    Str boundary;
    Err err = {0};
    if (multipart_is_form(body) && !multipart_boundary(body, arena, &boundary, &err) &&
        err.kind != FAIL_INVALID)
        abort();
    StrBuf whole = strbuf_make(arena);
    StrBuf cut = strbuf_make(arena);
    bool first = parse(arena, body, size, &whole);
    bool second = parse(arena, body, (size_t)data[0] + 1, &cut);
    if (first != second || (first && !str_eq(strbuf_str(&whole), strbuf_str(&cut))))
        abort();
    arena_destroy(arena);
    return 0;
}
