/* pii_text.c - cutting candidates out of free text.
 *
 * Detectors judge whole values, so the work here is to find where one would begin and end: around
 * an
 * "@", over a run of digits with the marks that group them, from an IBAN's first four characters as
 * far as groups follow, else between blanks and brackets. Each way walks the text once; candidates
 * are short, so the whole is linear.
 *
 * Tested by: test_pii_text.c. */
#include "pii/pii_text.h"

#include <string.h>

enum { CANDIDATE_MIN = 7, RUN_MAX = 40 };

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_word(char c) {
    return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z') || (unsigned char)c >= 0x80;
}

static void offer(Str text, size_t from, size_t to, PiiCandidateFn fn, void *context) {
    PiiValue value = pii_value_make(str_slice(text, from, to));
    fn(context, &value);
}

/* ---- e-mail ---- */

static bool in_local(char c) {
    return is_word(c) || memchr("._%+-'", c, 6) != NULL;
}

/* Not what stands before the host of a URL ("//user@host/") or of a repository
 * ("git@host:path"). */
static void offer_address(Str text, size_t at, PiiCandidateFn fn, void *context) {
    size_t from = at, to = at + 1;
    while (from > 0 && in_local(text.data[from - 1]))
        from--;
    while (from < at && !is_word(text.data[from]))
        from++;
    while (to < text.length && (is_word(text.data[to]) || memchr(".-", text.data[to], 2) != NULL))
        to++;
    bool path = to + 1 < text.length && text.data[to] == ':' && is_word(text.data[to + 1]);
    bool url = from > 0 && text.data[from - 1] == '/';
    while (to > at && !is_word(text.data[to - 1]))
        to--;
    if (from < at && !path && !url)
        offer(text, from, to, fn, context);
}

/* ---- numbers in groups ---- */

static bool in_run(char c) {
    return is_digit(c) || memchr(" ()+./-", c, 7) != NULL;
}

static size_t offer_run(Str text, size_t from, PiiCandidateFn fn, void *context) {
    size_t to = from, digits = 0;
    while (to < text.length && to - from < RUN_MAX && in_run(text.data[to]) &&
           !(text.data[to] == ' ' && to > from && text.data[to - 1] == ' ')) {
        digits += is_digit(text.data[to]);
        to++;
    }
    bool cut = to < text.length && (is_word(text.data[to]) || text.data[to] == ':');
    size_t end = to;
    while (end > from && !is_digit(text.data[end - 1]))
        end--;
    cut &= end == to; /* "12ab", "10:30" */
    if (digits >= CANDIDATE_MIN && !cut && memchr(text.data + from, ' ', end - from) != NULL)
        offer(text, from, end, fn, context);
    return to > from ? to : from + 1;
}

static void offer_runs(Str text, PiiCandidateFn fn, void *context) {
    for (size_t i = 0; i < text.length;) {
        char c = text.data[i];
        bool begins = is_digit(c) || c == '+' || c == '(';
        bool inside = i > 0 && (is_word(text.data[i - 1]) || memchr("-_./#+", text.data[i - 1], 6));
        if (begins && !inside) {
            i = offer_run(text, i, fn, context);
            continue;
        }
        i++;
    }
}

/* ---- words ---- */

static bool is_break(char c) {
    return (unsigned char)c <= ' ' || memchr("<>()[]{}\"'`,;|=", c, 15) != NULL;
}

/* "DE89 3704 0044 ...": every length of groups that follow is offered; at most one has the
 * country's. */
static void offer_groups(Str text, size_t from, PiiCandidateFn fn, void *context) {
    if (from + 8 > text.length || !pii_shape(str_slice(text, from, from + 5), "AAdd "))
        return;
    for (size_t to = from + 5; to < text.length && to - from < RUN_MAX;) {
        size_t group = to;
        while (to < text.length && to - group < 5 && is_word(text.data[to]))
            to++;
        if (to == group || to - group > 4)
            return;
        if (to - from >= 15)
            offer(text, from, to, fn, context);
        if (to >= text.length || text.data[to] != ' ')
            return;
        to++;
    }
}

static void offer_word(Str text, size_t from, size_t to, PiiCandidateFn fn, void *context) {
    offer_groups(text, from, fn, context);
    Str word = str_slice(text, from, to);
    if (str_find(word, STR("://"), 0) != SIZE_MAX)
        return;
    while (from < to && memchr(".:!?*_#/", text.data[from], 8) != NULL)
        from++;
    while (from < to && memchr(".:!?*_#/-", text.data[to - 1], 9) != NULL)
        to--;
    size_t colon = str_find_char(str_slice(text, from, to), ':', 0);
    bool label = colon != SIZE_MAX && colon > 1 &&
                 str_find_char(str_slice(text, from, to), ':', colon + 1) == SIZE_MAX;
    if (label) /* "ssn:123-45-6789" */
        from += colon + 1;
    bool digit = false;
    for (size_t i = from; i < to; i++)
        digit |= is_digit(text.data[i]);
    if (digit && to - from >= CANDIDATE_MIN && to - from <= PII_SHORT_BYTES)
        offer(text, from, to, fn, context);
}

static void offer_words(Str text, PiiCandidateFn fn, void *context) {
    for (size_t i = 0; i < text.length;) {
        size_t from = i;
        while (i < text.length && !is_break(text.data[i]))
            i++;
        if (i > from)
            offer_word(text, from, i, fn, context);
        else
            i++;
    }
}

void pii_text_candidates(Str text, PiiCandidateFn fn, void *context) {
    for (size_t at = str_find_char(text, '@', 0); at != SIZE_MAX;
         at = str_find_char(text, '@', at + 1))
        offer_address(text, at, fn, context);
    offer_runs(text, fn, context);
    offer_words(text, fn, context);
}
