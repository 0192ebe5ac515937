/* body_sink.c - appending to a buffer, appending to a file.
 *
 * Uploads are not synced: a crash loses the request, and whoever stores the file makes it durable.
 *
 * Tested by: tests/unit/gateway/test_multipart.c. */
#include "gateway/body_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

MemoryBody *memory_body_create(Arena *arena) {
    MemoryBody *body = ARENA_NEW(arena, MemoryBody);
    body->bytes = strbuf_make(arena);
    return body;
}

/* The HTTP server counts and bounds what comes here. */
static bool memory_write(void *context, Str bytes, Err *err) {
    (void)err;
    MemoryBody *body = context;
    strbuf_append(&body->bytes, bytes);
    return true;
}

HttpBodySink memory_body_sink(MemoryBody *body) {
    return (HttpBodySink){body, memory_write};
}

static void upload_drop(void *handle) {
    Upload *upload = handle;
    if (upload->fd >= 0)
        close(upload->fd);
    if (upload->path != NULL)
        unlink(upload->path); /* gone already when a store moved it in */
}

Upload *upload_create(Str folder, Arena *arena, Err *err) {
    Str path = str_format(arena, "%.*s/upload-XXXXXX", STR_ARG(folder));
    char *name = str_to_c(arena, path);
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0) {
        int saved = errno;
        err_fail_errno(err, saved, "cannot make a temporary file for the upload");
        return NULL;
    }
    Upload *upload = ARENA_NEW(arena, Upload);
    *upload = (Upload){.fd = fd, .path = name};
    arena_defer(arena, upload_drop, upload);
    return upload;
}

bool upload_write(Upload *upload, Str bytes, Err *err) {
    size_t done = 0;
    while (done < bytes.length) {
        ssize_t wrote = write(upload->fd, bytes.data + done, bytes.length - done);
        int saved = errno;
        if (wrote < 0 && saved == EINTR)
            continue;
        if (wrote < 0)
            return err_fail_errno(err, saved, "cannot write the upload to its temporary file");
        done += (size_t)wrote;
    }
    upload->size_bytes += bytes.length;
    return true;
}

static bool upload_sink_write(void *context, Str bytes, Err *err) {
    return upload_write(context, bytes, err);
}

HttpBodySink upload_sink(Upload *upload) {
    return (HttpBodySink){upload, upload_sink_write};
}

bool upload_finish(Upload *upload, Err *err) {
    int fd = upload->fd;
    upload->fd = -1;
    if (fd >= 0 && close(fd) != 0) {
        int saved = errno;
        return err_fail_errno(err, saved, "cannot write the upload to its temporary file");
    }
    return true;
}

Upload *upload_move(Upload *upload, Arena *arena) {
    Upload *moved = ARENA_NEW(arena, Upload);
    *moved = *upload;
    moved->path = str_to_c(arena, str_c(upload->path));
    arena_defer(arena, upload_drop, moved);
    upload->fd = -1;
    upload->path = NULL;
    return moved;
}
