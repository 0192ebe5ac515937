/* safetensors.h - named arrays of numbers in one file, looked at where they lie.
 *
 * The format: u64 little-endian length N, N bytes of JSON, then the data. Each entry of the JSON,
 * but for "__metadata__", is "name": {"dtype", "shape", "data_offsets": [begin, end]}, offsets
 * relative to the data; rows outermost, little-endian. We accept a file only when every byte of
 * the data belongs to exactly one tensor of exactly the size its shape says.
 *
 * Ownership: tensors belong to their file and end with it; tensor_file_parse borrows the bytes.
 * Threads: any, once open. The file must not be truncated in place while it is mapped: replace
 * models by renaming. */
#ifndef EMBED_SAFETENSORS_H
#define EMBED_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum { TENSOR_RANK_MAX = 8, TENSOR_HEADER_BYTES_MAX = 8 << 20 };

typedef enum TensorType {
    TENSOR_F32,
    TENSOR_F16,
    TENSOR_BF16,
    TENSOR_OTHER /* integers, booleans, doubles: sized and skipped, never read */
} TensorType;

typedef struct Tensor {
    Str name;
    TensorType type;
    size_t rank;
    uint64_t shape[TENSOR_RANK_MAX];
    const unsigned char *bytes; /* of any alignment */
    uint64_t size_bytes;
    uint64_t begin; /* in the data, for the check of holes */
} Tensor;

typedef struct TensorFile TensorFile;

/* FAIL_IO when it cannot be read, FAIL_CORRUPT naming the tensor when it breaks the format,
 * FAIL_UNSUPPORTED for a dtype that nobody told us the size of. Messages never hold the path. */
TensorFile *tensor_file_open(const char *path, Err *err);
TensorFile *tensor_file_parse(Str bytes, Err *err);
void tensor_file_close(TensorFile *file); /* NULL is fine */

size_t tensor_file_count(const TensorFile *file);
const Tensor *tensor_file_at(const TensorFile *file, size_t index); /* in order of their data */
const Tensor *tensor_file_find(const TensorFile *file, Str name);   /* NULL when absent */
Str tensor_file_bytes(const TensorFile *file);                      /* all of it, to be hashed */

uint64_t tensor_elements(const Tensor *tensor);
/* `count` numbers from number `first` on as floats. The tensor is F32, F16 or BF16 and long
 * enough: both are the caller's to check, once, when he finds it. */
void tensor_read_f32(const Tensor *tensor, size_t first, size_t count, float *out);

#endif
