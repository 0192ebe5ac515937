/* kernel_tables.h - the tables that the files of this folder define; kernels.c chooses among them.
 *
 * What each table promises beyond kernels.h: a distance is summed in one fixed order, whether the
 * row is met alone or among others, so dot_f32 and dot_f32_rows (and the l2 pair) agree to the last
 * bit, and so do f(a, b) and f(b, a). Flat search and graphs therefore see equal distances, and
 * ties stay ties. Different tables may differ in the last bits. Rows need no alignment.
 *
 * Only the tables of the architecture being built for exist. */
#ifndef VECTOR_KERNELS_KERNEL_TABLES_H
#define VECTOR_KERNELS_KERNEL_TABLES_H

#include "vector/kernels.h"

extern const Kernels kernels_avx512;
extern const Kernels kernels_avx2;
extern const Kernels kernels_neon;
extern const Kernels kernels_scalar;

#endif
