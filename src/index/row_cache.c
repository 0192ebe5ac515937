/* row_cache.c - map a row cache file, check it whole, and answer from it.
 *
 * Checking reads the file once (XXH3 runs at memory speed, and the pages are wanted anyway): about
 * 10 ms for 100 MB that are in the page cache. In exchange a search can trust every offset, and a
 * flipped bit on disk is an error that leads to a rebuilt file, not a wrong answer.
 *
 * Tested by: tests/unit/index/test_row_cache.c, which damages every part of a file in turn. */
#include "index/row_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index/row_cache_format.h"

struct RowCache {
    atomic_uint references;
    char *mapping;
    const RowCacheHeader *header;
    const float *vectors;
    const char *texts;
    const RowEntry *rows;
    const DocEntry *docs;
    const uint32_t *slots;
};

static uint64_t section_bytes(const RowCacheHeader *header, RowCacheSection section) {
    switch (section) {
    case SECTION_VECTORS:
        return header->row_count * header->dimension * sizeof(float);
    case SECTION_TEXTS:
        return header->text_bytes;
    case SECTION_ROWS:
        return header->row_count * sizeof(RowEntry);
    case SECTION_DOCS:
        return header->doc_count * sizeof(DocEntry);
    case SECTION_SLOTS:
        return header->slot_count * sizeof(uint32_t);
    case SECTION_COUNT:
        break;
    }
    return 0;
}

/* --- checks ------------------------------------------------------------------------------- */

static bool check_header(const RowCacheHeader *header, uint64_t file_bytes, Err *err) {
    if (memcmp(header->magic, ROW_CACHE_MAGIC, sizeof header->magic) != 0)
        return err_fail(err, FAIL_CORRUPT, "not a row cache file");
    if (header->version != ROW_CACHE_VERSION)
        return err_fail(err, FAIL_CORRUPT, "row cache version %u is not one that we know",
                        header->version);
    Str covered = str_make(header, offsetof(RowCacheHeader, header_checksum));
    if (hash64(covered) != header->header_checksum)
        return err_fail(err, FAIL_CORRUPT, "row cache header does not match its checksum");
    bool sane = header->file_bytes == file_bytes && header->row_count <= UINT32_MAX &&
                header->doc_count <= header->row_count && header->dimension > 0 &&
                header->dimension <= 1u << 20 && header->text_bytes <= file_bytes &&
                header->slot_count <= UINT64_C(1) << 34 && header->slot_count > 0 &&
                (header->slot_count & (header->slot_count - 1)) == 0 &&
                header->slot_count >= 2 * header->doc_count;
    return sane || err_fail(err, FAIL_CORRUPT, "row cache header is not sound");
}

static bool check_section(const RowCacheHeader *header, const char *mapping,
                          RowCacheSection section, Err *err) {
    uint64_t bytes = section_bytes(header, section);
    uint64_t offset = header->offsets[section];
    if (offset % ROW_CACHE_ALIGN != 0 || offset < sizeof *header || offset > header->file_bytes ||
        bytes > header->file_bytes - offset)
        return err_fail(err, FAIL_CORRUPT, "row cache section %d lies outside the file",
                        (int)section);
    if (hash64(str_make(mapping + offset, bytes)) != header->checksums[section])
        return err_fail(err, FAIL_CORRUPT, "row cache section %d does not match its checksum",
                        (int)section);
    return true;
}

static bool text_fits(const RowCacheHeader *header, uint64_t at, uint32_t length) {
    return at <= header->text_bytes && length <= header->text_bytes - at;
}

static bool check_docs(const RowCache *cache, Err *err) {
    const RowCacheHeader *header = cache->header;
    uint64_t next_row = 0;
    for (uint64_t i = 0; i < header->doc_count; i++) {
        const DocEntry *doc = &cache->docs[i];
        if (doc->first_row != next_row || doc->row_count == 0 ||
            doc->row_count > header->row_count - next_row ||
            !text_fits(header, doc->id_at, doc->id_length) ||
            !text_fits(header, doc->source_at, doc->source_length))
            return err_fail(err, FAIL_CORRUPT, "row cache document %llu is not sound",
                            (unsigned long long)i);
        next_row += doc->row_count;
    }
    if (next_row != header->row_count)
        return err_fail(err, FAIL_CORRUPT, "row cache documents do not cover the rows");
    return true;
}

static bool check_rows(const RowCache *cache, Err *err) {
    const RowCacheHeader *header = cache->header;
    for (uint64_t i = 0; i < header->row_count; i++) {
        const RowEntry *row = &cache->rows[i];
        bool sound = row->doc < header->doc_count &&
                     i - cache->docs[row->doc].first_row < cache->docs[row->doc].row_count &&
                     (i == 0 || row->row_id > cache->rows[i - 1].row_id) &&
                     text_fits(header, row->text_at, row->text_length);
        if (!sound)
            return err_fail(err, FAIL_CORRUPT, "row cache row %llu is not sound",
                            (unsigned long long)i);
    }
    uint64_t used = 0;
    for (uint64_t i = 0; i < header->slot_count; i++) {
        used += cache->slots[i] != 0;
        if (cache->slots[i] > header->doc_count)
            return err_fail(err, FAIL_CORRUPT, "row cache slot %llu is not sound",
                            (unsigned long long)i);
    }
    if (used != header->doc_count) /* so a walk always meets a free slot and ends */
        return err_fail(err, FAIL_CORRUPT, "row cache hash table is not sound");
    return true;
}

static bool cache_check(RowCache *cache, uint64_t file_bytes, Err *err) {
    const RowCacheHeader *header = cache->header;
    if (!check_header(header, file_bytes, err))
        return false;
    for (int section = 0; section < SECTION_COUNT; section++)
        if (!check_section(header, cache->mapping, (RowCacheSection)section, err))
            return false;
    cache->vectors = (const float *)(const void *)(cache->mapping + header->offsets[0]);
    cache->texts = cache->mapping + header->offsets[SECTION_TEXTS];
    cache->rows = (const RowEntry *)(const void *)(cache->mapping + header->offsets[SECTION_ROWS]);
    cache->docs = (const DocEntry *)(const void *)(cache->mapping + header->offsets[SECTION_DOCS]);
    cache->slots =
        (const uint32_t *)(const void *)(cache->mapping + header->offsets[SECTION_SLOTS]);
    return check_docs(cache, err) && check_rows(cache, err);
}

/* --- life --------------------------------------------------------------------------------- */

static char *map_file(const char *path, uint64_t *out_bytes, Err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int saved = errno;
        if (saved == ENOENT) {
            err_fail(err, FAIL_NOT_FOUND, "no row cache file");
            return NULL;
        }
        err_fail_errno(err, saved, "open a row cache file");
        return NULL;
    }
    struct stat info;
    char *mapping = NULL;
    if (fstat(fd, &info) != 0) {
        err_fail_errno(err, errno, "look at a row cache file");
    } else if ((uint64_t)info.st_size < sizeof(RowCacheHeader)) {
        err_fail(err, FAIL_CORRUPT, "row cache file is too short");
    } else {
        void *at = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (at == MAP_FAILED)
            err_fail_errno(err, errno, "map a row cache file");
        else
            mapping = at;
    }
    close(fd);
    *out_bytes = mapping == NULL ? 0 : (uint64_t)info.st_size;
    return mapping;
}

RowCache *row_cache_open(const char *path, Err *err) {
    uint64_t file_bytes = 0;
    char *mapping = map_file(path, &file_bytes, err);
    if (mapping == NULL)
        return NULL;
    RowCache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        abort();
    atomic_init(&cache->references, 1);
    cache->mapping = mapping;
    cache->header = (const RowCacheHeader *)(const void *)mapping;
    if (!cache_check(cache, file_bytes, err)) {
        munmap(mapping, file_bytes);
        free(cache);
        return NULL;
    }
    return cache;
}

RowCache *row_cache_retain(RowCache *cache) {
    atomic_fetch_add_explicit(&cache->references, 1, memory_order_relaxed);
    return cache;
}

void row_cache_release(RowCache *cache) {
    if (cache == NULL ||
        atomic_fetch_sub_explicit(&cache->references, 1, memory_order_acq_rel) != 1)
        return;
    munmap(cache->mapping, cache->header->file_bytes);
    free(cache);
}

/* --- answers ------------------------------------------------------------------------------ */

uint32_t row_cache_rows(const RowCache *cache) {
    return (uint32_t)cache->header->row_count;
}

uint32_t row_cache_docs(const RowCache *cache) {
    return (uint32_t)cache->header->doc_count;
}

uint32_t row_cache_dimension(const RowCache *cache) {
    return cache->header->dimension;
}

uint64_t row_cache_bytes(const RowCache *cache) {
    return cache->header->file_bytes;
}

const float *row_cache_vectors(const RowCache *cache) {
    return cache->vectors;
}

uint64_t row_cache_row_id(const RowCache *cache, uint32_t row) {
    return cache->rows[row].row_id;
}

uint32_t row_cache_doc_of(const RowCache *cache, uint32_t row) {
    return cache->rows[row].doc;
}

RowDoc row_cache_doc(const RowCache *cache, uint32_t doc) {
    const DocEntry *entry = &cache->docs[doc];
    return (RowDoc){
        .id = {cache->texts + entry->id_at, entry->id_length},
        .source = {cache->texts + entry->source_at, entry->source_length},
        .content_hash = {entry->content_low, entry->content_high},
        .first_row = entry->first_row,
        .row_count = entry->row_count,
    };
}

IndexRow row_cache_row(const RowCache *cache, uint32_t row) {
    const RowEntry *entry = &cache->rows[row];
    RowDoc doc = row_cache_doc(cache, entry->doc);
    return (IndexRow){
        .row_id = entry->row_id,
        .doc_id = doc.id,
        .chunk_idx = entry->chunk_idx,
        .chunk_text = {cache->texts + entry->text_at, entry->text_length},
        .source = doc.source,
        .content_hash = doc.content_hash,
        .vector = cache->vectors + (size_t)row * cache->header->dimension,
    };
}

bool row_cache_find_row(const RowCache *cache, uint64_t row_id, uint32_t *out_row) {
    uint64_t from = 0;
    uint64_t to = cache->header->row_count;
    while (from < to) {
        uint64_t middle = from + (to - from) / 2;
        if (cache->rows[middle].row_id < row_id)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == cache->header->row_count || cache->rows[from].row_id != row_id)
        return false;
    *out_row = (uint32_t)from;
    return true;
}

bool row_cache_find_doc(const RowCache *cache, Str doc_id, uint32_t *cursor, uint32_t *out_doc) {
    uint64_t hash = hash64(doc_id);
    uint64_t mask = cache->header->slot_count - 1;
    for (;;) {
        uint32_t slot = cache->slots[(hash + *cursor) & mask];
        if (slot == 0)
            return false;
        *cursor += 1;
        const DocEntry *entry = &cache->docs[slot - 1];
        if (entry->id_hash == hash &&
            str_eq((Str){cache->texts + entry->id_at, entry->id_length}, doc_id)) {
            *out_doc = slot - 1;
            return true;
        }
    }
}
