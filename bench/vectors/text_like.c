/* text_like.c - see the header for the model. Every sum is an axpy in one order; the only function
 * of libm is sqrt, which is exact. */
#include "text_like.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOPICS = 1000, LATENT = 192, LOCAL = 48 };

static const float noise_scale = 0.6f, local_scale = 1.8f;

struct TextLike {
    uint32_t dimension;
    uint64_t seed;
    float *centres;    /* TOPICS x LATENT */
    float *directions; /* TOPICS x LOCAL x LATENT */
    float *map;        /* LATENT x dimension */
    float *offset;     /* dimension */
    float widths[TOPICS];
    double sizes[TOPICS]; /* running sum */
};

static uint64_t next_bits(uint64_t *state) { /* splitmix64 */
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Sum of twelve 16-bit uniforms: near enough to normal, and exact in float. */
static float next_normal(uint64_t *state) {
    int sum = 0;
    for (int i = 0; i < 3; i++) {
        uint64_t z = next_bits(state);
        sum += (int)(z & 65535) + (int)(z >> 16 & 65535) + (int)(z >> 32 & 65535) + (int)(z >> 48);
    }
    return ((float)sum - 393210.0f) / 65536.0f;
}

static double next_unit(uint64_t *state) {
    return (double)(next_bits(state) >> 11) / 9007199254740992.0;
}

static void *must_alloc(size_t bytes) {
    void *memory = malloc(bytes);
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return memory;
}

/* A spectrum 1 / sqrt(1 + i / half), of unit energy. */
static void make_spectrum(float *out, int count, float half) {
    float energy = 0;
    for (int i = 0; i < count; i++) {
        out[i] = 1.0f / sqrtf(1.0f + (float)i / half);
        energy += out[i] * out[i];
    }
    for (int i = 0; i < count; i++)
        out[i] /= sqrtf(energy);
}

TextLike *text_like_create(uint32_t dimension, uint64_t seed) {
    TextLike *model = must_alloc(sizeof *model);
    uint64_t state = seed ^ 0xABCDEF;
    float spectrum[LATENT], local[LOCAL];
    make_spectrum(spectrum, LATENT, 8.0f);
    make_spectrum(local, LOCAL, 12.0f);
    model->dimension = dimension;
    model->seed = seed;
    model->centres = must_alloc(sizeof(float) * TOPICS * LATENT);
    model->directions = must_alloc(sizeof(float) * TOPICS * LOCAL * LATENT);
    model->map = must_alloc(sizeof(float) * LATENT * dimension);
    model->offset = must_alloc(sizeof(float) * dimension);
    for (int i = 0; i < TOPICS * LATENT; i++)
        model->centres[i] = next_normal(&state) * spectrum[i % LATENT];
    /* Local directions lie mostly where the whole spectrum lies, as in real models. */
    float *direction = model->directions;
    for (int topic = 0; topic < TOPICS; topic++)
        for (int r = 0; r < LOCAL; r++)
            for (int k = 0; k < LATENT; k++)
                *direction++ = next_normal(&state) * local[r] *
                               (0.5f * spectrum[k] + 0.5f / sqrtf((float)LATENT)) * local_scale;
    for (int topic = 0; topic < TOPICS; topic++)
        model->widths[topic] = 0.7f + 0.6f * (float)next_unit(&state);
    for (size_t i = 0; i < (size_t)LATENT * dimension; i++)
        model->map[i] = next_normal(&state) / sqrtf((float)dimension);
    for (uint32_t d = 0; d < dimension; d++)
        model->offset[d] = 1.3f * next_normal(&state) / sqrtf((float)dimension);
    double total = 0;
    for (int topic = 0; topic < TOPICS; topic++)
        model->sizes[topic] = total += 1.0 / (topic + 4.0);
    return model;
}

void text_like_destroy(TextLike *model) {
    free(model->centres);
    free(model->directions);
    free(model->map);
    free(model->offset);
    free(model);
}

static int draw_topic(const TextLike *model, uint64_t *state) {
    double at = next_unit(state) * model->sizes[TOPICS - 1];
    int low = 0, high = TOPICS - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (model->sizes[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void make_row(const TextLike *model, uint64_t row, float *out) {
    uint64_t state = row * UINT64_C(0xD1342543DE82EF95) + model->seed;
    (void)next_bits(&state);
    int topic = draw_topic(model, &state);
    uint32_t dimension = model->dimension;
    float point[LATENT];
    memcpy(point, model->centres + (size_t)topic * LATENT, sizeof point);
    for (int r = 0; r < LOCAL; r++) {
        float amount = next_normal(&state) * model->widths[topic];
        const float *direction = model->directions + ((size_t)topic * LOCAL + (size_t)r) * LATENT;
        for (int k = 0; k < LATENT; k++)
            point[k] += amount * direction[k];
    }
    memcpy(out, model->offset, dimension * sizeof *out);
    for (int k = 0; k < LATENT; k++) {
        const float *line = model->map + (size_t)k * dimension;
        for (uint32_t d = 0; d < dimension; d++)
            out[d] += point[k] * line[d];
    }
    float noise = noise_scale / sqrtf((float)dimension);
    for (uint32_t d = 0; d < dimension; d++)
        out[d] += noise * next_normal(&state);
    double square = 0;
    for (uint32_t d = 0; d < dimension; d++)
        square += (double)out[d] * out[d];
    float scale = (float)(1.0 / sqrt(square));
    for (uint32_t d = 0; d < dimension; d++)
        out[d] *= scale;
}

typedef struct RowsJob {
    const TextLike *model;
    uint64_t first;
    float *out;
} RowsJob;

static bool make_rows(void *context, size_t from, size_t to, size_t lane, Err *err) {
    (void)lane, (void)err;
    const RowsJob *job = context;
    for (size_t i = from; i < to; i++)
        make_row(job->model, job->first + i, job->out + i * job->model->dimension);
    return true;
}

float *text_like_rows(const TextLike *model, uint64_t first, uint32_t count, ThreadPool *pool) {
    size_t bytes = ((size_t)count * model->dimension * sizeof(float) / 64 + 1) * 64;
    RowsJob job = {model, first, aligned_alloc(64, bytes)};
    Err err = {0};
    if (job.out == NULL || !parallel_for(pool, count, 64, make_rows, &job, &err)) {
        fprintf(stderr, "cannot make %u rows\n", count);
        exit(1);
    }
    return job.out;
}

uint64_t text_like_check(const float *rows, uint32_t count, uint32_t dimension) {
    uint64_t hash = UINT64_C(1469598103934665603);
    for (uint32_t row = 0; row < count; row++)
        for (uint32_t d = 0; d < dimension; d += 97) {
            uint32_t bits;
            memcpy(&bits, rows + (size_t)row * dimension + d, sizeof bits);
            hash = (hash ^ bits) * UINT64_C(1099511628211);
        }
    return hash;
}
