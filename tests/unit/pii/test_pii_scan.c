/* Unit tests of the scanner: findings by value, by name, by both; types; texts. */
#include "unit.h"

#include "base/row_builder.h"
#include "pii/pii.h"

/* ---- a table in a few lines ---- */

typedef struct Table {
    Arena *arena;
    const char *dataset;
    Str names[8], types[8];
    size_t columns, rows;
    Str (*cell)(Arena *arena, size_t column, size_t row);
    PiiFinding *found;
    size_t count;
} Table;

static void scan(Table *table, size_t batch_rows) {
    RowColumn shape[8];
    for (size_t i = 0; i < table->columns; i++)
        shape[i] = (RowColumn){.name = table->names[i], .type = COLUMN_UTF8};
    RowBatch schema = {.column_count = table->columns, .columns = shape};
    RowBuilder *rows = row_builder_create(&schema, batch_rows);
    PiiScanner *scanner =
        pii_scanner_create(str_c(table->dataset), table->names, table->types, table->columns);
    Err err = {0};
    for (size_t r = 0; r < table->rows; r++) {
        for (size_t c = 0; c < table->columns; c++)
            assert_ok(column_put_text(&rows->columns[c], table->cell(table->arena, c, r), &err),
                      &err);
        row_builder_end_row(rows);
        if (!row_builder_is_full(rows) && r + 1 < table->rows)
            continue;
        RowBatch batch = row_builder_batch(rows);
        pii_scanner_add(scanner, &batch);
        row_builder_clear(rows);
    }
    pii_scanner_finish(scanner, table->arena, &table->found, &table->count);
    pii_scanner_destroy(scanner);
    row_builder_destroy(rows);
}

static const PiiFinding *find(const Table *table, const char *column, const char *kind) {
    for (size_t i = 0; i < table->count; i++)
        if (str_eq_c(table->found[i].column, column) && str_eq_c(table->found[i].kind, kind))
            return &table->found[i];
    return NULL;
}

static size_t count_of(const Table *table, const char *column) {
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++)
        count += str_eq_c(table->found[i].column, column);
    return count;
}

/* ---- cases ---- */

static Str people_cell(Arena *arena, size_t column, size_t row) {
    static const char *const names[] = {"Alice Johnson", "Bob Smith", "Carol Diaz", "Dan Brown"};
    switch (column) {
    case 0:
        return str_format(arena, "%zu", row + 1);
    case 1:
        return str_c(names[row % 4]);
    case 2:
        return str_format(arena, "person%zu@example.com", row);
    case 3:
        return str_c(row % 2 == 0 ? "true" : "false");
    default:
        return str_format(arena, "notes about order %zu", row);
    }
}

/* The reference's check: ten rows, "name" and "email" are found. */
static void test_ten_people(void **state) {
    (void)state;
    Table table = {
        .arena = arena_create(),
        .dataset = "validation",
        .names = {STR("id"), STR("name"), STR("email"), STR("is_active"), STR("notes")},
        .types = {STR("INTEGER"), STR("VARCHAR"), STR("VARCHAR"), STR("BOOLEAN"), STR("VARCHAR")},
        .columns = 5,
        .rows = 10,
        .cell = people_cell};
    scan(&table, 4);
    assert_int_equal(table.count, 2);
    const PiiFinding *email = find(&table, "email", "EMAIL");
    assert_non_null(email);
    assert_int_equal(email->basis, PII_BY_BOTH);
    assert_true(email->score > 0.99);
    assert_int_equal(email->sampled, 10);
    assert_int_equal(email->matched, 10);
    assert_non_null(find(&table, "name", "PERSON"));
    arena_destroy(table.arena);
}

static Str name_cell(Arena *arena, size_t column, size_t row) {
    (void)column;
    return str_format(arena, "Widget %c%c", (char)('A' + row % 26), (char)('a' + row / 26 % 26));
}

/* "name" is a person's in a table of people, a thing's elsewhere. */
static void test_name_alone(void **state) {
    (void)state;
    const char *const datasets[] = {"customers", "products"};
    for (size_t i = 0; i < 2; i++) {
        Table table = {.arena = arena_create(),
                       .dataset = datasets[i],
                       .names = {STR("name")},
                       .types = {STR("VARCHAR")},
                       .columns = 1,
                       .rows = 500,
                       .cell = name_cell};
        scan(&table, 100);
        assert_int_equal(table.count, i == 0 ? 1 : 0);
        if (i == 0) {
            assert_int_equal(table.found[0].basis, PII_BY_NAME);
            assert_true(table.found[0].score == 0.4);
            assert_int_equal(table.found[0].matched, 0);
        }
        arena_destroy(table.arena);
    }
}

static Str text_cell(Arena *arena, size_t column, size_t row) {
    if (column == 1)
        return str_format(arena,
                          "row %zu speaks of nothing at all, at some length, again and again", row);
    StrBuf text = strbuf_make(arena);
    strbuf_append_c(&text, "The customer called about the delivery of last week; ");
    if (row % 50 == 0)
        strbuf_append_format(&text, "write to jane%zu@example.org, ", row);
    else
        strbuf_append_format(&text, "nobody is named here %zu, ", row);
    strbuf_append_c(&text, "and that is all.");
    return strbuf_str(&text);
}

static void test_free_text(void **state) {
    (void)state;
    Table table = {.arena = arena_create(),
                   .dataset = "calls",
                   .names = {STR("summary"), STR("other")},
                   .types = {STR("VARCHAR"), STR("VARCHAR")},
                   .columns = 2,
                   .rows = 1000,
                   .cell = text_cell};
    scan(&table, 64);
    assert_int_equal(table.count, 1);
    assert_str_equal(table.found[0].kind, "EMAIL");
    assert_true(table.found[0].contained);
    assert_int_equal(table.found[0].matched, 20);
    arena_destroy(table.arena);
}

static Str order_cell(Arena *arena, size_t column, size_t row) {
    (void)column;
    return str_format(arena, "%llu", 4000000000000000ull + row * 7919u);
}

/* One order number in ten passes Luhn. */
static void test_order_numbers(void **state) {
    (void)state;
    Table table = {.arena = arena_create(),
                   .dataset = "orders",
                   .names = {STR("order_id")},
                   .types = {STR("VARCHAR")},
                   .columns = 1,
                   .rows = 5000,
                   .cell = order_cell};
    scan(&table, 1000);
    assert_int_equal(table.count, 0);
    arena_destroy(table.arena);
}

static Str any_cell(Arena *arena, size_t column, size_t row) {
    (void)column;
    return row % 3 == 0 ? str_format(arena, "u%zu@example.com", row)
                        : str_format(arena, "thing %zu", row);
}

/* The same rows in other batches and the other way round: the same findings to the last bit. */
static Str reversed_cell(Arena *arena, size_t column, size_t row) {
    return any_cell(arena, column, 19999 - row);
}

static void test_order_does_not_matter(void **state) {
    (void)state;
    double score[2];
    uint64_t matched[2];
    for (size_t i = 0; i < 2; i++) {
        Table table = {.arena = arena_create(),
                       .dataset = "x",
                       .names = {STR("who")},
                       .types = {STR("VARCHAR")},
                       .columns = 1,
                       .rows = 20000,
                       .cell = i == 0 ? any_cell : reversed_cell};
        scan(&table, i == 0 ? 4096 : 77);
        assert_int_equal(table.count, 1);
        assert_int_equal(table.found[0].sampled, PII_SAMPLE);
        score[i] = table.found[0].score;
        matched[i] = table.found[0].matched;
        arena_destroy(table.arena);
    }
    assert_true(score[0] == score[1]);
    assert_int_equal(matched[0], matched[1]);
    assert_in_range(matched[0], 580, 750);
}

/* ---- integers and dates ---- */

static void scan_integers(Arena *arena, Str name, const char *type, RowColumn *column, size_t count,
                          PiiFinding **found, size_t *found_count) {
    Str stored = str_c(type);
    PiiScanner *scanner = pii_scanner_create(STR("t"), &name, &stored, 1);
    RowBatch batch = {.row_count = count, .column_count = 1, .columns = column};
    pii_scanner_add(scanner, &batch);
    pii_scanner_finish(scanner, arena, found, found_count);
    pii_scanner_destroy(scanner);
}

static void test_integers(void **state) {
    (void)state;
    Arena *arena = arena_create();
    int64_t cards[] = {4111111111111111, 5500005555555559, 5105105105105100, 4012888888881881};
    RowColumn column = {.type = COLUMN_INT64, .values = cards};
    PiiFinding *found;
    size_t count;
    scan_integers(arena, STR("paid_with"), "BIGINT", &column, 4, &found, &count);
    assert_int_equal(count, 1);
    assert_str_equal(found[0].kind, "CREDIT_CARD");
    assert_int_equal(found[0].basis, PII_BY_VALUE);
    int32_t ssns[] = {536900399, 219091234, 457555462};
    column = (RowColumn){.type = COLUMN_INT32, .values = ssns};
    scan_integers(arena, STR("ssn"), "INTEGER", &column, 3, &found, &count);
    assert_int_equal(count, 1);
    assert_str_equal(found[0].kind, "US_SSN");
    scan_integers(arena, STR("serial"), "INTEGER", &column, 3, &found, &count);
    assert_int_equal(count, 0);
    arena_destroy(arena);
}

static void test_dates(void **state) {
    (void)state;
    Arena *arena = arena_create();
    int32_t days[] = {-3653, 0, 7300, 10957};
    RowColumn column = {.type = COLUMN_DATE32, .values = days};
    PiiFinding *found;
    size_t count;
    scan_integers(arena, STR("date_of_birth"), "DATE", &column, 4, &found, &count);
    assert_int_equal(count, 1);
    assert_str_equal(found[0].kind, "DATE_OF_BIRTH");
    scan_integers(arena, STR("shipped"), "DATE", &column, 4, &found, &count);
    assert_int_equal(count, 0);
    int32_t future[] = {60000, 70000, 80000, 90000};
    column.values = future;
    scan_integers(arena, STR("date_of_birth"), "DATE", &column, 4, &found, &count);
    assert_int_equal(count, 0);
    int64_t micros[] = {-86400000000, 86400000000};
    column = (RowColumn){.type = COLUMN_TIMESTAMP_US, .values = micros};
    scan_integers(arena, STR("birthdate"), "TIMESTAMP", &column, 2, &found, &count);
    assert_int_equal(count, 1);
    arena_destroy(arena);
}

static void test_kinds(void **state) {
    (void)state;
    const char *const *kinds = pii_kinds();
    size_t count = 0;
    for (; kinds[count] != NULL; count++)
        assert_true(strlen(kinds[count]) > 1);
    assert_true(count > 30);
    assert_string_equal(kinds[0], "EMAIL");
    assert_string_equal(pii_basis_name(PII_BY_BOTH), "both");
}

static void test_nothing(void **state) {
    (void)state;
    Arena *arena = arena_create();
    PiiFinding *found;
    size_t count = 9;
    PiiScanner *scanner = pii_scanner_create(STR_EMPTY, NULL, NULL, 0);
    pii_scanner_finish(scanner, arena, &found, &count);
    assert_int_equal(count, 0);
    pii_scanner_destroy(scanner);
    pii_scanner_destroy(NULL);
    arena_destroy(arena);
}

static Str private_cell(Arena *arena, size_t column, size_t row) {
    (void)column;
    return str_format(arena, "%s%zu", row % 2 ? "10.1.2." : "192.168.7.", row % 250 + 1);
}

static void test_best_kind_stands(void **state) {
    (void)state;
    Table table = {.arena = arena_create(),
                   .dataset = "log",
                   .names = {STR("address")},
                   .types = {STR("VARCHAR")},
                   .columns = 1,
                   .rows = 600,
                   .cell = private_cell};
    scan(&table, 100);
    assert_int_equal(count_of(&table, "address"), 1);
    assert_str_equal(table.found[0].kind, "IP_ADDRESS");
    arena_destroy(table.arena);
}

int suite_test_pii_scan(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ten_people),
        cmocka_unit_test(test_name_alone),
        cmocka_unit_test(test_free_text),
        cmocka_unit_test(test_order_numbers),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_best_kind_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
