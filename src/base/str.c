/* str.c - views, searches, numbers and UTF-8 over (pointer, length) text.
 *
 * UTF-8 follows the Unicode standard's table 3-7: no overlong forms, no surrogates, nothing above
 * U+10FFFF.
 *
 * Tested by: tests/unit/base/test_str.c. */
#include "base/str.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Str str_c(const char *text) {
    return text == NULL ? STR_EMPTY : (Str){text, strlen(text)};
}

Str str_make(const void *data, size_t length) {
    return (Str){data, length};
}

char *str_to_c(Arena *arena, Str text) {
    char *copy = arena_alloc(arena, text.length + 1);
    if (text.length > 0)
        memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    return copy;
}

Str str_dup(Arena *arena, Str text) {
    return (Str){str_to_c(arena, text), text.length};
}

Str str_format(Arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        length = 0;
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return (Str){text, (size_t)length};
}

bool str_eq(Str a, Str b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool str_eq_c(Str a, const char *b) {
    return str_eq(a, str_c(b));
}

static char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_eq_nocase(Str a, Str b) {
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
            return false;
    return true;
}

int str_compare(Str a, Str b) {
    size_t shared = a.length < b.length ? a.length : b.length;
    int order = shared == 0 ? 0 : memcmp(a.data, b.data, shared);
    if (order != 0)
        return order < 0 ? -1 : 1;
    return a.length == b.length ? 0 : a.length < b.length ? -1 : 1;
}

bool str_starts(Str text, Str prefix) {
    return text.length >= prefix.length && str_eq(str_slice(text, 0, prefix.length), prefix);
}

bool str_ends(Str text, Str suffix) {
    return text.length >= suffix.length &&
           str_eq(str_slice(text, text.length - suffix.length, text.length), suffix);
}

bool str_is_empty(Str text) {
    return text.length == 0;
}

Str str_slice(Str text, size_t from, size_t to) {
    if (to > text.length)
        to = text.length;
    if (from > to)
        from = to;
    return (Str){text.data + from, to - from};
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

Str str_trim(Str text) {
    size_t from = 0;
    size_t to = text.length;
    while (from < to && is_space(text.data[from]))
        from++;
    while (to > from && is_space(text.data[to - 1]))
        to--;
    return str_slice(text, from, to);
}

size_t str_find(Str text, Str needle, size_t from) {
    if (from > text.length || needle.length > text.length - from)
        return SIZE_MAX;
    if (needle.length == 0)
        return from;
    const char *at = memmem(text.data + from, text.length - from, needle.data, needle.length);
    return at == NULL ? SIZE_MAX : (size_t)(at - text.data);
}

size_t str_find_char(Str text, char c, size_t from) {
    if (from >= text.length)
        return SIZE_MAX;
    const char *at = memchr(text.data + from, c, text.length - from);
    return at == NULL ? SIZE_MAX : (size_t)(at - text.data);
}

Str str_cut(Str text, char separator, Str *out_head) {
    size_t at = str_find_char(text, separator, 0);
    if (at == SIZE_MAX) {
        *out_head = text;
        return str_slice(text, text.length, text.length);
    }
    *out_head = str_slice(text, 0, at);
    return str_slice(text, at + 1, text.length);
}

bool str_to_u64(Str text, uint64_t *out) {
    uint64_t value = 0;
    if (text.length == 0)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(c - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

bool str_to_i64(Str text, int64_t *out) {
    bool negative = text.length > 0 && text.data[0] == '-';
    uint64_t magnitude;
    if (!str_to_u64(str_slice(text, negative ? 1 : 0, text.length), &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

bool str_to_f64(Str text, double *out) {
    char copy[64];
    if (text.length == 0 || text.length >= sizeof copy)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (strchr("0123456789+-.eE", text.data[i]) == NULL || text.data[i] == '\0')
            return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    char *end;
    double value = strtod(copy, &end);
    if (*end != '\0' || !isfinite(value))
        return false;
    *out = value;
    return true;
}

/* Length of the valid sequence at `at`, or 0. */
static size_t utf8_sequence(Str text, size_t at) {
    const unsigned char *s = (const unsigned char *)text.data + at;
    size_t left = text.length - at;
    unsigned char lead = s[0];
    if (lead < 0x80)
        return 1;
    size_t need = lead >= 0xC2 && lead <= 0xDF   ? 2
                  : lead >= 0xE0 && lead <= 0xEF ? 3
                  : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                 : 0;
    if (need == 0 || left < need)
        return 0;
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < need; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return need;
}

bool utf8_valid(Str text) {
    size_t at = 0;
    while (at < text.length) {
        while (at + 8 <= text.length) { /* most text is ASCII: eight bytes at a time */
            uint64_t word;
            memcpy(&word, text.data + at, 8);
            if ((word & 0x8080808080808080u) != 0)
                break;
            at += 8;
        }
        if (at >= text.length)
            break;
        size_t length = utf8_sequence(text, at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

size_t utf8_count(Str text) {
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += ((unsigned char)text.data[i] & 0xC0) != 0x80;
    return count;
}

uint32_t utf8_decode(Str text, size_t at, size_t *out_length) {
    const unsigned char *s = (const unsigned char *)text.data + at;
    size_t length = utf8_sequence(text, at);
    *out_length = length == 0 ? 1 : length;
    switch (length) {
    case 1:
        return s[0];
    case 2:
        return (uint32_t)(s[0] & 0x1F) << 6 | (s[1] & 0x3F);
    case 3:
        return (uint32_t)(s[0] & 0x0F) << 12 | (uint32_t)(s[1] & 0x3F) << 6 | (s[2] & 0x3F);
    case 4:
        return (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3F) << 12 |
               (uint32_t)(s[2] & 0x3F) << 6 | (s[3] & 0x3F);
    default:
        return 0xFFFD;
    }
}

size_t utf8_encode(uint32_t code_point, char out[4]) {
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}

Str utf8_clip(Str text, size_t bytes_max) {
    if (text.length <= bytes_max)
        return text;
    size_t end = bytes_max;
    while (end > 0 && ((unsigned char)text.data[end] & 0xC0) == 0x80)
        end--;
    return str_slice(text, 0, end);
}

StrBuf strbuf_make(Arena *arena) {
    return (StrBuf){arena, NULL, 0, 0};
}

char *strbuf_reserve(StrBuf *buf, size_t size) {
    if (size + 1 > buf->capacity - buf->length) {
        size_t wanted = buf->capacity < 64 ? 64 : buf->capacity;
        while (wanted - buf->length < size + 1)
            wanted *= 2;
        buf->data = arena_grow(buf->arena, buf->data, buf->capacity, wanted);
        buf->capacity = wanted;
    }
    return buf->data + buf->length;
}

void strbuf_append(StrBuf *buf, Str text) {
    char *at = strbuf_reserve(buf, text.length);
    if (text.length > 0)
        memcpy(at, text.data, text.length);
    buf->length += text.length;
    buf->data[buf->length] = '\0';
}

void strbuf_append_c(StrBuf *buf, const char *text) {
    strbuf_append(buf, str_c(text));
}

void strbuf_append_char(StrBuf *buf, char c) {
    strbuf_append(buf, (Str){&c, 1});
}

void strbuf_append_format(StrBuf *buf, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length > 0) {
        char *at = strbuf_reserve(buf, (size_t)length);
        vsnprintf(at, (size_t)length + 1, format, again);
        buf->length += (size_t)length;
    }
    va_end(again);
}

void strbuf_clear(StrBuf *buf) {
    buf->length = 0;
}

Str strbuf_str(const StrBuf *buf) {
    return buf->length == 0 ? STR_EMPTY : (Str){buf->data, buf->length};
}
