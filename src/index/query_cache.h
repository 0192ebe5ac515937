/* query_cache.h - vectors of the query texts asked last, so that asking again costs no embedding.
 *
 * Least recently used goes first. Texts of more than 4 KiB are not remembered.
 *
 * Ownership: vectors are copied in and out.   Threads: any; one short lock. */
#ifndef INDEX_QUERY_CACHE_H
#define INDEX_QUERY_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

typedef struct QueryCache QueryCache;

enum { QUERY_CACHE_TEXT_MAX = 4096 };

QueryCache *query_cache_create(uint32_t entries); /* 0 = remembers nothing */
void query_cache_destroy(QueryCache *cache);      /* NULL is fine */

/* Fills `out` (dimension floats) and returns true when it is known. */
bool query_cache_get(QueryCache *cache, Str fingerprint, Str text, uint32_t dimension, float *out);
void query_cache_put(QueryCache *cache, Str fingerprint, Str text, uint32_t dimension,
                     const float *vector);
uint32_t query_cache_count(QueryCache *cache);

#endif
