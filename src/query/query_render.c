/* query_render.c - the formats by name, and the buffer that the text formats share.
 *
 * Tested by: test_query_formats.c. */
#include "query/query_render.h"

#include "base/map.h"

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

static Str folded(Arena *arena, Str name) {
    char *out = str_to_c(arena, name);
    for (size_t i = 0; i < name.length; i++)
        if (out[i] >= 'A' && out[i] <= 'Z')
            out[i] = (char)(out[i] - 'A' + 'a');
    return str_make(out, name.length);
}

Str *render_unique_names(const RenderJob *job, Arena *arena) {
    Str *names = ARENA_ARRAY(arena, Str, job->column_count);
    Map taken = map_make(arena);
    for (size_t i = 0; i < job->column_count; i++) {
        names[i] = job->columns[i].name;
        for (size_t n = 1; map_get(&taken, folded(arena, names[i])) != NULL; n++)
            names[i] = str_format(arena, "%.*s_%zu", STR_ARG(job->columns[i].name), n);
        map_put(&taken, folded(arena, names[i]), names);
    }
    return names;
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
