/* encoder_kernels.c - ask the processor once which of the tables it can run.
 *
 * Tested by: tests/unit/embed/test_encoder_kernels.c. */
#include "embed/encoder_kernels.h"

#include "base/vec.h"
#include "embed/encoder_kernels_sets.h"

typedef struct Candidate {
    const EncoderKernels *kernels;
    bool (*runs_here)(void);
} Candidate;

static bool always(void) {
    return true;
}

#if defined(__x86_64__)
static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void) {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

static bool has_avx512vnni(void) {
    return has_avx512() && __builtin_cpu_supports("avx512vnni");
}
#endif

static const Candidate candidates[] = {
#if defined(__x86_64__)
    {&encoder_kernels_avx512vnni, has_avx512vnni},
    {&encoder_kernels_avx512, has_avx512},
    {&encoder_kernels_avx2, has_avx2},
#endif
    {&encoder_kernels_scalar, always},
};

size_t encoder_kernels_available(const EncoderKernels **out, size_t capacity) {
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(candidates) && count < capacity; i++)
        if (candidates[i].runs_here())
            out[count++] = candidates[i].kernels;
    return count;
}

const EncoderKernels *encoder_kernels_best(void) {
    const EncoderKernels *best = NULL;
    (void)encoder_kernels_available(&best, 1); /* there is always one */
    return best;
}

bool encoder_kernels_find(Str name, const EncoderKernels **out, Err *err) {
    const EncoderKernels *available[ARRAY_LEN(candidates)];
    size_t count = encoder_kernels_available(available, ARRAY_LEN(candidates));
    for (size_t i = 0; i < count; i++) {
        if (str_eq_c(name, "auto") || str_eq_c(name, available[i]->name)) {
            *out = available[i];
            return true;
        }
    }
    err_fail(err, FAIL_UNSUPPORTED, "this machine cannot run the encoder kernels '%.*s'",
             STR_ARG(utf8_clip(name, 40)));
    return err_hint(err, "the best of this machine is '%s'", available[0]->name);
}
