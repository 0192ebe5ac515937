/* kernels.c - which table of distance functions this process uses.
 *
 * The best table that the processor (and the operating system: AVX-512 needs its registers saved)
 * can run is chosen at the first use; kernels_force names another. The choice is one pointer to a
 * constant table, and two threads that choose at the same time choose the same.
 *
 * Tested by: test_kernels.c. */
#include "vector/kernels.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "vector/kernels/kernel_tables.h"

typedef struct Candidate {
    const Kernels *table;
    bool (*runs_here)(void);
} Candidate;

static bool runs_always(void) {
    return true;
}

#if defined(VECTOR_KERNELS_X86)
static bool runs_avx512(void) {
    return __builtin_cpu_supports("avx512f") != 0;
}

static bool runs_avx2(void) {
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}
#endif

/* Best first. */
static const Candidate candidates[] = {
#if defined(VECTOR_KERNELS_X86)
    {&kernels_avx512, runs_avx512},
    {&kernels_avx2, runs_avx2},
#elif defined(VECTOR_KERNELS_NEON)
    {&kernels_neon, runs_always},
#endif
    {&kernels_scalar, runs_always},
};

enum { CANDIDATE_COUNT = sizeof candidates / sizeof *candidates };

static _Atomic(const Kernels *) chosen;

static const Kernels *best_here(void) {
    size_t i = 0;
    while (!candidates[i].runs_here()) /* the last one always does */
        i++;
    return candidates[i].table;
}

const Kernels *kernels_get(void) {
    const Kernels *table = atomic_load_explicit(&chosen, memory_order_acquire);
    if (table == NULL) {
        table = best_here();
        atomic_store_explicit(&chosen, table, memory_order_release);
    }
    return table;
}

bool kernels_force(Str name, Err *err) {
    if (str_eq_c(name, "auto")) {
        atomic_store_explicit(&chosen, best_here(), memory_order_release);
        return true;
    }
    for (size_t i = 0; i < CANDIDATE_COUNT; i++) {
        if (!str_eq_c(name, candidates[i].table->name))
            continue;
        if (!candidates[i].runs_here())
            return err_fail(err, FAIL_UNSUPPORTED, "this processor cannot run the %s kernels",
                            candidates[i].table->name);
        atomic_store_explicit(&chosen, candidates[i].table, memory_order_release);
        return true;
    }
    (void)err_fail(err, FAIL_UNSUPPORTED, "no kernels '%.*s' in this build", STR_ARG(name));
    return err_hint(err, "use auto, or one of avx512, avx2, neon, scalar");
}

size_t kernels_available(const Kernels **out, size_t capacity) {
    size_t count = 0;
    for (size_t i = 0; i < CANDIDATE_COUNT && count < capacity; i++)
        if (candidates[i].runs_here())
            out[count++] = candidates[i].table;
    return count;
}
