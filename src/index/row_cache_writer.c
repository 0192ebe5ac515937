/* row_cache_writer.c - lay out a row cache file while its rows stream by.
 *
 * The number of rows is known from the start, so the vectors have a fixed place and the texts can
 * follow them at once: two write cursors in one file, each with a buffer. Entries of rows and
 * documents, and the hash table over the documents, are written at the end; the header, which
 * makes the file valid, comes last of all.
 *
 * Tested by: tests/unit/index/test_row_cache.c. */
#include "index/row_cache_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "index/row_cache_format.h"

enum { BUFFER_BYTES = 1 << 20, ENTRY_BYTES = sizeof(RowEntry) + sizeof(DocEntry) };

/* Bytes on their way to one place of the file. */
typedef struct Cursor {
    uint64_t start, offset; /* of the section; of the next flush */
    char *buffer;
    size_t used;
} Cursor;

struct RowCacheWriter {
    RowCachePlan plan;
    char *path;
    int fd;
    Cursor vectors, texts;
    RowEntry *rows;
    DocEntry *docs;
    uint64_t row_count, doc_count;
    uint64_t budget_bytes;
    Str last_id, last_source; /* views into last_texts */
    char *last_texts;
    bool finished;
};

static bool write_all(int fd, const void *data, size_t size, uint64_t offset, Err *err) {
    const char *at = data;
    while (size > 0) {
        ssize_t written = pwrite(fd, at, size, (off_t)offset);
        if (written < 0) {
            int saved = errno;
            if (saved == EINTR)
                continue;
            return err_fail_errno(err, saved, "write a row cache file");
        }
        at += written;
        offset += (uint64_t)written;
        size -= (size_t)written;
    }
    return true;
}

static bool cursor_flush(Cursor *cursor, int fd, Err *err) {
    if (!write_all(fd, cursor->buffer, cursor->used, cursor->offset, err))
        return false;
    cursor->offset += cursor->used;
    cursor->used = 0;
    return true;
}

static bool cursor_add(Cursor *cursor, int fd, const void *data, size_t size, Err *err) {
    if (size > BUFFER_BYTES - cursor->used && !cursor_flush(cursor, fd, err))
        return false;
    if (size > BUFFER_BYTES) {
        if (!write_all(fd, data, size, cursor->offset, err))
            return false;
        cursor->offset += size;
        return true;
    }
    if (size > 0)
        memcpy(cursor->buffer + cursor->used, data, size);
    cursor->used += size;
    return true;
}

static uint64_t cursor_length(const Cursor *cursor) {
    return cursor->offset + cursor->used - cursor->start;
}

static void *must_calloc(uint64_t count, size_t size) {
    void *memory = calloc(count == 0 ? 1 : count, size);
    if (memory == NULL)
        abort();
    return memory;
}

RowCacheWriter *row_cache_writer_create(const RowCachePlan *plan, Err *err) {
    if (plan->row_count > UINT32_MAX) {
        err_fail(err, FAIL_LIMIT, "a segment holds at most %u rows", UINT32_MAX);
        return NULL;
    }
    uint64_t bytes = plan->row_count * ENTRY_BYTES + 2 * BUFFER_BYTES;
    if (!budget_take(plan->budget, bytes, "row cache", err))
        return NULL;
    int fd = open(plan->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        err_fail_errno(err, errno, "make a row cache file");
        budget_give(plan->budget, bytes);
        return NULL;
    }
    RowCacheWriter *writer = must_calloc(1, sizeof *writer);
    writer->plan = *plan;
    writer->path = strdup(plan->path);
    writer->fd = fd;
    writer->budget_bytes = bytes;
    writer->rows = must_calloc(plan->row_count, sizeof(RowEntry));
    writer->docs = must_calloc(plan->row_count, sizeof(DocEntry));
    uint64_t vector_bytes = plan->row_count * plan->dimension * sizeof(float);
    writer->vectors.start = writer->vectors.offset = sizeof(RowCacheHeader);
    writer->texts.start = writer->texts.offset =
        row_cache_align(sizeof(RowCacheHeader) + vector_bytes);
    writer->vectors.buffer = must_calloc(1, BUFFER_BYTES);
    writer->texts.buffer = must_calloc(1, BUFFER_BYTES);
    return writer;
}

void row_cache_writer_destroy(RowCacheWriter *writer) {
    if (writer == NULL)
        return;
    close(writer->fd);
    if (!writer->finished)
        unlink(writer->path);
    budget_give(writer->plan.budget, writer->budget_bytes);
    free(writer->path);
    free(writer->rows);
    free(writer->docs);
    free(writer->vectors.buffer);
    free(writer->texts.buffer);
    free(writer->last_texts);
    free(writer);
}

/* --- rows --------------------------------------------------------------------------------- */

static bool begins_doc(const RowCacheWriter *writer, const IndexRow *row) {
    if (writer->doc_count == 0)
        return true;
    const DocEntry *doc = &writer->docs[writer->doc_count - 1];
    return row->chunk_idx <= writer->rows[writer->row_count - 1].chunk_idx ||
           doc->content_low != row->content_hash.low ||
           doc->content_high != row->content_hash.high || !str_eq(writer->last_id, row->doc_id) ||
           !str_eq(writer->last_source, row->source);
}

static bool put_text(RowCacheWriter *writer, Str text, uint64_t *out_at, uint32_t *out_length,
                     Err *err) {
    if (text.length > UINT32_MAX)
        return err_fail(err, FAIL_LIMIT, "a text of %zu bytes is too long", text.length);
    *out_at = cursor_length(&writer->texts);
    *out_length = (uint32_t)text.length;
    return cursor_add(&writer->texts, writer->fd, text.data, text.length, err);
}

static void remember(RowCacheWriter *writer, const IndexRow *row) {
    char *texts = realloc(writer->last_texts, row->doc_id.length + row->source.length + 1);
    if (texts == NULL)
        abort();
    memcpy(texts, row->doc_id.data, row->doc_id.length);
    memcpy(texts + row->doc_id.length, row->source.data, row->source.length);
    writer->last_texts = texts;
    writer->last_id = str_make(texts, row->doc_id.length);
    writer->last_source = str_make(texts + row->doc_id.length, row->source.length);
}

static bool add_doc(RowCacheWriter *writer, const IndexRow *row, Err *err) {
    DocEntry *doc = &writer->docs[writer->doc_count];
    const DocEntry *previous = writer->doc_count == 0 ? NULL : doc - 1;
    if (!put_text(writer, row->doc_id, &doc->id_at, &doc->id_length, err))
        return false;
    if (previous != NULL && str_eq(writer->last_source, row->source)) {
        doc->source_at = previous->source_at;
        doc->source_length = previous->source_length;
    } else if (!put_text(writer, row->source, &doc->source_at, &doc->source_length, err)) {
        return false;
    }
    doc->content_low = row->content_hash.low;
    doc->content_high = row->content_hash.high;
    doc->id_hash = hash64(row->doc_id);
    doc->first_row = (uint32_t)writer->row_count;
    remember(writer, row);
    writer->doc_count++;
    return true;
}

static bool check_row(const RowCacheWriter *writer, const IndexRow *row, Err *err) {
    if (writer->row_count == writer->plan.row_count)
        return err_fail(err, FAIL_CORRUPT, "more rows than the %llu announced",
                        (unsigned long long)writer->plan.row_count);
    if (writer->row_count > 0 && row->row_id <= writer->rows[writer->row_count - 1].row_id)
        return err_fail(err, FAIL_CORRUPT, "row ids do not rise at row %llu",
                        (unsigned long long)row->row_id);
    for (uint32_t i = 0; i < writer->plan.dimension; i++)
        if (!isfinite(row->vector[i]))
            return err_fail(err, FAIL_CORRUPT, "the vector of document '%.*s' is not finite",
                            STR_ARG(utf8_clip(row->doc_id, 64)));
    return true;
}

bool row_cache_writer_add(RowCacheWriter *writer, const IndexRow *row, Err *err) {
    if (!check_row(writer, row, err) || (begins_doc(writer, row) && !add_doc(writer, row, err)))
        return false;
    RowEntry *entry = &writer->rows[writer->row_count];
    entry->row_id = row->row_id;
    entry->chunk_idx = row->chunk_idx;
    entry->doc = (uint32_t)(writer->doc_count - 1);
    if (!put_text(writer, row->chunk_text, &entry->text_at, &entry->text_length, err) ||
        !cursor_add(&writer->vectors, writer->fd, row->vector,
                    writer->plan.dimension * sizeof(float), err))
        return false;
    writer->docs[writer->doc_count - 1].row_count++;
    writer->row_count++;
    return true;
}

/* --- the end ------------------------------------------------------------------------------ */

static uint64_t slot_count_for(uint64_t docs) {
    uint64_t count = 2;
    while (count < 2 * docs)
        count *= 2;
    return count;
}

static uint32_t *slots_make(const RowCacheWriter *writer, uint64_t slot_count) {
    uint32_t *slots = must_calloc(slot_count, sizeof *slots);
    for (uint64_t i = 0; i < writer->doc_count; i++) {
        uint64_t at = writer->docs[i].id_hash & (slot_count - 1);
        while (slots[at] != 0)
            at = (at + 1) & (slot_count - 1);
        slots[at] = (uint32_t)i + 1;
    }
    return slots;
}

static RowCacheHeader header_plan(const RowCacheWriter *writer) {
    RowCacheHeader header = {.version = ROW_CACHE_VERSION};
    memcpy(header.magic, ROW_CACHE_MAGIC, sizeof header.magic);
    header.dimension = writer->plan.dimension;
    header.row_count = writer->row_count;
    header.doc_count = writer->doc_count;
    header.slot_count = slot_count_for(writer->doc_count);
    header.text_bytes = cursor_length(&writer->texts);
    header.offsets[SECTION_VECTORS] = writer->vectors.start;
    header.offsets[SECTION_TEXTS] = writer->texts.start;
    header.offsets[SECTION_ROWS] = row_cache_align(writer->texts.start + header.text_bytes);
    header.offsets[SECTION_DOCS] =
        row_cache_align(header.offsets[SECTION_ROWS] + header.row_count * sizeof(RowEntry));
    header.offsets[SECTION_SLOTS] =
        row_cache_align(header.offsets[SECTION_DOCS] + header.doc_count * sizeof(DocEntry));
    header.file_bytes = header.offsets[SECTION_SLOTS] + header.slot_count * sizeof(uint32_t);
    return header;
}

static bool write_sections(RowCacheWriter *writer, const RowCacheHeader *header, Err *err) {
    uint32_t *slots = slots_make(writer, header->slot_count);
    bool ok = cursor_flush(&writer->vectors, writer->fd, err) &&
              cursor_flush(&writer->texts, writer->fd, err) &&
              write_all(writer->fd, writer->rows, header->row_count * sizeof(RowEntry),
                        header->offsets[SECTION_ROWS], err) &&
              write_all(writer->fd, writer->docs, header->doc_count * sizeof(DocEntry),
                        header->offsets[SECTION_DOCS], err) &&
              write_all(writer->fd, slots, header->slot_count * sizeof *slots,
                        header->offsets[SECTION_SLOTS], err);
    free(slots);
    return ok;
}

/* Reads the sections back for their checksums: they are in the page cache. */
static bool seal(const RowCacheWriter *writer, RowCacheHeader *header, Err *err) {
    const uint64_t bytes[SECTION_COUNT] = {
        [SECTION_VECTORS] = header->row_count * header->dimension * sizeof(float),
        [SECTION_TEXTS] = header->text_bytes,
        [SECTION_ROWS] = header->row_count * sizeof(RowEntry),
        [SECTION_DOCS] = header->doc_count * sizeof(DocEntry),
        [SECTION_SLOTS] = header->slot_count * sizeof(uint32_t),
    };
    char *at = mmap(NULL, header->file_bytes, PROT_READ, MAP_SHARED, writer->fd, 0);
    if (at == MAP_FAILED)
        return err_fail_errno(err, errno, "map a row cache file");
    for (int i = 0; i < SECTION_COUNT; i++)
        header->checksums[i] = hash64(str_make(at + header->offsets[i], bytes[i]));
    munmap(at, header->file_bytes);
    header->header_checksum = hash64(str_make(header, offsetof(RowCacheHeader, header_checksum)));
    return write_all(writer->fd, header, sizeof *header, 0, err);
}

bool row_cache_writer_finish(RowCacheWriter *writer, Err *err) {
    if (writer->row_count != writer->plan.row_count)
        return err_fail(err, FAIL_CORRUPT, "%llu rows came, %llu were announced",
                        (unsigned long long)writer->row_count,
                        (unsigned long long)writer->plan.row_count);
    RowCacheHeader header = header_plan(writer);
    if (!write_sections(writer, &header, err) || !seal(writer, &header, err))
        return false;
    if (fsync(writer->fd) != 0)
        return err_fail_errno(err, errno, "sync a row cache file");
    writer->finished = true;
    return true;
}
