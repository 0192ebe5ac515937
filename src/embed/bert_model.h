/* bert_model.h - the weights of a BERT encoder, checked against its shape and packed for a kernel.
 *
 * Tensor names are Hugging Face's, with or without "bert." in front, LayerNorm parameters also
 * under their old names gamma and beta. A tensor that is missing or of another shape is refused by
 * name; the pooler and position_ids are not used and may be absent.
 *
 * Ownership: the model keeps the tensor file for the word table, which is read where it lies, and
 * owns the packed rest.   Threads: read-only once loaded. */
#ifndef EMBED_BERT_MODEL_H
#define EMBED_BERT_MODEL_H

#include "embed/encoder_kernels.h"
#include "embed/model_config.h"
#include "embed/safetensors.h"

typedef struct LayerNorm {
    float *gain;
    float *shift;
} LayerNorm;

typedef struct BertLayer {
    Linear query_key_value; /* the three stacked: one product instead of three */
    Linear attention_out;
    LayerNorm attention_norm;
    Linear up; /* followed by GELU */
    Linear down;
    LayerNorm out_norm;
} BertLayer;

typedef struct BertModel {
    BertShape shape;
    const EncoderKernels *kernels;
    const Tensor *words;
    float *positions; /* [positions][hidden], token type 0 added in */
    LayerNorm embedding_norm;
    BertLayer layers[64];
    void *memory; /* one block for everything above */
    size_t memory_bytes;
} BertModel;

/* `file` must outlive the model. Shape limits are model_config's. */
BertModel *bert_model_load(const TensorFile *file, const BertShape *shape,
                           const EncoderKernels *kernels, Err *err);
void bert_model_destroy(BertModel *model); /* NULL is fine */

#endif
