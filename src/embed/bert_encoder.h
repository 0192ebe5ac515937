/* bert_encoder.h - token ids in, one unit vector per document out: the whole forward pass.
 *
 * Documents lie one behind the other without padding, and attention looks only inside each, so a
 * document's vector is the same, bit for bit, whatever is encoded beside it.
 *
 * Ownership: the workspace is the caller's; one thread uses it at a time.
 * Threads: any number may encode with one model, each with its own workspace. */
#ifndef EMBED_BERT_ENCODER_H
#define EMBED_BERT_ENCODER_H

#include "embed/bert_model.h"

typedef struct TokenBatch {
    const uint32_t *ids;  /* below shape.vocabulary */
    const size_t *starts; /* count + 1 places in ids; each document holds 1 .. positions ids */
    size_t count;
} TokenBatch;

typedef struct BertWorkspace BertWorkspace;

/* Room for batches of up to rows_max tokens. NULL with FAIL_NO_MEMORY. */
BertWorkspace *bert_workspace_create(const BertModel *model, size_t rows_max, Err *err);
void bert_workspace_destroy(BertWorkspace *workspace); /* NULL is fine */

/* out_vectors: count * hidden floats. The batch holds at most rows_max tokens. */
void bert_encode(const BertModel *model, PoolingMode pooling, const TokenBatch *batch,
                 BertWorkspace *workspace, float *out_vectors);

#endif
