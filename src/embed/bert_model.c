/* bert_model.c - find every tensor, check its shape, and pack it.
 *
 * All packed weights share one mapping, sized by the shape before anything is read, aligned for
 * vector loads and offered to the kernel as huge pages: a forward pass streams through all of it,
 * and with small pages a fifth of the time goes to page walks.
 *
 * Loading runs twice over the same plan: first with no memory, adding up sizes, then for real. So
 * the sum of sizes cannot drift from what is taken.
 *
 * Tested by: tests/unit/embed/test_bert_model.c; numerically by tests/embed_parity/. */
#include "embed/bert_model.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/vec.h"

enum { ALIGNMENT = 64, NAME_BYTES_MAX = 160, ROWS_MAX = 16384 };

typedef struct Loading {
    const TensorFile *file;
    const char *prefix; /* "" or "bert." */
    BertModel *model;
    size_t used;
    float *row; /* scratch: one row of any weight matrix */
    Err *err;
} Loading;

static bool is_measuring(const Loading *loading) {
    return loading->model->memory == NULL;
}

static void *take(Loading *loading, size_t bytes) {
    unsigned char *memory =
        is_measuring(loading) ? NULL : (unsigned char *)loading->model->memory + loading->used;
    loading->used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    assert(is_measuring(loading) || loading->used <= loading->model->memory_bytes);
    return memory;
}

/* --- finding tensors -------------------------------------------------------------------------- */

static const Tensor *find(const Loading *loading, const char *name) {
    char full[NAME_BYTES_MAX];
    snprintf(full, sizeof full, "%s%s", loading->prefix, name);
    return tensor_file_find(loading->file, str_c(full));
}

/* A tensor of exactly this shape; columns 0 = one dimension. */
static const Tensor *need(const Loading *loading, const char *name, size_t rows, size_t columns) {
    const Tensor *tensor = find(loading, name);
    if (tensor == NULL) {
        err_fail(loading->err, FAIL_CORRUPT, "the model has no tensor '%s'", name);
        return NULL;
    }
    size_t rank = columns == 0 ? 1 : 2;
    if (tensor->rank != rank || tensor->shape[0] != rows ||
        (rank == 2 && tensor->shape[1] != columns)) {
        err_fail(loading->err, FAIL_CORRUPT, "tensor '%s' does not have the shape [%zu, %zu]", name,
                 rows, columns);
        return NULL;
    }
    if (tensor->type == TENSOR_OTHER) {
        err_fail(loading->err, FAIL_UNSUPPORTED, "tensor '%s' is not F32, F16 or BF16", name);
        return NULL;
    }
    return tensor;
}

/* --- parts ------------------------------------------------------------------------------------ */

static bool load_vector(Loading *loading, const char *name, size_t length, float *out) {
    const Tensor *tensor = need(loading, name, length, 0);
    if (tensor == NULL)
        return false;
    if (!is_measuring(loading))
        tensor_read_f32(tensor, 0, length, out);
    return true;
}

static bool load_norm(Loading *loading, const char *stem, LayerNorm *norm) {
    static const char *const names[2][2] = {{"weight", "bias"}, {"gamma", "beta"}};
    size_t width = loading->model->shape.hidden;
    norm->gain = take(loading, width * sizeof(float));
    norm->shift = take(loading, width * sizeof(float));
    char name[NAME_BYTES_MAX];
    snprintf(name, sizeof name, "%s.gamma", stem);
    const char *const *parts = names[find(loading, name) != NULL];
    snprintf(name, sizeof name, "%s.%s", stem, parts[0]);
    if (!load_vector(loading, name, width, norm->gain))
        return false;
    snprintf(name, sizeof name, "%s.%s", stem, parts[1]);
    return load_vector(loading, name, width, norm->shift);
}

static void linear_take(Loading *loading, size_t inputs, size_t outputs, Linear *linear) {
    linear->inputs = inputs;
    linear->outputs = outputs;
    linear->weights = take(loading, inputs * outputs * loading->model->kernels->weight_bytes);
    linear->bias = take(loading, outputs * sizeof(float));
    linear->scales = take(loading, outputs * sizeof(float));
}

/* Fills outputs [first, first + outputs) of the linear layer from one named pair of tensors. */
static bool linear_fill(Loading *loading, const char *stem, size_t first, size_t outputs,
                        Linear *linear) {
    char name[NAME_BYTES_MAX];
    snprintf(name, sizeof name, "%s.weight", stem);
    const Tensor *weight = need(loading, name, outputs, linear->inputs);
    if (weight == NULL)
        return false;
    for (size_t i = 0; i < outputs && !is_measuring(loading); i++) {
        tensor_read_f32(weight, i * linear->inputs, linear->inputs, loading->row);
        loading->model->kernels->pack_output(linear, first + i, loading->row);
    }
    snprintf(name, sizeof name, "%s.bias", stem);
    return load_vector(loading, name, outputs, linear->bias + (is_measuring(loading) ? 0 : first));
}

static bool load_linear(Loading *loading, const char *stem, size_t inputs, size_t outputs,
                        Linear *linear) {
    linear_take(loading, inputs, outputs, linear);
    return linear_fill(loading, stem, 0, outputs, linear);
}

static bool load_query_key_value(Loading *loading, uint32_t index, Linear *linear) {
    static const char *const parts[] = {"query", "key", "value"};
    size_t hidden = loading->model->shape.hidden;
    linear_take(loading, hidden, 3 * hidden, linear);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        char stem[NAME_BYTES_MAX];
        snprintf(stem, sizeof stem, "encoder.layer.%u.attention.self.%s", index, parts[i]);
        if (!linear_fill(loading, stem, i * hidden, hidden, linear))
            return false;
    }
    return true;
}

static bool load_layer(Loading *loading, uint32_t index) {
    BertLayer *layer = &loading->model->layers[index];
    const BertShape *shape = &loading->model->shape;
    char stems[5][NAME_BYTES_MAX];
    static const char *const parts[] = {"attention.output.dense", "attention.output.LayerNorm",
                                        "intermediate.dense", "output.dense", "output.LayerNorm"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        snprintf(stems[i], sizeof stems[i], "encoder.layer.%u.%s", index, parts[i]);
    return load_query_key_value(loading, index, &layer->query_key_value) &&
           load_linear(loading, stems[0], shape->hidden, shape->hidden, &layer->attention_out) &&
           load_norm(loading, stems[1], &layer->attention_norm) &&
           load_linear(loading, stems[2], shape->hidden, shape->intermediate, &layer->up) &&
           load_linear(loading, stems[3], shape->intermediate, shape->hidden, &layer->down) &&
           load_norm(loading, stems[4], &layer->out_norm);
}

/* Sentence texts are all of token type 0, so its vector is added to every position for good. */
static bool load_positions(Loading *loading) {
    BertModel *model = loading->model;
    size_t width = model->shape.hidden;
    size_t count = model->shape.positions;
    model->positions = take(loading, count * width * sizeof(float));
    const Tensor *positions = need(loading, "embeddings.position_embeddings.weight", count, width);
    if (positions == NULL)
        return false;
    const Tensor *types =
        need(loading, "embeddings.token_type_embeddings.weight", model->shape.types, width);
    if (types == NULL)
        return false;
    if (is_measuring(loading))
        return true;
    tensor_read_f32(positions, 0, count * width, model->positions);
    tensor_read_f32(types, 0, width, loading->row);
    for (size_t i = 0; i < count * width; i++)
        model->positions[i] += loading->row[i % width];
    return true;
}

static bool load_all(Loading *loading) {
    BertModel *model = loading->model;
    loading->used = 0;
    model->words = need(loading, "embeddings.word_embeddings.weight", model->shape.vocabulary,
                        model->shape.hidden);
    if (model->words == NULL || !load_positions(loading) ||
        !load_norm(loading, "embeddings.LayerNorm", &model->embedding_norm))
        return false;
    for (uint32_t i = 0; i < model->shape.layers; i++)
        if (!load_layer(loading, i))
            return false;
    return true;
}

/* --- life ------------------------------------------------------------------------------------- */

static bool map_memory(BertModel *model, size_t bytes, Err *err) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        int saved = errno;
        return err_fail(err, FAIL_NO_MEMORY, "%zu bytes for the model's weights: %s", bytes,
                        strerror(saved));
    }
    (void)madvise(memory, bytes, MADV_HUGEPAGE); /* a wish; without it we are only slower */
    model->memory = memory;
    model->memory_bytes = bytes;
    return true;
}

BertModel *bert_model_load(const TensorFile *file, const BertShape *shape,
                           const EncoderKernels *kernels, Err *err) {
    assert(shape->hidden <= ROWS_MAX && shape->intermediate <= ROWS_MAX &&
           shape->layers <= sizeof((BertModel *)0)->layers / sizeof(BertLayer));
    BertModel *model = calloc(1, sizeof *model);
    float *row = malloc(ROWS_MAX * sizeof *row);
    if (model == NULL || row == NULL) {
        err_fail(err, FAIL_NO_MEMORY, "no memory to load a model");
    } else {
        model->shape = *shape;
        model->kernels = kernels;
        Loading loading = {.file = file, .prefix = "", .model = model, .row = row, .err = err};
        if (find(&loading, "embeddings.word_embeddings.weight") == NULL)
            loading.prefix = "bert.";
        if (load_all(&loading) && map_memory(model, loading.used, err) && load_all(&loading)) {
            free(row);
            return model;
        }
    }
    free(row);
    bert_model_destroy(model);
    return NULL;
}

void bert_model_destroy(BertModel *model) {
    if (model == NULL)
        return;
    if (model->memory != NULL)
        munmap(model->memory, model->memory_bytes);
    free(model);
}
