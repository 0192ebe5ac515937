/* pii_judge.h - inside of pii: what a column's sample and name together say.
 *
 *     tally every column -> learn what the table is about -> judge every column
 *
 * Threads: values. */
#ifndef PII_PII_JUDGE_H
#define PII_PII_JUDGE_H

#include "pii/pii.h"
#include "pii/pii_name.h"
#include "pii/pii_sample.h"

typedef enum PiiShape {
    PII_SHAPE_NONE, /* a type that holds nothing personal */
    PII_SHAPE_TEXT,
    PII_SHAPE_INTEGER,
    PII_SHAPE_DAYS,
    PII_SHAPE_NUMBER /* by name alone */
} PiiShape;

/* Of the sampled values of one column and one kind. */
typedef struct PiiTally {
    uint32_t solid, weak;
    uint32_t found, refused; /* places in texts: solid, and of the right shape but failed */
    uint32_t holding;        /* values that hold one */
    uint64_t distinct[3];    /* hashes of the first different places */
    uint32_t distinct_count;
} PiiTally;

typedef struct PiiColumn {
    Str name;
    PiiShape shape;
    PiiHint hints[PII_KIND_COUNT];
    bool is_bare; /* the name is a rule's words alone */
    PiiSample sample;
    bool is_raw;   /* the sample holds 8-byte integers (days where the shape is DAYS), not texts */
    uint64_t seen; /* values that are not NULL */
    PiiTally tallies[PII_KIND_COUNT];
    uint64_t length_sum; /* of the sampled texts */
    uint32_t with_digits, without_digits, boolean_like;
    uint64_t given_names; /* one bit, by hash, for each known given name that was met */
} PiiColumn;

void pii_tally(PiiColumn *column);

/* Does the table tell of people, by its name or by columns that hold what only people have? */
typedef struct PiiContext {
    bool by_dataset, by_columns;
} PiiContext;
PiiContext pii_context(Str dataset, const PiiColumn *columns, size_t count);

/* At most PII_KIND_COUNT, best first; returns how many. Names borrow from the column. */
size_t pii_judge(const PiiColumn *column, const PiiContext *context,
                 PiiFinding out[PII_KIND_COUNT]);

#endif
