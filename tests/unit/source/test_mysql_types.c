/* Every kind of field: what it is stored as, exactly and by the reference's mapping, and what comes
 * after a misfit. */
#include "unit.h"

#include "base/vec.h"
#include "source/mysql_types.h"

int suite_test_mysql_types(void);

#define U .is_unsigned = true
#define B .is_binary = true

static const struct {
    MysqlField field;
    const char *type; /* as the source calls it */
    const char *exact, *wider, *reference;
    bool own, comparable;
} cases[] = {
    {{.wire = MYSQL_WIRE_TINY, .length = 1}, "tinyint(1)", "BOOLEAN", "INTEGER", "BOOLEAN", 0, 1},
    {{.wire = MYSQL_WIRE_TINY, .length = 1, U}, "tinyint unsigned", "INTEGER", "", "INTEGER", 0, 1},
    {{.wire = MYSQL_WIRE_TINY, .length = 4}, "tinyint", "INTEGER", "", "INTEGER", 0, 1},
    {{.wire = MYSQL_WIRE_SHORT, .length = 6}, "smallint", "INTEGER", "", "INTEGER", 0, 1},
    {{.wire = MYSQL_WIRE_INT24, U}, "mediumint unsigned", "INTEGER", "", "INTEGER", 0, 1},
    {{.wire = MYSQL_WIRE_LONG}, "int", "INTEGER", "", "INTEGER", 1, 1},
    {{.wire = MYSQL_WIRE_LONG, U}, "int unsigned", "BIGINT", "", "INTEGER", 0, 1},
    {{.wire = MYSQL_WIRE_LONGLONG}, "bigint", "BIGINT", "", "BIGINT", 1, 1},
    {{.wire = MYSQL_WIRE_LONGLONG, U}, "bigint unsigned", "DECIMAL(20,0)", "", "BIGINT", 0, 1},
    {{.wire = MYSQL_WIRE_NEWDECIMAL, .length = 12, .decimals = 2},
     "decimal(10,2)",
     "DECIMAL(10,2)",
     "VARCHAR",
     "DOUBLE",
     1,
     1},
    {{.wire = MYSQL_WIRE_NEWDECIMAL, .length = 11, .decimals = 2, U},
     "decimal(10,2) unsigned",
     "DECIMAL(10,2)",
     "VARCHAR",
     "DOUBLE",
     1,
     1},
    {{.wire = MYSQL_WIRE_NEWDECIMAL, .length = 39, .decimals = 0},
     "decimal(38,0)",
     "DECIMAL(38,0)",
     "VARCHAR",
     "DOUBLE",
     1,
     1},
    {{.wire = MYSQL_WIRE_NEWDECIMAL, .length = 67, .decimals = 30},
     "decimal(65,30)",
     "VARCHAR",
     "",
     "DOUBLE",
     0,
     1},
    {{.wire = MYSQL_WIRE_NEWDECIMAL, .length = 2, .decimals = 5},
     "decimal(0,5)",
     "VARCHAR",
     "",
     "DOUBLE",
     0,
     1},
    {{.wire = MYSQL_WIRE_FLOAT}, "float", "FLOAT", "", "DOUBLE", 1, 0},
    {{.wire = MYSQL_WIRE_DOUBLE}, "double", "DOUBLE", "", "DOUBLE", 1, 0},
    {{.wire = MYSQL_WIRE_BIT, .length = 1, U}, "bit(1)", "BOOLEAN", "", "VARCHAR", 0, 0},
    {{.wire = MYSQL_WIRE_BIT, .length = 63, U}, "bit(63)", "BIGINT", "", "VARCHAR", 0, 0},
    {{.wire = MYSQL_WIRE_BIT, .length = 64, U}, "bit(64)", "DECIMAL(20,0)", "", "VARCHAR", 0, 0},
    {{.wire = MYSQL_WIRE_YEAR, U}, "year", "INTEGER", "", "VARCHAR", 0, 1},
    {{.wire = MYSQL_WIRE_DATE, B}, "date", "DATE", "VARCHAR", "VARCHAR", 1, 1},
    {{.wire = MYSQL_WIRE_DATETIME, B}, "datetime", "TIMESTAMP", "VARCHAR", "VARCHAR", 1, 1},
    {{.wire = MYSQL_WIRE_TIMESTAMP, B},
     "timestamp",
     "TIMESTAMP WITH TIME ZONE",
     "VARCHAR",
     "VARCHAR",
     1,
     1},
    {{.wire = MYSQL_WIRE_TIME, B}, "time", "TIME", "VARCHAR", "VARCHAR", 1, 0},
    {{.wire = MYSQL_WIRE_VAR_STRING}, "varchar", "VARCHAR", "", "VARCHAR", 1, 1},
    {{.wire = MYSQL_WIRE_BLOB}, "text", "VARCHAR", "", "VARCHAR", 1, 1},
    {{.wire = MYSQL_WIRE_VAR_STRING, B}, "varbinary", "BLOB", "", "VARCHAR", 1, 0},
    {{.wire = MYSQL_WIRE_BLOB, B}, "blob", "BLOB", "", "VARCHAR", 1, 0},
    {{.wire = MYSQL_WIRE_GEOMETRY, B}, "geometry", "BLOB", "", "VARCHAR", 0, 0},
    {{.wire = MYSQL_WIRE_STRING, .is_enum = true}, "enum", "VARCHAR", "", "VARCHAR", 0, 0},
    {{.wire = MYSQL_WIRE_STRING, .is_set = true}, "set", "VARCHAR", "", "VARCHAR", 0, 0},
    {{.wire = MYSQL_WIRE_JSON, B}, "json", "VARCHAR", "", "VARCHAR", 0, 0},
    {{.wire = MYSQL_WIRE_STRING, B, .extended = {"uuid", 4}},
     "uuid",
     "VARCHAR",
     "",
     "VARCHAR",
     0,
     1},
    {{.wire = MYSQL_WIRE_STRING, B, .extended = {"inet6", 5}},
     "inet6",
     "VARCHAR",
     "",
     "VARCHAR",
     0,
     0},
    {{.wire = MYSQL_WIRE_NULL, B}, "null", "VARCHAR", "", "VARCHAR", 1, 0},
    {{.wire = (MysqlWire)200}, "varchar", "VARCHAR", "", "VARCHAR", 1, 1},
    {{.wire = (MysqlWire)201, B}, "varbinary", "BLOB", "", "VARCHAR", 1, 0},
};

static void plans(void **state) {
    (void)state;
    Arena *arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        MysqlColumn exact = mysql_plan(&cases[i].field, SOURCE_EXACT);
        MysqlColumn reference = mysql_plan(&cases[i].field, SOURCE_REFERENCE);
        assert_str_equal(mysql_field_type(&cases[i].field, arena), cases[i].type);
        assert_str_equal(mysql_stored_type(&exact, arena), cases[i].exact);
        assert_str_equal(mysql_stored_type(&reference, arena), cases[i].reference);
        if (exact.own_type != cases[i].own || exact.comparable != cases[i].comparable)
            fail_msg("%s: own %d, comparable %d", cases[i].type, exact.own_type, exact.comparable);
    }
    arena_destroy(arena);
}

/* Every chain ends, and what was widened is no longer the source's own type. */
static void widens(void **state) {
    (void)state;
    Arena *arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        MysqlColumn column = mysql_plan(&cases[i].field, SOURCE_EXACT);
        bool wider = mysql_plan_wider(&column);
        assert_int_equal(wider, cases[i].wider[0] != '\0');
        if (wider) {
            assert_str_equal(mysql_stored_type(&column, arena), cases[i].wider);
            assert_false(column.own_type);
            assert_false(mysql_plan_wider(&column));
        }
    }
    MysqlColumn number = mysql_plan(&cases[8].field, SOURCE_REFERENCE);
    assert_true(mysql_plan_wider(&number));
    assert_str_equal(mysql_stored_type(&number, arena), "DECIMAL(20,0)");
    arena_destroy(arena);
}

static void printed_and_read(void **state) {
    (void)state;
    const MysqlField number = {.wire = MYSQL_WIRE_LONG}, text = {.wire = MYSQL_WIRE_VAR_STRING};
    const MysqlField unsigned_number = {.wire = MYSQL_WIRE_LONG, U};
    const MysqlField blob = {.wire = MYSQL_WIRE_LONG_BLOB, B};
    MysqlColumn planned = mysql_plan(&number, SOURCE_EXACT);
    MysqlColumn printed = mysql_plan_printed(&planned);
    assert_int_equal(printed.step, MYSQL_TEXT);
    assert_int_equal(printed.type, COLUMN_UTF8);
    assert_true(mysql_reads(&number, &number) && mysql_reads(&text, &blob));
    assert_false(mysql_reads(&number, &unsigned_number));
    assert_false(mysql_reads(&number, &text));
    assert_false(mysql_reads(&text, &number));
}

int suite_test_mysql_types(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(plans), cmocka_unit_test(widens),
                                       cmocka_unit_test(printed_and_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
