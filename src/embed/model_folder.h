/* model_folder.h - a sentence model as it lies on disk, read and checked in one go.
 *
 * Ownership: model_folder_close ends everything it opened; strings of `config` are the arena's.
 * Threads: read-only once open. */
#ifndef EMBED_MODEL_FOLDER_H
#define EMBED_MODEL_FOLDER_H

#include "embed/model_config.h"
#include "embed/safetensors.h"
#include "embed/tokenizer.h"

typedef struct ModelFolder {
    ModelConfig config;
    Tokenizer *tokenizer;
    TensorFile *weights;
    Str fingerprint; /* of everything that decides a vector */
} ModelFolder;

/* Messages name the file inside the folder, never the folder. */
MUST_CHECK bool model_folder_open(Str folder, Str name, Arena *arena, ModelFolder *out, Err *err);
void model_folder_close(ModelFolder *folder);

#endif
