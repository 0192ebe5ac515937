/* hash.c - one place that knows xxhash and OpenSSL.
 *
 * xxhash is compiled into this file (XXH_INLINE_ALL), which lets it pick its vector width.
 *
 * Tested by: tests/unit/base/test_hash.c (published vectors, table against instruction). */
#include "base/hash.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wswitch-enum"
#include <xxhash.h>
#pragma GCC diagnostic pop

uint64_t hash64(Str bytes) {
    return XXH3_64bits(bytes.data, bytes.length);
}

uint64_t hash64_seeded(Str bytes, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes.data, bytes.length, seed);
}

Hash128 hash128(Str bytes) {
    XXH128_hash_t hash = XXH3_128bits(bytes.data, bytes.length);
    return (Hash128){.low = hash.low64, .high = hash.high64};
}

Str hash128_hex(Hash128 hash, Arena *arena) {
    return str_format(arena, "%016llx%016llx", (unsigned long long)hash.high,
                      (unsigned long long)hash.low);
}

struct HashStream {
    XXH3_state_t *state;
};

HashStream *hash_stream_create(void) {
    HashStream *stream = malloc(sizeof *stream);
    XXH3_state_t *state = XXH3_createState();
    if (stream == NULL || state == NULL) {
        fprintf(stderr, "lakehouse: out of memory\n");
        abort();
    }
    XXH3_128bits_reset(state);
    stream->state = state;
    return stream;
}

void hash_stream_add(HashStream *stream, Str bytes) {
    if (bytes.length > 0)
        XXH3_128bits_update(stream->state, bytes.data, bytes.length);
}

Hash128 hash_stream_value(const HashStream *stream) {
    XXH128_hash_t hash = XXH3_128bits_digest(stream->state);
    return (Hash128){.low = hash.low64, .high = hash.high64};
}

void hash_stream_destroy(HashStream *stream) {
    if (stream == NULL)
        return;
    XXH3_freeState(stream->state);
    free(stream);
}

void sha256(Str bytes, uint8_t out[32]) {
    SHA256((const unsigned char *)bytes.data, bytes.length, out);
}

Str sha256_print(const uint8_t digest[32], Arena *arena) {
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, 65);
    for (size_t i = 0; i < 32; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[64] = '\0';
    return (Str){text, 64};
}

Str sha256_hex(Str bytes, Arena *arena) {
    uint8_t digest[32];
    sha256(bytes, digest);
    return sha256_print(digest, arena);
}

bool sha256_scan(Str hex, uint8_t out[32]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < hex.length && hex.length == 64; i++) {
        const char *digit = hex.data[i] != '\0' ? strchr(digits, hex.data[i]) : NULL;
        if (digit == NULL)
            return false;
        uint8_t value = (uint8_t)(digit - digits);
        out[i / 2] = i % 2 == 0 ? (uint8_t)(value << 4) : (uint8_t)(out[i / 2] | value);
    }
    return hex.length == 64;
}

struct Sha256Stream {
    EVP_MD_CTX *context;
};

Sha256Stream *sha256_stream_create(void) {
    Sha256Stream *stream = malloc(sizeof *stream);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (stream == NULL || context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        fprintf(stderr, "lakehouse: out of memory\n");
        abort();
    }
    stream->context = context;
    return stream;
}

void sha256_stream_add(Sha256Stream *stream, Str bytes) {
    if (EVP_DigestUpdate(stream->context, bytes.data, bytes.length) != 1)
        abort(); /* cannot fail on a context that was initialised */
}

void sha256_stream_end(Sha256Stream *stream, uint8_t out[32]) {
    if (stream == NULL)
        return;
    uint8_t digest[EVP_MAX_MD_SIZE];
    if (EVP_DigestFinal_ex(stream->context, digest, NULL) != 1)
        abort();
    if (out != NULL)
        memcpy(out, digest, 32);
    EVP_MD_CTX_free(stream->context);
    free(stream);
}
