/* body_sink.h - where request bodies go: memory for JSON, a temporary file for uploads.
 *
 * Ownership: everything lives in the arena given; the temporary file is removed when the arena
 * that holds the upload ends (upload_move hands it to a longer-lived one).
 * Threads: one at a time. */
#ifndef GATEWAY_BODY_SINK_H
#define GATEWAY_BODY_SINK_H

#include "gateway/http_server.h"

typedef struct MemoryBody {
    StrBuf bytes;
} MemoryBody;

MemoryBody *memory_body_create(Arena *arena);
HttpBodySink memory_body_sink(MemoryBody *body);

typedef struct Upload {
    int fd;           /* -1 once finished */
    const char *path; /* NULL once moved on */
    uint64_t size_bytes;
} Upload;

/* A new empty file in `folder`. */
Upload *upload_create(Str folder, Arena *arena, Err *err);
MUST_CHECK bool upload_write(Upload *upload, Str bytes, Err *err);
HttpBodySink upload_sink(Upload *upload);
/* Closes the file for writing; its path is then ready to be read. */
MUST_CHECK bool upload_finish(Upload *upload, Err *err);
/* The same upload, living as long as `arena` instead. */
Upload *upload_move(Upload *upload, Arena *arena);

#endif
