/* test_value_facts.c - which type a column of texts gets, and which types it fits. */
#include "unit.h"

#include "files/value_facts.h"

/* Values divided by blanks; "_" is an empty text. */
static ValueFacts facts_of(const char *values) {
    ValueFacts facts;
    value_facts_init(&facts);
    uint64_t line = 1;
    for (Str rest = str_c(values), word; rest.length > 0; line++) {
        rest = str_cut(rest, '~', &word);
        value_facts_add(&facts, str_eq_c(word, "_") ? STR_EMPTY : word, line);
    }
    return facts;
}

static void test_types(void **state) {
    (void)state;
    static const struct {
        const char *values, *type;
    } cases[] = {
        {"", "VARCHAR"},
        {"_", "VARCHAR"},
        {"1~2~-3", "BIGINT"},
        {"0", "BIGINT"},
        {"1~_", "BIGINT"},
        {"-0", "DOUBLE"},
        {"-0~5", "DOUBLE"},
        {"00", "VARCHAR"},
        {"01~2", "VARCHAR"},
        {"+1", "VARCHAR"},
        {"1 000", "VARCHAR"},
        {"1_000", "VARCHAR"},
        {"0x10", "VARCHAR"},
        {"--1", "VARCHAR"},
        {"-", "VARCHAR"},
        {".", "VARCHAR"},
        {"1.", "VARCHAR"},
        {".5", "DOUBLE"},
        {"-.5", "DOUBLE"},
        {"1,5", "VARCHAR"},
        {"9223372036854775807", "BIGINT"},
        {"-9223372036854775808", "BIGINT"},
        {"9223372036854775808", "DECIMAL(38,0)"},
        {"99999999999999999999999999999999999999", "DECIMAL(38,0)"},
        {"999999999999999999999999999999999999999", "VARCHAR"},
        {"1.5~2", "DOUBLE"},
        {"1.0~2.0", "DOUBLE"},
        {"1.00~2.00", "DECIMAL(18,2)"},
        {"1.50~2.25", "DECIMAL(18,2)"},
        {"1.9~1.10", "VARCHAR"},
        {"1.25~1.5", "DOUBLE"},
        {"007.5", "VARCHAR"},
        {"0.30000000000000004", "DOUBLE"},
        {"0.1234567890123456789", "DECIMAL(38,19)"},
        {"12345678901234567.89~1", "DECIMAL(38,2)"},
        {"12345678901234567.89~1.50", "DECIMAL(38,2)"},
        {"12345678901234567.895~1.50", "VARCHAR"},
        {"9007199254740993~1.5", "DECIMAL(18,1)"},
        {"1e-05~1.5E+10", "DOUBLE"},
        {"1.5e3", "DOUBLE"},
        {"12E5~12e6", "VARCHAR"},
        {"1e400", "VARCHAR"},
        {"1e+400", "VARCHAR"},
        {"1e-400", "VARCHAR"},
        {"nan~1.5~-inf~Infinity", "DOUBLE"},
        {"true~False~TRUE", "BOOLEAN"},
        {"true~1", "VARCHAR"},
        {"yes~no", "VARCHAR"},
        {"2024-02-29", "DATE"},
        {"2023-02-29", "VARCHAR"},
        {"2024-13-01", "VARCHAR"},
        {"0000-00-00", "VARCHAR"},
        {"2024-1-1", "VARCHAR"},
        {"01/02/2024", "VARCHAR"},
        {"2024-01-01~2024-01-01 00:00:00", "VARCHAR"},
        {"2024-01-01 10:00~2024-01-01T10:00:00.123456", "TIMESTAMP"},
        {"2024-01-01 10:00:00.1234567", "VARCHAR"},
        {"2024-01-01 24:00:00", "VARCHAR"},
        {"2024-01-01T10:00:00Z~2024-01-01 10:00:00+0530", "TIMESTAMP WITH TIME ZONE"},
        {"2024-01-01T10:00:00Z~2024-01-01 10:00:00", "VARCHAR"},
        {"23:59:59~00:00:00.5", "TIME"},
        {"23:59", "VARCHAR"},
        {"24:00:00", "VARCHAR"},
        {" 1 ~2", "BIGINT"},
        {" ", "VARCHAR"},
        {"a~1~2", "VARCHAR"},
    };
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ValueFacts facts = facts_of(cases[i].values);
        Str type = value_type(&facts, arena);
        if (!str_eq_c(type, cases[i].type))
            fail_msg("'%s': %.*s, not %s", cases[i].values, STR_ARG(type), cases[i].type);
        if (!value_fits(&facts, type))
            fail_msg("'%s' does not fit its own type", cases[i].values);
    }
    arena_destroy(arena);
}

static void test_fits(void **state) {
    (void)state;
    static const struct {
        const char *values, *type;
        bool fits;
    } cases[] = {
        {"1~2", "DOUBLE", true},
        {"1~2", "VARCHAR", true},
        {"1~2", "INTEGER", true},
        {"1~3000000000", "INTEGER", false},
        {"1~2", "DECIMAL(18,2)", true},
        {"1~2.5", "DECIMAL(18,2)", true},
        {"2.500", "DECIMAL(18,2)", true},
        {"2.505", "DECIMAL(18,2)", false},
        {"12345678901234567", "DECIMAL(18,2)", false},
        {"1.50", "DOUBLE", true},
        {"1.9~1.10", "DOUBLE", true},
        {"1.5", "BIGINT", false},
        {"007", "BIGINT", false},
        {"9007199254740993", "DOUBLE", false},
        {"9007199254740992", "DOUBLE", true},
        {"12345678901234567890", "DOUBLE", false},
        {"2024-01-01", "TIMESTAMP", true},
        {"2024-01-01", "DATE", true},
        {"x", "DATE", false},
        {"x", "UUID", false},
        {"", "UUID", true},
        {"_", "BIGINT", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ValueFacts facts = facts_of(cases[i].values);
        if (value_fits(&facts, str_c(cases[i].type)) != cases[i].fits)
            fail_msg("'%s' and %s", cases[i].values, cases[i].type);
    }
}

static void test_facts(void **state) {
    (void)state;
    ValueFacts facts = facts_of("1~_~n/a~x");
    value_facts_add_null(&facts);
    assert_int_equal(facts.values, 3);
    assert_int_equal(facts.text_line, 3);
    assert_string_equal(facts.text_sample, "n/a");
    assert_int_equal(value_null_count(&facts, STR("VARCHAR")), 1);
    assert_int_equal(value_null_count(&facts, STR("BIGINT")), 2);
}

static void test_json(void **state) {
    (void)state;
    Arena *arena = arena_create();
    ValueFacts facts;
    value_facts_init(&facts);
    value_facts_add_json(&facts, JSON_KIND_STRING, STR("5"), 1);
    assert_str_equal(value_type(&facts, arena), "VARCHAR");
    value_facts_init(&facts);
    value_facts_add_json(&facts, JSON_KIND_STRING, STR("2024-01-01"), 1);
    assert_str_equal(value_type(&facts, arena), "DATE");
    value_facts_add_json(&facts, JSON_KIND_NUMBER, STR("5"), 1);
    assert_str_equal(value_type(&facts, arena), "VARCHAR");
    value_facts_init(&facts);
    value_facts_add_json(&facts, JSON_KIND_NUMBER, STR("1.10"), 1);
    value_facts_add_json(&facts, JSON_KIND_NUMBER, STR("1E5"), 1);
    assert_str_equal(value_type(&facts, arena), "DOUBLE");
    value_facts_add_json(&facts, JSON_KIND_BOOL, STR("true"), 1);
    assert_str_equal(value_type(&facts, arena), "VARCHAR");
    arena_destroy(arena);
}

int suite_test_value_facts(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_fits),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
