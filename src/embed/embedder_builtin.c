/* embedder_builtin.c - a BERT model in this process, fed through the thread pool.
 *
 * Texts are taken SLAB_TEXTS at a time: first all are cut into tokens, then neighbours are grouped
 * into blocks of tokens that one thread takes through the whole network. Blocks are small enough
 * that every thread gets several, large enough that the weights are not streamed from memory for
 * a handful of rows. How texts are grouped cannot be seen in the vectors (bert_encoder.h).
 *
 * Workspaces are kept between calls, so a query on a warm model allocates nothing of size.
 *
 * Tested by: tests/unit/embed/test_embedder_contract.c, tests/embed_parity/. */
#include <pthread.h>
#include <stdlib.h>

#include "base/metrics.h"
#include "embed/bert_encoder.h"
#include "embed/embedder.h"
#include "embed/model_folder.h"

enum {
    SLAB_TEXTS = 256,
    BLOCK_ROWS_MIN = 64,
    BLOCK_ROWS_MAX = 256,
    BLOCKS_PER_LANE = 4,
    WORKSPACES_KEPT_MAX = 16
};

typedef struct BuiltinEmbedder {
    Embedder base;
    Arena *arena;
    ModelFolder folder;
    BertModel *model;
    ThreadPool *pool;
    pthread_mutex_t mutex; /* protects the two below */
    BertWorkspace *kept[WORKSPACES_KEPT_MAX];
    size_t kept_count;
} BuiltinEmbedder;

/* One slab on its way through: filled by tokenise, cut into blocks, encoded. */
typedef struct Slab {
    BuiltinEmbedder *embedder;
    const EmbedRequest *request;
    size_t first; /* text of the request */
    size_t count;
    Str prefix;
    uint32_t *ids;       /* [count][tokens_max], then packed without gaps */
    size_t *lengths;     /* per text */
    size_t *starts;      /* count + 1, into the packed ids */
    size_t *block_texts; /* block_count + 1 */
    size_t block_count;
    float *vectors;
    bool *truncated;
} Slab;

/* --- workspaces ------------------------------------------------------------------------------- */

static BertWorkspace *workspace_take(BuiltinEmbedder *builtin, Err *err) {
    BertWorkspace *workspace = NULL;
    pthread_mutex_lock(&builtin->mutex);
    if (builtin->kept_count > 0)
        workspace = builtin->kept[--builtin->kept_count];
    pthread_mutex_unlock(&builtin->mutex);
    if (workspace != NULL)
        return workspace;
    uint32_t longest = builtin->folder.config.tokens_max;
    return bert_workspace_create(builtin->model,
                                 longest > BLOCK_ROWS_MAX ? longest : BLOCK_ROWS_MAX, err);
}

static void workspace_give(BuiltinEmbedder *builtin, BertWorkspace *workspace) {
    pthread_mutex_lock(&builtin->mutex);
    if (builtin->kept_count < WORKSPACES_KEPT_MAX) {
        builtin->kept[builtin->kept_count++] = workspace;
        workspace = NULL;
    }
    pthread_mutex_unlock(&builtin->mutex);
    bert_workspace_destroy(workspace);
}

/* --- one slab --------------------------------------------------------------------------------- */

static bool tokenise(void *context, size_t from, size_t to, size_t lane, Err *err) {
    (void)lane;
    (void)err;
    Slab *slab = context;
    const ModelFolder *folder = &slab->embedder->folder;
    size_t limit = folder->config.tokens_max;
    Arena *scratch = arena_create();
    for (size_t i = from; i < to; i++) {
        Str text = slab->request->texts[slab->first + i];
        ArenaMark mark = arena_mark(scratch);
        if (slab->prefix.length > 0) {
            StrBuf prefixed = strbuf_make(scratch);
            strbuf_append(&prefixed, slab->prefix);
            strbuf_append(&prefixed, text);
            text = strbuf_str(&prefixed);
        }
        slab->lengths[i] = tokenizer_encode(folder->tokenizer, text, limit, slab->ids + i * limit,
                                            &slab->truncated[i]);
        arena_rewind(scratch, mark);
    }
    arena_destroy(scratch);
    return true;
}

static void pack_ids(Slab *slab) {
    size_t limit = slab->embedder->folder.config.tokens_max;
    size_t used = 0;
    for (size_t i = 0; i < slab->count; i++) {
        slab->starts[i] = used;
        for (size_t k = 0; k < slab->lengths[i]; k++) /* never ahead of where it reads */
            slab->ids[used++] = slab->ids[i * limit + k];
    }
    slab->starts[slab->count] = used;
}

static void cut_blocks(Slab *slab) {
    size_t total = slab->starts[slab->count];
    size_t rows = total / (pool_lanes(slab->embedder->pool) * BLOCKS_PER_LANE);
    rows = rows < BLOCK_ROWS_MIN ? BLOCK_ROWS_MIN : rows > BLOCK_ROWS_MAX ? BLOCK_ROWS_MAX : rows;
    size_t block_start = 0;
    slab->block_count = 0;
    slab->block_texts[0] = 0;
    for (size_t i = 1; i <= slab->count; i++) {
        if (i < slab->count && slab->starts[i + 1] - block_start <= rows)
            continue;
        slab->block_texts[++slab->block_count] = i;
        block_start = slab->starts[i];
    }
}

static bool encode_blocks(void *context, size_t from, size_t to, size_t lane, Err *err) {
    (void)lane;
    const Slab *slab = context;
    BuiltinEmbedder *builtin = slab->embedder;
    BertWorkspace *workspace = workspace_take(builtin, err);
    if (workspace == NULL)
        return false;
    bool good = true;
    for (size_t b = from; b < to && good; b++) {
        size_t first = slab->block_texts[b];
        size_t count = slab->block_texts[b + 1] - first;
        good = progress_check(slab->request->progress, err);
        if (!good)
            break;
        bert_encode(builtin->model, builtin->folder.config.pooling,
                    &(TokenBatch){slab->ids, slab->starts + first, count}, workspace,
                    slab->vectors + first * builtin->base.info.dimensions);
        progress_add(slab->request->progress, count);
    }
    workspace_give(builtin, workspace);
    return good;
}

static bool run_slab(Slab *slab, Err *err) {
    ThreadPool *pool = slab->embedder->pool;
    if (!parallel_for(pool, slab->count, 16, tokenise, slab, err))
        return false;
    pack_ids(slab);
    cut_blocks(slab);
    metric_add(METRIC_EMBED_TOKENS, slab->starts[slab->count]);
    if (slab->request->tokens != NULL)
        *slab->request->tokens += slab->starts[slab->count];
    return parallel_for(pool, slab->block_count, 1, encode_blocks, slab, err);
}

/* --- the embedder ----------------------------------------------------------------------------- */

static bool builtin_embed(Embedder *embedder, const EmbedRequest *request, float *out_vectors,
                          bool *out_truncated, Err *err) {
    BuiltinEmbedder *builtin = (BuiltinEmbedder *)embedder;
    const ModelConfig *config = &builtin->folder.config;
    size_t slab_max = request->count < SLAB_TEXTS ? request->count : SLAB_TEXTS;
    Arena *arena = arena_create();
    Slab slab = {.embedder = builtin,
                 .request = request,
                 .prefix =
                     request->role == EMBED_QUERY ? config->prefix_query : config->prefix_document,
                 .ids = ARENA_ARRAY(arena, uint32_t, slab_max * config->tokens_max),
                 .lengths = ARENA_ARRAY(arena, size_t, slab_max),
                 .starts = ARENA_ARRAY(arena, size_t, slab_max + 1),
                 .block_texts = ARENA_ARRAY(arena, size_t, slab_max + 1)};
    bool *flags = ARENA_ARRAY(arena, bool, slab_max);
    bool good = true;
    for (size_t first = 0; first < request->count && good; first += slab.count) {
        slab.first = first;
        slab.count = request->count - first < slab_max ? request->count - first : slab_max;
        slab.vectors = out_vectors + first * embedder->info.dimensions;
        slab.truncated = out_truncated == NULL ? flags : out_truncated + first;
        good = run_slab(&slab, err);
    }
    arena_destroy(arena);
    return good;
}

static void builtin_destroy(Embedder *embedder) {
    BuiltinEmbedder *builtin = (BuiltinEmbedder *)embedder;
    for (size_t i = 0; i < builtin->kept_count; i++)
        bert_workspace_destroy(builtin->kept[i]);
    bert_model_destroy(builtin->model);
    model_folder_close(&builtin->folder);
    pthread_mutex_destroy(&builtin->mutex);
    arena_destroy(builtin->arena);
}

static const EmbedderOps builtin_ops = {
    .name = "builtin", .embed = builtin_embed, .destroy = builtin_destroy};

static bool load(BuiltinEmbedder *builtin, const BuiltinConfig *config, Err *err) {
    const EncoderKernels *kernels;
    Str wanted = config->kernels.length == 0 ? STR("auto") : config->kernels;
    if (!encoder_kernels_find(wanted, &kernels, err) ||
        !model_folder_open(config->folder, config->name, builtin->arena, &builtin->folder, err))
        return false;
    builtin->model =
        bert_model_load(builtin->folder.weights, &builtin->folder.config.shape, kernels, err);
    return builtin->model != NULL;
}

Embedder *embedder_builtin_open(const BuiltinConfig *config, Err *err) {
    Arena *arena = arena_create();
    BuiltinEmbedder *builtin = ARENA_NEW(arena, BuiltinEmbedder);
    builtin->arena = arena;
    builtin->pool = config->pool;
    pthread_mutex_init(&builtin->mutex, NULL);
    builtin->base.ops = &builtin_ops;
    if (!load(builtin, config, err)) {
        builtin_destroy(&builtin->base);
        err_wrap(err, "open model '%.*s'", STR_ARG(config->name));
        return NULL;
    }
    const ModelConfig *model = &builtin->folder.config;
    builtin->base.info = (EmbedderInfo){.name = str_dup(arena, config->name),
                                        .version = STR("latest"),
                                        .fingerprint = builtin->folder.fingerprint,
                                        .dimensions = model->shape.hidden,
                                        .tokens_max = model->tokens_max,
                                        .batch_max = 32};
    return &builtin->base;
}
