/* test_postgres_decode.c - COPY streams made by hand: every type, every cut, hostile lengths. */
#include "unit.h"

#include "postgres_wire.h"
#include "source/canonical_text.h"
#include "source/postgres_decode.h"

enum { COLUMNS_MAX = 8 };

typedef struct Fixture {
    Arena *arena;
    PgPlan plans[COLUMNS_MAX];
    size_t count;
    PgDecoder *decoder;
    RowBuilder *rows;
    Err err;
} Fixture;

static const PgPlan plan_int4 = {.decode = PG_DECODE_INT4, .type = COLUMN_INT32};
static const PgPlan plan_text = {.decode = PG_DECODE_TEXT, .type = COLUMN_UTF8};
static const PgPlan plan_decimal = {
    .decode = PG_DECODE_DECIMAL, .type = COLUMN_DECIMAL, .width = 10, .scale = 2};

static void open_fixture(Fixture *f, const PgPlan *plans, size_t count) {
    *f = (Fixture){.arena = arena_create(), .count = count};
    memcpy(f->plans, plans, count * sizeof *plans);
    RowColumn shapes[COLUMNS_MAX];
    for (size_t i = 0; i < count; i++)
        shapes[i] = (RowColumn){.name = STR("c"),
                                .type = plans[i].type,
                                .width = plans[i].width,
                                .scale = plans[i].scale};
    f->rows = row_builder_create(&(RowBatch){0, count, shapes}, 64);
    f->decoder = pg_decoder_create(f->arena, f->plans, count);
}

static void close_fixture(Fixture *f) {
    pg_decoder_close(f->decoder);
    row_builder_destroy(f->rows);
    arena_destroy(f->arena);
}

static PgStep next_step(Fixture *f) {
    return pg_decoder_step(f->decoder, f->rows, &f->err);
}

static void feed(Fixture *f, Str piece) {
    assert_ok(pg_decoder_feed(f->decoder, piece, &f->err), &f->err);
}

/* One column, one value -> its canonical text. */
static Str decode_one(Fixture *f, const PgPlan *plan, Str value) {
    open_fixture(f, plan, 1);
    StrBuf stream = strbuf_make(f->arena);
    wire_header(&stream);
    wire_row(&stream, 1);
    wire_value(&stream, value);
    wire_trailer(&stream);
    feed(f, strbuf_str(&stream));
    assert_int_equal(next_step(f), PG_STEP_ROW);
    assert_int_equal(next_step(f), PG_STEP_END);
    assert_ok(pg_decoder_finish(f->decoder, &f->err), &f->err);
    RowBatch batch = row_builder_batch(f->rows);
    StrBuf text = strbuf_make(f->arena);
    canonical_from_row(&batch.columns[0], 0, &text);
    return strbuf_str(&text);
}

static void test_fixed_values(void **state) {
    (void)state;
    static const struct {
        PgDecode decode;
        ColumnType type;
        uint64_t value;
        int bytes;
        const char *text;
    } cases[] = {{PG_DECODE_BOOL, COLUMN_BOOL, 1, 1, "true"},
                 {PG_DECODE_BOOL, COLUMN_BOOL, 0, 1, "false"},
                 {PG_DECODE_INT2, COLUMN_INT32, 0x8000, 2, "-32768"},
                 {PG_DECODE_INT4, COLUMN_INT32, 0x80000000, 4, "-2147483648"},
                 {PG_DECODE_INT8, COLUMN_INT64, UINT64_C(1) << 63, 8, "-9223372036854775808"},
                 {PG_DECODE_OID, COLUMN_INT64, UINT32_MAX, 4, "4294967295"},
                 {PG_DECODE_FLOAT4, COLUMN_FLOAT32, 0x3DCCCCCD, 4, "0.1"},
                 {PG_DECODE_FLOAT4_WIDE, COLUMN_FLOAT64, 0x3FC00000, 4, "1.5"},
                 {PG_DECODE_FLOAT8, COLUMN_FLOAT64, UINT64_C(0x3FB999999999999A), 8, "0.1"},
                 {PG_DECODE_FLOAT8, COLUMN_FLOAT64, UINT64_C(0x8000000000000000), 8, "-0"},
                 {PG_DECODE_DATE, COLUMN_DATE32, 0, 4, "2000-01-01"},
                 {PG_DECODE_DATE, COLUMN_DATE32, (uint64_t)-2451545, 4, "4714-11-24 BC"},
                 {PG_DECODE_DATE, COLUMN_DATE32, 0x7FFFFFFF, 4, "infinity"},
                 {PG_DECODE_DATE, COLUMN_DATE32, 0x80000000, 4, "-infinity"},
                 {PG_DECODE_TIME, COLUMN_TIME_US, UINT64_C(86400000000), 8, "24:00:00"},
                 {PG_DECODE_TIMESTAMP, COLUMN_TIMESTAMP_US, 1, 8, "2000-01-01 00:00:00.000001"},
                 {PG_DECODE_TIMESTAMP, COLUMN_TIMESTAMP_US, INT64_MAX, 8, "infinity"},
                 {PG_DECODE_TIMESTAMP, COLUMN_TIMESTAMPTZ_US, UINT64_C(1) << 63, 8, "-infinity"},
                 {PG_DECODE_TIMESTAMP, COLUMN_TIMESTAMPTZ_US, (uint64_t)-1, 8,
                  "1999-12-31 23:59:59.999999+00"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Fixture f;
        Arena *arena = arena_create();
        StrBuf value = strbuf_make(arena);
        wire_int(&value, cases[i].value, cases[i].bytes);
        PgPlan plan = {.decode = cases[i].decode, .type = cases[i].type};
        assert_str_equal(decode_one(&f, &plan, strbuf_str(&value)), cases[i].text);
        close_fixture(&f);
        arena_destroy(arena);
    }
}

static void test_values_of_any_length(void **state) {
    (void)state;
    Fixture f;
    Arena *arena = arena_create();
    assert_str_equal(decode_one(&f, &plan_decimal, wire_numeric(STR("-12345678.90"), arena)),
                     "-12345678.9");
    close_fixture(&f);
    assert_str_equal(decode_one(&f, &plan_text, STR("größer \xF0\x9F\x9A\x80")),
                     "größer \xF0\x9F\x9A\x80");
    close_fixture(&f);
    PgPlan blob = {.decode = PG_DECODE_BYTES, .type = COLUMN_BINARY};
    assert_str_equal(decode_one(&f, &blob, (Str){"\0\xFF'", 3}), "00ff27");
    close_fixture(&f);
    PgPlan uuid = {.decode = PG_DECODE_UUID, .type = COLUMN_UTF8};
    assert_str_equal(decode_one(&f, &uuid,
                                (Str){"\x5b\x30\x85\x7f\x0b\xfa\x48\xb5\xac\x0b\x5c\x64\xe2\x80"
                                      "\x78\xd1",
                                      16}),
                     "5b30857f-0bfa-48b5-ac0b-5c64e28078d1");
    close_fixture(&f);
    arena_destroy(arena);
}

/* Three rows of (int4, text, decimal): plain, NULLs, long. */
static Str three_rows(Arena *arena) {
    StrBuf out = strbuf_make(arena);
    wire_header(&out);
    wire_row(&out, 3);
    wire_number(&out, 7, 4);
    wire_value(&out, STR("seven"));
    wire_value(&out, wire_numeric(STR("7.77"), arena));
    wire_row(&out, 3);
    wire_null(&out);
    wire_null(&out);
    wire_null(&out);
    wire_row(&out, 3);
    wire_number(&out, (uint64_t)-9, 4);
    wire_value(&out, STR(""));
    wire_value(&out, wire_numeric(STR("-99999999.99"), arena));
    wire_trailer(&out);
    return strbuf_str(&out);
}

static const PgPlan three_plans[] = {
    {.decode = PG_DECODE_INT4, .type = COLUMN_INT32},
    {.decode = PG_DECODE_TEXT, .type = COLUMN_UTF8},
    {.decode = PG_DECODE_DECIMAL, .type = COLUMN_DECIMAL, .width = 10, .scale = 2}};

static void check_three_rows(Fixture *f) {
    RowBatch batch = row_builder_batch(f->rows);
    assert_int_equal(batch.row_count, 3);
    assert_int_equal(((const int32_t *)batch.columns[0].values)[0], 7);
    assert_int_equal(((const int32_t *)batch.columns[0].values)[2], -9);
    assert_str_equal(row_text(&batch.columns[1], 0), "seven");
    assert_str_equal(row_text(&batch.columns[1], 2), "");
    assert_true(((const Int128 *)batch.columns[2].values)[2] == -9999999999);
    for (size_t column = 0; column < 3; column++)
        for (size_t row = 0; row < 3; row++)
            assert_int_equal(row_is_null(&batch.columns[column], row), row == 1);
}

static void test_cut_anywhere(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Str stream = three_rows(arena);
    for (size_t piece = 1; piece <= stream.length; piece++) {
        Fixture f;
        open_fixture(&f, three_plans, 3);
        PgStep step = PG_STEP_MORE;
        for (size_t at = 0; at < stream.length; at += piece) {
            Str part = str_dup(arena, str_slice(stream, at, at + piece));
            feed(&f, part);
            while ((step = next_step(&f)) == PG_STEP_ROW)
                ;
            if (step != PG_STEP_MORE)
                break;
            memset((char *)(uintptr_t)part.data, 'X', part.length); /* borrowed no longer? */
        }
        assert_int_equal(step, PG_STEP_END);
        assert_ok(pg_decoder_finish(f.decoder, &f.err), &f.err);
        assert_int_equal(pg_decoder_rows(f.decoder), 3);
        check_three_rows(&f);
        close_fixture(&f);
    }
    arena_destroy(arena);
}

static void test_ends_too_early(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Str stream = three_rows(arena);
    for (size_t length = 0; length < stream.length; length++) {
        Fixture f;
        open_fixture(&f, three_plans, 3);
        feed(&f, str_dup(arena, str_slice(stream, 0, length)));
        PgStep step;
        while ((step = next_step(&f)) == PG_STEP_ROW)
            ;
        assert_int_equal(step, PG_STEP_MORE);
        assert_fails(pg_decoder_finish(f.decoder, &f.err), &f.err, FAIL_UPSTREAM);
        close_fixture(&f);
    }
    arena_destroy(arena);
}

static void expect_failure(const PgPlan *plan, Str stream, FailKind kind) {
    Fixture f;
    open_fixture(&f, plan, 1);
    feed(&f, stream);
    PgStep step;
    while ((step = next_step(&f)) == PG_STEP_ROW || step == PG_STEP_END)
        ;
    assert_int_equal(step, PG_STEP_FAILED);
    assert_int_equal(f.err.kind, kind);
    assert_int_equal(row_builder_batch(f.rows).row_count, 0); /* no half row */
    close_fixture(&f);
}

static void test_hostile_streams(void **state) {
    (void)state;
    Arena *arena = arena_create();
    expect_failure(&plan_int4, STR("PGCOPX"), FAIL_UPSTREAM);
    expect_failure(&plan_int4, (Str){"PGCOPY\n\377\r\n\0\0\001\0\0\0\0\0\0", 19}, FAIL_UPSTREAM);
    expect_failure(&plan_int4, (Str){"PGCOPY\n\377\r\n\0\0\0\0\0\xFF\xFF\xFF\xFF", 19},
                   FAIL_UPSTREAM);
    static const struct {
        int columns;
        uint64_t length;
    } cases[] = {{2, 4}, {-2, 4},         {0, 4},          {1, 3},         {1, 5},
                 {1, 0}, {1, 0x80000000}, {1, 0xFFFFFFFE}, {1, 0x7FFFFFFF}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        StrBuf out = strbuf_make(arena);
        wire_header(&out);
        wire_row(&out, cases[i].columns);
        wire_int(&out, cases[i].length, 4);
        strbuf_append(&out, STR("12345678"));
        expect_failure(&plan_int4, strbuf_str(&out), FAIL_UPSTREAM);
    }
    StrBuf out = strbuf_make(arena);
    wire_header(&out);
    wire_trailer(&out);
    strbuf_append_char(&out, 'x');
    expect_failure(&plan_int4, strbuf_str(&out), FAIL_UPSTREAM);
    arena_destroy(arena);
}

static void expect_misfit(const PgPlan *plan, Str value, const char *reason) {
    Fixture f;
    open_fixture(&f, plan, 1);
    StrBuf stream = strbuf_make(f.arena);
    wire_header(&stream);
    wire_row(&stream, 1);
    wire_value(&stream, value);
    feed(&f, strbuf_str(&stream));
    assert_int_equal(next_step(&f), PG_STEP_MISFIT);
    assert_int_equal(pg_decoder_column(f.decoder), 0);
    assert_string_equal(pg_decoder_reason(f.decoder), reason);
    assert_int_equal(row_builder_batch(f.rows).row_count, 0);
    close_fixture(&f);
}

static void test_misfits(void **state) {
    (void)state;
    Arena *arena = arena_create();
    expect_misfit(&plan_decimal, (Str){"\0\0\0\0\xC0\0\0\0", 8}, "NaN");
    expect_misfit(&plan_decimal, (Str){"\0\0\0\0\xD0\0\0\0", 8}, "infinity");
    const char *digits = "a number with more digits than its type";
    expect_misfit(&plan_decimal, wire_numeric(STR("123456789.00"), arena), digits);
    expect_misfit(&plan_decimal, wire_numeric(STR("0.001"), arena), digits);
    PgPlan plan = {.decode = PG_DECODE_TIMESTAMP, .type = COLUMN_TIMESTAMP_US};
    StrBuf value = strbuf_make(arena);
    wire_int(&value, INT64_MAX - UINT64_C(946684800000000), 8); /* would be our infinity */
    expect_misfit(&plan, strbuf_str(&value), "a timestamp that is out of range");
    plan = (PgPlan){.decode = PG_DECODE_DATE, .type = COLUMN_DATE32};
    strbuf_clear(&value);
    wire_int(&value, INT32_MAX - 10957, 4);
    expect_misfit(&plan, strbuf_str(&value), "a date that is out of range");
    plan = (PgPlan){.decode = PG_DECODE_NUMERIC_DOUBLE, .type = COLUMN_FLOAT64};
    expect_misfit(&plan, (Str){"\0\1\x7F\xFF\0\0\0\0\0\1", 10}, "a number beyond DOUBLE");
    arena_destroy(arena);
}

static void test_bad_texts_leave_their_row_out(void **state) {
    (void)state;
    static const PgPlan plans[] = {{.decode = PG_DECODE_NUMERIC_TEXT, .type = COLUMN_UTF8},
                                   {.decode = PG_DECODE_TEXT, .type = COLUMN_UTF8}};
    static const struct {
        Str text;
        const char *reason; /* NULL: good */
    } cases[] = {{{"caf\xE9", 4}, "text that is not valid UTF-8"},
                 {{"12345678\xC3", 9}, "text that is not valid UTF-8"},
                 {{"\xED\xA0\x80", 3}, "text that is not valid UTF-8"},
                 {{"a\0b", 3}, "text with a NUL character"},
                 {{"\0", 1}, "text with a NUL character"},
                 {{"12345678\0", 9}, "text with a NUL character"},
                 {{"é234567\0", 9}, "text with a NUL character"},
                 {{"123456789é", 11}, NULL},
                 {{"", 0}, NULL}};
    Fixture f;
    open_fixture(&f, plans, 2);
    StrBuf stream = strbuf_make(f.arena);
    wire_header(&stream);
    size_t good = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wire_row(&stream, 2);
        wire_value(&stream, STR("-Infinity"));
        wire_value(&stream, cases[i].text);
    }
    wire_trailer(&stream);
    feed(&f, strbuf_str(&stream));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PgStep step = next_step(&f);
        assert_int_equal(step, cases[i].reason == NULL ? PG_STEP_ROW : PG_STEP_BAD_TEXT);
        good += step == PG_STEP_ROW;
        assert_int_equal(pg_decoder_rows(f.decoder), i + 1);
        if (step != PG_STEP_ROW)
            assert_string_equal(pg_decoder_reason(f.decoder), cases[i].reason);
    }
    assert_int_equal(next_step(&f), PG_STEP_END);
    assert_int_equal(row_builder_batch(f.rows).row_count, good);
    assert_int_equal(pg_decoder_special(f.decoder, 0), good); /* not of rows left out */
    close_fixture(&f);
}

static void test_restart_begins_anew(void **state) {
    (void)state;
    Fixture f;
    Arena *arena = arena_create();
    open_fixture(&f, three_plans, 3);
    Str stream = three_rows(arena);
    feed(&f, str_slice(stream, 0, stream.length / 2));
    while (next_step(&f) == PG_STEP_ROW)
        ;
    pg_decoder_restart(f.decoder, f.plans);
    row_builder_clear(f.rows);
    feed(&f, stream);
    while (next_step(&f) == PG_STEP_ROW)
        ;
    assert_ok(pg_decoder_finish(f.decoder, &f.err), &f.err);
    check_three_rows(&f);
    close_fixture(&f);
    arena_destroy(arena);
}

int suite_test_postgres_decode(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_values),
        cmocka_unit_test(test_values_of_any_length),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_ends_too_early),
        cmocka_unit_test(test_hostile_streams),
        cmocka_unit_test(test_misfits),
        cmocka_unit_test(test_bad_texts_leave_their_row_out),
        cmocka_unit_test(test_restart_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
