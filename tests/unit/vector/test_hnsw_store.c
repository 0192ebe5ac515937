/* The file of a graph: round trip, hostile bytes, wrong vectors, and files of every old version. */
#include "unit.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"
#include "vector/hnsw_graph.h"
#include "vector/hnsw_store.h"
#include "vector_data.h"

typedef struct Saved {
    Arena *arena;
    VectorSet set;
    const float *vectors;
    VectorIndex *index;
    char path[64];
    uint8_t *bytes; /* the file; aligned as a mapping is */
    size_t size;
} Saved;

static uint8_t *read_file(const char *path, size_t *out_size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("cannot open %s", path);
    struct stat info;
    assert_int_equal(fstat(fileno(file), &info), 0);
    *out_size = (size_t)info.st_size;
    uint8_t *bytes =
        aligned_alloc(HNSW_FILE_ALIGN, (*out_size / HNSW_FILE_ALIGN + 1) * HNSW_FILE_ALIGN);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *out_size, file), *out_size);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static void write_file(const char *path, const uint8_t *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Small whole coordinates: distances are exact, so every kernel builds the same graph. */
static float *whole_vectors(uint32_t rows, uint32_t dimension, uint64_t seed, Arena *arena) {
    float *vectors = ARENA_ARRAY(arena, float, (size_t)rows *dimension);
    Rng rng = rng_seeded(seed);
    for (size_t i = 0; i < (size_t)rows * dimension; i++)
        vectors[i] = (float)rng_below(&rng, 64) - 32.0f;
    return vectors;
}

static Saved saved_make(uint32_t rows, uint32_t dimension, uint32_t m) {
    Saved saved = {.arena = arena_create(), .path = "/tmp/test_hnsw_store_XXXXXX"};
    saved.vectors = whole_vectors(rows, dimension, 1, saved.arena);
    saved.set = data_set(saved.vectors, rows, dimension, METRIC_L2, NULL, 0, saved.arena);
    HnswParams params = {.m = m, .ef_construction = 30, .ef_search = 20, .seed = 5};
    Err err = {0};
    saved.index = hnsw_build(&saved.set, &params, NULL, NULL, &err);
    assert_non_null(saved.index);
    int file = mkstemp(saved.path);
    assert_true(file >= 0);
    assert_int_equal(close(file), 0);
    assert_ok(hnsw_save(saved.index, saved.path, &err), &err);
    saved.bytes = read_file(saved.path, &saved.size);
    return saved;
}

static void saved_free(Saved *saved) {
    assert_int_equal(unlink(saved->path), 0);
    vector_index_destroy(saved->index);
    free(saved->bytes);
    arena_destroy(saved->arena);
}

static void assert_same_answers(const VectorIndex *one, const VectorIndex *other,
                                const float *queries, uint32_t count, Arena *arena) {
    for (uint32_t q = 0; q < count; q++) {
        VectorSearch request = {.query = queries + (size_t)q * one->set.dimension, .k = 5};
        VectorHit *a, *b;
        size_t a_count, b_count;
        Err err = {0};
        assert_ok(vector_index_search(one, &request, arena, &a, &a_count, &err), &err);
        assert_ok(vector_index_search(other, &request, arena, &b, &b_count, &err), &err);
        assert_int_equal(a_count, b_count);
        assert_memory_equal(a, b, a_count * sizeof *a);
    }
}

static void a_saved_graph_comes_back(void **state) {
    (void)state;
    Saved saved = saved_make(3000, 6, 8);
    Err err = {0};
    VectorIndex *opened = hnsw_open(saved.path, &saved.set, &err);
    if (opened == NULL)
        fail_msg("%s", err.message);
    assert_ok(vector_index_check(opened, &err), &err);
    const HnswParams *before = hnsw_params(saved.index), *after = hnsw_params(opened);
    assert_true(before->m == after->m && before->ef_construction == after->ef_construction &&
                before->ef_search == after->ef_search && before->seed == after->seed);
    assert_same_answers(saved.index, opened, saved.vectors, 100, saved.arena);
    char copy_path[] = "/tmp/test_hnsw_copy_XXXXXX";
    int copy = mkstemp(copy_path);
    assert_true(copy >= 0);
    assert_int_equal(close(copy), 0);
    assert_ok(hnsw_save(opened, copy_path, &err), &err);
    size_t size;
    uint8_t *again = read_file(copy_path, &size);
    assert_int_equal(unlink(copy_path), 0);
    assert_int_equal(size, saved.size);
    assert_memory_equal(again, saved.bytes, size);
    free(again);
    vector_index_destroy(opened);
    saved_free(&saved);
}

static void small_graphs_come_back(void **state) {
    (void)state;
    for (uint32_t rows = 0; rows < 5; rows++) {
        Saved saved = saved_make(rows, 3, 4);
        Err err = {0};
        VectorIndex *opened = hnsw_open(saved.path, &saved.set, &err);
        if (opened == NULL)
            fail_msg("%u rows: %s", rows, err.message);
        assert_ok(vector_index_check(opened, &err), &err);
        vector_index_destroy(opened);
        saved_free(&saved);
    }
}

static void an_opened_graph_can_be_extended(void **state) {
    (void)state;
    Saved saved = saved_make(1500, 6, 8);
    Err err = {0};
    VectorIndex *opened = hnsw_open(saved.path, &saved.set, &err);
    const float *more = whole_vectors(100, 6, 2, saved.arena);
    VectorBlock blocks[2] = {{saved.vectors, 1500}, {more, 100}};
    VectorSet longer = {blocks, 2, 1600, 6, METRIC_L2};
    VectorIndex *extended = hnsw_extend(opened, &longer, NULL, NULL, &err);
    assert_non_null(extended);
    vector_index_destroy(opened);
    assert_ok(vector_index_check(extended, &err), &err);
    VectorIndex *twin = hnsw_extend(saved.index, &longer, NULL, NULL, &err);
    assert_same_answers(extended, twin, more, 100, saved.arena);
    vector_index_destroy(twin);
    vector_index_destroy(extended);
    saved_free(&saved);
}

static void every_changed_byte_is_refused(void **state) {
    (void)state;
    Saved saved = saved_make(120, 3, 3);
    Rng rng = rng_seeded(property_seed("every_changed_byte_is_refused"));
    for (size_t at = 0; at < saved.size; at++) {
        uint8_t before = saved.bytes[at];
        saved.bytes[at] ^= (uint8_t)(1 + rng_below(&rng, 255));
        Err err = {0};
        VectorIndex *opened = hnsw_open_bytes(saved.bytes, saved.size, &saved.set, &err);
        if (opened != NULL)
            fail_msg("byte %zu changed and nobody noticed", at);
        assert_true(err.kind == FAIL_CORRUPT ||
                    (err.kind == FAIL_UNSUPPORTED && at >= 8 && at < 12));
        saved.bytes[at] = before;
    }
    saved_free(&saved);
}

/* With checksums made good again, what is left is to refuse it or to be safe to search. */
static void changed_bytes_with_good_checksums_are_safe(void **state) {
    (void)state;
    Saved saved = saved_make(1200, 3, 3);
    Rng rng = rng_seeded(property_seed("changed_bytes_with_good_checksums_are_safe"));
    uint8_t *copy = aligned_alloc(HNSW_FILE_ALIGN, (saved.size / 64 + 1) * 64);
    assert_non_null(copy);
    size_t opened_count = 0;
    for (int round = 0; round < 3000; round++) {
        memcpy(copy, saved.bytes, saved.size);
        size_t changes = 1 + rng_below(&rng, 4);
        for (size_t i = 0; i < changes; i++) {
            size_t at = rng_below(&rng, rng_below(&rng, 2) == 0 ? 256 : saved.size);
            copy[at] = rng_below(&rng, 2) == 0 ? (uint8_t)rng_below(&rng, 256)
                                               : copy[rng_below(&rng, saved.size)];
        }
        hnsw_file_seal(copy, saved.size);
        Err err = {0};
        VectorIndex *opened = hnsw_open_bytes(copy, saved.size, &saved.set, &err);
        if (opened == NULL) {
            assert_true(err.kind == FAIL_CORRUPT || err.kind == FAIL_UNSUPPORTED);
            continue;
        }
        opened_count++;
        if (!vector_index_check(opened, &err))
            assert_int_equal(err.kind, FAIL_CORRUPT);
        VectorHit *hits;
        size_t count;
        VectorSearch request = {.query = saved.vectors, .k = 7};
        assert_ok(vector_index_search(opened, &request, saved.arena, &hits, &count, &err), &err);
        assert_int_equal(count, 7);
        vector_index_destroy(opened);
    }
    assert_true(opened_count > 100); /* else nothing was tried */
    free(copy);
    saved_free(&saved);
}

static void truncated_and_padded_files_are_refused(void **state) {
    (void)state;
    Saved saved = saved_make(120, 3, 3);
    Err err = {0};
    for (size_t size = 0; size < saved.size; size++)
        assert_fails(hnsw_open_bytes(saved.bytes, size, &saved.set, &err) != NULL, &err,
                     FAIL_CORRUPT);
    static const size_t lengths[] = {0, 1, 255, 256, 4096};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        write_file(saved.path, saved.bytes, lengths[i]);
        assert_fails(hnsw_open(saved.path, &saved.set, &err) != NULL, &err, FAIL_CORRUPT);
    }
    uint8_t *longer = aligned_alloc(64, (saved.size / 64 + 2) * 64);
    assert_non_null(longer);
    memcpy(longer, saved.bytes, saved.size);
    longer[saved.size] = 0;
    assert_fails(hnsw_open_bytes(longer, saved.size + 1, &saved.set, &err) != NULL, &err,
                 FAIL_CORRUPT);
    free(longer);
    saved_free(&saved);
}

static void other_vectors_are_refused(void **state) {
    (void)state;
    Saved saved = saved_make(400, 4, 4);
    Err err = {0};
    float *changed = ARENA_ARRAY(saved.arena, float, 400 * 4);
    memcpy(changed, saved.vectors, 400 * 4 * sizeof *changed);
    changed[399 * 4 + 3] += 1;
    VectorSet last_differs = data_set(changed, 400, 4, METRIC_L2, NULL, 0, saved.arena);
    assert_fails(hnsw_open(saved.path, &last_differs, &err) != NULL, &err, FAIL_CORRUPT);
    VectorSet fewer = data_set(saved.vectors, 399, 4, METRIC_L2, NULL, 0, saved.arena);
    assert_fails(hnsw_open(saved.path, &fewer, &err) != NULL, &err, FAIL_CORRUPT);
    VectorSet narrower = data_set(saved.vectors, 400, 3, METRIC_L2, NULL, 0, saved.arena);
    assert_fails(hnsw_open(saved.path, &narrower, &err) != NULL, &err, FAIL_CORRUPT);
    VectorSet metric = saved.set;
    metric.metric = METRIC_COSINE;
    assert_fails(hnsw_open(saved.path, &metric, &err) != NULL, &err, FAIL_CORRUPT);
    static const uint32_t sizes[] = {17, 200};
    VectorSet cut_otherwise = data_set(saved.vectors, 400, 4, METRIC_L2, sizes, 2, saved.arena);
    VectorIndex *opened = hnsw_open(saved.path, &cut_otherwise, &err);
    assert_non_null(opened); /* the same rows in other blocks are the same vectors */
    vector_index_destroy(opened);
    saved_free(&saved);
}

static void disk_errors_are_told(void **state) {
    (void)state;
    Saved saved = saved_make(10, 2, 2);
    Err err = {0};
    assert_fails(hnsw_open("/tmp/no_such_folder/graph", &saved.set, &err) != NULL, &err, FAIL_IO);
    assert_fails(hnsw_save(saved.index, "/tmp/no_such_folder/graph", &err), &err, FAIL_IO);
    assert_null(strstr(err.message, "no_such_folder")); /* paths are not for users */
    assert_fails(hnsw_open("/tmp", &saved.set, &err) != NULL, &err, FAIL_CORRUPT);
    saved_free(&saved);
}

/* A disk that fills up in the middle: a limit on the size of files does the same to write(2). */
static void half_a_file_is_removed(void **state) {
    (void)state;
    Saved saved = saved_make(100, 4, 4);
    char path[] = "/tmp/test_hnsw_half_XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(close(file), 0);
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    Err err = {0};
    static const rlim_t limits[] = {0, 100, 256, 1000};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        small.rlim_cur = limits[i];
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        bool saved_it = hnsw_save(saved.index, path, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_false(saved_it);
        assert_int_equal(err.kind, FAIL_IO);
        assert_int_equal(access(path, F_OK), -1);
    }
    (void)signal(SIGXFSZ, handler);
    saved_free(&saved);
}

/* The golden file: 150 rows of whole coordinates. HNSW_WRITE_GOLDEN names where to write a new
 * one; old ones are never written again. */
static VectorIndex *golden_build(VectorSet *out_set, Arena *arena) {
    const float *vectors = whole_vectors(150, 5, 77, arena);
    *out_set = data_set(vectors, 150, 5, METRIC_L2, NULL, 0, arena);
    HnswParams params = {.m = 4, .ef_construction = 32, .ef_search = 24, .seed = 9};
    Err err = {0};
    VectorIndex *index = hnsw_build(out_set, &params, NULL, NULL, &err);
    assert_non_null(index);
    const char *wanted = getenv("HNSW_WRITE_GOLDEN");
    if (wanted != NULL)
        assert_ok(hnsw_save(index, wanted, &err), &err);
    return index;
}

static void files_of_version_1_open_for_ever(void **state) {
    (void)state;
    Arena *arena = arena_create();
    VectorSet set;
    VectorIndex *built = golden_build(&set, arena);
    const char *source = getenv("LAKEHOUSE_SOURCE");
    assert_non_null(source);
    Str path = str_format(arena, "%s/tests/data/formats/v1/graph_150x5_l2.hnsw", source);
    Err err = {0};
    VectorIndex *golden = hnsw_open(path.data, &set, &err);
    if (golden == NULL)
        fail_msg("%s", err.message);
    assert_ok(vector_index_check(golden, &err), &err);
    assert_int_equal(hnsw_params(golden)->m, 4);
    assert_int_equal(hnsw_params(golden)->ef_construction, 32);
    assert_int_equal(hnsw_params(golden)->ef_search, 24);
    assert_int_equal(hnsw_params(golden)->seed, 9);
    for (uint32_t row = 0; row < 150; row++) {
        VectorSearch request = {.query = set.blocks[0].vectors + (size_t)row * 5, .k = 1};
        VectorHit *hits;
        size_t count;
        assert_ok(vector_index_search(golden, &request, arena, &hits, &count, &err), &err);
        assert_true(count == 1 && hits[0].distance == 0.0f);
    }
    vector_index_destroy(golden);
    vector_index_destroy(built);
    arena_destroy(arena);
}

int suite_test_hnsw_store(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_saved_graph_comes_back),
        cmocka_unit_test(small_graphs_come_back),
        cmocka_unit_test(an_opened_graph_can_be_extended),
        cmocka_unit_test(every_changed_byte_is_refused),
        cmocka_unit_test(changed_bytes_with_good_checksums_are_safe),
        cmocka_unit_test(truncated_and_padded_files_are_refused),
        cmocka_unit_test(other_vectors_are_refused),
        cmocka_unit_test(disk_errors_are_told),
        cmocka_unit_test(half_a_file_is_removed),
        cmocka_unit_test(files_of_version_1_open_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
