/* hnsw_store.c - save a graph to its file, and map it back without decoding.
 *
 * Opening trusts nothing: the layout has to be exactly the one that these counts give (so nothing
 * can overlap or leave the file), every checksum has to match, every list has to pass
 * hnsw_check_bounds, and the vectors have to be those that the graph was made over. Only then does
 * a walk see a byte. All of it is FAIL_CORRUPT; a version from the future is FAIL_UNSUPPORTED.
 *
 * Not defended against: a file that shrinks while it is mapped. Stored files never change.
 *
 * Tested by: test_hnsw_store.c (round trip, each byte changed, truncation, golden files),
 * fuzz/fuzz_hnsw_open.c. */
#include "vector/hnsw_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vector/hnsw_graph.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the file is mapped as it is");

enum { SECTION_LEVELS, SECTION_UPPER_STARTS, SECTION_GROUND, SECTION_UPPER, SECTION_COUNT };

typedef struct FileSection {
    uint64_t offset, size, checksum, zero;
} FileSection;

typedef struct FileHeader {
    char magic[8];
    uint32_t version, header_bytes;
    uint32_t node_count, dimension, metric, m, ef_construction, ef_search;
    uint64_t seed;
    uint32_t entry, level_max;
    uint64_t upper_count;
    uint64_t fingerprint_low, fingerprint_high;
    uint64_t file_bytes, zero;
    FileSection sections[SECTION_COUNT];
    uint64_t zeros[3];
    uint64_t checksum;
} FileHeader;

_Static_assert(sizeof(FileHeader) == HNSW_FILE_HEADER_BYTES, "as specified");
_Static_assert(offsetof(FileHeader, seed) == 40, "as specified");
_Static_assert(offsetof(FileHeader, sections) == 96, "as specified");
_Static_assert(offsetof(FileHeader, checksum) == 248, "as specified");

static const char file_magic[8] = {'L', 'H', 'H', 'N', 'S', 'W', '\r', '\n'};
static const uint8_t zero_fill[HNSW_FILE_ALIGN];

static uint64_t round_up(uint64_t size) {
    return (size + HNSW_FILE_ALIGN - 1) / HNSW_FILE_ALIGN * HNSW_FILE_ALIGN;
}

/* The one layout that a graph of these counts has. Counts are at most 2^32 and parameters small, so
 * nothing overflows. */
static void lay_out(FileHeader *header) {
    uint64_t nodes = header->node_count;
    uint64_t sizes[SECTION_COUNT] = {
        [SECTION_LEVELS] = nodes,
        [SECTION_UPPER_STARTS] = nodes * sizeof(uint32_t),
        [SECTION_GROUND] = nodes * 2 * header->m * sizeof(uint32_t),
        [SECTION_UPPER] = header->upper_count * header->m * sizeof(uint32_t),
    };
    uint64_t end = HNSW_FILE_HEADER_BYTES;
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        header->sections[i].offset = round_up(end);
        header->sections[i].size = sizes[i];
        end = header->sections[i].offset + sizes[i];
    }
    header->file_bytes = end;
}

static uint64_t header_checksum(const FileHeader *header) {
    return hash64(str_make(header, offsetof(FileHeader, checksum)));
}

/* ---- saving ---- */

static FileHeader make_header(const HnswIndex *index, const void *const *sections) {
    const HnswGraph *graph = &index->graph;
    Hash128 fingerprint = vector_rows_fingerprint(&index->rows, graph->node_count);
    FileHeader header = {
        .version = HNSW_FILE_VERSION,
        .header_bytes = HNSW_FILE_HEADER_BYTES,
        .node_count = graph->node_count,
        .dimension = index->base.set.dimension,
        .metric = (uint32_t)index->base.set.metric + 1,
        .m = graph->params.m,
        .ef_construction = graph->params.ef_construction,
        .ef_search = graph->params.ef_search,
        .seed = graph->params.seed,
        .entry = graph->entry,
        .level_max = graph->level_max,
        .upper_count = graph->upper_count,
        .fingerprint_low = fingerprint.low,
        .fingerprint_high = fingerprint.high,
    };
    memcpy(header.magic, file_magic, sizeof header.magic);
    lay_out(&header);
    for (size_t i = 0; i < SECTION_COUNT; i++)
        header.sections[i].checksum = hash64(str_make(sections[i], header.sections[i].size));
    header.checksum = header_checksum(&header);
    return header;
}

static bool write_all(int file, const void *bytes, size_t size, Err *err) {
    const char *at = bytes;
    while (size > 0) {
        ssize_t written = write(file, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return err_fail_errno(err, errno, "cannot write the graph's file");
        at += written;
        size -= (size_t)written;
    }
    return true;
}

static bool write_file(int file, const FileHeader *header, const void *const *sections, Err *err) {
    if (!write_all(file, header, sizeof *header, err))
        return false;
    uint64_t at = sizeof *header;
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        const FileSection *section = &header->sections[i];
        if (!write_all(file, zero_fill, section->offset - at, err) ||
            !write_all(file, sections[i], section->size, err))
            return false;
        at = section->offset + section->size;
    }
    if (fsync(file) != 0)
        return err_fail_errno(err, errno, "cannot fsync the graph's file");
    return true;
}

bool hnsw_save(const VectorIndex *index, const char *path, Err *err) {
    const HnswIndex *hnsw = hnsw_index_of(index);
    const void *const sections[SECTION_COUNT] = {
        [SECTION_LEVELS] = hnsw->graph.levels,
        [SECTION_UPPER_STARTS] = hnsw->graph.upper_starts,
        [SECTION_GROUND] = hnsw->graph.ground,
        [SECTION_UPPER] = hnsw->graph.upper,
    };
    FileHeader header = make_header(hnsw, sections);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0)
        return err_fail_errno(err, errno, "cannot create the graph's file");
    bool saved = write_file(file, &header, sections, err);
    if (close(file) != 0 && saved)
        saved = err_fail_errno(err, errno, "cannot close the graph's file");
    if (!saved)
        (void)unlink(path); /* the error is told already; half a file helps nobody */
    return saved;
}

/* ---- opening ---- */

static bool check_header(const FileHeader *header, size_t size, Err *err) {
    if (memcmp(header->magic, file_magic, sizeof file_magic) != 0)
        return err_fail(err, FAIL_CORRUPT, "not a graph's file");
    if (header->version != HNSW_FILE_VERSION)
        return err_fail(err, header->version == 0 ? FAIL_CORRUPT : FAIL_UNSUPPORTED,
                        "graph's file has version %u; this program reads %d", header->version,
                        HNSW_FILE_VERSION);
    if (header->checksum != header_checksum(header))
        return err_fail(err, FAIL_CORRUPT, "checksum of the graph's header is wrong");
    HnswParams params = {header->m, header->ef_construction, header->ef_search, header->seed};
    Err why = {0};
    if (!hnsw_params_check(&params, &why))
        return err_fail(err, FAIL_CORRUPT, "graph's file: %s", why.message);
    if (header->node_count > VECTOR_ROWS_MAX || header->upper_count > UINT32_MAX)
        return err_fail(err, FAIL_CORRUPT, "graph's file claims %u nodes and %llu upper lists",
                        header->node_count, (unsigned long long)header->upper_count);
    FileHeader expected = *header;
    lay_out(&expected);
    expected.header_bytes = HNSW_FILE_HEADER_BYTES;
    expected.zero = 0;
    memset(expected.zeros, 0, sizeof expected.zeros);
    for (size_t i = 0; i < SECTION_COUNT; i++)
        expected.sections[i].zero = 0;
    if (memcmp(&expected, header, sizeof expected) != 0)
        return err_fail(err, FAIL_CORRUPT, "layout of the graph's file is not that of its counts");
    if (header->file_bytes != size)
        return err_fail(err, FAIL_CORRUPT, "graph's file has %zu bytes instead of %llu", size,
                        (unsigned long long)header->file_bytes);
    return true;
}

static bool check_sections(const FileHeader *header, const uint8_t *bytes, Err *err) {
    uint64_t at = sizeof *header;
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        const FileSection *section = &header->sections[i];
        for (; at < section->offset; at++)
            if (bytes[at] != 0)
                return err_fail(err, FAIL_CORRUPT, "graph's file is not filled up with zeros");
        if (hash64(str_make(bytes + section->offset, section->size)) != section->checksum)
            return err_fail(err, FAIL_CORRUPT, "checksum of section %zu of the graph is wrong", i);
        at = section->offset + section->size;
    }
    return true;
}

static bool check_vectors(const FileHeader *header, const VectorSet *set, const VectorRows *rows,
                          Err *err) {
    if (header->node_count != set->row_count || header->dimension != set->dimension ||
        header->metric != (uint32_t)set->metric + 1)
        return err_fail(err, FAIL_CORRUPT,
                        "graph over %u rows of %u dimensions does not fit %u rows of %u (%s)",
                        header->node_count, header->dimension, set->row_count, set->dimension,
                        metric_name(set->metric));
    Hash128 fingerprint = vector_rows_fingerprint(rows, set->row_count);
    if (header->fingerprint_low != fingerprint.low || header->fingerprint_high != fingerprint.high)
        return err_fail(err, FAIL_CORRUPT, "graph was built over other vectors");
    return true;
}

VectorIndex *hnsw_open_bytes(const void *bytes, size_t size, const VectorSet *set, Err *err) {
    if (!vector_set_check(set, err))
        return NULL;
    if (size < sizeof(FileHeader)) {
        (void)err_fail(err, FAIL_CORRUPT, "graph's file has only %zu bytes", size);
        return NULL;
    }
    const FileHeader *header = bytes;
    const uint8_t *base = bytes;
    if (!check_header(header, size, err) || !check_sections(header, base, err))
        return NULL;
    HnswParams params = {header->m, header->ef_construction, header->ef_search, header->seed};
    HnswIndex *index = hnsw_index_create(set, &params);
    HnswGraph *graph = &index->graph;
    graph->node_count = header->node_count;
    graph->entry = header->entry;
    graph->level_max = header->level_max;
    graph->upper_count = header->upper_count;
    graph->levels = base + header->sections[SECTION_LEVELS].offset;
    graph->upper_starts = (const void *)(base + header->sections[SECTION_UPPER_STARTS].offset);
    graph->ground = (const void *)(base + header->sections[SECTION_GROUND].offset);
    graph->upper = (const void *)(base + header->sections[SECTION_UPPER].offset);
    if (!check_vectors(header, set, &index->rows, err) || !hnsw_check_bounds(graph, err)) {
        hnsw_destroy(&index->base);
        return NULL;
    }
    return &index->base;
}

static void *map_file(const char *path, size_t *out_size, Err *err) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        (void)err_fail_errno(err, errno, "cannot open the graph's file");
        return NULL;
    }
    void *mapping = NULL;
    struct stat info;
    if (fstat(file, &info) != 0) {
        (void)err_fail_errno(err, errno, "cannot look at the graph's file");
    } else if (!S_ISREG(info.st_mode) || info.st_size < HNSW_FILE_HEADER_BYTES) {
        (void)err_fail(err, FAIL_CORRUPT, "graph's file has only %lld bytes",
                       (long long)info.st_size);
    } else {
        *out_size = (size_t)info.st_size;
        mapping = mmap(NULL, *out_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
        if (mapping == MAP_FAILED) {
            (void)err_fail_errno(err, errno, "cannot map the graph's file");
            mapping = NULL;
        }
    }
    (void)close(file); /* read only: nothing can be lost */
    return mapping;
}

VectorIndex *hnsw_open(const char *path, const VectorSet *set, Err *err) {
    size_t size = 0;
    void *mapping = map_file(path, &size, err);
    if (mapping == NULL)
        return NULL;
    VectorIndex *index = hnsw_open_bytes(mapping, size, set, err);
    if (index == NULL) {
        munmap(mapping, size);
        return NULL;
    }
    HnswIndex *hnsw = (HnswIndex *)index;
    hnsw->mapping = mapping;
    hnsw->mapping_bytes = size;
    return index;
}

void hnsw_file_seal(void *bytes, size_t size) {
    FileHeader *header = bytes;
    if (size < sizeof *header)
        return;
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        FileSection *section = &header->sections[i];
        if (section->offset > size || section->size > size - section->offset)
            return;
        section->checksum = hash64(str_make((uint8_t *)bytes + section->offset, section->size));
    }
    header->checksum = header_checksum(header);
}
