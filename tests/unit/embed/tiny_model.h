/* tiny_model.h - a random BERT of two small layers, as bytes or as a folder; for tests.
 *
 * hidden 64, 2 heads, 2 layers, intermediate 96, 48 positions, a vocabulary of TINY_VOCABULARY
 * pieces: the special five, the letters a to z, "##a" to "##z", and a few words. */
#ifndef TESTS_TINY_MODEL_H
#define TESTS_TINY_MODEL_H

#include "base/str.h"
#include "embed/bert_model.h"

enum { TINY_HIDDEN = 64, TINY_INTERMEDIATE = 96, TINY_POSITIONS = 48, TINY_VOCABULARY = 62 };

BertShape tiny_shape(void);
Str tiny_vocab_txt(Arena *arena);
Str tiny_safetensors(Arena *arena, uint64_t seed);
/* A safetensors file of this header and data. */
Str tiny_file(Arena *arena, Str header, Str data);
/* A new temporary folder with all files; removed when the arena ends. */
const char *tiny_folder(Arena *arena, uint64_t seed);
/* Replaces one file of the folder. */
void tiny_write(const char *folder, const char *file, Str bytes);

#endif
