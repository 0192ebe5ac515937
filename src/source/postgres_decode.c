/* postgres_decode.c - one pass over the lengths of a row, one over its values.
 *
 * The first pass finds out whether the row is whole and where each value lies; the second puts the
 * values, with one switch a value on the column's decoder. Values are fixed-width loads, a few
 * multiplications (numeric), or one copy (text, checked for UTF-8 eight bytes at a time).
 *
 * Special values (infinities, rounded doubles, NaN as text) are counted when their row is finished,
 * so that a row that is left out counts nothing.
 *
 * Infinity of dates and timestamps is kept: DuckDB has the same two values, in memory
 * (INT32_MAX, INT64_MAX and their negatives) and in Parquet, prints them as "infinity" and compares
 * them as PostgreSQL does. Timestamps behind 294247-01-10 do not fit microseconds since 1970.
 *
 * Tested by: test_postgres_decode.c, fuzz_postgres_copy.c. */
#include "source/postgres_decode.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADER_BYTES = 19,
    EXTENSION_BYTES_MAX = 1 << 20,
    FLAG_OIDS = 1 << 16,
    FLAGS_CRITICAL = 0x7FFF << 16, /* a reader that does not know them must stop */
    DAYS_TO_2000 = 10957,
    ROW_BYTES_MAX = 1 << 30 /* PostgreSQL's own limit of a message */
};
static const int64_t MICROS_TO_2000 = INT64_C(946684800000000);
static const int64_t MICROS_A_DAY = INT64_C(86400000000);

typedef struct Field {
    const unsigned char *bytes;
    int32_t length; /* -1: NULL */
} Field;

struct PgDecoder {
    size_t column_count;
    const PgPlan *plans;
    Int128 *limits; /* 10^width of DECIMAL columns */
    Field *fields;  /* of the row at hand */
    uint64_t *special;
    size_t *row_special; /* columns with a special value in the row at hand */
    size_t row_special_count;
    const unsigned char *at, *end; /* what is not read yet: of the piece, or of `kept` */
    unsigned char *kept;           /* a row that is not whole yet */
    size_t kept_capacity;
    bool has_header, has_trailer;
    uint64_t rows;
    size_t column;
    const char *reason;
};

static uint16_t load_u16(const unsigned char *bytes) {
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap16(value);
}

static uint32_t load_u32(const unsigned char *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap32(value);
}

static uint64_t load_u64(const unsigned char *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap64(value);
}

PgDecoder *pg_decoder_create(Arena *arena, const PgPlan *plans, size_t count) {
    PgDecoder *decoder = ARENA_NEW(arena, PgDecoder);
    decoder->column_count = count;
    decoder->limits = ARENA_ARRAY(arena, Int128, count);
    decoder->fields = ARENA_ARRAY(arena, Field, count);
    decoder->special = ARENA_ARRAY(arena, uint64_t, count);
    decoder->row_special = ARENA_ARRAY(arena, size_t, count);
    pg_decoder_restart(decoder, plans);
    return decoder;
}

void pg_decoder_close(PgDecoder *decoder) {
    if (decoder == NULL)
        return;
    free(decoder->kept);
    decoder->kept = NULL;
    decoder->kept_capacity = 0;
}

void pg_decoder_restart(PgDecoder *decoder, const PgPlan *plans) {
    pg_decoder_close(decoder);
    decoder->plans = plans;
    decoder->at = decoder->end = NULL;
    decoder->has_header = decoder->has_trailer = false;
    decoder->rows = 0;
    decoder->row_special_count = 0;
    for (size_t i = 0; i < decoder->column_count; i++) {
        decoder->special[i] = 0;
        decoder->limits[i] = pg_numeric_limit(plans[i].width);
    }
}

static bool malformed(Err *err, const char *what) {
    return err_fail(err, FAIL_UPSTREAM, "PostgreSQL sent a malformed COPY stream: %s", what);
}

/* ---- pieces ---- */

/* Makes `kept` begin with what is not read yet, and have room for `more` bytes behind it. */
static void keep_rest(PgDecoder *decoder, size_t more) {
    size_t left = (size_t)(decoder->end - decoder->at);
    if (left + more > decoder->kept_capacity) {
        size_t capacity = decoder->kept_capacity < 65536 ? 65536 : decoder->kept_capacity;
        while (capacity < left + more)
            capacity *= 2;
        unsigned char *moved = malloc(capacity);
        assert(moved != NULL);
        if (left > 0)
            memcpy(moved, decoder->at, left);
        free(decoder->kept);
        decoder->kept = moved;
        decoder->kept_capacity = capacity;
    } else if (decoder->at != decoder->kept) {
        memmove(decoder->kept, decoder->at, left);
    }
    decoder->at = decoder->kept;
    decoder->end = decoder->kept + left;
}

bool pg_decoder_feed(PgDecoder *decoder, Str piece, Err *err) {
    size_t left = (size_t)(decoder->end - decoder->at);
    if (left == 0) {
        decoder->at = (const unsigned char *)piece.data;
        decoder->end = decoder->at + piece.length;
        return true;
    }
    if (piece.length > ROW_BYTES_MAX || left > ROW_BYTES_MAX - piece.length)
        return err_fail(err, FAIL_LIMIT, "a row has more than %d bytes", (int)ROW_BYTES_MAX);
    keep_rest(decoder, piece.length);
    memcpy(decoder->kept + left, piece.data, piece.length);
    decoder->end += piece.length;
    return true;
}

static PgStep read_header(PgDecoder *decoder, Err *err) {
    static const char magic[11] = "PGCOPY\n\377\r\n";
    size_t left = (size_t)(decoder->end - decoder->at);
    size_t seen = left < sizeof magic ? left : sizeof magic;
    if (seen > 0 && memcmp(decoder->at, magic, seen) != 0)
        return (void)malformed(err, "no signature"), PG_STEP_FAILED;
    if (left < HEADER_BYTES)
        return PG_STEP_MORE;
    uint32_t flags = load_u32(decoder->at + 11);
    uint32_t extension = load_u32(decoder->at + 15);
    if ((flags & (FLAGS_CRITICAL | FLAG_OIDS)) != 0 || extension > EXTENSION_BYTES_MAX)
        return (void)malformed(err, "unknown flags"), PG_STEP_FAILED;
    if (left - HEADER_BYTES < extension)
        return PG_STEP_MORE;
    decoder->at += HEADER_BYTES + extension;
    decoder->has_header = true;
    return PG_STEP_ROW;
}

/* ROW: `fields` and *out_end are set. */
static PgStep find_fields(PgDecoder *decoder, const unsigned char **out_end, Err *err) {
    const unsigned char *at = decoder->at;
    const unsigned char *end = decoder->end;
    if (end - at < 2)
        return PG_STEP_MORE;
    int count = (int16_t)load_u16(at);
    at += 2;
    if (count == -1) {
        if (at != end)
            return (void)malformed(err, "bytes behind its end"), PG_STEP_FAILED;
        decoder->at = at;
        decoder->has_trailer = true;
        return PG_STEP_END;
    }
    if (count < 0 || (size_t)count != decoder->column_count)
        return (void)malformed(err, "a row has another number of columns"), PG_STEP_FAILED;
    for (size_t i = 0; i < decoder->column_count; i++) {
        if (end - at < 4)
            return PG_STEP_MORE;
        int32_t length = (int32_t)load_u32(at);
        at += 4;
        decoder->fields[i] = (Field){at, length};
        if (length == -1)
            continue;
        if (length < 0 || length > ROW_BYTES_MAX)
            return (void)malformed(err, "a value of impossible length"), PG_STEP_FAILED;
        if (end - at < length)
            return PG_STEP_MORE;
        at += length;
    }
    *out_end = at;
    return PG_STEP_ROW;
}

/* ---- values ---- */

static PgStep misfit(PgDecoder *decoder, const char *reason) {
    decoder->reason = reason;
    return PG_STEP_MISFIT;
}

static void note_special(PgDecoder *decoder, size_t column) {
    decoder->row_special[decoder->row_special_count++] = column;
}

/* ASCII without NUL is decided eight bytes at a time. */
static bool is_good_text(const unsigned char *bytes, size_t length) {
    size_t at = 0;
    for (; at + 8 <= length; at += 8) {
        uint64_t word;
        memcpy(&word, bytes + at, 8);
        /* A byte is 0 or above 127. */
        if ((((word - UINT64_C(0x0101010101010101)) | word) & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    while (at < length && bytes[at] != 0 && bytes[at] < 0x80)
        at++;
    if (at == length)
        return true;
    return memchr(bytes + at, 0, length - at) == NULL &&
           utf8_valid(str_make(bytes + at, length - at));
}

static bool is_special_number(const Field *field) {
    unsigned char first = field->length > 0 ? field->bytes[0] : 0;
    if (first == '-' && field->length > 1)
        first = field->bytes[1];
    return first == 'N' || first == 'I';
}

static PgStep put_text(PgDecoder *decoder, size_t i, ColumnBuilder *column, Err *err) {
    const Field *field = &decoder->fields[i];
    size_t length = (size_t)field->length;
    PgDecode decode = decoder->plans[i].decode;
    if (decode != PG_DECODE_BYTES && !is_good_text(field->bytes, length)) {
        bool nul = length > 0 && memchr(field->bytes, 0, length) != NULL;
        decoder->reason = nul ? "text with a NUL character" : "text that is not valid UTF-8";
        return PG_STEP_BAD_TEXT;
    }
    if (decode == PG_DECODE_NUMERIC_TEXT && is_special_number(field))
        note_special(decoder, i);
    char *room = column_put_room(column, length, err);
    if (room == NULL)
        return PG_STEP_FAILED;
    if (length > 0)
        memcpy(room, field->bytes, length);
    return PG_STEP_ROW;
}

static PgStep put_uuid(const Field *field, ColumnBuilder *column, Err *err) {
    static const char hex[] = "0123456789abcdef";
    char *out = column_put_room(column, 36, err);
    if (out == NULL)
        return PG_STEP_FAILED;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = hex[field->bytes[i] >> 4];
        *out++ = hex[field->bytes[i] & 15];
    }
    return PG_STEP_ROW;
}

static PgStep put_numeric(PgDecoder *decoder, size_t i, ColumnBuilder *column, Err *err) {
    const Field *field = &decoder->fields[i];
    PgNumeric numeric;
    PgNumericKind kind = pg_numeric_read(field->bytes, (size_t)field->length, &numeric);
    if (kind == PG_NUMERIC_BAD)
        return (void)malformed(err, "a numeric"), PG_STEP_FAILED;
    if (decoder->plans[i].decode == PG_DECODE_NUMERIC_DOUBLE) {
        bool exact = true;
        double value = kind == PG_NUMERIC_NAN              ? (double)__builtin_nanf("")
                       : kind == PG_NUMERIC_PLUS_INFINITY  ? __builtin_inf()
                       : kind == PG_NUMERIC_MINUS_INFINITY ? -__builtin_inf()
                                                           : pg_numeric_to_double(&numeric, &exact);
        if (kind == PG_NUMERIC_FINITE && __builtin_isinf(value))
            return misfit(decoder, "a number beyond DOUBLE");
        if (!exact)
            note_special(decoder, i);
        column_put_f64(column, value);
        return PG_STEP_ROW;
    }
    if (kind == PG_NUMERIC_NAN)
        return misfit(decoder, "NaN");
    if (kind != PG_NUMERIC_FINITE)
        return misfit(decoder, "infinity");
    Int128 value = 0;
    if (!pg_numeric_to_decimal(&numeric, decoder->plans[i].scale, decoder->limits[i], &value))
        return misfit(decoder, "a number with more digits than its type");
    column_put_i128(column, value);
    return PG_STEP_ROW;
}

static PgStep put_date(PgDecoder *decoder, size_t i, ColumnBuilder *column) {
    int32_t days = (int32_t)load_u32(decoder->fields[i].bytes);
    if (days == INT32_MAX || days == INT32_MIN) {
        note_special(decoder, i);
        column_put_i32(column, days == INT32_MAX ? INT32_MAX : -INT32_MAX);
        return PG_STEP_ROW;
    }
    if (days >= INT32_MAX - DAYS_TO_2000 || days <= -INT32_MAX)
        return misfit(decoder, "a date that is out of range");
    column_put_i32(column, days + DAYS_TO_2000);
    return PG_STEP_ROW;
}

static PgStep put_timestamp(PgDecoder *decoder, size_t i, ColumnBuilder *column) {
    int64_t micros = (int64_t)load_u64(decoder->fields[i].bytes);
    if (micros == INT64_MAX || micros == INT64_MIN) {
        note_special(decoder, i);
        column_put_i64(column, micros == INT64_MAX ? INT64_MAX : -INT64_MAX);
        return PG_STEP_ROW;
    }
    if (micros >= INT64_MAX - MICROS_TO_2000 || micros <= -INT64_MAX)
        return misfit(decoder, "a timestamp that is out of range");
    column_put_i64(column, micros + MICROS_TO_2000);
    return PG_STEP_ROW;
}

static PgStep put_time(const PgDecoder *decoder, size_t i, ColumnBuilder *column, Err *err) {
    int64_t micros = (int64_t)load_u64(decoder->fields[i].bytes);
    if (micros < 0 || micros > MICROS_A_DAY) /* 24:00:00 is a time, in DuckDB too */
        return (void)malformed(err, "a time"), PG_STEP_FAILED;
    column_put_i64(column, micros);
    return PG_STEP_ROW;
}

/* What a fixed-width value must have; -1: any. */
static int32_t value_length(PgDecode decode) {
    static const int8_t lengths[] = {
        [PG_DECODE_BOOL] = 1,      [PG_DECODE_INT2] = 2,         [PG_DECODE_INT4] = 4,
        [PG_DECODE_INT8] = 8,      [PG_DECODE_OID] = 4,          [PG_DECODE_FLOAT4] = 4,
        [PG_DECODE_FLOAT8] = 8,    [PG_DECODE_DATE] = 4,         [PG_DECODE_FLOAT4_WIDE] = 4,
        [PG_DECODE_DECIMAL] = -1,  [PG_DECODE_TIME] = 8,         [PG_DECODE_NUMERIC_DOUBLE] = -1,
        [PG_DECODE_TIMESTAMP] = 8, [PG_DECODE_UUID] = 16,        [PG_DECODE_BYTES] = -1,
        [PG_DECODE_TEXT] = -1,     [PG_DECODE_NUMERIC_TEXT] = -1};
    return lengths[decode];
}

static float load_f32(const unsigned char *bytes) {
    uint32_t bits = load_u32(bytes);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double load_f64(const unsigned char *bytes) {
    uint64_t bits = load_u64(bytes);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static PgStep put_value(PgDecoder *decoder, size_t i, ColumnBuilder *column, Err *err) {
    const Field *field = &decoder->fields[i];
    PgDecode decode = decoder->plans[i].decode;
    int32_t length = value_length(decode);
    if (length >= 0 && field->length != length)
        return (void)malformed(err, "a value has the wrong length"), PG_STEP_FAILED;
    switch (decode) {
    case PG_DECODE_BOOL:
        column_put_bool(column, field->bytes[0] != 0);
        return PG_STEP_ROW;
    case PG_DECODE_INT2:
        column_put_i32(column, (int16_t)load_u16(field->bytes));
        return PG_STEP_ROW;
    case PG_DECODE_INT4:
        column_put_i32(column, (int32_t)load_u32(field->bytes));
        return PG_STEP_ROW;
    case PG_DECODE_INT8:
        column_put_i64(column, (int64_t)load_u64(field->bytes));
        return PG_STEP_ROW;
    case PG_DECODE_OID:
        column_put_i64(column, (int64_t)load_u32(field->bytes));
        return PG_STEP_ROW;
    case PG_DECODE_FLOAT4:
        column_put_f32(column, load_f32(field->bytes));
        return PG_STEP_ROW;
    case PG_DECODE_FLOAT4_WIDE:
        column_put_f64(column, (double)load_f32(field->bytes));
        return PG_STEP_ROW;
    case PG_DECODE_FLOAT8:
        column_put_f64(column, load_f64(field->bytes));
        return PG_STEP_ROW;
    case PG_DECODE_DECIMAL:
    case PG_DECODE_NUMERIC_DOUBLE:
        return put_numeric(decoder, i, column, err);
    case PG_DECODE_DATE:
        return put_date(decoder, i, column);
    case PG_DECODE_TIME:
        return put_time(decoder, i, column, err);
    case PG_DECODE_TIMESTAMP:
        return put_timestamp(decoder, i, column);
    case PG_DECODE_UUID:
        return put_uuid(field, column, err);
    case PG_DECODE_BYTES:
    case PG_DECODE_TEXT:
    case PG_DECODE_NUMERIC_TEXT:
        return put_text(decoder, i, column, err);
    }
    return PG_STEP_FAILED;
}

static PgStep put_row(PgDecoder *decoder, RowBuilder *rows, Err *err) {
    for (size_t i = 0; i < decoder->column_count; i++) {
        if (decoder->fields[i].length == -1) {
            column_put_null(&rows->columns[i]);
            continue;
        }
        PgStep step = put_value(decoder, i, &rows->columns[i], err);
        if (step != PG_STEP_ROW) {
            decoder->column = i;
            decoder->row_special_count = 0;
            row_builder_drop_row(rows);
            return step;
        }
    }
    row_builder_end_row(rows);
    for (size_t i = 0; i < decoder->row_special_count; i++)
        decoder->special[decoder->row_special[i]]++;
    decoder->row_special_count = 0;
    return PG_STEP_ROW;
}

static PgStep step_stream(PgDecoder *decoder, RowBuilder *rows, Err *err) {
    if (decoder->has_trailer) {
        if (decoder->at == decoder->end)
            return PG_STEP_MORE;
        return (void)malformed(err, "bytes behind its end"), PG_STEP_FAILED;
    }
    if (!decoder->has_header) {
        PgStep step = read_header(decoder, err);
        if (step != PG_STEP_ROW)
            return step;
    }
    const unsigned char *row_end = NULL;
    PgStep step = find_fields(decoder, &row_end, err);
    if (step != PG_STEP_ROW)
        return step;
    decoder->rows++;
    step = put_row(decoder, rows, err);
    decoder->at = row_end;
    return step;
}

PgStep pg_decoder_step(PgDecoder *decoder, RowBuilder *rows, Err *err) {
    assert(rows->column_count == decoder->column_count);
    PgStep step = step_stream(decoder, rows, err);
    /* The piece is its owner's again. */
    if (step == PG_STEP_MORE && decoder->at != decoder->end && decoder->at != decoder->kept)
        keep_rest(decoder, 0);
    return step;
}

bool pg_decoder_finish(const PgDecoder *decoder, Err *err) {
    if (!decoder->has_trailer)
        return malformed(err, "it ends before its end mark");
    return true;
}

uint64_t pg_decoder_rows(const PgDecoder *decoder) {
    return decoder->rows;
}

size_t pg_decoder_column(const PgDecoder *decoder) {
    return decoder->column;
}

const char *pg_decoder_reason(const PgDecoder *decoder) {
    return decoder->reason;
}

uint64_t pg_decoder_special(const PgDecoder *decoder, size_t column) {
    return decoder->special[column];
}
