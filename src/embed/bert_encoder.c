/* bert_encoder.c - the forward pass of BERT (post-norm), a block of rows at a time.
 *
 *     x = norm(word + position + type)
 *     per layer:  x = norm(x + out(attention(q, k, v)))
 *                 x = norm(x + down(gelu(up(x))))
 *     answer:     pooled x of each document, to unit length
 *
 * Where time goes: some 90 % in products with weights, which run over all rows of the batch; the
 * feed-forward part runs FORWARD_ROWS at a time so that its wide middle stays in the second level
 * cache. Attention runs per document and head: keys are turned into panels (the kernels' layout
 * for a right-hand side), then scores, softmax and the weighted sum of values follow for
 * ATTENTION_ROWS query rows at a time, so the score matrix is never whole in memory.
 *
 * There is no padding and no mask: a document attends to its own rows and nothing else is there.
 *
 * Tested by: tests/unit/embed/test_bert_encoder.c (independence of the batch), tests/embed_parity/
 * (against a forward pass in float64). */
#include "embed/bert_encoder.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "embed/pooling.h"

enum { FORWARD_ROWS = 96, ATTENTION_ROWS = 24, ALIGNMENT = 64 };

struct BertWorkspace {
    size_t rows_max;
    float *x;         /* [rows][hidden]: the tokens as they pass through the layers */
    float *projected; /* [rows][3 * hidden]: queries, keys, values */
    float *mixed;     /* [rows][hidden]: what attention gathered */
    float *added;     /* [rows][hidden]: what is added to x before a norm */
    float *wide;      /* [FORWARD_ROWS][intermediate] */
    float *keys;      /* one head's keys as panels of KERNEL_PANEL rows */
    float *values;    /* one head's values as panels of KERNEL_PANEL columns */
    float *scores;    /* [ATTENTION_ROWS][rows, rounded up to whole panels] */
    void *inputs;     /* the kernels' own */
    void *memory;
};

static size_t round_up(size_t value, size_t step) {
    return (value + step - 1) / step * step;
}

static size_t min_size(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t max_size(size_t a, size_t b) {
    return a > b ? a : b;
}

BertWorkspace *bert_workspace_create(const BertModel *model, size_t rows_max, Err *err) {
    const BertShape *shape = &model->shape;
    size_t hidden = shape->hidden;
    size_t rows = round_up(max_size(rows_max, 1), KERNEL_PANEL); /* the longest may fill it */
    size_t forward_rows = min_size(rows, FORWARD_ROWS);
    size_t head = hidden / shape->heads;
    size_t (*scratch_bytes)(size_t, size_t) = model->kernels->scratch_bytes;
    size_t floats[] = {rows * hidden,
                       rows * 3 * hidden,
                       rows * hidden,
                       rows * hidden,
                       forward_rows * shape->intermediate,
                       rows * head,
                       rows * head,
                       ATTENTION_ROWS * rows};
    enum { PARTS = sizeof floats / sizeof *floats };
    size_t input_bytes = round_up(
        max_size(scratch_bytes(rows, hidden), scratch_bytes(forward_rows, shape->intermediate)),
        ALIGNMENT);
    size_t bytes = input_bytes;
    for (size_t i = 0; i < PARTS; i++)
        bytes += round_up(floats[i] * sizeof(float), ALIGNMENT);

    BertWorkspace *workspace = calloc(1, sizeof *workspace);
    unsigned char *memory = workspace == NULL ? NULL : aligned_alloc(ALIGNMENT, bytes);
    if (memory == NULL) {
        free(workspace);
        err_fail(err, FAIL_NO_MEMORY, "no memory to encode %zu tokens (%zu bytes)", rows_max,
                 bytes);
        return NULL;
    }
    *workspace = (BertWorkspace){.rows_max = rows_max, .memory = memory, .inputs = memory};
    float **parts[PARTS] = {&workspace->x,      &workspace->projected, &workspace->mixed,
                            &workspace->added,  &workspace->wide,      &workspace->keys,
                            &workspace->values, &workspace->scores};
    memory += input_bytes;
    for (size_t i = 0; i < PARTS; i++) {
        *parts[i] = (float *)(void *)memory;
        memory += round_up(floats[i] * sizeof(float), ALIGNMENT);
    }
    return workspace;
}

void bert_workspace_destroy(BertWorkspace *workspace) {
    if (workspace == NULL)
        return;
    free(workspace->memory);
    free(workspace);
}

/* --- embeddings ------------------------------------------------------------------------------- */

static void embed_tokens(const BertModel *model, const TokenBatch *batch, float *x) {
    size_t width = model->shape.hidden;
    for (size_t d = 0; d < batch->count; d++) {
        size_t first = batch->starts[d];
        size_t rows = batch->starts[d + 1] - first;
        assert(rows > 0 && rows <= model->shape.positions);
        for (size_t r = 0; r < rows; r++) {
            uint32_t id = batch->ids[first + r];
            assert(id < model->shape.vocabulary);
            tensor_read_f32(model->words, id * width, width, x + r * width);
        }
        model->kernels->add_norm(x, model->positions, rows, width, model->embedding_norm.gain,
                                 model->embedding_norm.shift, model->shape.norm_epsilon);
        x += rows * width;
    }
}

/* --- attention -------------------------------------------------------------------------------- */

/* One document's share of the projected rows, and one head of it. */
typedef struct Head {
    const float *queries; /* keys and values lie hidden and 2 * hidden further on */
    size_t stride;        /* of a row */
    size_t rows;
    size_t hidden;
    size_t width;
} Head;

/* Panels of a product's right-hand side: here its columns are the document's rows. */
static void pack_keys(const Head *head, float *panels) {
    for (size_t first = 0; first < head->rows; first += KERNEL_PANEL) {
        size_t count = min_size(head->rows - first, KERNEL_PANEL);
        for (size_t r = 0; r < KERNEL_PANEL; r++) {
            const float *key = head->queries + head->hidden + (first + r) * head->stride;
            for (size_t i = 0; i < head->width; i++)
                panels[i * KERNEL_PANEL + r] = r < count ? key[i] : 0;
        }
        panels += head->width * KERNEL_PANEL;
    }
}

static void pack_values(const Head *head, float *panels) {
    for (size_t column = 0; column < head->width; column += KERNEL_PANEL) {
        const float *value = head->queries + 2 * head->hidden + column;
        for (size_t r = 0; r < head->rows; r++, panels += KERNEL_PANEL, value += head->stride)
            memcpy(panels, value, KERNEL_PANEL * sizeof *panels);
    }
}

static void attend(const EncoderKernels *kernels, const Head *head, BertWorkspace *workspace,
                   float *out) {
    size_t columns = round_up(head->rows, KERNEL_PANEL);
    float scale = 1.0F / sqrtf((float)head->width);
    pack_keys(head, workspace->keys);
    pack_values(head, workspace->values);
    for (size_t row = 0; row < head->rows; row += ATTENTION_ROWS) {
        size_t rows = min_size(head->rows - row, ATTENTION_ROWS);
        kernels->product(&(Product){.a = head->queries + row * head->stride,
                                    .a_stride = head->stride,
                                    .rows = rows,
                                    .panels = workspace->keys,
                                    .inner = head->width,
                                    .panel_count = columns / KERNEL_PANEL,
                                    .c = workspace->scores,
                                    .c_stride = columns});
        kernels->softmax(workspace->scores, columns, rows, head->rows, scale);
        kernels->product(&(Product){.a = workspace->scores,
                                    .a_stride = columns,
                                    .rows = rows,
                                    .panels = workspace->values,
                                    .inner = head->rows,
                                    .panel_count = head->width / KERNEL_PANEL,
                                    .c = out + row * head->hidden,
                                    .c_stride = head->hidden});
    }
}

static void attend_all(const BertModel *model, const TokenBatch *batch, BertWorkspace *workspace) {
    size_t hidden = model->shape.hidden;
    size_t width = hidden / model->shape.heads;
    for (size_t d = 0; d < batch->count; d++) {
        size_t first = batch->starts[d] - batch->starts[0];
        for (size_t column = 0; column < hidden; column += width) {
            Head head = {.queries = workspace->projected + first * 3 * hidden + column,
                         .stride = 3 * hidden,
                         .rows = batch->starts[d + 1] - batch->starts[d],
                         .hidden = hidden,
                         .width = width};
            attend(model->kernels, &head, workspace, workspace->mixed + first * hidden + column);
        }
    }
}

/* --- layers ----------------------------------------------------------------------------------- */

static void run_layer(const BertModel *model, const BertLayer *layer, const TokenBatch *batch,
                      BertWorkspace *w) {
    const EncoderKernels *kernels = model->kernels;
    size_t hidden = model->shape.hidden;
    size_t rows = batch->starts[batch->count] - batch->starts[0];
    float epsilon = model->shape.norm_epsilon;

    kernels->linear(&layer->query_key_value, w->x, rows, LINEAR_PLAIN, w->projected, w->inputs);
    attend_all(model, batch, w);
    kernels->linear(&layer->attention_out, w->mixed, rows, LINEAR_PLAIN, w->added, w->inputs);
    kernels->add_norm(w->x, w->added, rows, hidden, layer->attention_norm.gain,
                      layer->attention_norm.shift, epsilon);
    for (size_t row = 0; row < rows; row += FORWARD_ROWS) {
        size_t count = min_size(rows - row, FORWARD_ROWS);
        float *x = w->x + row * hidden;
        kernels->linear(&layer->up, x, count, LINEAR_GELU, w->wide, w->inputs);
        kernels->linear(&layer->down, w->wide, count, LINEAR_PLAIN, w->added, w->inputs);
        kernels->add_norm(x, w->added, count, hidden, layer->out_norm.gain, layer->out_norm.shift,
                          epsilon);
    }
}

void bert_encode(const BertModel *model, PoolingMode pooling, const TokenBatch *batch,
                 BertWorkspace *workspace, float *out_vectors) {
    size_t width = model->shape.hidden;
    assert(batch->starts[batch->count] - batch->starts[0] <= workspace->rows_max);
    embed_tokens(model, batch, workspace->x);
    for (uint32_t i = 0; i < model->shape.layers; i++)
        run_layer(model, &model->layers[i], batch, workspace);
    for (size_t d = 0; d < batch->count; d++) {
        size_t first = batch->starts[d] - batch->starts[0];
        float *vector = out_vectors + d * width;
        pool_rows(pooling, workspace->x + first * width, batch->starts[d + 1] - batch->starts[d],
                  width, vector);
        vector_normalise(vector, width);
    }
}
