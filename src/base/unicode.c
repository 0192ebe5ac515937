/* unicode.c - our names over libutf8proc; no other file knows that library.
 *
 * Asked for a number that is no code point, every function answers as for an unassigned one.
 *
 * Tested by: tests/unit/base/test_unicode.c. */
#include "base/unicode.h"

#include <utf8proc.h>

enum { CODE_POINT_MAX = 0x10FFFF };

static utf8proc_category_t category(uint32_t code_point) {
    return code_point > CODE_POINT_MAX ? UTF8PROC_CATEGORY_CN
                                       : utf8proc_category((utf8proc_int32_t)code_point);
}

UnicodeClass unicode_class(uint32_t code_point) {
    switch (category(code_point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return UNICODE_LETTER;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return UNICODE_MARK;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return UNICODE_NUMBER;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
        return UNICODE_PUNCTUATION;
    case UTF8PROC_CATEGORY_SM:
    case UTF8PROC_CATEGORY_SC:
    case UTF8PROC_CATEGORY_SK:
    case UTF8PROC_CATEGORY_SO:
        return UNICODE_SYMBOL;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return UNICODE_SEPARATOR;
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
        return UNICODE_CONTROL;
    case UTF8PROC_CATEGORY_CN:
        break;
    }
    return UNICODE_OTHER;
}

bool unicode_is_nonspacing(uint32_t code_point) {
    return category(code_point) == UTF8PROC_CATEGORY_MN;
}

bool unicode_is_space(uint32_t code_point) {
    /* White_Space of PropList.txt: the separators, the line controls and NEL. */
    if (code_point < 0x80)
        return code_point == ' ' || (code_point >= '\t' && code_point <= '\r');
    return code_point == 0x85 || unicode_class(code_point) == UNICODE_SEPARATOR;
}

bool unicode_is_upper(uint32_t code_point) {
    return category(code_point) == UTF8PROC_CATEGORY_LU;
}

uint32_t unicode_lower(uint32_t code_point) {
    if (code_point > CODE_POINT_MAX)
        return code_point;
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)code_point);
}

size_t unicode_decompose(uint32_t code_point, uint32_t out[8]) {
    utf8proc_int32_t parts[8];
    int boundary = 0;
    utf8proc_ssize_t count = -1;
    if (code_point <= CODE_POINT_MAX)
        count = utf8proc_decompose_char((utf8proc_int32_t)code_point, parts, 8,
                                        UTF8PROC_DECOMPOSE | UTF8PROC_STABLE, &boundary);
    if (count < 1 || count > 8) { /* not a code point: it stands for itself */
        out[0] = code_point;
        return 1;
    }
    for (utf8proc_ssize_t i = 0; i < count; i++)
        out[i] = (uint32_t)parts[i];
    return (size_t)count;
}

unsigned unicode_width(uint32_t code_point) {
    if (code_point >= ' ' && code_point < 0x7f)
        return 1;
    if (code_point > CODE_POINT_MAX)
        return 1;
    int width = utf8proc_charwidth((utf8proc_int32_t)code_point);
    return width < 0 ? 1 : (unsigned)width;
}

bool unicode_grapheme_break(uint32_t before, uint32_t after, int32_t *state) {
    if (before > CODE_POINT_MAX || after > CODE_POINT_MAX) {
        *state = 0;
        return true;
    }
    return utf8proc_grapheme_break_stateful((utf8proc_int32_t)before, (utf8proc_int32_t)after,
                                            state);
}
