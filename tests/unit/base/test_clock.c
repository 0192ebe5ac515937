/* test_clock.c - RFC 3339 both ways, over leap years and before 1970. */
#include "unit.h"

#include "base/clock.h"
#include "base/rng.h"
#include "base/vec.h"

static void prints_known_times(void **state) {
    (void)state;
    Arena *arena = arena_create();
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {951782400000000, "2000-02-29T00:00:00Z"},
        {1769860800123456, "2026-01-31T12:00:00.123456Z"},
        {253402300799000000, "9999-12-31T23:59:59Z"},
        {-62135596800000000, "0001-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_str_equal(clock_format(cases[i].us, arena), cases[i].text);
        int64_t back;
        assert_true(clock_parse(str_c(cases[i].text), &back));
        assert_int_equal(back, cases[i].us);
    }
    assert_true(clock_format(INT64_MIN, arena).length > 0);
    assert_true(clock_format(INT64_MAX, arena).length > 0);
    arena_destroy(arena);
}

static void round_trips(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Rng rng = rng_seeded(3);
    for (size_t i = 0; i < 5000; i++) {
        int64_t us = (int64_t)rng_below(&rng, 315537897600000000) - 62135596800000000;
        int64_t back;
        assert_true(clock_parse(clock_format(us, arena), &back));
        assert_int_equal(back, us);
    }
    arena_destroy(arena);
}

static void reads_offsets_and_fractions(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {
        {"1970-01-01T02:00:00+02:00", 0},         {"1969-12-31 22:30:00-01:30", 0},
        {"1970-01-01t00:00:00.5z", 500000},       {"1970-01-01T00:00:00.123456789Z", 123456},
        {"1970-01-01T00:00:01.000001Z", 1000001},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        int64_t us = -1;
        assert_true(clock_parse(str_c(good[i].text), &us));
        assert_int_equal(us, good[i].us);
    }
    static const char *const bad[] = {
        "",
        "1970-01-01",
        "1970-01-01T00:00:00",
        "1970-01-01T00:00:00+0200",
        "1970-01-01T00:00:00Zx",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00.1234567890Z",
        "1970-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "1970-13-01T00:00:00Z",
        "1970-00-01T00:00:00Z",
        "1970-01-00T00:00:00Z",
        "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:60Z",
        "1970-01-01T00:00:00+24:00",
        "0000-01-01T00:00:00Z",
        "197-01-01T00:00:00Z",
        "1970-1-01T00:00:00Z",
    };
    int64_t us = 77;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(clock_parse(str_c(bad[i]), &us));
    assert_int_equal(us, 77);
}

static void clocks_move_forward(void **state) {
    (void)state;
    uint64_t start = clock_monotonic_ns();
    assert_true(clock_monotonic_ns() >= start);
    assert_true(clock_seconds_since(start) >= 0);
    assert_true(clock_now_us() > 1700000000000000); /* after 2023 */
}

int suite_test_clock(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_known_times),
        cmocka_unit_test(round_trips),
        cmocka_unit_test(reads_offsets_and_fractions),
        cmocka_unit_test(clocks_move_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
