/* test_postgres_types.c - the type table in its three mappings. */
#include "unit.h"

#include "source/postgres_types.h"

static int32_t numeric_typmod(int precision, int scale) {
    return (int32_t)((uint32_t)precision << 16 | ((uint32_t)scale & 0x7FF)) + 4;
}

static PgType type_of(uint32_t oid, int32_t typmod, const char *name) {
    return (PgType){.oid = oid, .typmod = typmod, .name = str_c(name), .cast_name = str_c(name)};
}

static void test_stored_types(void **state) {
    (void)state;
    static const struct {
        uint32_t oid;
        const char *name, *exact, *exact_rule, *reference, *reference_rule;
    } cases[] = {
        {16, "boolean", "BOOLEAN", "", "BOOLEAN", ""},
        {21, "smallint", "INTEGER", "", "INTEGER", ""},
        {23, "integer", "INTEGER", "", "INTEGER", ""},
        {20, "bigint", "BIGINT", "", "BIGINT", ""},
        {26, "oid", "BIGINT", "", "VARCHAR", "oid to VARCHAR"},
        {700, "real", "FLOAT", "", "DOUBLE", "real to DOUBLE"},
        {701, "double precision", "DOUBLE", "", "DOUBLE", ""},
        {25, "text", "VARCHAR", "", "VARCHAR", ""},
        {1042, "character(6)", "VARCHAR", "", "VARCHAR", ""},
        {18, "\"char\"", "VARCHAR", "", "VARCHAR", ""},
        {17, "bytea", "BLOB", "", "VARCHAR", "bytea to VARCHAR"},
        {1082, "date", "DATE", "", "VARCHAR", "date to VARCHAR"},
        {1083, "time", "TIME", "", "VARCHAR", "time to VARCHAR"},
        {1114, "timestamp", "TIMESTAMP", "", "VARCHAR", "timestamp to VARCHAR"},
        {1184, "timestamptz", "TIMESTAMP WITH TIME ZONE", "", "VARCHAR", "timestamptz to VARCHAR"},
        {1266, "timetz", "VARCHAR", "timetz to VARCHAR", "VARCHAR", "timetz to VARCHAR"},
        {2950, "uuid", "VARCHAR", "uuid to VARCHAR", "VARCHAR", "uuid to VARCHAR"},
        {114, "json", "VARCHAR", "json to VARCHAR", "VARCHAR", "json to VARCHAR"},
        {790, "money", "VARCHAR", "money to VARCHAR", "VARCHAR", "money to VARCHAR"},
        {99999, "mood", "VARCHAR", "mood to VARCHAR", "VARCHAR", "mood to VARCHAR"}};
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PgType type = type_of(cases[i].oid, -1, cases[i].name);
        PgPlan plan = pg_plan_type(&type, SOURCE_EXACT, arena);
        assert_str_equal(plan.stored, cases[i].exact);
        assert_str_equal(plan.coercion, cases[i].exact_rule);
        plan = pg_plan_type(&type, SOURCE_REFERENCE, arena);
        assert_str_equal(plan.stored, cases[i].reference);
        assert_str_equal(plan.coercion, cases[i].reference_rule);
        plan = pg_plan_type(&type, SOURCE_PRINTED, arena);
        assert_str_equal(plan.stored, "VARCHAR");
        assert_str_equal(plan.coercion, "");
        assert_str_equal(plan.special, "");
        assert_int_equal(plan.type, COLUMN_UTF8);
    }
    arena_destroy(arena);
}

static void test_declared_numerics(void **state) {
    (void)state;
    static const struct {
        int precision, scale;
        const char *stored; /* NULL: a scan decides */
    } cases[] = {{10, 2, "DECIMAL(10,2)"},
                 {38, 38, "DECIMAL(38,38)"},
                 {1, 0, "DECIMAL(1,0)"},
                 {3, -2, "DECIMAL(5,0)"},
                 {2, 4, "DECIMAL(4,4)"},
                 {38, -1, NULL},
                 {39, 0, NULL},
                 {1000, 1000, NULL},
                 {5, 39, NULL}};
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PgType type = type_of(1700, numeric_typmod(cases[i].precision, cases[i].scale), "numeric");
        PgPlan plan = pg_plan_type(&type, SOURCE_EXACT, arena);
        assert_int_equal(plan.needs_digits, cases[i].stored == NULL);
        assert_str_equal(plan.stored, cases[i].stored != NULL ? cases[i].stored : "VARCHAR");
    }
    PgType bare = type_of(1700, -1, "numeric");
    assert_true(pg_plan_type(&bare, SOURCE_EXACT, arena).needs_digits);
    assert_false(pg_plan_type(&bare, SOURCE_REFERENCE, arena).needs_digits);
    assert_false(pg_plan_type(&bare, SOURCE_PRINTED, arena).needs_digits);
    arena_destroy(arena);
}

static void test_scanned_numerics(void **state) {
    (void)state;
    static const struct {
        PgDigits digits;
        const char *stored;
    } cases[] = {{{0, 0, 0, 0}, "DECIMAL(18,0)"},    {{0, 7, 5, 5}, "DECIMAL(18,5)"},
                 {{0, 16, 2, 2}, "DECIMAL(18,2)"},   {{0, 17, 2, 1}, "DECIMAL(38,2)"},
                 {{0, 36, 2, 2}, "DECIMAL(38,2)"},   {{0, 37, 2, 1}, "DECIMAL(38,1)"},
                 {{0, 37, 2, 2}, "VARCHAR"},         {{1, 1, 1, 1}, "VARCHAR"},
                 {{0, 0, 38, 38}, "DECIMAL(38,38)"}, {{0, 4, 16383, 3}, "DECIMAL(18,3)"},
                 {{0, 131072, 0, 0}, "VARCHAR"}};
    Arena *arena = arena_create();
    PgType type = type_of(1700, -1, "numeric");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PgPlan plan = pg_plan_digits(&type, &cases[i].digits, arena);
        assert_str_equal(plan.stored, cases[i].stored);
        assert_false(plan.needs_digits);
        assert_true(plan.is_key_type);
    }
    arena_destroy(arena);
}

static void test_widening_ends_at_text(void **state) {
    (void)state;
    Arena *arena = arena_create();
    PgType type = type_of(1700, numeric_typmod(6, 2), "numeric(6,2)");
    PgPlan plan = pg_plan_type(&type, SOURCE_EXACT, arena);
    assert_true(pg_plan_widen(&type, &plan, arena));
    assert_str_equal(plan.stored, "VARCHAR");
    assert_str_equal(plan.coercion, "numeric(6,2) to VARCHAR");
    assert_int_equal(plan.decode, PG_DECODE_NUMERIC_TEXT);
    assert_true(plan.is_key_type);
    assert_false(pg_plan_widen(&type, &plan, arena));
    arena_destroy(arena);
}

static void test_key_types(void **state) {
    (void)state;
    static const uint32_t good[] = {20, 21, 23, 25, 1042, 1043, 1082, 1114, 1184, 1700, 2950};
    static const uint32_t bad[] = {16, 17, 114, 700, 701, 1186, 3802, 99999};
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        PgType type = type_of(good[i], -1, "t");
        assert_true(pg_plan_type(&type, SOURCE_EXACT, arena).is_key_type);
        /* A rounded key would lose its place. */
        assert_int_equal(pg_plan_type(&type, SOURCE_REFERENCE, arena).is_key_type, good[i] != 1700);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        PgType type = type_of(bad[i], -1, "t");
        assert_false(pg_plan_type(&type, SOURCE_EXACT, arena).is_key_type);
    }
    arena_destroy(arena);
}

int suite_test_postgres_types(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored_types),     cmocka_unit_test(test_declared_numerics),
        cmocka_unit_test(test_scanned_numerics), cmocka_unit_test(test_widening_ends_at_text),
        cmocka_unit_test(test_key_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
