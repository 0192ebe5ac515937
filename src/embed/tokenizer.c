/* tokenizer.c - clean, split and cut words into pieces, in one pass over the text.
 *
 * The reference (BertNormalizer, BertPreTokenizer, WordPiece) builds a normalised copy of the whole
 * text and then works on that. Here each code point runs through the same steps on its own,
 *
 *     special token?  ->  clean  ->  space?  ->  CJK  ->  decompose, drop accents  ->  lower case
 *                     ->  punctuation?  ->  the word so far
 *
 * and a word is cut into pieces when it ends; so a long text costs no memory and reading stops at
 * the token limit. The steps may be taken one code point at a time because none but canonical
 * reordering looks at its neighbours, and the marks it moves are dropped or end up in [UNK].
 *
 * Lower case is per code point, as in the reference: a final capital sigma becomes an inner one.
 *
 * Tested by: tests/unit/embed/test_tokenizer.c; tests/embed_parity/ compares with the reference. */
#include "embed/tokenizer.h"

#include <assert.h>
#include <string.h>

#include "base/unicode.h"
#include "embed/tokenizer_tables.h"
#include "embed/wordpiece_classes.h"

typedef struct Encoding {
    const Tokenizer *tokenizer;
    uint32_t *ids;
    size_t count;
    size_t room; /* [SEP] has its place kept */
    bool truncated;
    size_t word_points;
    size_t word_bytes;
    char word[WORD_POINTS_MAX * 4];
} Encoding;

static void push(Encoding *encoding, uint32_t id) {
    if (encoding->count == encoding->room)
        encoding->truncated = true;
    else
        encoding->ids[encoding->count++] = id;
}

/* Longest pieces first, all or nothing: a word with a hole is one [UNK]. */
static size_t cut_word(const Encoding *encoding, uint32_t *out_pieces) {
    const Tokenizer *tokenizer = encoding->tokenizer;
    size_t count = 0;
    if (encoding->word_points <= tokenizer->word_points_max) {
        for (size_t at = 0; at < encoding->word_bytes;) {
            Str rest = {encoding->word + at, encoding->word_bytes - at};
            size_t length =
                vocabulary_longest(&tokenizer->vocabulary, rest, at > 0, &out_pieces[count]);
            if (length == 0) {
                count = 0;
                break;
            }
            count++;
            at += length;
        }
    }
    if (count == 0)
        out_pieces[count++] = tokenizer->unknown;
    return count;
}

static void end_word(Encoding *encoding) {
    if (encoding->word_points == 0)
        return;
    uint32_t pieces[WORD_POINTS_MAX]; /* a piece holds at least one code point */
    size_t count = cut_word(encoding, pieces);
    for (size_t i = 0; i < count; i++)
        push(encoding, pieces[i]);
    encoding->word_points = encoding->word_bytes = 0;
}

static void add_to_word(Encoding *encoding, uint32_t code_point) {
    if (encoding->word_points < WORD_POINTS_MAX)
        encoding->word_bytes += utf8_encode(code_point, encoding->word + encoding->word_bytes);
    encoding->word_points++;
}

/* A code point that is through with normalisation. */
static void take_normal(Encoding *encoding, uint32_t c) {
    if (c < 0x80 ? c == ' ' || (c >= '\t' && c <= '\r') : unicode_is_space(c)) {
        end_word(encoding);
        return;
    }
    bool alone = wordpiece_is_punctuation(c);
    if (alone)
        end_word(encoding);
    add_to_word(encoding, c);
    if (alone)
        end_word(encoding);
}

static void take_cased(Encoding *encoding, uint32_t c) {
    if (!encoding->tokenizer->lowercase) {
        take_normal(encoding, c);
    } else if (c < 0x80) {
        take_normal(encoding, c >= 'A' && c <= 'Z' ? c + 32 : c);
    } else if (c == 0x130) { /* the one capital whose lower case is two code points */
        take_normal(encoding, 'i');
        take_normal(encoding, 0x307);
    } else {
        take_normal(encoding, unicode_lower(c));
    }
}

static void take_accented(Encoding *encoding, uint32_t c) {
    if (c < 0x80 || !encoding->tokenizer->strip_accents) {
        take_cased(encoding, c);
        return;
    }
    uint32_t parts[8];
    size_t count = unicode_decompose(c, parts);
    for (size_t i = 0; i < count; i++)
        if (!wordpiece_is_accent(parts[i]))
            take_cased(encoding, parts[i]);
}

static bool is_cjk(uint32_t c) {
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
           (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
           (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

static void take_raw(Encoding *encoding, uint32_t c) {
    const Tokenizer *tokenizer = encoding->tokenizer;
    if (tokenizer->clean && wordpiece_is_dropped(c))
        return;
    bool alone = c >= 0x80 && tokenizer->split_cjk && is_cjk(c);
    if (alone)
        end_word(encoding);
    take_accented(encoding, c);
    if (alone)
        end_word(encoding);
}

static const SpecialToken *special_at(const Tokenizer *tokenizer, Str text, size_t at) {
    if (!tokenizer->special_starts[(unsigned char)text.data[at]])
        return NULL;
    for (size_t i = 0; i < tokenizer->special_count; i++) {
        const SpecialToken *special = &tokenizer->specials[i];
        if (special->text.length <= text.length - at &&
            memcmp(text.data + at, special->text.data, special->text.length) == 0)
            return special;
    }
    return NULL;
}

size_t tokenizer_encode(const Tokenizer *tokenizer, Str text, size_t limit, uint32_t *out_ids,
                        bool *out_truncated) {
    assert(limit >= 2);
    Encoding encoding;
    encoding.tokenizer = tokenizer;
    encoding.ids = out_ids;
    encoding.count = 0;
    encoding.room = limit - 1;
    encoding.truncated = false;
    encoding.word_points = encoding.word_bytes = 0;
    push(&encoding, tokenizer->first);
    for (size_t at = 0; at < text.length && !encoding.truncated;) {
        const SpecialToken *special = special_at(tokenizer, text, at);
        size_t length;
        if (special != NULL) {
            end_word(&encoding);
            push(&encoding, special->id);
            length = special->text.length;
        } else {
            take_raw(&encoding, utf8_decode(text, at, &length));
        }
        at += length;
    }
    end_word(&encoding);
    out_ids[encoding.count++] = tokenizer->last;
    *out_truncated = encoding.truncated;
    return encoding.count;
}
