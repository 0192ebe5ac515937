/* render_ndjson.c - one JSON object a line, columns as its fields.
 *
 * Two columns of one name would make an object of which readers keep one, so names are made unique.
 *
 * Tested by: test_query_formats.c. */
#include "query/query_render.h"

#include "query/value_text.h"

/* "{"name": and ,"name": as they stand before each value. */
static Str *field_heads(const RenderJob *job, Arena *arena) {
    Str *heads = render_unique_names(job, arena);
    for (size_t i = 0; i < job->column_count; i++) {
        StrBuf head = strbuf_make(arena);
        strbuf_append_char(&head, i == 0 ? '{' : ',');
        text_append_json_string(&head, heads[i]);
        strbuf_append_char(&head, ':');
        heads[i] = str_dup(arena, strbuf_str(&head));
    }
    return heads;
}

static bool write_all(const RenderJob *job, const Str *heads, RenderText *out, Err *err) {
    ResultChunk *chunk;
    while (query_reader_next(job->reader, &chunk, err)) {
        if (chunk == NULL)
            return render_text_flush(out, err);
        for (size_t row = 0; row < result_chunk_rows(chunk); row++) {
            for (size_t i = 0; i < job->column_count; i++) {
                strbuf_append(&out->text, heads[i]);
                result_value_json(chunk, i, row, &out->text);
            }
            strbuf_append_c(&out->text, "}\n");
            if (!render_text_flush_full(out, err))
                return false;
        }
    }
    return false;
}

bool render_ndjson(const RenderJob *job, Err *err) {
    Arena *arena = arena_create();
    RenderText out = render_text_open(job->sink);
    bool ok = write_all(job, field_heads(job, arena), &out, err);
    render_text_close(&out);
    arena_destroy(arena);
    return ok;
}
