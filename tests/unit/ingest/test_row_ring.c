/* test_row_ring.c - reading ahead: order, ends, errors in their turn, stops at any moment. */
#include "unit.h"

#include <pthread.h>

#include "base/vec.h"
#include "ingest/row_ring.h"
#include "source/source_memory.h"

enum { ROWS = 100, BATCH = 7 };

static const MemoryColumn columns[] = {{"id", "int", {"INTEGER"}, NULL},
                                       {"v", "text", {"VARCHAR"}, NULL}};

/* ids 1..ROWS; texts of ids that 10 divides are not UTF-8 */
static MemoryTable make_table(Arena *arena, bool with_bad_text) {
    const char **cells = ARENA_ARRAY(arena, const char *, ROWS * 2);
    for (int i = 0; i < ROWS; i++) {
        cells[i * 2] = str_format(arena, "%d", i + 1).data;
        cells[i * 2 + 1] = with_bad_text && (i + 1) % 10 == 0 ? "\xff" : "text";
    }
    return (MemoryTable){.columns = columns,
                         .column_count = 2,
                         .cells = cells,
                         .row_count = ROWS,
                         .batch_rows = BATCH};
}

static RowRing *start(RowSource *source, Progress *progress) {
    Err err;
    RingConfig config = {
        .source = source, .rejects_listed_max = 100, .progress = progress, .first_row = 1000};
    RowRing *ring = row_ring_start(&config, &err);
    assert_non_null(ring);
    return ring;
}

static void rows_come_in_order_and_end(void **state) {
    (void)state;
    Arena *arena = arena_create();
    MemoryTable table = make_table(arena, true);
    RowSource *source = source_memory_open(&table, NULL);
    RowRing *ring = start(source, NULL);
    RingBatch batch;
    Err err;
    int32_t next = 1;
    uint64_t rejected = 0;
    do {
        assert_ok(row_ring_next(ring, &batch, &err), &err);
        for (size_t i = 0; i < batch.rows.row_count; i++, next++) {
            next += next % 10 == 0;
            assert_int_equal(((const int32_t *)batch.rows.columns[0].values)[i], next);
        }
        for (size_t i = 0; i < batch.reject_count; i++)
            assert_int_equal(batch.rejects[i].line, 1000 + ++rejected * 10);
        assert_int_equal(batch.rejected, batch.reject_count);
        assert_true(batch.rejected_behind <= batch.rejected);
    } while (batch.rows.row_count > 0);
    assert_int_equal(rejected, ROWS / 10);
    row_ring_stop(ring);
    assert_null(source->on_reject);
    row_source_close(source);
    arena_destroy(arena);
}

/* Rows read before it come first. */
static void an_error_comes_in_its_turn(void **state) {
    (void)state;
    Arena *arena = arena_create();
    MemoryTable table = make_table(arena, false);
    uint64_t fails_after = 5 * BATCH;
    table.fails_after = &fails_after;
    RowSource *source = source_memory_open(&table, NULL);
    RowRing *ring = start(source, NULL);
    RingBatch batch;
    Err err;
    for (int i = 0; i < 5; i++) {
        assert_ok(row_ring_next(ring, &batch, &err), &err);
        assert_int_equal(batch.rows.row_count, BATCH);
    }
    assert_fails(row_ring_next(ring, &batch, &err), &err, FAIL_UPSTREAM);
    row_ring_stop(ring);
    row_source_close(source);
    arena_destroy(arena);
}

static void it_may_be_stopped_at_any_moment(void **state) {
    (void)state;
    Arena *arena = arena_create();
    MemoryTable table = make_table(arena, true);
    Err err;
    for (int taken = 0; taken < ROWS / BATCH; taken++) {
        RowSource *source = source_memory_open(&table, NULL);
        RowRing *ring = start(source, NULL);
        RingBatch batch;
        for (int i = 0; i < taken; i++)
            assert_ok(row_ring_next(ring, &batch, &err), &err);
        row_ring_stop(ring);
        row_source_close(source);
    }
    row_ring_stop(NULL);
    arena_destroy(arena);
}

/* ---- a source that gives nothing until it is told to ---- */

typedef struct Gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
} Gate;

static bool wait_at(void *context, uint64_t rows_so_far, Err *err) {
    (void)rows_so_far, (void)err;
    Gate *gate = context;
    pthread_mutex_lock(&gate->lock);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
    return true;
}

static void cancel_is_seen_while_no_row_comes(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Gate gate = {.open = false};
    pthread_mutex_init(&gate.lock, NULL);
    pthread_cond_init(&gate.changed, NULL);
    MemoryTable table = make_table(arena, false);
    table.before_batch = wait_at;
    table.context = &gate;
    Progress progress = {.cancel = true};
    RowSource *source = source_memory_open(&table, NULL);
    RowRing *ring = start(source, &progress);
    RingBatch batch;
    Err err;
    assert_fails(row_ring_next(ring, &batch, &err), &err, FAIL_CANCELLED);
    pthread_mutex_lock(&gate.lock);
    gate.open = true;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
    row_ring_stop(ring);
    row_source_close(source);
    pthread_cond_destroy(&gate.changed);
    pthread_mutex_destroy(&gate.lock);
    arena_destroy(arena);
}

static void a_source_that_cannot_start_is_told_at_once(void **state) {
    (void)state;
    Arena *arena = arena_create();
    MemoryTable table = make_table(arena, false);
    RowSource *source = source_memory_open(&table, NULL);
    Err err;
    Budget *budget = budget_create(64 << 20);
    RingConfig config = {.source = source, .range = {.by_key = true}, .budget = budget};
    assert_null(row_ring_start(&config, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
    assert_int_equal(budget_used(budget), 0);
    config.range.by_key = false;
    RowRing *ring = row_ring_start(&config, &err);
    assert_true(budget_used(budget) > 0);
    row_ring_stop(ring);
    assert_int_equal(budget_used(budget), 0);
    budget_destroy(budget);
    row_source_close(source);
    arena_destroy(arena);
}

int suite_test_row_ring(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_in_order_and_end),
        cmocka_unit_test(an_error_comes_in_its_turn),
        cmocka_unit_test(it_may_be_stopped_at_any_moment),
        cmocka_unit_test(cancel_is_seen_while_no_row_comes),
        cmocka_unit_test(a_source_that_cannot_start_is_told_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
