/* vector_json.h - vectors in and out of JSON, with neither detours nor digits that mean nothing.
 *
 * Threads: pure functions. */
#ifndef GATEWAY_VECTOR_JSON_H
#define GATEWAY_VECTOR_JSON_H

#include "base/json.h"

enum { VECTOR_DIMENSIONS_MAX = 65536 };

/* NULL stays NULL. FAIL_INVALID for an empty array or a value that is no finite float; `field` goes
 * into the error. */
MUST_CHECK bool vector_from_json(const json_t *array, const char *field, Arena *arena,
                                 const float **out_vector, size_t *out_dimension, Err *err);

/* The shortest text that reads back as the same float: 0.1 and not 0.10000000149011612. */
void float_print(StrBuf *out, float value);
json_t *float_to_json(float value);                                    /* a real of that text */
void vector_print(StrBuf *out, const float *vector, size_t dimension); /* [0.1,-0.25] */
/* Base64 (RFC 4648) of the floats in little-endian order, as OpenAI's clients read it. */
void vector_print_base64(StrBuf *out, const float *vector, size_t dimension);

#endif
