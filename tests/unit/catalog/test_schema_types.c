/* test_schema_types.c - type texts read, mapped to what is stored, compared, numbered. */
#include "unit.h"

#include "base/rng.h"
#include "base/vec.h"
#include "catalog/schema_types.h"

static void texts_are_read_and_printed_back(void **state) {
    (void)state;
    Arena *arena = arena_create();
    static const char *const texts[] = {
        "BIGINT",
        "TIMESTAMP WITH TIME ZONE",
        "DECIMAL(18,3)",
        "VARCHAR[]",
        "INTEGER[][]",
        "STRUCT(a INTEGER, b VARCHAR)",
        "STRUCT(\"a b\" INTEGER, \"c\"\"d\" STRUCT(x DOUBLE[]))[]",
        "MAP(VARCHAR, STRUCT(n BIGINT))",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const TypeNode *type = type_parse(str_c(texts[i]), arena);
        assert_non_null(type);
        assert_str_equal(type_print(type, arena), texts[i]);
    }
    arena_destroy(arena);
}

static void what_is_no_type_is_refused(void **state) {
    (void)state;
    Arena *arena = arena_create();
    static const char *const texts[] = {"",
                                        "(",
                                        "BIGINT(",
                                        "DECIMAL",
                                        "DECIMAL()",
                                        "DECIMAL(39,0)",
                                        "DECIMAL(5)",
                                        "DECIMAL(3,4)",
                                        "DECIMAL(0,0)",
                                        "STRUCT()",
                                        "STRUCT(a)",
                                        "STRUCT(a INTEGER",
                                        "MAP(VARCHAR)",
                                        "MAP(A, B, C)",
                                        "VARCHAR[",
                                        "VARCHAR[x]",
                                        "VARCHAR]",
                                        "INTEGER, VARCHAR",
                                        "STRUCT(\"a INTEGER)",
                                        "ENUM('a",
                                        "BIGINT;DROP",
                                        "VARCHAR[99999999999]"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const TypeNode *type = type_parse(str_c(texts[i]), arena);
        if (type != NULL && type_storage(type, arena) != NULL)
            fail_msg("'%s' was taken for a type", texts[i]);
    }
    StrBuf deep = strbuf_make(arena);
    for (int i = 0; i < 20000; i++)
        strbuf_append_c(&deep, "STRUCT(a ");
    assert_null(type_parse(strbuf_str(&deep), arena));
    strbuf_clear(&deep);
    strbuf_append_c(&deep, "VARCHAR");
    for (int i = 0; i < 20000; i++)
        strbuf_append_c(&deep, "[]");
    assert_null(type_parse(strbuf_str(&deep), arena));
    arena_destroy(arena);
}

/* Any bytes: an answer, never a crash. */
static void random_texts_are_survived(void **state) {
    (void)state;
    static const char pieces[][16] = {"STRUCT(", "MAP(",    "DECIMAL(", "ENUM('", ")",    "[",
                                      "]",       "[3]",     ",",        " ",      "\"",   "'",
                                      "a",       "INTEGER", "VARCHAR",  "18,3)",  "\"\"", "UNION("};
    Rng rng = rng_seeded(7);
    for (int round = 0; round < 20000; round++) {
        Arena *arena = arena_create();
        StrBuf text = strbuf_make(arena);
        for (uint64_t i = rng_below(&rng, 12); i > 0; i--)
            strbuf_append_c(&text, pieces[rng_below(&rng, ARRAY_LEN(pieces))]);
        const TypeNode *type = type_parse(strbuf_str(&text), arena);
        const TypeNode *stored = type == NULL ? NULL : type_storage(type, arena);
        if (stored != NULL) { /* what is stored is stable */
            Str printed = type_print(stored, arena);
            const TypeNode *again = type_parse(printed, arena);
            assert_non_null(again);
            assert_true(type_equal(type_storage(again, arena), stored));
        }
        arena_destroy(arena);
    }
}

static void every_type_is_stored_as_iceberg_can_hold_it(void **state) {
    (void)state;
    Arena *arena = arena_create();
    static const struct {
        const char *found, *stored;
    } rows[] = {
        {"TINYINT", "INTEGER"},
        {"USMALLINT", "INTEGER"},
        {"UINTEGER", "BIGINT"},
        {"UBIGINT", "DECIMAL(20,0)"},
        {"HUGEINT", "DECIMAL(38,0)"},
        {"UHUGEINT", "DECIMAL(38,0)"},
        {"TIMESTAMP_NS", "TIMESTAMP"},
        {"TIME_NS", "TIME"},
        {"JSON", "VARCHAR"},
        {"ENUM('a', 'b)')", "VARCHAR"},
        {"UNION(num INTEGER, str VARCHAR)", "VARCHAR"},
        {"ENUM('it''s')[]", "VARCHAR[]"},
        {"FLOAT[384]", "FLOAT[]"},
        {"FLOAT[3][2]", "FLOAT[][]"},
        {"STRUCT(a UTINYINT, b ENUM('x'))", "STRUCT(a INTEGER, b VARCHAR)"},
        {"MAP(UINTEGER, TIMESTAMP_S[2])", "MAP(BIGINT, TIMESTAMP[])"},
        {"\"NULL\"", "\"NULL\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const TypeNode *type = type_parse(str_c(rows[i].found), arena);
        assert_non_null(type);
        assert_str_equal(type_print(type_storage(type, arena), arena), rows[i].stored);
    }
    static const char *const none[] = {"POINTER", "GEOMETRY", "bigint", "ROW", "STRUCT(a POINTER)"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        const TypeNode *type = type_parse(str_c(none[i]), arena);
        assert_true(type == NULL || type_storage(type, arena) == NULL);
    }
    arena_destroy(arena);
}

static void the_wider_type_holds_both(void **state) {
    (void)state;
    Arena *arena = arena_create();
    static const struct {
        const char *a, *b, *wider;
    } rows[] = {
        {"INTEGER", "BIGINT", "BIGINT"},
        {"FLOAT", "DOUBLE", "DOUBLE"},
        {"DECIMAL(10,2)", "DECIMAL(18,2)", "DECIMAL(18,2)"},
        {"FLOAT[]", "DOUBLE[]", "DOUBLE[]"},
        {"INTEGER[][]", "BIGINT[][]", "BIGINT[][]"},
        {"\"NULL\"", "DATE", "DATE"},
        {"\"NULL\"[]", "INTEGER[]", "INTEGER[]"},
        {"VARCHAR", "VARCHAR", "VARCHAR"},
        {"DECIMAL(10,2)", "DECIMAL(18,3)", NULL},
        {"INTEGER", "DOUBLE", NULL},
        {"BIGINT", "DECIMAL(20,0)", NULL},
        {"VARCHAR", "INTEGER", NULL},
        {"INTEGER", "INTEGER[]", NULL},
        {"DATE", "TIMESTAMP", NULL},
        {"STRUCT(a INTEGER)", "STRUCT(b INTEGER)", NULL},
        {"STRUCT(a INTEGER)", "STRUCT(a BIGINT)", NULL},
        {"MAP(VARCHAR, INTEGER)", "MAP(VARCHAR, BIGINT)", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const TypeNode *a = type_parse(str_c(rows[i].a), arena);
        const TypeNode *b = type_parse(str_c(rows[i].b), arena);
        const TypeNode *both[] = {type_wider(a, b, arena), type_wider(b, a, arena)};
        for (int side = 0; side < 2; side++) {
            if (rows[i].wider == NULL)
                assert_null(both[side]);
            else
                assert_str_equal(type_print(both[side], arena), rows[i].wider);
        }
    }
    arena_destroy(arena);
}

static void nested_fields_are_numbered_depth_first(void **state) {
    (void)state;
    Arena *arena = arena_create();
    static const struct {
        const char *type, *ids;
        size_t nested;
    } rows[] = {
        {"BIGINT", "5", 0},
        {"FLOAT[]", "{__duckdb_field_id: 5, element: 6}", 1},
        {"MAP(VARCHAR, INTEGER[])",
         "{__duckdb_field_id: 5, key: 6, value: {__duckdb_field_id: 7, element: 8}}", 3},
        {"STRUCT(a INTEGER[], \"b c\" STRUCT(d DATE))",
         "{__duckdb_field_id: 5, a: {__duckdb_field_id: 6, element: 7}, \"b c\": "
         "{__duckdb_field_id: 8, d: 9}}",
         4},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const TypeNode *type = type_parse(str_c(rows[i].type), arena);
        StrBuf out = strbuf_make(arena);
        type_print_field_ids(type, 5, &out);
        assert_str_equal(strbuf_str(&out), rows[i].ids);
        assert_int_equal(type_nested_count(type), rows[i].nested);
    }
    arena_destroy(arena);
}

int suite_test_schema_types(void);
int suite_test_schema_types(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_and_printed_back),
        cmocka_unit_test(what_is_no_type_is_refused),
        cmocka_unit_test(random_texts_are_survived),
        cmocka_unit_test(every_type_is_stored_as_iceberg_can_hold_it),
        cmocka_unit_test(the_wider_type_holds_both),
        cmocka_unit_test(nested_fields_are_numbered_depth_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
