/* pii_scan.c - the scanner: rows go by, samples stay, findings come at the end.
 *
 * Memory: the byte budget of all samples together is shared out among the columns that are looked
 * at, and tables of very many columns get smaller samples; so a scanner takes some 100 MiB at most,
 * whatever passes by. Columns whose type and name cannot lead to a finding cost nothing per row.
 *
 * Tested by: test_pii_scan.c. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "pii/pii_judge.h"

enum {
    SAMPLE_BYTES_ALL = 32 << 20,
    SAMPLE_BYTES_COLUMN = 1 << 20,
    SAMPLE_VALUES_ALL = 400000,
    SAMPLE_VALUES_MIN = 200
};

struct PiiScanner {
    Arena *arena;
    Str dataset;
    PiiColumn *columns;
    size_t count;
};

/* ---- types ---- */

static bool type_is(Str type, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_eq_nocase(str_slice(type, 0, strlen(names[i])), str_c(names[i])))
            return true;
    return false;
}

#define TYPE_IS(type, names) type_is((type), (names), sizeof(names) / sizeof *(names))

/* By how the stored type begins; lists and structs come printed. Decimals without a fraction are
 * integers. */
static PiiShape shape_of(Str type) {
    static const char *const texts[] = {"VARCHAR", "TEXT",   "STRING", "CHAR", "JSON",
                                        "ENUM",    "STRUCT", "MAP",    "UNION"};
    static const char *const integers[] = {"INTEGER", "UINTEGER", "BIGINT",
                                           "UBIGINT", "HUGEINT",  "UHUGEINT"};
    static const char *const days[] = {"DATE", "TIMESTAMP"};
    static const char *const numbers[] = {"DOUBLE", "FLOAT", "SMALLINT", "USMALLINT", "REAL"};
    if (TYPE_IS(type, texts))
        return PII_SHAPE_TEXT;
    if (str_find_char(type, '[', 0) != SIZE_MAX)
        return PII_SHAPE_NONE;
    if (TYPE_IS(type, integers))
        return PII_SHAPE_INTEGER;
    if (TYPE_IS(type, days))
        return PII_SHAPE_DAYS;
    if (TYPE_IS(type, numbers))
        return PII_SHAPE_NUMBER;
    if (str_starts(type, STR("DECIMAL")))
        return str_ends(type, STR(",0)")) ? PII_SHAPE_INTEGER : PII_SHAPE_NUMBER;
    return PII_SHAPE_NONE;
}

static bool is_sampled(const PiiColumn *column) {
    return column->shape == PII_SHAPE_TEXT || column->shape == PII_SHAPE_INTEGER ||
           (column->shape == PII_SHAPE_DAYS &&
            column->hints[PII_KIND_DATE_OF_BIRTH] != PII_HINT_NONE);
}

/* ---- life ---- */

static size_t at_least(size_t value, size_t least) {
    return value < least ? least : value;
}

static size_t at_most(size_t value, size_t most) {
    return value > most ? most : value;
}

static void open_samples(PiiScanner *scanner) {
    size_t sampled = 0;
    for (size_t i = 0; i < scanner->count; i++)
        sampled += is_sampled(&scanner->columns[i]);
    if (sampled == 0)
        return;
    size_t values = at_most(at_least(SAMPLE_VALUES_ALL / sampled, SAMPLE_VALUES_MIN), PII_SAMPLE);
    size_t bytes =
        at_most(at_least(SAMPLE_BYTES_ALL / sampled, PII_VALUE_BYTES), SAMPLE_BYTES_COLUMN);
    for (size_t i = 0; i < scanner->count; i++)
        if (is_sampled(&scanner->columns[i]))
            pii_sample_init(&scanner->columns[i].sample, values, bytes);
}

PiiScanner *pii_scanner_create(Str dataset, const Str *names, const Str *types, size_t count) {
    Arena *arena = arena_create();
    PiiScanner *scanner = ARENA_NEW(arena, PiiScanner);
    *scanner = (PiiScanner){.arena = arena,
                            .dataset = str_dup(arena, dataset),
                            .columns = ARENA_ARRAY(arena, PiiColumn, count),
                            .count = count};
    for (size_t i = 0; i < count; i++) {
        PiiColumn *column = &scanner->columns[i];
        column->name = str_dup(arena, names[i]);
        column->shape = shape_of(types[i]);
        pii_name_hints(names[i], column->hints, &column->is_bare);
    }
    open_samples(scanner);
    return scanner;
}

void pii_scanner_destroy(PiiScanner *scanner) {
    if (scanner == NULL)
        return;
    for (size_t i = 0; i < scanner->count; i++)
        pii_sample_deinit(&scanner->columns[i].sample);
    arena_destroy(scanner->arena);
}

bool pii_scanner_wants(const PiiScanner *scanner, size_t column) {
    return column < scanner->count && is_sampled(&scanner->columns[column]);
}

/* ---- rows ---- */

static void add_texts(PiiColumn *column, const RowColumn *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (row_is_null(rows, i))
            continue;
        Str value = row_text(rows, i);
        if (value.length == 0)
            continue;
        column->seen++;
        pii_sample_add(&column->sample, value);
    }
}

static int64_t micros_to_days(int64_t micros) {
    const int64_t day = 86400ll * 1000000;
    return micros / day - (micros % day < 0);
}

/* The value as 64 bits; false where the type has no integers, or not this one: numbers that long
 * are nobody's. */
static bool integer_at(const RowColumn *rows, size_t row, int64_t *out) {
    Int128 wide;
    switch (rows->type) {
    case COLUMN_DATE32:
    case COLUMN_INT32:
        *out = ((const int32_t *)rows->values)[row];
        return true;
    case COLUMN_UINT32:
        *out = ((const uint32_t *)rows->values)[row];
        return true;
    case COLUMN_UINT64:
    case COLUMN_INT64:
        *out = ((const int64_t *)rows->values)[row];
        return true;
    case COLUMN_TIMESTAMP_US:
    case COLUMN_TIMESTAMPTZ_US:
        *out = micros_to_days(((const int64_t *)rows->values)[row]);
        return true;
    case COLUMN_DECIMAL:
        memcpy(&wide, (const char *)rows->values + row * sizeof wide, sizeof wide);
        *out = (int64_t)wide;
        return rows->scale == 0 && wide >= 0 && wide <= INT64_MAX;
    case COLUMN_BOOL:
    case COLUMN_INT8:
    case COLUMN_INT16:
    case COLUMN_UINT8:
    case COLUMN_UINT16:
    case COLUMN_FLOAT32:
    case COLUMN_FLOAT64:
    case COLUMN_UTF8:
    case COLUMN_BINARY:
    case COLUMN_TIME_US:
    case COLUMN_FLOAT32_LIST:
        break;
    }
    return false;
}

static void add_integers(PiiColumn *column, const RowColumn *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int64_t number;
        if (row_is_null(rows, i) || !integer_at(rows, i, &number))
            continue;
        column->seen++;
        pii_sample_add(&column->sample, str_make(&number, sizeof number));
    }
}

void pii_scanner_add(PiiScanner *scanner, const RowBatch *batch) {
    for (size_t i = 0; i < scanner->count && i < batch->column_count; i++) {
        PiiColumn *column = &scanner->columns[i];
        const RowColumn *rows = &batch->columns[i];
        if (!is_sampled(column))
            continue;
        /* One column keeps one form of values: what its first rows had. */
        bool raw = rows->type != COLUMN_UTF8;
        if (column->seen == 0)
            column->is_raw = raw;
        if (raw != column->is_raw)
            continue;
        if (raw)
            add_integers(column, rows, batch->row_count);
        else
            add_texts(column, rows, batch->row_count);
    }
}

/* ---- findings ---- */

void pii_scanner_finish(PiiScanner *scanner, Arena *arena, PiiFinding **out, size_t *out_count) {
    VEC(PiiFinding) findings = {0};
    for (size_t i = 0; i < scanner->count; i++)
        pii_tally(&scanner->columns[i]);
    PiiContext context = pii_context(scanner->dataset, scanner->columns, scanner->count);
    for (size_t i = 0; i < scanner->count; i++) {
        PiiFinding found[PII_KIND_COUNT];
        size_t count = pii_judge(&scanner->columns[i], &context, found);
        for (size_t f = 0; f < count; f++) {
            found[f].column = str_dup(arena, found[f].column);
            *vec_push(&findings, arena) = found[f];
        }
    }
    *out = findings.items;
    *out_count = findings.count;
}
