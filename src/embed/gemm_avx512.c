/* gemm_avx512.c - the kernels with AVX-512: 12 x 32 tiles, 24 of the 32 registers are sums.
 *
 * Tested by: tests/unit/embed/test_encoder_kernels.c. */
#if defined(__x86_64__)
#include <immintrin.h>

#define VEC_BYTES     64
#define TILE_ROWS     12
#define TILE_VECS     2
#define VEC_MAX(a, b) _mm512_max_ps((a), (b))
#define VEC_MIN(a, b) _mm512_min_ps((a), (b))
#include "embed/encoder_kernels_body.h"

const EncoderKernels encoder_kernels_avx512 = KERNELS("avx512", sizeof(float));
#else
typedef int gemm_avx512_is_empty; /* ISO C wants a declaration */
#endif
