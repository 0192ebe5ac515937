/* verify_plan.h - inside of verify: which columns are compared, how, and how a row is walked.
 *
 * Columns are matched by name. A row is compared over the columns that both sides have.
 *
 * Ownership: the plan in the arena it was made in.   Threads: one walk at a time a walker. */
#ifndef VERIFY_VERIFY_PLAN_H
#define VERIFY_VERIFY_PLAN_H

#include "base/hash.h"
#include "verify/verify_side.h"
#include "verify/verify_value.h"

enum { VERIFY_SOURCE, VERIFY_DATASET, VERIFY_SIDES };

typedef struct VerifyPlanColumn {
    Str name;
    VerifyType type;
    bool exact_digits;       /* on the source's side */
    bool is_shared;          /* both sides have it */
    size_t at[VERIFY_SIDES]; /* its number on each side, or SIZE_MAX */
} VerifyPlanColumn;

typedef struct VerifyPlan {
    VerifyPlanColumn *columns; /* the dataset's, then those of the source alone */
    size_t column_count;
    const size_t *key; /* columns of the plan, shared; none: rows have no names */
    size_t key_count;
} VerifyPlan;

VerifyPlan verify_plan_make(const Schema *schema, const RowSource *source, Arena *arena);
/* FAIL_UNPROCESSABLE, field "key", when a column is not on both sides. */
MUST_CHECK bool verify_plan_set_key(VerifyPlan *plan, const StrVec *names, Arena *arena, Err *err);

/* One row, while it is walked. Arrays by the plan's columns. */
typedef struct VerifyRow {
    const Hash128 *values; /* of canonical texts; zero for NULL */
    const bool *is_null;
    const VerifyFit *fits;
    Hash128 key;           /* of the key's values; zero without a key */
    Hash128 whole;         /* of all shared values */
    const RowBatch *batch; /* where it is: for its key in words */
    size_t at;
} VerifyRow;

typedef bool (*VerifyRowFn)(void *context, const VerifyRow *row, Err *err);
/* All rows of a side, from the beginning. Counts them into progress. */
MUST_CHECK bool verify_walk(const VerifyPlan *plan, VerifySide *side, int which, Progress *progress,
                            VerifyRowFn fn, void *context, Err *err);
/* "id=7", "a=1, b=x"; values are cut at some 100 bytes. */
void verify_key_text(const VerifyPlan *plan, int which, const VerifyRow *row, StrBuf *out);

#endif
