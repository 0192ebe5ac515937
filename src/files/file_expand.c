/* file_expand.c - one loop, two decompressors.
 *
 * Each decompressor takes some input and gives some output, and says whether a member (gzip) or
 * frame (zstd) has just ended; where input ends anywhere else, the file was cut off.
 *
 * A few bytes can expand to terabytes, so the output is bounded twice: by size, and by its ratio to
 * the input read so far (beyond the first 64 MiB, which anything may reach).
 *
 * Tested by: test_file_expand.c. */
#include "files/file_expand.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { PIECE_BYTES = 1 << 18, RATIO_FREE_BYTES = 64 << 20 };

typedef struct Expander Expander;
struct Expander {
    /* Consumes from input, produces into output; false: the data is damaged. */
    bool (*step)(Expander *expander, Str *input, char *output, size_t room, size_t *out_length);
    bool between_members;
    z_stream gzip;
    ZSTD_DCtx *zstd;
};

static bool step_gzip(Expander *expander, Str *input, char *output, size_t room,
                      size_t *out_length) {
    z_stream *gzip = &expander->gzip;
    if (expander->between_members && inflateReset(gzip) != Z_OK)
        return false;
    gzip->next_in = (unsigned char *)(uintptr_t)input->data;
    gzip->avail_in = (unsigned)input->length;
    gzip->next_out = (unsigned char *)output;
    gzip->avail_out = (unsigned)room;
    int status = inflate(gzip, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
        return false;
    expander->between_members = status == Z_STREAM_END;
    *input = str_slice(*input, input->length - gzip->avail_in, input->length);
    *out_length = room - gzip->avail_out;
    return true;
}

static bool step_zstd(Expander *expander, Str *input, char *output, size_t room,
                      size_t *out_length) {
    ZSTD_inBuffer in = {input->data, input->length, 0};
    ZSTD_outBuffer out = {output, room, 0};
    size_t status = ZSTD_decompressStream(expander->zstd, &out, &in);
    if (ZSTD_isError(status))
        return false;
    expander->between_members = status == 0;
    *input = str_slice(*input, in.pos, input->length);
    *out_length = out.pos;
    return true;
}

static bool expander_open(Expander *expander, FileCompression compression, Err *err) {
    *expander = (Expander){.step = compression == FILE_GZIP ? step_gzip : step_zstd};
    if (compression == FILE_GZIP) {
        if (inflateInit2(&expander->gzip, 15 + 16) == Z_OK)
            return true;
    } else {
        expander->zstd = ZSTD_createDCtx();
        if (expander->zstd != NULL)
            return true;
    }
    return err_fail(err, FAIL_NO_MEMORY, "no memory to decompress the file");
}

static void expander_close(Expander *expander, FileCompression compression) {
    if (compression == FILE_GZIP)
        inflateEnd(&expander->gzip);
    ZSTD_freeDCtx(expander->zstd);
}

typedef struct Expansion {
    int from, to;
    const ExpandLimits *limits;
    Progress *progress;
    uint64_t read_bytes, written_bytes;
    char *input, *output; /* PIECE_BYTES each */
} Expansion;

static bool write_all(Expansion *expansion, size_t length, Err *err) {
    const char *data = expansion->output;
    while (length > 0) {
        ssize_t written = write(expansion->to, data, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return err_fail_errno(err, errno, "cannot write the decompressed file");
        data += written;
        length -= (size_t)written;
    }
    return true;
}

static bool within_limits(const Expansion *expansion, Err *err) {
    const ExpandLimits *limits = expansion->limits;
    if (expansion->written_bytes > limits->bytes_max) {
        err_fail(err, FAIL_LIMIT, "the file decompresses to more than %" PRIu64 " bytes",
                 limits->bytes_max);
        return err_hint(err, "split it, or raise the limit in the configuration");
    }
    if (expansion->written_bytes <= RATIO_FREE_BYTES ||
        expansion->written_bytes / limits->ratio_max <= expansion->read_bytes)
        return true;
    err_fail(err, FAIL_LIMIT, "the file decompresses to more than %" PRIu32 " times its size",
             limits->ratio_max);
    return err_hint(err, "send it uncompressed, or raise the limit in the configuration");
}

static bool expand_piece(Expansion *expansion, Expander *expander, Str input, Err *err) {
    size_t length = PIECE_BYTES;
    /* A full output may leave more inside the decompressor. */
    while (input.length > 0 || length == PIECE_BYTES) {
        if (input.length == 0 && expander->between_members)
            break;
        size_t before = input.length;
        bool ok = expander->step(expander, &input, expansion->output, PIECE_BYTES, &length);
        if (!ok || (before > 0 && input.length == before && length == 0)) {
            err_fail(err, FAIL_UNPROCESSABLE, "the compressed file is damaged");
            return err_detail(err, "near byte %" PRIu64 " of it",
                              expansion->read_bytes - input.length);
        }
        expansion->written_bytes += length;
        if (!within_limits(expansion, err) || !write_all(expansion, length, err))
            return false;
    }
    return true;
}

static bool expand_all(Expansion *expansion, Expander *expander, Err *err) {
    for (;;) {
        if (!progress_check(expansion->progress, err))
            return false;
        ssize_t got = read(expansion->from, expansion->input, PIECE_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_fail_errno(err, errno, "cannot read the compressed file");
        if (got == 0)
            break;
        expansion->read_bytes += (uint64_t)got;
        progress_add(expansion->progress, (uint64_t)got);
        if (!expand_piece(expansion, expander, str_make(expansion->input, (size_t)got), err))
            return false;
    }
    return expander->between_members ||
           err_fail(err, FAIL_UNPROCESSABLE,
                    "the compressed file is cut off: it ends in the middle, after %" PRIu64
                    " bytes of it and %" PRIu64 " of its content",
                    expansion->read_bytes, expansion->written_bytes);
}

static bool open_files(Expansion *expansion, const char *from, const char *to, Err *err) {
    struct stat info;
    expansion->from = open(from, O_RDONLY | O_CLOEXEC);
    if (expansion->from < 0 || fstat(expansion->from, &info) != 0)
        return err_fail_errno(err, errno, "cannot open the compressed file");
    progress_start(expansion->progress, "decompressing", "bytes", (uint64_t)info.st_size);
    expansion->to = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return expansion->to >= 0 ||
           err_fail_errno(err, errno, "cannot make a file for decompressed data");
}

bool file_expand(const char *from, const char *to, FileCompression compression,
                 const ExpandLimits *limits, Budget *budget, Progress *progress, Err *err) {
    Expansion expansion = {.from = -1, .to = -1, .limits = limits, .progress = progress};
    Expander expander;
    uint64_t memory = 2 * PIECE_BYTES + (8 << 20); /* and the decompressor's window */
    if (!budget_take(budget, memory, "decompressing a file", err))
        return false;
    bool ok = open_files(&expansion, from, to, err);
    if (ok && (ok = expander_open(&expander, compression, err))) {
        expansion.input = malloc(2 * PIECE_BYTES);
        if (expansion.input == NULL)
            abort();
        expansion.output = expansion.input + PIECE_BYTES;
        ok = expand_all(&expansion, &expander, err);
        free(expansion.input);
        expander_close(&expander, compression);
    }
    if (expansion.from >= 0)
        close(expansion.from);
    if (expansion.to >= 0)
        close(expansion.to);
    budget_give(budget, memory);
    return ok;
}
