/* verify_value.c - canonical texts, and what they leave open: lists, misfits, rounding.
 *
 * A list comes as JSON from both sides, with blanks and digits as each likes them. Its elements are
 * made canonical one by one and put together with their lengths, so no two lists share a text.
 *
 * A value that is none of the stored type must differ from all values, and may be equal to the same
 * one elsewhere only if that is no value either: it keeps its own text behind a byte that no
 * canonical text begins with.
 *
 * A decimal that was stored as a floating number is equal only if the stored number, printed, is
 * the decimal again. Comparing bits would hide what the rounding took.
 *
 * Tested by: test_verify_value.c, test_verify.c. */
#include "verify/verify_value.h"

#include "files/json_scan.h"
#include "ingest/plain_select.h"

enum { FLOAT_CHARS_MAX = 48 };

static const char misfit_mark = '\x01';

VerifyType verify_type(Str stored_type) {
    Str element;
    if (plain_list_element(stored_type, &element))
        return (VerifyType){.kind = canonical_kind(element), .is_list = true};
    return (VerifyType){.kind = canonical_kind(stored_type)};
}

static VerifyFit put_misfit(VerifyFit fit, Str text, StrBuf *out) {
    strbuf_append_char(out, misfit_mark);
    strbuf_append(out, text);
    return fit;
}

/* ---- lists ---- */

static bool put_element(CanonicalKind kind, const JsonMember *element, StrBuf *value, StrBuf *out) {
    Err ignored = {0}; /* which element it was that does not fit is of no use to anybody */
    if (element->kind == 0) {
        strbuf_append_c(out, "-;");
        return true;
    }
    strbuf_clear(value);
    Str text = json_unescape(element->text, element->text_escaped, value->arena);
    if (!canonical_from_text(kind, text, value, &ignored))
        return false;
    strbuf_append_format(out, "%zu:", value->length);
    strbuf_append(out, strbuf_str(value));
    return true;
}

static bool put_elements(CanonicalKind kind, Str list, Arena *arena, StrBuf *out) {
    JsonMember element;
    StrBuf value = strbuf_make(arena);
    size_t at = 0;
    strbuf_append_char(out, '[');
    while (json_next_element(list, &at, &element))
        if (!put_element(kind, &element, &value, out))
            return false;
    strbuf_append_char(out, ']');
    return true;
}

/* The scanner reads objects; so the text is made a member of one. */
static bool put_list(CanonicalKind kind, Str text, StrBuf *out) {
    Arena *arena = arena_create();
    Str object = str_format(arena, "{\"v\":%.*s}", STR_ARG(text));
    JsonScanner scanner;
    json_scanner_init(&scanner);
    scanner.bytes = object;
    scanner.at_end = true;
    bool ok = json_scan_object(&scanner) == JSON_STEP_OBJECT && scanner.at == object.length &&
              scanner.member_count == 1 && scanner.members[0].kind == JSON_KIND_LIST &&
              put_elements(kind, scanner.members[0].text, arena, out);
    json_scanner_deinit(&scanner);
    arena_destroy(arena);
    return ok;
}

/* ---- rounding ---- */

/* Do the digits that are kept, out[from..], say the same number as the printed ones? */
static bool digits_survive(Str printed, size_t from, StrBuf *out) {
    Err ignored = {0}; /* NaN and infinity are no decimals, and are not rounded */
    size_t kept_end = out->length;
    if (!canonical_from_text(CANONICAL_DECIMAL, printed, out, &ignored)) {
        out->length = kept_end;
        return true;
    }
    size_t exact_end = out->length, length = kept_end - from;
    char kept[FLOAT_CHARS_MAX]; /* apart from the buffer, which may move */
    if (length > sizeof kept)
        length = sizeof kept;
    memcpy(kept, out->data + from, length);
    bool same = canonical_from_text(CANONICAL_DECIMAL, str_make(kept, length), out, &ignored) &&
                str_eq(str_slice(strbuf_str(out), kept_end, exact_end),
                       str_slice(strbuf_str(out), exact_end, out->length));
    out->length = kept_end;
    return same;
}

/* ---- one value ---- */

static VerifyFit put_printed(VerifyType type, bool exact_digits, Str text, StrBuf *out) {
    Err ignored = {0}; /* the caller counts misfits by column; a value is never shown */
    size_t from = out->length;
    bool fits = type.is_list ? put_list(type.kind, text, out)
                             : canonical_from_text(type.kind, text, out, &ignored);
    if (!fits) {
        out->length = from;
        return put_misfit(VERIFY_NO_VALUE, text, out);
    }
    bool floating = type.kind == CANONICAL_FLOAT || type.kind == CANONICAL_DOUBLE;
    if (!exact_digits || !floating || digits_survive(text, from, out))
        return VERIFY_FITS;
    out->length = from;
    return put_misfit(VERIFY_ROUNDED, text, out);
}

/* Is what canonical_from_row makes of this column already the text of the kind? */
static bool is_of_kind(ColumnType type, CanonicalKind kind) {
    switch (type) {
    case COLUMN_BOOL:
        return kind == CANONICAL_BOOL;
    case COLUMN_INT8:
    case COLUMN_INT16:
    case COLUMN_INT32:
    case COLUMN_INT64:
    case COLUMN_UINT8:
    case COLUMN_UINT16:
    case COLUMN_UINT32:
    case COLUMN_UINT64:
    case COLUMN_DECIMAL:
        return kind == CANONICAL_DECIMAL;
    case COLUMN_FLOAT32:
        return kind == CANONICAL_FLOAT;
    case COLUMN_FLOAT64:
        return kind == CANONICAL_DOUBLE;
    case COLUMN_BINARY:
        return kind == CANONICAL_BLOB;
    case COLUMN_DATE32:
        return kind == CANONICAL_DATE;
    case COLUMN_TIME_US:
        return kind == CANONICAL_TIME;
    case COLUMN_TIMESTAMP_US:
        return kind == CANONICAL_TIMESTAMP;
    case COLUMN_TIMESTAMPTZ_US:
        return kind == CANONICAL_TIMESTAMPTZ;
    case COLUMN_UTF8:
    case COLUMN_FLOAT32_LIST:
        break;
    }
    return false;
}

VerifyFit verify_value(VerifyType type, bool exact_digits, const RowColumn *column, size_t row,
                       StrBuf *out) {
    if (column->type == COLUMN_UTF8)
        return put_printed(type, exact_digits, row_text(column, row), out);
    if (!type.is_list && is_of_kind(column->type, type.kind)) {
        canonical_from_row(column, row, out);
        return VERIFY_FITS;
    }
    /* Another type on this side: its text is taken for a printed one. */
    Arena *arena = arena_create();
    StrBuf text = strbuf_make(arena);
    canonical_from_row(column, row, &text);
    VerifyFit fit = put_printed(type, exact_digits, strbuf_str(&text), out);
    arena_destroy(arena);
    return fit;
}
