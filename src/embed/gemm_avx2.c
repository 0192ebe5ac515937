/* gemm_avx2.c - the kernels with AVX2 and FMA: 6 x 16 tiles, 12 of the 16 registers are sums.
 *
 * Tested by: tests/unit/embed/test_encoder_kernels.c. */
#if defined(__x86_64__)
#include <immintrin.h>

#define VEC_BYTES     32
#define TILE_ROWS     6
#define TILE_VECS     2
#define VEC_MAX(a, b) _mm256_max_ps((a), (b))
#define VEC_MIN(a, b) _mm256_min_ps((a), (b))
#include "embed/encoder_kernels_body.h"

const EncoderKernels encoder_kernels_avx2 = KERNELS("avx2", sizeof(float));
#else
typedef int gemm_avx2_is_empty; /* ISO C wants a declaration */
#endif
