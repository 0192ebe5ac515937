/* postgres_wire.h - makes the bytes that PostgreSQL would send, for tests.
 *
 * Ownership: appended to the caller's StrBuf. */
#ifndef TESTS_POSTGRES_WIRE_H
#define TESTS_POSTGRES_WIRE_H

#include <string.h>

#include "base/str.h"

static inline void wire_int(StrBuf *out, uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; i--)
        strbuf_append_char(out, (char)(value >> (8 * i) & 0xFF));
}

static inline void wire_header(StrBuf *out) {
    strbuf_append(out, (Str){"PGCOPY\n\377\r\n\0", 11});
    wire_int(out, 0, 8);
}

static inline void wire_row(StrBuf *out, int columns) {
    wire_int(out, (uint64_t)columns, 2);
}

static inline void wire_null(StrBuf *out) {
    wire_int(out, UINT32_MAX, 4);
}

static inline void wire_value(StrBuf *out, Str bytes) {
    wire_int(out, bytes.length, 4);
    strbuf_append(out, bytes);
}

static inline void wire_number(StrBuf *out, uint64_t value, int bytes) {
    wire_int(out, (uint64_t)bytes, 4);
    wire_int(out, value, bytes);
}

static inline void wire_trailer(StrBuf *out) {
    wire_int(out, 0xFFFF, 2);
}

/* "-123.4500" as numeric_send writes it: digits in groups of four around the point, without
 * groups of zeros at either end. */
static inline Str wire_numeric(Str text, Arena *arena) {
    bool negative = text.length > 0 && text.data[0] == '-';
    Str whole = STR_EMPTY;
    Str fraction = str_cut(str_slice(text, negative ? 1 : 0, text.length), '.', &whole);
    size_t lead = (4 - whole.length % 4) % 4;
    size_t trail = (4 - fraction.length % 4) % 4;
    StrBuf digits = strbuf_make(arena);
    strbuf_append(&digits, str_slice(STR("000"), 0, lead));
    strbuf_append(&digits, whole);
    strbuf_append(&digits, fraction);
    strbuf_append(&digits, str_slice(STR("000"), 0, trail));
    size_t groups = digits.length / 4;
    int weight = (int)((whole.length + lead) / 4) - 1;
    size_t from = 0;
    while (from < groups && memcmp(digits.data + 4 * from, "0000", 4) == 0)
        from++, weight--;
    while (groups > from && memcmp(digits.data + 4 * (groups - 1), "0000", 4) == 0)
        groups--;
    StrBuf out = strbuf_make(arena);
    wire_int(&out, groups - from, 2);
    wire_int(&out, groups == from ? 0 : (uint64_t)(int64_t)weight, 2);
    wire_int(&out, negative && groups > from ? 0x4000 : 0, 2);
    wire_int(&out, fraction.length, 2);
    for (size_t i = from; i < groups; i++) {
        uint64_t group = 0;
        (void)str_to_u64(str_make(digits.data + 4 * i, 4), &group);
        wire_int(&out, group, 2);
    }
    return strbuf_str(&out);
}

#endif
