/* render_json.c - {"columns":[{"name","type"}],"rows":[[...]],"row_count","truncated",
 * "duration_ms"}.
 *
 * The counts come last because they are known last: rows are written as they come. How values look
 * is said in query_result.h.
 *
 * Tested by: test_query_formats.c. */
#include "query/query_render.h"

#include "base/clock.h"
#include "query/value_text.h"

static void append_columns(const RenderJob *job, StrBuf *out) {
    strbuf_append_c(out, "{\"columns\":[");
    for (size_t i = 0; i < job->column_count; i++) {
        strbuf_append_c(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        text_append_json_string(out, job->columns[i].name);
        strbuf_append_c(out, ",\"type\":");
        text_append_json_string(out, job->columns[i].type);
        strbuf_append_char(out, '}');
    }
    strbuf_append_c(out, "],\"rows\":[");
}

static void append_row(const RenderJob *job, const ResultChunk *chunk, size_t row, StrBuf *out) {
    strbuf_append_char(out, '[');
    for (size_t i = 0; i < job->column_count; i++) {
        if (i > 0)
            strbuf_append_char(out, ',');
        result_value_json(chunk, i, row, out);
    }
    strbuf_append_char(out, ']');
}

static void append_counts(const RenderJob *job, StrBuf *out) {
    double duration_ms = clock_seconds_since(job->reader->started_ns) * 1000.0;
    strbuf_append_format(out, "],\"row_count\":%llu,\"truncated\":%s,\"duration_ms\":%.3f}\n",
                         (unsigned long long)job->reader->rows,
                         job->reader->truncated ? "true" : "false", duration_ms);
}

static bool write_all(const RenderJob *job, RenderText *out, Err *err) {
    ResultChunk *chunk;
    const char *between = "\n";
    if (!query_reader_next(job->reader, &chunk, err))
        return false;
    append_columns(job, &out->text);
    while (chunk != NULL) {
        for (size_t row = 0; row < result_chunk_rows(chunk); row++) {
            strbuf_append_c(&out->text, between);
            append_row(job, chunk, row, &out->text);
            between = ",\n";
            if (!render_text_flush_full(out, err))
                return false;
        }
        if (!query_reader_next(job->reader, &chunk, err))
            return false;
    }
    append_counts(job, &out->text);
    return render_text_flush(out, err);
}

bool render_json(const RenderJob *job, Err *err) {
    RenderText out = render_text_open(job->sink);
    bool ok = write_all(job, &out, err);
    render_text_close(&out);
    return ok;
}
