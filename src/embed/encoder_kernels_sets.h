/* encoder_kernels_sets.h - the tables by instruction set; only encoder_kernels.c chooses. */
#ifndef EMBED_ENCODER_KERNELS_SETS_H
#define EMBED_ENCODER_KERNELS_SETS_H

#include "embed/encoder_kernels.h"

extern const EncoderKernels encoder_kernels_scalar;
#if defined(__x86_64__)
extern const EncoderKernels encoder_kernels_avx2;
extern const EncoderKernels encoder_kernels_avx512;
extern const EncoderKernels encoder_kernels_avx512vnni;
#endif

#endif
