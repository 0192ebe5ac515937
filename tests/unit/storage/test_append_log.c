/* test_append_log.c - order, many writers, damage and gaps, every call failing, crashes, the
 * documented example. */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/vec.h"
#include "source_file.h"
#include "storage/append_log.h"

typedef struct Case {
    Arena *arena;
    ObjectStore *store; /* faulty over memory */
    AppendLog log;
    Err err;
} Case;

static int set_up(void **state) {
    Case *c = calloc(1, sizeof *c);
    c->arena = arena_create();
    c->store = store_faulty_create(store_memory_create(), &(FaultPlan){0});
    c->log = (AppendLog){c->store, STR("journal/x")};
    *state = c;
    return 0;
}

static int tear_down(void **state) {
    Case *c = *state;
    arena_destroy(c->arena);
    store_close(c->store);
    free(c);
    return 0;
}

static json_t *number(Case *c, uint64_t n) {
    json_t *data = json_keep(c->arena, json_object());
    json_set_u64(data, "n", n);
    return data;
}

static void add(Case *c, uint64_t n) {
    uint64_t sequence;
    assert_ok(append_log_add(&c->log, number(c, n), &sequence, &c->err), &c->err);
    assert_int_equal(sequence, n);
}

static uint64_t last(Case *c) {
    uint64_t sequence;
    assert_ok(append_log_last(&c->log, c->arena, &sequence, &c->err), &c->err);
    return sequence;
}

static size_t read_from(Case *c, uint64_t from, size_t limit, LogRecord **out) {
    size_t count;
    assert_ok(append_log_read(&c->log, from, limit, c->arena, out, &count, &c->err), &c->err);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal((*out)[i].sequence, from + i);
        uint64_t n;
        assert_ok(json_read_u64((*out)[i].data, "n", JSON_REQUIRED, &n, &c->err), &c->err);
        assert_int_equal(n, from + i);
    }
    return count;
}

static Str key_of(Case *c, uint64_t sequence) {
    return str_format(c->arena, "journal/x/%020llu.json", (unsigned long long)sequence);
}

static void an_empty_log(void **state) {
    Case *c = *state;
    LogRecord *records;
    assert_int_equal(last(c), 0);
    assert_int_equal(read_from(c, 1, 10, &records), 0);
}

static void records_come_back_in_order(void **state) {
    Case *c = *state;
    LogRecord *records;
    for (uint64_t n = 1; n <= 70; n++) {
        add(c, n);
        assert_int_equal(last(c), n);
    }
    assert_int_equal(read_from(c, 1, 1000, &records), 70);
    assert_true(records[0].at_us > 0 && records[69].at_us >= records[0].at_us);
    assert_int_equal(read_from(c, 60, 5, &records), 5);
    assert_int_equal(read_from(c, 71, 5, &records), 0);
    size_t count;
    assert_fails(append_log_read(&c->log, 1, 100001, c->arena, &records, &count, &c->err), &c->err,
                 FAIL_INVALID);
}

static void any_json_survives(void **state) {
    Case *c = *state;
    static const char *const values[] = {
        "{\"a\":0.1,\"b\":[1,2.5e300,-0.0],\"c\":\"\\u00e9 \\\" ,\\\"data\\\": }\",\"d\":null}",
        "[]", "\"text\"", "9223372036854775807", "{\"data\":{\"data\":{}}}"};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        json_t *value = json_parse(str_c(values[i]), c->arena, &c->err);
        assert_non_null(value);
        uint64_t sequence;
        assert_ok(append_log_add(&c->log, value, &sequence, &c->err), &c->err);
        LogRecord *records;
        size_t count;
        assert_ok(append_log_read(&c->log, sequence, 1, c->arena, &records, &count, &c->err),
                  &c->err);
        assert_true(json_equal(records[0].data, value));
    }
}

static void a_record_is_one_readable_line(void **state) {
    Case *c = *state;
    add(c, 1);
    Str bytes;
    assert_ok(store_get(c->store, key_of(c, 1), c->arena, &bytes, NULL, &c->err), &c->err);
    assert_true(str_starts(bytes, STR("{\"seq\":1,\"at\":\"20")));
    assert_true(str_ends(bytes, STR(",\"crc32c\":\"a2e6d0bf\",\"data\":{\"n\":1}}\n")));
    assert_int_equal(str_find_char(bytes, '\n', 0), bytes.length - 1);
}

static void too_large_a_record_is_refused(void **state) {
    Case *c = *state;
    char *large = arena_alloc(c->arena, 2 << 20);
    memset(large, 'x', 2 << 20);
    json_t *value = json_keep(c->arena, json_str(str_make(large, 2 << 20)));
    uint64_t sequence;
    assert_fails(append_log_add(&c->log, value, &sequence, &c->err), &c->err, FAIL_LIMIT);
    assert_int_equal(last(c), 0);
}

static void damage_is_named(void **state) {
    Case *c = *state;
    for (uint64_t n = 1; n <= 3; n++)
        add(c, n);
    Str good;
    assert_ok(store_get(c->store, key_of(c, 2), c->arena, &good, NULL, &c->err), &c->err);
    for (size_t at = 0; at < good.length; at++) {
        Str bad = str_dup(c->arena, good);
        ((char *)(uintptr_t)bad.data)[at] ^= 1;
        assert_ok(store_put(c->store, key_of(c, 2), bad, c->arena, NULL, &c->err), &c->err);
        LogRecord *records;
        size_t count;
        err_clear(&c->err);
        bool ok = append_log_read(&c->log, 1, 10, c->arena, &records, &count, &c->err);
        bool in_time = str_find(good, STR("\"crc"), 0) > at; /* `at` itself is not checked */
        assert_true(!ok || (in_time && count == 3) || at + 1 == good.length);
        if (ok)
            continue;
        assert_int_equal(c->err.kind, FAIL_CORRUPT);
        assert_non_null(strstr(c->err.message, "00000000000000000002.json"));
    }
    for (size_t length = 0; length < good.length - 1; length++) {
        assert_ok(
            store_put(c->store, key_of(c, 2), str_slice(good, 0, length), c->arena, NULL, &c->err),
            &c->err);
        LogRecord *records;
        size_t count;
        assert_fails(append_log_read(&c->log, 1, 10, c->arena, &records, &count, &c->err), &c->err,
                     FAIL_CORRUPT);
    }
}

static void a_missing_record_is_named_and_the_log_goes_on(void **state) {
    Case *c = *state;
    for (uint64_t n = 1; n <= 40; n++)
        add(c, n);
    assert_ok(store_remove(c->store, key_of(c, 16), &c->err), &c->err);
    assert_ok(store_remove(c->store, key_of(c, 33), &c->err), &c->err);
    assert_int_equal(last(c), 40);
    add(c, 41);
    LogRecord *records;
    size_t count;
    assert_fails(append_log_read(&c->log, 1, 100, c->arena, &records, &count, &c->err), &c->err,
                 FAIL_CORRUPT);
    assert_non_null(strstr(c->err.message, "00000000000000000016.json"));
    assert_int_equal(read_from(c, 34, 100, &records), 8);
}

static void foreign_objects_are_passed_over(void **state) {
    Case *c = *state;
    add(c, 1);
    static const char *const keys[] = {
        "journal/x/00000000000000000002.json.torn", "journal/x/readme.txt", "journal/x2",
        "journal/x/99999999999999999999.json", "journal/x/z/00000000000000000009.json"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_ok(store_put(c->store, str_c(keys[i]), STR("x"), c->arena, NULL, &c->err), &c->err);
    assert_int_equal(last(c), 1);
    add(c, 2);
    LogRecord *records;
    assert_int_equal(read_from(c, 1, 10, &records), 2);
}

static void *append_many(void *argument) {
    Case *c = argument;
    bool ok = true;
    for (int i = 0; i < 20 && ok; i++) {
        Arena *arena = arena_create();
        Err err;
        json_t *data = json_keep(arena, json_object());
        uint64_t sequence;
        ok = append_log_add(&c->log, data, &sequence, &err);
        arena_destroy(arena);
    }
    return ok ? c : NULL;
}

static void many_writers_share_one_order(void **state) {
    Case *c = *state;
    pthread_t threads[4];
    void *results[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, append_many, c);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], &results[i]);
    for (int i = 0; i < 4; i++)
        assert_non_null(results[i]);
    LogRecord *records;
    size_t count;
    assert_int_equal(last(c), 80);
    assert_ok(append_log_read(&c->log, 1, 1000, c->arena, &records, &count, &c->err), &c->err);
    assert_int_equal(count, 80);
}

/* Adds two records under a plan. What was answered with success must be there; the log must be
 * whole in any case, and go on. */
static bool run_under(const FaultPlan *plan) {
    Arena *arena = arena_create();
    Err err;
    ObjectStore *store = store_faulty_create(store_memory_create(), &(FaultPlan){0});
    AppendLog log = {store, STR("j")};
    json_t *data = json_keep(arena, json_object());
    uint64_t sequence, end;
    for (int i = 0; i < 5; i++)
        assert_ok(append_log_add(&log, data, &sequence, &err), &err);
    store_faulty_set_plan(store, plan);
    size_t added = 0;
    bool all = true;
    for (int i = 0; i < 2; i++) {
        bool ok = append_log_add(&log, data, &sequence, &err);
        assert_true(ok || err.kind == FAIL_IO);
        added += ok;
        all &= ok;
    }
    store_faulty_set_plan(store, &(FaultPlan){0});
    LogRecord *records;
    size_t count;
    assert_ok(append_log_read(&log, 1, 100, arena, &records, &count, &err), &err);
    assert_true(count >= 5 + added && count <= 7);
    assert_ok(append_log_add(&log, data, &sequence, &err), &err);
    assert_int_equal(sequence, count + 1);
    assert_ok(append_log_last(&log, arena, &end, &err), &err);
    assert_int_equal(end, count + 1);
    arena_destroy(arena);
    store_close(store);
    return all;
}

static void every_call_may_fail(void **state) {
    (void)state;
    uint64_t n = 1;
    for (; n < 100; n++) {
        bool clean = run_under(&(FaultPlan){.fail_nth = n});
        run_under(&(FaultPlan){.tear_nth = n});
        run_under(&(FaultPlan){.lost_nth = n});
        run_under(&(FaultPlan){.fail_after = n});
        if (clean)
            break; /* nothing is called any more */
    }
    assert_in_range(n, 5, 99);
}

static void the_golden_record_loads(void **state) {
    Case *c = *state;
    Str golden = source_file_read("tests/data/formats/v1/journal_record.json", c->arena);
    assert_ok(store_put(c->store, key_of(c, 7), golden, c->arena, NULL, &c->err), &c->err);
    LogRecord *records;
    size_t count;
    assert_ok(append_log_read(&c->log, 7, 1, c->arena, &records, &count, &c->err), &c->err);
    assert_int_equal(count, 1);
    assert_int_equal(records[0].sequence, 7);
    assert_int_equal(records[0].at_us, 1769860800123456);
    Str note;
    assert_ok(json_read_str(records[0].data, "note", JSON_REQUIRED, &note, &c->err), &c->err);
    assert_str_equal(note, "\xc3\xa9t\xc3\xa9");
}

bool append_log_example(FILE *out, Err *err);

static void the_documented_example_runs(void **state) {
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    Err err;
    assert_ok(append_log_example(out, &err), &err);
    fclose(out);
    assert_string_equal(text, "1: ef_search 80\n2: ef_search 120\n");
    free(text);
}

static void the_documentation_shows_the_example(void **state) {
    Case *c = *state;
    Str example = source_file_read("tests/unit/storage/append_log_example.c", c->arena);
    Str page = source_file_read("docs/append-log.md", c->arena);
    Str shown = str_slice(example, str_find_char(example, '\n', 0) + 1, example.length);
    assert_int_not_equal(str_find(page, shown, 0), SIZE_MAX);
}

int suite_test_append_log(void);
int suite_test_append_log(void) {
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CASE(an_empty_log),
        CASE(records_come_back_in_order),
        CASE(any_json_survives),
        CASE(a_record_is_one_readable_line),
        CASE(too_large_a_record_is_refused),
        CASE(damage_is_named),
        CASE(a_missing_record_is_named_and_the_log_goes_on),
        CASE(foreign_objects_are_passed_over),
        CASE(many_writers_share_one_order),
        CASE(every_call_may_fail),
        CASE(the_golden_record_loads),
        CASE(the_documented_example_runs),
        CASE(the_documentation_shows_the_example),
#undef CASE
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
