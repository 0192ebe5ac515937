/* verify_digest.h - inside of verify: a side in a few numbers, whatever the order of its rows.
 *
 * Ownership: in the arena it was made in; its size does not depend on the rows.
 * Threads: one at a time. */
#ifndef VERIFY_VERIFY_DIGEST_H
#define VERIFY_VERIFY_DIGEST_H

#include "verify/verify_plan.h"

enum { VERIFY_BUCKETS = 1 << 16 };

/* Some values, or rows: how many, and the sum of their hashes modulo 2^128. */
typedef struct VerifySum {
    Hash128 sum;
    uint64_t count;
} VerifySum;

typedef struct VerifyDigest {
    VerifySum rows;     /* whole rows, over the shared columns */
    VerifySum *columns; /* by the plan: values that are not NULL */
    uint64_t *misfits;  /* by the plan: texts that are no value of the stored type */
    uint64_t *rounded;  /* by the plan: decimals with more digits than are stored */
    VerifySum *buckets; /* rows by the hash of their key; NULL without a key */
} VerifyDigest;

bool verify_sum_equal(const VerifySum *a, const VerifySum *b);
size_t verify_bucket(Hash128 key);

MUST_CHECK bool verify_digest_make(const VerifyPlan *plan, VerifySide *side, int which,
                                   Progress *progress, Arena *arena, VerifyDigest *out, Err *err);

#endif
