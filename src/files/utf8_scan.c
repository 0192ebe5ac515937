/* utf8_scan.c - the gate through which all text of a file passes.
 *
 * Most text is plain ASCII, so eight bytes at a time are looked at first: none may have its high
 * bit set, and none may be zero (the classic test: subtract one from each byte and see a borrow).
 * The strict decoder runs only where that fails.
 *
 * NUL is refused too: it is legal UTF-8, but in a text file it means a damaged or binary one, and
 * many readers of our Parquet files would cut the value there.
 *
 * Tested by: test_utf8_scan.c. */
#include "files/utf8_scan.h"

#include <string.h>

static const uint64_t HIGH_BITS = 0x8080808080808080u;
static const uint64_t ONES = 0x0101010101010101u;

/* Length of the valid sequence at text[at], 0 when there is none. Follows Unicode table 3-7. */
static size_t sequence_length(const unsigned char *text, size_t left) {
    unsigned char first = text[0];
    if (first < 0x80)
        return first == 0 ? 0 : 1;
    size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                    : (first & 0xF0) == 0xE0         ? 3
                    : first >= 0xF0 && first <= 0xF4 ? 4
                                                     : 0;
    if (length == 0 || length > left)
        return 0;
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

bool utf8_scan(Str text, size_t *out_at) {
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t at = 0;
    while (at < text.length) {
        uint64_t word;
        while (at + sizeof word <= text.length) {
            memcpy(&word, bytes + at, sizeof word);
            if (((word | (word - ONES)) & HIGH_BITS) != 0)
                break;
            at += sizeof word;
        }
        if (at == text.length)
            break;
        size_t length = sequence_length(bytes + at, text.length - at);
        if (length == 0) {
            *out_at = at;
            return false;
        }
        at += length;
    }
    return true;
}

Str utf8_fault(Str text, size_t at, Arena *arena) {
    unsigned char byte = (unsigned char)text.data[at];
    if (byte == 0)
        return STR("NUL character");
    return str_format(arena, "byte 0x%02X is not UTF-8", byte);
}

static bool refuse(const char *name, const char *charset, Err *err) {
    err_fail(err, FAIL_MEDIA_TYPE, "the file is %s text; only UTF-8 is read", name);
    return err_hint(err, "convert it: iconv -f %s -t UTF-8", charset);
}

/* Half of the bytes are zero, on one side of each pair: UTF-16 without a mark. */
static bool looks_like_utf16(Str text, size_t zero_side) {
    size_t pairs = text.length / 2 < 512 ? text.length / 2 : 512;
    size_t zeros = 0, others = 0;
    for (size_t i = 0; i < pairs; i++) {
        zeros += text.data[2 * i + zero_side] == 0;
        others += text.data[2 * i + 1 - zero_side] == 0;
    }
    return pairs >= 2 && zeros * 10 >= pairs * 7 && others * 10 < pairs;
}

bool utf8_sniff(Str first_bytes, size_t *out_skip, Err *err) {
    if (str_starts(first_bytes, str_make("\xFF\xFE\x00\x00", 4)) ||
        str_starts(first_bytes, str_make("\x00\x00\xFE\xFF", 4)))
        return refuse("UTF-32", "UTF-32", err);
    if (str_starts(first_bytes, STR("\xFF\xFE")) || looks_like_utf16(first_bytes, 1))
        return refuse("UTF-16 (little-endian)", "UTF-16LE", err);
    if (str_starts(first_bytes, STR("\xFE\xFF")) || looks_like_utf16(first_bytes, 0))
        return refuse("UTF-16 (big-endian)", "UTF-16BE", err);
    *out_skip = str_starts(first_bytes, STR("\xEF\xBB\xBF")) ? 3 : 0;
    return true;
}
