/* percent.c - two small loops. Decoding refuses half an escape instead of guessing: a key that two
 * programs read differently is a hole.
 *
 * Tested by: tests/unit/base/test_percent.c, fuzz/fuzz_url.c. */
#include "base/percent.h"

static bool stays(char c, PercentKeep keep) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~' || (c == '/' && keep == PERCENT_KEEP_SLASHES);
}

Str percent_encode(Str bytes, PercentKeep keep, Arena *arena) {
    static const char digits[] = "0123456789ABCDEF";
    StrBuf out = strbuf_make(arena);
    for (size_t i = 0; i < bytes.length; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        if (stays((char)c, keep)) {
            strbuf_append_char(&out, (char)c);
            continue;
        }
        strbuf_append_char(&out, '%');
        strbuf_append_char(&out, digits[c >> 4]);
        strbuf_append_char(&out, digits[c & 15]);
    }
    return strbuf_str(&out);
}

static int digit_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool percent_decode(Str text, PercentPlus plus, Arena *arena, Str *out_bytes) {
    char *out = arena_alloc(arena, text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '+' && plus == PERCENT_PLUS_IS_SPACE) {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < text.length ? digit_value(text.data[i + 1]) : -1;
            int low = i + 2 < text.length ? digit_value(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        out[length++] = c;
    }
    out[length] = '\0';
    *out_bytes = str_make(out, length);
    return true;
}
