/* hash.h - XXH3 for identity inside our own stores, SHA-256 where others may check or forge.
 *
 * Ownership: values.   Threads: any; a HashStream by one at a time. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/str.h"

typedef struct Hash128 {
    uint64_t low, high;
} Hash128;

uint64_t hash64(Str bytes); /* XXH3 64 bits */
uint64_t hash64_seeded(Str bytes, uint64_t seed);
Hash128 hash128(Str bytes);                  /* XXH3 128 bits */
Str hash128_hex(Hash128 hash, Arena *arena); /* 32 lower-case digits, high half first */

typedef struct HashStream HashStream; /* XXH3 128 over pieces */
HashStream *hash_stream_create(void);
void hash_stream_add(HashStream *stream, Str bytes);
Hash128 hash_stream_value(const HashStream *stream);
void hash_stream_destroy(HashStream *stream);

void sha256(Str bytes, uint8_t out[32]);
Str sha256_hex(Str bytes, Arena *arena);
Str sha256_print(const uint8_t digest[32], Arena *arena); /* 64 lower-case digits */
bool sha256_scan(Str hex, uint8_t out[32]);               /* what sha256_print printed */

typedef struct Sha256Stream Sha256Stream; /* SHA-256 over pieces */
Sha256Stream *sha256_stream_create(void);
void sha256_stream_add(Sha256Stream *stream, Str bytes);
void sha256_stream_end(Sha256Stream *stream, uint8_t out[32]); /* frees it; `out` may be NULL */
uint32_t crc32c(uint32_t crc, Str bytes); /* Castagnoli, RFC 3720; start with 0 */

#endif
