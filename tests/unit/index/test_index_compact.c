/* test_index_compact.c - plans by hand, and how much is written over many appends. */
#include "unit.h"

#include "index/index_compact.h"
#include "index/index_graph.h"

static void test_plans(void **state) {
    (void)state;
    const CompactSegment few[] = {{100, 0}, {10, 0}, {10, 3}};
    assert_false(compact_plan(few, 3, 4, 0).needed);
    assert_false(compact_plan(NULL, 0, 4, 0).needed);
    /* The newest run is merged; what is larger than the run before it stays. */
    const CompactSegment five[] = {{1000, 0}, {100, 0}, {10, 0}, {10, 1}, {10, 0}};
    CompactPlan plan = compact_plan(five, 5, 4, 0);
    assert_true(plan.needed && plan.drop_dead && !plan.renumbers);
    assert_int_equal(plan.from, 2);
    /* Segments of one size all go. */
    const CompactSegment even[] = {{10, 0}, {10, 0}, {10, 0}, {10, 0}, {10, 0}};
    assert_int_equal(compact_plan(even, 5, 4, 0).from, 0);
    /* Rows that a graph numbers keep their places, dead or not. */
    plan = compact_plan(five, 5, 4, 1100);
    assert_true(plan.needed && plan.drop_dead);
    plan = compact_plan(five, 5, 4, 1101);
    assert_true(plan.needed && !plan.drop_dead && !plan.renumbers);
    /* More than 30 % dead: all anew. */
    const CompactSegment dying[] = {{100, 31}};
    plan = compact_plan(dying, 1, 4, 50);
    assert_true(plan.needed && plan.drop_dead && plan.renumbers);
    assert_int_equal(plan.from, 0);
    const CompactSegment alive[] = {{100, 30}};
    assert_false(compact_plan(alive, 1, 4, 50).needed);
}

/* Bytes written stay within rows * (1 + log2 of the number of appends), and segments stay few. */
static void test_writes_grow_with_the_logarithm(void **state) {
    (void)state;
    CompactSegment segments[64];
    size_t count = 0;
    uint64_t written = 0;
    enum { APPENDS = 4096, ROWS = 10 };
    for (int i = 0; i < APPENDS; i++) {
        segments[count++] = (CompactSegment){ROWS, 0};
        written += ROWS;
        CompactPlan plan = compact_plan(segments, count, 16, 0);
        if (plan.needed) {
            uint64_t rows = 0;
            for (size_t k = plan.from; k < count; k++)
                rows += segments[k].rows;
            segments[plan.from] = (CompactSegment){rows, 0};
            count = plan.from + 1;
            written += rows;
        }
        assert_true(count <= 16);
    }
    assert_true(written <= (uint64_t)APPENDS * ROWS * 13);
}

static void test_graph_steps(void **state) {
    (void)state;
    assert_int_equal(graph_step(100, 100, 0, false, 1000), GRAPH_NONE);
    assert_int_equal(graph_step(1000, 1000, 0, false, 1000), GRAPH_BUILD);
    assert_int_equal(graph_step(10, 10, 0, true, 1000), GRAPH_BUILD); /* it had one */
    assert_int_equal(graph_step(0, 0, 0, true, 0), GRAPH_NONE);
    assert_int_equal(graph_step(3000, 3048, 1000, true, 1000), GRAPH_KEEP);
    assert_int_equal(graph_step(3000, 3049, 1000, true, 1000), GRAPH_GROW);
    assert_int_equal(graph_step(1, 1000000 + 31250, 1000000, true, 1), GRAPH_KEEP);
    assert_int_equal(graph_step(1, 1000000 + 31251, 1000000, true, 1), GRAPH_GROW);
}

int suite_test_index_compact(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_writes_grow_with_the_logarithm),
        cmocka_unit_test(test_graph_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
