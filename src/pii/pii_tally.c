/* pii_tally.c - counting, for each kind, how many of a column's sampled values are or hold one.
 *
 * Integers are looked at as printed; days by whether somebody alive can have been born on them.
 * Texts are tried whole, and then, where they are longer than one word, piece by piece.
 *
 * Tested by: test_pii_scan.c. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pii/pii_judge.h"
#include "pii/pii_text.h"

static void count_match(PiiTally *tally, PiiMatch match) {
    tally->solid += match == PII_SOLID;
    tally->weak += match == PII_WEAK;
}

/* Kinds without any chance in this shape are not tried. */
static bool is_tried(const PiiKindRow *row, PiiShape shape) {
    if (row->detect == NULL)
        return false;
    return shape == PII_SHAPE_TEXT || (shape == PII_SHAPE_INTEGER && (row->flags & PII_INTEGERS));
}

static void tally_whole(PiiColumn *column, const PiiValue *value) {
    if (!value->is_short && !str_starts(value->text, STR("-----BEGIN ")) &&
        !str_starts(value->text, STR("eyJ")))
        return;
    for (size_t kind = 0; kind < PII_KIND_COUNT; kind++) {
        const PiiKindRow *row = &pii_kind_rows[kind];
        if (!is_tried(row, column->shape) || (!value->is_short && kind != PII_KIND_SECRET))
            continue;
        /* Where the name is silent, weak matches and kinds that need the name count for nothing. */
        if (row->alone > 1 && column->hints[kind] == PII_HINT_NONE)
            continue;
        PiiMatch match = row->detect(value);
        count_match(&column->tallies[kind], match);
        if (kind == PII_KIND_PERSON && match == PII_SOLID)
            column->given_names |= 1ull << (pii_person_given_name(value) >> 1 & 63);
    }
}

/* ---- texts ---- */

typedef struct Holding {
    PiiColumn *column;
    bool holds[PII_KIND_COUNT];
} Holding;

static void note_place(PiiTally *tally, Str place) {
    uint64_t hash = hash64_seeded(place, PII_SAMPLE_SEED);
    for (uint32_t i = 0; i < tally->distinct_count; i++)
        if (tally->distinct[i] == hash)
            return;
    if (tally->distinct_count < sizeof tally->distinct / sizeof *tally->distinct)
        tally->distinct[tally->distinct_count++] = hash;
}

static void try_candidate(void *context, const PiiValue *candidate) {
    Holding *holding = context;
    for (size_t kind = 0; kind < PII_KIND_COUNT; kind++) {
        const PiiKindRow *row = &pii_kind_rows[kind];
        if ((row->flags & PII_IN_TEXT) == 0)
            continue;
        PiiTally *tally = &holding->column->tallies[kind];
        PiiMatch match = row->detect(candidate);
        tally->refused += match == PII_FAILED;
        if (match != PII_SOLID)
            continue;
        tally->found++;
        holding->holds[kind] = true;
        note_place(tally, candidate->text);
    }
}

static bool has_pieces(const PiiValue *value) {
    return !value->is_short || (value->marks & (MARK_SPACE | MARK_COLON | MARK_COMMA | MARK_OTHER));
}

static void tally_pieces(PiiColumn *column, const PiiValue *value) {
    Holding holding = {.column = column};
    pii_text_candidates(value->text, try_candidate, &holding);
    for (size_t kind = 0; kind < PII_KIND_COUNT; kind++)
        column->tallies[kind].holding += holding.holds[kind];
}

/* ---- values ---- */

static bool is_boolean_like(Str text) {
    static const char *const words[] = {"true", "false", "yes", "no", "y",  "n",
                                        "t",    "f",     "0",   "1",  "on", "off"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_nocase(text, str_c(words[i])))
            return true;
    return false;
}

static void tally_text(PiiColumn *column, Str text) {
    PiiValue value = pii_value_make(text);
    column->length_sum += value.text.length;
    bool digits = value.digit_count >= 4 || (value.marks & MARK_STAR) != 0;
    column->with_digits += digits;
    column->without_digits += value.is_short && value.digit_count == 0;
    column->boolean_like += is_boolean_like(value.text);
    if (value.text.length == 0)
        return;
    tally_whole(column, &value);
    if (column->shape == PII_SHAPE_TEXT && has_pieces(&value))
        tally_pieces(column, &value);
}

static void tally_integer(PiiColumn *column, int64_t number) {
    if (column->shape == PII_SHAPE_DAYS) {
        count_match(&column->tallies[PII_KIND_DATE_OF_BIRTH], pii_birth_of_days(number));
        return;
    }
    char printed[24];
    int length = snprintf(printed, sizeof printed, "%" PRId64, number);
    tally_text(column, str_make(printed, (size_t)length));
}

void pii_tally(PiiColumn *column) {
    pii_sample_prune(&column->sample);
    for (size_t i = 0; i < column->sample.count; i++) {
        Str value = pii_sample_value(&column->sample, i);
        int64_t number;
        if (!column->is_raw) {
            tally_text(column, value);
            continue;
        }
        memcpy(&number, value.data, sizeof number);
        tally_integer(column, number);
    }
}
