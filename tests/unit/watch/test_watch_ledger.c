/* test_watch_ledger.c - what was written down is known again, whole, and by content. */
#include "watch/watch_ledger.h"

#include "base/hash.h"
#include "ingest/ingest_case.h"
#include "source_file.h"

static LedgerFile file_of(const char *path, const char *content) {
    LedgerFile file = {.path = str_c(path),
                       .stamp = {.size_bytes = strlen(content), .inode = 7, .modified_ns = 5},
                       .rows = 3,
                       .rejected = 1,
                       .error_kind = STR("invalid"),
                       .error = STR("why"),
                       .moved_to = STR_EMPTY};
    sha256(str_c(content), file.sha256);
    return file;
}

static void open_it(IngestCase *c, Ledger *ledger, const char *bucket) {
    ledger_close(ledger);
    assert_ok(
        ledger_open(ledger, c->buckets, STR("inbox"), str_c(bucket), c->budget, NULL, &c->err),
        &c->err);
}

static bool knows(const Ledger *ledger, const LedgerFile *file, LedgerState expected) {
    LedgerState state;
    return ledger_knows(ledger, file->path, &file->stamp, &state) && state == expected;
}

static void test_round_trip(void **state) {
    IngestCase *c = *state;
    Ledger ledger = {0};
    open_it(c, &ledger, "");
    LedgerFile taken[2] = {file_of("a.csv", "A"), file_of("b/\"quoted\".csv", "B")};
    LedgerFile failed = file_of("c.csv", "C"), moved = file_of("d.csv", "D");
    LedgerFile copy = file_of("e.csv", "A");
    moved.moved_to = STR(".failed/d.csv");
    Str content = ledger_content(taken, 2, c->arena);
    assert_ok(ledger_intend(&ledger, taken, 2, content, 9, &c->err), &c->err);
    assert_false(knows(&ledger, &taken[0], LEDGER_TAKEN));
    const LedgerIntent *open;
    assert_int_equal(ledger_unanswered(&ledger, &open), 1);
    assert_ok(ledger_taken(&ledger, open[0].sequence, 10, &c->err), &c->err);
    assert_ok(ledger_note(&ledger, LEDGER_FAILED, &failed, 1, &c->err), &c->err);
    assert_ok(ledger_note(&ledger, LEDGER_FAILED, &moved, 1, &c->err), &c->err);
    assert_ok(ledger_note(&ledger, LEDGER_DUPLICATE, &copy, 1, &c->err), &c->err);
    for (int again = 0; again < 2; again++) {
        assert_true(knows(&ledger, &taken[0], LEDGER_TAKEN));
        assert_true(knows(&ledger, &taken[1], LEDGER_TAKEN));
        assert_true(knows(&ledger, &failed, LEDGER_FAILED));
        assert_true(knows(&ledger, &copy, LEDGER_DUPLICATE));
        assert_false(knows(&ledger, &moved, LEDGER_FAILED)); /* it may come again */
        assert_true(ledger_has_content(&ledger, taken[1].sha256));
        assert_false(ledger_has_content(&ledger, failed.sha256));
        assert_true(ledger_ends_with(&ledger, taken[1].sha256));
        assert_false(ledger_ends_with(&ledger, taken[0].sha256));
        assert_true(ledger_has_path(&ledger, STR("a.csv")));
        assert_int_equal(ledger.totals.taken, 2);
        assert_int_equal(ledger.totals.failed, 2);
        assert_int_equal(ledger.totals.duplicates, 1);
        assert_int_equal(ledger.totals.rows, 6);
        assert_int_equal(ledger.totals.rejected, 2);
        assert_str_equal(ledger.last_path, "b/\"quoted\".csv");
        FileStamp touched = taken[0].stamp;
        touched.modified_ns++;
        LedgerState seen;
        assert_false(ledger_knows(&ledger, STR("a.csv"), &touched, &seen));
        open_it(c, &ledger, "");
    }
    ledger_close(&ledger);
}

static void test_unanswered(void **state) {
    IngestCase *c = *state;
    Ledger ledger = {0};
    open_it(c, &ledger, "");
    LedgerFile file = file_of("a.csv", "A"), other = file_of("b.csv", "B");
    Str one = ledger_content(&file, 1, c->arena), two = ledger_content(&other, 1, c->arena);
    assert_str_equal(one, sha256_hex(STR("A"), c->arena).data);
    assert_ok(ledger_intend(&ledger, &file, 1, one, 0, &c->err), &c->err);
    assert_ok(ledger_intend(&ledger, &other, 1, two, 4, &c->err), &c->err);
    open_it(c, &ledger, "");
    const LedgerIntent *open;
    assert_int_equal(ledger_unanswered(&ledger, &open), 2);
    assert_true(str_eq(open[0].content, one));
    assert_int_equal(open[1].base_id, 4);
    assert_ok(ledger_taken(&ledger, open[0].sequence, 5, &c->err), &c->err);
    assert_int_equal(ledger_unanswered(&ledger, &open), 0);
    open_it(c, &ledger, "");
    assert_true(knows(&ledger, &file, LEDGER_TAKEN));
    assert_false(knows(&ledger, &other, LEDGER_TAKEN));
    ledger_close(&ledger);
}

/* The log is found where it was begun. */
static void test_bucket(void **state) {
    IngestCase *c = *state;
    Ledger ledger = {0};
    LedgerFile file = file_of("a.csv", "A");
    open_it(c, &ledger, "memory");
    assert_ok(ledger_note(&ledger, LEDGER_DUPLICATE, &file, 1, &c->err), &c->err);
    open_it(c, &ledger, "");
    assert_str_equal(ledger.bucket, "memory");
    assert_true(knows(&ledger, &file, LEDGER_DUPLICATE));
    ledger_close(&ledger);
}

static void test_budget_and_damage(void **state) {
    IngestCase *c = *state;
    Ledger ledger = {0};
    Budget *small = budget_create(600);
    LedgerFile files[3] = {file_of("a", "1"), file_of("b", "2"), file_of("c", "3")};
    assert_ok(ledger_open(&ledger, c->buckets, STR("inbox"), STR_EMPTY, small, NULL, &c->err),
              &c->err);
    assert_fails(ledger_note(&ledger, LEDGER_FAILED, files, 3, &c->err), &c->err, FAIL_NO_MEMORY);
    assert_ok(ledger_note(&ledger, LEDGER_FAILED, files, 2, &c->err), &c->err);
    ledger_close(&ledger);
    assert_int_equal(budget_used(small), 0);
    budget_destroy(small);
    AppendLog log = {c->primary, STR("journal/watch-inbox")};
    uint64_t sequence;
    json_t *odd = json_keep(c->arena, json_object());
    json_set_str(odd, "state", STR("never heard of"));
    assert_ok(append_log_add(&log, odd, &sequence, &c->err), &c->err);
    assert_fails(
        ledger_open(&ledger, c->buckets, STR("inbox"), STR_EMPTY, c->budget, NULL, &c->err),
        &c->err, FAIL_CORRUPT);
}

/* What an earlier version wrote is read for ever. */
static void test_golden(void **state) {
    IngestCase *c = *state;
    Str text = source_file_read("tests/data/formats/v1/watch_ledger.jsonl", c->arena), line;
    for (int number = 1; text.length > 0; number++) {
        text = str_cut(text, '\n', &line);
        Str key = str_format(c->arena, "journal/watch-inbox/%020d.json", number);
        Str record = str_format(c->arena, "%.*s\n", STR_ARG(line));
        assert_ok(store_put(c->primary, key, record, c->arena, NULL, &c->err), &c->err);
    }
    Ledger ledger = {0};
    open_it(c, &ledger, "");
    assert_int_equal(ledger.totals.taken, 3);
    assert_int_equal(ledger.totals.failed, 1);
    assert_int_equal(ledger.totals.duplicates, 1);
    assert_int_equal(ledger.totals.rows, 3);
    assert_int_equal(ledger.totals.rejected, 1);
    assert_str_equal(ledger.last_path, "3.csv");
    FileStamp stamp = {.size_bytes = 9, .modified_ns = 1795374523709889188, .inode = 10395873};
    LedgerState seen;
    assert_true(ledger_knows(&ledger, STR("2.csv"), &stamp, &seen));
    assert_int_equal(seen, LEDGER_TAKEN);
    const LedgerIntent *open;
    assert_int_equal(ledger_unanswered(&ledger, &open), 0);
    ledger_close(&ledger);
}

int suite_test_watch_ledger(void) {
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, ingest_case_set_up, ingest_case_tear_down)
    const struct CMUnitTest tests[] = {CASE(test_round_trip), CASE(test_unanswered),
                                       CASE(test_bucket), CASE(test_budget_and_damage),
                                       CASE(test_golden)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
