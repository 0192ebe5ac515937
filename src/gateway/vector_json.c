/* vector_json.c - floats as text: few digits first, more until the value survives the way back.
 *
 * A float printed as the double it is promoted to has 17 digits, of which 8 are noise; answers with
 * many vectors would be twice as long. Embeddings are printed into the answer directly, without a
 * JSON tree of a million reals in between.
 *
 * Tested by: tests/unit/gateway/test_vector_json.c. */
#include "gateway/vector_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool bad_vector(const char *field, const char *what, Err *err) {
    err_fail(err, FAIL_INVALID, "'%s' %s", field, what);
    return err_field(err, field);
}

bool vector_from_json(const json_t *array, const char *field, Arena *arena,
                      const float **out_vector, size_t *out_dimension, Err *err) {
    size_t count = json_array_size(array);
    if (array == NULL) {
        *out_vector = NULL;
        *out_dimension = 0;
        return true;
    }
    if (count == 0 || count > VECTOR_DIMENSIONS_MAX)
        return bad_vector(field, "must hold 1 to 65536 numbers", err);
    float *vector = ARENA_ARRAY(arena, float, count);
    for (size_t i = 0; i < count; i++) {
        vector[i] = (float)json_number_value(json_array_get(array, i));
        if (!isfinite(vector[i]))
            return bad_vector(field, "holds a number that no 32-bit float can", err);
    }
    *out_vector = vector;
    *out_dimension = count;
    return true;
}

/* At most 16 bytes: sign, 9 digits, point, e-45. */
typedef struct FloatText {
    char bytes[24];
    size_t length;
} FloatText;

static FloatText float_text(float value) {
    FloatText text = {.length = 1, .bytes = "0"};
    for (int digits = 6; digits <= 9 && value != 0; digits++) {
        int length = snprintf(text.bytes, sizeof text.bytes, "%.*g", digits, (double)value);
        text.length = (size_t)length;
        if (strtof(text.bytes, NULL) == value)
            break;
    }
    return text;
}

void float_print(StrBuf *out, float value) {
    FloatText text = float_text(value);
    strbuf_append(out, str_make(text.bytes, text.length));
}

json_t *float_to_json(float value) {
    return json_real(strtod(float_text(value).bytes, NULL));
}

void vector_print(StrBuf *out, const float *vector, size_t dimension) {
    strbuf_append_char(out, '[');
    for (size_t i = 0; i < dimension; i++) {
        if (i > 0)
            strbuf_append_char(out, ',');
        float_print(out, vector[i]);
    }
    strbuf_append_char(out, ']');
}

static void little_endian(float value, uint8_t out[4]) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(bits >> (8 * i));
}

void vector_print_base64(StrBuf *out, const float *vector, size_t dimension) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t group = 0;
    unsigned held = 0; /* bytes in the group */
    for (size_t i = 0; i < dimension; i++) {
        uint8_t bytes[4];
        little_endian(vector[i], bytes);
        for (int b = 0; b < 4; b++) {
            group = group << 8 | bytes[b];
            if (++held < 3)
                continue;
            for (int shift = 18; shift >= 0; shift -= 6)
                strbuf_append_char(out, digits[group >> shift & 63]);
            group = 0;
            held = 0;
        }
    }
    if (held == 0)
        return;
    group <<= 8 * (3 - held);
    for (unsigned i = 0; i <= held; i++)
        strbuf_append_char(out, digits[group >> (18 - 6 * i) & 63]);
    for (unsigned i = held; i < 3; i++)
        strbuf_append_char(out, '=');
}
