/* rng.h - xoshiro256** (Blackman and Vigna, prng.di.unimi.it), seeded through splitmix64: the same
 * seed gives the same numbers everywhere. Not for secrets: random_bytes is (getrandom(2)). */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

typedef struct Rng {
    uint64_t state[4];
} Rng;

Rng rng_seeded(uint64_t seed);
uint64_t rng_next(Rng *rng);
uint64_t rng_below(Rng *rng, uint64_t bound); /* 0 .. bound-1 without bias; bound > 0 */
double rng_unit(Rng *rng);                    /* [0, 1) */
double rng_normal(Rng *rng);                  /* mean 0, variance 1 */

void random_bytes(void *out, size_t size);
Str random_id(Arena *arena); /* 32 hex digits: file names, job ids */

#endif
