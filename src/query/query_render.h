/* query_render.h - an answer's rows as bytes of one format, written to a sink piece by piece.
 *
 * A renderer pulls rows from the reader to the end. It writes nothing before the first chunk has
 * come, so that what fails early fails with a clean error.
 *
 * Threads: one at a time per job. */
#ifndef QUERY_QUERY_RENDER_H
#define QUERY_QUERY_RENDER_H

#include "query/query_engine.h"
#include "query/query_reader.h"

typedef struct RenderJob {
    QueryReader *reader;
    const ResultColumn *columns;
    size_t column_count;
    const ByteSink *sink;
    Str temp_directory;    /* Parquet is made in a file first, */
    uint64_t memory_bytes; /* by an engine with this much memory */
} RenderJob;

typedef bool (*RenderFn)(const RenderJob *job, Err *err);

MUST_CHECK bool render_json(const RenderJob *job, Err *err);
MUST_CHECK bool render_ndjson(const RenderJob *job, Err *err);
MUST_CHECK bool render_csv(const RenderJob *job, Err *err);
MUST_CHECK bool render_parquet(const RenderJob *job, Err *err);
MUST_CHECK bool render_arrow(const RenderJob *job, Err *err);

/* The names of the columns, the later ones of one name (cases apart) with _1, _2, ...: formats
 * whose readers know columns by name would lose them. */
Str *render_unique_names(const RenderJob *job, Arena *arena);

/* Text that gathers up to a good size for a write. */
typedef struct RenderText {
    const ByteSink *sink;
    Arena *arena;
    StrBuf text;
} RenderText;

RenderText render_text_open(const ByteSink *sink);
/* Writes what has gathered when it is enough, or in any case. */
MUST_CHECK bool render_text_flush_full(RenderText *out, Err *err);
MUST_CHECK bool render_text_flush(RenderText *out, Err *err);
void render_text_close(RenderText *out);

#endif
