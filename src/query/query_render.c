/* query_render.c - the formats by name, and the buffer that the text formats share.
 *
 * Tested by: test_query_engine.c (each format). */
#include "query/query_render.h"

enum { FLUSH_BYTES = 64 * 1024 };

static const struct {
    const char *name, *media_type;
} formats[] = {
    [QUERY_JSON] = {"json", "application/json"},
    [QUERY_NDJSON] = {"ndjson", "application/x-ndjson"},
    [QUERY_CSV] = {"csv", "text/csv; charset=utf-8; header=present"},
    [QUERY_PARQUET] = {"parquet", "application/vnd.apache.parquet"},
    [QUERY_ARROW] = {"arrow", "application/vnd.apache.arrow.stream"},
};

bool query_format_parse(Str name, QueryFormat *out) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (str_eq_c(name, formats[i].name)) {
            *out = (QueryFormat)i;
            return true;
        }
    }
    return false;
}

const char *query_format_media_type(QueryFormat format) {
    return formats[format].media_type;
}

RenderText render_text_open(const ByteSink *sink) {
    Arena *arena = arena_create();
    return (RenderText){.sink = sink, .arena = arena, .text = strbuf_make(arena)};
}

bool render_text_flush(RenderText *out, Err *err) {
    Str text = strbuf_str(&out->text);
    if (!str_is_empty(text) && !out->sink->write(out->sink->context, text, err))
        return false;
    strbuf_clear(&out->text);
    return true;
}

bool render_text_flush_full(RenderText *out, Err *err) {
    return out->text.length < FLUSH_BYTES || render_text_flush(out, err);
}

void render_text_close(RenderText *out) {
    arena_destroy(out->arena);
}
