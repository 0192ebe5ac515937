/* render_csv.c - RFC 4180: a header line, commas, CRLF, quotes doubled.
 *
 * NULL is an empty field and the empty text is "", so the two can be told apart. Nested values are
 * JSON text, bytes base64, numbers as they are (CSV readers choose their own types).
 *
 * Tested by: test_query_formats.c. */
#include "query/query_render.h"

static bool needs_quotes(Str field) {
    if (str_is_empty(field) || field.data[0] == ' ' || field.data[field.length - 1] == ' ')
        return true;
    for (size_t i = 0; i < field.length; i++) {
        char c = field.data[i];
        if (c == ',' || c == '"' || c == '\r' || c == '\n')
            return true;
    }
    return false;
}

static void append_field(StrBuf *out, Str field) {
    if (!needs_quotes(field)) {
        strbuf_append(out, field);
        return;
    }
    strbuf_append_char(out, '"');
    for (size_t i = 0; i < field.length; i++) {
        if (field.data[i] == '"')
            strbuf_append_char(out, '"');
        strbuf_append_char(out, field.data[i]);
    }
    strbuf_append_char(out, '"');
}

static void append_row(const RenderJob *job, const ResultChunk *chunk, size_t row, StrBuf *field,
                       StrBuf *out) {
    for (size_t i = 0; i < job->column_count; i++) {
        if (i > 0)
            strbuf_append_char(out, ',');
        strbuf_clear(field);
        if (result_value_text(chunk, i, row, field))
            append_field(out, strbuf_str(field));
    }
    strbuf_append_c(out, "\r\n");
}

static bool write_all(const RenderJob *job, StrBuf *field, RenderText *out, Err *err) {
    ResultChunk *chunk;
    if (!query_reader_next(job->reader, &chunk, err))
        return false;
    for (size_t i = 0; i < job->column_count; i++) {
        if (i > 0)
            strbuf_append_char(&out->text, ',');
        append_field(&out->text, job->columns[i].name);
    }
    strbuf_append_c(&out->text, "\r\n");
    while (chunk != NULL) {
        for (size_t row = 0; row < result_chunk_rows(chunk); row++) {
            append_row(job, chunk, row, field, &out->text);
            if (!render_text_flush_full(out, err))
                return false;
        }
        if (!query_reader_next(job->reader, &chunk, err))
            return false;
    }
    return render_text_flush(out, err);
}

bool render_csv(const RenderJob *job, Err *err) {
    Arena *arena = arena_create();
    StrBuf field = strbuf_make(arena);
    RenderText out = render_text_open(job->sink);
    bool ok = write_all(job, &field, &out, err);
    render_text_close(&out);
    arena_destroy(arena);
    return ok;
}
