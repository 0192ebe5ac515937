/* tokenizer.h - text to token ids, as the "fast" BERT tokenizers of Hugging Face do it.
 *
 * Ids are equal to theirs for every text, with two intended limits: special tokens must be plain
 * ones (no stripping of neighbours, no whole-word matching), and the model must be WordPiece.
 * Special tokens written out in a text ("[SEP]") become their ids, as they do there.
 *
 * Ownership: a tokenizer owns its tables.   Threads: encode from any. */
#ifndef EMBED_TOKENIZER_H
#define EMBED_TOKENIZER_H

#include "base/err.h"
#include "base/str.h"

typedef struct Tokenizer Tokenizer;

/* Where a tokenizer is read from: tokenizer.json says everything; without it vocab.txt and the
 * three switches (from tokenizer_config.json) do. */
typedef struct TokenizerTexts {
    Str tokenizer_json; /* empty when absent */
    Str vocab_txt;
    bool lowercase;
    bool strip_accents;
    bool split_cjk;
} TokenizerTexts;

/* FAIL_CORRUPT when malformed; FAIL_UNSUPPORTED naming the part that is not BERT's. */
Tokenizer *tokenizer_parse(const TokenizerTexts *texts, Err *err);
void tokenizer_destroy(Tokenizer *tokenizer); /* NULL is fine */

uint32_t tokenizer_vocabulary_size(const Tokenizer *tokenizer); /* highest id + 1 */

/* Writes [CLS] .. [SEP], at most `limit` ids (>= 2), and says whether anything was left out. Stops
 * reading the text where the limit is reached. Bytes that are not UTF-8 count as U+FFFD. */
size_t tokenizer_encode(const Tokenizer *tokenizer, Str text, size_t limit, uint32_t *out_ids,
                        bool *out_truncated);

#endif
