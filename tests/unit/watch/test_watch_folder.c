/* test_watch_folder.c - a folder from its first file to its rows, with a clock of our own: nothing
 * half, nothing twice, nothing lost. */
#include "watch_case.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define rows_of(w, sql) ingest_case_rows((w)->c, "d", sql)

static void test_waits_until_quiet(void **state) {
    WatchCase *w = *state;
    watch_case_open(w);
    watch_case_write(w, "a.csv", "id,v\n1,x\n");
    watch_case_settle(w);
    watch_case_expect(w, "0 0 1 0");
    watch_case_pass(w, 1999);
    watch_case_expect(w, "0 0 1 0");
    watch_case_pass(w, 1);
    watch_case_expect(w, "1 0 0 0");
    assert_str_equal(rows_of(w, "FROM d"), "1|x\n");
    assert_true(watch_case_has(w, "a.csv"));
    assert_true(watch_case_view(w).notified);
    assert_string_equal(watch_case_view(w).last_file, "a.csv");
    watch_case_pass(w, 100000);
    watch_case_expect(w, "1 0 0 0");
    assert_int_equal(w->events[WATCH_LOADED], 1);
}

static void test_lineage(void **state) {
    WatchCase *w = *state;
    Snapshot snapshot;
    watch_case_open(w);
    watch_case_move_in(w, "a.csv", "id\n1\n");
    watch_case_settle(w);
    assert_ok(catalog_snapshot(w->c->catalog, STR("d"), 0, w->c->arena, &snapshot, &w->c->err),
              &w->c->err);
    assert_str_equal(snapshot.lineage.source_system, "watch");
    assert_str_equal(snapshot.lineage.source, "inbox: a.csv");
    assert_str_equal(snapshot.lineage.content_sha256, /* of "id\n1\n" */
                     "7cde7fb64fd82bd152710cf238e017b9ab46c0592483edc067ba4f6c75fac108");
}

static void test_moved_in_at_once(void **state) {
    WatchCase *w = *state;
    watch_case_open(w);
    watch_case_move_in(w, "b.csv", "id\n2\n");
    watch_case_move_in(w, "a.csv", "id\n1\n");
    watch_case_settle(w);
    watch_case_expect(w, "2 0 0 0");
    assert_str_equal(rows_of(w, "FROM d"), "2\n1\n"); /* by age, not by name */
    assert_int_equal(w->events[WATCH_LOADED], 1);     /* one load */
}

static void test_slow_copy(void **state) {
    WatchCase *w = *state;
    watch_case_open(w);
    Str path = str_format(w->c->arena, "%s/slow.csv", w->inbox);
    int file = open(path.data, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(file >= 0);
    watch_case_pass(w, 10000);
    assert_int_equal(write(file, "id,v\n1,a\n", 9), 9);
    for (int i = 0; i < 5; i++) /* silent for long, and still open */
        watch_case_pass(w, 60000);
    watch_case_expect(w, "0 0 1 0");
    assert_int_equal(write(file, "2,b\n", 4), 4);
    watch_case_pass(w, 60000);
    watch_case_expect(w, "0 0 1 0");
    assert_int_equal(close(file), 0);
    watch_case_settle(w);
    watch_case_expect(w, "0 0 1 0");
    watch_case_pass(w, 2000);
    watch_case_expect(w, "1 0 0 0");
    assert_str_equal(rows_of(w, "FROM d"), "1|a\n2|b\n");
}

/* The same without any event: seen by scans, as on a network file system. */
static void test_scans_alone(void **state) {
    WatchCase *w = *state;
    w->folder = watch_folder_create(&w->spec, &w->deps);
    w->folder->scans_only = true;
    watch_case_settle(w);
    watch_case_write(w, "a.csv", "id\n1\n");
    watch_case_pass(w, 29999);
    watch_case_expect(w, "0 0 0 0");
    watch_case_pass(w, 1);
    watch_case_expect(w, "0 0 1 0");
    watch_case_pass(w, 1500);
    watch_case_write(w, "a.csv", "id\n1\n2\n");
    watch_case_pass(w, 500); /* it has changed: from now on again */
    watch_case_expect(w, "0 0 1 0");
    watch_case_pass(w, 2000);
    watch_case_expect(w, "1 0 0 0");
    assert_str_equal(rows_of(w, "FROM d"), "1\n2\n");
    assert_false(watch_case_view(w).notified);
}

static void test_restart(void **state) {
    WatchCase *w = *state;
    watch_case_open(w);
    watch_case_move_in(w, "a.csv", "id\n1\n");
    watch_case_settle(w);
    watch_folder_destroy(w->folder);
    w->folder = NULL;
    watch_case_write(w, "b.csv", "id\n2\n"); /* while nobody looks */
    watch_case_open(w);
    watch_case_pass(w, 2000);
    watch_case_expect(w, "2 0 0 0");
    assert_str_equal(rows_of(w, "FROM d"), "1\n2\n");
    watch_case_open(w);
    watch_case_pass(w, 60000);
    watch_case_expect(w, "2 0 0 0");
    assert_string_equal(watch_case_view(w).last_file, "b.csv");
    assert_int_equal(watch_case_view(w).rows, 2);
}

static void test_by_content(void **state) {
    WatchCase *w = *state;
    watch_case_open(w);
    watch_case_move_in(w, "a.csv", "id\n1\n");
    watch_case_settle(w);
    watch_case_move_in(w, "copy.csv", "id\n1\n"); /* another name */
    watch_case_settle(w);
    watch_case_expect(w, "1 0 0 1");
    watch_case_move_in(w, "a.csv", "id\n1\n"); /* merely touched */
    watch_case_settle(w);
    watch_case_expect(w, "1 0 0 1");
    watch_case_move_in(w, "a.csv", "id\n2\n"); /* new content under an old name */
    watch_case_settle(w);
    watch_case_expect(w, "2 0 0 1");
    watch_case_move_in(w, "x.csv", "id\n3\n"); /* two of a kind at once */
    watch_case_move_in(w, "y.csv", "id\n3\n");
    watch_case_settle(w);
    watch_case_expect(w, "3 0 0 2");
    watch_case_open(w);
    watch_case_pass(w, 60000);
    watch_case_expect(w, "3 0 0 2");
    assert_str_equal(rows_of(w, "FROM d"), "1\n2\n3\n");
}

static void test_failures_set_aside(void **state) {
    WatchCase *w = *state;
    watch_case_open(w);
    watch_case_move_in(w, "good.csv", "id,v\n1,1\n");
    watch_case_settle(w);
    watch_case_move_in(w, "bad.csv", "id,v\n2,secret-word\n");
    watch_case_move_in(w, "fine.csv", "id,v\n3,3\n");
    watch_case_settle(w);
    watch_case_expect(w, "2 1 0 0");
    assert_false(watch_case_has(w, "bad.csv"));
    assert_str_equal(watch_case_read(w, ".failed/bad.csv"), "id,v\n2,secret-word\n");
    Str report = watch_case_read(w, ".failed/bad.csv.report.json");
    assert_int_not_equal(str_find(report, STR("\"kind\": \"unprocessable\""), 0), SIZE_MAX);
    assert_int_not_equal(str_find(report, STR("\"line\": 2"), 0), SIZE_MAX);
    assert_int_equal(str_find(report, STR("secret-word"), 0), SIZE_MAX);
    watch_case_move_in(w, "bad.csv", "id,v\n2,other\n");
    watch_case_settle(w);
    assert_true(watch_case_has(w, ".failed/bad-2.csv"));
    /* corrected and moved back */
    watch_case_move_in(w, "bad.csv", "id,v\n2,2\n");
    watch_case_settle(w);
    watch_case_expect(w, "3 2 0 0");
    assert_str_equal(rows_of(w, "SELECT id FROM d"), "1\n3\n2\n");
    assert_int_equal(w->events[WATCH_REFUSED], 2);
    watch_case_open(w);
    watch_case_expect(w, "3 2 0 0");
}

/* A folder in which nothing can be moved: the file is left alone until it changes. */
static void test_failure_that_stays(void **state) {
    WatchCase *w = *state;
    watch_case_write(w, ".failed", "a file where the folder should be");
    watch_case_open(w);
    watch_case_move_in(w, "a.zip", "PK\003\004 no table");
    watch_case_settle(w);
    watch_case_expect(w, "0 1 0 0");
    assert_true(watch_case_has(w, "a.zip"));
    watch_case_pass(w, 100000);
    watch_case_open(w);
    watch_case_pass(w, 100000);
    watch_case_expect(w, "0 1 0 0");
    watch_case_move_in(w, "a.zip", "id\n1\n"); /* whatever its name says */
    watch_case_settle(w);
    watch_case_expect(w, "1 1 0 0");
}

static void test_rejects_count(void **state) {
    WatchCase *w = *state;
    watch_case_open(w);
    watch_case_move_in(w, "a.csv", "id,v\n1,x\n2\n3,y\n");
    watch_case_settle(w);
    WatchView view = watch_case_view(w);
    assert_int_equal(view.files_taken, 1);
    assert_int_equal(view.rows, 2);
    assert_int_equal(view.rejected, 1);
    assert_int_equal(view.recent_count, 1);
    assert_int_equal(view.recent[0].rejected, 1);
}

static void test_after(void **state) {
    WatchCase *w = *state;
    w->spec.after = WATCH_MOVE;
    watch_case_open(w);
    watch_case_move_in(w, "a.csv", "id\n1\n");
    watch_case_settle(w);
    assert_false(watch_case_has(w, "a.csv"));
    assert_true(watch_case_has(w, ".done/a.csv"));
    watch_case_move_in(w, "a.csv", "id\n2\n");
    watch_case_settle(w);
    assert_true(watch_case_has(w, ".done/a-2.csv"));
    w->spec.after = WATCH_DELETE;
    watch_case_move_in(w, "b.csv", "id\n3\n");
    watch_case_move_in(w, "copy.csv", "id\n1\n"); /* known content goes as well */
    watch_case_settle(w);
    assert_false(watch_case_has(w, "b.csv"));
    assert_false(watch_case_has(w, "copy.csv"));
    watch_case_expect(w, "3 0 0 1");
}

static void test_done_marker(void **state) {
    WatchCase *w = *state;
    w->spec.done_marker = true;
    w->spec.after = WATCH_MOVE;
    watch_case_open(w);
    watch_case_write(w, "a.csv", "id\n1\n");
    watch_case_pass(w, 100000);
    watch_case_expect(w, "0 0 1 0");
    watch_case_write(w, "a.csv.done", "");
    watch_case_settle(w);
    watch_case_expect(w, "1 0 0 0");
    assert_true(watch_case_has(w, ".done/a.csv"));
    assert_true(watch_case_has(w, ".done/a.csv.done"));
    assert_false(watch_case_has(w, "a.csv.done"));
}

static void test_tree(void **state) {
    WatchCase *w = *state;
    w->spec.recursive = true;
    w->spec.glob = STR("*.csv");
    Str one = str_format(w->c->arena, "%s/one", w->inbox);
    Str two = str_format(w->c->arena, "%s/one/two", w->inbox);
    Str aside = str_format(w->c->arena, "%s/tree", w->c->folder);
    watch_case_open(w);
    assert_int_equal(mkdir(one.data, 0755), 0);
    watch_case_write(w, "one/a.csv", "id\n1\n"); /* before anybody could watch it */
    watch_case_settle(w);
    assert_int_equal(mkdir(two.data, 0755), 0);
    watch_case_settle(w);
    watch_case_write(w, "one/two/b.csv", "id\n2\n");
    watch_case_write(w, "one/two/b.txt", "id\n9\n");
    watch_case_settle(w);
    watch_case_pass(w, 2000);
    watch_case_expect(w, "2 0 0 0");
    assert_int_equal(rename(one.data, aside.data), 0); /* the folder leaves and comes back */
    watch_case_settle(w);
    assert_int_equal(rename(aside.data, str_format(w->c->arena, "%s/uno", w->inbox).data), 0);
    watch_case_settle(w);
    watch_case_write(w, "uno/two/c.csv", "id\n3\n");
    watch_case_settle(w);
    watch_case_pass(w, 2000);
    watch_case_expect(w, "3 0 0 2"); /* a.csv and b.csv have new names */
    assert_str_equal(rows_of(w, "FROM d ORDER BY id"), "1\n2\n3\n");
}

/* The kernel had no room for events: what they would have told is found by a scan. */
static void test_overflow(void **state) {
    WatchCase *w = *state;
    watch_case_open(w);
    WatchNotify *notify = w->folder->notify;
    assert_non_null(notify);
    w->folder->notify = NULL; /* nothing is heard of this file */
    watch_case_write(w, "a.csv", "id\n1\n");
    watch_case_settle(w);
    watch_case_expect(w, "0 0 0 0");
    w->folder->notify = notify;
    struct inotify_event overflow = {.wd = -1, .mask = IN_Q_OVERFLOW};
    NotifyListener listener = watch_folder_listener(w->folder);
    watch_notify_deliver(notify, &overflow, sizeof overflow, &listener);
    watch_case_settle(w);
    watch_case_expect(w, "0 0 1 0");
    watch_case_pass(w, 2000);
    watch_case_expect(w, "1 0 0 0");
    assert_int_equal(w->events[WATCH_OVERFLOW], 1);
    watch_case_move_in(w, "b.csv", "id\n2\n"); /* and events come again */
    watch_case_settle(w);
    watch_case_expect(w, "2 0 0 0");
}

static void test_folder_gone_and_back(void **state) {
    WatchCase *w = *state;
    watch_case_open(w);
    Str aside = str_format(w->c->arena, "%s-aside", w->inbox);
    assert_int_equal(rename(w->inbox, aside.data), 0);
    watch_case_settle(w);
    assert_true(w->events[WATCH_RETRIES] > 0);
    assert_string_not_equal(watch_case_view(w).last_error, "");
    assert_false(watch_case_view(w).running);
    assert_int_equal(rename(aside.data, w->inbox), 0);
    watch_case_write(w, "a.csv", "id\n1\n");
    watch_case_pass(w, 60000);
    watch_case_pass(w, 2000);
    watch_case_expect(w, "1 0 0 0");
    assert_string_equal(watch_case_view(w).last_error, "");
    assert_true(watch_case_view(w).running);
}

static void test_replace(void **state) {
    WatchCase *w = *state;
    w->spec.mode = INGEST_REPLACE;
    watch_case_open(w);
    watch_case_move_in(w, "b.csv", "id\n1\n");
    watch_case_move_in(w, "a.csv", "id\n2\n");
    watch_case_settle(w);
    watch_case_expect(w, "2 0 0 0");
    assert_str_equal(rows_of(w, "FROM d"), "2\n");
    watch_case_move_in(w, "c.csv", "id\n1\n"); /* back to what was before */
    watch_case_settle(w);
    assert_str_equal(rows_of(w, "FROM d"), "1\n");
}

static void test_upsert(void **state) {
    WatchCase *w = *state;
    w->spec.mode = INGEST_UPSERT;
    w->spec.key = STR("id");
    watch_case_open(w);
    watch_case_move_in(w, "2.csv", "id,v\n1,a\n2,a\n");
    watch_case_move_in(w, "1.csv", "id,v\n2,b\n3,b\n");
    watch_case_settle(w);
    assert_str_equal(rows_of(w, "FROM d ORDER BY id"), "1|a\n2|b\n3|b\n");
}

/* Whatever call of the store goes wrong, and at whichever the process dies: each row once. */
static void sweep(WatchCase *w, size_t offset) {
    enum { CALLS_MAX = 400 };
    for (uint64_t nth = 1; nth < CALLS_MAX; nth++) {
        char dataset[64], watch[64], file[64], text[64];
        snprintf(dataset, sizeof dataset, "d-%zu-%llu", offset, (unsigned long long)nth);
        snprintf(watch, sizeof watch, "w-%zu-%llu", offset, (unsigned long long)nth);
        w->spec.dataset = str_c(dataset);
        w->spec.name = str_c(watch);
        w->spec.after = WATCH_DELETE;
        for (int i = 0; i < 3; i++) {
            snprintf(file, sizeof file, "%d.csv", i);
            snprintf(text, sizeof text, "id\n%d\n", i);
            watch_case_move_in(w, file, text);
        }
        FaultPlan plan = {0};
        memcpy((char *)&plan + offset, &nth, sizeof nth);
        w->folder = watch_folder_create(&w->spec, &w->deps);
        store_faulty_set_plan(w->c->primary, &plan);
        watch_case_settle(w);
        watch_case_pass(w, 2000);
        uint64_t calls = store_faulty_calls(w->c->primary);
        store_faulty_set_plan(w->c->primary, &(FaultPlan){0});
        watch_case_open(w); /* as after a crash */
        watch_case_pass(w, 2000);
        watch_case_pass(w, 61000);
        Str rows = ingest_case_rows(w->c, dataset, "FROM d ORDER BY id");
        if (!str_eq_c(rows, "0\n1\n2\n"))
            fail_msg("call %llu: '%.*s'", (unsigned long long)nth, STR_ARG(rows));
        watch_case_expect(w, "3 0 0 0");
        watch_folder_destroy(w->folder);
        w->folder = NULL;
        if (calls < nth)
            return;
    }
    fail_msg("a load takes more than %d calls", CALLS_MAX);
}

static void test_store_faults(void **state) {
    sweep(*state, offsetof(FaultPlan, fail_nth));
    sweep(*state, offsetof(FaultPlan, lost_nth));
}

static void test_crashes(void **state) {
    WatchCase *w = *state;
    sweep(w, offsetof(FaultPlan, fail_after));
    assert_true(w->events[WATCH_REPAIRED] > 0); /* some died between commit and ledger */
}

static void test_many(void **state) {
    WatchCase *w = *state;
    enum { FILES = 1200 };
    char file[32], text[32];
    for (int i = 0; i < FILES; i++) {
        snprintf(file, sizeof file, "%04d.csv", i);
        snprintf(text, sizeof text, "id\n%d\n", i);
        watch_case_write(w, file, text);
    }
    watch_case_open(w);
    watch_case_pass(w, 2000);
    watch_case_expect(w, "1200 0 0 0");
    assert_str_equal(rows_of(w, "SELECT count(*), count(DISTINCT id), sum(id) FROM d"),
                     "1200|1200|719400\n");
    assert_int_equal(w->events[WATCH_LOADED], 3);
}

int suite_test_watch_folder(void) {
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, watch_case_set_up, watch_case_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_waits_until_quiet),
        CASE(test_lineage),
        CASE(test_moved_in_at_once),
        CASE(test_slow_copy),
        CASE(test_scans_alone),
        CASE(test_restart),
        CASE(test_by_content),
        CASE(test_failures_set_aside),
        CASE(test_failure_that_stays),
        CASE(test_rejects_count),
        CASE(test_after),
        CASE(test_done_marker),
        CASE(test_tree),
        CASE(test_overflow),
        CASE(test_folder_gone_and_back),
        CASE(test_replace),
        CASE(test_upsert),
        CASE(test_store_faults),
        CASE(test_crashes),
        CASE(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
