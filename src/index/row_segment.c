/* row_segment.c - write, store, map and rebuild segments.
 *
 *     draft --finish--> <random>.tmp (row cache) --backend--> <random>.seg.tmp --put--> object
 *                            |                                     |
 *                            +-------rename, by its checksum <-----+----> <checksum>.rows
 *
 * A crash at any point leaves at most temporary files here (swept by index_warm) and an object
 * that no head names.
 *
 * Tested by: tests/unit/index/test_row_segment.c. */
#include "index/row_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/rng.h"

static Str cache_path(const SegmentHome *home, Str checksum, Arena *arena) {
    return str_format(arena, "%.*s/%.*s.rows", STR_ARG(home->cache_directory), STR_ARG(checksum));
}

static Str temporary_path(const SegmentHome *home, const char *suffix, Arena *arena) {
    Str id = random_id(arena);
    return str_format(arena, "%.*s/%.*s%s", STR_ARG(home->cache_directory), STR_ARG(id), suffix);
}

static bool map_checksum(int fd, Arena *arena, Str *out, uint64_t *out_bytes, Err *err) {
    struct stat info;
    if (fstat(fd, &info) != 0)
        return err_fail_errno(err, errno, "look at a segment");
    Str bytes = STR_EMPTY;
    if (info.st_size > 0) {
        void *at = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (at == MAP_FAILED)
            return err_fail_errno(err, errno, "map a segment");
        bytes = str_make(at, (size_t)info.st_size);
    }
    *out = hash128_hex(hash128(bytes), arena);
    *out_bytes = bytes.length;
    if (bytes.length > 0)
        munmap((void *)(uintptr_t)bytes.data, bytes.length);
    return true;
}

bool file_checksum(const char *path, Arena *arena, Str *out, uint64_t *out_bytes, Err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_fail_errno(err, errno, "open a segment");
    bool ok = map_checksum(fd, arena, out, out_bytes, err);
    close(fd);
    return ok;
}

/* Gives an open row cache its lasting name. It is mapped already, so nothing is lost when somebody
 * sweeps the folder. */
static bool name_copy(const SegmentHome *home, Str temporary, Str checksum, Arena *arena,
                      Err *err) {
    if (rename(temporary.data, cache_path(home, checksum, arena).data) == 0)
        return true;
    return err_fail_errno(err, errno, "name a row cache file");
}

/* --- making ------------------------------------------------------------------------------- */

bool segment_draft_begin(const SegmentHome *home, uint64_t row_count, Arena *arena,
                         SegmentDraft *out, Err *err) {
    Str path = temporary_path(home, ".tmp", arena);
    RowCachePlan plan = {path.data, row_count, home->dimension, home->budget};
    RowCacheWriter *writer = row_cache_writer_create(&plan, err);
    if (writer == NULL)
        return false;
    *out = (SegmentDraft){home, writer, path};
    return true;
}

void segment_draft_abandon(SegmentDraft *draft) {
    row_cache_writer_destroy(draft->writer);
    draft->writer = NULL;
}

/* Row cache -> file of the backend -> object. Fills all of `ref`. */
static bool store_rows(const SegmentHome *home, const RowCache *rows, Progress *progress,
                       Arena *arena, SegmentRef *ref, Err *err) {
    Str path = temporary_path(home, ".seg.tmp", arena);
    if (!home->backend->write(home->duck, rows, path.data, progress, err))
        return false;
    uint32_t count = row_cache_rows(rows);
    *ref = (SegmentRef){
        .rows = count,
        .first_row_id = row_cache_row_id(rows, 0),
        .last_row_id = row_cache_row_id(rows, count - 1),
    };
    Str id = random_id(arena);
    ref->key = str_format(arena, "vectors/%.*s/rows/%.*s%s", STR_ARG(home->index_name), STR_ARG(id),
                          home->backend->suffix);
    PutSource source = {.path = path.data};
    PutCondition condition = {.rule = PUT_IF_ABSENT};
    bool ok = file_checksum(path.data, arena, &ref->checksum, &ref->size_bytes, err) &&
              store_put_source(home->store, ref->key, &source, &condition, arena, NULL, err);
    if (!ok)
        unlink(path.data);
    return ok;
}

bool segment_draft_store(SegmentDraft *draft, Progress *progress, Arena *arena, Segment *out,
                         Err *err) {
    const SegmentHome *home = draft->home;
    bool finished = row_cache_writer_finish(draft->writer, err);
    row_cache_writer_destroy(draft->writer);
    draft->writer = NULL;
    if (!finished)
        return false;
    Segment segment = {0};
    RowCache *rows = row_cache_open(draft->path.data, err);
    bool ok = rows != NULL && store_rows(home, rows, progress, arena, &segment.ref, err) &&
              name_copy(home, draft->path, segment.ref.checksum, arena, err);
    if (!ok) {
        row_cache_release(rows);
        unlink(draft->path.data);
        return false;
    }
    segment.rows = rows;
    *out = segment;
    return true;
}

/* --- opening ------------------------------------------------------------------------------ */

static bool check_rows(const SegmentHome *home, const SegmentRef *ref, const RowCache *rows,
                       Err *err) {
    uint32_t count = row_cache_rows(rows);
    bool same = count == ref->rows && row_cache_dimension(rows) == home->dimension && count > 0 &&
                row_cache_row_id(rows, 0) == ref->first_row_id &&
                row_cache_row_id(rows, count - 1) == ref->last_row_id;
    return same || err_fail(err, FAIL_CORRUPT, "its rows are not those that the head names");
}

static bool decode_into(const SegmentHome *home, const SegmentRef *ref, Str local, Str temporary,
                        Err *err) {
    RowCachePlan plan = {temporary.data, ref->rows, home->dimension, home->budget};
    RowCacheWriter *writer = row_cache_writer_create(&plan, err);
    bool ok = writer != NULL &&
              home->backend->read(home->duck, local.data, writer, home->dimension, err) &&
              row_cache_writer_finish(writer, err);
    row_cache_writer_destroy(writer);
    return ok;
}

static RowCache *decode(const SegmentHome *home, const SegmentRef *ref, Arena *arena, Err *err) {
    Str local;
    Str checksum;
    uint64_t bytes = 0;
    if (!object_cache_path(home->cache, home->bucket, home->store, ref->key, arena, &local, err) ||
        !file_checksum(str_to_c(arena, local), arena, &checksum, &bytes, err))
        return NULL;
    if (!str_eq(checksum, ref->checksum)) {
        err_fail(err, FAIL_CORRUPT, "its %llu bytes do not match their checksum",
                 (unsigned long long)bytes);
        return NULL;
    }
    Str temporary = temporary_path(home, ".tmp", arena);
    if (!decode_into(home, ref, str_dup(arena, local), temporary, err))
        return NULL;
    RowCache *rows = row_cache_open(temporary.data, err);
    if (rows != NULL && name_copy(home, temporary, ref->checksum, arena, err))
        return rows;
    row_cache_release(rows);
    unlink(temporary.data);
    return NULL;
}

/* The copy on disk, or NULL when it must be made: absent, damaged, or of other rows. */
static RowCache *open_copy(const SegmentHome *home, const SegmentRef *ref, Arena *arena) {
    Str path = cache_path(home, ref->checksum, arena);
    Err reason = {0}; /* whatever it is, a new copy answers it */
    RowCache *rows = row_cache_open(path.data, &reason);
    if (rows != NULL && check_rows(home, ref, rows, &reason))
        return rows;
    row_cache_release(rows);
    return NULL;
}

RowCache *segment_open(const SegmentHome *home, const SegmentRef *ref, Err *err) {
    Arena *arena = arena_create();
    RowCache *rows = open_copy(home, ref, arena);
    if (rows == NULL) {
        rows = decode(home, ref, arena, err);
        if (rows != NULL && !check_rows(home, ref, rows, err)) {
            row_cache_release(rows);
            rows = NULL;
        }
        if (rows == NULL)
            err_wrap(err, "segment '%.*s' of bucket '%.*s'", STR_ARG(ref->key),
                     STR_ARG(home->bucket));
    }
    arena_destroy(arena);
    return rows;
}

void segment_forget(const SegmentHome *home, Str checksum) {
    Arena *arena = arena_create();
    unlink(cache_path(home, checksum, arena).data); /* a copy that is not there is forgotten too */
    arena_destroy(arena);
}
