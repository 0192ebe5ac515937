/* vector_contract.h - the cases that every kind of index has to pass.
 *
 * A kind is a name, a way to make an index over a set, and the recall it owes; exact kinds owe 1
 * and have to agree with the naive twin row by row. */
#ifndef TESTS_UNIT_VECTOR_CONTRACT_H
#define TESTS_UNIT_VECTOR_CONTRACT_H

#include "vector/vector_index.h"

typedef struct IndexKind {
    const char *name;
    VectorIndex *(*make)(const VectorSet *set, Err *err);
    bool exact;
    double recall_floor; /* mean over the queries of a case */
} IndexKind;

/* Runs all cases over one kind; fails the running test when one does not hold. */
void contract_run(const IndexKind *kind);

#endif
