/* test_bert_encoder.c - a tiny model against a forward pass in double, and alone against in
 * company.
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/vec.h"
#include "embed/bert_encoder.h"
#include "tiny_model.h"

/* --- the forward pass again, as slowly and plainly as it can be said -------------------------- */

typedef struct Twin {
    const TensorFile *file;
    double x[TINY_POSITIONS][TINY_HIDDEN];
    size_t rows;
} Twin;

enum { TENSOR_MAX = TINY_INTERMEDIATE * TINY_HIDDEN };

/* The whole tensor, in a buffer that the next call but one takes again. */
static const float *values(const Twin *twin, const char *name) {
    static float buffers[2][TENSOR_MAX];
    static int turn;
    const Tensor *tensor = tensor_file_find(twin->file, str_c(name));
    turn = 1 - turn;
    assert_true(tensor_elements(tensor) <= TENSOR_MAX);
    tensor_read_f32(tensor, 0, (size_t)tensor_elements(tensor), buffers[turn]);
    return buffers[turn];
}

static void twin_norm(Twin *twin, const char *stem) {
    char gain[128];
    char shift[128];
    snprintf(gain, sizeof gain, "%s.weight", stem);
    snprintf(shift, sizeof shift, "%s.bias", stem);
    const float *gains = values(twin, gain);
    const float *shifts = values(twin, shift);
    for (size_t r = 0; r < twin->rows; r++) {
        double mean = 0;
        double variance = 0;
        for (size_t i = 0; i < TINY_HIDDEN; i++)
            mean += twin->x[r][i] / TINY_HIDDEN;
        for (size_t i = 0; i < TINY_HIDDEN; i++)
            variance += pow(twin->x[r][i] - mean, 2) / TINY_HIDDEN;
        for (size_t i = 0; i < TINY_HIDDEN; i++)
            twin->x[r][i] = (twin->x[r][i] - mean) / sqrt(variance + 1e-12) * (double)gains[i] +
                            (double)shifts[i];
    }
}

static void twin_linear(const Twin *twin, unsigned layer, const char *part, const double *x,
                        size_t inputs, size_t outputs, double *y) {
    char weight[128];
    char bias[128];
    snprintf(weight, sizeof weight, "encoder.layer.%u.%s.weight", layer, part);
    snprintf(bias, sizeof bias, "encoder.layer.%u.%s.bias", layer, part);
    const float *w = values(twin, weight);
    const float *b = values(twin, bias);
    for (size_t o = 0; o < outputs; o++) {
        y[o] = (double)b[o];
        for (size_t k = 0; k < inputs; k++)
            y[o] += x[k] * (double)w[o * inputs + k];
    }
}

static void twin_attention(Twin *twin, unsigned layer) {
    static double q[TINY_POSITIONS][TINY_HIDDEN];
    static double k[TINY_POSITIONS][TINY_HIDDEN];
    static double v[TINY_POSITIONS][TINY_HIDDEN];
    enum { HEAD = TINY_HIDDEN / 2 };
    for (size_t r = 0; r < twin->rows; r++) {
        twin_linear(twin, layer, "attention.self.query", twin->x[r], TINY_HIDDEN, TINY_HIDDEN,
                    q[r]);
        twin_linear(twin, layer, "attention.self.key", twin->x[r], TINY_HIDDEN, TINY_HIDDEN, k[r]);
        twin_linear(twin, layer, "attention.self.value", twin->x[r], TINY_HIDDEN, TINY_HIDDEN,
                    v[r]);
    }
    for (size_t r = 0; r < twin->rows; r++) {
        double mixed[TINY_HIDDEN] = {0};
        for (size_t head = 0; head < TINY_HIDDEN; head += HEAD) {
            double weights[TINY_POSITIONS];
            double sum = 0;
            for (size_t s = 0; s < twin->rows; s++) {
                double score = 0;
                for (size_t i = head; i < head + HEAD; i++)
                    score += q[r][i] * k[s][i];
                sum += weights[s] = exp(score / sqrt(HEAD));
            }
            for (size_t s = 0; s < twin->rows; s++)
                for (size_t i = head; i < head + HEAD; i++)
                    mixed[i] += weights[s] / sum * v[s][i];
        }
        double out[TINY_HIDDEN];
        twin_linear(twin, layer, "attention.output.dense", mixed, TINY_HIDDEN, TINY_HIDDEN, out);
        for (size_t i = 0; i < TINY_HIDDEN; i++)
            twin->x[r][i] += out[i];
    }
}

static void twin_forward(Twin *twin, unsigned layer) {
    for (size_t r = 0; r < twin->rows; r++) {
        double wide[TINY_INTERMEDIATE];
        double out[TINY_HIDDEN];
        twin_linear(twin, layer, "intermediate.dense", twin->x[r], TINY_HIDDEN, TINY_INTERMEDIATE,
                    wide);
        for (size_t i = 0; i < TINY_INTERMEDIATE; i++)
            wide[i] = 0.5 * wide[i] * (1 + erf(wide[i] / sqrt(2)));
        twin_linear(twin, layer, "output.dense", wide, TINY_INTERMEDIATE, TINY_HIDDEN, out);
        for (size_t i = 0; i < TINY_HIDDEN; i++)
            twin->x[r][i] += out[i];
    }
}

static void twin_encode(Twin *twin, const uint32_t *ids, size_t rows) {
    static const char *const tables[] = {"embeddings.word_embeddings.weight",
                                         "embeddings.position_embeddings.weight",
                                         "embeddings.token_type_embeddings.weight"};
    twin->rows = rows;
    memset(twin->x, 0, sizeof twin->x);
    for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
        const float *table = values(twin, tables[t]);
        for (size_t r = 0; r < rows; r++) {
            size_t row = t == 0 ? ids[r] : t == 1 ? r : 0;
            for (size_t i = 0; i < TINY_HIDDEN; i++)
                twin->x[r][i] += (double)table[row * TINY_HIDDEN + i];
        }
    }
    twin_norm(twin, "embeddings.LayerNorm");
    for (unsigned layer = 0; layer < 2; layer++) {
        char stem[64];
        twin_attention(twin, layer);
        snprintf(stem, sizeof stem, "encoder.layer.%u.attention.output.LayerNorm", layer);
        twin_norm(twin, stem);
        twin_forward(twin, layer);
        snprintf(stem, sizeof stem, "encoder.layer.%u.output.LayerNorm", layer);
        twin_norm(twin, stem);
    }
}

/* The pooled and normalised answer of the twin. */
static void twin_pool(const Twin *twin, PoolingMode mode, double out[TINY_HIDDEN]) {
    double squares = 0;
    for (size_t i = 0; i < TINY_HIDDEN; i++) {
        out[i] = twin->x[0][i];
        for (size_t r = 1; r < twin->rows; r++) {
            if (mode == POOLING_MEAN)
                out[i] += twin->x[r][i];
            else if (mode == POOLING_MAX)
                out[i] = fmax(out[i], twin->x[r][i]);
        }
        out[i] /= mode == POOLING_MEAN ? (double)twin->rows : 1;
        squares += out[i] * out[i];
    }
    for (size_t i = 0; i < TINY_HIDDEN; i++)
        out[i] /= sqrt(squares);
}

/* --- tests ------------------------------------------------------------------------------------ */

typedef struct Fixture {
    Arena *arena;
    TensorFile *file;
    const EncoderKernels *tables[8];
    size_t table_count;
} Fixture;

static int set_up(void **state) {
    Err err = {0};
    Arena *arena = arena_create();
    Fixture *fixture = ARENA_NEW(arena, Fixture);
    fixture->arena = arena;
    fixture->file = tensor_file_parse(tiny_safetensors(arena, 42), &err);
    fixture->table_count = encoder_kernels_available(fixture->tables, 8);
    *state = fixture;
    return fixture->file == NULL ? -1 : 0;
}

static int tear_down(void **state) {
    Fixture *fixture = *state;
    tensor_file_close(fixture->file);
    arena_destroy(fixture->arena);
    return 0;
}

static void random_ids(Rng *rng, uint32_t *ids, size_t count) {
    for (size_t i = 0; i < count; i++)
        ids[i] = (uint32_t)rng_below(rng, TINY_VOCABULARY);
}

static void equals_the_twin(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    BertShape shape = tiny_shape();
    for (size_t t = 0; t < fixture->table_count; t++) {
        BertModel *model = bert_model_load(fixture->file, &shape, fixture->tables[t], &err);
        assert_non_null(model);
        BertWorkspace *workspace = bert_workspace_create(model, TINY_POSITIONS, &err);
        assert_non_null(workspace);
        Rng rng = rng_seeded(3);
        static const size_t lengths[] = {1, 2, 3, 31, 32, 33, TINY_POSITIONS};
        for (size_t l = 0; l < ARRAY_LEN(lengths); l++) {
            uint32_t ids[TINY_POSITIONS];
            random_ids(&rng, ids, lengths[l]);
            static Twin twin;
            twin.file = fixture->file;
            twin_encode(&twin, ids, lengths[l]);
            for (PoolingMode mode = POOLING_MEAN; mode <= POOLING_MAX; mode++) {
                float vector[TINY_HIDDEN];
                double expected[TINY_HIDDEN];
                size_t starts[] = {0, lengths[l]};
                bert_encode(model, mode, &(TokenBatch){ids, starts, 1}, workspace, vector);
                twin_pool(&twin, mode, expected);
                for (size_t i = 0; i < TINY_HIDDEN; i++)
                    if (!(fabs((double)vector[i] - expected[i]) < 2e-4))
                        fail_msg("%s, %zu tokens, pooling %d: %.9g, not %.9g",
                                 fixture->tables[t]->name, lengths[l], (int)mode, (double)vector[i],
                                 expected[i]);
            }
        }
        bert_workspace_destroy(workspace);
        bert_model_destroy(model);
    }
}

static void company_changes_no_bit(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    BertShape shape = tiny_shape();
    uint64_t seed = 1234;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (size_t t = 0; t < fixture->table_count; t++) {
        BertModel *model = bert_model_load(fixture->file, &shape, fixture->tables[t], &err);
        assert_non_null(model);
        BertWorkspace *workspace = bert_workspace_create(model, 12 * TINY_POSITIONS, &err);
        assert_non_null(workspace);
        Rng rng = rng_seeded(seed);
        for (int round = 0; round < 20; round++) {
            uint32_t ids[12 * TINY_POSITIONS];
            size_t starts[13] = {0};
            size_t count = 1 + rng_below(&rng, 12);
            for (size_t i = 0; i < count; i++)
                starts[i + 1] = starts[i] + 1 + rng_below(&rng, TINY_POSITIONS);
            random_ids(&rng, ids, starts[count]);
            float together[12 * TINY_HIDDEN];
            bert_encode(model, POOLING_MEAN, &(TokenBatch){ids, starts, count}, workspace,
                        together);
            for (size_t i = 0; i < count; i++) {
                float alone[TINY_HIDDEN];
                bert_encode(model, POOLING_MEAN, &(TokenBatch){ids, starts + i, 1}, workspace,
                            alone);
                if (memcmp(alone, together + i * TINY_HIDDEN, sizeof alone) != 0)
                    fail_msg("%s: document %zu of %zu differs", fixture->tables[t]->name, i, count);
            }
        }
        bert_workspace_destroy(workspace);
        bert_model_destroy(model);
    }
}

static void refuses_models_of_another_shape(void **state) {
    Fixture *fixture = *state;
    Err err = {0};
    BertShape shape = tiny_shape();
    shape.layers = 3;
    assert_null(bert_model_load(fixture->file, &shape, fixture->tables[0], &err));
    assert_int_equal(err.kind, FAIL_CORRUPT);
    assert_non_null(strstr(err.message, "encoder.layer.2.attention.self.query.weight"));
    shape = tiny_shape();
    shape.vocabulary++;
    assert_null(bert_model_load(fixture->file, &shape, fixture->tables[0], &err));
    assert_non_null(strstr(err.message, "word_embeddings"));
    shape = tiny_shape();
    shape.intermediate = 128;
    assert_null(bert_model_load(fixture->file, &shape, fixture->tables[0], &err));
    assert_non_null(strstr(err.message, "intermediate.dense.weight"));
}

int suite_test_bert_encoder(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_twin),
        cmocka_unit_test(company_changes_no_bit),
        cmocka_unit_test(refuses_models_of_another_shape),
    };
    return cmocka_run_group_tests_name("bert_encoder", tests, set_up, tear_down);
}
