/* fuzz_decimal_text.c - decimal texts: what is taken, prints as the same number again.
 *
 * Input: width, scale, then the text. */
#include <stdint.h>
#include <stdlib.h>

#include "source/decimal_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Digits of |value| without a sign, at least scale + 1 of them. */
static size_t print(Int128 value, uint8_t scale, char out[64]) {
    char reversed[64];
    size_t count = 0;
    Int128 rest = value < 0 ? -value : value;
    while (rest > 0 || count < (size_t)scale + 1) {
        reversed[count++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    size_t length = 0;
    if (value < 0)
        out[length++] = '-';
    for (size_t i = count; i-- > 0;) {
        out[length++] = reversed[i];
        if (i == scale && scale > 0)
            out[length++] = '.';
    }
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    Int128 value, again;
    uint8_t width = data[0] % 40, scale = data[1] % 40;
    if (decimal_from_text(str_make(data + 2, size - 2), width, scale, &value)) {
        char printed[64];
        size_t length = print(value, scale, printed);
        if (!decimal_from_text(str_make(printed, length), width, scale, &again) || again != value)
            abort();
    }
    return 0;
}
