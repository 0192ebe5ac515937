/* verify_digest.c - sums of hashes: the same for the same rows in any order.
 *
 * Why a sum modulo 2^128 and not an exclusive or: under xor a row that comes twice cancels itself,
 * so a side that lost a pair of equal rows, or holds one pair more, would pass. A sum counts every
 * copy. The hash is XXH3-128 over canonical texts: nobody is expected to forge rows against it, and
 * by accident two sums of different values agree once in 2^128.
 *
 * NULLs have no hash and are counted apart. Rows are summed a second time by buckets of their key's
 * hash: two sides that differ in few rows differ in few buckets, and only those are looked at when
 * rows are to be named (verify_diff.c).
 *
 * Tested by: test_verify.c. */
#include "verify/verify_digest.h"

static void sum_add(VerifySum *sum, Hash128 value) {
    sum->count++;
    sum->sum.low += value.low;
    sum->sum.high += value.high + (sum->sum.low < value.low ? 1 : 0);
}

bool verify_sum_equal(const VerifySum *a, const VerifySum *b) {
    return a->count == b->count && a->sum.low == b->sum.low && a->sum.high == b->sum.high;
}

size_t verify_bucket(Hash128 key) {
    return (size_t)(key.low % VERIFY_BUCKETS);
}

typedef struct Digesting {
    const VerifyPlan *plan;
    VerifyDigest *out;
} Digesting;

static bool add_row(void *context, const VerifyRow *row, Err *err) {
    (void)err;
    const Digesting *digesting = context;
    VerifyDigest *out = digesting->out;
    for (size_t i = 0; i < digesting->plan->column_count; i++) {
        if (row->is_null[i])
            continue;
        sum_add(&out->columns[i], row->values[i]);
        out->misfits[i] += row->fits[i] == VERIFY_NO_VALUE;
        out->rounded[i] += row->fits[i] == VERIFY_ROUNDED;
    }
    sum_add(&out->rows, row->whole);
    if (out->buckets != NULL)
        sum_add(&out->buckets[verify_bucket(row->key)], row->whole);
    return true;
}

bool verify_digest_make(const VerifyPlan *plan, VerifySide *side, int which, Progress *progress,
                        Arena *arena, VerifyDigest *out, Err *err) {
    VerifyDigest digest = {
        .columns = ARENA_ARRAY(arena, VerifySum, plan->column_count),
        .misfits = ARENA_ARRAY(arena, uint64_t, plan->column_count),
        .rounded = ARENA_ARRAY(arena, uint64_t, plan->column_count),
        .buckets = plan->key_count > 0 ? ARENA_ARRAY(arena, VerifySum, VERIFY_BUCKETS) : NULL};
    Digesting digesting = {plan, &digest};
    if (!verify_walk(plan, side, which, progress, add_row, &digesting, err))
        return false;
    *out = digest;
    return true;
}
