/* pii_judge.c - from tallies and names to findings.
 *
 * A kind is found by its values when enough of them match, by value and name when the name agrees
 * (then fewer will do, and weak matches count), and suspected by its name alone when the values do
 * not speak against it. Of several kinds that one column might be, those much weaker than the best
 * are dropped, and a suspicion goes when the values say something else.
 *
 * Tested by: test_pii_scan.c; measured by tests/pii/. */
#include <string.h>

#include "pii/pii_judge.h"

enum {
    FREE_TEXT_LENGTH = 60, /* on average */
    LONG_TEXT_LENGTH = 200,
    DISTINCT_PLACES_MIN = 3,
    BARE_HITS_MIN = 3, /* numbers without a name: one that passes a checksum may be chance */
    GIVEN_NAMES_MIN = 4,
    ENUM_VALUES_MAX = 12,
    ENUM_REPEATS_MIN = 10
};

static const double MARGIN = 0.15;          /* below the best kind of a column */
static const double PERSON_SHARE_MIN = 0.1; /* "name" in a table whose columns tell of people */

static double share_of(double count, size_t total) {
    return total == 0 ? 0 : count / (double)total;
}

/* ---- what the table is about ---- */

static bool is_of_people(PiiKind kind) {
    return kind != PII_KIND_IP_ADDRESS && kind != PII_KIND_MAC_ADDRESS && kind != PII_KIND_SECRET &&
           kind != PII_KIND_CRYPTO_WALLET && kind != PII_KIND_ADDRESS &&
           kind != PII_KIND_BANK_ROUTING;
}

static bool tells_of_people(const PiiColumn *column) {
    if (!column->is_bare)
        return false;
    for (size_t kind = 0; kind < PII_KIND_COUNT; kind++)
        if (is_of_people((PiiKind)kind) && column->hints[kind] == PII_HINT_SURE &&
            column->shape != PII_SHAPE_NONE)
            return true;
    return false;
}

PiiContext pii_context(Str dataset, const PiiColumn *columns, size_t count) {
    PiiContext context = {.by_dataset = pii_is_about_people(dataset)};
    for (size_t i = 0; i < count; i++)
        context.by_columns |= tells_of_people(&columns[i]);
    return context;
}

static bool is_named(const PiiColumn *column, PiiKind kind, const PiiContext *context) {
    PiiHint hint = column->hints[kind];
    if (hint != PII_HINT_PERSONAL)
        return hint == PII_HINT_SURE;
    if (context->by_dataset)
        return true;
    if (!context->by_columns)
        return false;
    const PiiTally *tally = &column->tallies[kind];
    return kind != PII_KIND_PERSON ||
           share_of(tally->solid + tally->weak, column->sample.count) >= PERSON_SHARE_MIN;
}

/* ---- one kind ---- */

typedef struct Case {
    const PiiColumn *column;
    PiiKind kind;
    const PiiKindRow *row;
    bool named;
} Case;

static double clamp_score(double score) {
    return score > 1 ? 1 : score;
}

/* A name on one thing in four may be a fashion: people have many. */
static bool has_variety(const Case *this) {
    if (this->kind != PII_KIND_PERSON || this->named)
        return true;
    uint64_t names = this->column->given_names;
    uint32_t solid = this->column->tallies[PII_KIND_PERSON].solid;
    return solid < GIVEN_NAMES_MIN * 2 || __builtin_popcountll(names) >= GIVEN_NAMES_MIN;
}

static bool by_whole_values(const Case *this, PiiFinding *out) {
    const PiiTally *tally = &this->column->tallies[this->kind];
    size_t total = this->column->sample.count;
    uint32_t hits = tally->solid + (this->named ? tally->weak : 0);
    bool bare_number = (this->row->flags & PII_DIGITS) != 0 && !this->named;
    if (hits < (bare_number ? BARE_HITS_MIN : 1) ||
        share_of(hits, total) < (this->named ? this->row->named : this->row->alone) ||
        !has_variety(this))
        return false;
    double mean =
        tally->solid * this->row->solid + (this->named ? tally->weak : 0) * this->row->weak;
    out->score = clamp_score(share_of(mean, total) + (this->named ? PII_NAME_SCORE : 0));
    out->basis = this->named ? PII_BY_BOTH : PII_BY_VALUE;
    out->matched = hits;
    return true;
}

/* Three different places that match, and no more that only look like it: one number in ten passes
 * Luhn by chance. Short texts must hold some as often as whole values would be some. */
static bool inside_texts(const Case *this, PiiFinding *out) {
    const PiiTally *tally = &this->column->tallies[this->kind];
    size_t total = this->column->sample.count;
    bool free_text = this->column->length_sum > (uint64_t)FREE_TEXT_LENGTH * total;
    double share = share_of(tally->holding, total);
    if (tally->distinct_count < DISTINCT_PLACES_MIN || tally->found < tally->refused ||
        (!free_text && share < this->row->alone))
        return false;
    out->score =
        clamp_score(this->row->solid * (0.5 + 0.5 * share) + (this->named ? PII_NAME_SCORE : 0));
    out->basis = this->named ? PII_BY_BOTH : PII_BY_VALUE;
    out->matched = tally->holding;
    out->contained = true;
    return true;
}

static bool values_contradict(const Case *this) {
    const PiiColumn *column = this->column;
    size_t total = column->sample.count;
    if (total == 0)
        return false;
    if (column->boolean_like == total)
        return this->kind != PII_KIND_GENDER;
    bool is_list = total <= ENUM_VALUES_MAX && column->seen > total * ENUM_REPEATS_MIN;
    if (is_list && (this->row->flags & PII_UNIQUE) != 0)
        return true;
    if ((this->row->flags & PII_DIGITS) != 0 && column->with_digits * 2 < total)
        return true;
    if (this->kind == PII_KIND_PERSON && column->without_digits * 2 < total)
        return true;
    return column->length_sum > (uint64_t)LONG_TEXT_LENGTH * total;
}

static bool by_name_alone(const Case *this, PiiFinding *out) {
    PiiShape shape = this->column->shape;
    bool number = (this->row->flags & PII_NUMBERS) != 0 &&
                  (shape == PII_SHAPE_NUMBER || shape == PII_SHAPE_INTEGER);
    if (!this->named || (shape != PII_SHAPE_TEXT && !number))
        return false;
    if (!number && values_contradict(this))
        return false;
    out->score = PII_NAME_SCORE;
    out->basis = PII_BY_NAME;
    out->matched = 0;
    return true;
}

/* ---- one column ---- */

static bool is_better(const PiiFinding *a, const PiiFinding *b) {
    if ((a->score > b->score) != (a->score < b->score))
        return a->score > b->score;
    return a->basis > b->basis;
}

static void insert_sorted(PiiFinding *list, size_t count, const PiiFinding *finding) {
    while (count > 0 && is_better(finding, &list[count - 1])) {
        list[count] = list[count - 1];
        count--;
    }
    list[count] = *finding;
}

/* What the best finding leaves room for. */
static bool stands_beside(const PiiFinding *best, const PiiFinding *other) {
    if (best->basis == PII_BY_NAME || other->contained)
        return true;
    if (other->basis == PII_BY_NAME)
        return best->contained;
    return other->basis == best->basis && other->score > best->score - MARGIN;
}

static size_t drop_outdone(PiiFinding *list, size_t count) {
    size_t kept = count > 0;
    for (size_t i = 1; i < count; i++)
        if (stands_beside(&list[0], &list[i]))
            list[kept++] = list[i];
    return kept;
}

size_t pii_judge(const PiiColumn *column, const PiiContext *context,
                 PiiFinding out[PII_KIND_COUNT]) {
    size_t count = 0;
    if (column->shape == PII_SHAPE_NONE)
        return 0;
    for (size_t kind = 0; kind < PII_KIND_COUNT; kind++) {
        Case this = {column, (PiiKind)kind, &pii_kind_rows[kind],
                     is_named(column, (PiiKind)kind, context)};
        PiiFinding finding = {
            .column = column->name, .kind = str_c(this.row->name), .sampled = column->sample.count};
        if (by_whole_values(&this, &finding) || inside_texts(&this, &finding) ||
            by_name_alone(&this, &finding))
            insert_sorted(out, count++, &finding);
    }
    return drop_outdone(out, count);
}
