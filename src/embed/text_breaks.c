/* text_breaks.c - clusters, words and sentences, in two walks over the text.
 *
 * Words are what lies between white space, except that ideographs, kana and Thai-like scripts have
 * no spaces: between two of their letters any cluster border will do (there is no dictionary).
 *
 * A sentence ends after . ! ? or ... and any closing quotes, where white space follows and then
 * something that is not a lower-case letter; not after a title or abbreviation ("Dr.", "e.g."), nor
 * after an initial ("J. Smith"). Decimals and addresses have no space behind their dots, so they
 * need no rule. The full stops of CJK end a sentence wherever they stand. So does a blank line.
 *
 * Tested by: tests/unit/embed/test_text_breaks.c, fuzz/fuzz_chunker.c. */
#include "embed/text_breaks.h"

#include <string.h>

#include "base/unicode.h"
#include "base/vec.h"

/* Lower case, without the last dot. */
static const char *const abbreviations[] = {
    "mr",  "mrs",  "ms",  "dr",  "prof", "st",  "sr",  "jr",   "rev", "gen", "col",    "capt",
    "lt",  "sgt",  "hon", "no",  "nos",  "vs",  "fig", "figs", "eq",  "sec", "ch",     "vol",
    "pp",  "p",    "ed",  "eds", "al",   "cf",  "ca",  "e.g",  "i.e", "viz", "approx", "dept",
    "est", "inc",  "ltd", "co",  "corp", "jan", "feb", "mar",  "apr", "jun", "jul",    "aug",
    "sep", "sept", "oct", "nov", "dec",  "mt",  "ave", "blvd", "u.s", "u.k",
};
enum { ABBREVIATION_BYTES_MAX = 8 };

static bool has_no_spaces(uint32_t c) {
    return (c >= 0x2E80 && c <= 0x303F) || /* radicals, CJK punctuation */
           (c >= 0x3040 && c <= 0x30FF) || /* kana */
           (c >= 0x31F0 && c <= 0x31FF) || (c >= 0x3400 && c <= 0x9FFF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFF00 && c <= 0xFFEF) ||
           (c >= 0x20000 && c <= 0x3FFFF) || /* ideographs beyond the BMP */
           (c >= 0x0E00 && c <= 0x0EFF) ||   /* Thai, Lao */
           (c >= 0x1000 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF); /* Myanmar, Khmer */
}

static bool is_cjk_stop(uint32_t c) {
    return c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0xFF0E || c == 0xFF61;
}

static bool is_stop(uint32_t c) {
    return c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0x0964 || c == 0x061F ||
           is_cjk_stop(c);
}

static bool is_closing(uint32_t c) {
    return c == '"' || c == '\'' || c == ')' || c == ']' || c == '}' || c == 0x2019 ||
           c == 0x201D || c == 0xBB || c == 0x300D || c == 0x300F || c == 0x3011 || c == 0xFF09;
}

static bool is_opening(uint32_t c) {
    return c == '"' || c == '\'' || c == '(' || c == '[' || c == 0x2018 || c == 0x201C ||
           c == 0xAB || c == 0xBF || c == 0xA1;
}

/* A small letter of a script that has capitals. */
static bool is_small(uint32_t c) {
    bool cased = c < 0x590 || (c >= 0x1E00 && c <= 0x1FFF) || (c >= 0x10A0 && c <= 0x10FF);
    return cased && unicode_class(c) == UNICODE_LETTER && !unicode_is_upper(c);
}

/* --- clusters and words ----------------------------------------------------------------------- */

static void mark_words(uint8_t *marks, size_t at, uint32_t before, uint32_t here) {
    bool space_before = unicode_is_space(before);
    bool space_here = unicode_is_space(here);
    bool free_cut = !space_before && !space_here && (has_no_spaces(before) || has_no_spaces(here));
    if (space_here && !space_before)
        marks[at] |= BREAK_WORD_END;
    if (space_before && !space_here)
        marks[at] |= BREAK_WORD_START;
    if (free_cut) /* but a closing mark or full stop stays with what it closes */
        marks[at] |= is_stop(here) || is_closing(here) || here == 0x3001 || here == 0xFF0C
                         ? 0
                         : BREAK_WORD_START | BREAK_WORD_END;
}

static void mark_clusters(Str text, uint8_t *marks) {
    uint32_t before = '\n';
    int32_t state = 0;
    size_t cluster = 0; /* where the cluster before `at` began */
    size_t length;
    for (size_t at = 0; at < text.length; at += length) {
        uint32_t here = utf8_decode(text, at, &length);
        if (at > 0 && !unicode_grapheme_break(before, here, &state)) {
            if (!unicode_is_space(here)) /* CR LF stays white; space + accent does not */
                marks[cluster] &= (uint8_t)~BREAK_SPACE;
            before = here;
            continue;
        }
        marks[at] |= BREAK_CLUSTER;
        if (unicode_is_space(here))
            marks[at] |= BREAK_SPACE;
        if (at == 0)
            marks[at] |= unicode_is_space(here) ? 0 : BREAK_WORD_START;
        else
            mark_words(marks, at, before, here);
        cluster = at;
        before = here;
    }
    marks[text.length] |= BREAK_CLUSTER | BREAK_WORD_END | BREAK_SENTENCE_END;
}

/* --- sentences -------------------------------------------------------------------------------- */

/* Is the word that ends at `end` (a dot) one after which no sentence ends? */
static bool is_abbreviation(Str text, size_t end) {
    size_t start = end;
    while (start > 0 && end - start <= ABBREVIATION_BYTES_MAX) {
        unsigned char c = (unsigned char)text.data[start - 1];
        if (c <= ' ' || c == '(' || c == '"' || c == '[')
            break;
        start--;
    }
    Str word = str_slice(text, start, end);
    if (word.length == 1 && word.data[0] >= 'A' && word.data[0] <= 'Z')
        return true; /* an initial */
    for (size_t i = 0; i < ARRAY_LEN(abbreviations); i++)
        if (str_eq_nocase(word, str_c(abbreviations[i])))
            return true;
    return false;
}

/* Does the white space from `at` on hold a blank line? *out_next is where it ends. */
static bool skip_space(Str text, size_t at, size_t *out_next) {
    int lines = 0;
    size_t length;
    while (at < text.length) {
        uint32_t c = utf8_decode(text, at, &length);
        if (!unicode_is_space(c))
            break;
        lines += c == '\n' || c == 0x2029;
        at += length;
    }
    *out_next = at;
    return lines > 1;
}

/* May a new sentence begin at `at`? */
static bool can_begin(Str text, size_t at) {
    size_t length;
    for (int i = 0; i < 4 && at < text.length; i++) {
        uint32_t c = utf8_decode(text, at, &length);
        if (!is_opening(c))
            return !is_small(c);
        at += length;
    }
    return true;
}

static void mark_end(uint8_t *marks, size_t at) {
    if ((marks[at] & BREAK_CLUSTER) != 0)
        marks[at] |= BREAK_SENTENCE_END | BREAK_WORD_END;
}

/* The stop at `at` and all stops and closing marks that follow it; returns the place behind. */
static size_t stop_run(Str text, size_t at, bool *out_cjk, bool *out_lone_dot) {
    size_t start = at;
    size_t stops = 0;
    *out_cjk = false;
    while (at < text.length) {
        size_t length;
        uint32_t c = utf8_decode(text, at, &length);
        if (!is_stop(c) && !is_closing(c))
            break;
        stops += is_stop(c);
        *out_cjk |= is_cjk_stop(c);
        at += length;
    }
    *out_lone_dot = stops == 1 && text.data[start] == '.';
    return at;
}

static void mark_sentences(Str text, uint8_t *marks) {
    size_t at = 0;
    while (at < text.length) {
        size_t length;
        uint32_t c = utf8_decode(text, at, &length);
        if (unicode_is_space(c)) {
            size_t start = at;
            if (skip_space(text, start, &at))
                mark_end(marks, start);
            continue;
        }
        if (!is_stop(c)) {
            at += length;
            continue;
        }
        bool cjk;
        bool lone_dot;
        size_t end = stop_run(text, at, &cjk, &lone_dot);
        size_t next;
        bool blank = skip_space(text, end, &next);
        bool spaced = next > end || end == text.length;
        if (cjk || blank ||
            (spaced && can_begin(text, next) && !(lone_dot && is_abbreviation(text, at))))
            mark_end(marks, end);
        at = next;
    }
}

uint8_t *text_breaks(Str text, Arena *arena) {
    uint8_t *marks = ARENA_ARRAY(arena, uint8_t, text.length + 1);
    mark_clusters(text, marks);
    mark_sentences(text, marks);
    return marks;
}
