/* safetensors.c - read and check a .safetensors file.
 *
 * The file is mapped, so the large tables (word embeddings) cost memory only where they are
 * touched, and are shared by every process that opens the model. Nothing in the header is
 * believed: sizes are multiplied with overflow checks, each range must equal shape * element size,
 * and after sorting by offset each tensor must begin where the last one ended, from zero to the
 * end of the file; so holes, overlaps and hidden tails are all the same error.
 *
 * Stricter than the format: a header of at most 8 MiB (the reference allows 100 MB; sentence
 * models need some kilobytes) and at most 8 dimensions.
 *
 * Tested by: tests/unit/embed/test_safetensors.c (hostile headers), fuzz/fuzz_safetensors.c. */
#include "embed/safetensors.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/vec.h"

struct TensorFile {
    Arena *arena;
    Str bytes;
    bool mapped;
    Tensor *tensors; /* by offset, then by name */
    size_t count;
};

static const struct {
    const char *name;
    TensorType type;
    uint64_t size_bytes;
} dtypes[] = {
    {"F32", TENSOR_F32, 4},    {"F16", TENSOR_F16, 2},       {"BF16", TENSOR_BF16, 2},
    {"F64", TENSOR_OTHER, 8},  {"I64", TENSOR_OTHER, 8},     {"I32", TENSOR_OTHER, 4},
    {"I16", TENSOR_OTHER, 2},  {"I8", TENSOR_OTHER, 1},      {"U64", TENSOR_OTHER, 8},
    {"U32", TENSOR_OTHER, 4},  {"U16", TENSOR_OTHER, 2},     {"U8", TENSOR_OTHER, 1},
    {"BOOL", TENSOR_OTHER, 1}, {"F8_E4M3", TENSOR_OTHER, 1}, {"F8_E5M2", TENSOR_OTHER, 1},
};

/* json readers speak of requests; here the fault is in a stored file. */
static bool corrupt(Err *err, Str name) {
    err->kind = FAIL_CORRUPT;
    return err_wrap(err, "safetensors: tensor '%.*s'", STR_ARG(utf8_clip(name, 100)));
}

static bool read_dtype(const json_t *entry, Tensor *tensor, uint64_t *out_size, Err *err) {
    Str dtype;
    if (!json_read_str(entry, "dtype", JSON_REQUIRED, &dtype, err))
        return corrupt(err, tensor->name);
    for (size_t i = 0; i < ARRAY_LEN(dtypes); i++) {
        if (str_eq_c(dtype, dtypes[i].name)) {
            tensor->type = dtypes[i].type;
            *out_size = dtypes[i].size_bytes;
            return true;
        }
    }
    return err_fail(err, FAIL_UNSUPPORTED, "safetensors: tensor '%.*s' has the unknown type '%.*s'",
                    STR_ARG(utf8_clip(tensor->name, 100)), STR_ARG(utf8_clip(dtype, 40)));
}

static bool read_natural(const json_t *value, uint64_t *out) {
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static bool read_shape(const json_t *entry, Tensor *tensor, Err *err) {
    const json_t *shape;
    if (!json_read_array(entry, "shape", JSON_REQUIRED, &shape, err))
        return corrupt(err, tensor->name);
    tensor->rank = json_array_size(shape);
    if (tensor->rank > TENSOR_RANK_MAX) {
        err_fail(err, FAIL_CORRUPT, "%zu dimensions, at most %d are read", tensor->rank,
                 TENSOR_RANK_MAX);
        return corrupt(err, tensor->name);
    }
    for (size_t i = 0; i < tensor->rank; i++) {
        if (!read_natural(json_array_get(shape, i), &tensor->shape[i])) {
            err_fail(err, FAIL_CORRUPT, "dimension %zu is not a natural number", i);
            return corrupt(err, tensor->name);
        }
    }
    return true;
}

static bool shape_bytes(const Tensor *tensor, uint64_t element_bytes, uint64_t *out) {
    uint64_t size = element_bytes;
    for (size_t i = 0; i < tensor->rank; i++)
        if (__builtin_mul_overflow(size, tensor->shape[i], &size))
            return false;
    *out = size;
    return true;
}

static bool read_range(const json_t *entry, Str data, uint64_t element_bytes, Tensor *tensor,
                       Err *err) {
    const json_t *offsets;
    if (!json_read_array(entry, "data_offsets", JSON_REQUIRED, &offsets, err))
        return corrupt(err, tensor->name);
    uint64_t begin;
    uint64_t end;
    if (json_array_size(offsets) != 2 || !read_natural(json_array_get(offsets, 0), &begin) ||
        !read_natural(json_array_get(offsets, 1), &end) || begin > end) {
        err_fail(err, FAIL_CORRUPT, "data_offsets are not two rising natural numbers");
        return corrupt(err, tensor->name);
    }
    if (end > data.length) {
        err_fail(err, FAIL_CORRUPT, "its data ends at %llu, the file's at %zu",
                 (unsigned long long)end, data.length);
        return corrupt(err, tensor->name);
    }
    uint64_t expected;
    if (!shape_bytes(tensor, element_bytes, &expected) || expected != end - begin) {
        err_fail(err, FAIL_CORRUPT, "its shape does not match its %llu bytes",
                 (unsigned long long)(end - begin));
        return corrupt(err, tensor->name);
    }
    tensor->begin = begin;
    tensor->bytes = (const unsigned char *)data.data + begin;
    tensor->size_bytes = end - begin;
    return true;
}

static bool read_entry(const char *name, const json_t *entry, Str data, Arena *arena,
                       Tensor *tensor, Err *err) {
    tensor->name = str_dup(arena, str_c(name));
    if (!json_is_object(entry)) {
        err_fail(err, FAIL_CORRUPT, "not an object");
        return corrupt(err, tensor->name);
    }
    uint64_t element_bytes = 0;
    return read_dtype(entry, tensor, &element_bytes, err) && read_shape(entry, tensor, err) &&
           read_range(entry, data, element_bytes, tensor, err);
}

static int by_offset(const void *left, const void *right) {
    const Tensor *a = left;
    const Tensor *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    if (a->size_bytes != b->size_bytes) /* empty ones first, so they do not look like overlaps */
        return a->size_bytes < b->size_bytes ? -1 : 1;
    return str_compare(a->name, b->name);
}

static bool check_cover(const TensorFile *file, uint64_t data_length, Err *err) {
    uint64_t covered = 0;
    for (size_t i = 0; i < file->count; i++) {
        const Tensor *tensor = &file->tensors[i];
        if (tensor->begin != covered) {
            err_fail(err, FAIL_CORRUPT, "%s before byte %llu",
                     tensor->begin < covered ? "it overlaps the one" : "there is a hole",
                     (unsigned long long)(tensor->begin < covered ? covered : tensor->begin));
            return corrupt(err, tensor->name);
        }
        covered += tensor->size_bytes;
    }
    if (covered != data_length)
        return err_fail(err, FAIL_CORRUPT, "safetensors: %llu bytes at the end belong to no tensor",
                        (unsigned long long)(data_length - covered));
    return true;
}

static bool read_entries(TensorFile *file, const json_t *header, Str data, Err *err) {
    file->tensors = ARENA_ARRAY(file->arena, Tensor, json_object_size(header));
    const char *name;
    json_t *entry;
    json_object_foreach ((json_t *)(uintptr_t)header, name, entry) {
        if (strcmp(name, "__metadata__") == 0)
            continue;
        if (!read_entry(name, entry, data, file->arena, &file->tensors[file->count], err))
            return false;
        file->count++;
    }
    if (file->count > 0)
        qsort(file->tensors, file->count, sizeof *file->tensors, by_offset);
    return check_cover(file, data.length, err);
}

static uint64_t load_u64(const char *bytes) {
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | (unsigned char)bytes[i];
    return value;
}

static bool parse(TensorFile *file, Err *err) {
    if (file->bytes.length < 8)
        return err_fail(err, FAIL_CORRUPT, "safetensors: %zu bytes are too few to be one",
                        file->bytes.length);
    uint64_t header_length = load_u64(file->bytes.data);
    if (header_length > TENSOR_HEADER_BYTES_MAX)
        return err_fail(err, FAIL_CORRUPT,
                        "safetensors: a header of %llu bytes, at most %d are read",
                        (unsigned long long)header_length, TENSOR_HEADER_BYTES_MAX);
    if (header_length > file->bytes.length - 8)
        return err_fail(err, FAIL_CORRUPT, "safetensors: the header of %llu bytes is cut short",
                        (unsigned long long)header_length);
    size_t data_start = 8 + (size_t)header_length;
    Str text = str_slice(file->bytes, 8, data_start);
    if (text.length == 0 || text.data[0] != '{')
        return err_fail(err, FAIL_CORRUPT, "safetensors: the header is not a JSON object");
    Arena *scratch = arena_create();
    json_t *header = json_parse(text, scratch, err);
    bool good = header != NULL;
    if (!good) {
        err->kind = FAIL_CORRUPT;
        err_wrap(err, "safetensors: header");
    } else {
        good =
            read_entries(file, header, str_slice(file->bytes, data_start, file->bytes.length), err);
    }
    arena_destroy(scratch);
    return good;
}

static TensorFile *create(Str bytes, bool mapped, Err *err) {
    Arena *arena = arena_create();
    TensorFile *file = ARENA_NEW(arena, TensorFile);
    *file = (TensorFile){.arena = arena, .bytes = bytes, .mapped = mapped};
    if (parse(file, err))
        return file;
    tensor_file_close(file);
    return NULL;
}

TensorFile *tensor_file_parse(Str bytes, Err *err) {
    return create(bytes, false, err);
}

static void *map_file(int fd, size_t *out_length, Err *err) {
    struct stat status;
    if (fstat(fd, &status) != 0) {
        err_fail_errno(err, errno, "safetensors: stat");
        return NULL;
    }
    if (!S_ISREG(status.st_mode) || status.st_size <= 0) {
        err_fail(err, FAIL_CORRUPT, "safetensors: empty, or not a regular file");
        return NULL;
    }
    size_t length = (size_t)status.st_size;
    void *memory = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
    if (memory == MAP_FAILED) {
        err_fail_errno(err, errno, "safetensors: map %zu bytes", length);
        return NULL;
    }
    *out_length = length;
    return memory;
}

TensorFile *tensor_file_open(const char *path, Err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        err_fail_errno(err, errno, "safetensors: open");
        return NULL;
    }
    size_t length = 0;
    void *memory = map_file(fd, &length, err);
    close(fd);
    return memory == NULL ? NULL : create(str_make(memory, length), true, err);
}

void tensor_file_close(TensorFile *file) {
    if (file == NULL)
        return;
    if (file->mapped)
        munmap((void *)(uintptr_t)file->bytes.data, file->bytes.length);
    arena_destroy(file->arena);
}

size_t tensor_file_count(const TensorFile *file) {
    return file->count;
}

const Tensor *tensor_file_at(const TensorFile *file, size_t index) {
    assert(index < file->count);
    return &file->tensors[index];
}

const Tensor *tensor_file_find(const TensorFile *file, Str name) {
    for (size_t i = 0; i < file->count; i++)
        if (str_eq(file->tensors[i].name, name))
            return &file->tensors[i];
    return NULL;
}

Str tensor_file_bytes(const TensorFile *file) {
    return file->bytes;
}

uint64_t tensor_elements(const Tensor *tensor) {
    uint64_t count = 1;
    for (size_t i = 0; i < tensor->rank; i++)
        count *= tensor->shape[i]; /* cannot overflow: the byte size was checked */
    return count;
}

static float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float from_f16(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 0x1f;
    uint32_t fraction = half & 0x3ff;
    if (exponent == 0) { /* zero and subnormals: fraction * 2^-24 */
        float magnitude = (float)fraction * 0x1p-24F;
        return sign != 0 ? -magnitude : magnitude;
    }
    exponent = exponent == 0x1f ? 0xff : exponent + (127 - 15);
    return from_bits(sign | exponent << 23 | fraction << 13);
}

void tensor_read_f32(const Tensor *tensor, size_t first, size_t count, float *out) {
    assert(tensor->type != TENSOR_OTHER);
    size_t element_bytes = tensor->type == TENSOR_F32 ? 4 : 2;
    assert(first <= tensor->size_bytes / element_bytes &&
           count <= tensor->size_bytes / element_bytes - first);
    const unsigned char *bytes = tensor->bytes + first * element_bytes;
    if (tensor->type == TENSOR_F32) {
        memcpy(out, bytes, count * sizeof *out); /* little-endian hosts only; checked at build */
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint16_t half = (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
        out[i] = tensor->type == TENSOR_F16 ? from_f16(half) : from_bits((uint32_t)half << 16);
    }
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "weights are read where they lie");
