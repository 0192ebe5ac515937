/* verify_diff.h - inside of verify: which rows are it that differ?
 *
 * Ownership: the caller's arena; what is kept of rows meanwhile is bounded (64 MiB) and taken from
 * the budget.   Threads: one at a time. */
#ifndef VERIFY_VERIFY_DIFF_H
#define VERIFY_VERIFY_DIFF_H

#include "verify/verify.h"
#include "verify/verify_digest.h"

typedef struct VerifyDiffRequest {
    const VerifyPlan *plan; /* with a key */
    VerifySide *const *sides;
    const VerifyDigest *digests; /* of both sides */
    size_t differences_max;
    Budget *budget;
    Progress *progress;
} VerifyDiffRequest;

/* Reads both sides once more. Adds what it could not do to `notes`. */
MUST_CHECK bool verify_diff(const VerifyDiffRequest *request, Arena *arena, VerifyDifference **out,
                            size_t *out_count, StrVec *notes, Err *err);

#endif
