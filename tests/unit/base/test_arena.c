/* test_arena.c - alignment, growth in place, marks, and the order of clean-ups. */
#include "unit.h"

#include "base/arena.h"

static void aligns_and_counts(void **state) {
    (void)state;
    Arena *arena = arena_create();
    size_t before = arena_used_bytes(arena);
    for (size_t size = 0; size < 3000; size += 7) {
        unsigned char *memory = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)memory % 16, 0);
        memset(memory, 0xAB, size);
    }
    int64_t *cleared = ARENA_ARRAY(arena, int64_t, 5000);
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(cleared[i], 0);
    assert_true(arena_used_bytes(arena) > before + 5000 * sizeof(int64_t));
    arena_reset(arena);
    assert_int_equal(arena_used_bytes(arena), 0);
    arena_destroy(arena);
    arena_destroy(NULL);
}

static void grows_in_place_when_newest(void **state) {
    (void)state;
    Arena *arena = arena_create();
    char *first = arena_alloc(arena, 32);
    memset(first, 'a', 32);
    char *same = arena_grow(arena, first, 32, 64);
    assert_ptr_equal(same, first);
    char *other = arena_alloc(arena, 16);
    memset(other, 'o', 16);
    char *moved = arena_grow(arena, same, 64, 128);
    assert_ptr_not_equal(moved, same);
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(moved[i], 'a');
    char *huge = arena_grow(arena, moved, 128, 4 << 20);
    assert_int_equal(huge[31], 'a');
    huge[(4 << 20) - 1] = 'z';
    assert_non_null(arena_grow(arena, NULL, 0, 10));
    arena_destroy(arena);
}

typedef struct Trace {
    char text[16];
    size_t length;
} Trace;

typedef struct Mark {
    Trace *trace;
    char name;
} Mark;

static void record(void *handle) {
    Mark *mark = handle;
    mark->trace->text[mark->trace->length++] = mark->name;
}

static void defers_run_last_first(void **state) {
    (void)state;
    Trace trace = {0};
    Mark a = {&trace, 'a'}, b = {&trace, 'b'}, c = {&trace, 'c'}, d = {&trace, 'd'};
    Arena *arena = arena_create();
    arena_defer(arena, record, &a);
    ArenaMark mark = arena_mark(arena);
    size_t used = arena_used_bytes(arena);
    arena_defer(arena, record, &b);
    arena_alloc(arena, 100000);
    arena_defer(arena, record, &c);
    arena_rewind(arena, mark);
    assert_string_equal(trace.text, "cb");
    assert_int_equal(arena_used_bytes(arena), used);
    arena_defer(arena, record, &d);
    arena_destroy(arena);
    assert_string_equal(trace.text, "cbda");
}

static void marks_nest_in_loops(void **state) {
    (void)state;
    Arena *arena = arena_create();
    char *kept = arena_alloc(arena, 8);
    memcpy(kept, "kept", 5);
    size_t used = arena_used_bytes(arena);
    for (size_t round = 0; round < 100; round++) {
        ArenaMark outer = arena_mark(arena);
        memset(arena_alloc(arena, round * 1000), 1, round * 1000);
        ArenaMark inner = arena_mark(arena);
        memset(arena_alloc(arena, 70000), 2, 70000);
        arena_rewind(arena, inner);
        arena_rewind(arena, outer);
        assert_int_equal(arena_used_bytes(arena), used);
    }
    assert_string_equal(kept, "kept");
    arena_destroy(arena);
}

int suite_test_arena(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aligns_and_counts),
        cmocka_unit_test(grows_in_place_when_newest),
        cmocka_unit_test(defers_run_last_first),
        cmocka_unit_test(marks_nest_in_loops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
