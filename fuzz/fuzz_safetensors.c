/* fuzz_safetensors.c - any bytes as a .safetensors file: refused with a reason, or every tensor
 * lies inside the bytes and can be read to its end. */
#include <assert.h>
#include <stdlib.h>

#include "embed/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const Tensor *tensor, Str file) {
    uintptr_t begin = (uintptr_t)tensor->bytes;
    assert(begin >= (uintptr_t)file.data && tensor->size_bytes <= file.length);
    assert(begin + tensor->size_bytes <= (uintptr_t)file.data + file.length);
    if (tensor->type == TENSOR_OTHER)
        return;
    size_t count = (size_t)tensor_elements(tensor);
    assert(count * (tensor->type == TENSOR_F32 ? 4 : 2) == tensor->size_bytes);
    float *values = malloc((count + 1) * sizeof *values);
    if (values == NULL)
        return;
    tensor_read_f32(tensor, 0, count, values);
    free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Err err = {0};
    Str bytes = str_make(data, size);
    TensorFile *file = tensor_file_parse(bytes, &err);
    if (file == NULL) {
        assert(err.kind == FAIL_CORRUPT || err.kind == FAIL_UNSUPPORTED);
        return 0;
    }
    for (size_t i = 0; i < tensor_file_count(file); i++)
        read_all(tensor_file_at(file, i), bytes);
    tensor_file_close(file);
    return 0;
}
