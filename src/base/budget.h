/* budget.h - one limit for all memory that input decides the size of.
 *
 * budget_take refuses (FAIL_NO_MEMORY, naming what asked and how much is free) instead of letting
 * the kernel kill the process. budget_hold ties what it took to an arena's end.
 *
 * Threads: any. A NULL budget never refuses. */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

typedef struct Budget Budget;

Budget *budget_create(uint64_t limit_bytes);
void budget_destroy(Budget *budget);
MUST_CHECK bool budget_take(Budget *budget, uint64_t bytes, const char *what, Err *err);
void budget_give(Budget *budget, uint64_t bytes);
MUST_CHECK bool budget_hold(Budget *budget, uint64_t bytes, const char *what, Arena *arena,
                            Err *err);
uint64_t budget_used(const Budget *budget);
uint64_t budget_limit(const Budget *budget);

#endif
