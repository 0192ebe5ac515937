/* budget.c - one atomic counter that never passes its limit.
 *
 * Taking is compare-and-swap, so that two takers can never both slip under the limit. The gauge
 * METRIC_BUDGET_BYTES is not kept here: tests make many budgets, the process has one, and its
 * owner publishes it (budget_used).
 *
 * Tested by: tests/unit/base/test_budget.c (also under the thread sanitizer). */
#include "base/budget.h"

#include "base/metrics.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct Budget {
    uint64_t limit_bytes;
    _Atomic uint64_t used_bytes;
};

Budget *budget_create(uint64_t limit_bytes) {
    Budget *budget = calloc(1, sizeof *budget);
    if (budget == NULL) {
        fprintf(stderr, "lakehouse: out of memory\n");
        abort();
    }
    budget->limit_bytes = limit_bytes;
    return budget;
}

void budget_destroy(Budget *budget) {
    free(budget);
}

bool budget_take(Budget *budget, uint64_t bytes, const char *what, Err *err) {
    if (budget == NULL)
        return true;
    uint64_t used = atomic_load_explicit(&budget->used_bytes, memory_order_relaxed);
    do {
        uint64_t free_bytes = budget->limit_bytes - used;
        if (bytes > free_bytes) {
            err_fail(err, FAIL_NO_MEMORY,
                     "%s needs %llu bytes of memory, %llu of the budget of %llu are free", what,
                     (unsigned long long)bytes, (unsigned long long)free_bytes,
                     (unsigned long long)budget->limit_bytes);
            return err_hint(err, "try again later, ask for less, or raise memory.budget");
        }
    } while (!atomic_compare_exchange_weak_explicit(&budget->used_bytes, &used, used + bytes,
                                                    memory_order_relaxed, memory_order_relaxed));
    metric_set(METRIC_BUDGET_BYTES, (int64_t)(used + bytes));
    return true;
}

void budget_give(Budget *budget, uint64_t bytes) {
    if (budget == NULL)
        return;
    uint64_t before = atomic_fetch_sub_explicit(&budget->used_bytes, bytes, memory_order_relaxed);
    assert(before >= bytes); /* giving more than was taken would lift the limit for everybody */
    metric_set(METRIC_BUDGET_BYTES, (int64_t)(before - bytes));
}

typedef struct BudgetHold {
    Budget *budget;
    uint64_t bytes;
} BudgetHold;

static void give_held(void *handle) {
    BudgetHold *hold = handle;
    budget_give(hold->budget, hold->bytes);
}

bool budget_hold(Budget *budget, uint64_t bytes, const char *what, Arena *arena, Err *err) {
    if (!budget_take(budget, bytes, what, err))
        return false;
    if (budget != NULL) {
        BudgetHold *hold = ARENA_NEW(arena, BudgetHold);
        *hold = (BudgetHold){budget, bytes};
        arena_defer(arena, give_held, hold);
    }
    return true;
}

uint64_t budget_used(const Budget *budget) {
    return budget == NULL ? 0 : atomic_load_explicit(&budget->used_bytes, memory_order_relaxed);
}

uint64_t budget_limit(const Budget *budget) {
    return budget == NULL ? UINT64_MAX : budget->limit_bytes;
}
