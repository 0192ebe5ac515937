/* gemm_scalar.c - the kernels with nothing but what every processor of the architecture has.
 *
 * On x86-64 that is SSE2, on aarch64 NEON. The reference that the others are tested against.
 *
 * Tested by: tests/unit/embed/test_encoder_kernels.c. */
#define VEC_BYTES 16
#define TILE_ROWS 4
#define TILE_VECS 2
#include "embed/encoder_kernels_body.h"

const EncoderKernels encoder_kernels_scalar = KERNELS("scalar", sizeof(float));
