/* rng.c - xoshiro256** 1.0 and splitmix64 as published, Lemire's unbiased bound, polar normals.
 *
 * rng_below multiplies instead of dividing and throws away the few draws that would favour small
 * numbers (Lemire, "Fast random integer generation in an interval", 2019). rng_normal keeps
 * nothing between calls: of the two normals that Marsaglia's polar method makes it drops one, so
 * that an Rng stays four words that can be stored and compared.
 *
 * Tested by: tests/unit/base/test_rng.c (reference numbers, moments). */
#include "base/rng.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

static uint64_t splitmix64(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

Rng rng_seeded(uint64_t seed) {
    Rng rng;
    for (size_t i = 0; i < 4; i++)
        rng.state[i] = splitmix64(&seed);
    return rng;
}

static uint64_t rotate_left(uint64_t value, unsigned by) {
    return value << by | value >> (64 - by);
}

uint64_t rng_next(Rng *rng) {
    uint64_t *s = rng->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

__extension__ typedef unsigned __int128 Wide;

uint64_t rng_below(Rng *rng, uint64_t bound) {
    assert(bound > 0);
    Wide product = (Wide)rng_next(rng) * bound;
    if ((uint64_t)product < bound) {
        uint64_t unfair = (0 - bound) % bound; /* 2^64 mod bound */
        while ((uint64_t)product < unfair)
            product = (Wide)rng_next(rng) * bound;
    }
    return (uint64_t)(product >> 64);
}

double rng_unit(Rng *rng) {
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

double rng_normal(Rng *rng) {
    double x, y, square;
    do { /* ends with probability pi/4 a round */
        x = 2 * rng_unit(rng) - 1;
        y = 2 * rng_unit(rng) - 1;
        square = x * x + y * y;
    } while (square >= 1 || square == 0);
    return x * sqrt(-2 * log(square) / square);
}

void random_bytes(void *out, size_t size) {
    unsigned char *at = out;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) { /* a kernel without getrandom: no safe way to go on */
            fprintf(stderr, "lakehouse: the kernel gives no random bytes\n");
            abort();
        }
        at += got;
        size -= (size_t)got;
    }
}

Str random_id(Arena *arena) {
    uint64_t words[2];
    random_bytes(words, sizeof words);
    return str_format(arena, "%016llx%016llx", (unsigned long long)words[0],
                      (unsigned long long)words[1]);
}
