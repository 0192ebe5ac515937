/* test_table_random.c - random tables, loads and stops against a naive twin: a plain list of the
 * rows that the dataset must hold. */
#include "table_case.h"

#include <stdlib.h>

#include "base/rng.h"

enum { ROUNDS = 12, STEPS = 6, IDS = 40, ROWS_MAX = 200 };

/* What the dataset must hold: version of each row, by id; several of an id after appends. */
typedef struct Twin {
    int ids[ROWS_MAX], versions[ROWS_MAX];
    size_t count;
} Twin;

static void twin_add(Twin *twin, int id, int version) {
    assert_in_range(twin->count, 0, ROWS_MAX - 1);
    twin->ids[twin->count] = id;
    twin->versions[twin->count++] = version;
}

static void twin_remove(Twin *twin, int id) {
    size_t kept = 0;
    for (size_t i = 0; i < twin->count; i++)
        if (twin->ids[i] != id) {
            twin->ids[kept] = twin->ids[i];
            twin->versions[kept++] = twin->versions[i];
        }
    twin->count = kept;
}

static int compare_rows(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static Str print_twin(IngestCase *c, const Twin *twin) {
    const char **lines = ARENA_ARRAY(c->arena, const char *, twin->count + 1);
    for (size_t i = 0; i < twin->count; i++)
        lines[i] = str_format(c->arena, "%03d/%d\n", twin->ids[i], twin->versions[i]).data;
    qsort(lines, twin->count, sizeof *lines, compare_rows);
    StrBuf text = strbuf_make(c->arena);
    for (size_t i = 0; i < twin->count; i++)
        strbuf_append_c(&text, lines[i]);
    return strbuf_str(&text);
}

static MemoryTable random_table(IngestCase *c, Rng *rng, int version) {
    static const MemoryColumn columns[] = {{"id", "int", {"INTEGER"}, NULL},
                                           {"version", "int", {"INTEGER"}, NULL}};
    static const size_t key[] = {0};
    int order[IDS];
    size_t count = rng_below(rng, IDS / 2);
    for (int i = 0; i < IDS; i++)
        order[i] = i + 1;
    for (int i = IDS - 1; i > 0; i--) {
        int other = (int)rng_below(rng, (uint64_t)i + 1), held = order[i];
        order[i] = order[other];
        order[other] = held;
    }
    const char **cells = ARENA_ARRAY(c->arena, const char *, count * 2 + 1);
    for (size_t row = 0; row < count; row++) {
        cells[row * 2] = str_format(c->arena, "%d", order[row]).data;
        cells[row * 2 + 1] = str_format(c->arena, "%d", version).data;
    }
    return (MemoryTable){.columns = columns,
                         .column_count = 2,
                         .cells = cells,
                         .row_count = count,
                         .key_columns = key,
                         .key_count = rng_below(rng, 2),
                         .batch_rows = 1 + rng_below(rng, 5),
                         .rows_unknown = rng_below(rng, 2) == 0};
}

static void apply(Twin *twin, IngestMode mode, const MemoryTable *table) {
    if (mode == INGEST_REPLACE)
        twin->count = 0;
    for (size_t row = 0; row < table->row_count; row++) {
        int id = (int)strtol(table->cells[row * 2], NULL, 10);
        if (mode == INGEST_UPSERT)
            twin_remove(twin, id);
        twin_add(twin, id, (int)strtol(table->cells[row * 2 + 1], NULL, 10));
    }
}

/* Loads, stopped a few times at random, or at once. */
static void load(IngestCase *c, Rng *rng, IngestTableRequest *request, MemoryTable *table) {
    for (uint64_t stops = rng_below(rng, 3); stops > 0 && table->row_count > 0; stops--) {
        uint64_t left = 1 + rng_below(rng, table->row_count);
        table->fails_after = &left;
        if (table_case_try(c, request, table)) /* there was less to read than that */
            return;
        assert_int_equal(c->err.kind, FAIL_UPSTREAM);
        table->fails_after = NULL;
    }
    table->fails_after = NULL;
    table_case_load(c, request, table);
}

static void random_loads_come_to_the_same_as_the_twin(void **state) {
    IngestCase *c = *state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        Rng rng = rng_seeded(seed);
        Twin twin = {.count = 0};
        for (int step = 0; step < STEPS; step++) {
            IngestMode mode = (IngestMode)rng_below(&rng, 3);
            IngestTableRequest request = {.dataset = STR("d"),
                                          .table = STR("t"),
                                          .mode = mode,
                                          .key = mode == INGEST_UPSERT ? STR("id") : STR_EMPTY,
                                          .batch_rows = 1 + rng_below(&rng, 8)};
            MemoryTable table = random_table(c, &rng, step);
            load(c, &rng, &request, &table);
            apply(&twin, mode, &table);
            assert_int_equal(c->result.rows_written, table.row_count);
            Str found = ingest_case_rows(
                c, "d", "SELECT printf('%03d/%d', id, version) AS t FROM d ORDER BY t");
            Str expected = print_twin(c, &twin);
            if (!str_eq(found, expected))
                fail_msg("seed %d, step %d, mode %d: '%.*s', not '%.*s'", (int)seed, step,
                         (int)mode, STR_ARG(found), STR_ARG(expected));
            table_case_expect_tidy(c, "d");
        }
        assert_ok(catalog_drop(c->catalog, STR("d"), &c->err), &c->err);
    }
}

int suite_test_table_random(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        random_loads_come_to_the_same_as_the_twin, ingest_case_set_up, ingest_case_tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
